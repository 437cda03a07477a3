//! The list of templates.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use connector_kit::config::{
    BLANK, Form, NOT_A_LIST, Object, Place, REQUIRED, Reader, Rule, defect,
};
use connector_kit::contract::Severity;
use connector_kit::json::Json;
use connector_kit::template::{self, placeholders};
use connector_kit::text::Text;

use super::checks;
use super::fields::{REQUIRED_USAGES, ROUTE_FIELDS, TEMPLATE_FIELDS, USAGES, VARIABLES};
use super::types::{Template, is_digits};

/// The most parameters that a template may declare. The console allows fewer.
const MAX_PARAMS: usize = 20;

/// The longest text of a parameter, before it is filled in. The service allows 500 characters for all of a message.
const MAX_PARAM_BYTES: usize = 512;

const PARAMS: Text = Text::new(
    "an array of at most 20 texts such as \"{{code}}\", or none",
    "至多 20 个文本的数组,例如 \"{{code}}\",或 none",
);
const PARAM: Text = Text::new("a text of at most 512 bytes", "不超过 512 字节的文本");
const KIND: Form = Form::new(
    |text| matches!(text, "verification" | "notice"),
    "verification or notice",
    "verification 或 notice",
);
const CODE: Form = Form::new(
    |text| is_digits(text, 32),
    "a template's ID in digits, or an object with mainland and international",
    "数字的模板 ID,或含 mainland 与 international 的对象",
);

/// It is an error for every usage.
const NOT_A_CODE: Rule = Rule::wrong_type(CODE.expected);

const DUPLICATE: Rule = Rule::new(
    "duplicate",
    "Earlier templates have the same usage and locale and serve the same numbers. The first one wins; remove this one.",
    "前面已有用途、语言和适用号码相同的模板,以第一个为准;请删除此项。",
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
const NEVER_A_CODE: Rule = Rule::new(
    "unusable-parameter",
    "This parameter can never be 1 to 6 digits, and the service takes nothing else in a verification template. Write \
     {{code}} or 1 to 6 digits alone, or set \"kind\": \"notice\" on the template if it is one.",
    "此变量不可能是 1 至 6 位数字,而验证码模板只接受这样的变量。请填写 {{code}},或仅填 1 至 6 位数字;若为通知类模板,请设置 \"kind\": \"notice\"。",
);
const FOREIGN_PLACEHOLDER: Rule = Rule::new(
    "foreign-placeholder",
    "This looks like a placeholder of another product, and is sent as it stands. Write {{code}}.",
    "这像是其他产品的占位符,会原样发送。请填写 {{code}}。",
);
const MISSING_USAGE: Rule = Rule::new(
    "missing-usage",
    "No template with a code has the usage #. Add one for each.",
    "缺少以下用途且有模板 ID 的模板:#。请逐一添加。",
);

/// A template code that cannot be used.
struct Defect<'a> {
    /// The template's place in the list.
    index: usize,
    usage: Option<&'a str>,
    /// The key of the route, where the template has an identifier for each.
    route: Option<&'static str>,
    rule: Rule,
}

impl Defect<'_> {
    /// Reports it: an error where it leaves a usage unserved, and mostly a warning elsewhere.
    fn report(&self, reader: &Reader, list: Place<'_>, unserved: &[&str]) {
        let leaves_unserved = self.usage.is_some_and(|usage| unserved.contains(&usage));
        let severity = match leaves_unserved || self.rule == NOT_A_CODE {
            true => Severity::Error,
            false => Severity::Warning,
        };
        let entry = list.entry(self.index);
        let code = entry.key("templateCode");
        let place = self.route.map_or(code, |route| code.key(route));
        reader.report(place, self.rule, severity, Vec::new());
    }
}

/// Reads the list, and requires a usable template for each of the four required usages.
pub(super) fn read<'a>(config: &Object<'a, '_>) -> Option<Vec<Template<'a>>> {
    let entries = match config.get("templates") {
        None | Some(Json::Null) => return config.reject("templates", REQUIRED),
        Some(Json::Array(entries)) => entries,
        Some(_) => return config.reject("templates", NOT_A_LIST),
    };
    let (reader, list) = (config.reader, config.at("templates"));
    let mut templates: Vec<Template<'a>> = Vec::with_capacity(entries.len());
    let mut defects = Vec::new();
    let mut take = |defect: Defect<'a>| match defect.usage {
        // Its severity depends on the other templates of the usage.
        Some(usage) if REQUIRED_USAGES.contains(&usage) => defects.push(defect),
        _ => defect.report(reader, list, &[]),
    };
    for (index, entry) in entries.iter().enumerate() {
        let place = list.entry(index);
        let entry = reader.object(place, entry, &TEMPLATE_FIELDS);
        let Some(template) = entry.and_then(|entry| template(&entry, index, &mut take)) else {
            continue;
        };
        if checks::is_repeated(&template, &templates) {
            reader.warning(place, DUPLICATE);
        }
        templates.push(template);
    }
    require_usages(reader, list, &templates, &defects);
    Some(templates)
}

fn template<'a>(
    entry: &Object<'a, '_>,
    index: usize,
    take: &mut impl FnMut(Defect<'a>),
) -> Option<Template<'a>> {
    let usage = usage(entry);
    let mut read = |route, value| {
        let defect = |rule| Defect {
            index,
            usage,
            route,
            rule,
        };
        code(value).map_err(|rule| take(defect(rule))).ok()
    };
    let value = entry.get("templateCode");
    let by_route = value.filter(|value| matches!(value, Json::Object(_)) && !value.is_blank());
    let (mainland, international) = if let Some(by_route) = by_route {
        let place = entry.at("templateCode");
        let by_route = entry.reader.object(place, by_route, &ROUTE_FIELDS)?;
        let mut of = |route| {
            let value = by_route.get(route).filter(|value| **value != Json::Null)?;
            read(Some(route), Some(value))
        };
        (of("mainland"), of("international"))
    } else {
        let code = read(None, value);
        (code.clone(), code)
    };
    let locale = entry.optional_text("locale", &Form::TEXT);
    let params = entry.filled("params");
    let is_notice = entry.optional_text("kind", &KIND) == Some("notice");
    let params = params.and_then(|params| self::params(entry, params, is_notice));
    Some(Template {
        index,
        usage: usage?,
        locale,
        mainland,
        international,
        is_by_route: matches!(value, Some(Json::Object(_))),
        params,
        is_notice,
    })
}

fn usage<'a>(entry: &Object<'a, '_>) -> Option<&'a str> {
    let value = entry.get("usageType");
    if let Some(rule) = absence(value) {
        entry.warning("usageType", rule);
        return None;
    }
    let Json::String(usage) = value? else {
        return entry.reject("usageType", Rule::wrong_type(Form::TEXT.expected));
    };
    if !USAGES.contains(&usage.as_ref()) {
        entry.warning("usageType", UNREGISTERED_USAGE);
    }
    Some(usage)
}

/// The rule that an absent value breaks. It is a warning: the entry serves nothing, and the others still work. Logto
/// removes blank texts, nulls, `{}` and `[]` before it stores a config, after the guard passed them.
fn absence(value: Option<&Json<'_>>) -> Option<Rule> {
    match value {
        None | Some(Json::Null) => Some(REQUIRED),
        Some(value) => value.is_blank().then_some(BLANK),
    }
}

/// An identifier, or the rule that it breaks.
fn code<'a>(value: Option<&'a Json<'a>>) -> Result<Cow<'a, str>, Rule> {
    if let Some(rule) = absence(value) {
        return Err(rule);
    }
    match value {
        Some(Json::Integer(number)) => Ok(number.to_string().into()),
        Some(Json::String(text)) => defect(text, &CODE).map_or(Ok(text.trim().into()), Err),
        _ => Err(NOT_A_CODE),
    }
}

fn params<'a>(
    template: &Object<'_, '_>,
    params: &'a Json<'a>,
    is_notice: bool,
) -> Option<Vec<Cow<'a, str>>> {
    let items = match params {
        Json::Array(items) if items.len() <= MAX_PARAMS => items,
        // Not `[]`, which counts as absent: Logto removes empty lists from what it stores.
        Json::String(text) if text.trim() == "none" => return Some(Vec::new()),
        _ => return template.reject("params", Rule::wrong_type(PARAMS)),
    };
    let (reader, list) = (template.reader, template.at("params"));
    let mut texts = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = list.entry(index);
        let text: Cow<'a, str> = match item {
            Json::String(text) if text.len() <= MAX_PARAM_BYTES => Cow::Borrowed(text),
            Json::Integer(number) => number.to_string().into(),
            _ => {
                reader.reject::<()>(place, Rule::wrong_type(PARAM));
                continue;
            }
        };
        if placeholders(&text).any(|name| !VARIABLES.contains(&name)) {
            reader.warning(place, UNPROVIDED_PARAMETER);
        }
        check_param(reader, place, &text, is_notice);
        texts.push(text);
    }
    Some(texts)
}

/// The variables that are digits; the others of [`VARIABLES`] never are.
const DIGIT_VARIABLES: [&str; 2] = ["code", "ttlMinutes"];

/// Reports a parameter that no message can make valid, and one that looks like another product's placeholder.
fn check_param(reader: &Reader, place: Place<'_>, text: &str, is_notice: bool) {
    if !is_notice && !can_be_code(text) {
        reader.reject::<()>(place, NEVER_A_CODE);
    } else if text.is_empty() {
        // Logto removes it from what it stores, and the parameters after it would move.
        reader.reject::<()>(place, BLANK);
    } else if looks_like_placeholder(text) {
        reader.warning(place, FOREIGN_PLACEHOLDER);
    }
}

/// True if some message makes 1 to 6 digits of it. A variable that no auth host is known to pass may be digits.
fn can_be_code(text: &str) -> bool {
    let is_never_digits = |name| VARIABLES.contains(&name) && !DIGIT_VARIABLES.contains(&name);
    // One digit is the shortest that a code can be.
    let shortest = fill_all(text, "0");
    !placeholders(text).any(is_never_digits) && !shortest.is_empty() && is_digits(&shortest, 6)
}

/// True if a text still has `{1}`, `${code}`, `{code}`, `%code%` or a half of `{{code}}` once its placeholders are
/// taken out.
fn looks_like_placeholder(text: &str) -> bool {
    let rest = fill_all(text, "");
    let is_percent = rest.len() > 2 && rest.starts_with('%') && rest.ends_with('%');
    rest.contains(['{', '}']) || is_percent
}

/// The text with one value in the place of every placeholder.
fn fill_all(text: &str, value: &str) -> String {
    let variable = |name: &str| (name.to_string(), value.to_string());
    let variables: Vec<(String, String)> = placeholders(text).map(variable).collect();
    template::fill(text, &variables).unwrap_or_default()
}

/// Requires a template for each of the four usages that some route can use. Defects of codes are errors where they
/// leave a required usage without a template, and warnings elsewhere; a usage without an entry is a fault of the list.
fn require_usages(
    reader: &Reader,
    list: Place<'_>,
    templates: &[Template<'_>],
    defects: &[Defect<'_>],
) {
    let serves = |template: &Template<'_>, usage: &str| {
        template.usage == usage && (template.mainland.is_some() || template.international.is_some())
    };
    let mut unserved: Vec<&str> = REQUIRED_USAGES.into();
    unserved.retain(|usage| !templates.iter().any(|template| serves(template, usage)));
    for defect in defects {
        defect.report(reader, list, &unserved);
    }
    unserved.retain(|usage| defects.iter().all(|defect| defect.usage != Some(usage)));
    if !unserved.is_empty() {
        let values = alloc::vec![unserved.join(", ")];
        reader.report(list, MISSING_USAGE, Severity::Error, values);
    }
}
