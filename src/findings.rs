//! What can be wrong with a config, and the words for it.
//!
//! A finding names a place and a rule. It holds no value from the config, so it cannot leak one.

use alloc::string::String;
use alloc::vec::Vec;

use crate::contract::{Diagnostic, Severity, attribute};
use crate::fields::{REQUIRED_USAGES, field_at};
use crate::json::{MAX_BYTES, MAX_DEPTH, ParseError};
use crate::language::{Language, Text, text};
use crate::phone::Route;
use crate::text::decimal;

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// JSON Pointer (RFC 6901) into the config; empty for the whole.
    pub pointer: String,
    /// What is wrong.
    pub rule: Rule,
    /// Whether it blocks sending.
    pub severity: Severity,
}

/// What is wrong.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// The text was not read.
    Unreadable(ParseError),
    /// A field that every config needs is absent or null.
    Required,
    /// A text is empty or white space.
    Blank,
    /// A text still is the example in angle brackets.
    Placeholder,
    /// A value has another JSON type.
    WrongType(Expected),
    /// A value has the right type and not the right form.
    Malformed(Expected),
    /// Usages that every config needs have no template: bits in the order of [`REQUIRED_USAGES`].
    MissingUsages(u8),
    /// An earlier template has the same usage and locale.
    Duplicate,
    /// The object has the key twice.
    RepeatedKey,
    /// No field has this key.
    UnknownKey,
    /// Not one of the four regions that the service documents.
    UnlistedRegion,
    /// Not one of the nine usages that auth hosts are known to send.
    UnregisteredUsage,
    /// Digits where the text of a signature should be.
    SignatureId,
    /// A parameter takes a variable that no auth host is known to pass.
    UnprovidedParameter,
    /// People on this route get an error for a code.
    UnservedRoute(Route),
    /// There are more findings than are listed.
    More,
}

/// What was expected, as part of a sentence.
#[derive(Clone, Copy, Debug)]
pub struct Expected(pub &'static Text);

impl Rule {
    /// The stable word for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable(ParseError::TooLong) => "too-long",
            Self::Unreadable(ParseError::TooDeep) => "too-deep",
            Self::Unreadable(ParseError::Syntax { .. }) => "not-json",
            Self::Required => "required",
            Self::Blank => "blank",
            Self::Placeholder => "placeholder",
            Self::WrongType(_) => "wrong-type",
            Self::Malformed(_) => "malformed",
            Self::MissingUsages(_) => "missing-usage",
            Self::Duplicate => "duplicate",
            Self::RepeatedKey => "repeated-key",
            Self::UnknownKey => "unknown-key",
            Self::UnlistedRegion => "unlisted-region",
            Self::UnregisteredUsage => "unregistered-usage",
            Self::SignatureId => "signature-id",
            Self::UnprovidedParameter => "unprovided-parameter",
            Self::UnservedRoute(_) => "unserved-route",
            Self::More => "more",
        }
    }

    fn message(self, language: Language) -> String {
        let number = |number: usize| decimal(number as u64);
        let (first, second) = match self {
            Self::Unreadable(ParseError::TooLong) => (number(MAX_BYTES), String::new()),
            Self::Unreadable(ParseError::TooDeep) => (number(MAX_DEPTH), String::new()),
            Self::Unreadable(ParseError::Syntax { line, column }) => (number(line), number(column)),
            Self::MissingUsages(mask) => (missing_usages(mask), String::new()),
            Self::WrongType(expected) | Self::Malformed(expected) => {
                (expected.0.get(language), String::new())
            }
            _ => (String::new(), String::new()),
        };
        self.text().fill(language, &[&first, &second])
    }

    /// The words, with `#` for a value.
    fn text(self) -> &'static Text {
        match self {
            Self::Unreadable(ParseError::TooLong) => text! {
                en: "The config is longer than # bytes. Remove what it does not need.",
                zh: "配置超过 # 字节,请删去不需要的内容。",
            },
            Self::Unreadable(ParseError::TooDeep) => text! {
                en: "The config is nested deeper than # levels. No field needs that.",
                zh: "配置的嵌套超过 # 层,没有字段需要如此。",
            },
            Self::Unreadable(ParseError::Syntax { .. }) => text! {
                en: "This is not JSON: line #, column # cannot be read. Check commas, quotes and brackets there.",
                zh: "不是有效的 JSON:第 # 行第 # 列无法解析,请检查该处的逗号、引号和括号。",
            },
            Self::MissingUsages(_) => text! {
                en: "No template has the usage #. Add one for each.",
                zh: "缺少以下用途的模板:#。请逐一添加。",
            },
            Self::WrongType(_) | Self::Malformed(_) => text! {
                en: "Expected #.",
                zh: "应为#。",
            },
            Self::Required => text! {
                en: "This field is required.",
                zh: "此字段为必填项。",
            },
            Self::Blank => text! {
                en: "This text is blank. Fill it in.",
                zh: "此项为空,请填写。",
            },
            Self::Placeholder => text! {
                en: "This still is the example in angle brackets. Replace it with the real value.",
                zh: "此项仍是尖括号中的示例,请替换为真实的值。",
            },
            Self::Duplicate => text! {
                en: "An earlier template has the same usage and locale. The first one wins; remove this one.",
                zh: "前面已有相同用途和语言的模板,以第一个为准;请删除此项。",
            },
            Self::RepeatedKey => text! {
                en: "This key occurs more than once. The last one counts; remove the others.",
                zh: "此键重复出现,以最后一个为准;请删除其余各项。",
            },
            Self::UnknownKey => text! {
                en: "No field has this key. It is ignored; check its spelling.",
                zh: "没有此名称的字段,已忽略;请检查拼写。",
            },
            Self::UnlistedRegion => text! {
                en: "The service documents ap-guangzhou, ap-beijing, ap-nanjing and ap-singapore only. It refuses \
                     other regions with UnsupportedRegion.",
                zh: "短信服务文档只列出 ap-guangzhou、ap-beijing、ap-nanjing 和 ap-singapore,其他地域会返回 UnsupportedRegion。",
            },
            Self::UnregisteredUsage => text! {
                en: "No auth host is known to send this usage. Usages are matched exactly; check its spelling.",
                zh: "未知的用途。用途须完全匹配,请检查拼写。",
            },
            Self::SignatureId => text! {
                en: "This looks like the signature's ID. Write its text, as the console shows it.",
                zh: "这像是签名 ID,请填写控制台所示的签名内容。",
            },
            Self::UnprovidedParameter => text! {
                en: "No auth host is known to pass this variable. Sending fails unless yours does; check its spelling.",
                zh: "未知的变量。若认证平台不提供此变量,发送会失败;请检查拼写。",
            },
            Self::UnservedRoute(Route::Mainland) => text! {
                en: "Mainland numbers have no template here, nor in Generic; they will be refused. Add a mainland code.",
                zh: "境内号码在此没有可用模板(Generic 亦无),将被拒绝;请添加 mainland 模板 ID。",
            },
            Self::UnservedRoute(Route::International) => text! {
                en: "International numbers have no template here, nor in Generic; they will be refused. Add an \
                     international code.",
                zh: "国际/港澳台号码在此没有可用模板(Generic 亦无),将被拒绝;请添加 international 模板 ID。",
            },
            Self::More => text! {
                en: "There are more findings than the 100 that are listed. Correct those first.",
                zh: "问题超过列出的 100 项,请先改正这些。",
            },
        }
    }
}

impl Finding {
    /// Whether sending may work all the same.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.severity == Severity::Warning
    }

    /// The finding in words.
    #[must_use]
    pub fn diagnostic(&self, language: Language) -> Diagnostic {
        let mut attributes = Vec::new();
        if let Some(field) = field_at(&self.pointer) {
            attributes.push(attribute("hint", &field.help.get(language)));
            if !field.link.is_empty() {
                attributes.push(attribute("link", field.link));
            }
        }
        Diagnostic {
            pointer: self.pointer.clone(),
            code: self.rule.code(),
            severity: self.severity,
            message: self.rule.message(language),
            attributes,
        }
    }
}

fn missing_usages(mask: u8) -> String {
    let mut missing = String::new();
    for (bit, usage) in REQUIRED_USAGES.iter().enumerate() {
        if mask & (1 << bit) != 0 {
            missing.push_str(if missing.is_empty() { "" } else { ", " });
            missing.push_str(usage);
        }
    }
    missing
}
