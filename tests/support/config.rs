//! Configs and messages, and a check for private values.

use auth_connector_host::{Config, Message};
use serde_json::{Value, json};

/// The key pair in Tencent's documentation.
pub const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
pub const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

pub const MAINLAND: &str = "+8613800138000";
/// A number from the range that Ofcom keeps free for drama.
pub const INTERNATIONAL: &str = "+447700900123";
pub const CODE: &str = "918273";

/// Logto's config for the simulator's catalogue, with a template per route. Without an endpoint it is for the real
/// service.
pub fn config(endpoint: Option<&str>) -> Value {
    let template = |usage: &str| json!({"usageType": usage, "templateCode": {"mainland": "1110000", "international": "1110002"}});
    let templates = ["SignIn", "Register", "ForgotPassword", "Generic"].map(template);
    let mut config = json!({
        "accessKeyId": SECRET_ID,
        "accessKeySecret": SECRET_KEY,
        "signName": "腾讯云",
        "sdkAppId": "1400006666",
        "region": "ap-guangzhou",
        "templates": templates,
    });
    if let Some(endpoint) = endpoint {
        config["endpoint"] = endpoint.into();
    }
    config
}

pub fn to_config(config: &Value) -> Config {
    Config::new(config.to_string())
}

/// The code for `Register`, to one number.
pub fn code_to(number: &str) -> Message {
    Message::to(number).usage("Register").code(CODE)
}

/// Fails if a text for an operator is no sentence, or has internals of a parser.
pub fn assert_is_sentence(text: &str) {
    assert!(text.ends_with('.'), "{text}");
    for internal in ["{\"", "success", "issues", "undefined", "RequestId"] {
        assert!(!text.contains(internal), "{internal} in {text}");
    }
}

/// Fails if a text contains a secret, a number or a code.
pub fn discreet(text: &str) {
    let national = [MAINLAND, INTERNATIONAL].map(|number| &number[3..]);
    for hidden in [SECRET_ID, SECRET_KEY, CODE].iter().chain(&national) {
        assert!(!text.contains(hidden), "{hidden} shows in: {text}");
    }
}
