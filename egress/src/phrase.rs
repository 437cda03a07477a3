//! Texts of errors: English for logs and programs, and an identifier with values for translations.
//!
//! This crate holds it because the errors of all the others build on it.

use std::fmt;

/// A sentence of ours, or a part of one. `Display` is English, in one line.
#[derive(Clone, PartialEq, Eq)]
pub struct Phrase(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    id: &'static str,
    english: String,
    values: Vec<(&'static str, Value)>,
}

/// A value in a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A name, an address, a digest, or the words of somebody else: the same in every language.
    Text(String),
    /// A number.
    Number(u64),
    /// A phrase, to be shown in the same language.
    Phrase(Phrase),
    /// Phrases, one after the other.
    List(Vec<Phrase>),
}

impl Phrase {
    /// A phrase. The macro [`phrase!`](crate::phrase!) writes it shorter.
    pub fn new(id: &'static str, english: String, values: Vec<(&'static str, Value)>) -> Self {
        Self(Box::new(Parts {
            id,
            english,
            values,
        }))
    }

    /// Text that is the same in every language: a file's name, a JSON Pointer, a third party's message.
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self::new("", text.into(), Vec::new())
    }

    /// The identifier of its text in other languages; empty where it is the same in all of them.
    pub fn id(&self) -> &'static str {
        self.0.id
    }

    /// Its values, by the names that they have in the text.
    pub fn values(&self) -> &[(&'static str, Value)] {
        &self.0.values
    }

    /// In English.
    pub fn english(&self) -> &str {
        &self.0.english
    }
}

/// Text of another party for a message: its first `most` characters, with those escaped that do not show or end a line.
pub fn foreign(text: &str, most: usize) -> String {
    let shown = text.chars().take(most);
    shown.flat_map(char::escape_debug).collect()
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.english)
    }
}

impl fmt::Debug for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.english, f)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Phrase(phrase) => write!(f, "{phrase}"),
            Self::List(phrases) => {
                for (index, phrase) in phrases.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{phrase}")?;
                }
                Ok(())
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<Phrase> for Value {
    fn from(phrase: Phrase) -> Self {
        Self::Phrase(phrase)
    }
}

impl From<&Phrase> for Value {
    fn from(phrase: &Phrase) -> Self {
        Self::Phrase(phrase.clone())
    }
}

impl From<Vec<Phrase>> for Value {
    fn from(phrases: Vec<Phrase>) -> Self {
        Self::List(phrases)
    }
}

/// A [`Phrase`]: its identifier, its English with a place for each value, the values. The English of an error is its own,
/// after `of`.
///
/// ```
/// use auth_connector_egress::phrase;
///
/// let size = phrase!("too-large", "it has {size} bytes", size = 7_u64);
/// assert_eq!(size.to_string(), "it has 7 bytes");
/// let whole = phrase!("refused", "refused: {why}", why = size);
/// assert_eq!(whole.to_string(), "refused: it has 7 bytes");
/// let error = std::fmt::Error;
/// assert_eq!(phrase!("format", of error).to_string(), error.to_string());
/// ```
#[macro_export]
macro_rules! phrase {
    ($id:literal, $english:literal $(, $name:ident = $value:expr)* $(,)?) => {
        match ($($crate::phrase::Value::from($value),)*) {
            ($($name,)*) => {
                let english = ::std::format!($english $(, $name = $name)*);
                $crate::Phrase::new($id, english, ::std::vec![$((::std::stringify!($name), $name)),*])
            }
        }
    };
    ($id:literal, of $error:expr $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::Phrase::new(
            $id,
            ::std::string::ToString::to_string(&$error),
            ::std::vec![$((::std::stringify!($name), $crate::phrase::Value::from($value))),*],
        )
    };
}
