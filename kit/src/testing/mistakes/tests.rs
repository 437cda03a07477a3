use super::*;
use crate::config::{Form, Object, Rule};
use crate::contract::{Failure, Message, Metadata, Preview, Receipt, SendError};
use crate::http::Client;
use crate::json::Json;
use crate::text::Text;

const EMPTY: Text = Text::new("", "");

/// A connector with fields of every kind, described by `Table`.
struct Acme<T>(core::marker::PhantomData<T>);

trait Table {
    const FIELDS: &'static [Field];
    const RULES: &'static str = "{}";
}

impl<T: Table> Connector for Acme<T> {
    type Config<'c> = ();
    const FIELDS: &'static [Field] = T::FIELDS;
    const SCHEMA_RULES: &'static str = T::RULES;
    const METADATA: Metadata = Metadata {
        id: "acme",
        version: "1.0.0",
        names: &[],
        descriptions: &[],
        attributes: &[],
    };

    fn read_config<'c>(config: &Object<'c, '_>) -> Option<()> {
        config.digits("account", &Form::TEXT);
        config.switch("dry");
        let place = config.at("rows");
        match config.filled("rows") {
            None => {}
            Some(Json::Array(rows)) => {
                for (index, row) in rows.iter().enumerate() {
                    let row = config.reader.object(place.entry(index), row, &ROW)?;
                    row.required_text("name", &Form::TEXT);
                    row.optional_text("token", &Form::TEXT);
                }
            }
            Some(_) => return config.reject("rows", Rule::wrong_type(EMPTY)),
        }
        Some(())
    }

    fn preview((): &(), _: &Message) -> Result<Preview, Failure> {
        Err(Failure::invalid_message(""))
    }

    fn send((): &(), _: &Message, _: &mut Client<'_>) -> Result<Receipt, SendError> {
        Err(SendError::NotSent(Failure::invalid_message("")))
    }
}

static ROW: [Field; 2] = [
    Field::new("name", EMPTY).required(),
    Field::new("token", EMPTY).secret(),
];
const ACCOUNT: Field = Field::new("account", EMPTY).required();
const TIMEOUT: Field = Field::new("timeoutMs", EMPTY);
const SWITCH: Field = Field::new("dry", EMPTY);
const ROWS: Field = Field::new("rows", EMPTY);
const CONFIG: &str = r#"{"account": "4711", "rows": [{"name": "a"}]}"#;

struct Right;
impl Table for Right {
    const FIELDS: &'static [Field] = &[
        ACCOUNT.digits(),
        TIMEOUT.form(FieldType::Number),
        SWITCH.form(FieldType::Switch).default("false"),
        ROWS.list(&ROW),
    ];
}

#[test]
fn table_as_the_guide_writes_it_has_no_mistake() {
    assert_eq!(mistakes::<Acme<Right>>(CONFIG), [""; 0]);
}

struct Narrow;
impl Table for Narrow {
    const FIELDS: &'static [Field] = &[
        ACCOUNT,
        TIMEOUT,
        SWITCH,
        ROWS.block(&ROW).schema(r#"{"type": "object"}"#),
    ];
}

#[test]
fn schema_narrower_than_the_code_is_found() {
    let found = mistakes::<Acme<Narrow>>(r#"{"account": "4711"}"#);
    assert_eq!(
        found,
        [
            "/account: the schema refuses a number, which read_config accepts.",
            "/timeoutMs: the schema refuses a number, which read_config accepts.",
            "/dry: the schema refuses true or false, which read_config accepts.",
        ]
    );
    let found = mistakes::<Acme<Narrow>>(CONFIG);
    let list = "/rows: the schema refuses a list, which read_config accepts.";
    assert!(found.iter().any(|mistake| mistake == list), "{found:?}");
}

struct NarrowRow;
impl Table for NarrowRow {
    const FIELDS: &'static [Field] = &[
        ACCOUNT.digits(),
        TIMEOUT.form(FieldType::Number),
        SWITCH.form(FieldType::Switch),
        ROWS.list(&[Field::new("name", EMPTY).schema(r#"{"maxLength": 3}"#)]),
    ];
}

#[test]
fn schema_of_a_row_is_compared_too() {
    let found = mistakes::<Acme<NarrowRow>>(CONFIG);
    let expected = "/rows/0/name: the schema refuses a text, which read_config accepts.";
    assert_eq!(found, [expected]);
}

struct Broken;
impl Table for Broken {
    const FIELDS: &'static [Field] = &[
        ACCOUNT.schema("{").default("en").aliases(&["Account-Id"]),
        ACCOUNT.digits().secret().default(r#""x""#).options(&[]),
        ROWS.list(&[Field::new("", EMPTY).schema("[]")]),
    ];
    const RULES: &'static str = "{oops";
}

#[test]
fn broken_constants_are_found() {
    let found = mistakes::<Acme<Broken>>("{}");
    for expected in [
        "SCHEMA_RULES is not a JSON object.",
        "/account: its schema is not a JSON object.",
        "/account: its default is not JSON.",
        "/account: an alias is not in lower case without punctuation.",
        "/account: another field has the same key.",
        "/account: a secret has no default, which everybody sees.",
        "/account: it has no options to choose from.",
        "/rows/0/: its key is empty.",
        "/rows/0/: its schema is not a JSON object.",
        "/account: the example config has an error here.",
    ] {
        assert!(
            found.iter().any(|mistake| mistake == expected),
            "{expected} {found:?}"
        );
    }
    let found = mistakes::<Acme<Right>>("{");
    assert_eq!(found, ["The example config is not JSON."]);
}
