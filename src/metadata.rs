//! Name and description of the connector, in the languages of Logto's original and six more.

use connector_kit::contract::Metadata;

/// Id and target are those of Logto's connector, so that stored configs keep theirs.
pub const METADATA: Metadata = Metadata {
    id: "tencent-short-message-service",
    version: env!("CARGO_PKG_VERSION"),
    names: &[
        ("en", "Tencent Short Message Service"),
        ("zh-CN", "腾讯云短信服务"),
        ("zh-TW", "騰訊雲簡訊服務"),
        ("ja", "Tencent ショートメッセージサービス"),
        ("ko", "Tencent Short 메세지 서비스"),
        ("de", "Tencent-SMS-Dienst"),
        ("fr", "Service SMS de Tencent"),
        ("es", "Servicio de SMS de Tencent"),
        ("pt-BR", "Serviço de SMS da Tencent"),
        ("tr-TR", "Tencent SMS Servisi"),
    ],
    descriptions: &[
        (
            "en",
            "Sends login codes by SMS through Tencent Cloud, to mainland China and abroad.",
        ),
        ("zh-CN", "通过腾讯云短信向境内及国际/港澳台号码发送验证码。"),
        (
            "zh-TW",
            "透過騰訊雲簡訊向中國大陸及國際/港澳台號碼傳送驗證碼。",
        ),
        (
            "ja",
            "Tencent Cloud の SMS で、中国本土および海外の番号に認証コードを送信します。",
        ),
        (
            "ko",
            "Tencent Cloud SMS로 중국 본토와 해외 번호에 인증 코드를 보냅니다.",
        ),
        (
            "de",
            "Sendet Anmeldecodes per SMS über Tencent Cloud, nach Festlandchina und ins Ausland.",
        ),
        (
            "fr",
            "Envoie des codes de connexion par SMS via Tencent Cloud, en Chine continentale et à l’étranger.",
        ),
        (
            "es",
            "Envía códigos de acceso por SMS mediante Tencent Cloud, a China continental y al extranjero.",
        ),
        (
            "pt-BR",
            "Envia códigos de acesso por SMS pela Tencent Cloud, para a China continental e o exterior.",
        ),
        (
            "tr-TR",
            "Tencent Cloud üzerinden Çin anakarasına ve yurt dışına SMS ile giriş kodları gönderir.",
        ),
    ],
    attributes: &[("target", "tencent-sms")],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_of_logto() {
        assert_eq!(METADATA.id, "tencent-short-message-service");
        assert_eq!(METADATA.attributes, [("target", "tencent-sms")]);
        assert_eq!(METADATA.version, env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn names_and_descriptions_exist_in_ten_languages() {
        for texts in [METADATA.names, METADATA.descriptions] {
            let mut languages: Vec<_> = texts.iter().map(|(language, _)| *language).collect();
            languages.sort_unstable();
            assert_eq!(
                languages,
                [
                    "de", "en", "es", "fr", "ja", "ko", "pt-BR", "tr-TR", "zh-CN", "zh-TW"
                ]
            );
            assert!(texts.iter().all(|(_, text)| !text.is_empty()));
        }
    }

    /// Lists of connectors keep the names that they had.
    #[test]
    fn names_equal_those_of_logto() {
        for named in [
            ("en", "Tencent Short Message Service"),
            ("zh-CN", "腾讯云短信服务"),
            ("tr-TR", "Tencent SMS Servisi"),
            ("ko", "Tencent Short 메세지 서비스"),
        ] {
            assert!(METADATA.names.contains(&named), "{named:?}");
        }
    }
}
