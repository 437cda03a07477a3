use super::*;
use crate::service::platforms::presets;
use serde_json::json;

/// The result of reading a body under a platform's defaults with some usages: the code, nothing to send, or the pointer
/// that is wrong.
#[derive(Debug, PartialEq)]
enum Found {
    Code(&'static str),
    NoCode,
    Ignored,
    At(&'static str),
}

fn read_as(
    platform: Platform,
    usages: &[(&str, &str)],
    body: &Value,
) -> Result<Option<Wanted>, Unreadable> {
    let mut settings = presets::of(platform);
    let usages = usages
        .iter()
        .map(|(k, u)| ((*k).to_owned(), (*u).to_owned()));
    settings.usages.extend(usages);
    read(&settings, body)
}

fn check(platform: Platform, usages: &[(&str, &str)], body: &Value, found: &Found) {
    let context = format!("{platform:?} {usages:?} {body}");
    match (read_as(platform, usages, body), found) {
        (Ok(Some(wanted)), Found::Code(code)) => {
            assert_eq!(wanted.code.as_deref(), Some(*code), "{context}");
        }
        (Ok(Some(wanted)), Found::NoCode) => assert_eq!(wanted.code, None, "{context}"),
        (Ok(None), Found::Ignored) => {}
        (Err(unreadable), Found::At(place)) => {
            assert_eq!(unreadable.pointer, *place, "{context}");
        }
        (Ok(wanted), found) => {
            let code = wanted.map(|wanted| wanted.code);
            panic!("{context}: {code:?} in place of {found:?}")
        }
        (Err(unreadable), found) => panic!("{context}: {unreadable:?} in place of {found:?}"),
    }
}

const CODE: &str = "123456 is your verification code for Acme.";

fn clerk(kind: &str, data: &Value) -> Value {
    let mut body = json!({
        "object": "event", "type": kind,
        "data": {"id": "sms_1", "to_phone_number": "+8613800138000", "message": CODE, "status": "queued"},
    });
    for (name, value) in data.as_object().into_iter().flatten() {
        body["data"][name] = value.clone();
    }
    body
}

/// Clerk posts the event of a message that it delivers itself as well, and every other event that the endpoint
/// subscribed to.
#[test]
fn clerk_message_is_sent_only_where_clerk_sends_it_not() {
    for (kind, delivered, found) in [
        ("sms.created", json!(false), Found::Code("123456")),
        ("sms.created", json!(null), Found::Code("123456")),
        ("sms.created", json!(true), Found::Ignored),
        ("sms.updated", json!(false), Found::Ignored),
        ("email.created", json!(false), Found::Ignored),
    ] {
        let body = clerk(kind, &json!({"delivered_by_clerk": delivered}));
        check(Platform::Clerk, &[], &body, &found);
    }
    let user = json!({"type": "user.created", "data": {"id": "user_1"}});
    check(Platform::Clerk, &[], &user, &Found::Ignored);
    check(
        Platform::Clerk,
        &[],
        &json!({"data": {}}),
        &Found::At("/type"),
    );
}

#[test]
fn clerk_message_without_code_is_ignored_by_slug_or_text() {
    let text = Found::At("/data/message");
    for (slug, message, found) in [
        ("verification_code", CODE, Found::Code("123456")),
        (
            "verification_code",
            "Your code is AB1234",
            Found::At("/data/message"),
        ),
        ("verification_code", "Welcome", Found::At("/data/message")),
        (
            "reset_password_code",
            "Your code is 12345678. Acme 2026",
            text,
        ),
        (
            "password_changed",
            "Your password was changed. Acme 2026",
            Found::Ignored,
        ),
        (
            "passkey_added",
            "A passkey was added at 10:30 on 2026-11-30",
            Found::Ignored,
        ),
        ("invitation", "Acme invites you", Found::Ignored),
        (
            "invitation",
            "Acme invites you until 2026-11-30",
            Found::At("/data/message"),
        ),
        ("", "Welcome", Found::Ignored),
        ("", CODE, Found::Code("123456")),
    ] {
        let body = clerk("sms.created", &json!({"slug": slug, "message": message}));
        check(Platform::Clerk, &[], &body, &found);
    }
    let own_code = json!({"slug": "password_changed", "data": {"otp_code": "654321"}});
    check(
        Platform::Clerk,
        &[],
        &clerk("sms.created", &own_code),
        &Found::Code("654321"),
    );
    // If it is mapped, the operator requires it to be sent; a slug with a code still needs one.
    let mapped = [
        ("password_changed", "Generic"),
        ("verification_code", "SignIn"),
    ];
    let news = json!({"slug": "password_changed", "message": "It was changed."});
    check(
        Platform::Clerk,
        &mapped,
        &clerk("sms.created", &news),
        &Found::NoCode,
    );
    let lost = json!({"slug": "verification_code", "message": "Welcome"});
    check(
        Platform::Clerk,
        &mapped,
        &clerk("sms.created", &lost),
        &Found::At("/data/message"),
    );
}

/// A code under another name is a configuration mistake, and a success would hide it.
#[test]
fn message_that_lost_its_code_is_refused() {
    let to = "+8613800138000";
    let mapped = [("news", "Generic"), ("SignIn", "Register")];
    for (platform, usages, body, found) in [
        (
            Platform::Generic,
            &[][..],
            json!({"to": to, "type": "SignIn", "otp": "1"}),
            Found::At("/code"),
        ),
        (
            Platform::Generic,
            &[],
            json!({"to": to, "type": "news"}),
            Found::At("/code"),
        ),
        (
            Platform::Generic,
            &mapped,
            json!({"to": to, "type": "news"}),
            Found::NoCode,
        ),
        (
            Platform::Logto,
            &[],
            json!({"to": "86", "type": "SignIn", "payload": {}}),
            Found::At("/payload/code"),
        ),
        (
            Platform::Logto,
            &mapped,
            json!({"to": "86", "type": "SignIn", "payload": {}}),
            Found::At("/payload/code"),
        ),
        (
            Platform::Logto,
            &[],
            json!({"to": "86", "type": "New", "payload": {}}),
            Found::At("/payload/code"),
        ),
        (
            Platform::Logto,
            &mapped,
            json!({"to": "86", "type": "news", "payload": {}}),
            Found::NoCode,
        ),
        (
            Platform::Logto,
            &[],
            json!({"to": "86", "type": "OrganizationInvitation", "payload": {"link": "https://a.example"}}),
            Found::NoCode,
        ),
        (
            Platform::Supertokens,
            &[],
            json!({"phoneNumber": to, "type": "PASSWORDLESS_LOGIN"}),
            Found::At("/userInputCode"),
        ),
        (
            Platform::Supertokens,
            &[],
            json!({"phoneNumber": to, "type": "PASSWORDLESS_LOGIN", "urlWithLinkCode": "https://a.example"}),
            Found::NoCode,
        ),
        (
            Platform::Auth0,
            &[],
            json!({"recipient": to, "message_type": "blocked_account"}),
            Found::NoCode,
        ),
        (
            Platform::Kratos,
            &[],
            json!({"to": to, "otp": "123456"}),
            Found::At("/code"),
        ),
        (
            Platform::Kratos,
            &[],
            json!({"to": to, "template_type": "stub"}),
            Found::NoCode,
        ),
        (
            Platform::Authgear,
            &[],
            json!({"to": to, "code": "1"}),
            Found::At("/template_variables/code"),
        ),
    ] {
        check(platform, usages, &body, &found);
    }
}

/// A link or a language that is unusable here does not block the code.
#[test]
fn unusable_optional_text_counts_as_absent() {
    let long = "x".repeat(1025);
    let link = format!("https://a.example/{long}");
    let to = "+8613800138000";
    for (platform, body) in [
        (
            Platform::Kratos,
            json!({"to": to, "code": "123456", "accept_language": long}),
        ),
        (
            Platform::Kratos,
            json!({"to": to, "code": "123456", "accept_language": ["de"]}),
        ),
        (
            Platform::Logto,
            json!({"to": to, "type": "SignIn", "payload": {"code": "123456", "link": link}}),
        ),
        (
            Platform::Logto,
            json!({"to": to, "type": "SignIn", "payload": {"code": "123456", "uiLocales": ["en"]}}),
        ),
        (
            Platform::Authgear,
            json!({"to": to, "template_variables": {"code": "123456", "link": link, "url": 1}}),
        ),
        (
            Platform::Generic,
            json!({"to": to, "code": "123456", "locale": {}}),
        ),
    ] {
        check(platform, &[], &body, &Found::Code("123456"));
    }
    for (platform, body, place) in [
        (
            Platform::Kratos,
            json!({"to": long, "code": "123456"}),
            "/to",
        ),
        (
            Platform::Logto,
            json!({"to": to, "type": "SignIn", "payload": {"code": 123_456}}),
            "/payload/code",
        ),
    ] {
        assert_eq!(read_as(platform, &[], &body).err().unwrap().pointer, place);
    }
}
