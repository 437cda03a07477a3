//! What a text of the config must look like, and the words for it.

use crate::endpoint::Endpoint;
use crate::findings::Expected;
use crate::language::text;
use crate::phone;

/// A rule for one text, after the white space around it is gone.
pub(super) struct Form {
    /// Whether the text follows it. Never asked about an empty text.
    pub valid: fn(&str) -> bool,
    /// What was expected, for the diagnostic.
    pub expected: Expected,
}

pub(super) const OBJECT: Expected = Expected(text! {
    en: "an object in braces",
    zh: "花括号中的对象",
});
pub(super) const ARRAY: Expected = Expected(text! {
    en: "an array in brackets",
    zh: "方括号中的数组",
});
pub(super) const TEXT: Expected = Expected(text! {
    en: "a text in quotes",
    zh: "引号中的文本",
});
pub(super) const MILLISECONDS: Expected = Expected(text! {
    en: "a whole number of milliseconds, at least 1",
    zh: "不小于 1 的整数毫秒数",
});
pub(super) const PARAMS: Expected = Expected(text! {
    en: "an array of at most 20 texts such as \"{{code}}\"",
    zh: "至多 20 个文本的数组,例如 \"{{code}}\"",
});
pub(super) const PARAM: Expected = Expected(text! {
    en: "a text of at most 512 bytes",
    zh: "不超过 512 字节的文本",
});
pub(super) const KIND: Expected = Expected(text! {
    en: "verification or notice",
    zh: "verification 或 notice",
});
pub(super) const COUNTRIES: Expected = Expected(text! {
    en: "an array of at most 300 calling codes such as \"86\"",
    zh: "至多 300 个国家(地区)码的数组,例如 \"86\"",
});

const VISIBLE: Expected = Expected(text! {
    en: "visible ASCII characters without spaces, as the console shows them",
    zh: "控制台所示的可见 ASCII 字符,不含空格",
});

/// `SecretId`: visible, and free of the two characters that separate it in the `Authorization` header.
pub(super) const SECRET_ID: Form = Form {
    valid: |text| is_visible(text, 256) && !text.bytes().any(|byte| matches!(byte, b'/' | b',')),
    expected: VISIBLE,
};
/// `SecretKey`. The service's ids and keys have 36 and 32 characters.
pub(super) const SECRET_KEY: Form = Form {
    valid: |text| is_visible(text, 256),
    expected: VISIBLE,
};
/// Tokens of STS reach about 1,000 characters, and a request's headers have 32 KiB in Wasmtime.
pub(super) const TOKEN: Form = Form {
    valid: |text| is_visible(text, 8_192),
    expected: VISIBLE,
};
/// The console allows 12 characters.
pub(super) const SIGN_NAME: Form = Form {
    valid: |text| text.len() <= 256,
    expected: Expected(text! {
        en: "the text of a signature, such as the console shows it",
        zh: "控制台所示的签名内容",
    }),
};
/// Carriers show up to 11 letters or 15 digits.
pub(super) const SENDER_ID: Form = Form {
    valid: |text| is_visible(text, 15),
    expected: Expected(text! {
        en: "a registered sender of at most 15 letters and digits",
        zh: "已注册的 SenderId,至多 15 个字母或数字",
    }),
};
pub(super) const APP_ID: Form = Form {
    valid: |text| is_digits(text, 32),
    expected: Expected(text! {
        en: "digits only, as the console shows them",
        zh: "控制台所示的纯数字",
    }),
};
pub(super) const CODE: Form = Form {
    valid: |text| is_digits(text, 32),
    expected: Expected(text! {
        en: "a template's ID in digits, or an object with mainland and international",
        zh: "数字的模板 ID,或含 mainland 与 international 的对象",
    }),
};
/// A mainland sender's number has at most 20 digits, 12 of which an extension could take.
pub(super) const EXTEND_CODE: Form = Form {
    valid: |text| is_digits(text, 12),
    expected: Expected(text! {
        en: "at most 12 digits",
        zh: "至多 12 位数字",
    }),
};
pub(super) const REGION: Form = Form {
    valid: |text| {
        text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    },
    expected: Expected(text! {
        en: "a region such as ap-guangzhou",
        zh: "地域,例如 ap-guangzhou",
    }),
};
pub(super) const ADDRESS: Form = Form {
    valid: |text| Endpoint::parse(text).is_ok(),
    expected: Expected(text! {
        en: "a Tencent Cloud SMS host such as sms.tencentcloudapi.com, over https, or a loopback address",
        zh: "腾讯云短信的 https 域名(例如 sms.tencentcloudapi.com)或本机回环地址",
    }),
};
pub(super) const LANGUAGE: Form = Form {
    valid: |text| matches!(text, "en-US" | "zh-CN"),
    expected: Expected(text! {
        en: "en-US or zh-CN",
        zh: "en-US 或 zh-CN",
    }),
};
/// A calling code that the ITU assigned, or one with up to six digits after it, such as 1876 for Jamaica.
pub(super) const COUNTRY: Form = Form {
    valid: |text| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        is_digits(digits, 9)
            && phone::calling_code_length(digits).is_some_and(|length| digits.len() <= length + 6)
    },
    expected: Expected(text! {
        en: "a country calling code such as 86, or the beginning of its numbers such as 1876",
        zh: "国家(地区)码,例如 86,或号码开头,例如 1876",
    }),
};

fn is_visible(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_digits(text: &str, most: usize) -> bool {
    text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
}
