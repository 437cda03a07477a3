//! Reads the fields of a config and collects everything that is wrong with them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use super::field::{Field, field_meant};
use super::finding::{
    BLANK, Finding, MISNAMED_KEY, MORE, PLACEHOLDER, REPEATED_KEY, REQUIRED, Rule, UNKNOWN_KEY,
};
use crate::contract::Severity;
use crate::http::{MAX_CALL_MS, Url};
use crate::json::{Json, is_placeholder};
use crate::redact::plain_key;
use crate::text::{Text, is_printable};

const OBJECT: Text = Text::new("an object in braces", "花括号中的对象");
const ABOVE_CAP: Rule = Rule::new(
    "above-cap",
    "No call takes longer than 8000 milliseconds, so this has no effect. Write 8000 or less.",
    "一次调用不会超过 8000 毫秒,此值不起作用;请填写不大于 8000 的值。",
);
const MILLISECONDS: Text = Text::new(
    "a whole number of milliseconds, at least 1",
    "不小于 1 的整数毫秒数",
);
const SWITCH: Text = Text::new("true or false", "true 或 false");

/// The form that a text of the config must have, without the white space around it.
#[derive(Clone, Copy)]
pub struct Form {
    /// Returns true if the text has the form. The readers of [`Object`] never pass an empty text.
    pub valid: fn(&str) -> bool,
    /// The words for the form, as part of a sentence.
    pub expected: Text,
}

impl Form {
    /// Any text.
    pub const TEXT: Self = Self::new(|_| true, "a text in quotes", "引号中的文本");

    /// A URL that every host can send to: one that [`Url::parse`] reads.
    pub const URL: Self = Self::new(
        |text| Url::parse(text).is_some(),
        "an https URL, or an http one with 127.0.0.1, [::1] or localhost; without user, fragment, spaces, quotes and \
         the brackets <>{}",
        "https URL,或主机为 127.0.0.1、[::1]、localhost 的 http URL;不含用户名、片段、空格、引号和 <>{}",
    );

    /// The value of a header, such as a key or a token: a value pasted over two lines is none.
    pub const HEADER: Self = Self::new(
        is_printable,
        "printable ASCII in one line",
        "单行的可打印 ASCII 字符",
    );

    /// A form and the words for it in both languages.
    pub const fn new(valid: fn(&str) -> bool, en: &'static str, zh: &'static str) -> Self {
        let expected = Text::new(en, zh);
        Self { valid, expected }
    }

    /// A form with words in English alone.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::config::Form;
    ///
    /// const ACCOUNT: Form = Form::english(|text| text.starts_with("AC"), "an account id, which begins with AC");
    /// assert!((ACCOUNT.valid)("AC01"));
    /// ```
    pub const fn english(valid: fn(&str) -> bool, en: &'static str) -> Self {
        Self::new(valid, en, en)
    }
}

/// The place of a value. Becomes a JSON Pointer only for a finding, because most configs have none.
#[derive(Clone, Copy, Debug)]
pub enum Place<'p> {
    /// The whole config.
    Root,
    /// The value of a key of an object.
    Key(&'p Place<'p>, &'p str),
    /// An entry of a list.
    Entry(&'p Place<'p>, usize),
}

impl<'p> Place<'p> {
    /// The value of a key.
    pub const fn key(&'p self, key: &'p str) -> Self {
        Self::Key(self, key)
    }

    /// An entry of a list.
    pub const fn entry(&'p self, index: usize) -> Self {
        Self::Entry(self, index)
    }

    /// The JSON Pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(parent, key) => {
                let key = key.replace('~', "~0").replace('/', "~1");
                format!("{}/{key}", parent.pointer())
            }
            Self::Entry(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

/// The most findings that are listed. A config within its length bound can hold 40,000, which is more memory than
/// hosts give an instance; one more finding reports that there are others.
pub const MAX_FINDINGS: usize = 100;

/// Collects findings, up to [`MAX_FINDINGS`], while values are read.
#[derive(Debug, Default)]
pub struct Reader {
    listed: RefCell<Vec<Finding>>,
    /// The worst severity of what is not listed.
    unlisted: Cell<Option<Severity>>,
}

impl Reader {
    /// Reads the members of an object, and warns of keys that no field has and of keys that occur twice.
    pub fn object<'a, 'p>(
        &'p self,
        place: Place<'p>,
        value: &'a Json<'a>,
        fields: &'static [Field],
    ) -> Option<Object<'a, 'p>> {
        let Json::Object(members) = value else {
            return self.reject(place, Rule::wrong_type(OBJECT));
        };
        let mut values: Vec<Option<&'a Json<'a>>> = alloc::vec![None; fields.len()];
        for (key, value) in members {
            let index = fields.iter().position(|field| field.key == key);
            let slot = index.and_then(|index| values.get_mut(index));
            match slot.map(|slot| slot.replace(value)) {
                None => match field_meant(fields, key) {
                    None => self.report_key(place, key, UNKNOWN_KEY, Vec::new()),
                    Some(field) => {
                        self.report_key(place, key, MISNAMED_KEY, alloc::vec![field.key.into()]);
                    }
                },
                Some(None) => {}
                Some(Some(_)) => self.report_key(place, key, REPEATED_KEY, Vec::new()),
            }
        }
        Some(Object {
            reader: self,
            place,
            fields,
            values,
        })
    }

    /// A key is the operator's own text, and may be a secret in the wrong place: only a plain one is named.
    fn report_key(&self, place: Place<'_>, key: &str, rule: Rule, values: Vec<String>) {
        let place = plain_key(key).map_or(place, |key| place.key(key));
        self.report(place, rule, Severity::Warning, values);
    }

    /// Reports an error in place of a value.
    pub fn reject<T>(&self, place: Place<'_>, rule: Rule) -> Option<T> {
        self.report(place, rule, Severity::Error, Vec::new());
        None
    }

    /// Reports that sending may work, but something looks unintended.
    pub fn warning(&self, place: Place<'_>, rule: Rule) {
        self.report(place, rule, Severity::Warning, Vec::new());
    }

    /// Reports a finding whose words have values. An error beyond [`MAX_FINDINGS`] takes the place of the last warning,
    /// so that an operator finds out which value to correct.
    pub fn report(&self, place: Place<'_>, rule: Rule, severity: Severity, values: Vec<String>) {
        let mut listed = self.listed.borrow_mut();
        if listed.len() >= MAX_FINDINGS {
            // After an unlisted error, the list has errors alone.
            if self.unlisted.get() == Some(Severity::Error) {
                return;
            }
            self.unlisted.set(Some(severity));
            let is_warning = |listed: &Finding| listed.severity != Severity::Error;
            let replaced = match severity {
                Severity::Error => listed.iter().rposition(is_warning),
                _ => None,
            };
            let Some(index) = replaced else { return };
            self.unlisted.set(Some(listed.remove(index).severity));
        }
        listed.push(Finding {
            pointer: place.pointer(),
            rule,
            severity,
            values,
        });
    }

    /// True if a finding blocks sending.
    pub fn has_error(&self) -> bool {
        let is_error = |finding: &Finding| finding.severity == Severity::Error;
        self.unlisted.get() == Some(Severity::Error) || self.listed.borrow().iter().any(is_error)
    }

    /// All findings, in the order of the field table; those about no field come first.
    pub fn into_sorted(self, fields: &[Field]) -> Vec<Finding> {
        let mut listed = self.listed.into_inner();
        listed.sort_by_key(|finding| {
            let key = finding.pointer.split('/').nth(1).unwrap_or_default();
            fields.iter().position(|field| field.key == key)
        });
        if let Some(severity) = self.unlisted.get() {
            listed.push(Finding {
                pointer: String::new(),
                rule: MORE,
                severity,
                values: alloc::vec![MAX_FINDINGS.to_string()],
            });
        }
        listed
    }
}

/// The defect of a text that has to be filled in, if it has one.
pub fn defect(text: &str, form: &Form) -> Option<Rule> {
    match text.trim() {
        "" => Some(BLANK),
        text if is_placeholder(text) => Some(PLACEHOLDER),
        text if (form.valid)(text) => None,
        _ => Some(Rule::malformed(form.expected)),
    }
}

/// The members of an object, by the keys of a field table.
#[derive(Debug)]
pub struct Object<'a, 'p> {
    /// The reader that collects its findings.
    pub reader: &'p Reader,
    /// The place of the object.
    pub place: Place<'p>,
    fields: &'static [Field],
    values: Vec<Option<&'a Json<'a>>>,
}

impl<'a> Object<'a, '_> {
    /// The value of a key, null included; `None` also for a key that no field has.
    pub fn get(&self, key: &str) -> Option<&'a Json<'a>> {
        let index = self.fields.iter().position(|field| field.key == key)?;
        self.values.get(index).copied().flatten()
    }

    /// The field of a key.
    pub(super) fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The place of a key's value.
    pub const fn at<'s>(&'s self, key: &'s str) -> Place<'s> {
        self.place.key(key)
    }

    /// Reports an error in place of a key's value.
    pub fn reject<T>(&self, key: &str, rule: Rule) -> Option<T> {
        self.reader.reject(self.at(key), rule)
    }

    /// Reports that sending may work, but a key's value looks unintended.
    pub fn warning(&self, key: &str, rule: Rule) {
        self.reader.warning(self.at(key), rule);
    }

    /// The value of a key, unless it names nothing: blank, or still the example in angle brackets, which is a warning.
    /// Blank values of every type count as absent, because forms post them.
    pub fn filled(&self, key: &str) -> Option<&'a Json<'a>> {
        let value = self.get(key).filter(|value| !value.is_blank())?;
        if value.as_str().is_some_and(is_placeholder) {
            self.warning(key, PLACEHOLDER);
            return None;
        }
        Some(value)
    }

    /// The same object with the members that name something; see [`Self::filled`].
    pub fn named(&self) -> Self {
        let filled = |field: &Field| self.filled(field.key);
        Self {
            values: self.fields.iter().map(filled).collect(),
            ..*self
        }
    }

    /// A text without the white space around it, if it is there and has the form. Its absence is an error.
    pub fn required_text(&self, key: &str, form: &Form) -> Option<&'a str> {
        let rule = match self.get(key) {
            None | Some(Json::Null) => REQUIRED,
            Some(Json::String(text)) => match defect(text, form) {
                None => return Some(text.trim()),
                Some(rule) => rule,
            },
            Some(_) => Rule::wrong_type(Form::TEXT.expected),
        };
        self.reject(key, rule)
    }

    /// A text that may be absent.
    pub fn optional_text(&self, key: &str, form: &Form) -> Option<&'a str> {
        self.filled(key)?;
        self.required_text(key, form)
    }

    /// A text of digits that may be written as a number. Its absence is an error.
    pub fn digits(&self, key: &str, form: &Form) -> Option<Cow<'a, str>> {
        let Some(Json::Integer(number)) = self.get(key) else {
            return self.required_text(key, form).map(Cow::Borrowed);
        };
        let digits = number.to_string();
        if (form.valid)(&digits) {
            return Some(digits.into());
        }
        self.reject(key, Rule::malformed(form.expected))
    }

    /// A number of milliseconds, at least 1, that may be absent.
    pub(crate) fn milliseconds(&self, key: &str) -> Option<u32> {
        let rule = match self.filled(key)? {
            Json::Integer(0) => Rule::malformed(MILLISECONDS),
            Json::Integer(ms) => {
                if *ms > MAX_CALL_MS.into() {
                    self.warning(key, ABOVE_CAP);
                }
                return Some(u32::try_from(*ms).unwrap_or(u32::MAX));
            }
            _ => Rule::wrong_type(MILLISECONDS),
        };
        self.reject(key, rule)
    }

    /// A switch that may be absent.
    pub fn switch(&self, key: &str) -> Option<bool> {
        match self.filled(key)? {
            Json::Bool(value) => Some(*value),
            _ => self.reject(key, Rule::wrong_type(SWITCH)),
        }
    }
}

#[cfg(test)]
mod tests;
