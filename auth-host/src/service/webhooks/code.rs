//! The code in a text, for platforms that send no code by itself.
//!
//! A wrong code costs more than none, so a text is read only where one run of digits can be the code:
//!
//! | in the text | example | then |
//! |---|---|---|
//! | one run of four to six digits, however often | `Your code is 123456.` | the code |
//! | the same on the line for browsers | `@login.example.com #123456` | the code, and the host is skipped |
//! | up to three digits, alone or with a unit | `10 minutes`, `300s` | skipped |
//! | letters and digits in one word of four or more | `AB1234`, `iOS17` | unclear |
//! | digits with one character between them, four or more | `12 3456`, `123-4567`, `2026-11-30` | unclear |
//! | seven digits or more | `12345678` | unclear |
//! | digits of other scripts | `١٢٣٤٥٦` | unclear |
//! | two codes | `123456 or 654321` | unclear |

/// The result of looking for a code in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InText {
    /// Its code.
    Code(String),
    /// It has no digits that could be one.
    Nothing,
    /// It could contain a code, but which is not clear.
    Unclear,
}

/// Characters that separate two runs of digits although nothing else is between them. A space, a hyphen, a dot and
/// every invisible character join them.
const SEPARATORS: [char; 10] = ['\r', ',', ';', ':', '#', '，', '、', '；', '：', '。'];

/// Reads the code in a text.
pub fn code_in_text(text: &str) -> InText {
    if text.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
        return InText::Unclear;
    }
    let mut code: Option<String> = None;
    for group in text.lines().map(of_browser).flat_map(groups) {
        match kind(&group) {
            Kind::Other => {}
            Kind::Unclear => return InText::Unclear,
            Kind::Code if code.as_ref().is_some_and(|known| *known != group) => {
                return InText::Unclear;
            }
            Kind::Code => code = Some(group),
        }
    }
    code.map_or(InText::Nothing, InText::Code)
}

/// A line without the host of the browsers' form (`@login.example.com #123456`), which may have digits too.
fn of_browser(line: &str) -> &str {
    match line.split_once(" #") {
        Some((host, code)) if host.starts_with('@') && !host.contains(' ') => code,
        _ => line,
    }
}

/// Digits with the characters that belong to them: letters beside them, and single characters between two of them.
/// Scripts without capitals put no space between a word and a digit (`验证码1234`), so only letters of the others count.
fn groups(line: &str) -> Vec<String> {
    let (mut all, mut group) = (Vec::new(), String::new());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let is_between = group.ends_with(|c: char| c.is_ascii_digit())
            && chars.peek().is_some_and(char::is_ascii_digit)
            && !c.is_alphabetic()
            && !SEPARATORS.contains(&c);
        if c.is_ascii_digit() || is_cased(c) || is_between {
            group.push(c);
        } else {
            all.push(std::mem::take(&mut group));
        }
    }
    all.push(group);
    all
}

fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase()
}

enum Kind {
    Code,
    Unclear,
    Other,
}

fn kind(group: &str) -> Kind {
    let digits = group.bytes().filter(u8::is_ascii_digit).count();
    let letters = group.chars().filter(|c| is_cased(*c)).count();
    let is_plain = group.bytes().all(|b| b.is_ascii_digit());
    let is_unclear = match (digits, letters) {
        (0, _) => false,
        (_, 0) if is_plain => digits > 6,
        (_, 0) => digits >= 4,
        (..) => digits + letters >= 4 && !has_unit(group, digits),
    };
    if is_unclear {
        Kind::Unclear
    } else if is_plain && digits >= 4 {
        Kind::Code
    } else {
        Kind::Other
    }
}

/// Returns true if up to three digits are followed by their unit: `10min`.
fn has_unit(group: &str, digits: usize) -> bool {
    let unit = group.trim_start_matches(|c: char| c.is_ascii_digit());
    digits <= 3 && !unit.is_empty() && unit.chars().all(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_only_run_of_right_digit_count() {
        for (text, code) in [
            ("Your code is 123456.", "123456"),
            ("Your code is 123456", "123456"),
            ("123456 is your code.\n@login.example.com #123456", "123456"),
            (
                "123456 is your code.\n\n@login2026.example.com #123456",
                "123456",
            ),
            ("验证码1234，五分钟内有效", "1234"),
            ("验证码1234,10分钟内有效", "1234"),
            ("【Acme】您的验证码是123456。10分钟内有效", "123456"),
            ("인증번호는 123456입니다", "123456"),
            (
                "Your SMS code is: 123456 and is valid for 5 minutes.",
                "123456",
            ),
            ("Ihr Code: 123456 (gültig 15 Minuten)", "123456"),
            ("123456, valid for 300s or 10min", "123456"),
            ("Your 2FA code is 123456", "123456"),
            ("G-123456 is your code", "123456"),
            ("123456 and again 123456", "123456"),
            ("O2: code:1234;", "1234"),
        ] {
            let found = code_in_text(text);
            assert_eq!(found, InText::Code(code.to_owned()), "{text}");
        }
    }

    /// A run of digits that could be a part of the code, or a year beside a code that is not recognised, is not sent as
    /// the code.
    #[test]
    fn unclear_text_has_no_code() {
        for text in [
            "123456 or 654321",
            "call 8613800138000",
            "1234567",
            "Your Acme code is 12345678. Acme 2026",
            "Code: 12 3456",
            "Code: 12\u{a0}3456",
            "Code: 12\u{200b}3456",
            "code 123-4567",
            "code 123\u{2011}4567",
            "code: 123.456, Acme 2026",
            "Code AB1234",
            "Code 1234AB",
            "Code A1B2C3. Acme 2026",
            "Code abc123. Acme 2026",
            "Your code 12345678 of iOS17",
            "١٢٣٤٥٦ (until 2030)",
            "code０123456",
            "123456 until 2026-11-30",
            "123456, call 400-810-1234",
        ] {
            assert_eq!(code_in_text(text), InText::Unclear, "{text}");
        }
    }

    #[test]
    fn text_without_digits_of_a_code_has_nothing() {
        for text in [
            "",
            "123",
            "Your password was changed.",
            "Sign in within 10 minutes",
            "10:30",
        ] {
            assert_eq!(code_in_text(text), InText::Nothing, "{text}");
        }
    }
}
