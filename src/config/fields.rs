//! The table of config fields, for forms and the schema.
//!
//! The first six are those of Logto's connector, with its keys, labels, order and placeholders, so that a config and a
//! habit carry over. The others are optional. Schemas of optional fields need not mention blank values and examples
//! in angle brackets: the guard accepts those for every optional field.

use connector_kit::config::{Field, FieldType};
use connector_kit::text::Text;

/// Logto's four usages that every config must serve.
pub const REQUIRED_USAGES: [&str; 4] = ["Register", "SignIn", "ForgotPassword", "Generic"];

/// The nine usages of the contract's registry, in the order in which Logto's form lists them.
pub const USAGES: [&str; 9] = [
    "SignIn",
    "Register",
    "ForgotPassword",
    "OrganizationInvitation",
    "Generic",
    "UserPermissionValidation",
    "BindNewIdentifier",
    "MfaVerification",
    "BindMfa",
];

/// The value in a new form: an entry for each of [`USAGES`].
const TEMPLATES_DEFAULT: &str = include_str!("templates_default.json");

/// The regions that the service documents for SMS, <https://cloud.tencent.com/document/api/382/52071>.
pub const REGIONS: [&str; 4] = ["ap-guangzhou", "ap-beijing", "ap-nanjing", "ap-singapore"];

/// The variables that auth hosts are known to pass: the contract's `code`, Logto's others, and a code's lifetime.
pub const VARIABLES: [&str; 5] = ["code", "ttlMinutes", "link", "locale", "uiLocales"];

const CREDENTIALS: &str = "https://console.cloud.tencent.com/cam/capi";
const SIGNATURES: &str = "https://console.cloud.tencent.com/smsv2/csms-sign";
const TEMPLATES: &str = "https://console.cloud.tencent.com/smsv2/csms-template";
const APPLICATIONS: &str = "https://console.cloud.tencent.com/smsv2/app-manage";
const API: &str = "https://cloud.tencent.com/document/api/382/52071";

/// Help of a field that replaces one of the top level.
const INSTEAD: Text = Text::new("Instead of the top level's.", "替代顶层的同名字段。");

const COUNTRIES: &str = r#"{"type": "array", "maxItems": 300, "items": {
    "type": ["string", "integer"], "pattern": "^\\s*(\\+?[1-9][0-9]{0,8}|[A-Za-z]{2})\\s*$", "minimum": 1, "maximum": 999999999}}"#;

const ACCESS_KEY_ID: Field = Field::new(
    "accessKeyId",
    Text::new("Access Key ID", "访问密钥 ID(SecretId)"),
)
.help(Text::new(
    "SecretId of an API key, from Access Management > API Keys. It begins with AKID.",
    "API 密钥的 SecretId,见「访问管理 > 访问密钥」,以 AKID 开头。",
))
.link(CREDENTIALS)
.aliases(&["secretid", "keyid"])
// Visible ASCII without the two characters that separate it in the `Authorization` header.
.schema(r#"{"type": "string", "pattern": "^\\s*(?!<[\\s\\S]*>\\s*$)[!-+\\-.0-~]{1,256}\\s*$"}"#);

const ACCESS_KEY_SECRET: Field = Field::new(
    "accessKeySecret",
    Text::new("Access Key Secret", "访问密钥(SecretKey)"),
)
.help(Text::new(
    "SecretKey of the same API key.",
    "同一 API 密钥的 SecretKey。",
))
.secret()
.link(CREDENTIALS)
.aliases(&["secretkey", "secretaccesskey"])
.schema(r#"{"type": "string", "pattern": "^\\s*(?!<[\\s\\S]*>\\s*$)[!-~]{1,256}\\s*$"}"#);

const SESSION_TOKEN: Field =
    Field::new("sessionToken", Text::new("Session token", "临时密钥 Token"))
        .help(Text::new(
            "Only with temporary credentials from STS.",
            "仅在使用 STS 临时密钥时填写。",
        ))
        .secret()
        .aliases(&["token", "securitytoken"])
        .schema(r#"{"type": "string", "pattern": "^\\s*[!-~]{1,8192}\\s*$"}"#);

const SIGN_NAME: Field = Field::new("signName", Text::new("Sign Name", "短信签名")).help(Text::new(
        "Text of an approved signature, without brackets; not its ID. International numbers need none.",
        "已审核通过的签名内容,不带括号;不是签名 ID。国际/港澳台短信可不填。",
    ))
.link(SIGNATURES)
.aliases(&["sign", "signature", "smssign", "signcontent"]);

const SDK_APP_ID: Field = Field::new("sdkAppId", Text::new("SDK App ID", "SDK AppID"))
    .help(Text::new(
        "Number of the SMS application, such as 1400006666.",
        "短信应用的 SDK AppID,例如 1400006666。",
    ))
    .link(APPLICATIONS)
    .aliases(&["smssdkappid", "appid", "smsappid"])
    .schema(r#"{"type": ["string", "integer"], "pattern": "^\\s*[0-9]{1,32}\\s*$", "minimum": 0, "maximum": 18446744073709551615}"#);

const REGION: Field = Field::new("region", Text::new("Region", "地域")).help(Text::new(
        "ap-guangzhou, ap-beijing or ap-nanjing; ap-singapore for accounts of the international site.",
        "ap-guangzhou、ap-beijing 或 ap-nanjing;国际站账号用 ap-singapore。",
    ))
.link(API)
.schema(r#"{"type": "string", "pattern": "^\\s*[A-Za-z0-9-]{1,64}\\s*$"}"#);

const ENDPOINT: Field = Field::new("endpoint", Text::new("Endpoint", "接入域名")).help(Text::new(
        "Leave empty for sms.tencentcloudapi.com. sms.intl.tencentcloudapi.com for the international site, a \
         regional or financial host of Tencent's, or a simulator on loopback.",
        "默认为 sms.tencentcloudapi.com;国际站用 sms.intl.tencentcloudapi.com,也可填腾讯云的地域或金融区域名,或本机模拟器地址。",
    ));

/// The table.
pub static FIELDS: [Field; 15] = [
    ACCESS_KEY_ID.required().placeholder("<access-key-id>"),
    ACCESS_KEY_SECRET
        .required()
        .placeholder("<access-key-secret>"),
    SIGN_NAME
        .required()
        .placeholder("<sign-name>")
        // Its schema depends on the templates, see `SCHEMA_RULES`.
        .schema(r#"{"anyOf": [{"type": "string"}, {"enum": [null, {}, []]}]}"#),
    SDK_APP_ID.required().placeholder("<sdk-app-id>"),
    REGION.required().placeholder("<region>"),
    Field::new("templates", Text::new("Templates", "模板")).help(Text::new(
            "One entry for each usage: SignIn, Register, ForgotPassword and Generic at least.",
            "每种用途一项,至少包括 SignIn、Register、ForgotPassword 和 Generic。",
        ))
    .required()
    .link(TEMPLATES)
    .schema(
        r##"{"type": "array", "items": {"type": "object"}, "allOf": [
            {"contains": {"$ref": "#/$defs/Register"}}, {"contains": {"$ref": "#/$defs/SignIn"}},
            {"contains": {"$ref": "#/$defs/ForgotPassword"}}, {"contains": {"$ref": "#/$defs/Generic"}}]}"##,
    )
    .list(&TEMPLATE_FIELDS)
    .default(TEMPLATES_DEFAULT),
    Field::new("international", Text::new("International", "国际/港澳台")).help(Text::new(
            "What differs for numbers outside of mainland China: application, signature, sender, region, endpoint, \
             credentials.",
            "发往国际/港澳台号码时不同的设置:应用、签名、SenderId、地域、域名、密钥。",
        ))
    .schema(r#"{"type": "object"}"#)
    .aliases(&["overseas", "global", "intl"])
    .block(&INTERNATIONAL_FIELDS)
    .default("{}"),
    Field::new("allowedCountries", Text::new("Allowed countries", "允许的国家(地区)")).help(Text::new(
            "Countries that alone are sent to: ISO or calling codes, or beginnings of numbers, such as [\"CN\", \"852\"]. All when empty.",
            "只向这些国家(地区)发送:ISO 代码、电话区号,或号码开头,例如 [\"CN\", \"852\"];留空则不限。",
        ))
    .form(FieldType::Json)
    .schema(COUNTRIES)
    .default("[]"),
    Field::new("deniedCountries", Text::new("Denied countries", "禁止的国家(地区)")).help(Text::new(
            "Countries that are never sent to: ISO or calling codes, or beginnings of numbers such as \"1876\".",
            "不向这些国家(地区)发送:ISO 代码、电话区号,或号码开头,例如 \"1876\"。",
        ))
    .form(FieldType::Json)
    .schema(COUNTRIES)
    .default("[]"),
    Field::new("language", Text::new("Language of provider messages", "腾讯云提示语言")).help(Text::new("en-US or zh-CN. en-US when empty.", "en-US 或 zh-CN,默认 en-US。"))
    .options(&[("en-US", "English"), ("zh-CN", "简体中文")])
    .schema(r#"{"type": "string", "pattern": "^\\s*(en-US|zh-CN)\\s*$"}"#)
    .default(r#""en-US""#),
    Field::new("extendCode", Text::new("Extend code", "短信码号扩展号")).help(Text::new(
            "Only where Tencent Cloud activated it, for mainland numbers.",
            "仅在腾讯云已开通时填写,用于境内号码。",
        ))
    .schema(
        r#"{"type": ["string", "integer"], "pattern": "^\\s*[0-9]{1,12}\\s*$", "minimum": 0, "maximum": 999999999999}"#,
    ),
    SESSION_TOKEN,
    ENDPOINT.placeholder("sms.tencentcloudapi.com"),
    Field::TIMEOUT_MS,
    // Off by default, because Logto's Console drops what is false when it saves.
    Field::new("acceptWithoutEcho", Text::new("Accept without echo", "不核对回传标识")).help(Text::new(
            "Leave off. An acceptance counts only if it brings back the message's correlation id. For an endpoint that \
             never does, every send is unknown; switched on, such answers are accepted.",
            "请保持关闭。仅当应答带回消息的关联标识时才视为已受理。若服务端从不回传该标识,每次发送的结果都将未知;开启后不再核对。",
        ))
    .form(FieldType::Switch)
    .schema(r#"{"type": "boolean"}"#)
    .default("false"),
];

pub(super) static TEMPLATE_FIELDS: [Field; 5] = [
    Field::new("usageType", Text::new("Usage", "用途")).help(Text::new(
            "Matched exactly, such as SignIn.",
            "须完全匹配,例如 SignIn。",
        ))
    .required()
    // An entry without a usage or a code is a finding and not a violation: the others work.
    .schema(r#"{"anyOf": [{"type": "string"}, {"enum": [null, {}, []]}]}"#)
    .aliases(&["usage", "type"]),
    Field::new("templateCode", Text::new("Template ID", "模板 ID")).help(Text::new(
            "ID of an approved template, or an object with one for mainland and one for international numbers.",
            "已审核通过的模板 ID,或分别给出 mainland(境内)与 international(国际/港澳台)模板 ID 的对象。",
        ))
    .required()
    .link(TEMPLATES)
    .aliases(&["templateid", "template", "code"])
    // A code that is not one yet, such as Logto's placeholder, is a finding and not a violation, because the config
    // around it works.
    .schema(
        r##"{"anyOf": [{"type": ["string", "integer"], "minimum": 0, "maximum": 18446744073709551615}, {"enum": [null, {}, []]}, {"type": "object",
            "properties": {"mainland": {"$ref": "#/$defs/codeOfRoute"}, "international": {"$ref": "#/$defs/codeOfRoute"}}}]}"##,
    ),
    Field::new("params", Text::new("Parameters", "模板变量")).help(Text::new(
            "The template's parameters in order, texts with {{placeholders}}; none for a template without parameters. [\"{{code}}\"] when absent.",
            "按顺序列出模板变量,可含 {{占位符}};无变量的模板填 none,缺省为 [\"{{code}}\"]。",
        ))
    .aliases(&["param", "parameters", "templateparamset", "templateparams"])
    .schema(
        r#"{"type": ["array", "string"], "pattern": "^\\s*none\\s*$", "maxItems": 20, "items":
            {"type": ["string", "integer"], "minLength": 1, "maxLength": 512, "minimum": 0, "maximum": 18446744073709551615}}"#,
    ),
    Field::new("locale", Text::new("Language", "语言")).help(Text::new(
            "Language of the template's text, such as en or zh-CN.",
            "模板内容的语言,例如 en 或 zh-CN。",
        )),
    Field::new("kind", Text::new("Kind", "类型")).help(Text::new(
            "notice for a template whose parameters are not 1 to 6 digits; verification when absent.",
            "变量不是 1 至 6 位数字的模板填 notice,缺省为 verification。",
        ))
    .schema(r#"{"type": "string", "pattern": "^\\s*(verification|notice)\\s*$"}"#),
];

/// The keys of a `templateCode` that differs by route.
pub(super) static ROUTE_FIELDS: [Field; 2] = [
    Field::new("mainland", Text::new("Mainland", "境内"))
        .help(INSTEAD)
        .aliases(&["china", "domestic", "cn", "mainlandchina"]),
    Field::new("international", Text::new("International", "国际/港澳台"))
        .help(INSTEAD)
        .aliases(&["overseas", "global", "intl", "abroad"]),
];

pub(super) static INTERNATIONAL_FIELDS: [Field; 8] = [
    SDK_APP_ID.help(INSTEAD),
    SIGN_NAME.help(INSTEAD),
    Field::new("senderId", Text::new("Sender ID", "SenderId"))
        .help(Text::new(
            "Only where one is registered with Tencent Cloud.",
            "仅在已向腾讯云注册时填写。",
        ))
        .schema(r#"{"type": "string", "pattern": "^\\s*[!-~]{1,15}\\s*$"}"#),
    REGION.help(INSTEAD),
    ENDPOINT.help(INSTEAD),
    ACCESS_KEY_ID.help(Text::new(
        "Of an account of its own; both keys or neither.",
        "使用另一账号时填写;两项密钥须同时填写。",
    )),
    ACCESS_KEY_SECRET.help(Text::new("Of the same account.", "同一账号的 SecretKey。")),
    SESSION_TOKEN,
];

/// The schema's rules about several fields: which are required, that each required usage has an entry with a code that
/// is one, and that there is a signature unless every code is for international numbers only.
pub const SCHEMA_RULES: &str = include_str!("schema_rules.json");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_and_default_is_json() {
        fn check(fields: &[Field]) {
            for field in fields {
                let schema: serde_json::Value = serde_json::from_str(field.schema).unwrap();
                assert!(schema.is_object(), "{}", field.key);
                if !field.default.is_empty() {
                    serde_json::from_str::<serde_json::Value>(field.default).unwrap();
                }
                check(field.fields);
            }
        }
        check(&FIELDS);
        serde_json::from_str::<serde_json::Value>(SCHEMA_RULES).unwrap();
    }

    #[test]
    fn default_templates_list_every_usage() {
        let entries: Vec<serde_json::Value> = serde_json::from_str(TEMPLATES_DEFAULT).unwrap();
        let usages: Vec<_> = entries
            .iter()
            .map(|entry| entry["usageType"].as_str().unwrap())
            .collect();
        assert_eq!(usages, USAGES);
    }
}
