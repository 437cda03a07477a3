//! Texts for operators in English and Simplified Chinese, and the invisible characters of pasted text.

use alloc::string::{String, ToString};

/// The languages that operator texts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, the default.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// The first of `locales` (BCP 47 tags, best first) that texts are written in; English when there is none.
    /// Only the primary language counts: a reader of `zh-TW` reads Simplified Chinese sooner than English.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::text::Language;
    ///
    /// assert_eq!(Language::best(&["fr-CA", "zh-Hans-CN", "en"]), Language::Chinese);
    /// assert_eq!(Language::best::<&str>(&[]), Language::English);
    /// ```
    pub fn best<T: AsRef<str>>(locales: &[T]) -> Self {
        for tag in locales {
            match tag.as_ref().split(['-', '_']).next() {
                Some(primary) if primary.eq_ignore_ascii_case("zh") => return Self::Chinese,
                Some(primary) if primary.eq_ignore_ascii_case("en") => return Self::English,
                _ => {}
            }
        }
        Self::English
    }
}

/// A text in every language of [`Language`]. Each `#` in it stands for a value, see [`Text::fill`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Simplified Chinese.
    pub zh: &'static str,
}

impl Text {
    /// A text in both languages.
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    /// A text in English alone: readers of other languages get it too.
    pub const fn english(en: &'static str) -> Self {
        Self::new(en, en)
    }

    /// The text in one language.
    pub const fn get(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Chinese => self.zh,
        }
    }

    /// The text with values in the places of its `#`, in order.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::text::{Language, Text};
    ///
    /// let text = Text::new("Expected #.", "应为#。");
    /// assert_eq!(text.fill(Language::Chinese, &["11 位数字"]), "应为11 位数字。");
    /// ```
    pub fn fill(&self, language: Language, values: &[&str]) -> String {
        let mut parts = self.get(language).split('#');
        let mut filled = parts.next().unwrap_or_default().to_string();
        let mut values = values.iter();
        for part in parts {
            filled.push_str(values.next().copied().unwrap_or("#"));
            filled.push_str(part);
        }
        filled
    }
}

/// True if a text is printable ASCII in one line.
pub fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Soft hyphen, zero-width characters, directional marks and the byte order mark: what pasting leaves of Unicode's
/// format class. Control characters are not among them.
pub fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_once_and_in_order() {
        let text = Text::new("# of #", "");
        assert_eq!(text.fill(Language::English, &["#", "2"]), "# of 2");
        assert_eq!(text.fill(Language::English, &["1"]), "1 of #");
        assert_eq!(text.fill(Language::English, &[]), "# of #");
    }

    #[test]
    fn first_known_primary_language_wins() {
        for (locales, expected) in [
            (&["zh-TW"][..], Language::Chinese),
            (&["ZH_cn"], Language::Chinese),
            (&["de", "en-GB", "zh"], Language::English),
            (&["zhx", ""], Language::English),
        ] {
            assert_eq!(Language::best(locales), expected, "{locales:?}");
        }
    }
}
