//! Text without `core::fmt` and without the standard library's substring search.
//!
//! In the component `format!` and `str::split_once` with a string cost 12 KB together: formatting and its tables, a
//! two-way searcher, and the panic messages of slicing that come with it. These few functions serve.

use alloc::string::String;

/// The parts, one after the other.
#[must_use]
pub fn join(parts: &[&str]) -> String {
    let mut joined = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        joined.push_str(part);
    }
    joined
}

/// A number in decimal digits.
///
/// # Examples
/// ```
/// assert_eq!(connector_hot::text::decimal(1_551_113_065), "1551113065");
/// ```
#[must_use]
pub fn decimal(number: u64) -> String {
    decimal_padded(number, 1)
}

/// A number in at least so many decimal digits, zeros in front.
#[must_use]
pub fn decimal_padded(number: u64, width: usize) -> String {
    // 20 digits hold every u64.
    let mut digits = [b'0'; 20];
    let mut start = digits.len();
    let mut rest = number;
    while rest > 0 || digits.len() - start < width {
        let Some(slot) = start.checked_sub(1).and_then(|at| digits.get_mut(at)) else {
            break;
        };
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
        start -= 1;
    }
    // They are ASCII.
    digits
        .get(start..)
        .and_then(|digits| core::str::from_utf8(digits).ok())
        .unwrap_or_default()
        .into()
}

/// The text without the white space around it, as [`str::trim`] does it, which looks at characters even where both
/// ends are plain ASCII: five times the fuel.
#[must_use]
pub fn trim(text: &str) -> &str {
    let bare = |end: Option<&u8>| end.is_none_or(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if bare(bytes.first()) && bare(bytes.last()) {
        text
    } else {
        trim_characters(text)
    }
}

#[cold]
#[inline(never)]
fn trim_characters(text: &str) -> &str {
    text.trim()
}

/// Where `needle` first stands in `text`, in bytes. An empty needle stands nowhere.
#[must_use]
pub fn find(text: &str, needle: &str) -> Option<usize> {
    let needle = needle.as_bytes();
    let first = needle.first()?;
    let mut at = 0;
    while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
        if rest.first() == Some(first) && rest.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// What stands before and after the first `separator`.
#[must_use]
pub fn split_once<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    let start = find(text, separator)?;
    Some((text.get(..start)?, text.get(start + separator.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_the_standard_library_writes_them() {
        for number in [0, 9, 10, 99, 100, 1_400_006_666, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
            assert_eq!(decimal_padded(number, 4), format!("{number:04}"));
        }
    }

    #[test]
    fn trimming_agrees_with_the_standard_library() {
        for text in [
            "",
            "a",
            " ",
            " a",
            "a\n",
            "\u{a0}a",
            "a\u{3000}",
            "\u{77ed}",
            "\u{7f}",
            "a b",
        ] {
            assert_eq!(trim(text), text.trim(), "{text:?}");
        }
    }

    #[test]
    fn searching_agrees_with_the_standard_library() {
        for (text, needle) in [
            ("a{{b}}c", "{{"),
            ("{{", "{{"),
            ("{", "{{"),
            ("", "{{"),
            ("\u{8bed}\u{6587}{{\u{8bed}", "{{"),
            ("\u{8bed}\u{6587}", "\u{6587}"),
            ("aab", "ab"),
        ] {
            assert_eq!(find(text, needle), text.find(needle), "{text:?}");
            assert_eq!(
                split_once(text, needle),
                text.split_once(needle),
                "{text:?}"
            );
        }
        assert_eq!(find("text", ""), None);
    }
}
