//! Reference tables of the documentation, generated from the tables of the code.
//!
//! The tests compare; `UPDATE_DOCS=1 cargo test --workspace --test reference` writes.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use std::fmt::Write;
use std::path::Path;

use connector_kit::config::Field;
use connector_kit::contract::MAY_BE_SENT;
use connector_kit::text::Language;
use tencent_sms_connector::codes::{Certainty, Wait, classify, known_codes};
use tencent_sms_connector::config::FIELDS;

/// Compares a file of `docs/` with its expected text, or writes it.
fn hold(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/{name} is not what the code's table says. Run UPDATE_DOCS=1 cargo test --workspace \
         --test reference, and read what changed."
    );
}

/// Converts `InvalidConfig` to `invalid-config`.
fn in_the_contract(case: &str) -> String {
    let mut name = String::new();
    for letter in case.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn rows(table: &mut String, parent: &str, fields: &[Field]) {
    for field in fields {
        let name = format!("{parent}{}", field.key);
        let notes = match (field.required, field.secret) {
            (true, true) => "required, secret",
            (true, false) => "required",
            (false, true) => "secret",
            (false, false) => "",
        };
        let link = match field.link {
            "" => String::new(),
            link => format!(" [Where](<{link}>)"),
        };
        let (english, chinese) = (
            field.help.get(Language::English),
            field.help.get(Language::Chinese),
        );
        writeln!(
            table,
            "| `{name}` | {notes} | {english}{link} | {chinese} |"
        )
        .unwrap();
        let inner = if field.key == "templates" { "[]." } else { "." };
        rows(table, &format!("{name}{inner}"), field.fields);
    }
}

#[test]
fn config_reference_equals_field_table() {
    let mut text = String::from(
        "# The config, field by field\n\nWritten from the table in [`src/config/fields.rs`](../src/config/fields.rs), which is also \
         what forms, the JSON Schema and the reader use. *Required* is what every config needs; `signName` may be \
         absent where every template is for international numbers only. *Secret* values are stored encrypted and \
         never shown.\n\n| field | | what to write | \u{586b}\u{5199}\u{8bf4}\u{660e} |\n|---|---|---|---|\n",
    );
    rows(&mut text, "", &FIELDS);
    text.push_str(
        "\nA blank value counts as absent where a field is optional, whatever its type: `\"\"`, `null`, `{}` or `[]`. \
         `\"params\": []` is absent too, because Logto removes empty lists from what it stores: write `\"params\": \
         \"none\"` for a template without parameters. An example in angle brackets counts as \
         absent there too, with a warning. White space around a text, ids as numbers, and `5.0` for `5` are accepted. \
         Keys that no row names are ignored with a warning.\n",
    );
    hold("config.md", &text);
}

#[test]
fn code_reference_equals_code_table() {
    let mut text = String::from(
        "# Every code of the service\n\nWritten from the table in \
         [`src/codes.txt`](../src/codes.txt) and the classes in [`src/codes.rs`](../src/codes.rs), by which responses are classified. The first rows are the \
         gateway's, for every API; the others are `SendSms`'s, and older spellings. A code that is in no row takes \
         the class of its family, the word before the dot, if the file has a line such as `LimitExceeded.*` for that; \
         any other code is *unknown*.\n\n| code | kind | state | whose turn | wait | what it means |\n|---|---|---|---|---|---|\n",
    );
    for code in known_codes() {
        let (class, _) = classify(code);
        let (state, more) = match class.certainty {
            Certainty::NotSent => ("not sent", String::new()),
            Certainty::Unknown => ("unknown", format!(" {MAY_BE_SENT}")),
        };
        let wait = match class.wait {
            Wait::Never => String::new(),
            Wait::Ms(ms) => format!("{} s", ms / 1_000),
            Wait::UntilHourInChina(hour) => format!("until {hour}:00 in China"),
        };
        let kind = format!("{:?}", class.kind);
        let kind = in_the_contract(kind.trim_start_matches("FailureKind::"));
        let (turn, hint) = (class.turn.as_str(), class.hint);
        writeln!(
            text,
            "| `{code}` | `{kind}` | {state} | {turn} | {wait} | {hint}{more} |"
        )
        .unwrap();
    }
    hold("provider-codes.md", &text);
}
