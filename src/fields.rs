//! The one table of config fields. The guard shows it to people and programs; [`crate::config`] reads by it.
//!
//! The first six are Logto's, with its keys, labels, order and placeholders, so that a config and a habit carry
//! over. The others are this connector's own and optional.

use crate::language::Text;

/// How a form shows a field: Logto's form item types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormType {
    /// One line of text.
    Text,
    /// A number.
    Number,
    /// A JSON editor.
    Json,
}

impl FormType {
    /// The name in the form's JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Number => "Number",
            Self::Json => "Json",
        }
    }
}

/// One field of the config.
pub struct Field {
    /// The key in the config.
    pub key: &'static str,
    /// How a form shows it.
    pub form: FormType,
    /// Whether a config without it is refused.
    pub required: bool,
    /// Whether its value is to be stored encrypted and never shown.
    pub secret: bool,
    /// What a form calls it.
    pub label: Text,
    /// Where the operator finds the value.
    pub help: Text,
    /// An example that a form shows while the field is empty; empty for none.
    pub placeholder: &'static str,
    /// What the value must look like: the inside of a JSON Schema object.
    pub schema: &'static str,
}

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

/// The regions that the service documents for SMS, <https://cloud.tencent.com/document/api/382/52071>.
pub const REGIONS: [&str; 4] = ["ap-guangzhou", "ap-beijing", "ap-nanjing", "ap-singapore"];

/// Keys of one entry of `templates`.
pub const TEMPLATE_KEYS: [&str; 5] = ["usageType", "templateCode", "params", "locale", "kind"];

/// Keys of a `templateCode` that differs by route.
pub const ROUTE_KEYS: [&str; 2] = ["mainland", "international"];

/// What a template code looks like, in JSON Schema. A code that is not one yet, such as Logto's placeholder,
/// is a finding and not a violation, because the config around it works.
const TEMPLATES_SCHEMA: &str = r#""type":"array","items":{"type":"object","required":["usageType","templateCode"],"properties":{"usageType":{"type":"string"},"templateCode":{"anyOf":[{"type":["string","integer"]},{"type":"object","properties":{"mainland":{"type":["string","integer","null"]},"international":{"type":["string","integer","null"]}}}]},"params":{"type":["array","null"],"items":{"type":["string","integer"]},"maxItems":20},"locale":{"type":["string","null"]},"kind":{"enum":["verification","notice",null]}}}"#;

/// The table.
pub static FIELDS: [Field; 9] = [
    Field {
        key: "accessKeyId",
        form: FormType::Text,
        required: true,
        secret: false,
        label: Text {
            en: "Access Key ID",
            zh: "访问密钥 ID(SecretId)",
        },
        help: Text {
            en: "SecretId of an API key, from Access Management > Access Keys. It begins with AKID.",
            zh: "API 密钥的 SecretId,见「访问管理 > 访问密钥」,以 AKID 开头。",
        },
        placeholder: "<access-key-id>",
        schema: r#""type":"string","pattern":"\\S""#,
    },
    Field {
        key: "accessKeySecret",
        form: FormType::Text,
        required: true,
        secret: true,
        label: Text {
            en: "Access Key Secret",
            zh: "访问密钥(SecretKey)",
        },
        help: Text {
            en: "SecretKey of the same API key.",
            zh: "同一 API 密钥的 SecretKey。",
        },
        placeholder: "<access-key-secret>",
        schema: r#""type":"string","pattern":"\\S","writeOnly":true"#,
    },
    Field {
        key: "signName",
        form: FormType::Text,
        required: true,
        secret: false,
        label: Text {
            en: "Sign Name",
            zh: "短信签名",
        },
        help: Text {
            en: "Text of an approved signature, without brackets; not its ID.",
            zh: "已审核通过的签名内容,不带括号;不是签名 ID。",
        },
        placeholder: "<sign-name>",
        schema: r#""type":"string","pattern":"\\S""#,
    },
    Field {
        key: "sdkAppId",
        form: FormType::Text,
        required: true,
        secret: false,
        label: Text {
            en: "SDK App ID",
            zh: "SDK AppID",
        },
        help: Text {
            en: "Number of the SMS application, such as 1400006666.",
            zh: "短信应用的 SDK AppID,例如 1400006666。",
        },
        placeholder: "<sdk-app-id>",
        schema: r#""type":["string","integer"],"pattern":"^\\s*[0-9]+\\s*$","minimum":0"#,
    },
    Field {
        key: "region",
        form: FormType::Text,
        required: true,
        secret: false,
        label: Text {
            en: "Region",
            zh: "地域",
        },
        help: Text {
            en: "ap-guangzhou, ap-beijing or ap-nanjing; ap-singapore for accounts of the international site.",
            zh: "ap-guangzhou、ap-beijing 或 ap-nanjing;国际站账号用 ap-singapore。",
        },
        placeholder: "<region>",
        schema: r#""type":"string","pattern":"^\\s*[A-Za-z0-9-]+\\s*$""#,
    },
    Field {
        key: "templates",
        form: FormType::Json,
        required: true,
        secret: false,
        label: Text {
            en: "Templates",
            zh: "模板",
        },
        help: Text {
            en: "One entry for each usage. templateCode is a template's ID, or an object with one for mainland and \
                 one for international numbers. params lists the template's parameters in order; [\"{{code}}\"] \
                 when absent.",
            zh: "每种用途一项。templateCode 为模板 ID,或分别给出 mainland(境内)与 international(国际/港澳台)模板 ID 的对象。params 按顺序列出模板变量,缺省为 [\"{{code}}\"]。",
        },
        placeholder: "",
        schema: TEMPLATES_SCHEMA,
    },
    Field {
        key: "sessionToken",
        form: FormType::Text,
        required: false,
        secret: true,
        label: Text {
            en: "Session token",
            zh: "临时密钥 Token",
        },
        help: Text {
            en: "Only with temporary credentials from STS.",
            zh: "仅在使用 STS 临时密钥时填写。",
        },
        placeholder: "",
        schema: r#""type":["string","null"],"writeOnly":true"#,
    },
    Field {
        key: "endpoint",
        form: FormType::Text,
        required: false,
        secret: false,
        label: Text {
            en: "Endpoint",
            zh: "接入域名",
        },
        help: Text {
            en: "Leave empty for sms.tencentcloudapi.com. sms.intl.tencentcloudapi.com for the international site, \
                 a regional or financial host of Tencent's, or a simulator on loopback.",
            zh: "默认为 sms.tencentcloudapi.com;国际站用 sms.intl.tencentcloudapi.com,也可填腾讯云的地域或金融区域名,或本机模拟器地址。",
        },
        placeholder: "sms.tencentcloudapi.com",
        schema: r#""type":["string","null"]"#,
    },
    Field {
        key: "timeoutMs",
        form: FormType::Number,
        required: false,
        secret: false,
        label: Text {
            en: "Timeout (ms)",
            zh: "超时(毫秒)",
        },
        help: Text {
            en: "The longest that one send may take, 1 to 8000. 8000 when empty.",
            zh: "一次发送的最长时间,1 至 8000,默认 8000。",
        },
        placeholder: "8000",
        schema: r#""type":["integer","null"],"minimum":1"#,
    },
];
