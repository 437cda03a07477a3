//! Secrets, numbers and codes in every form that a plugin was found to return them in.

#![allow(clippy::string_slice, reason = "the texts are ASCII")]

use super::*;
use crate::mask::MASK;
use crate::secrets::CONFIG_BYTES;

/// The longest text in these tests, in bytes.
const TEXT: usize = 2_048;

const KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const CONFIG: &str =
    r#"{"accessKeySecret":"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE","endpoint":"sms.example.com"}"#;
const TO: &str = "+86 138-0013-8000";

fn code(code: &str) -> Vec<(String, String)> {
    let ttl = ("ttl".to_owned(), "5".to_owned());
    vec![("code".to_owned(), code.to_owned()), ttl]
}

fn cleaned_as(config: &str, code_of_call: &str, text: &str, kind: Kind) -> String {
    let config = SecretText::new(config);
    let variables = code(code_of_call);
    let mut text = text.to_owned();
    Search::new(&config, TO, &variables).clean(&mut text, kind, TEXT);
    text
}

fn cleaned(text: &str) -> String {
    cleaned_as(CONFIG, "918273", text, Kind::Text)
}

/// Each byte in an escape.
fn escaped(text: &str, escape: impl Fn(u8) -> String) -> String {
    text.bytes().map(escape).collect()
}

#[test]
fn a_secret_is_taken_out_in_every_encoding() {
    let mixed: String = hex::encode(KEY)
        .chars()
        .enumerate()
        .map(|(at, c)| {
            if at % 2 == 0 {
                c.to_ascii_uppercase()
            } else {
                c
            }
        })
        .collect();
    for hidden in [
        KEY.to_owned(),
        KEY.to_ascii_lowercase(),
        KEY.to_ascii_uppercase(),
        hex::encode(KEY),
        hex::encode_upper(KEY),
        mixed,
        escaped(KEY, |byte| format!("{byte:02x}:"))
            .trim_end_matches(':')
            .to_owned(),
        "R3U1dDl4R0FSTnBxODZjZDk4am9RWUNOM0VYQU1QTEU=".to_owned(),
        escaped(KEY, |byte| format!("%{byte:02X}")),
        escaped(KEY, |byte| format!("%25{byte:02x}")),
        escaped(KEY, |byte| format!("\\u00{byte:02x}")),
        escaped(KEY, |byte| format!("\\x{byte:02x}")),
        escaped(KEY, |byte| format!("&#{byte};")),
        KEY.chars().map(|c| format!("{c}\u{200b}")).collect(),
        KEY.chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
            .collect(),
        escaped(&hex::encode(KEY), |byte| format!("%{byte:02x}")),
    ] {
        let clean = cleaned(&format!("before {hidden} after"));
        assert!(clean.contains(MASK), "{hidden}: {clean}");
        assert!(
            clean.starts_with("before ") && clean.ends_with(" after"),
            "{hidden}: {clean}"
        );
        assert!(clean.len() < 24, "{hidden}: {clean}");
    }
}

#[test]
fn number_and_code_are_removed_in_any_writing() {
    for hidden in [
        "+8613800138000",
        "+86 138 0013 8000",
        "(138) 0013-8000",
        "138.0013.8000",
        "138–0013–8000",
        "１３８００１３８０００",
        "%2B8613800138000",
        "\\u0031\\u0033800138000",
        "00138000",
        // `+8613800138000` in hexadecimal and in base64.
        "2b38363133383030313338303030",
        "Kzg2MTM4MDAxMzgwMDA=",
        "918273",
        "918 273",
        "9-1-8-2-7-3",
        "９１８２７３",
        "9\u{200b}18273",
        "%39%31%38%32%37%33",
        // `918273` in hexadecimal and in base64.
        "393138323733",
        "OTE4Mjcz",
    ] {
        let clean = cleaned(&format!("before {hidden} after"));
        assert!(clean.contains(MASK), "{hidden}: {clean}");
        let left = clean.replace(MASK, "");
        let digits = left.chars().filter(|c| c.is_numeric()).count();
        assert!(digits < 3, "{hidden}: {clean}");
    }
    assert_eq!(cleaned("验证码918273，请"), "验证码****，请");
    assert_eq!(cleaned("code:918273x"), "code:****x");
}

#[test]
fn what_only_resembles_them_stays() {
    for open in [
        "cannot reach sms.example.com within 5 s",
        "9246:591234274517952691400000001",
        "template 19182731, 9182730",
        "138****8000",
        "a0aabda6-dc13-4d1c-84c4-cf2b5d0ac1f2",
        "",
    ] {
        assert_eq!(cleaned(open), open);
    }
}

/// These are its beginning, its end and runs in its middle.
#[test]
fn long_secret_does_not_survive_in_parts() {
    let alphabet: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    for length in 33..=47 {
        let secret = &alphabet[..length];
        let config = serde_json::json!({ "password": secret }).to_string();
        let clean = |text: &str| cleaned_as(&config, "1", text, Kind::Text);
        for hidden in [
            secret.to_owned(),
            hex::encode(secret),
            secret.to_uppercase(),
        ] {
            assert_eq!(clean(&hidden), MASK, "{length}");
        }
        for part in [&secret[..8], &secret[length - 8..]] {
            assert_eq!(clean(part), MASK, "{length}: {part}");
        }
        let end = clean(&secret[length - 15..]).replace(MASK, "");
        assert!(end.len() < 4, "{length}: {end}");
        for at in 0..=length - 16 {
            let left = clean(&secret[at..at + 16]).replace(MASK, "");
            assert!(left.len() < 11, "{length}: {left} of {at}");
        }
    }
}

/// Those of connection strings and of invalid JSON are removed as well.
#[test]
fn secrets_of_urls_and_repeated_keys_are_removed() {
    for (config, hidden) in [
        (
            r#"{"url":"https://oapi.example.com/send?access_token=566cc69da782ec33e42541b46b9f5cc1"}"#,
            "566cc69da782ec33e42541b46b9f5cc1",
        ),
        (
            r#"{"relay":"https://user:Passw0rd-Long@relay.example.com/"}"#,
            "Passw0rd-Long",
        ),
        (
            r#"{"connection":"AccountEndpoint=sms.example.com;AccountKey=abcdefghijklmnop0123456789=="}"#,
            "abcdefghijklmnop0123456789",
        ),
        (
            r#"{"accessKeySecret":"hunter2!","accessKeySecret":"other"}"#,
            "hunter2!",
        ),
        (r#"{"accessKeySecret":"hunter2!","n":1e999}"#, "hunter2!"),
        (r#"{"accessKeySecret":"hunter2!","n":"\ud800"}"#, "hunter2!"),
        (
            r#"{"accessKeySecret":"hunter2!\ud800hunter3!"}"#,
            "hunter2!",
        ),
        ("\u{feff}{\"accessKeySecret\":\"hunter2!\"}", "hunter2!"),
        (r#"{"accessKeySecret":"hunter2!"} trailing"#, "hunter2!"),
        (r#"{"auth":"hunter2!"}"#, "hunter2!"),
        (r#"{"credentials":[{"x":"hunter2!"}]}"#, "hunter2!"),
    ] {
        let clean = cleaned_as(config, "1", &format!("{config} {hidden}"), Kind::Text);
        assert!(!clean.contains(hidden), "{config}: {clean}");
        assert!(clean.contains(MASK), "{config}: {clean}");
    }
}

/// An identifier keeps a short code and loses a number a secret and a long code.
#[test]
fn identifier_keeps_short_codes_and_loses_all_else() {
    let id = |text: &str, code: &str| cleaned_as(CONFIG, code, text, Kind::Identifier);
    assert_eq!(id("9246:59123", "9246"), "9246:59123");
    assert_eq!(id("924611:59123", "924611"), "****:59123");
    assert_eq!(id("59246115", "924611"), "59246115");
    assert_eq!(id("x-8613800138000", "1"), "x-****");
    assert_eq!(id(KEY, "1"), MASK);
}

#[test]
fn a_cut_leaves_no_beginning_of_a_secret() {
    let long = "k7".repeat(400);
    let config = format!(r#"{{"privateKey":"{long}"}}"#);
    let text = format!("{} {}", "x".repeat(TEXT - 5), long);
    let clean = cleaned_as(&config, "1", &text, Kind::Text);
    assert!(!clean.contains("k7k7"), "{clean}");
    assert!(clean.len() <= TEXT + MASK.len() + '…'.len_utf8());
}

#[test]
fn figure_holding_code_or_number_reveals_it() {
    let (config, variables) = (SecretText::new(CONFIG), code("918273"));
    let search = Search::new(&config, TO, &variables);
    for figure in [
        918_273,
        918_273_000,
        1_918_273,
        8_613_800_138_000,
        13_800_138_000,
    ] {
        assert!(search.reveals(figure), "{figure}");
    }
    for figure in [0, 30_000, 91_827, 13_800_138] {
        assert!(!search.reveals(figure), "{figure}");
    }
}

#[test]
fn parameter_keeps_number_and_code_but_no_secret() {
    let all = format!("{KEY} +8613800138000 918273");
    let clean = cleaned_as(CONFIG, "918273", &all, Kind::Parameter);
    assert_eq!(clean, "**** +8613800138000 918273");
}

#[test]
fn texts_beyond_search_budget_are_masked() {
    let (config, variables) = (SecretText::new(CONFIG), code("918273"));
    let mut search = Search::new(&config, TO, &variables);
    let mut shown = 0;
    let mut last = String::new();
    for _ in 0..400 {
        last = "f".repeat(1_000);
        search.clean(&mut last, Kind::Text, TEXT);
        shown += last.len();
    }
    assert_eq!(last, MASK);
    assert!(
        shown > SEARCHED - 1_000 && shown <= SEARCHED + 400 * MASK.len(),
        "{shown}"
    );
    let mut search = Search::new(&config, TO, &variables);
    search.stop();
    let mut text = "open".to_owned();
    search.clean(&mut text, Kind::Text, TEXT);
    assert_eq!(text, MASK);
}

#[test]
fn config_with_too_many_secrets_shows_no_text() {
    for config in [
        serde_json::json!({ "password": "x1".repeat(CONFIG_BYTES / 4) }).to_string(),
        " ".repeat(CONFIG_BYTES + 1),
    ] {
        assert_eq!(cleaned_as(&config, "1", "something", Kind::Text), MASK);
        let config = SecretText::new(config);
        assert!(Search::new(&config, TO, &[]).reveals(5));
    }
    let config = " ".repeat(CONFIG_BYTES);
    assert_eq!(
        cleaned_as(&config, "1", "something", Kind::Text),
        "something"
    );
}

/// How often each byte of an answer is read, at most: what a search costs is bytes and not bytes times secrets.
#[test]
fn bytes_read_grow_with_text_alone() {
    let secrets: Vec<String> = (0..400)
        .map(|n| format!("{n:08x}{:08x}", n * 7_919))
        .collect();
    let config = SecretText::new(serde_json::json!({ "secret": secrets }).to_string());
    let text: String = (0..2_000_u32)
        .map(|n| char::from(b' ' + (n * 7 % 95) as u8))
        .collect();
    for text in [text.as_str(), &"%2541".repeat(400), &"abcd".repeat(500)] {
        let mut reading = Reading::plain(text);
        let mut bytes = 0;
        for _ in 0..=ESCAPED {
            bytes += reading.bytes.len();
            let mut decoded = Reading::default();
            reading.decode(&HEX, 4, &mut decoded);
            bytes += decoded.bytes.len();
            reading.decode(&BASE64, 4, &mut decoded);
            bytes += decoded.bytes.len();
            match reading.unescaped() {
                Some(unescaped) => reading = unescaped,
                None => break,
            }
        }
        assert!(bytes <= 16 * text.len(), "{bytes} for {}", text.len());
        let mut hits = 0;
        config.secrets().find(text.as_bytes(), |_, _| hits += 1);
        assert!(hits <= 5 * text.len());
    }
}

#[test]
fn code_behind_secret_or_number_is_removed() {
    for (text, clean) in [
        (format!("{KEY}918273"), "****"),
        ("+8613800138000918273".to_owned(), "+****"),
        (format!("{KEY}+8613800138000 918273"), "****+**** ****"),
    ] {
        assert_eq!(cleaned(&text).replace("********", "****"), clean, "{text}");
    }
    let config = r#"{"password":"secret-that-ends-in-1"}"#;
    let clean = cleaned_as(config, "918273", "secret-that-ends-in-1918273", Kind::Text);
    assert!(!clean.contains("918273"), "{clean}");
}

/// A variable is found as a whole, however much of it is beyond the cut.
#[test]
fn cut_leaves_no_beginning_of_long_variable() {
    let config = SecretText::new(CONFIG);
    let address: String = (0..1_024_u32)
        .map(|at| char::from(b'a' + u8::try_from(at * 7 % 26).unwrap()))
        .collect();
    for address in [&address, &address[..300], &address[..22]] {
        let variables = vec![("address".to_owned(), address.to_owned())];
        for cap in [128, 256, TEXT] {
            for shown in [
                address.to_owned(),
                escaped(address, |byte| format!("\\u00{byte:02x}")),
                hex::encode(address),
            ] {
                let before = "- ".repeat((cap - 60) / 2);
                let mut text = format!("{before}{shown}");
                let mut search = Search::new(&config, TO, &variables);
                search.clean(&mut text, Kind::Text, cap);
                assert!(
                    !text.contains(&shown[..40.min(shown.len())]),
                    "{cap}: {text}"
                );
                assert!(text.contains(MASK), "{cap}: {text}");
            }
        }
    }
}
