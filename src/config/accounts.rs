//! The fields that make an account, at the top level and in the `international` block.

use connector_kit::config::{Form, Object, Rule};
use connector_kit::http::Url;
use connector_kit::redact::Secret;
use connector_kit::text::{Text, is_invisible};

use super::endpoint;
use super::fields::REGIONS;
use super::types::{Account, Credentials, Route, Template, is_digits, is_visible};

const VISIBLE: Text = Text::new(
    "visible ASCII characters without spaces, as the console shows them",
    "控制台所示的可见 ASCII 字符,不含空格",
);

/// `SecretId`: visible, and free of the two characters that separate it in the `Authorization` header.
const SECRET_ID: Form = Form {
    valid: |text| is_visible(text, 256) && !text.contains(['/', ',']),
    expected: VISIBLE,
};
/// `SecretKey`. The service's ids and keys have 36 and 32 characters.
const SECRET_KEY: Form = Form {
    valid: |text| is_visible(text, 256),
    expected: VISIBLE,
};
/// Tokens of STS reach about 1,000 characters. The host of this repository sends headers of up to 11 KiB.
const TOKEN: Form = Form {
    valid: |text| is_visible(text, 8_192),
    expected: VISIBLE,
};
/// The console allows 12 characters.
const SIGN_NAME: Form = Form::new(
    |text| text.len() <= 256,
    "the text of a signature, such as the console shows it",
    "控制台所示的签名内容",
);
/// Carriers show up to 11 letters or 15 digits.
const SENDER_ID: Form = Form::new(
    |text| is_visible(text, 15),
    "a registered sender of at most 15 letters and digits",
    "已注册的 SenderId,至多 15 个字母或数字",
);
const APP_ID: Form = Form::new(
    |text| is_digits(text, 32),
    "digits only, as the console shows them",
    "控制台所示的纯数字",
);
/// A mainland sender's number has at most 20 digits, 12 of which an extension could take.
const EXTEND_CODE: Form = Form::new(
    |text| is_digits(text, 12),
    "at most 12 digits",
    "至多 12 位数字",
);
const REGION: Form = Form::new(
    |text| {
        text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    },
    "a region such as ap-guangzhou",
    "地域,例如 ap-guangzhou",
);
const ADDRESS: Form = Form::new(
    |text| endpoint::parse(text).is_some(),
    "a Tencent Cloud SMS host such as sms.tencentcloudapi.com, over https, or a loopback address",
    "腾讯云短信的 https 域名(例如 sms.tencentcloudapi.com)或本机回环地址",
);

const UNLISTED_REGION: Rule = Rule::new(
    "unlisted-region",
    "The service documents ap-guangzhou, ap-beijing, ap-nanjing and ap-singapore only. It refuses other regions with \
     UnsupportedRegion.",
    "短信服务文档只列出 ap-guangzhou、ap-beijing、ap-nanjing 和 ap-singapore,其他地域会返回 UnsupportedRegion。",
);
const SIGNATURE_ID: Rule = Rule::new(
    "signature-id",
    "This looks like the signature's ID. Write its text, as the console shows it.",
    "这像是签名 ID,请填写控制台所示的签名内容。",
);

const BRACKETS: Rule = Rule::new(
    "brackets",
    "The service adds the brackets around a signature. Write the text without them.",
    "签名两侧的括号由服务自动添加,请填写不带括号的签名内容。",
);
const INVISIBLE: Rule = Rule::new(
    "invisible-character",
    "This text has invisible or control characters, as pasting can leave. The service compares it character by \
     character; type it again.",
    "此文本含有不可见字符或控制字符(可能因粘贴产生);服务会逐字符比对,请重新输入。",
);
const SAMPLE: Rule = Rule::new(
    "sample-value",
    "This looks like a sample, a masked key or a variable that was not filled in. Copy the real value from the console.",
    "这像是示例、打码后的密钥或未替换的变量,请从控制台复制真实的值。",
);
const SWAPPED: Rule = Rule::new(
    "swapped-keys",
    "This begins like a SecretId, and accessKeyId does not: the two seem to be swapped.",
    "此值以 AKID 开头,而 accessKeyId 不是,两者可能填反了。",
);

/// True unless every template is for numbers outside of the mainland alone, for which the service needs no signature.
pub(super) fn need_signature(templates: &[Template<'_>]) -> bool {
    let is_abroad_only = |template: &Template<'_>| {
        template.code(Route::Mainland).is_none() && template.code(Route::International).is_some()
    };
    !templates.iter().all(is_abroad_only)
}

/// Reads the account of the top level.
pub(super) fn mainland<'a>(config: &Object<'a, '_>, needs_signature: bool) -> Option<Account<'a>> {
    let credentials = credentials(config);
    let sign_name = sign_name(config, needs_signature);
    let sdk_app_id = config.digits("sdkAppId", &APP_ID);
    let region = region(config);
    let extend_code = config.filled("extendCode");
    let extend_code = extend_code.and_then(|_| config.digits("extendCode", &EXTEND_CODE));
    let endpoint = endpoint(config).or_else(|| endpoint::parse(endpoint::DEFAULT_HOST));
    Some(Account {
        credentials: credentials?,
        sdk_app_id: sdk_app_id?,
        sign_name,
        sender_id: None,
        extend_code,
        region: region?,
        endpoint: endpoint?,
    })
}

/// Reads the `international` block. Values that it does not have are those of the top level, also in place of a wrong
/// one, which is an error.
pub(super) fn international<'a>(
    config: &Object<'a, '_>,
    top: Option<&Account<'a>>,
) -> Option<Account<'a>> {
    config.block("international", |block| {
        let block = block.named();
        let has = |key| block.get(key).is_some();
        let app_id = has("sdkAppId").then(|| block.digits("sdkAppId", &APP_ID));
        let sign_name = sign_name(&block, false);
        let sender_id = block.optional_text("senderId", &SENDER_ID);
        let region = has("region").then(|| region(&block));
        let endpoint = endpoint(&block);
        // Credentials come together or not at all: half of one key and half of another sign nothing.
        let has_own = has("accessKeyId") || has("accessKeySecret") || has("sessionToken");
        let own = has_own.then(|| credentials(&block));
        let top = top?;
        Some(Account {
            credentials: own.flatten().unwrap_or(top.credentials),
            sdk_app_id: app_id.flatten().unwrap_or_else(|| top.sdk_app_id.clone()),
            sign_name: sign_name.or(top.sign_name),
            sender_id,
            extend_code: None,
            region: region.flatten().unwrap_or(top.region),
            endpoint: endpoint.unwrap_or_else(|| top.endpoint.clone()),
        })
    })
}

fn credentials<'a>(object: &Object<'a, '_>) -> Option<Credentials<'a>> {
    let secret = |key, form| {
        let secret = object.required_text(key, form)?;
        if is_sample(secret) {
            object.warning(key, SAMPLE);
        }
        Some(secret)
    };
    let id = secret("accessKeyId", &SECRET_ID);
    let key = secret("accessKeySecret", &SECRET_KEY);
    // Every `SecretId` begins with `AKID`, and no known `SecretKey` does.
    if let (Some(id), Some(key)) = (id, key)
        && key.starts_with("AKID")
        && !id.starts_with("AKID")
    {
        object.warning("accessKeySecret", SWAPPED);
    }
    let token = object.optional_text("sessionToken", &TOKEN);
    Some(Credentials {
        secret_id: Secret::new(id?),
        secret_key: Secret::new(key?),
        session_token: token.map(Secret::new),
    })
}

/// True if guides or deployment tools write the text in place of a key.
fn is_sample(secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    let has_mark = |mark: &&str| lower.contains(*mark);
    lower.starts_with("your")
        || ["xxxx", "***", "${", "{{"].iter().any(has_mark)
        || (lower.starts_with('%') && lower.ends_with('%'))
}

/// The text of a signature. Operators paste its ID instead, which the service refuses.
fn sign_name<'a>(object: &Object<'a, '_>, is_required: bool) -> Option<&'a str> {
    let name = if is_required {
        object.required_text("signName", &SIGN_NAME)?
    } else {
        object.optional_text("signName", &SIGN_NAME)?
    };
    let is_bracket = |character| matches!(character, '【' | '】' | '[' | ']');
    if is_digits(name, usize::MAX) {
        object.warning("signName", SIGNATURE_ID);
    }
    if name.starts_with(is_bracket) || name.ends_with(is_bracket) {
        object.warning("signName", BRACKETS);
    }
    if name.chars().any(|c| c.is_control() || is_invisible(c)) {
        object.warning("signName", INVISIBLE);
    }
    Some(name)
}

fn region<'a>(object: &Object<'a, '_>) -> Option<&'a str> {
    let region = object.required_text("region", &REGION)?;
    if !REGIONS.contains(&region) {
        object.warning("region", UNLISTED_REGION);
    }
    Some(region)
}

/// The endpoint, unless the object names none that can be used.
fn endpoint(object: &Object<'_, '_>) -> Option<Url> {
    endpoint::parse(object.optional_text("endpoint", &ADDRESS)?)
}
