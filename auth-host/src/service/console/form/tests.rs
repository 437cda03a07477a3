use super::field::{LABEL, Widget};
use super::*;
use crate::service::console::texts::Texts;
use crate::service::console::visit::Fields;
use crate::service::problem::Finding;
use askama::Template as _;
use auth_connector_host::ConfigGuard;
use serde_json::{Value, json};

fn guard(form: &Value, schema: &Value, secrets: &[&str]) -> ConfigGuard {
    ConfigGuard {
        json_schema: schema.to_string(),
        form_json: form.to_string(),
        secret_pointers: secrets.iter().map(|s| (*s).to_owned()).collect(),
    }
}

/// Every type of item, an object, a list of objects, a list of texts, and a text or an object.
fn everything() -> Vec<Field> {
    let text = json!({"type": "string"});
    let accounts = json!({"type": "array", "items": {"type": "object", "required": ["id"], "properties": {
        "id": text, "key": text, "code": {"anyOf": [text, {"type": "object", "properties": {"a": text, "b": text}}]},
    }}});
    let schema = json!({"properties": {
        "group": {"anyOf": [{"enum": [null, {}]}, {"type": "object", "properties": {"url": text, "on": {"type": "boolean"}}}]},
        "accounts": accounts, "list": {"type": "array", "items": text}, "free": {"type": "array", "items": {"type": "array"}},
    }});
    let item = |key: &str, kind: &str| json!({"key": key, "type": kind, "label": key});
    let form = json!([
        item("text", "Text"), item("number", "Number"), item("multi", "MultilineText"), item("switch", "Switch"),
        {"key": "select", "type": "Select", "label": "select", "selectItems": [{"value": "x", "title": "X"}]},
        {"key": "some", "type": "MultiSelect", "label": "some",
         "selectItems": [{"value": "x", "title": "X"}, {"value": "y", "title": "Y"}]},
        {"key": "secret", "type": "Text", "label": "secret", "isConfidential": true},
        item("group", "Json"), item("accounts", "Json"), item("list", "Json"), item("free", "Json"),
    ]);
    fields(&guard(&form, &schema, &["/secret", "/accounts/-/key"]))
}

fn names(fields: &[Field]) -> Vec<(&str, String)> {
    let name = |field: &Field| {
        format!("{:?}", field.widget)
            .split(['(', ' '])
            .next()
            .unwrap()
            .to_owned()
    };
    fields.iter().map(|f| (f.key.as_str(), name(f))).collect()
}

/// A schema may reach the same parts over any number of paths. Its plugin gets a field of JSON, at once.
#[test]
fn schema_that_leads_in_circles_is_given_up() {
    let circle: Vec<Value> = (0..64).map(|_| json!({"$ref": "#/S"})).collect();
    let schema =
        json!({"S": {"anyOf": circle, "oneOf": circle}, "properties": {"evil": {"$ref": "#/S"}}});
    let form = json!([{"key": "evil", "type": "Json", "label": "evil"}]);
    let fields = fields(&guard(&form, &schema, &[]));
    assert_eq!(names(&fields), [("evil", "Json".to_owned())]);
}

#[test]
fn every_type_of_item_has_its_widget() {
    let fields = everything();
    let found = names(&fields);
    let wanted = [
        ("text", "Text"),
        ("number", "Number"),
        ("multi", "Multiline"),
        ("switch", "Switch"),
        ("select", "Select"),
        ("some", "MultiSelect"),
        ("secret", "Secret"),
        ("group", "Group"),
        ("accounts", "Table"),
        ("list", "Lines"),
        ("free", "Json"),
    ];
    assert_eq!(found, wanted.map(|(key, widget)| (key, widget.to_owned())));
    let Widget::Table(columns) = &fields[8].widget else {
        panic!("no table");
    };
    let columns = names(columns);
    let mut sorted = columns.clone();
    sorted.sort();
    let wanted = [("code", "Either"), ("id", "Text"), ("key", "Secret")];
    assert_eq!(sorted, wanted.map(|(key, widget)| (key, widget.to_owned())));
    assert_eq!(columns[0].0, "id", "what is required comes first");
}

fn parsed(form: &str) -> Fields {
    form_urlencoded::parse(form.as_bytes()).collect()
}

/// The names and values that a browser would send for a page, with or without scripts.
fn sent(page: &str) -> Fields {
    let mut body = form_urlencoded::Serializer::new(String::new());
    let outside = page.split("<template>").enumerate();
    let outside: String = outside
        .map(|(nth, part)| {
            if nth == 0 {
                part
            } else {
                part.split_once("</template>").unwrap().1
            }
        })
        .collect();
    let decoded = |text: &str| {
        let known = [
            ("&lt;", "<"),
            ("&#60;", "<"),
            ("&#62;", ">"),
            ("&#34;", "\""),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&#38;", "&"),
        ];
        known
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(decoded(rest.split('"').next()?))
    };
    for tag in outside.split('<').skip(1) {
        let (head, after) = tag.split_once('>').unwrap();
        let name = attribute(head, "name");
        if head.starts_with("input")
            && let Some(name) = &name
        {
            let is_box = head.contains("type=\"checkbox\"");
            let value = attribute(head, "value")
                .unwrap_or_else(|| if is_box { "on" } else { "" }.to_owned());
            if !is_box || head.contains(" checked") {
                body.append_pair(name, &value);
            }
        } else if head.starts_with("textarea")
            && let Some(name) = &name
        {
            body.append_pair(name, &decoded(after.strip_prefix('\n').unwrap()));
        }
    }
    for select in outside.split("<select ").skip(1) {
        let name = attribute(&format!(" {select}"), "name").unwrap();
        let chosen = select.split("</select>").next().unwrap();
        let chosen = chosen
            .split("<option ")
            .find(|option| option.contains(" selected"));
        let value = chosen.and_then(|option| attribute(&format!(" {option}"), "value"));
        body.append_pair(&name, &value.unwrap_or_default());
    }
    parsed(&body.finish())
}

fn page(
    fields: &[Field],
    draft: &Draft,
    findings: &[Finding],
    secrets: &[&str],
) -> (String, Vec<Finding>) {
    let secrets: Vec<String> = secrets.iter().map(|s| (*s).to_owned()).collect();
    let shown = Shown::of(Texts::default(), fields, draft, findings, &secrets);
    let mut page: String = shown.controls.iter().map(|c| c.render().unwrap()).collect();
    if !shown.others.is_empty() {
        page.push_str(&format!(
            "<input name=\"x\" value=\"{}\">",
            shown.others.replace('"', "&quot;")
        ));
    }
    (page, shown.general)
}

fn again(value: Value) -> Value {
    let fields = everything();
    let draft = Draft::stored(value, &fields);
    let (page, _) = page(&fields, &draft, &[], &[]);
    read(&fields, &sent(&page)).value
}

#[test]
fn unchanged_config_round_trips_through_form() {
    let all = json!({
        "text": "a \"b\" <c> & 'd'", "number": 7, "multi": "two\nlines", "switch": true, "select": "x", "some": ["y"],
        "secret": "typed", "group": {"url": "u", "on": true, "unknown": {"deep": [1]}},
        "accounts": [{"id": "1", "code": "7"}, {"id": "2", "code": {"a": "8"}, "unknown": null}],
        "list": ["one", "two"], "free": [[1], "x"], "unknown": 1.5,
    });
    assert_eq!(again(all.clone()), all);
    // A value that a widget cannot show is edited as JSON and loses nothing.
    let odd = json!({
        "text": {"not": "a text"}, "number": [1], "switch": "yes", "select": 3, "some": ["z"], "secret": ["s"],
        "group": "text", "accounts": {"no": "list"}, "list": [["deep"]], "free": "text", "multi": true,
    });
    assert_eq!(again(odd.clone()), odd);
    assert_eq!(again(json!({})), json!({}));
    assert_eq!(again(json!({"switch": false})), json!({"switch": false}));
}

#[test]
fn row_keeps_its_id_when_it_moves() {
    let fields = everything();
    let posted = parsed(
        "r/accounts=o1&r/accounts=n7&r/accounts=o1&r/accounts=bad-id&v/accounts/o1/id=b&v/accounts/n7/id=c",
    );
    let draft = read(&fields, &posted);
    assert_eq!(draft.value["accounts"], json!([{"id": "b"}, {"id": "c"}]));
    assert_eq!(
        draft.entries(),
        [("/accounts/0".to_owned(), "/accounts/1".to_owned())]
    );
}

#[test]
fn pasted_entry_is_the_stored_one_it_equals() {
    let fields = everything();
    let stored = json!({"accounts": [{"id": "a", "key": null}, {"id": "b"}]});
    let pasted = json!({"accounts": [{"id": "b"}, {"id": "x"}, {"id": "a", "key": null}]});
    let draft = Draft::pasted(pasted, &fields, &stored);
    assert_eq!(draft.rows["/accounts"], ["o1", "n1", "o0"]);
    // Entries that look alike may have other secrets, so each keeps its place.
    let alike =
        json!({"accounts": [{"id": "a"}, {"id": "b", "key": null}, {"id": "b", "key": null}]});
    let draft = Draft::pasted(alike.clone(), &fields, &alike);
    assert_eq!(draft.rows["/accounts"], ["o0", "o1", "o2"]);
}

#[test]
fn finding_stands_at_its_field_or_before_all() {
    let fields = everything();
    let finding = |pointer: &str| Finding {
        pointer: pointer.to_owned(),
        severity: "error".to_owned(),
        code: "c".to_owned(),
        message: format!("at {pointer}."),
    };
    let draft = Draft::stored(json!({"accounts": [{"id": "1"}], "free": [[1]]}), &fields);
    let places = [
        "/text",
        "/group/url",
        "/accounts/0/id",
        "/accounts/0/code/a",
        "/accounts/0/x",
        "/free/0/0",
        "/accounts",
    ];
    let findings: Vec<_> = places
        .iter()
        .chain(&["", "/nowhere"])
        .map(|p| finding(p))
        .collect();
    let (page, general) = page(&fields, &draft, &findings, &[]);
    for place in places {
        assert_eq!(page.matches(&format!("at {place}.")).count(), 1, "{place}");
    }
    let general: Vec<_> = general.iter().map(|f| f.pointer.as_str()).collect();
    assert_eq!(general, ["", "/nowhere"]);
    let field = page.split("id=\"c-accounts-o0-id\"").nth(1).unwrap();
    assert!(
        field
            .split("</div>")
            .next()
            .unwrap()
            .contains("at /accounts/0/id.")
    );
}

#[test]
fn stored_secret_shows_only_that_it_is_set() {
    let fields = everything();
    let draft = Draft::stored(
        json!({"secret": null, "accounts": [{"key": null}, {"key": null}]}),
        &fields,
    );
    let (page, _) = page(&fields, &draft, &[], &["/secret", "/accounts/1/key"]);
    let set = page.matches("class=\"set\"").count();
    assert_eq!(set, 2);
    assert!(
        page.split("name=\"v/accounts/o1/key\"")
            .nth(1)
            .unwrap()
            .split('>')
            .next()
            .unwrap()
            .contains("class=\"set\"")
    );
}

#[test]
fn texts_of_a_guard_are_text_and_short() {
    let evil = "<img src=x onerror=alert(1)>\u{1b}[2J\u{202e}".repeat(500);
    let form = json!([{"key": "a\"><script>", "type": "Text", "label": evil, "description": evil, "placeholder": evil,
        "defaultValue": evil}, {"key": "s", "type": "Select", "label": "s", "selectItems": [{"value": evil, "title": evil}]},
        {"key": "a\"><script>", "type": "Text", "label": "twice"}, {"type": "Text"}, 7, {"key": "x".repeat(65)}]);
    let fields = fields(&guard(&form, &json!([]), &[]));
    assert_eq!(fields.len(), 2);
    let draft = Draft::stored(json!({}), &fields);
    let (page, _) = page(&fields, &draft, &[], &[]);
    for never in ["<img", "<script", "\u{1b}", "\u{202e}"] {
        assert!(!page.contains(never), "{never}");
    }
    assert!(shown(&evil, LABEL).chars().count() <= LABEL + 1);
}

#[test]
fn export_of_logto_is_read_as_its_config() {
    let fields_of = |keys: &[&str]| {
        let item = |key: &&str| json!({"key": key, "type": "Text", "label": key});
        let items: Vec<Value> = keys.iter().map(item).collect();
        fields(&guard(&Value::from(items), &json!({}), &[]))
    };
    let inner = Ok(json!({"a": 1}));
    for (keys, text, found) in [
        (&["a"][..], r#"{"a":1}"#, inner.clone()),
        (
            &["a"],
            r#"{"connectorId":"x","config":{"a":1}}"#,
            inner.clone(),
        ),
        (&["a"], r#"[{"config":{"a":1}}]"#, inner.clone()),
        (&["a"], r#"{"config":1}"#, Ok(json!({"config": 1}))),
        (&["a"], "[]", Err((0, 0))),
        (&["a"], "7", Err((0, 0))),
        (&["a"], "{\n,", Err((2, 1))),
        // Configs with a member of this name.
        (
            &["config", "url"],
            r#"{"config":{"a":1},"url":"u"}"#,
            Ok(json!({"config": {"a": 1}, "url": "u"})),
        ),
        (
            &["config"],
            r#"{"config":{"a":1}}"#,
            Ok(json!({"config": {"a": 1}})),
        ),
        (
            &["url"],
            r#"{"config":{"a":1},"url":"u"}"#,
            Ok(json!({"config": {"a": 1}, "url": "u"})),
        ),
        (
            &["config", "id"],
            r#"{"config":{"a":1},"id":"u"}"#,
            Ok(json!({"config": {"a": 1}, "id": "u"})),
        ),
        // Exports for such plugins.
        (&["config"], r#"{"id":"x","config":{"a":1}}"#, inner.clone()),
        (
            &["config", "id"],
            r#"{"connectorId":"x","id":"y","config":{"a":1}}"#,
            inner,
        ),
    ] {
        assert_eq!(parse_json(text, &fields_of(keys)), found, "{keys:?} {text}");
    }
}

/// Nothing of a form is dropped: a table that is too long is kept, counted as a fault, and has a finding.
#[test]
fn row_beyond_the_most_is_a_fault() {
    let fields = everything();
    for (rows, faults) in [(200, 0), (201, 1)] {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for row in 0..rows {
            form.append_pair("r/accounts", &format!("n{row}"));
            form.append_pair(&format!("v/accounts/n{row}/id"), &row.to_string());
        }
        let draft = read(&fields, &parsed(&form.finish()));
        assert_eq!(draft.faults(), faults, "{rows}");
        let kept = draft.value["accounts"].as_array().unwrap();
        assert_eq!(
            (kept.len(), &kept[rows - 1]["id"]),
            (rows, &json!((rows - 1).to_string()))
        );
        let shown = Shown::of(Texts::default(), &fields, &draft, &[], &[]);
        let html: String = shown.controls.iter().map(|c| c.render().unwrap()).collect();
        assert_eq!(html.contains("At most 200 rows"), faults == 1, "{rows}");
        assert_eq!(html.matches("name=\"r/accounts\" value=\"n").count(), rows);
    }
}

/// A screen reader announces the description of a control, its findings, and that it is required.
/// A form of the config could be shown, and no posted one would be read.
#[test]
fn config_has_too_many_rows_for_a_form() {
    let table = |key: String| {
        let items = json!({"type": "object", "properties": {"id": {"type": "string"}}});
        (key, json!({"type": "array", "items": items}))
    };
    let keys = || (0..6).map(|nth| format!("t{nth}"));
    let schema: serde_json::Map<_, _> = keys().map(table).collect();
    let form: Vec<Value> = keys()
        .map(|key| json!({"key": key, "type": "Json", "label": key}))
        .collect();
    let fields = fields(&guard(&json!(form), &json!({"properties": schema}), &[]));
    for (more, is_too_many) in [(0, false), (1, true)] {
        let rows = |key: String| {
            let count = if key == "t5" { more } else { 200 };
            (key, Value::from(vec![json!({"id": "a"}); count]))
        };
        let config: serde_json::Map<_, _> = keys().map(rows).collect();
        let draft = Draft::stored(config.into(), &fields);
        assert_eq!(draft.has_too_many_rows(), is_too_many, "{more}");
    }
}

#[test]
fn control_names_its_description_and_requirement() {
    let kinds = [
        "Text",
        "Number",
        "MultilineText",
        "Switch",
        "Select",
        "MultiSelect",
        "Json",
    ];
    let form: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            json!({"key": kind, "type": kind, "label": kind, "description": "what", "required": true,
                "selectItems": [{"value": "x", "title": "X"}]})
        })
        .collect();
    let schema = json!({"properties": {"Json": {"type": "array", "items": {"type": "object",
        "properties": {"a": {"type": "string", "description": "what"}}}}}});
    let fields = fields(&guard(&form.into(), &schema, &[]));
    let draft = Draft::stored(json!({"Json": [{"a": "1"}]}), &fields);
    let (page, _) = page(&fields, &draft, &[], &[]);
    let values = |name: &str| {
        let parts: Vec<&str> = page.split(name).skip(1).collect();
        let value = |part: &&str| part.split('"').next().unwrap_or_default().to_owned();
        parts.iter().map(value).collect::<Vec<String>>()
    };
    let ids = values(" id=\"");
    let named = values(" aria-describedby=\"").join(" ");
    let named: Vec<&str> = named.split(' ').collect();
    for id in &named {
        assert!(ids.iter().any(|known| known == id), "{id}: {page}");
    }
    for kind in kinds {
        assert!(
            named.contains(&format!("c-{kind}-h").as_str()),
            "{kind}: {page}"
        );
    }
    // The other three are no single inputs.
    assert_eq!(page.matches("aria-required=\"true\"").count(), 4, "{page}");
}
