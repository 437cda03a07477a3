//! The language of texts for operators.

use alloc::string::String;

use crate::packed::Packed;
use crate::text::split_once;

/// The languages that operator texts are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, the default.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// The first of `locales` (BCP 47 tags, best first) that any text is written in; English when none is.
    /// Only the primary language counts: who asks for `zh-TW` reads Simplified Chinese sooner than English.
    ///
    /// # Examples
    /// ```
    /// use tencent_sms_connector::language::Language;
    ///
    /// assert_eq!(Language::best(&["fr-CA", "zh-Hans-CN", "en"]), Language::Chinese);
    /// assert_eq!(Language::best::<&str>(&[]), Language::English);
    /// ```
    #[must_use]
    pub fn best<T: AsRef<str>>(locales: &[T]) -> Self {
        locales
            .iter()
            .find_map(|tag| {
                let primary = tag.as_ref().split(['-', '_']).next()?;
                if primary.eq_ignore_ascii_case("zh") {
                    Some(Self::Chinese)
                } else if primary.eq_ignore_ascii_case("en") {
                    Some(Self::English)
                } else {
                    None
                }
            })
            .unwrap_or(Self::English)
    }
}

/// A text in every language of [`Language`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// How long the English text is, the English text, the Simplified Chinese one; both packed. Two slices would be
    /// 7 bytes more for each text.
    pub(crate) both: &'static [u8],
}

/// A `&'static Text` of two literals.
macro_rules! text {
    (en: $en:expr, zh: $zh:expr $(,)?) => {
        const {
            &$crate::language::Text {
                both: &const {
                    $crate::packed::pack_two::<{ $crate::packed::packed_len_of_two($en, $zh) }>(
                        $en, $zh,
                    )
                },
            }
        }
    };
}
pub(crate) use text;

impl Text {
    /// The text in one language.
    #[must_use]
    pub fn get(&self, language: Language) -> String {
        let (english, chinese) = match self.both {
            [length, both @ ..] => both.split_at_checked((*length).into()),
            [] => None,
        }
        .unwrap_or_default();
        let bytes = match language {
            Language::English => english,
            Language::Chinese => chinese,
        };
        Packed { bytes }.text()
    }

    /// The text with values in the places of its `#`.
    #[must_use]
    pub fn fill(&self, language: Language, values: &[&str]) -> String {
        let text = self.get(language);
        let mut rest = text.as_str();
        let mut filled = String::new();
        for value in values {
            let Some((before, after)) = split_once(rest, "#") else {
                break;
            };
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_spoken_wins() {
        for (locales, expected) in [
            (&["en", "zh-CN"][..], Language::English),
            (&["zh-CN", "en"], Language::Chinese),
            (&["ZH"], Language::Chinese),
            (&["zh_CN"], Language::Chinese),
            (&["fr", "de"], Language::English),
            (&["zhx"], Language::English),
            (&["", "-"], Language::English),
        ] {
            assert_eq!(Language::best(locales), expected, "{locales:?}");
        }
    }
}
