//! Template choice by usage and language, and `{{placeholders}}`.
//!
//! 1. Templates of exactly the message's usage; among those the best by the message's languages (BCP 47 lookup,
//!    RFC 4647, section 3.4), else one without a locale, else the first.
//! 2. If there is none, the same with usage [`FALLBACK_USAGE`].

use alloc::string::String;
use alloc::vec::Vec;

/// The usage that serves when no template has the message's own.
pub const FALLBACK_USAGE: &str = "Generic";

/// The most languages that are read, and the longest tag: the contract's bounds.
const MAX_LOCALES: usize = 16;
const MAX_LOCALE_BYTES: usize = 64;

/// Chooses among the templates that can reach the recipient. `describe` returns the usage of a template and, where the
/// config names it, its locale. The second value is true if the template is of [`FALLBACK_USAGE`] in place of the usage
/// asked for.
pub fn choose<'t, T>(
    templates: &[&'t T],
    describe: impl Fn(&T) -> (&str, Option<&str>),
    usage: &str,
    locales: &[String],
) -> Option<(&'t T, bool)> {
    let of_usage = |usage: &str| -> Vec<&'t T> {
        let has_usage = |template: &&T| describe(template).0 == usage;
        templates.iter().copied().filter(has_usage).collect()
    };
    let mut candidates = of_usage(usage);
    let fell_back = candidates.is_empty();
    if fell_back {
        candidates = of_usage(FALLBACK_USAGE);
    }
    let locale = |template: &'t T| describe(template).1;
    let mut without_locale = candidates.iter().filter(|each| locale(each).is_none());
    let template = locales
        .iter()
        .take(MAX_LOCALES)
        .filter(|tag| tag.len() <= MAX_LOCALE_BYTES)
        .find_map(|range| lookup(range, &candidates, locale))
        .or_else(|| without_locale.next().copied())
        .or_else(|| candidates.first().copied())?;
    Some((template, fell_back))
}

/// The template whose locale is the range, or the longest beginning of it in whole subtags.
fn lookup<'t, T>(
    range: &str,
    candidates: &[&'t T],
    locale: impl Fn(&'t T) -> Option<&'t str>,
) -> Option<&'t T> {
    let mut range = range;
    loop {
        let has_locale = |tag: &str| {
            let has_tag = |locale: &str| normal_tag(locale) == normal_tag(tag);
            let mut each = candidates.iter().copied();
            each.find(|template| locale(template).is_some_and(has_tag))
        };
        let found = has_locale(range)
            .or_else(|| has_locale(&without_script(range)?))
            .or_else(|| has_locale(chinese_of_same_script(range)?));
        if found.is_some() {
            return found;
        }
        // A single letter introduces the subtag after it and goes with it.
        let (shorter, _) = range.rsplit_once(['-', '_'])?;
        range = match shorter.rsplit_once(['-', '_']) {
            Some((before, single)) if single.len() == 1 => before,
            _ => shorter,
        };
    }
}

/// A tag without the script between language and region, as in `zh-Hans-CN`: most templates name none.
fn without_script(tag: &str) -> Option<String> {
    let (language, rest) = tag.split_once(['-', '_'])?;
    let (script, rest) = rest.split_once(['-', '_'])?;
    let is_script = script.len() == 4 && script.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_script.then(|| alloc::format!("{language}-{rest}"))
}

/// The other tag that people write for the same Chinese text: one names the script, the other a region that uses it.
fn chinese_of_same_script(tag: &str) -> Option<&'static str> {
    match normal_tag(tag).as_str() {
        "zh-hans" => Some("zh-CN"),
        "zh-cn" | "zh-sg" => Some("zh-Hans"),
        "zh-hant" => Some("zh-TW"),
        "zh-tw" | "zh-hk" | "zh-mo" => Some("zh-Hant"),
        _ => None,
    }
}

/// Tags compare without regard to case, and people write `zh_CN` for `zh-CN`.
fn normal_tag(tag: &str) -> String {
    tag.to_ascii_lowercase().replace('_', "-")
}

/// Replaces every `{{name}}` by the variable of that name. White space inside the braces is ignored; braces around
/// anything but letters, digits, dots and underscores are literal text.
///
/// # Errors
/// The first name that no variable has.
///
/// # Examples
/// ```
/// use connector_kit::template::fill;
///
/// let variables = [("code".to_string(), "918273".to_string())];
/// assert_eq!(fill("Code {{ code }}.", &variables).unwrap(), "Code 918273.");
/// assert_eq!(fill("{{link}}", &variables), Err("link"));
/// ```
pub fn fill<'t>(text: &'t str, variables: &[(String, String)]) -> Result<String, &'t str> {
    let mut pieces = text.split("{{");
    let mut filled = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        match placeholder(piece) {
            Some((name, after)) => {
                let (_, value) = variables.iter().find(|(key, _)| key == name).ok_or(name)?;
                filled.extend([value, after]);
            }
            None => filled.extend(["{{", piece]),
        }
    }
    Ok(filled)
}

/// The names of the placeholders of a text, in order.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let placeholders = text.split("{{").skip(1).filter_map(placeholder);
    placeholders.map(|(name, _)| name)
}

/// The name and the literal text after it, if a piece that follows `{{` begins with a name and `}}`.
fn placeholder(piece: &str) -> Option<(&str, &str)> {
    let (name, after) = piece.split_once("}}")?;
    let name = name.trim();
    is_name(name).then_some((name, after))
}

fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    !name.is_empty() && name.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests;
