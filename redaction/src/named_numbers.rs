//! Phone numbers behind a name, in a text of any syntax: JSON that no reader takes, lines of JSON, JSON in a string, XML,
//! a form, a part of several.

/// Characters that may stand within one number.
const WITHIN: &str = " -().+/";
/// How much of it between two digits.
const GAP: usize = 3;

/// Reports every number between a name that sounds like one and the next letter, of whatever script: it begins another
/// name.
pub(crate) fn scan(text: &str, report: &mut dyn FnMut(&str)) {
    let is_letter = char::is_alphabetic;
    let mut rest = text;
    while let Some((_, word)) = split(rest, is_letter) {
        let ends = |c: char| !(is_letter(c) || c == '_' || c == '-');
        let (name, behind) = split(word, ends).unwrap_or((word, ""));
        let (values, after) = split(behind, is_letter).unwrap_or((behind, ""));
        if sounds_like_a_number(name.trim_end_matches(['_', '-'])) {
            numbers(values, report);
        }
        rest = after;
    }
}

/// Reports the digits of a text: in groups, as people write them, and each run of them.
fn numbers(text: &str, report: &mut dyn FnMut(&str)) {
    let mut group: Option<(usize, usize)> = None;
    for (start, end) in runs(text) {
        report(text.get(start..end).unwrap_or_default());
        let joins = group.filter(|(_, last)| {
            let between = text.get(*last..start).unwrap_or_default();
            between.len() <= GAP && between.chars().all(|c| WITHIN.contains(c))
        });
        if joins.is_none() {
            report_group(text, group, report);
        }
        group = Some((joins.map_or(start, |(first, _)| first), end));
    }
    report_group(text, group, report);
}

fn report_group(text: &str, group: Option<(usize, usize)>, report: &mut dyn FnMut(&str)) {
    if let Some((start, end)) = group {
        report(text.get(start..end).unwrap_or_default());
    }
}

/// Positions of runs of digits.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let starts = (0..bytes.len())
        .filter(move |at| is_digit(*at) && !at.checked_sub(1).is_some_and(is_digit));
    starts.map(move |start| {
        let end = (start..bytes.len()).find(|at| !is_digit(*at));
        (start, end.unwrap_or(bytes.len()))
    })
}

/// Bytes as text, without percent encoding and without JSON's escapes of ASCII.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let (byte, length) = match after {
            [high, low, ..] if *first == b'%' => (crate::readings::byte(*high, *low), 2),
            [b'u', b'0', b'0', high, low, ..] if *first == b'\\' => {
                (crate::readings::byte(*high, *low), 5)
            }
            _ => (None, 0),
        };
        plain.push(byte.unwrap_or(*first));
        rest = byte.and_then(|_| after.get(length..)).unwrap_or(after);
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Returns true if a value under this name is a phone number.
pub(crate) fn sounds_like_a_number(name: &str) -> bool {
    const WORDS: [&str; 6] = [
        "mobile",
        "phone",
        "msisdn",
        "recipient",
        "receiver",
        "destination",
    ];
    let name = name.to_ascii_lowercase();
    ["to", "from", "tel", "number"].contains(&name.as_str())
        || WORDS.iter().any(|word| name.contains(word))
}

/// A text before the first of these characters, and from there.
fn split(text: &str, at: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    text.split_at_checked(text.find(at)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_behind_names_in_any_syntax() {
        for (body, expected) in [
            (r#"{"mobile":"13800138000","mobile":"1"}"#, "13800138000"),
            ("{\"mobile\":\"13800138000\"}\n{}", "13800138000"),
            (r#"{"data":"{\"mobile\":\"13800138000\"}"}"#, "13800138000"),
            ("data=%7B%22mobile%22%3A%2213800138000%22%7D", "13800138000"),
            ("a=1;mobile=13800138000", "13800138000"),
            ("<r><mobile>13800138000</mobile></r>", "13800138000"),
            ("name=\"mobile\"\r\n\r\n13800138000\r\n", "13800138000"),
            (r#"{"to":"\u002b8613800138000"} x"#, "8613800138000"),
            ("to=%2B86+138+0013+8000", "86+138+0013+8000"),
            (
                r#"{"phones":["13900139000","13800138000"]} x"#,
                "13800138000",
            ),
            ("mobiles=13900139000,13800138000", "13800138000"),
            ("Phone-Number: (138) 0013-8000", "138) 0013-8000"),
            ("mobile_13800138000", "13800138000"),
        ] {
            let mut found = Vec::new();
            scan(&readable(body.as_bytes()), &mut |number| {
                found.push(number.to_owned());
            });
            assert!(
                found.iter().any(|number| number == expected),
                "{body}: {found:?}"
            );
        }
    }

    #[test]
    fn numbers_behind_other_names_are_none() {
        for body in [
            "id=13800138000",
            "mobile=x&id=13800138000",
            r#"{"mobile":"","编号":"13800138000"} x"#,
            "13800138000",
            "",
        ] {
            scan(body, &mut |number| panic!("{body}: {number}"));
        }
    }
}
