use alloc::format;
use alloc::string::ToString;

use super::*;

struct Entry(&'static str, Option<&'static str>, u32);

const SIGN_IN: [Entry; 5] = [
    Entry("SignIn", None, 1),
    Entry("SignIn", Some("zh-CN"), 2),
    Entry("SignIn", Some("en"), 3),
    Entry("SignIn", Some("en"), 4),
    Entry("Generic", None, 5),
];

fn chosen(entries: &[Entry], usage: &str, locales: &[&str]) -> Option<(u32, bool)> {
    let templates: Vec<&Entry> = entries.iter().collect();
    let locales: Vec<String> = locales.iter().map(ToString::to_string).collect();
    choose(&templates, |entry| (entry.0, entry.1), usage, &locales)
        .map(|(template, fell_back)| (template.2, fell_back))
}

#[test]
fn usage_decides_before_language() {
    for (usage, locales, number, fell_back) in [
        ("SignIn", &[][..], 1, false),
        ("SignIn", &["zh-CN"], 2, false),
        ("SignIn", &["zh-CN-x-private"], 2, false),
        ("SignIn", &["ZH_cn"], 2, false),
        ("SignIn", &["zh-TW"], 1, false),
        ("SignIn", &["zh"], 1, false),
        ("SignIn", &["en-GB"], 3, false),
        ("SignIn", &["fr", "en", "zh-CN"], 3, false),
        ("Invented", &["zh-CN"], 5, true),
        ("signin", &[], 5, true),
        ("Generic", &[], 5, false),
    ] {
        assert_eq!(
            chosen(&SIGN_IN, usage, locales),
            Some((number, fell_back)),
            "{usage} {locales:?}"
        );
    }
}

#[test]
fn without_usage_and_fallback_there_is_no_template() {
    let entries = [Entry("SignIn", None, 1)];
    assert_eq!(chosen(&entries, "Register", &[]), None);
    assert_eq!(chosen(&entries, "Generic", &[]), None);
}

/// RFC 4647, section 3.4: one subtag after the other goes, and a single letter goes with the one that it introduces.
#[test]
fn tag_loses_subtags_until_template_matches() {
    let entries = [
        Entry("SignIn", Some("zh"), 1),
        Entry("SignIn", Some("zh-Hans"), 2),
        Entry("SignIn", Some("zh-Hans-x"), 3),
    ];
    for (tag, number) in [
        ("zh-Hans-CN", 2),
        ("zh-Hans-CN-x-private", 2),
        ("zh-Hans-x-private", 2),
        ("zh_Hans_x_private", 2),
        ("zh-Hans-x", 3),
        ("zh-TW", 1),
        ("zh-x-private", 1),
    ] {
        assert_eq!(
            chosen(&entries, "SignIn", &[tag]),
            Some((number, false)),
            "{tag}"
        );
    }
}

#[test]
fn sixteen_tags_of_sixty_four_bytes_are_examined() {
    let among = |others: usize, tag: &str| {
        let mut locales = alloc::vec!["fr"; others];
        locales.push(tag);
        chosen(&SIGN_IN, "SignIn", &locales).map(|(number, _)| number)
    };
    assert_eq!(among(15, "en"), Some(3));
    assert_eq!(among(16, "en"), Some(1));
    let tag = |bytes: usize| format!("en-{}", "x-".repeat(40).get(..bytes - 3).unwrap());
    assert_eq!(among(0, &tag(64)), Some(3));
    assert_eq!(among(0, &tag(65)), Some(1));
}

#[test]
fn placeholders_are_filled_and_other_braces_stay() {
    let variables = [("code", "123456"), ("a.b_1", "x")]
        .map(|(name, value)| (name.to_string(), value.to_string()));
    for (text, expected) in [
        ("", Ok("")),
        ("{{code}}", Ok("123456")),
        ("{{ code }}", Ok("123456")),
        ("Code {{code}}: {{a.b_1}}", Ok("Code 123456: x")),
        ("{{}} {{a b}} {{code", Ok("{{}} {{a b}} {{code")),
        ("{{{code}}}", Ok("{{{code}}}")),
        ("}}{{code}}{{", Ok("}}123456{{")),
        ("{{Code}} {{link}}", Err("Code")),
    ] {
        assert_eq!(
            fill(text, &variables),
            expected.map(ToString::to_string),
            "{text}"
        );
    }
    let names: Vec<&str> = placeholders("{{code}} {{ link }} {{a b}}").collect();
    assert_eq!(names, ["code", "link"]);
}

#[test]
fn script_in_a_tag_finds_the_region() {
    let entries = [
        Entry("SignIn", Some("en"), 1),
        Entry("SignIn", Some("zh-CN"), 2),
        Entry("SignIn", Some("zh-TW"), 3),
        Entry("SignIn", Some("sr-Latn"), 4),
    ];
    for (tag, number) in [
        ("zh-Hans-CN", 2),
        ("zh_Hans_CN", 2),
        ("ZH-HANS-CN", 2),
        ("zh-Hans", 2),
        ("zh-Hans-SG", 2),
        ("zh-Hant-TW", 3),
        ("zh-Hant", 3),
        ("zh-Hant-HK", 3),
        ("sr-Latn-RS", 4),
        ("sr-Cyrl-RS", 1),
        ("zh-Hans-x-private", 2),
    ] {
        assert_eq!(
            chosen(&entries, "SignIn", &[tag]),
            Some((number, false)),
            "{tag}"
        );
    }
    let by_script = [
        Entry("SignIn", Some("zh-Hant"), 1),
        Entry("SignIn", Some("zh-Hans"), 2),
    ];
    for (tag, number) in [("zh-CN", 2), ("zh-TW", 1), ("zh-HK", 1), ("zh-SG", 2)] {
        assert_eq!(
            chosen(&by_script, "SignIn", &[tag]),
            Some((number, false)),
            "{tag}"
        );
    }
}
