//! Entries of the journal about a signature: its verdict, its input, and why it was refused.

use tencent_sms_simulator::{SignatureVerdict, Simulator};

use crate::client::Call;
use crate::signatures::{PUBLISHED, frozen};

/// A key whose policy forbids the action has a valid signature; the signature of a request without a version is not
/// checked.
#[test]
fn journal_has_verdict_of_signature_apart() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let right = Call::new(simulator.addr());
    let mut denied = right.clone();
    denied.secret_id = "AKIDpcmgfmqSWstSqkNh5brTo21oKEXAMPLE".to_owned();
    denied.secret_key = "Ty8kCm4RzWgJ2vXqB7pNdHs3fEXAMPLE".to_owned();
    let mut wrong = right.clone();
    wrong.secret_key = "wrong".to_owned();
    let mut unread = right.clone();
    unread.version = None;
    for (call, code, verdict) in [
        (right, "Ok", Some(SignatureVerdict::Right)),
        (
            denied,
            "AuthFailure.UnauthorizedOperation",
            Some(SignatureVerdict::Right),
        ),
        (
            wrong,
            "AuthFailure.SignatureFailure",
            Some(SignatureVerdict::Refused),
        ),
        (unread, "MissingParameter", None),
    ] {
        assert_eq!(call.send().code(), code);
        assert_eq!(
            simulator.journal().last().unwrap().signature,
            verdict,
            "{code}"
        );
    }
}

#[test]
fn journal_shows_hash_input_without_guessable_values() {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    call.signed = vec!["content-type", "host", "x-secret"];
    call.extra
        .push(("X-Secret".to_owned(), "hush-hush".to_owned()));
    assert_eq!(call.send().code(), "Ok");
    let entry = simulator.journal().remove(0);
    assert_eq!(entry.credential.as_deref(), Some("AKID****MPLE"));
    assert_eq!(entry.account.as_deref(), Some("example"));
    assert_eq!(
        entry.canonical_request.unwrap(),
        format!(
            "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:{}\nx-secret:<9 bytes>\n\ncontent-type;host;x-secret\n<sha256 of the {}-byte body>",
            simulator.addr(),
            call.body.len()
        )
    );
    assert_eq!(
        entry.string_to_sign.unwrap(),
        "TC3-HMAC-SHA256\n1551113065\n2019-02-25/sms/tc3_request\n<sha256 of the canonical request>"
    );
    assert_eq!(entry.recipients[0].number, "+86138****8000");
}

/// The diagnosis in the journal for a request whose signature is refused.
fn diagnosis(change: impl FnOnce(&mut Call)) -> String {
    let simulator = frozen();
    let mut call = Call::new(simulator.addr()).at(PUBLISHED);
    change(&mut call);
    assert_eq!(call.send().code(), "AuthFailure.SignatureFailure");
    simulator.journal()[0].detail.join("\n")
}

#[test]
fn refused_signature_names_cause_and_differing_line() {
    let host = diagnosis(|call| call.signed_host = Some("sms.tencentcloudapi.com".to_owned()));
    assert!(
        host.contains("signed the host `sms.tencentcloudapi.com`"),
        "{host}"
    );
    assert!(
        host.contains("first differing line, 5: client `host:sms.tencentcloudapi.com`"),
        "{host}"
    );
    assert!(
        host.contains("the client hashed:") && host.contains("this side hashed:"),
        "{host}"
    );

    let content_type = diagnosis(|call| {
        call.content_type = "application/json".to_owned();
        call.authorization = Some(call.authorization());
        call.content_type = "application/json; charset=utf-8".to_owned();
    });
    assert!(
        content_type.contains("signed the content type `application/json` and sent"),
        "{content_type}"
    );
    assert!(
        content_type.contains("first differing line, 4:"),
        "{content_type}"
    );

    let case = diagnosis(|call| {
        call.content_type = "application/json; charset=UTF-8".to_owned();
        call.authorization = Some(call.authorization_without_lower_case());
    });
    assert!(case.contains("without lower-casing"), "{case}");

    let space = diagnosis(|call| call.secret_key.push(' '));
    assert!(
        space.contains("space at its end") && space.contains("the keys differ"),
        "{space}"
    );

    let stranger =
        diagnosis(|call| call.secret_key = "Vd2zGh6SpMkX3tNwC9qJfLb7rEXAMPLE".to_owned());
    assert!(stranger.contains("another key, AKID****MPLE"), "{stranger}");

    let empty = diagnosis(|call| {
        call.sent_body = Some(call.body.clone());
        call.body.clear();
    });
    assert!(empty.contains("an empty body"), "{empty}");

    let two = diagnosis(|call| {
        call.signed_host = Some("sms.tencentcloudapi.com".to_owned());
        call.secret_key.push(' ');
    });
    assert_eq!(two.matches("likely cause").count(), 2, "{two}");

    let unknown = diagnosis(|call| call.secret_key = "something else entirely".to_owned());
    assert!(unknown.contains("no usual mistake"), "{unknown}");
    for text in [
        host,
        content_type,
        case,
        space,
        stranger,
        empty,
        two,
        unknown,
    ] {
        assert!(
            !text.contains("123456") && !text.contains("13800138000") && !text.contains("EXAMPLE"),
            "{text}"
        );
    }
}
