//! Texts of the API for a person who waits for a code.

use super::running::Running;
use super::sample::refused_by_the_provider;
use serde_json::json;

const TO: &str = "+8613800138000";

#[test]
fn refusal_speaks_the_persons_language() {
    let host = Running::start();
    let start = |to: &str, locales: &[&str], more: &[(&str, &str)]| {
        let body = json!({"to": to, "usage": "SignIn", "locales": locales});
        host.post_with("/v1/verifications", &body, more).json()
    };
    let german = "An diese Nummer kann die Nachricht nicht gesendet werden. Prüfen Sie die Nummer.";
    assert_eq!(start("12", &["de-AT"], &[])["user_message"], german);
    let accept = ("Accept-Language", "fr-CA, de;q=0.5");
    let french = start("12", &[], &[accept]);
    assert_eq!(
        french["user_message"],
        "Le message ne peut pas être envoyé à ce numéro. Vérifiez-le."
    );
    // The request's language takes precedence over the back end's own.
    assert_eq!(start("12", &["de"], &[accept])["user_message"], german);
    let english = start("12", &["sv"], &[])["user_message"].clone();
    assert_eq!(
        english,
        "The message cannot be sent to this number. Check it."
    );
    // A mistake of the back end has no text for a person.
    for (path, body) in [
        (
            "/v1/verifications",
            json!({"to": TO, "usage": "no usage", "locales": ["de"]}),
        ),
        ("/v1/verifications", json!({"usage": "SignIn"})),
        ("/v1/verifications", json!({"to": 1, "usage": "SignIn"})),
        (
            "/v1/messages",
            json!({"to": TO, "usage": "SignIn", "code": "123456"}),
        ),
        ("/v1/verifications/v_1/check", json!({"code": 123_456})),
    ] {
        let mistake = host.post(path, &body);
        assert_eq!(mistake.status, 422, "{body}");
        let mistake = mistake.json();
        assert_eq!(mistake.get("user_message"), None, "{mistake}");
    }
    let empty = host.post("/v1/verifications/v_1/check", &json!({"code": ""}));
    assert_eq!(
        empty.json()["user_message"],
        "That code is not right. Check it and try again."
    );
}

#[test]
fn failed_message_and_wrong_code_have_words() {
    let host = Running::start();
    let body = json!({"to": TO, "usage": "SignIn", "locales": ["zh-Hant"]});
    let first = host.post("/v1/verifications", &body).expect(201);
    assert_eq!(first["message"].get("user_message"), None, "{first}");
    let id = first["id"].as_str().unwrap();
    let wrong = host.post(
        &format!("/v1/verifications/{id}/check"),
        &json!({"code": "000000x"}),
    );
    assert_eq!(
        wrong.expect(200)["user_message"],
        "驗證碼不正確，請檢查後再試一次。"
    );
    let early = host.post(&format!("/v1/verifications/{id}/resend"), &json!({}));
    assert_eq!(early.json()["user_message"], "請稍候片刻再重新取得驗證碼。");
    host.simulator.queue_faults(refused_by_the_provider(), 2);
    let second = host.post("/v1/verifications", &body).expect(201);
    assert_eq!(second["message"]["kind"], "rate-limited");
    assert_eq!(
        second["message"]["user_message"],
        "要求的簡訊過多，請稍後再重新取得。"
    );
    let message =
        json!({"to": TO, "usage": "SignIn", "locales": ["pt-PT"], "variables": {"code": "123456"}});
    let single = host.post("/v1/messages", &message).expect(201);
    assert_eq!(
        single["user_message"],
        "Muitas mensagens foram solicitadas. Aguarde antes de pedir outra."
    );
}
