//! The table of a config's fields, from which the guard is made.

use alloc::string::String;

use serde::Serialize;

use crate::text::Text;

/// The item of a form that shows a field: the seven types of Logto's forms, by their names there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum FieldType {
    /// One line of text.
    Text,
    /// A number.
    Number,
    /// Several lines of text.
    MultilineText,
    /// On or off.
    Switch,
    /// One of a list.
    Select,
    /// Some of a list.
    MultiSelect,
    /// A JSON editor.
    Json,
}

/// One field of the config, of an entry of its list, or of a block in it.
///
/// # Examples
/// ```
/// use connector_kit::config::{Field, FieldType};
/// use connector_kit::text::Text;
///
/// const TOKEN: Field = Field::new("token", Text::new("Token", "令牌"))
///     .help(Text::new("From the console.", "见控制台。"))
///     .required()
///     .secret();
///
/// assert_eq!(TOKEN.form, FieldType::Text);
/// assert!(TOKEN.secret);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Field {
    /// The key in the config.
    pub key: &'static str,
    /// The name that a form shows.
    pub label: Text,
    /// Help for the operator: where to find the value.
    pub help: Text,
    /// The item of a form that shows it.
    pub form: FieldType,
    /// True if a config without it is refused.
    pub required: bool,
    /// True if its value is to be stored encrypted and never shown.
    pub secret: bool,
    /// A page that shows where the value is; empty for none.
    pub link: &'static str,
    /// An example that a form shows while the field is empty; empty for none.
    pub placeholder: &'static str,
    /// The value in a new form, as JSON; empty for none.
    pub default: &'static str,
    /// The choices in a form: values and titles.
    pub options: &'static [(&'static str, &'static str)],
    /// The JSON Schema of the value, in JSON; `{}` if [`Self::form`] and [`Self::fields`] suffice.
    /// The guard adds title, description and the properties of [`Self::fields`].
    pub schema: &'static str,
    /// The fields of the block that the value is, or of each block in the list that it is.
    pub fields: &'static [Field],
    /// True if the value is a list of blocks.
    pub is_list: bool,
    /// Names in other products, in lower case without punctuation: `secretid`. Keys that differ from
    /// [`Self::key`] in case and punctuation alone need no entry.
    pub aliases: &'static [&'static str],
}

impl Field {
    /// The longest that one call may take, in milliseconds. The kit reads it and keeps to it.
    pub const TIMEOUT_MS: Self = Self::new("timeoutMs", Text::new("Timeout (ms)", "超时(毫秒)"))
        .help(Text::new(
            "The longest that one send may take, 1 to 8000. 8000 when empty.",
            "一次发送的最长时间,1 至 8000,默认 8000。",
        ))
        .form(FieldType::Number)
        .placeholder("8000")
        .schema(r#"{"type": "integer", "minimum": 1, "maximum": 18446744073709551615}"#);

    /// An optional, public line of text.
    pub const fn new(key: &'static str, label: Text) -> Self {
        Self {
            key,
            label,
            help: Text::new("", ""),
            form: FieldType::Text,
            required: false,
            secret: false,
            link: "",
            placeholder: "",
            default: "",
            options: &[],
            schema: "{}",
            fields: &[],
            is_list: false,
            aliases: &[],
        }
    }

    /// Sets the help for the operator: where to find the value.
    pub const fn help(mut self, help: Text) -> Self {
        self.help = help;
        self
    }

    /// Refuses configs without it.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Stores the value encrypted and never shows it.
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Sets the item of a form that shows it.
    pub const fn form(mut self, form: FieldType) -> Self {
        self.form = form;
        self
    }

    /// Sets the page that shows where the value is.
    pub const fn link(mut self, link: &'static str) -> Self {
        self.link = link;
        self
    }

    /// Sets the example that a form shows.
    pub const fn placeholder(mut self, placeholder: &'static str) -> Self {
        self.placeholder = placeholder;
        self
    }

    /// Sets the value in a new form, as JSON.
    pub const fn default(mut self, json: &'static str) -> Self {
        self.default = json;
        self
    }

    /// Sets the choices in a form: values and titles.
    pub const fn options(mut self, options: &'static [(&'static str, &'static str)]) -> Self {
        self.form = FieldType::Select;
        self.options = options;
        self
    }

    /// Sets the JSON Schema of the value, in JSON, where the schema that is made of the form is too
    /// wide or too narrow. It accepts everything that the code accepts, and may accept more;
    /// [`crate::testing::mistakes`] compares the two.
    pub const fn schema(mut self, json: &'static str) -> Self {
        self.schema = json;
        self
    }

    /// Sets names in other products, in lower case without punctuation.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// A text of digits that the config may also hold as a number: for [`Object::digits`](super::Object::digits).
    pub const fn digits(self) -> Self {
        self.schema(r#"{"type":["string","integer"]}"#)
    }

    /// Makes the value a block: an object with these fields. A form edits it as JSON.
    pub const fn block(mut self, fields: &'static [Field]) -> Self {
        self.form = FieldType::Json;
        self.fields = fields;
        self
    }

    /// Makes the value a list of blocks, each an object with these fields. A form edits it as JSON.
    pub const fn list(self, fields: &'static [Field]) -> Self {
        let mut list = self.block(fields);
        list.is_list = true;
        list
    }
}

/// The field that somebody meant by a key that no field has.
pub(crate) fn field_meant(fields: &'static [Field], key: &str) -> Option<&'static Field> {
    let normal = |key: &str| -> String {
        let letters = key.chars().filter(|character| character.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let key = normal(key);
    fields
        .iter()
        .find(|field| normal(field.key) == key || field.aliases.contains(&key.as_str()))
}

/// The field that a JSON Pointer leads to or into. Indices lead to an entry of the same list.
pub(crate) fn field_at(fields: &'static [Field], pointer: &str) -> Option<&'static Field> {
    let mut fields = fields;
    let mut found = None;
    for key in pointer.split('/').skip(1) {
        if let Some(field) = fields.iter().find(|field| field.key == key) {
            found = Some(field);
            fields = field.fields;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    static INNER: [Field; 1] = [Field::new("id", Text::new("Id", ""))];
    static FIELDS: [Field; 2] = [
        Field::new("id", Text::new("Outer", "")),
        Field::new("list", Text::new("List", "")).list(&INNER),
    ];

    #[test]
    fn pointer_finds_its_field_or_enclosing_one() {
        for (pointer, label) in [
            ("/id", Some("Outer")),
            ("/list", Some("List")),
            ("/list/3", Some("List")),
            ("/list/3/id", Some("Id")),
            ("/list/3/id/deeper", Some("Id")),
            ("/other", None),
            ("", None),
        ] {
            let found = field_at(&FIELDS, pointer).map(|field| field.label.en);
            assert_eq!(found, label, "{pointer}");
        }
    }
}
