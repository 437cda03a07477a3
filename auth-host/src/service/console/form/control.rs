//! A config and its findings as controls. Every finding is shown at its field; findings without a field come first.

use super::field::{Choice, Field, Widget, escaped};
use super::read::{Draft, ROWS};
use crate::service::console::texts::Texts;
use crate::service::problem::Finding;
use askama::Template;
use serde_json::{Map, Value};

/// A control with its label and findings, and, in groups and tables, its inner controls.
#[derive(Template, Default)]
#[template(path = "control.html")]
pub struct Control {
    t: Texts,
    kind: &'static str,
    id: String,
    name: String,
    label: String,
    description: String,
    placeholder: String,
    value: String,
    is_required: bool,
    is_set: bool,
    is_on: bool,
    is_narrow: bool,
    choices: Vec<(Choice, bool)>,
    findings: Vec<Finding>,
    inner: Vec<Control>,
    rows: Vec<Row>,
    columns: Vec<(String, bool)>,
    others: String,
}

impl Control {
    /// Attributes that name the description and the findings, and say that a value is required. The script names findings
    /// that come later: a form may have hundreds of cells, and a page a few bytes for each.
    fn aria(&self) -> String {
        let is_one_input = !matches!(self.kind, "group" | "table" | "switch" | "multiselect");
        // A cell of a table shows no description, so it names none.
        let is_described = !(self.description.is_empty() || self.is_narrow && is_one_input);
        let id = &self.id;
        let described = match (is_described, self.findings.is_empty()) {
            (true, _) => format!(" aria-describedby=\"{id}-h {id}-f\""),
            (false, false) => format!(" aria-describedby=\"{id}-f\""),
            (false, true) => String::new(),
        };
        match self.is_required && is_one_input {
            true => described + " aria-required=\"true\"",
            false => described,
        }
    }
}

/// A row of a table.
#[derive(Default)]
struct Row {
    id: String,
    name: String,
    others: String,
    findings: Vec<Finding>,
    cells: Vec<Control>,
}

/// All parts of a form.
#[derive(Default)]
pub struct Shown {
    /// Its controls.
    pub controls: Vec<Control>,
    /// Findings that belong to no control.
    pub general: Vec<Finding>,
    /// Members of the config that have no control, as JSON.
    pub others: String,
}

impl Shown {
    /// Shows a draft.
    pub fn of(
        t: Texts,
        fields: &[Field],
        draft: &Draft,
        findings: &[Finding],
        secrets: &[String],
    ) -> Self {
        let mut builder = Builder {
            t,
            draft,
            secrets,
            left: findings.to_vec(),
        };
        let controls = builder.controls(fields, &Place::default());
        Self {
            controls,
            others: others(&draft.value, fields),
            general: builder.left,
        }
    }
}

/// Place of a value: its name with ids, its pointer in the draft, and its pointer in the stored config.
#[derive(Clone, Default)]
struct Place {
    name: String,
    pointer: String,
    stored: Option<String>,
    is_cell: bool,
}

impl Place {
    fn of(&self, key: &str) -> Self {
        let key = escaped(key);
        let is_root = self.name.is_empty();
        let stored = self.stored.as_ref().map(|stored| format!("{stored}/{key}"));
        Self {
            name: format!("{}/{key}", self.name),
            pointer: format!("{}/{key}", self.pointer),
            stored: if is_root {
                Some(format!("/{key}"))
            } else {
                stored
            },
            is_cell: self.is_cell,
        }
    }
}

struct Builder<'a> {
    t: Texts,
    draft: &'a Draft,
    secrets: &'a [String],
    left: Vec<Finding>,
}

impl Builder<'_> {
    fn controls(&mut self, fields: &[Field], place: &Place) -> Vec<Control> {
        let controls = fields.iter();
        controls
            .map(|field| self.control(field, &place.of(&field.key)))
            .collect()
    }

    /// Removes and returns the findings of a place, also those inside it.
    fn take(&mut self, pointer: &str, with_inside: bool) -> Vec<Finding> {
        let below = format!("{pointer}/");
        let is_here = |finding: &Finding| {
            finding.pointer == pointer || with_inside && finding.pointer.starts_with(&below)
        };
        let (taken, left) = std::mem::take(&mut self.left)
            .into_iter()
            .partition(is_here);
        self.left = left;
        taken
    }

    fn control(&mut self, field: &Field, place: &Place) -> Control {
        let value = self.draft.value.pointer(&place.pointer);
        let value = value.cloned().unwrap_or_default();
        let unreadable = self.draft.unreadable.get(&format!("j{}", place.name));
        let mut control = Control {
            t: self.t,
            id: identifier(&place.name),
            name: format!("v{}", place.name),
            label: field.label.clone(),
            description: field.description.clone(),
            placeholder: field.placeholder.clone(),
            is_required: field.is_required,
            is_narrow: place.is_cell,
            ..Control::default()
        };
        let is_too_long = self.draft.too_long.contains(&place.pointer);
        let is_json = unreadable.is_some() || !is_too_long && !holds(&field.widget, &value);
        if is_json || matches!(field.widget, Widget::Json) {
            control.kind = "json";
            control.name = format!("j{}", place.name);
            control.value = match (&value, unreadable) {
                (_, Some(text)) => text.clone(),
                (Value::Null, None) => String::new(),
                (value, None) => serde_json::to_string_pretty(value).unwrap_or_default(),
            };
            control.findings = self.take(&place.pointer, true);
            if unreadable.is_some() {
                control.findings.push(Finding {
                    pointer: place.pointer.clone(),
                    severity: "error".to_owned(),
                    code: "not-json".to_owned(),
                    message: self.t.say("not-json"),
                });
            }
            return control;
        }
        match &field.widget {
            Widget::Group(fields) => {
                control.kind = "group";
                control.inner = self.controls(fields, place);
                control.others = others(&value, fields);
                control.name = format!("x{}", place.name);
                control.findings = self.take(&place.pointer, true);
                control.is_on = !control.others.is_empty()
                    || value.is_object()
                    || !control.findings.is_empty()
                    || control.inner.iter().any(|inner| !inner.findings.is_empty());
            }
            Widget::Table(columns) => self.table(&mut control, columns, place),
            Widget::Either(fields) => {
                control.kind = "either";
                control.is_on = value.is_object();
                control.value = plain(&value);
                control.inner = self.controls(fields, place);
                control.others = others(&value, fields);
                control.findings = self.take(&place.pointer, true);
            }
            widget => {
                control.findings = self.take(&place.pointer, true);
                self.simple(&mut control, widget, &value, place);
            }
        }
        control
    }

    fn simple(&self, control: &mut Control, widget: &Widget, value: &Value, place: &Place) {
        control.value = plain(value);
        control.kind = match widget {
            Widget::Secret => {
                let is_stored = |secret: &String| Some(secret) == place.stored.as_ref();
                control.is_set = self.secrets.iter().any(is_stored);
                "secret"
            }
            Widget::Number => "number",
            Widget::Multiline => "multiline",
            Widget::Switch => {
                control.is_on = value == &Value::Bool(true);
                control.name = place.name.clone();
                control.value = if value.is_boolean() { "set" } else { "" }.to_owned();
                "switch"
            }
            Widget::Select(choices) => {
                control.choices = chosen(choices, |choice| value == choice);
                let is_known = control.choices.iter().any(|(_, is_chosen)| *is_chosen);
                if !is_known && !control.value.is_empty() {
                    let other = Choice {
                        value: control.value.clone(),
                        title: control.value.clone(),
                    };
                    control.choices.push((other, true));
                }
                "select"
            }
            Widget::MultiSelect(choices) => {
                let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                control.choices = chosen(choices, |choice| list.iter().any(|one| one == choice));
                "multiselect"
            }
            Widget::Lines => {
                let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                control.value = list.iter().map(plain).collect::<Vec<_>>().join("\n");
                "lines"
            }
            _ => "text",
        };
    }

    fn table(&mut self, control: &mut Control, columns: &[Field], place: &Place) {
        control.kind = "table";
        control.name = place.name.clone();
        control.columns = columns
            .iter()
            .map(|column| (column.label.clone(), column.is_required))
            .collect();
        let ids = self
            .draft
            .rows
            .get(&place.pointer)
            .cloned()
            .unwrap_or_default();
        for (index, id) in ids.into_iter().enumerate() {
            let old = id
                .strip_prefix('o')
                .map(|nth| format!("{}/{nth}", place.pointer));
            let entry = Place {
                name: format!("{}/{id}", place.name),
                pointer: format!("{}/{index}", place.pointer),
                stored: old,
                is_cell: true,
            };
            let cells = self.controls(columns, &entry);
            let value = self.draft.value.pointer(&entry.pointer);
            control.rows.push(Row {
                others: others(value.unwrap_or(&Value::Null), columns),
                findings: self.take(&entry.pointer, true),
                name: entry.name,
                cells,
                id,
            });
        }
        control.findings = self.take(&place.pointer, true);
        if self.draft.too_long.contains(&place.pointer) {
            control.findings.push(Finding {
                pointer: place.pointer.clone(),
                severity: "error".to_owned(),
                code: "too-long".to_owned(),
                message: self.t.about("rows-most", ROWS),
            });
        }
        // A row for the script to copy. A form cannot have its id, so it never becomes an entry.
        let blank = Place {
            name: format!("{}/NEW-ROW", place.name),
            pointer: format!("{}/NEW-ROW", place.pointer),
            stored: None,
            is_cell: true,
        };
        control.inner = self.controls(columns, &blank);
    }
}

fn chosen(choices: &[Choice], is_chosen: impl Fn(&str) -> bool) -> Vec<(Choice, bool)> {
    let choices = choices.iter();
    choices
        .map(|choice| (choice.clone(), is_chosen(&choice.value)))
        .collect()
}

/// Returns true if a widget can show a value without loss.
fn holds(widget: &Widget, value: &Value) -> bool {
    let is_scalar = |value: &Value| value.is_string() || value.is_number();
    let all =
        |test: &dyn Fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(test));
    let is_blank = value.is_null() || value.as_object().is_some_and(Map::is_empty);
    is_blank
        || match widget {
            Widget::Text | Widget::Secret | Widget::Multiline | Widget::Number => is_scalar(value),
            Widget::Select(_) => value.is_string(),
            Widget::Switch => value.is_boolean(),
            Widget::MultiSelect(choices) => {
                all(&|value| choices.iter().any(|choice| value == choice.value.as_str()))
            }
            Widget::Lines => all(&|value| is_scalar(value) && !plain(value).contains('\n')),
            Widget::Either(_) => is_scalar(value) || value.is_object(),
            Widget::Group(_) => value.is_object(),
            Widget::Table(_) => {
                all(&Value::is_object) && value.as_array().is_some_and(|l| l.len() <= ROWS)
            }
            Widget::Json => true,
        }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The members of an object without a field, as JSON; empty if there are none.
fn others(value: &Value, fields: &[Field]) -> String {
    let object = value.as_object();
    let others: Map<String, Value> = object
        .into_iter()
        .flatten()
        .filter(|(key, _)| !fields.iter().any(|field| field.key == **key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    match others.is_empty() {
        true => String::new(),
        false => Value::Object(others).to_string(),
    }
}

/// A control's name as an identifier. Other characters become their number, so that no two names share an identifier.
fn identifier(name: &str) -> String {
    let mut id = String::from("c");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => id.push(char::from(byte)),
            b'/' => id.push('-'),
            other => id.push_str(&format!("_{other:02x}")),
        }
    }
    id
}
