//! Findings about a config, and their texts.
//!
//! A finding names a place and a rule. It holds no value from the config, so it cannot leak one.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::field::{Field, field_at};
use crate::contract::{Diagnostic, Severity, attribute};
use crate::json::{MAX_BYTES, MAX_DEPTH, ParseError};
use crate::text::{Language, Text};

/// A kind of finding: a stable word for programs, and the words for people. A connector adds its own with
/// [`Rule::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable word, such as `unknown-key`.
    pub code: &'static str,
    /// The words. `#` stands for [`Self::expected`] or the finding's values.
    pub text: Text,
    /// The words for the expected value, as part of a sentence.
    pub expected: Option<Text>,
}

impl Rule {
    /// A rule without words for an expected value.
    pub const fn new(code: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self {
            code,
            text: Text::new(en, zh),
            expected: None,
        }
    }

    const fn expecting(code: &'static str, expected: Text) -> Self {
        Self {
            code,
            text: Text::new("Expected #.", "应为#。"),
            expected: Some(expected),
        }
    }

    /// The value has another JSON type.
    pub const fn wrong_type(expected: Text) -> Self {
        Self::expecting("wrong-type", expected)
    }

    /// The value has the right type and not the right form.
    pub const fn malformed(expected: Text) -> Self {
        Self::expecting("malformed", expected)
    }
}

/// A required field is absent or null.
pub const REQUIRED: Rule = Rule::new("required", "This field is required.", "此字段为必填项。");
/// A required text is empty or white space.
pub const BLANK: Rule = Rule::new(
    "blank",
    "This text is blank. Fill it in.",
    "此项为空,请填写。",
);
/// A text still is the example in angle brackets.
pub const PLACEHOLDER: Rule = Rule::new(
    "placeholder",
    "This still is the example in angle brackets. Replace it with the real value.",
    "此项仍是尖括号中的示例,请替换为真实的值。",
);
/// The value is not a list.
pub const NOT_A_LIST: Rule = Rule::wrong_type(Text::new("a list in brackets", "方括号中的列表"));
/// The object has the key twice.
pub const REPEATED_KEY: Rule = Rule::new(
    "repeated-key",
    "This key occurs more than once. The last one counts; remove the others.",
    "此键重复出现,以最后一个为准;请删除其余各项。",
);
/// No field has this key.
pub const UNKNOWN_KEY: Rule = Rule::new(
    "unknown-key",
    "No field has this key. It is ignored; check its spelling.",
    "没有此名称的字段,已忽略;请检查拼写。",
);
/// No field has this key, and one has a name that is close.
pub const MISNAMED_KEY: Rule = Rule::new(
    "unknown-key",
    "No field has this key. It is ignored; did you mean #?",
    "没有此名称的字段,已忽略;是否应为 #?",
);
pub(super) const MORE: Rule = Rule::new(
    "more",
    "There are more findings than the # that are listed. Correct those first.",
    "问题超过列出的 # 项,请先改正这些。",
);
const TOO_LONG: Rule = Rule::new(
    "too-long",
    "The config is longer than # bytes. Remove what it does not need.",
    "配置超过 # 字节,请删去不需要的内容。",
);
const TOO_DEEP: Rule = Rule::new(
    "too-deep",
    "The config is nested deeper than # levels. No field needs that.",
    "配置的嵌套超过 # 层,没有字段需要如此。",
);
const NOT_JSON: Rule = Rule::new(
    "not-json",
    "This is not JSON: line #, column # cannot be read. Check commas, quotes and brackets there.",
    "不是有效的 JSON:第 # 行第 # 列无法解析,请检查该处的逗号、引号和括号。",
);

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// JSON Pointer (RFC 6901) into the config; empty for the whole.
    pub pointer: String,
    /// The rule that is broken.
    pub rule: Rule,
    /// An error blocks sending, and a warning does not.
    pub severity: Severity,
    /// The values in place of the `#` in the rule's words. Never a value of the config.
    pub values: Vec<String>,
}

impl Finding {
    /// The error about a config that was not read.
    pub fn unreadable(reason: ParseError) -> Self {
        let (rule, values) = match reason {
            ParseError::TooLong => (TOO_LONG, alloc::vec![MAX_BYTES]),
            ParseError::TooDeep => (TOO_DEEP, alloc::vec![MAX_DEPTH]),
            ParseError::Syntax { line, column } => (NOT_JSON, alloc::vec![line, column]),
        };
        Self {
            pointer: String::new(),
            rule,
            severity: Severity::Error,
            values: values.iter().map(ToString::to_string).collect(),
        }
    }

    /// The finding in words, with the help and the link of the field that it is about.
    pub fn diagnostic(&self, fields: &'static [Field], language: Language) -> Diagnostic {
        let mut attributes = Vec::new();
        if let Some(field) = field_at(fields, &self.pointer) {
            attributes.push(attribute("hint", field.help.get(language)));
            if !field.link.is_empty() {
                attributes.push(attribute("link", field.link));
            }
        }
        let expected = self.rule.expected.map(|text| text.get(language));
        let values = self.values.iter().map(String::as_str);
        let values: Vec<&str> = expected.into_iter().chain(values).collect();
        Diagnostic {
            pointer: self.pointer.clone(),
            code: self.rule.code.into(),
            severity: self.severity,
            message: self.rule.text.fill(language, &values),
            attributes,
        }
    }
}

#[cfg(test)]
mod tests;
