//! Secrets inside a value: tokens, URLs, connection strings.

use crate::names::{NAMED, is_telling};

/// The shortest string that is taken for a token wherever it stands. The shortest keys of providers have 16
/// characters; numbers of templates and applications, regions and usages have fewer.
const TOKEN: usize = 16;

/// The longest name that is looked at before an equals sign.
const NAME: usize = 64;

/// The shortest segment of a path that is secret in a URL under a telling key.
const SEGMENT: usize = 8;

/// The longest value with spaces that is taken behind a name. Without a bound, many names in one line would each be
/// read to its end.
const LINE: usize = 128;

/// Characters that end a word behind a name.
const BETWEEN: &[char] = &[
    ';', '&', '"', '\n', '\r', ' ', ',', '\'', '\\', '<', '>', '}', '#',
];

/// Reports the secrets of a value; one under a telling key is secret itself.
pub(crate) fn of(text: &str, telling: bool, report: &mut dyn FnMut(&str)) {
    let is_url = text.contains("://");
    if (telling && !is_url && text.len() >= NAMED) || is_token(text) {
        report(text);
    }
    if is_url {
        urls(text, telling, report);
    }
    named(text, report);
    words(text, is_url, report);
}

/// Users and passwords before a host; in a URL that is secret as a whole also its path's and its query's values.
fn urls(text: &str, telling: bool, report: &mut dyn FnMut(&str)) {
    let mut rest = text;
    while let Some((_, url)) = rest.split_once("://") {
        let (authority, after) =
            split_at_any(url, &['/', '?', '#', ' ', '"', '\'', '<', '>', '\n']);
        rest = after;
        if let Some((user, _)) = authority.rsplit_once('@') {
            match user.split_once(':') {
                Some((name, password)) => {
                    decoded(password, NAMED, report);
                    if is_token(name) {
                        decoded(name, NAMED, report);
                    }
                }
                None => decoded(user, NAMED, report),
            }
        }
        if telling {
            let (target, after) = split_at_any(after, &[' ', '"', '\'', '<', '>', '\n']);
            rest = after;
            let (path, query) = split_at_any(target, &['?', '#']);
            for segment in path.split('/') {
                decoded(segment, SEGMENT, report);
            }
            for pair in query.split(['?', '&', '#', ';']) {
                let value = pair.split_once('=').map_or(pair, |(_, value)| value);
                decoded(value, NAMED, report);
            }
            // A URL with a custom scheme is not a web address: the text behind the scheme may be the secret.
            if target.len() < 2 && !authority.contains(['.', ':', '@']) {
                decoded(authority, NAMED, report);
            }
        }
    }
}

/// Values behind a telling name and an equals sign or a colon: `AccountKey=…;`, `access_token=…&`,
/// `Authorization: Bearer …`.
pub(crate) fn named(text: &str, report: &mut dyn FnMut(&str)) {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['=', ':'])) {
        let sign = at + found;
        at = sign + 1;
        let before = text.get(..sign).unwrap_or_default();
        let before = before.trim_end_matches([' ', '"', '\'', '\\']);
        let length: usize = before
            .chars()
            .rev()
            .take(NAME)
            .take_while(|c| c.is_alphanumeric() || "_-.".contains(*c))
            .map(char::len_utf8)
            .sum();
        let name = before.get(before.len() - length..).unwrap_or_default();
        if !is_telling(name) {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let mut value = rest.trim_start_matches([' ', '"', '\'', '\\']);
        for scheme in ["bearer ", "basic ", "token "] {
            let head = value.get(..scheme.len()).unwrap_or_default();
            if head.eq_ignore_ascii_case(scheme) {
                value = value.get(scheme.len()..).unwrap_or_default().trim_start();
            }
        }
        let word = split_at_any(value, BETWEEN).0;
        at = text.len() - value.len() + word.len();
        // In a URL the parts are secret, and not the scheme and the host.
        if word.contains("://") {
            continue;
        }
        decoded(word, NAMED, report);
        let line = value
            .get(..value.floor_char_boundary(LINE))
            .unwrap_or_default();
        let whole = split_at_any(line, &[';', '&', '"', '\n', '\r']).0;
        if whole.len() > word.len() && !whole.contains("://") {
            decoded(whole, NAMED, report);
            at = text.len() - value.len() + whole.len();
        }
    }
}

/// Tokens among the words of a text, and among the segments of a path.
fn words(text: &str, is_url: bool, report: &mut dyn FnMut(&str)) {
    for word in text.split(|c| !is_of_token(c)) {
        if word.len() < TOKEN {
            continue;
        }
        let has_host = word.split('/').next().is_some_and(is_host_name);
        if is_token(word) && !is_url && !has_host {
            report(word);
        }
        if word.contains(['/', '=']) {
            for part in word.split(['/', '=']).filter(|part| is_token(part)) {
                report(part);
            }
        } else if is_token(word) {
            report(word);
        }
    }
}

/// Reports a part as it is and without percent encoding, unless it is short.
fn decoded(part: &str, least: usize, report: &mut dyn FnMut(&str)) {
    if part.len() < least {
        return;
    }
    report(part);
    if part.contains('%') {
        let mut bytes = Vec::with_capacity(part.len());
        let mut rest = part.as_bytes();
        while let [first, after @ ..] = rest {
            let byte = match after {
                [high, low, ..] if *first == b'%' => crate::readings::byte(*high, *low),
                _ => None,
            };
            bytes.push(byte.unwrap_or(*first));
            rest = after
                .get(if byte.is_some() { 2 } else { 0 }..)
                .unwrap_or_default();
        }
        report(&String::from_utf8_lossy(&bytes));
    }
}

/// A text up to the first of these characters, and from there.
fn split_at_any<'t>(text: &'t str, any: &[char]) -> (&'t str, &'t str) {
    text.split_at_checked(text.find(any).unwrap_or(text.len()))
        .unwrap_or((text, ""))
}

/// Long, without spaces, with a digit, and neither a name with a value nor a host name, which errors have to name.
fn is_token(text: &str) -> bool {
    text.len() >= TOKEN
        && text.chars().all(is_of_token)
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && !text.trim_end_matches('=').contains('=')
        && !text.split('/').next().is_some_and(is_host_name)
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=_-.~".contains(c)
}

fn is_host_name(text: &str) -> bool {
    let Some((labels, top)) = text.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    (2..=24).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_lowercase())
        && labels.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, telling: bool) -> Vec<String> {
        let mut found = Vec::new();
        of(text, telling, &mut |part| found.push(part.to_owned()));
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn url_credentials_are_secret_and_hosts_are_not() {
        for (text, telling, expected) in [
            (
                "https://user:Pa%20ss@relay.example.com/",
                false,
                vec!["Pa ss", "Pa%20ss"],
            ),
            ("https://t0ken@relay.example.com", false, vec!["t0ken"]),
            (
                "https://a.example.com/send?access_token=abcdef&x=1",
                false,
                vec!["abcdef"],
            ),
            (
                "https://a.example.com/?x=1&sig=abcd#f",
                false,
                vec!["abcd", "abcd#f"],
            ),
            (
                "https://hooks.example.com/services/T00000000/B00000000/XyzXyzXyzXyzXyzXyz12",
                false,
                vec!["XyzXyzXyzXyzXyzXyz12"],
            ),
            (
                "https://hooks.example.com/services/abcdefghij?k=abcd",
                true,
                vec!["abcd", "abcdefghij", "services"],
            ),
            (
                "https://sms.ap-guangzhou2.example.com:8443/v1/messages",
                false,
                vec![],
            ),
            ("https://127.0.0.1:38273", true, vec![]),
        ] {
            assert_eq!(found(text, telling), expected, "{text}");
        }
    }

    #[test]
    fn values_behind_telling_names_are_secret() {
        for (text, expected) in [
            (
                "AccountEndpoint=sms.example.com;AccountKey=abcdefghijklmnop/+==;x=y",
                vec!["abcdefghijklmnop/+=="],
            ),
            (
                "host=db user=me password=hunter2 dbname=x",
                vec!["hunter2", "hunter2 dbname=x"],
            ),
            ("Authorization: Bearer abcd", vec!["abcd"]),
            ("Password=\"two words\";", vec!["two", "two words"]),
            ("region=ap-guangzhou;name=example", vec![]),
            ("the token is in the safe", vec![]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .filter(|part| part.len() >= NAMED)
                .collect();
            assert_eq!(found(text, false), expected, "{text}");
        }
    }
}
