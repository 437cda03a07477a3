//! Masked forms of phone numbers, codes and typed texts.

use std::path::Path;

/// ITU-T E.164 country codes of two digits. `1` and `7` have one digit, all others three.
const TWO_DIGITS: &[&str] = &[
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// The sign before a calling code, also as keyboards for Chinese and Japanese write it.
const PLUS: [char; 2] = ['+', '\u{ff0b}'];

/// `+86138****8000`: the country code, up to three digits, and up to the last four, which people recognise their number
/// by. At least four digits are hidden. A text is hidden completely if it is too short, has no prefix or contains a
/// letter.
pub fn number(to: &str) -> String {
    // Separators between digits, visible or not, hide nothing that the digits do not show.
    let compact: String = to
        .chars()
        .filter(|c| c.is_alphanumeric() || PLUS.contains(c))
        .collect();
    let digits = compact
        .strip_prefix(PLUS)
        .or_else(|| compact.strip_prefix("00"))
        .unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return "****".to_owned();
    }
    let code_length = match digits.get(..2) {
        Some(start) if start.starts_with(['1', '7']) => 1,
        Some(start) if TWO_DIGITS.contains(&start) => 2,
        _ => 3,
    };
    let Some((code, national)) = digits.split_at_checked(code_length) else {
        return "****".to_owned();
    };
    let shown = national.len().saturating_sub(4);
    let tail = if shown < 6 { shown / 2 } else { 4 };
    let head = (shown - tail).min(3);
    let start = national.get(..head).unwrap_or_default();
    let end = national.get(national.len() - tail..).unwrap_or_default();
    format!("+{code}{start}****{end}")
}

/// A file's name for an error. The user may have typed a number or a code in its place.
pub fn path(path: &Path) -> String {
    typed(&path.display().to_string())
}

/// An address without its user and password, and without the values of its query and fragment, which may be tokens.
pub fn url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    // An error's text may continue after the address in quotes.
    let (rest, after) = rest.split_at(rest.find('"').unwrap_or(rest.len()));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let mut shown = format!("{scheme}://");
    match authority.rsplit_once('@') {
        Some((_, host)) => shown.extend(["****@", host]),
        None => shown.push_str(authority),
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (path, mut rest) = rest.split_at(end);
    shown.push_str(path);
    while let Some(separator) = rest.chars().next() {
        let inner = rest.get(separator.len_utf8()..).unwrap_or_default();
        let end = inner.find(['?', '#', '&']).unwrap_or(inner.len());
        let (part, others) = inner.split_at(end);
        shown.push(separator);
        match part.split_once('=') {
            _ if part.is_empty() => {}
            Some((name, _)) => shown.extend([name, "=****"]),
            None => shown.push_str("****"),
        }
        rest = others;
    }
    shown.push_str(after);
    shown
}

/// A typed text, with everything hidden that may be a phone number or a code: seven digits or more with only number
/// punctuation between them, and a whole name of four digits or more. An address is also masked as by [`url`].
pub fn typed(text: &str) -> String {
    let text = &*url(text);
    const NUMBER: usize = 7;
    const CODE: usize = 4;
    // Folders, and the quotes of an error's text.
    const BETWEEN: [char; 3] = ['/', '\\', '"'];
    let mut shown = String::new();
    for name in text.split_inclusive(BETWEEN) {
        let digits = |text: &str| text.chars().filter(|c| c.is_numeric()).count();
        let whole = name.trim_end_matches(BETWEEN);
        let is_code = digits(whole) >= CODE && whole.chars().all(char::is_numeric);
        let mut rest = name;
        while let Some(start) = rest.find(char::is_numeric) {
            let (before, from) = rest.split_at(start);
            let inside = |c: char| !c.is_alphabetic() && !matches!(c, ':' | '=');
            let end = from.find(|c| !inside(c)).unwrap_or(from.len());
            let (group, after) = from.split_at(end);
            shown.push_str(before);
            if is_code || digits(group) >= NUMBER {
                let hide = |c: char| if c.is_numeric() { '*' } else { c };
                shown.extend(group.chars().map(hide));
            } else {
                shown.push_str(group);
            }
            rest = after;
        }
        shown.push_str(rest);
    }
    shown
}

/// As many stars as the value has characters, so that its length can be checked.
pub fn value(value: &str) -> String {
    "*".repeat(value.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At least four digits are hidden.
    #[test]
    fn mask_shows_country_and_hides_four_digits() {
        for (to, shown) in [
            ("+8613800138000", "+86138****8000"),
            ("008613800138000", "+86138****8000"),
            ("+86 138-0013-8000", "+86138****8000"),
            ("(+86) 138.0013.8000\n", "+86138****8000"),
            ("\u{ff0b}86 138\u{2013}0013\u{2013}8000", "+86138****8000"),
            (
                "\u{202a}+86\u{200b}138\u{a0}0013/8000\u{202c}",
                "+86138****8000",
            ),
            ("00 86 138_0013_8000", "+86138****8000"),
            ("+14155550123", "+141****0123"),
            ("+447700900123", "+4477****0123"),
            ("+85261234567", "+85261****67"),
            ("+8612345", "+861****"),
            ("+861", "+86****"),
            ("+8", "****"),
        ] {
            assert_eq!(number(to), shown, "{to}");
            let hidden = to.chars().filter(char::is_ascii_digit).count();
            let visible = shown.chars().filter(char::is_ascii_digit).count();
            assert!(to.len() < 9 || hidden - visible >= 4, "{to} {shown}");
        }
    }

    #[test]
    fn number_in_place_of_a_file_is_hidden() {
        for (typed_in, shown) in [
            ("+8613800138000", "+*************"),
            ("008613800138000", "***************"),
            ("+86 138-0013-8000", "+** ***-****-****"),
            ("+1 (415) 555-0123", "+* (***) ***-****"),
            ("to=13800138000.json", "to=***********.json"),
            ("configs/+8613800138000", "configs/+*************"),
            ("13800138000/", "***********/"),
            ("１３８００１３８０００", "***********"),
            ("918273", "******"),
            ("configs/9182", "configs/****"),
            ("918", "918"),
            ("\"918273\" is not an origin", "\"******\" is not an origin"),
            (
                "https://user:Pa55word@a.example/x",
                "https://****@a.example/x",
            ),
            (
                "\"https://a.example/x?token=T\" is none",
                "\"https://a.example/x?token=****\" is none",
            ),
            ("connector-1.2.3.wasm", "connector-1.2.3.wasm"),
            ("config-2026.json", "config-2026.json"),
            ("/srv/2/plugin.wasm", "/srv/2/plugin.wasm"),
            ("https://127.0.0.1:38273", "https://127.0.0.1:38273"),
            ("", ""),
        ] {
            assert_eq!(typed(typed_in), shown);
        }
    }

    #[test]
    fn address_shows_neither_password_nor_query() {
        for (address, shown) in [
            ("https://a.example", "https://a.example"),
            ("https://a.example:1/p/q", "https://a.example:1/p/q"),
            ("https://u:w@a.example/p", "https://****@a.example/p"),
            ("https://u:w@@a.example", "https://****@a.example"),
            (
                "https://a.example?t=1&u=2#v=3",
                "https://a.example?t=****&u=****#v=****",
            ),
            ("https://a.example/p?token", "https://a.example/p?****"),
            (
                "https://a.example/p?t=a=b&&c",
                "https://a.example/p?t=****&&****",
            ),
            ("no address?t=1", "no address?t=1"),
        ] {
            assert_eq!(url(address), shown, "{address}");
            assert_eq!(url(shown), shown, "{address}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_hidden_whole() {
        for to in ["", "+", "13800138000", "someone@example.com", "+86x138"] {
            assert_eq!(number(to), "****", "{to}");
        }
    }
}
