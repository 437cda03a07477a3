//! Reads the fields of a config and collects everything that is wrong with them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::field::{Field, field_meant};
use super::finding::{
    BLANK, Finding, Findings, MISNAMED_KEY, PLACEHOLDER, REPEATED_KEY, REQUIRED, Rule, UNKNOWN_KEY,
};
use crate::connector::MAX_CALL_MS;
use crate::contract::Severity;
use crate::json::{Json, is_placeholder};
use crate::redact::plain_key;
use crate::text::Text;

const TEXT: Text = Text::new("a text in quotes", "引号中的文本");
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

/// What a text of the config must look like, after the white space around it is gone.
#[derive(Clone, Copy)]
pub struct Form {
    /// Whether the text has the form. Never asked about an empty text.
    pub valid: fn(&str) -> bool,
    /// What was expected, as part of a sentence.
    pub expected: Text,
}

/// Where a value stands. Becomes a JSON Pointer only for a finding, because most configs have none.
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

/// Collects findings while values are read.
#[derive(Debug, Default)]
pub struct Reader {
    /// What was found so far.
    pub findings: Findings,
}

impl Reader {
    /// Reads the members of an object, and warns of keys that no field has and of keys that occur twice.
    pub fn object<'a, 'p>(
        &mut self,
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
            match index.and_then(|index| values.get_mut(index)) {
                None => match field_meant(fields, key) {
                    None => self.report_key(place, key, UNKNOWN_KEY, Vec::new()),
                    Some(field) => {
                        self.report_key(place, key, MISNAMED_KEY, alloc::vec![field.key.into()]);
                    }
                },
                Some(slot) => {
                    if slot.replace(value).is_some() {
                        self.report_key(place, key, REPEATED_KEY, Vec::new());
                    }
                }
            }
        }
        Some(Object {
            place,
            fields,
            values,
        })
    }

    /// A key is the operator's own text, and may be a secret in the wrong place: only a plain one is named.
    fn report_key(&mut self, place: Place<'_>, key: &str, rule: Rule, values: Vec<String>) {
        match plain_key(key) {
            Some(key) => self.report(place.key(key), rule, Severity::Warning, values),
            None => self.report(place, rule, Severity::Warning, values),
        }
    }

    /// A text without the white space around it, if it is there and has the form.
    pub fn required_text<'a>(
        &mut self,
        place: Place<'_>,
        value: Option<&'a Json<'a>>,
        form: &Form,
    ) -> Option<&'a str> {
        match value {
            None | Some(Json::Null) => self.reject(place, REQUIRED),
            Some(Json::String(text)) => match defect(text, form) {
                None => Some(text.trim()),
                Some(rule) => self.reject(place, rule),
            },
            Some(_) => self.reject(place, Rule::wrong_type(TEXT)),
        }
    }

    /// A text that may be absent. Blank values of every type count as absent, because forms post them; so does
    /// an example in angle brackets, with a warning.
    pub fn optional_text<'a>(
        &mut self,
        place: Place<'_>,
        value: Option<&'a Json<'a>>,
        form: &Form,
    ) -> Option<&'a str> {
        let value = self.named(place, value)?;
        self.required_text(place, Some(value), form)
    }

    /// A text of digits that may be written as a number.
    pub fn digits<'a>(
        &mut self,
        place: Place<'_>,
        value: Option<&'a Json<'a>>,
        form: &Form,
    ) -> Option<Cow<'a, str>> {
        match value {
            Some(Json::Integer(number)) => {
                let digits = number.to_string();
                if (form.valid)(&digits) {
                    Some(digits.into())
                } else {
                    self.reject(place, Rule::malformed(form.expected))
                }
            }
            value => self.required_text(place, value, form).map(Cow::Borrowed),
        }
    }

    /// A number of milliseconds, at least 1, that may be absent.
    pub fn milliseconds(&mut self, place: Place<'_>, value: Option<&Json<'_>>) -> Option<u32> {
        match self.named(place, value)? {
            Json::Integer(ms) if *ms > 0 => {
                if *ms > MAX_CALL_MS.into() {
                    self.warning(place, ABOVE_CAP);
                }
                Some(u32::try_from(*ms).unwrap_or(u32::MAX))
            }
            Json::Integer(_) => self.reject(place, Rule::malformed(MILLISECONDS)),
            _ => self.reject(place, Rule::wrong_type(MILLISECONDS)),
        }
    }

    /// A switch that may be absent.
    pub fn switch(&mut self, place: Place<'_>, value: Option<&Json<'_>>) -> Option<bool> {
        match self.named(place, value)? {
            Json::Bool(value) => Some(*value),
            _ => self.reject(place, Rule::wrong_type(SWITCH)),
        }
    }

    /// The value, unless it names nothing: blank, or still the example in angle brackets, which is a warning.
    pub fn named<'a>(
        &mut self,
        place: Place<'_>,
        value: Option<&'a Json<'a>>,
    ) -> Option<&'a Json<'a>> {
        let value = value.filter(|value| !value.is_blank())?;
        if value.is_placeholder() {
            self.warning(place, PLACEHOLDER);
            return None;
        }
        Some(value)
    }

    /// Reports an error in place of a value.
    pub fn reject<T>(&mut self, place: Place<'_>, rule: Rule) -> Option<T> {
        self.report(place, rule, Severity::Error, Vec::new());
        None
    }

    /// Reports that sending may work, but something looks unintended.
    pub fn warning(&mut self, place: Place<'_>, rule: Rule) {
        self.report(place, rule, Severity::Warning, Vec::new());
    }

    /// Reports a finding whose words have values.
    pub fn report(
        &mut self,
        place: Place<'_>,
        rule: Rule,
        severity: Severity,
        values: Vec<String>,
    ) {
        self.findings.push(Finding {
            pointer: place.pointer(),
            rule,
            severity,
            values,
        });
    }
}

/// What is wrong with a text that has to be filled in, if anything.
pub fn defect(text: &str, form: &Form) -> Option<Rule> {
    let text = text.trim();
    if text.is_empty() {
        Some(BLANK)
    } else if is_placeholder(text) {
        Some(PLACEHOLDER)
    } else if !(form.valid)(text) {
        Some(Rule::malformed(form.expected))
    } else {
        None
    }
}

/// The members of an object, by the keys of a field table.
#[derive(Debug)]
pub struct Object<'a, 'p> {
    /// Where the object stands.
    pub place: Place<'p>,
    fields: &'static [Field],
    values: Vec<Option<&'a Json<'a>>>,
}

impl<'a, 'p> Object<'a, 'p> {
    /// The value of a key, null included; `None` also for a key that no field has.
    pub fn get(&self, key: &str) -> Option<&'a Json<'a>> {
        let index = self.fields.iter().position(|field| field.key == key)?;
        self.values.get(index).copied().flatten()
    }

    /// The same object with the members that name something; see [`Reader::named`].
    #[must_use]
    pub fn named(mut self, reader: &mut Reader) -> Self {
        for (field, value) in self.fields.iter().zip(&mut self.values) {
            *value = reader.named(self.place.key(field.key), *value);
        }
        self
    }

    /// A text of digits that the config must have; see [`Reader::digits`].
    pub fn digits(&self, reader: &mut Reader, key: &str, form: &Form) -> Option<Cow<'a, str>> {
        reader.digits(self.at(key), self.get(key), form)
    }

    /// A text that the field's config must have; see [`Reader::required_text`].
    pub fn required_text(&self, reader: &mut Reader, key: &str, form: &Form) -> Option<&'a str> {
        reader.required_text(self.at(key), self.get(key), form)
    }

    /// A text that may be absent; see [`Reader::optional_text`].
    pub fn optional_text(&self, reader: &mut Reader, key: &str, form: &Form) -> Option<&'a str> {
        reader.optional_text(self.at(key), self.get(key), form)
    }

    /// Where the value of a key stands.
    pub const fn at<'s>(&'s self, key: &'s str) -> Place<'s>
    where
        'p: 's,
    {
        self.place.key(key)
    }
}

#[cfg(test)]
mod tests;
