use super::*;
use crate::config::{MAX_FINDINGS, Place, Reader};

const EMPTY: Text = Text::new("", "");
static INNER: [Field; 1] = [Field::new("id", EMPTY).help(Text::new("Inner help.", "内层说明。"))];
static FIELDS: [Field; 3] = [
    Field::new("first", EMPTY)
        .help(Text::new("Help.", "说明。"))
        .link("https://example.com/help"),
    Field::new("second", EMPTY).help(Text::new("Help.", "说明。")),
    Field::new("list", EMPTY)
        .help(Text::new("Help.", "说明。"))
        .list(&INNER),
];

const FIRST: Place<'static> = Place::Key(&Place::Root, "first");
const SECOND: Place<'static> = Place::Key(&Place::Root, "second");

fn warning(pointer: &str) -> Finding {
    Finding {
        pointer: pointer.into(),
        rule: REQUIRED,
        severity: Severity::Warning,
        values: Vec::new(),
    }
}

fn sorted(places: &[Place<'_>]) -> Vec<String> {
    let findings = Reader::default();
    for place in places {
        findings.warning(*place, REQUIRED);
    }
    let sorted = findings.into_sorted(&FIELDS).into_iter();
    sorted.map(|finding| finding.pointer).collect()
}

/// Those about no field come first, and findings about one field keep their order.
#[test]
fn findings_follow_the_field_table() {
    let (first, list) = (FIRST, Place::Root.key("list"));
    let found = sorted(&[
        list.entry(10).key("id"),
        SECOND,
        list.entry(2),
        Place::Root.key("unknown"),
        first.key("inner"),
        Place::Root,
        first,
        list,
    ]);
    assert_eq!(
        found,
        [
            "/unknown",
            "",
            "/first/inner",
            "/first",
            "/second",
            "/list/10/id",
            "/list/2",
            "/list"
        ]
    );
}

/// Findings after some others of one severity: whether one is an error, and the list.
fn findings_after(count: usize, first: Severity, then: &[Severity]) -> (bool, Vec<Finding>) {
    let findings = Reader::default();
    for _ in 0..count {
        findings.report(FIRST, REQUIRED, first, Vec::new());
    }
    for severity in then {
        findings.report(SECOND, REQUIRED, *severity, Vec::new());
    }
    (findings.has_error(), findings.into_sorted(&FIELDS))
}

#[test]
fn hundred_findings_are_listed() {
    let (has_error, listed) = findings_after(99, Severity::Warning, &[Severity::Error]);
    assert_eq!((has_error, listed.len()), (true, 100));
    assert_eq!(listed[99].pointer, "/second");
    for severity in [Severity::Warning, Severity::Error] {
        let (has_error, listed) = findings_after(100, severity, &[severity]);
        assert_eq!(has_error, severity == Severity::Error);
        assert_eq!(listed.len(), 101);
        let last = &listed[100];
        assert_eq!((last.rule.code, last.severity), ("more", severity));
        assert_eq!(last.pointer, "");
        let message = last.diagnostic(&FIELDS, Language::English).message;
        assert!(message.contains("the 100 that"), "{message}");
    }
}

/// The operator has to correct the error, so its place must be in the list.
#[test]
fn error_beyond_limit_replaces_last_warning() {
    let then = [Severity::Error, Severity::Warning, Severity::Error];
    let (has_error, listed) = findings_after(MAX_FINDINGS, Severity::Warning, &then);
    assert!(has_error);
    let found: Vec<_> = listed
        .iter()
        .skip(97)
        .map(|finding| (finding.pointer.as_str(), finding.severity))
        .collect();
    assert_eq!(
        found,
        [
            ("/first", Severity::Warning),
            ("/second", Severity::Error),
            ("/second", Severity::Error),
            // The warnings that are not listed.
            ("", Severity::Warning),
        ]
    );
}

/// A warning after an unlisted error does not hide it.
#[test]
fn worst_unlisted_severity_counts() {
    let then = [Severity::Error, Severity::Warning];
    let (_, listed) = findings_after(MAX_FINDINGS, Severity::Error, &then);
    assert_eq!(listed[MAX_FINDINGS].severity, Severity::Error);
}

#[test]
fn diagnostic_has_help_and_link_of_its_field() {
    let attributes =
        |pointer: &str, language| warning(pointer).diagnostic(&FIELDS, language).attributes;
    assert_eq!(
        attributes("/first", Language::English),
        [
            attribute("hint", "Help."),
            attribute("link", "https://example.com/help")
        ]
    );
    assert_eq!(
        attributes("/list/3/id", Language::Chinese),
        [attribute("hint", "内层说明。")]
    );
    assert_eq!(attributes("/unknown", Language::English), []);
    assert_eq!(attributes("", Language::English), []);
}

#[test]
fn words_have_expectation_or_values() {
    let expected = Text::new("a number", "数字");
    let malformed = Finding {
        rule: Rule::malformed(expected),
        ..warning("/first")
    };
    let message = |finding: &Finding, language| finding.diagnostic(&FIELDS, language).message;
    assert_eq!(message(&malformed, Language::English), "Expected a number.");
    assert_eq!(message(&malformed, Language::Chinese), "应为数字。");
    let syntax = Finding::unreadable(ParseError::Syntax { line: 2, column: 7 });
    let text = message(&syntax, Language::English);
    assert!(text.contains("line 2, column 7"), "{text}");
    for (error, bound) in [(ParseError::TooLong, "65536"), (ParseError::TooDeep, "16")] {
        let text = message(&Finding::unreadable(error), Language::Chinese);
        assert!(text.contains(bound), "{text}");
    }
}
