//! Who this connector is: Logto's identifiers, names and descriptions, so that a host's lists stay as they were.

use alloc::string::String;

use crate::packed::packed;

/// The answer of `get-metadata`: [`JSON`].
#[must_use]
pub fn json() -> String {
    packed!(JSON).text()
}

/// A JSON object.
///
/// # Examples
/// ```
/// let metadata: serde_json::Value = serde_json::from_str(tencent_sms_connector::metadata::JSON).unwrap();
/// assert_eq!(metadata["id"], "tencent-short-message-service");
/// ```
pub const JSON: &str = concat!(
    r#"{"id":"tencent-short-message-service","target":"tencent-sms","platform":null,"version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","name":{"en":"Tencent Short Message Service","zh-CN":"腾讯云短信服务","zh-TW":"騰訊雲簡訊服務","ja":"Tencent ショートメッセージサービス","ko":"Tencent Short 메세지 서비스","de":"Tencent-SMS-Dienst","fr":"Service SMS de Tencent","es":"Servicio de SMS de Tencent","pt-BR":"Serviço de SMS da Tencent","tr-TR":"Tencent SMS Servisi"},"#,
    r#""description":{"en":"Sends login codes by SMS through Tencent Cloud, to mainland China and abroad.","zh-CN":"通过腾讯云短信向境内及国际/港澳台号码发送验证码。","zh-TW":"透過騰訊雲簡訊向中國大陸及國際/港澳台號碼傳送驗證碼。","ja":"Tencent Cloud の SMS で、中国本土および海外の番号に認証コードを送信します。","ko":"Tencent Cloud SMS로 중국 본토와 해외 번호에 인증 코드를 보냅니다.","de":"Sendet Anmeldecodes per SMS über Tencent Cloud, nach Festlandchina und ins Ausland.","fr":"Envoie des codes de connexion par SMS via Tencent Cloud, en Chine continentale et à l’étranger.","es":"Envía códigos de acceso por SMS mediante Tencent Cloud, a China continental y al extranjero.","pt-BR":"Envia códigos de acesso por SMS pela Tencent Cloud, para a China continental e o exterior.","tr-TR":"Tencent Cloud üzerinden Çin anakarasına ve yurt dışına SMS ile giriş kodları gönderir."}}"#,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_answered_is_the_object_unpacked() {
        assert_eq!(json(), JSON);
    }

    #[test]
    fn the_identifiers_are_logtos_so_that_stored_configs_keep_their_connector() {
        let metadata: serde_json::Value = serde_json::from_str(JSON).unwrap();
        assert_eq!(metadata["id"], "tencent-short-message-service");
        assert_eq!(metadata["target"], "tencent-sms");
        assert!(metadata["platform"].is_null());
        assert_eq!(metadata["version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn names_and_descriptions_come_in_the_originals_languages_and_six_more() {
        let metadata: serde_json::Value = serde_json::from_str(JSON).unwrap();
        for texts in ["name", "description"] {
            let texts = metadata[texts].as_object().unwrap();
            for language in [
                "en", "zh-CN", "tr-TR", "ko", "zh-TW", "ja", "de", "fr", "pt-BR", "es",
            ] {
                let text = texts.get(language).and_then(serde_json::Value::as_str);
                assert!(text.is_some_and(|text| !text.is_empty()), "{language}");
            }
            assert_eq!(texts.len(), 10, "a language that nobody asked for");
        }
        // Logto's lists keep the names that they had.
        for (language, name) in [
            ("en", "Tencent Short Message Service"),
            (
                "zh-CN",
                "\u{817e}\u{8baf}\u{4e91}\u{77ed}\u{4fe1}\u{670d}\u{52a1}",
            ),
            ("tr-TR", "Tencent SMS Servisi"),
            (
                "ko",
                "Tencent Short \u{ba54}\u{c138}\u{c9c0} \u{c11c}\u{be44}\u{c2a4}",
            ),
        ] {
            assert_eq!(metadata["name"][language], name);
        }
    }
}
