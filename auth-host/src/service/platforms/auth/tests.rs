use super::*;
use axum::http::HeaderValue;

/// Vectors that were computed with Python's hmac; the first signature was reproduced by npm's standardwebhooks 1.1.1.
const NOW_S: i64 = 1_795_874_400;
const SUPABASE: &str = r#"{"metadata":{"uuid":"7a0d1c52-3f0e-4b5a-9a53-0c3a5f3d9e11","time":"2026-11-28T14:00:00Z","name":"send-sms","ip_address":"203.0.113.9"},"user":{"id":"0d3c4f7e-2d5b-4c0a-8a15-6f2f1f1b9c22","aud":"authenticated","role":"authenticated","phone":"8613711112222"},"sms":{"otp":"123456","phone":"8613711112222"}}"#;
const ZITADEL: &str = r#"{"contextInfo":{"eventType":"session.otp.sms.challenged","provider":{"id":"100000000000000001","description":"auth-host"},"recipientPhoneNumber":"+8613711112222"},"templateData":{"title":"VerifySMSOTP.Title","text":"123456 is your code.\n@login.example.com #123456"},"args":{"oTP":"123456","expiry":300000000000,"verifiedPhone":"+8613711112222","lastPhone":"+8613711112222"}}"#;
const AUTHGEAR: &str = r#"{"to":"+8613711112222","body":"123456 is your Demo verification code","app_id":"demo","template_name":"verification_sms.txt","language_tag":"zh-CN","template_variables":{"app_name":"Demo","code":"123456","host":"demo.example.com"}}"#;
const FIRST: &str = "v1,whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const SECOND: &str = "v1,whsec_ZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/gIGCg4Q=";
const BY_FIRST: &str = "v1,4kHuVVReLyw+SQAJbAZagdMOYh1sUyWeLkiaYtJ13os=";
const BY_SECOND: &str = "v1,5hzTCyrBllBBY11W/azH54BDL7x7Qxa8kZ5HQwCLBRs=";
const BY_ZITADEL: &str =
    "t=1795874400,v1=a2634e53d7fba679a35380d567047e0c26110c3cf47d570ac75e69292a955c6d";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn supabase(signature: &str) -> HeaderMap {
    headers(&[
        ("webhook-id", "5b1f6c0e-9d0e-4c52-8c43-2f9d0a1e7b33"),
        ("webhook-timestamp", "1795874400"),
        ("webhook-signature", signature),
    ])
}

fn check(
    auth: &Auth,
    secrets: &[&str],
    headers: &HeaderMap,
    body: &str,
    now_s: i64,
) -> Result<(), Unproved> {
    let secrets: Vec<_> = secrets
        .iter()
        .map(|secret| Zeroizing::new((*secret).to_owned()))
        .collect();
    auth.check(&secrets, headers, body.as_bytes(), now_s)
}

#[test]
fn published_vectors_prove_their_origin() {
    let zitadel = headers(&[("zitadel-signature", BY_ZITADEL)]);
    let authgear = headers(&[(
        "x-authgear-body-signature",
        "b769bbb59ae95d150799677c511b5ab02e21bd5d5bcfb6d4e7c301c600dc69d3",
    )]);
    let hmac = Auth::parse("hmac:X-Authgear-Body-Signature").unwrap();
    let key = "Zt7QpR2sT4uV6wX8yZ0aB1cD3eF5gH7jK9mN";
    let secret = "authgear-webhook-secret-example-01";
    for (auth, secret, headers, body) in [
        (
            &Auth::StandardWebhooks,
            FIRST,
            &supabase(BY_FIRST),
            SUPABASE,
        ),
        (
            &Auth::StandardWebhooks,
            SECOND,
            &supabase(BY_SECOND),
            SUPABASE,
        ),
        (&Auth::Zitadel, key, &zitadel, ZITADEL),
        (&hmac, secret, &authgear, AUTHGEAR),
    ] {
        assert_eq!(
            check(auth, &[secret], headers, body, NOW_S),
            Ok(()),
            "{auth:?}"
        );
        let other = check(auth, &[FIRST, SECOND], headers, &format!("{body} "), NOW_S);
        assert_eq!(other, Err(Unproved::Wrong), "{auth:?} with another body");
        let none = check(auth, &[secret], &HeaderMap::new(), body, NOW_S);
        assert_eq!(none, Err(Unproved::Wrong), "{auth:?} without headers");
    }
}

/// GoTrue joins signatures with a comma and a space, the specification with a space.
#[test]
fn rotation_works_with_both_separators() {
    for joined in [
        format!("{BY_FIRST}, {BY_SECOND}"),
        format!("{BY_FIRST} {BY_SECOND}"),
        format!("{BY_SECOND}, {BY_FIRST}"),
        format!("v1a,xxxx {BY_SECOND}"),
    ] {
        for secrets in [&[SECOND][..], &[FIRST, SECOND]] {
            let found = check(
                &Auth::StandardWebhooks,
                secrets,
                &supabase(&joined),
                SUPABASE,
                NOW_S,
            );
            assert_eq!(found, Ok(()), "{joined}");
        }
    }
    let without_version = BY_FIRST.trim_start_matches("v1,");
    let found = check(
        &Auth::StandardWebhooks,
        &[FIRST],
        &supabase(without_version),
        SUPABASE,
        NOW_S,
    );
    assert_eq!(found, Err(Unproved::Wrong));
}

#[test]
fn signature_is_good_for_five_minutes_both_ways() {
    let zitadel = headers(&[("zitadel-signature", BY_ZITADEL)]);
    let key = "Zt7QpR2sT4uV6wX8yZ0aB1cD3eF5gH7jK9mN";
    for (now_s, outcome) in [
        (NOW_S - 301, Err(Unproved::Stale)),
        (NOW_S - 300, Ok(())),
        (NOW_S + 300, Ok(())),
        (NOW_S + 301, Err(Unproved::Stale)),
        (i64::MIN, Err(Unproved::Stale)),
    ] {
        let signed = check(
            &Auth::StandardWebhooks,
            &[FIRST],
            &supabase(BY_FIRST),
            SUPABASE,
            now_s,
        );
        assert_eq!(signed, outcome, "{now_s}");
        assert_eq!(
            check(&Auth::Zitadel, &[key], &zitadel, ZITADEL, now_s),
            outcome
        );
    }
    // A wrong signature gets no result about its time.
    let wrong = check(
        &Auth::StandardWebhooks,
        &[SECOND],
        &supabase(BY_FIRST),
        SUPABASE,
        0,
    );
    assert_eq!(wrong, Err(Unproved::Wrong));
}

#[test]
fn shared_secret_has_to_stand_where_it_belongs() {
    let secret = "correct horse";
    let basic = format!("Basic {}", STANDARD.encode("user:correct horse"));
    for (auth, header, value, is_right) in [
        ("bearer", "authorization", "Bearer correct horse", true),
        ("bearer", "authorization", "bearer correct horse", true),
        ("bearer", "authorization", "correct horse", false),
        ("authorization", "authorization", "correct horse", true),
        ("authorization", "authorization", "Correct horse", false),
        ("basic:user", "authorization", basic.as_str(), true),
        ("basic:other", "authorization", basic.as_str(), false),
        ("header:X-Api-Key", "x-api-key", "correct horse", true),
        ("header:X-Api-Key", "x-api-key", "", false),
        ("header:X-Api-Key", "authorization", "correct horse", false),
    ] {
        let auth = Auth::parse(auth).unwrap();
        let headers = headers(&[(header, value)]);
        let found = check(&auth, &["another one", secret], &headers, "", NOW_S);
        assert_eq!(found.is_ok(), is_right, "{auth:?} {value}");
    }
    let twice = headers(&[("x-api-key", secret), ("x-api-key", secret)]);
    let found = check(
        &Auth::Header("x-api-key".into()),
        &[secret],
        &twice,
        "",
        NOW_S,
    );
    assert_eq!(found, Err(Unproved::Wrong));
    let nothing = headers(&[("authorization", "Bearer ")]);
    assert!(check(&Auth::Bearer, &[], &nothing, "", NOW_S).is_err());
}

#[test]
fn trial_is_signed_as_the_published_vectors() {
    let made = |auth: Auth, secret: &str, id: &str, body: &str, name: &str| {
        let headers = auth.prove(secret, id, NOW_S, body.as_bytes());
        headers.get(name).unwrap().to_str().unwrap().to_owned()
    };
    let id = "5b1f6c0e-9d0e-4c52-8c43-2f9d0a1e7b33";
    let supabase = Auth::StandardWebhooks;
    let signature = made(supabase, FIRST, id, SUPABASE, "webhook-signature");
    assert_eq!(signature, BY_FIRST);
    let key = "Zt7QpR2sT4uV6wX8yZ0aB1cD3eF5gH7jK9mN";
    let signature = made(Auth::Zitadel, key, id, ZITADEL, "zitadel-signature");
    assert_eq!(signature, BY_ZITADEL);
    for auth in [
        "svix",
        "hmac:x-mac",
        "authorization",
        "bearer",
        "basic:u",
        "header:x-key",
    ] {
        let auth = Auth::parse(auth).unwrap();
        let headers = auth.prove(FIRST, id, NOW_S, b"{}");
        assert_eq!(
            check(&auth, &[FIRST], &headers, "{}", NOW_S),
            Ok(()),
            "{auth:?}"
        );
        assert!(!format!("{headers:?}").contains("whsec"), "{auth:?}");
    }
}

#[test]
fn own_signature_proves_its_origin() {
    let signature = sign(FIRST, "e_1", NOW_S, b"{}").unwrap();
    let headers = headers(&[
        ("webhook-id", "e_1"),
        ("webhook-timestamp", "1795874400"),
        ("webhook-signature", &signature),
    ]);
    assert_eq!(
        check(&Auth::StandardWebhooks, &[FIRST], &headers, "{}", NOW_S),
        Ok(())
    );
}
