//! The list of templates.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use connector_kit::config::{
    Form, Object, Place, REPEATED_KEY, REQUIRED, Reader, Rule, UNKNOWN_KEY, defect,
};
use connector_kit::contract::Severity;
use connector_kit::json::Json;
use connector_kit::template::placeholders;
use connector_kit::text::Text;

use super::fields::{REQUIRED_USAGES, ROUTE_FIELDS, TEMPLATE_FIELDS, USAGES, VARIABLES};
use super::{Kind, Template, is_digits};

/// The most parameters that a template may declare. The console allows fewer.
const MAX_PARAMS: usize = 20;

/// The longest text of a parameter, before it is filled in. The service allows 500 characters for all of a message.
const MAX_PARAM_BYTES: usize = 512;

const ARRAY: Text = Text::new("an array in brackets", "方括号中的数组");
const OBJECT: Text = Text::new("an object in braces", "花括号中的对象");
const TEXT: Text = Text::new("a text in quotes", "引号中的文本");
const PARAMS: Text = Text::new(
    "an array of at most 20 texts such as \"{{code}}\"",
    "至多 20 个文本的数组,例如 \"{{code}}\"",
);
const PARAM: Text = Text::new("a text of at most 512 bytes", "不超过 512 字节的文本");
const KIND: Text = Text::new("verification or notice", "verification 或 notice");
const LOCALE: Form = Form {
    valid: |_| true,
    expected: TEXT,
};
const CODE: Form = Form {
    valid: |text| is_digits(text, 32),
    expected: Text::new(
        "a template's ID in digits, or an object with mainland and international",
        "数字的模板 ID,或含 mainland 与 international 的对象",
    ),
};

const DUPLICATE: Rule = Rule::new(
    "duplicate",
    "An earlier template has the same usage and locale. The first one wins; remove this one.",
    "前面已有相同用途和语言的模板,以第一个为准;请删除此项。",
);
const UNREGISTERED_USAGE: Rule = Rule::new(
    "unregistered-usage",
    "No auth host is known to send this usage. Usages are matched exactly; check its spelling.",
    "未知的用途。用途须完全匹配,请检查拼写。",
);
const UNPROVIDED_PARAMETER: Rule = Rule::new(
    "unprovided-parameter",
    "No auth host is known to pass this variable. Sending fails unless yours does; check its spelling.",
    "未知的变量。若认证平台不提供此变量,发送会失败;请检查拼写。",
);
const MISSING_USAGE: Rule = Rule::new(
    "missing-usage",
    "No template has the usage #. Add one for each.",
    "缺少以下用途的模板:#。请逐一添加。",
);

/// A template's identifiers, one for each route that it serves.
type Codes<'a> = (Option<Cow<'a, str>>, Option<Cow<'a, str>>);

/// Reads the list, and requires a usable template for each of the four required usages.
pub(super) fn read<'a>(
    reader: &mut Reader,
    list: Place<'_>,
    value: Option<&'a Json<'a>>,
) -> Option<Vec<Template<'a>>> {
    let entries = match value {
        None | Some(Json::Null) => return reader.reject(list, REQUIRED),
        Some(Json::Array(entries)) => entries,
        Some(_) => return reader.reject(list, Rule::wrong_type(ARRAY)),
    };
    let mut templates: Vec<Template<'a>> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let place = list.entry(index);
        let Some(template) = template(reader, place, index, entry) else {
            continue;
        };
        let repeats =
            |other: &Template<'a>| other.usage == template.usage && other.locale == template.locale;
        if templates.iter().any(repeats) {
            reader.warning(place, DUPLICATE);
        }
        templates.push(template);
    }
    require_usages(reader, list, entries, &templates);
    Some(templates)
}

fn template<'a>(
    reader: &mut Reader,
    place: Place<'_>,
    index: usize,
    entry: &'a Json<'a>,
) -> Option<Template<'a>> {
    if !matches!(entry, Json::Object(_)) {
        return reader.reject(place, Rule::wrong_type(OBJECT));
    }
    let entry = reader.object(place, entry, &TEMPLATE_FIELDS)?;
    let usage = usage(reader, &entry);
    let (mainland, international) = codes(reader, &entry);
    let locale = reader.optional_text(entry.at("locale"), entry.get("locale"), &LOCALE);
    let params = entry.get("params").filter(|params| {
        // An empty list says that the template has no parameter.
        matches!(params, Json::Array(_)) || !params.is_blank()
    });
    let params = params.and_then(|params| self::params(reader, entry.at("params"), params));
    let kind = match reader.named(entry.at("kind"), entry.get("kind")) {
        None => Kind::Verification,
        Some(kind) => match kind.as_str().map(str::trim) {
            Some("verification") => Kind::Verification,
            Some("notice") => Kind::Notice,
            _ => {
                reader.reject::<()>(entry.at("kind"), Rule::malformed(KIND));
                Kind::Verification
            }
        },
    };
    Some(Template {
        index,
        usage: usage?,
        locale,
        mainland,
        international,
        is_by_route: matches!(entry.get("templateCode"), Some(Json::Object(_))),
        params,
        kind,
    })
}

fn usage<'a>(reader: &mut Reader, entry: &Object<'a, '_>) -> Option<&'a str> {
    let place = entry.at("usageType");
    match entry.get("usageType") {
        Some(Json::String(usage)) => {
            if !USAGES.contains(&usage.as_ref()) {
                reader.warning(place, UNREGISTERED_USAGE);
            }
            Some(usage)
        }
        None | Some(Json::Null) => reader.reject(place, REQUIRED),
        Some(_) => reader.reject(place, Rule::wrong_type(TEXT)),
    }
}

/// The identifiers for both routes. Defects are warnings here; [`require_usages`] makes errors of those that leave a
/// required usage without a template.
fn codes<'a>(reader: &mut Reader, entry: &Object<'a, '_>) -> Codes<'a> {
    let place = entry.at("templateCode");
    match entry.get("templateCode") {
        None | Some(Json::Null) => {
            reader.reject::<()>(place, REQUIRED);
            (None, None)
        }
        Some(Json::Object(members)) if members.is_empty() => {
            reader.reject::<()>(place, Rule::wrong_type(CODE.expected));
            (None, None)
        }
        Some(value @ Json::Object(_)) => {
            let Some(by_route) = reader.object(place, value, &ROUTE_FIELDS) else {
                return (None, None);
            };
            let mut of = |route: &'static str| {
                // Forms post empty objects and lists for what nobody filled in.
                let value = by_route.get(route);
                let value = value.filter(|value| value.as_str().is_some() || !value.is_blank())?;
                code(reader, by_route.at(route), value)
            };
            (of("mainland"), of("international"))
        }
        Some(value) => {
            let code = code(reader, place, value);
            (code.clone(), code)
        }
    }
}

fn code<'a>(reader: &mut Reader, place: Place<'_>, code: &'a Json<'a>) -> Option<Cow<'a, str>> {
    match code {
        Json::Integer(number) => Some(number.to_string().into()),
        Json::String(text) => match defect(text, &CODE) {
            None => Some(text.trim().into()),
            Some(rule) => {
                reader.warning(place, rule);
                None
            }
        },
        _ => reader.reject(place, Rule::wrong_type(CODE.expected)),
    }
}

fn params<'a>(
    reader: &mut Reader,
    place: Place<'_>,
    params: &'a Json<'a>,
) -> Option<Vec<Cow<'a, str>>> {
    let items = match params {
        Json::Array(items) if items.len() <= MAX_PARAMS => items,
        _ => return reader.reject(place, Rule::wrong_type(PARAMS)),
    };
    let mut texts = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = place.entry(index);
        match item {
            Json::String(text) if text.len() <= MAX_PARAM_BYTES => {
                if placeholders(text).any(|name| !VARIABLES.contains(&name)) {
                    reader.warning(place, UNPROVIDED_PARAMETER);
                }
                texts.push(Cow::Borrowed(text.as_ref()));
            }
            Json::Integer(number) => texts.push(number.to_string().into()),
            _ => {
                reader.reject::<()>(place, Rule::wrong_type(PARAM));
            }
        }
    }
    Some(texts)
}

/// Every required usage needs a template that some route can use. Where it has entries and none is usable, what is
/// wrong with them becomes an error; where nothing is known to be wrong with any, the list as a whole is at fault.
fn require_usages(
    reader: &mut Reader,
    list: Place<'_>,
    entries: &[Json<'_>],
    templates: &[Template<'_>],
) {
    let mut missing = Vec::new();
    for usage in REQUIRED_USAGES {
        let serves = |template: &Template<'_>| {
            template.usage == usage
                && (template.mainland.is_some() || template.international.is_some())
        };
        if !templates.iter().any(serves) && !raise_defects(reader, list, entries, usage) {
            missing.push(usage);
        }
    }
    if !missing.is_empty() {
        let values = alloc::vec![missing.join(", ")];
        reader.report(list, MISSING_USAGE, Severity::Error, values);
    }
}

/// Makes errors of what is wrong with the codes of a usage's entries. Returns whether anything was.
fn raise_defects(reader: &mut Reader, list: Place<'_>, entries: &[Json<'_>], usage: &str) -> bool {
    let pointers: Vec<String> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.get("usageType").and_then(Json::as_str) == Some(usage))
        .map(|(index, _)| list.entry(index).key("templateCode").pointer())
        .collect();
    let mut is_raised = false;
    for finding in reader.findings.listed_mut() {
        let is_about_a_code = pointers.iter().any(|pointer| {
            let below = finding.pointer.strip_prefix(pointer.as_str());
            below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        });
        let is_about_a_key = [UNKNOWN_KEY, REPEATED_KEY].contains(&finding.rule);
        if is_about_a_code && !is_about_a_key {
            finding.severity = Severity::Error;
            is_raised = true;
        }
    }
    is_raised
}
