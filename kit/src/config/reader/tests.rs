use super::*;
use crate::json;

const EMPTY: Text = Text::new("", "");
static FIELDS: [Field; 2] = [Field::new("one", EMPTY), Field::new("two", EMPTY)];
const SHORT: Form = Form::new(|text| text.len() <= 3, "a short text", "短文本");
const DIGITS: Form = Form::new(
    |text| text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit()),
    "digits",
    "数字",
);

/// Reads one value, absent where the text is empty; returns what was read and the finding, a code and whether it is an
/// error.
fn read<T>(
    text: &str,
    how: impl FnOnce(&Object<'_, '_>) -> Option<T>,
) -> (Option<T>, Option<(&'static str, bool)>) {
    let text = match text {
        "" => "{}".into(),
        value => format!(r#"{{"one": {value}}}"#),
    };
    let document = json::parse(&text).unwrap();
    let reader = Reader::default();
    let object = reader.object(Place::Root, &document, &FIELDS).unwrap();
    let found = how(&object);
    let mut findings = reader.into_sorted(&FIELDS);
    assert!(findings.len() <= 1, "{findings:?}");
    let finding = findings.pop().map(|finding| {
        assert_eq!(finding.pointer, "/one");
        (finding.rule.code, finding.severity == Severity::Error)
    });
    (found, finding)
}

fn error(code: &'static str) -> Option<(&'static str, bool)> {
    Some((code, true))
}

const PLACEHOLDER_WARNING: Option<(&str, bool)> = Some(("placeholder", false));

#[test]
fn required_text_must_be_filled_in() {
    for (text, value, finding) in [
        (r#""abc""#, Some("abc"), None),
        (r#"" abc\n""#, Some("abc"), None),
        (r#""abcd""#, None, error("malformed")),
        ("", None, error("required")),
        ("null", None, error("required")),
        (r#"" ""#, None, error("blank")),
        (r#""<one>""#, None, error("placeholder")),
        ("1", None, error("wrong-type")),
        ("[]", None, error("wrong-type")),
        ("{}", None, error("wrong-type")),
    ] {
        let found = read(text, |object| {
            object.required_text("one", &SHORT).map(String::from)
        });
        assert_eq!((found.0.as_deref(), found.1), (value, finding), "{text}");
    }
}

/// The pairs that every optional value shares.
const ABSENT: [(&str, Option<(&str, bool)>); 8] = [
    ("", None),
    ("null", None),
    (r#""""#, None),
    (r#"" \t""#, None),
    ("{}", None),
    ("[]", None),
    (r#""<one>""#, PLACEHOLDER_WARNING),
    (r#"" <> ""#, PLACEHOLDER_WARNING),
];

#[test]
fn optional_text_may_be_blank_of_any_type() {
    let read = |text| {
        read(text, |object| {
            object.optional_text("one", &SHORT).map(String::from)
        })
    };
    for (text, finding) in ABSENT {
        assert_eq!(read(text), (None, finding), "{text}");
    }
    assert_eq!(read(r#"" abc ""#), (Some("abc".into()), None));
    assert_eq!(read(r#""abcd""#), (None, error("malformed")));
    assert_eq!(read("false"), (None, error("wrong-type")));
    assert_eq!(read("[null]"), (None, error("wrong-type")));
}

#[test]
fn switch_may_be_blank_of_any_type() {
    let read = |text| read(text, |object| object.switch("one"));
    for (text, finding) in ABSENT {
        assert_eq!(read(text), (None, finding), "{text}");
    }
    assert_eq!(read("true"), (Some(true), None));
    assert_eq!(read("false"), (Some(false), None));
    for text in ["0", r#""true""#, "[true]"] {
        assert_eq!(read(text), (None, error("wrong-type")), "{text}");
    }
}

#[test]
fn digits_may_be_a_number() {
    for (text, value, finding) in [
        ("12", Some("12"), None),
        ("12.0", Some("12"), None),
        (r#"" 012 ""#, Some("012"), None),
        ("1234", None, error("malformed")),
        (r#""1a""#, None, error("malformed")),
        ("-1", None, error("wrong-type")),
        ("1.5", None, error("wrong-type")),
        ("true", None, error("wrong-type")),
        ("", None, error("required")),
    ] {
        let found = read(text, |object| {
            let digits = object.digits("one", &DIGITS);
            digits.map(Cow::into_owned)
        });
        assert_eq!((found.0.as_deref(), found.1), (value, finding), "{text}");
    }
}

#[test]
fn pointer_escapes_tilde_and_slash() {
    let list = Place::Root.key("a/b");
    let entry = list.entry(12);
    assert_eq!(entry.key("c~d/~1").pointer(), "/a~1b/12/c~0d~1~01");
    assert_eq!(entry.key("").pointer(), "/a~1b/12/");
    assert_eq!(Place::Root.pointer(), "");
}

/// The last of repeated keys counts, as in JavaScript.
#[test]
fn unknown_and_repeated_keys_are_warnings() {
    let document = json::parse(r#"{"one": 1, "onE": 2, "one": 3, "one": null, "one": 4}"#).unwrap();
    let reader = Reader::default();
    let object = reader.object(Place::Root, &document, &FIELDS).unwrap();
    assert_eq!(object.get("one"), Some(&Json::Integer(4)));
    assert_eq!(object.get("two"), None);
    assert_eq!(object.get("onE"), None);
    assert!(!reader.has_error());
    let findings = reader.into_sorted(&FIELDS);
    let found: Vec<_> = findings
        .iter()
        .map(|finding| (finding.pointer.as_str(), finding.rule.code))
        .collect();
    let repeated = ("/one", "repeated-key");
    assert_eq!(
        found,
        [("/onE", "unknown-key"), repeated, repeated, repeated]
    );
}

/// A key may be a secret, a number or a code in the wrong place.
#[test]
fn key_that_could_be_value_is_not_named() {
    for (key, pointer) in [
        ("two words", "/list/3/two words"),
        ("a/b", "/list/3/a~1b"),
        ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "/list/3"),
        ("13800138000", "/list/3"),
        ("918273", "/list/3"),
        ("", "/list/3"),
        ("a\\nb", "/list/3"),
    ] {
        let text = format!(r#"{{"{key}": 1}}"#);
        let document = json::parse(&text).unwrap();
        let reader = Reader::default();
        let list = Place::Root.key("list");
        reader.object(list.entry(3), &document, &FIELDS).unwrap();
        let findings = reader.into_sorted(&FIELDS);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].pointer, pointer, "{key}");
        assert_eq!(findings[0].rule, UNKNOWN_KEY);
    }
}

#[test]
fn value_that_is_no_object_is_an_error() {
    for text in ["[]", "null", r#""{}""#, "1"] {
        let document = json::parse(text).unwrap();
        let reader = Reader::default();
        assert!(reader.object(Place::Root, &document, &FIELDS).is_none());
        assert!(reader.has_error(), "{text}");
    }
}

#[test]
fn form_of_urls_and_headers_holds_what_can_be_sent() {
    for (form, good, bad) in [
        (
            Form::URL,
            "https://a.example/x?y=z",
            "https://a.example/hooks/<team>",
        ),
        (Form::URL, "http://localhost:80", "http://a.example"),
        (Form::HEADER, "Bearer a~", "two\nlines"),
        (Form::HEADER, "", "\u{e9}"),
    ] {
        assert!((form.valid)(good), "{good}");
        assert!(!(form.valid)(bad), "{bad}");
    }
}
