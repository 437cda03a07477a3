//! Who this connector is: Logto's identifiers, names and descriptions, so that a host's lists stay as they were.

/// The answer of `get-metadata`, a JSON object.
///
/// # Examples
/// ```
/// let metadata: serde_json::Value = serde_json::from_str(tencent_sms_connector::metadata::JSON).unwrap();
/// assert_eq!(metadata["id"], "tencent-short-message-service");
/// ```
pub const JSON: &str = concat!(
    r#"{"id":"tencent-short-message-service","target":"tencent-sms","platform":null,"version":""#,
    env!("CARGO_PKG_VERSION"),
    r#"","name":{"en":"Tencent Short Message Service","zh-CN":"腾讯云短信服务","tr-TR":"Tencent SMS Servisi","ko":"Tencent Short 메세지 서비스"},"#,
    r#""description":{"en":"Sends verification codes by SMS through Tencent Cloud, to mainland China and abroad.","zh-CN":"通过腾讯云短信向境内及国际/港澳台号码发送验证码。"}}"#,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifiers_are_logtos_so_that_stored_configs_keep_their_connector() {
        let metadata: serde_json::Value = serde_json::from_str(JSON).unwrap();
        assert_eq!(metadata["id"], "tencent-short-message-service");
        assert_eq!(metadata["target"], "tencent-sms");
        assert!(metadata["platform"].is_null());
        assert_eq!(metadata["version"], env!("CARGO_PKG_VERSION"));
        for text in ["name", "description"] {
            assert!(
                metadata[text]["en"].is_string(),
                "{text} has no English text"
            );
            assert!(
                metadata[text]["zh-CN"].is_string(),
                "{text} has no Chinese text"
            );
        }
    }
}
