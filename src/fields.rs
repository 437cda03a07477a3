//! The one table of config fields. The guard shows it to people and programs; [`crate::config`] reads by it.
//!
//! The first six are Logto's, with its keys, labels, order and placeholders, so that a config and a habit carry
//! over. The others are this connector's own and optional.

use crate::language::{Text, text};
use crate::packed::{Packed, packed};
use crate::text::split_once;

/// How a form shows a field: Logto's form item types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormType {
    /// One line of text.
    Text,
    /// A number.
    Number,
    /// One of a list.
    Select,
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
            Self::Select => "Select",
            Self::Json => "Json",
        }
    }
}

/// One field of the config, of an entry of its list, or of a block in it.
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
    pub label: &'static Text,
    /// Where the operator finds the value.
    pub help: &'static Text,
    /// A page that shows it; empty for none.
    pub link: &'static str,
    /// An example that a form shows while the field is empty; empty for none.
    pub placeholder: &'static str,
    /// What the value must look like: the inside of a JSON Schema object. Where there are [`Self::fields`], what
    /// stands before them.
    pub schema: Packed,
    /// The fields of the object, or of each object in the array, that the value is.
    pub fields: &'static [Field],
}

impl Field {
    /// What most fields are: an optional, public line of text without an example.
    const TEXT: Self = Self {
        key: "",
        form: FormType::Text,
        required: false,
        secret: false,
        label: text! { en: "", zh: "" },
        help: text! { en: "", zh: "" },
        link: "",
        placeholder: "",
        schema: packed!(""),
        fields: &[],
    };
}

/// The field that a JSON Pointer leads to or into.
#[must_use]
pub fn field_at(pointer: &str) -> Option<&'static Field> {
    let mut fields: &'static [Field] = &FIELDS;
    let mut found = None;
    let mut rest = pointer;
    while let Some((_, below)) = split_once(rest, "/") {
        let key = split_once(below, "/").map_or(below, |(key, _)| key);
        rest = below;
        // Indices lead to an entry of the same list.
        if let Some(field) = fields.iter().find(|field| field.key == key) {
            found = Some(field);
            fields = field.fields;
        }
    }
    found
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

/// The variables that auth hosts are known to pass: the contract's `code`, Logto's others, and a code's lifetime.
pub const VARIABLES: [&str; 5] = ["code", "ttlMinutes", "link", "locale", "uiLocales"];

/// The keys of [`FIELDS`], in order.
pub const KEYS: [&str; 14] = [
    "accessKeyId",
    "accessKeySecret",
    "signName",
    "sdkAppId",
    "region",
    "templates",
    "international",
    "allowedCountries",
    "deniedCountries",
    "language",
    "extendCode",
    "sessionToken",
    "endpoint",
    "timeoutMs",
];

/// How many of [`KEYS`], the first, are those of required fields.
pub const REQUIRED_KEYS: usize = 6;

/// The keys of the `international` block, in order.
pub const INTERNATIONAL_KEYS: [&str; 8] = [
    "sdkAppId",
    "signName",
    "senderId",
    "region",
    "endpoint",
    "accessKeyId",
    "accessKeySecret",
    "sessionToken",
];

/// Keys of one entry of `templates`, in order.
pub const TEMPLATE_KEYS: [&str; 5] = ["usageType", "templateCode", "params", "locale", "kind"];

/// How many of [`TEMPLATE_KEYS`], the first, are those of required fields.
pub const REQUIRED_TEMPLATE_KEYS: usize = 2;

/// Keys of a `templateCode` that differs by route.
pub const ROUTE_KEYS: [&str; 2] = ["mainland", "international"];

const CREDENTIALS: &str = "https://console.cloud.tencent.com/cam/capi";
const SIGNATURES: &str = "https://console.cloud.tencent.com/smsv2/csms-sign";
const TEMPLATES: &str = "https://console.cloud.tencent.com/smsv2/csms-template";
const APPLICATIONS: &str = "https://console.cloud.tencent.com/smsv2/app-manage";
const API: &str = "https://cloud.tencent.com/document/api/382/52071";

/// Visible ASCII without the two characters that separate it in the `Authorization` header, and not an example in
/// angle brackets.
const SECRET_ID: Packed =
    packed!(r#""type":"string","pattern":"^\\s*(?!<.*>\\s*$)[!-+\\-.0-~]{1,256}\\s*$""#);
const TOKEN: Packed = packed!(
    r#""type":["string","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^\\s*[!-~]*\\s*$","writeOnly":true"#
);
/// An optional value may also be blank, whatever its type: forms post `""`, `null`, `[]` and `{}`.
const OPTIONAL: Packed =
    packed!(r#""type":["string","null","array","object"],"maxItems":0,"maxProperties":0"#);

const ID_LABEL: &Text = text! {
    en: "Access Key ID",
    zh: "访问密钥 ID(SecretId)",
};
const SECRET_LABEL: &Text = text! {
    en: "Access Key Secret",
    zh: "访问密钥(SecretKey)",
};
const TOKEN_LABEL: &Text = text! {
    en: "Session token",
    zh: "临时密钥 Token",
};
const SIGN_LABEL: &Text = text! {
    en: "Sign Name",
    zh: "短信签名",
};
const APP_LABEL: &Text = text! {
    en: "SDK App ID",
    zh: "SDK AppID",
};
const REGION_LABEL: &Text = text! {
    en: "Region",
    zh: "地域",
};
const ENDPOINT_LABEL: &Text = text! {
    en: "Endpoint",
    zh: "接入域名",
};
/// Help of a field that replaces one of the top level.
const INSTEAD: &Text = text! {
    en: "Instead of the top level's.",
    zh: "替代顶层的同名字段。",
};

/// The table.
pub static FIELDS: [Field; 14] = [
    Field {
        key: "accessKeyId",
        required: true,
        label: ID_LABEL,
        help: text! {
            en: "SecretId of an API key, from Access Management > Access Keys. It begins with AKID.",
            zh: "API 密钥的 SecretId,见「访问管理 > 访问密钥」,以 AKID 开头。",
        },
        link: CREDENTIALS,
        placeholder: "<access-key-id>",
        schema: SECRET_ID,
        ..Field::TEXT
    },
    Field {
        key: "accessKeySecret",
        required: true,
        secret: true,
        label: SECRET_LABEL,
        help: text! {
            en: "SecretKey of the same API key.",
            zh: "同一 API 密钥的 SecretKey。",
        },
        link: CREDENTIALS,
        placeholder: "<access-key-secret>",
        schema: packed!(
            r#""type":"string","pattern":"^\\s*(?!<.*>\\s*$)[!-~]{1,256}\\s*$","writeOnly":true"#
        ),
        ..Field::TEXT
    },
    Field {
        key: "signName",
        required: true,
        label: SIGN_LABEL,
        help: text! {
            en: "Text of an approved signature, without brackets; not its ID. International numbers need none.",
            zh: "已审核通过的签名内容,不带括号;不是签名 ID。国际/港澳台短信可不填。",
        },
        link: SIGNATURES,
        placeholder: "<sign-name>",
        schema: OPTIONAL,
        ..Field::TEXT
    },
    Field {
        key: "sdkAppId",
        required: true,
        label: APP_LABEL,
        help: text! {
            en: "Number of the SMS application, such as 1400006666.",
            zh: "短信应用的 SDK AppID,例如 1400006666。",
        },
        link: APPLICATIONS,
        placeholder: "<sdk-app-id>",
        schema: packed!(
            r#""type":["string","integer"],"pattern":"^\\s*[0-9]{1,32}\\s*$","minimum":0"#
        ),
        ..Field::TEXT
    },
    Field {
        key: "region",
        required: true,
        label: REGION_LABEL,
        help: text! {
            en: "ap-guangzhou, ap-beijing or ap-nanjing; ap-singapore for accounts of the international site.",
            zh: "ap-guangzhou、ap-beijing 或 ap-nanjing;国际站账号用 ap-singapore。",
        },
        link: API,
        placeholder: "<region>",
        schema: packed!(r#""type":"string","pattern":"^\\s*[A-Za-z0-9-]{1,64}\\s*$""#),
        ..Field::TEXT
    },
    Field {
        key: "templates",
        form: FormType::Json,
        required: true,
        label: text! {
            en: "Templates",
            zh: "模板",
        },
        help: text! {
            en: "One entry for each usage: SignIn, Register, ForgotPassword and Generic at least.",
            zh: "每种用途一项,至少包括 SignIn、Register、ForgotPassword 和 Generic。",
        },
        link: TEMPLATES,
        schema: packed!(
            r#""type":"array","items":{"type":"object","required":["usageType","templateCode"]"#
        ),
        fields: &TEMPLATE_FIELDS,
        ..Field::TEXT
    },
    Field {
        key: "international",
        form: FormType::Json,
        label: text! {
            en: "International",
            zh: "国际/港澳台",
        },
        help: text! {
            en: "What differs for numbers outside of mainland China: application, signature, sender, region, \
                 endpoint, credentials.",
            zh: "发往国际/港澳台号码时不同的设置:应用、签名、SenderId、地域、域名、密钥。",
        },
        schema: packed!(
            r#""type":["object","null","string","array"],"pattern":"^\\s*$","maxItems":0"#
        ),
        fields: &INTERNATIONAL_FIELDS,
        ..Field::TEXT
    },
    Field {
        key: "allowedCountries",
        form: FormType::Json,
        label: text! {
            en: "Allowed countries",
            zh: "允许的国家(地区)",
        },
        help: text! {
            en: "Calling codes that alone are sent to, such as [\"86\", \"852\"]. All when empty.",
            zh: "只向这些国家(地区)码发送,例如 [\"86\", \"852\"];留空则不限。",
        },
        schema: COUNTRIES,
        ..Field::TEXT
    },
    Field {
        key: "deniedCountries",
        form: FormType::Json,
        label: text! {
            en: "Denied countries",
            zh: "禁止的国家(地区)",
        },
        help: text! {
            en: "Calling codes that are never sent to, or beginnings of numbers such as \"1876\".",
            zh: "不向这些国家(地区)码发送,也可填号码开头,例如 \"1876\"。",
        },
        schema: COUNTRIES,
        ..Field::TEXT
    },
    Field {
        key: "language",
        form: FormType::Select,
        label: text! {
            en: "Language of provider messages",
            zh: "腾讯云提示语言",
        },
        help: text! {
            en: "en-US or zh-CN. en-US when empty.",
            zh: "en-US 或 zh-CN,默认 en-US。",
        },
        schema: packed!(
            r#""type":["string","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^\\s*(en-US|zh-CN|<.*>)?\\s*$""#
        ),
        ..Field::TEXT
    },
    Field {
        key: "extendCode",
        label: text! {
            en: "Extend code",
            zh: "短信码号扩展号",
        },
        help: text! {
            en: "Only where Tencent Cloud activated it, for mainland numbers.",
            zh: "仅在腾讯云已开通时填写,用于境内号码。",
        },
        schema: packed!(
            r#""type":["string","integer","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^\\s*([0-9]{0,12}|<.*>)\\s*$","minimum":0,"maximum":999999999999"#
        ),
        ..Field::TEXT
    },
    Field {
        key: "sessionToken",
        secret: true,
        label: TOKEN_LABEL,
        help: text! {
            en: "Only with temporary credentials from STS.",
            zh: "仅在使用 STS 临时密钥时填写。",
        },
        schema: TOKEN,
        ..Field::TEXT
    },
    Field {
        key: "endpoint",
        label: ENDPOINT_LABEL,
        help: text! {
            en: "Leave empty for sms.tencentcloudapi.com. sms.intl.tencentcloudapi.com for the international site, \
                 a regional or financial host of Tencent's, or a simulator on loopback.",
            zh: "默认为 sms.tencentcloudapi.com;国际站用 sms.intl.tencentcloudapi.com,也可填腾讯云的地域或金融区域名,或本机模拟器地址。",
        },
        placeholder: "sms.tencentcloudapi.com",
        schema: OPTIONAL,
        ..Field::TEXT
    },
    Field {
        key: "timeoutMs",
        form: FormType::Number,
        label: text! {
            en: "Timeout (ms)",
            zh: "超时(毫秒)",
        },
        help: text! {
            en: "The longest that one send may take, 1 to 8000. 8000 when empty.",
            zh: "一次发送的最长时间,1 至 8000,默认 8000。",
        },
        placeholder: "8000",
        schema: packed!(
            r#""type":["integer","null","string","array","object"],"pattern":"^\\s*$","maxItems":0,"maxProperties":0,"minimum":1"#
        ),
        ..Field::TEXT
    },
];

const COUNTRIES: Packed = packed!(
    r#""type":["array","null","string","object"],"pattern":"^\\s*$","maxProperties":0,"maxItems":300,"items":{"type":["string","integer"],"pattern":"^\\s*\\+?[1-9][0-9]{0,8}\\s*$","minimum":1,"maximum":999999999}"#
);

/// A code that is not one yet, such as Logto's placeholder, is a finding and not a violation, because the config
/// around it works.
const CODE: Packed = packed!(
    r#""anyOf":[{"type":["string","integer"],"minimum":0},{"type":"object","minProperties":1,"properties":{"mainland":{"type":["string","integer","null","array","object"],"minimum":0,"maxItems":0,"maxProperties":0},"international":{"type":["string","integer","null","array","object"],"minimum":0,"maxItems":0,"maxProperties":0}}}]"#
);

static TEMPLATE_FIELDS: [Field; 5] = [
    Field {
        key: "usageType",
        required: true,
        label: text! {
            en: "Usage",
            zh: "用途",
        },
        help: text! {
            en: "Matched exactly, such as SignIn.",
            zh: "须完全匹配,例如 SignIn。",
        },
        schema: packed!(r#""type":"string""#),
        ..Field::TEXT
    },
    Field {
        key: "templateCode",
        required: true,
        label: text! {
            en: "Template ID",
            zh: "模板 ID",
        },
        help: text! {
            en: "ID of an approved template, or an object with one for mainland and one for international numbers.",
            zh: "已审核通过的模板 ID,或分别给出 mainland(境内)与 international(国际/港澳台)模板 ID 的对象。",
        },
        link: TEMPLATES,
        schema: CODE,
        ..Field::TEXT
    },
    Field {
        key: "params",
        label: text! {
            en: "Parameters",
            zh: "模板变量",
        },
        help: text! {
            en: "The template's parameters in order, texts with {{placeholders}}. [\"{{code}}\"] when absent.",
            zh: "按顺序列出模板变量,可含 {{占位符}},缺省为 [\"{{code}}\"]。",
        },
        schema: packed!(
            r#""type":["array","null","string","object"],"pattern":"^\\s*$","maxProperties":0,"items":{"type":["string","integer"],"maxLength":512,"minimum":0},"maxItems":20"#
        ),
        ..Field::TEXT
    },
    Field {
        key: "locale",
        label: text! {
            en: "Language",
            zh: "语言",
        },
        help: text! {
            en: "Language of the template's text, such as en or zh-CN.",
            zh: "模板内容的语言,例如 en 或 zh-CN。",
        },
        schema: OPTIONAL,
        ..Field::TEXT
    },
    Field {
        key: "kind",
        label: text! {
            en: "Kind",
            zh: "类型",
        },
        help: text! {
            en: "notice for a template whose parameters are not 1 to 6 digits; verification when absent.",
            zh: "变量不是 1 至 6 位数字的模板填 notice,缺省为 verification。",
        },
        schema: packed!(
            r#""type":["string","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^(verification|notice|\\s*)$""#
        ),
        ..Field::TEXT
    },
];

static INTERNATIONAL_FIELDS: [Field; 8] = [
    Field {
        key: "sdkAppId",
        label: APP_LABEL,
        help: INSTEAD,
        link: APPLICATIONS,
        schema: packed!(
            r#""type":["string","integer","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^\\s*([0-9]{0,32}|<.*>)\\s*$","minimum":0"#
        ),
        ..Field::TEXT
    },
    Field {
        key: "signName",
        label: SIGN_LABEL,
        help: INSTEAD,
        link: SIGNATURES,
        schema: OPTIONAL,
        ..Field::TEXT
    },
    Field {
        key: "senderId",
        label: text! {
            en: "Sender ID",
            zh: "SenderId",
        },
        help: text! {
            en: "Only where one is registered with Tencent Cloud.",
            zh: "仅在已向腾讯云注册时填写。",
        },
        schema: packed!(
            r#""type":["string","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^\\s*([!-~]{0,15}|<.*>)\\s*$""#
        ),
        ..Field::TEXT
    },
    Field {
        key: "region",
        label: REGION_LABEL,
        help: INSTEAD,
        link: API,
        schema: packed!(
            r#""type":["string","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^\\s*([A-Za-z0-9-]{0,64}|<.*>)\\s*$""#
        ),
        ..Field::TEXT
    },
    Field {
        key: "endpoint",
        label: ENDPOINT_LABEL,
        help: INSTEAD,
        schema: OPTIONAL,
        ..Field::TEXT
    },
    Field {
        key: "accessKeyId",
        label: ID_LABEL,
        help: text! {
            en: "Of an account of its own; both keys or neither.",
            zh: "使用另一账号时填写;两项密钥须同时填写。",
        },
        link: CREDENTIALS,
        schema: packed!(
            r#""type":["string","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^\\s*(<.*>|[!-+\\-.0-~]{0,256})\\s*$""#
        ),
        ..Field::TEXT
    },
    Field {
        key: "accessKeySecret",
        secret: true,
        label: SECRET_LABEL,
        help: text! {
            en: "Of the same account.",
            zh: "同一账号的 SecretKey。",
        },
        link: CREDENTIALS,
        schema: packed!(
            r#""type":["string","null","array","object"],"maxItems":0,"maxProperties":0,"pattern":"^\\s*[!-~]{0,256}\\s*$","writeOnly":true"#
        ),
        ..Field::TEXT
    },
    Field {
        key: "sessionToken",
        secret: true,
        label: TOKEN_LABEL,
        help: text! {
            en: "Only with temporary credentials from STS.",
            zh: "仅在使用 STS 临时密钥时填写。",
        },
        schema: TOKEN,
        ..Field::TEXT
    },
];

/// What the schema says of the list as a whole: each required usage has an entry with a code that is one, and a
/// signature is there unless every code is for international numbers only.
pub const RULES: Packed = packed!(
    r##""$defs":{"id":{"anyOf":[{"type":"integer","minimum":0},{"type":"string","pattern":"^\\s*[0-9]{1,32}\\s*$"}]},"code":{"anyOf":[{"$ref":"#/$defs/id"},{"type":"object","anyOf":[{"required":["mainland"],"properties":{"mainland":{"$ref":"#/$defs/id"}}},{"required":["international"],"properties":{"international":{"$ref":"#/$defs/id"}}}]}]},"abroad":{"type":"object","required":["international"],"properties":{"international":{"$ref":"#/$defs/id"},"mainland":{"not":{"$ref":"#/$defs/id"}}}}},"if":{"properties":{"templates":{"items":{"properties":{"templateCode":{"$ref":"#/$defs/abroad"}}}}}},"else":{"required":["signName"],"properties":{"signName":{"type":"string","pattern":"^\\s*(?!<[\\s\\S]*>\\s*$)\\S"}}}"##
);

/// What a config must have an entry for: the rest of a `contains` in the schema, around each of
/// [`REQUIRED_USAGES`].
pub const USAGE_RULE: [&str; 2] = [
    r#"{"contains":{"required":["usageType","templateCode"],"properties":{"usageType":{"const":""#,
    r##""},"templateCode":{"$ref":"#/$defs/code"}}}}"##,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_that_are_read_are_the_tables() {
        let keys = |fields: &[Field]| fields.iter().map(|field| field.key).collect::<Vec<_>>();
        assert_eq!(keys(&FIELDS), KEYS);
        assert_eq!(keys(&INTERNATIONAL_FIELDS), INTERNATIONAL_KEYS);
        assert_eq!(keys(&TEMPLATE_FIELDS), TEMPLATE_KEYS);
    }

    #[test]
    fn required_fields_come_first() {
        let required = |fields: &[Field]| fields.iter().map(|f| f.required).collect::<Vec<_>>();
        for (fields, first) in [
            (&FIELDS[..], REQUIRED_KEYS),
            (&TEMPLATE_FIELDS[..], REQUIRED_TEMPLATE_KEYS),
            (&INTERNATIONAL_FIELDS[..], 0),
        ] {
            let expected: Vec<bool> = (0..fields.len()).map(|index| index < first).collect();
            assert_eq!(required(fields), expected);
        }
    }

    #[test]
    fn a_pointer_leads_to_its_field_or_to_the_one_around_it() {
        for (pointer, key) in [
            ("/region", Some("region")),
            ("/international/region", Some("region")),
            ("/international", Some("international")),
            ("/templates/3", Some("templates")),
            ("/templates/3/params/0", Some("params")),
            ("/templates/3/templateCode/mainland", Some("templateCode")),
            ("/unheard-of", None),
            ("", None),
        ] {
            assert_eq!(field_at(pointer).map(|field| field.key), key, "{pointer}");
        }
        assert_eq!(
            field_at("/international/region").map(|field| field.help),
            Some(INSTEAD)
        );
    }
}
