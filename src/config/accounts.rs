//! The fields that make an account, at the top level and in the `international` block.

use connector_kit::config::{BLANK, Form, Object, PLACEHOLDER, Place, REQUIRED, Reader, Rule};
use connector_kit::json::Json;
use connector_kit::redact::Secret;
use connector_kit::text::Text;

use super::fields::{INTERNATIONAL_FIELDS, REGIONS};
use super::{Account, Endpoint, Route, Template, is_digits, is_visible};

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
/// Tokens of STS reach about 1,000 characters, and a request's headers have 32 KiB in Wasmtime.
const TOKEN: Form = Form {
    valid: |text| is_visible(text, 8_192),
    expected: VISIBLE,
};
/// The console allows 12 characters.
const SIGN_NAME: Form = Form {
    valid: |text| text.len() <= 256,
    expected: Text::new(
        "the text of a signature, such as the console shows it",
        "控制台所示的签名内容",
    ),
};
/// Carriers show up to 11 letters or 15 digits.
const SENDER_ID: Form = Form {
    valid: |text| is_visible(text, 15),
    expected: Text::new(
        "a registered sender of at most 15 letters and digits",
        "已注册的 SenderId,至多 15 个字母或数字",
    ),
};
const APP_ID: Form = Form {
    valid: |text| is_digits(text, 32),
    expected: Text::new(
        "digits only, as the console shows them",
        "控制台所示的纯数字",
    ),
};
/// A mainland sender's number has at most 20 digits, 12 of which an extension could take.
const EXTEND_CODE: Form = Form {
    valid: |text| is_digits(text, 12),
    expected: Text::new("at most 12 digits", "至多 12 位数字"),
};
const REGION: Form = Form {
    valid: |text| {
        text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    },
    expected: Text::new("a region such as ap-guangzhou", "地域,例如 ap-guangzhou"),
};
const ADDRESS: Form = Form {
    valid: |text| Endpoint::parse(text).is_ok(),
    expected: Text::new(
        "a Tencent Cloud SMS host such as sms.tencentcloudapi.com, over https, or a loopback address",
        "腾讯云短信的 https 域名(例如 sms.tencentcloudapi.com)或本机回环地址",
    ),
};

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

/// The account of the top level. The signature is read, and required by [`require_signature`].
pub(super) fn mainland<'a>(reader: &mut Reader, config: &Object<'a, '_>) -> Option<Account<'a>> {
    let field = |key: &'static str| (config.at(key), config.get(key));
    let secret_id = secret(reader, field("accessKeyId"), &SECRET_ID);
    let secret_key = secret(reader, field("accessKeySecret"), &SECRET_KEY);
    warn_if_swapped(reader, config.at("accessKeySecret"), secret_id, secret_key);
    let sign_name = match unsigned(config) {
        None => sign_name(reader, field("signName")),
        Some(_) => None,
    };
    let (place, value) = field("sdkAppId");
    let sdk_app_id = reader.digits(place, value, &APP_ID);
    let region = region(reader, field("region"));
    let (place, value) = field("extendCode");
    let extend_code = reader.named(place, value);
    let extend_code = extend_code.and_then(|code| reader.digits(place, Some(code), &EXTEND_CODE));
    let (place, value) = field("sessionToken");
    let session_token = reader.optional_text(place, value, &TOKEN).map(Secret::new);
    Some(Account {
        endpoint: endpoint(reader, field("endpoint")).unwrap_or_default(),
        secret_id: secret_id?,
        secret_key: secret_key?,
        session_token,
        sdk_app_id: sdk_app_id?,
        sign_name,
        sender_id: None,
        extend_code,
        region: region?,
    })
}

/// What the `international` block names in place of the top level's. A blank value names nothing.
pub(super) fn international<'a>(
    reader: &mut Reader,
    config: &Object<'a, '_>,
    top: Option<&Account<'a>>,
) -> Option<Account<'a>> {
    let value = reader.named(config.at("international"), config.get("international"))?;
    let place = config.at("international");
    let block = reader.object(place, value, &INTERNATIONAL_FIELDS)?;
    // Each value, unless it names nothing.
    let mut named =
        |key: &'static str| (block.at(key), reader.named(block.at(key), block.get(key)));
    let (app_id, sign, sender) = (named("sdkAppId"), named("signName"), named("senderId"));
    let (area, address) = (named("region"), named("endpoint"));
    let (id, key, token) = (
        named("accessKeyId"),
        named("accessKeySecret"),
        named("sessionToken"),
    );
    let app_id = app_id
        .1
        .map(|value| reader.digits(app_id.0, Some(value), &APP_ID));
    let sign = sign.1.map(|value| sign_name(reader, (sign.0, Some(value))));
    let sender_id = reader.optional_text(sender.0, sender.1, &SENDER_ID);
    let area = area.1.map(|value| region(reader, (area.0, Some(value))));
    let endpoint = endpoint(reader, address);
    // Credentials come together or not at all: half of one key and half of another sign nothing.
    let has_own = id.1.is_some() || key.1.is_some() || token.1.is_some();
    let credentials = has_own.then(|| {
        let secret_id = secret(reader, id, &SECRET_ID);
        let secret_key = secret(reader, key, &SECRET_KEY);
        warn_if_swapped(reader, key.0, secret_id, secret_key);
        let token = reader.optional_text(token.0, token.1, &TOKEN);
        (secret_id, secret_key, token.map(Secret::new))
    });
    let top = top?;
    let (secret_id, secret_key, session_token) = match credentials {
        Some((secret_id, secret_key, token)) => (secret_id?, secret_key?, token),
        None => (top.secret_id, top.secret_key, top.session_token),
    };
    Some(Account {
        secret_id,
        secret_key,
        session_token,
        sdk_app_id: app_id.unwrap_or_else(|| Some(top.sdk_app_id.clone()))?,
        sign_name: sign.flatten().or(top.sign_name),
        sender_id,
        extend_code: None,
        region: area.unwrap_or(Some(top.region))?,
        endpoint: endpoint.unwrap_or_else(|| top.endpoint.clone()),
    })
}

/// A place and the value that stands there.
type Located<'a, 'p> = (Place<'p>, Option<&'a Json<'a>>);

fn secret<'a>(reader: &mut Reader, at: Located<'a, '_>, form: &Form) -> Option<Secret<'a>> {
    let secret = reader.required_text(at.0, at.1, form)?;
    if is_sample(secret) {
        reader.warning(at.0, SAMPLE);
    }
    Some(Secret::new(secret))
}

/// Whether a text is what guides and deployment tools write in place of a key.
fn is_sample(secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    lower.starts_with("your")
        || lower.contains("xxxx")
        || lower.contains("***")
        || lower.contains("${")
        || lower.contains("{{")
        || (lower.starts_with('%') && lower.ends_with('%'))
}

/// Every `SecretId` begins with `AKID`, and no known `SecretKey` does.
fn warn_if_swapped(
    reader: &mut Reader,
    place: Place<'_>,
    secret_id: Option<Secret<'_>>,
    secret_key: Option<Secret<'_>>,
) {
    if let (Some(id), Some(key)) = (secret_id, secret_key)
        && key.reveal().starts_with("AKID")
        && !id.reveal().starts_with("AKID")
    {
        reader.warning(place, SWAPPED);
    }
}

/// The text of a signature. Operators paste its ID instead, which the service refuses.
fn sign_name<'a>(reader: &mut Reader, at: Located<'a, '_>) -> Option<&'a str> {
    let name = reader.required_text(at.0, at.1, &SIGN_NAME)?;
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        reader.warning(at.0, SIGNATURE_ID);
    }
    let is_bracket = |character| matches!(character, '【' | '】' | '[' | ']');
    if name.starts_with(is_bracket) || name.ends_with(is_bracket) {
        reader.warning(at.0, BRACKETS);
    }
    if name.chars().any(is_invisible) {
        reader.warning(at.0, INVISIBLE);
    }
    Some(name)
}

/// Control characters, and those of Unicode's format class that pasting leaves.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn region<'a>(reader: &mut Reader, at: Located<'a, '_>) -> Option<&'a str> {
    let region = reader.required_text(at.0, at.1, &REGION)?;
    if !REGIONS.contains(&region) {
        reader.warning(at.0, UNLISTED_REGION);
    }
    Some(region)
}

/// `None` where nothing usable is named.
fn endpoint(reader: &mut Reader, at: Located<'_, '_>) -> Option<Endpoint> {
    let text = reader.optional_text(at.0, at.1, &ADDRESS)?;
    Endpoint::parse(text).ok()
}

/// Why the config has no signature, if it has none.
fn unsigned(config: &Object<'_, '_>) -> Option<Rule> {
    match config.get("signName") {
        None | Some(Json::Null) => Some(REQUIRED),
        Some(value) if value.is_blank() => Some(BLANK),
        Some(value) if value.is_placeholder() => Some(PLACEHOLDER),
        Some(_) => None,
    }
}

/// Requires a signature unless every template is for numbers outside of the mainland, where the service needs none.
pub(super) fn require_signature(
    reader: &mut Reader,
    config: &Object<'_, '_>,
    templates: Option<&[Template<'_>]>,
) {
    let is_abroad_only = |template: &Template<'_>| {
        template.code(Route::Mainland).is_none() && template.code(Route::International).is_some()
    };
    let is_needed = !templates.is_some_and(|templates| templates.iter().all(is_abroad_only));
    match unsigned(config) {
        Some(rule) if is_needed => {
            reader.reject::<()>(config.at("signName"), rule);
        }
        Some(rule) if rule == PLACEHOLDER => reader.warning(config.at("signName"), rule),
        _ => {}
    }
}
