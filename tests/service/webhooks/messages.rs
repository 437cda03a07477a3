use super::platforms::{Hook, SECRET, message};
use crate::service::running::{Answer, Running};
use serde_json::{Value, json};

const TO: &str = "+8613800138000";

/// The newest message of the tenant, as an administrator reads it.
fn newest(host: &Running) -> Value {
    host.command(&["message", "list"], "").unwrap()[0].clone()
}

fn code_of(answer: &Answer) -> Value {
    answer.json()["code"].clone()
}

/// Every platform's own code rules, and the setting that fixes each.
#[test]
fn unsendable_code_is_refused_with_setting() {
    let host = Running::start();
    for (platform, code, setting) in [
        ("supabase", "12345678", "GOTRUE_SMS_OTP_LENGTH=6"),
        ("zitadel", "12345678", "OTPSMS"),
        ("zitadel", "A1B2C3", "PhoneVerificationCode"),
        ("auth0", "1234567", "otp_length"),
        ("better-auth", "12345 ", "otpLength"),
        ("generic", "１２３４５６", "at most six digits"),
    ] {
        let hook = Hook::put(&host, platform, &json!({}));
        let answer = hook.post(&host, &message(platform, TO, code));
        let body = answer.json();
        let refusal = if platform == "supabase" {
            &body["error"]
        } else {
            &body
        };
        assert_eq!(refusal["code"], "code-not-sendable", "{platform}: {body}");
        assert!(
            refusal["hint"].as_str().unwrap().contains(setting),
            "{body}"
        );
        assert!(!answer.text.contains(code), "{body}");
        let figures = host.admin(
            "GET",
            &format!("/admin/tenants/default/webhooks/{platform}/figures"),
            &host.host_key,
            &json!({}),
        );
        assert!(figures.expect(200)["code-not-sendable"].as_i64().unwrap() >= 1);
    }
    assert_eq!(host.simulator.complete_requests(), 0);
    // One to six digits are sent.
    let hook = Hook::put(&host, "generic", &json!({}));
    for (nth, code) in ["1", "123456"].into_iter().enumerate() {
        let to = format!("+861380013{nth:04}");
        assert_eq!(hook.post(&host, &message("generic", &to, code)).status, 200);
    }
}

/// Messages without a code: answered with success, not sent, and counted; or sent if a template is mapped.
#[test]
fn message_without_code_is_ignored_unless_mapped() {
    let host = Running::start();
    for (platform, body, kind) in [
        (
            "kratos",
            json!({"to": TO, "template_type": "verifiable_address_changed", "code": null}),
            "verifiable_address_changed",
        ),
        (
            "kratos",
            json!({"recipient": TO, "template_type": "authenticator_key_added", "template_data": {"to": TO}}),
            "authenticator_key_added",
        ),
        (
            "auth0",
            json!({"recipient": TO, "message_type": "blocked_account", "delivery_method": "text"}),
            "blocked_account",
        ),
        (
            "authgear",
            json!({"to": TO, "template_name": "forgot_password_sms.txt",
            "template_variables": {"link": "https://demo.example.com/reset"}}),
            "forgot_password_sms.txt",
        ),
        (
            "logto",
            json!({"to": "8613800138000", "type": "OrganizationInvitation", "payload": {"link": "https://a.example"}}),
            "OrganizationInvitation",
        ),
        (
            "supertokens",
            json!({"type": "PASSWORDLESS_LOGIN", "phoneNumber": TO, "urlWithLinkCode": "https://a.example"}),
            "PASSWORDLESS_LOGIN",
        ),
    ] {
        let hook = Hook::put(&host, platform, &json!({}));
        let answer = hook.post(&host, &body.to_string());
        let word = if platform == "authgear" {
            "ok"
        } else {
            "ignored"
        };
        assert_eq!(
            (answer.status, &code_of(&answer)),
            (200, &json!(word)),
            "{platform} {kind}"
        );
        assert_eq!(host.simulator.complete_requests(), 0, "{platform} {kind}");
        let figures = host.admin(
            "GET",
            &format!("/admin/tenants/default/webhooks/{platform}/figures"),
            &host.host_key,
            &json!({}),
        );
        assert!(
            figures.expect(200)["ignored"].as_i64().unwrap() >= 1,
            "{platform}"
        );
    }
    // With a mapping it goes to the connector, which here has no template without a code.
    let hook = Hook::put(
        &host,
        "kratos",
        &json!({"usages": {"verifiable_address_changed": "Generic"}}),
    );
    let body = json!({"to": TO, "template_type": "verifiable_address_changed", "code": null});
    let answer = hook.post(&host, &body.to_string());
    assert_eq!(answer.status, 502, "{}", answer.text);
    assert_eq!(newest(&host)["usage"], "Generic");
    // A type with a code is refused without one.
    let body = json!({"to": TO, "template_type": "login_code_valid", "code": null});
    assert_eq!(code_of(&hook.post(&host, &body.to_string())), "unreadable");
}

/// Clerk also posts messages that it delivers itself, and repeats every request without a success.
#[test]
fn clerk_is_told_success_of_what_is_not_sent_here() {
    let host = Running::start();
    let hook = Hook::put(&host, "clerk", &json!({}));
    let event = |kind: &str, more: Value| {
        let mut body: Value = serde_json::from_str(&message("clerk", TO, "123456")).unwrap();
        body["type"] = json!(kind);
        merge(&mut body["data"], &more);
        hook.post(&host, &body.to_string())
    };
    for (kind, more, code) in [
        (
            "sms.created",
            json!({"delivered_by_clerk": true}),
            "ignored",
        ),
        ("user.created", json!({}), "ignored"),
        (
            "sms.created",
            json!({"slug": "password_changed", "message": "It was changed. Acme 2026"}),
            "ignored",
        ),
        (
            "sms.created",
            json!({"slug": "verification_code", "message": "12345678 is your code. Acme 2026"}),
            "unreadable",
        ),
    ] {
        assert_eq!(code_of(&event(kind, more)), code, "{kind}");
        assert!(host.simulator.messages().is_empty(), "{kind}");
    }
    let sent = event("sms.created", json!({"delivered_by_clerk": false}));
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(host.code(TO), "123456");
}

/// The platform's types choose the template.
#[test]
fn type_of_the_platform_chooses_the_usage() {
    let host = Running::start();
    let supabase = |user: Value, sms: Value| json!({"user": user, "sms": sms});
    for (nth, (platform, body, usage)) in [
        ("supabase", supabase(json!({"phone_confirmed_at": "2026-01-01T00:00:00Z"}), json!({})), "SignIn"),
        ("supabase", supabase(json!({"phone_confirmed_at": null}), json!({})), "Register"),
        ("supabase", supabase(json!({"new_phone": "1"}), json!({})), "BindNewIdentifier"),
        ("supabase", supabase(json!({}), json!({"sms_type": "mfa"})), "MfaVerification"),
        ("logto", json!({"type": "ForgotPassword"}), "ForgotPassword"),
        ("logto", json!({"type": "SomethingNew"}), "Generic"),
        ("kratos", json!({"template_type": "recovery_code_valid"}), "ForgotPassword"),
        ("kratos", json!({"template_type": "registration_code_valid"}), "Register"),
        ("authgear", json!({"template_name": "authenticate_primary_oob_sms.txt"}), "SignIn"),
        ("authgear", json!({"template_name": ""}), "Generic"),
        ("zitadel", json!({"contextInfo": {"eventType": "user.human.phone.code.added"}, "args": {"code": "123456"}}), "BindNewIdentifier"),
        ("auth0", json!({"message_type": "otp_enroll"}), "BindMfa"),
        ("generic", json!({"type": "Register"}), "Register"),
        ("generic", json!({}), "Generic"),
    ]
    .into_iter()
    .enumerate()
    {
        let hook = Hook::put(&host, platform, &json!({}));
        let to = format!("+861380013{nth:04}");
        let mut whole: Value = serde_json::from_str(&message(platform, &to, "123456")).unwrap();
        if platform == "supabase" {
            whole["user"] = json!({});
        }
        merge(&mut whole, &body);
        let answer = hook.post(&host, &whole.to_string());
        assert_eq!(answer.status, 200, "{platform} {body}: {}", answer.text);
        assert_eq!(newest(&host)["usage"], usage, "{platform} {body}");
    }
    // The operator's own mapping takes precedence.
    let hook = Hook::put(&host, "logto", &json!({"usages": {"SignIn": "Register"}}));
    assert_eq!(
        hook.post(&host, &message("logto", TO, "123456")).status,
        200
    );
    assert_eq!(newest(&host)["usage"], "Register");
}

fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        match (&mut into[name], value) {
            (target @ Value::Object(_), Value::Object(_)) => merge(target, value),
            (target, value) => *target = value.clone(),
        }
    }
}

/// Old GoTrue has neither `metadata` nor `sms.phone`; a new number is beside the old one.
#[test]
fn older_supabase_is_read_as_well() {
    let host = Running::start();
    let hook = Hook::put(&host, "supabase", &json!({}));
    for (user, to) in [
        (json!({"phone": "8613800138001"}), "+8613800138001"),
        (json!({"phone": "+8613800138002"}), "+8613800138002"),
        (
            json!({"phone": "8613800138001", "new_phone": "8613800138003"}),
            "+8613800138003",
        ),
    ] {
        let body = json!({"user": user, "sms": {"otp": "123456"}}).to_string();
        assert_eq!(hook.post(&host, &body).text, "{}");
        assert_eq!(host.code(to), "123456");
    }
}

/// Kratos may post its whole context, and FusionAuth makes voice calls as well.
#[test]
fn other_forms_of_a_platform_are_told_apart() {
    let host = Running::start();
    let kratos = Hook::put(&host, "kratos", &json!({}));
    let context = json!({
        "recipient": TO, "subject": "", "body": "", "template_type": "verification_code_valid", "message_type": "sms",
        "template_data": {"to": TO, "verification_code": "123456", "identity": {"traits": {"email": "a@b.example"}}},
        "request_headers": {"Accept-Language": ["de-CH, de;q=0.9"], "True-Client-Ip": ["203.0.113.9"]},
    });
    assert_eq!(kratos.post(&host, &context.to_string()).status, 200);
    assert_eq!(host.code(TO), "123456");
    let fusion = Hook::put(&host, "fusionauth", &json!({}));
    let voice = message("fusionauth", "+8613800138001", "123456").replace("\"SMS\"", "\"Voice\"");
    assert_eq!(fusion.post(&host, &voice).status, 400);
    assert_eq!(host.simulator.messages().len(), 1);
}

/// Fields, forms, texts, and every proof of origin that a generic webhook supports.
#[test]
fn generic_webhook_reads_what_it_is_told_to() {
    let host = Running::start();
    let set = json!({"fields": {"to": "/message/recipient", "code": null, "text": "/message/body", "type": null}});
    let hook = Hook::put(&host, "generic", &set);
    let body = json!({"message": {"recipient": TO, "body": "Your code is 123456"}});
    assert_eq!(hook.post(&host, &body.to_string()).status, 200);
    assert_eq!(host.code(TO), "123456");
    let unclear = json!({"message": {"recipient": TO, "body": "123456 or 654321"}});
    let answer = hook.post(&host, &unclear.to_string());
    assert_eq!(
        (answer.status, &code_of(&answer)),
        (400, &json!("unreadable"))
    );
    assert!(
        answer.json()["hint"]
            .as_str()
            .unwrap()
            .contains("/message/body")
    );

    let set = json!({"fields": {"to": "/To", "code": "/Code", "text": null}});
    let hook = Hook::put(&host, "generic", &set);
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let sent = hook.post_with(&host, "To=%2B8613800138001&Code=123456", &[form]);
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(host.code("+8613800138001"), "123456");
    let twice = hook.post_with(&host, "To=%2B8613800138001&Code=1&Code=2", &[form]);
    assert_eq!(twice.status, 400);

    for wrong in [
        json!({"fields": {"to": "To"}}),
        json!({"fields": {"to": null}}),
        json!({"fields": {"code": null, "text": null}}),
        json!({"fields": {"phone": "/To"}}),
        json!({"auth": "digest"}),
        json!({"bare_digits": "national"}),
        json!({"usage": "sign in"}),
        json!({"window_s": 29}),
        json!({"window_s": 86_401}),
        json!({"secrets": ["short"]}),
        json!({"secrets": []}),
        json!({"platform": "logto"}),
        json!({"colour": "red"}),
    ] {
        let path = "/admin/tenants/default/webhooks/generic";
        let answer = host.admin("PUT", path, &host.host_key, &wrong);
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.text);
    }
    let before = hook.post_with(&host, "To=%2B8613800138002&Code=123456", &[form]);
    assert_eq!(before.status, 200, "nothing of them was taken over");
}

/// A change to a proof of origin with another form of secret is refused while old secrets remain.
#[test]
fn proof_of_origin_cannot_change_under_its_secrets() {
    let host = Running::start();
    Hook::put(&host, "generic", &json!({}));
    let path = "/admin/tenants/default/webhooks/generic";
    let changed = host.admin(
        "PUT",
        path,
        &host.host_key,
        &json!({"auth": "standard-webhooks"}),
    );
    assert_eq!(
        (changed.status, &changed.json()["pointer"]),
        (422, &json!("/secrets/0"))
    );
    let both = json!({"auth": "standard-webhooks", "secrets": [super::platforms::WHSEC]});
    assert_eq!(host.admin("PUT", path, &host.host_key, &both).status, 200);
}

/// Old and new secrets are valid side by side until the old ones are dropped.
#[test]
fn secrets_are_rotated_without_a_gap() {
    let host = Running::start();
    let old = Hook::put(&host, "better-auth", &json!({}));
    let path = "/admin/tenants/default/webhooks/better-auth/secrets";
    let added = host
        .admin("POST", path, &host.host_key, &json!({}))
        .expect(200);
    let new = Hook {
        secret: added["secret"].as_str().unwrap().to_owned(),
        ..old.clone()
    };
    assert_eq!(added["secrets"], 2);
    for (nth, hook) in [&old, &new].into_iter().enumerate() {
        let to = format!("+861380013{nth:04}");
        assert_eq!(
            hook.post(&host, &message("better-auth", &to, "123456"))
                .status,
            200
        );
    }
    host.admin("DELETE", path, &host.host_key, &json!({}))
        .expect(200);
    let body = message("better-auth", "+8613800139999", "123456");
    assert_eq!(old.post(&host, &body).status, 401);
    assert_eq!(new.post(&host, &body).status, 200);
    assert_eq!(old.secret, SECRET);
}

/// Digits without a plus, read as configured; the console's preview of a national reading warns.
#[test]
fn bare_digits_are_read_as_the_webhook_says() {
    let host = Running::start();
    for (platform, bare_digits, to, arrives) in [
        ("logto", None, "8613800138001", Some("+8613800138001")),
        ("logto", Some("refuse"), "8613800138002", None),
        ("casdoor", None, "8613800138003", None),
        (
            "casdoor",
            Some("national:CN"),
            "13800138004",
            Some("+8613800138004"),
        ),
        (
            "casdoor",
            Some("national:CN"),
            "8613800138005",
            Some("+8613800138005"),
        ),
        (
            "casdoor",
            Some("national:CN"),
            "+447400123456",
            Some("+447400123456"),
        ),
        (
            "kratos",
            Some("e164"),
            "447400123457",
            Some("+447400123457"),
        ),
    ] {
        let set = bare_digits.map_or(json!({}), |how| json!({"bare_digits": how}));
        let hook = Hook::put(&host, platform, &set);
        let mut body: Value = serde_json::from_str(&message(platform, "+861", "123456")).unwrap();
        let place = if platform == "casdoor" {
            "phoneNumber"
        } else {
            "to"
        };
        body[place] = json!(to);
        let answer = hook.post(&host, &body.to_string());
        match arrives {
            Some(arrives) => {
                assert_eq!(answer.status, 200, "{platform} {to}: {}", answer.text);
                assert_eq!(host.code(arrives), "123456");
            }
            None => assert_eq!(code_of(&answer), "invalid-recipient", "{platform} {to}"),
        }
        // Resets to the platform's default for the next row.
        let path = format!("/admin/tenants/default/webhooks/{platform}");
        host.admin("DELETE", &path, &host.host_key, &json!({}));
    }
    let path = "/admin/tenants/default/webhooks/national";
    let body = json!({"platform": "casdoor", "bare_digits": "national:CN"});
    let shown = host.admin("PUT", path, &host.host_key, &body).expect(200);
    assert!(
        shown["warnings"][0]
            .as_str()
            .unwrap()
            .contains("would reach a phone in China")
    );
    assert!(shown["secret"].is_string(), "{shown}");
}

/// The person's address counts only if the operator configured that the platform or a proxy vouches for it.
#[test]
fn address_of_person_is_taken_from_trusted_source() {
    let host = Running::start();
    host.change(&["limits", "--set", "network_a_day=1"], "");
    for (nth, (ip_from, more, is_limited)) in [
        (json!(null), vec![], false),
        (
            json!("x-real-ip"),
            vec![("X-Real-Ip", "198.51.100.7")],
            true,
        ),
        (
            json!("x-real-ip"),
            vec![("X-Forwarded-For", "198.51.101.7")],
            false,
        ),
        (json!("body"), vec![], true),
    ]
    .into_iter()
    .enumerate()
    {
        let hook = Hook::put(&host, "auth0", &json!({"ip_from": ip_from}));
        let post = |last: usize| {
            let to = format!("+8613800{nth:03}{last:03}");
            hook.post_with(&host, &message("auth0", &to, "123456"), &more)
        };
        assert_eq!(post(1).status, 200, "{ip_from}");
        let second = post(2);
        let expected = if is_limited { 429 } else { 200 };
        assert_eq!(second.status, expected, "{ip_from}: {}", second.text);
    }
}

/// Sentences for people are in their language if the message names one, and otherwise in the webhook's.
#[test]
fn sentence_is_in_the_persons_language() {
    let host = Running::start();
    for (platform, set, language) in [
        ("logto", json!({}), "请检查号码"),
        ("kratos", json!({}), "Vérifiez-le"),
        ("supabase", json!({"locale": "de"}), "Prüfen Sie die Nummer"),
        ("authentik", json!({"locale": "pt-BR"}), "Verifique-o"),
        ("generic", json!({}), "Check it"),
    ] {
        let hook = Hook::put(&host, platform, &set);
        let answer = hook.post(&host, &message(platform, "+86138", "123456"));
        assert!(
            answer.text.contains(language),
            "{platform}: {}",
            answer.text
        );
    }
}
