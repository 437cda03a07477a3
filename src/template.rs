//! Which template a message takes, and with which parameters.
//!
//! 1. Templates of exactly the message's usage that have a code for the recipient's route.
//! 2. Among those, the best by the message's languages (BCP 47 lookup, RFC 4647, 3.4); else one without a
//!    locale; else the first.
//! 3. When there is none, the same with usage `Generic`, and the receipt says that it fell back.
//!
//! Parameters are what the template declares and nothing else: literal text and `{{name}}` placeholders, which
//! take the message's variables. Where the service's rule is exact it is checked here, before the request: a
//! parameter of a verification template is 1 to 6 digits
//! (<https://cloud.tencent.com/document/product/382/39023>).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::config::{Kind, Template};
use crate::contract::{Failure, FailureKind, Turn};
use crate::packed::packed;
use crate::phone::Route;
use crate::redact::plain_name;
use crate::text::{decimal, join, split_once, trim};

/// The usage that serves when no template has the message's own.
pub const FALLBACK_USAGE: &str = "Generic";

/// How many languages are looked at, and how long a tag may be: the contract's bounds.
const MAX_LOCALES: usize = 16;
const MAX_LOCALE_BYTES: usize = 64;

/// The longest parameter once it is filled in, in bytes. The service allows 500 characters for all of a message.
const MAX_FILLED_BYTES: usize = 2_048;

/// A template that serves a message.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'c> {
    /// The entry of the config.
    pub template: &'c Template<'c>,
    /// Its code for the message's route.
    pub code: &'c str,
    /// Whether it is `Generic` in place of another usage.
    pub fell_back: bool,
}

/// Chooses by usage, route and languages.
///
/// # Errors
/// [`FailureKind::NoTemplate`] when neither the usage nor `Generic` has a code for the route.
pub fn choose<'c, L: AsRef<str>>(
    templates: &'c [Template<'c>],
    usage: &str,
    route: Route,
    locales: &[L],
) -> Result<Choice<'c>, Failure> {
    let of_usage = |usage: &str| -> Vec<(&'c Template<'c>, &'c str)> {
        templates
            .iter()
            .filter(|template| template.usage == usage)
            .filter_map(|template| template.code(route).map(|code| (template, code)))
            .collect()
    };
    let (candidates, fell_back) = match of_usage(usage) {
        exact if !exact.is_empty() => (exact, false),
        _ => (of_usage(FALLBACK_USAGE), usage != FALLBACK_USAGE),
    };
    let best = locales
        .iter()
        .take(MAX_LOCALES)
        .filter(|tag| tag.as_ref().len() <= MAX_LOCALE_BYTES)
        .find_map(|range| lookup(range.as_ref(), &candidates))
        .or_else(|| {
            candidates
                .iter()
                .find(|(template, _)| template.locale.is_none())
                .copied()
        })
        .or_else(|| candidates.first().copied());
    match best {
        Some((template, code)) => Ok(Choice {
            template,
            code,
            fell_back,
        }),
        None => Err(Failure::new(
            FailureKind::NoTemplate,
            Turn::Operator,
            join(&[
                "Neither ",
                plain_name(usage).unwrap_or("the message's usage"),
                &packed!(" nor Generic has a usable template code for ").text(),
                route.as_str(),
                &packed!(
                    " numbers. Add one to templates, or a code for this route to an existing entry."
                )
                .text(),
            ]),
        )),
    }
}

/// The template whose locale is the range, or the longest beginning of it in whole subtags.
fn lookup<'c>(
    range: &str,
    candidates: &[(&'c Template<'c>, &'c str)],
) -> Option<(&'c Template<'c>, &'c str)> {
    let mut range = range;
    loop {
        let exact = candidates.iter().find(|(template, _)| {
            template
                .locale
                .is_some_and(|locale| same_tag(locale, range))
        });
        if exact.is_some() {
            return exact.copied();
        }
        // A single letter introduces the subtag after it and goes with it.
        let (shorter, _) = range.rsplit_once(['-', '_'])?;
        range = match shorter.rsplit_once(['-', '_']) {
            Some((before, single)) if single.len() == 1 => before,
            _ => shorter,
        };
    }
}

/// Tags compare without regard to case, and people write `zh_CN` for `zh-CN`.
fn same_tag(one: &str, other: &str) -> bool {
    let normal = |byte: u8| {
        if byte == b'_' {
            b'-'
        } else {
            byte.to_ascii_lowercase()
        }
    };
    one.bytes().map(normal).eq(other.bytes().map(normal))
}

/// The template's parameters in order, filled in.
///
/// # Errors
/// [`FailureKind::InvalidMessage`] when the message lacks a variable, or when a parameter breaks the rule of the
/// template's kind. The message names the parameter's position and the variable, never a value.
pub fn parameters(
    template: &Template<'_>,
    variables: &[(String, String)],
) -> Result<Vec<String>, Failure> {
    let default = [Cow::Borrowed("{{code}}")];
    let declared = template.params.as_deref().unwrap_or(&default);
    let mut parameters = Vec::with_capacity(declared.len());
    for (position, text) in (1..).zip(declared) {
        let parameter = fill(text, variables).map_err(|name| missing(position, name))?;
        let digits = (1..=6).contains(&parameter.len())
            && parameter.bytes().all(|byte| byte.is_ascii_digit());
        if template.kind == Kind::Verification && !digits {
            return Err(Failure::new(
                FailureKind::InvalidMessage,
                Turn::Caller,
                join(&[
                    "Parameter ",
                    &decimal(position),
                    &packed!(" of the template is not 1 to 6 digits, and the service takes nothing else in a verification \
                     template. Send such a code, or set \"kind\": \"notice\" on the template if it is one.").text(),
                ]),
            ));
        }
        if parameter.len() > MAX_FILLED_BYTES {
            return Err(Failure::new(
                FailureKind::InvalidMessage,
                Turn::Caller,
                join(&[
                    "Parameter ",
                    &decimal(position),
                    &packed!(" of the template is longer than the service takes. Pass a shorter variable.").text(),
                ]),
            ));
        }
        parameters.push(parameter);
    }
    Ok(parameters)
}

fn missing(position: u64, name: &str) -> Failure {
    let variable = plain_name(name).unwrap_or("its name");
    Failure::new(
        FailureKind::InvalidMessage,
        Turn::Caller,
        join(&[
            "Parameter ",
            &decimal(position),
            &packed!(" of the template needs the variable ").text(),
            variable,
            &packed!(
                ", which the message does not have. Pass it, or change the template's params."
            )
            .text(),
        ]),
    )
}

/// Replaces every `{{name}}`. White space inside the braces is ignored; braces around anything but letters,
/// digits, dots and underscores are literal text, as in Logto's other connectors.
fn fill<'t>(text: &'t str, variables: &[(String, String)]) -> Result<String, &'t str> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, from)) = split_once(rest, "{{") {
        filled.push_str(before);
        match split_once(from, "}}") {
            Some((name, after)) if is_name(trim(name)) => {
                let name = trim(name);
                let (_, value) = variables.iter().find(|(key, _)| key == name).ok_or(name)?;
                filled.push_str(value);
                rest = after;
            }
            _ => {
                filled.push_str("{{");
                rest = from;
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The names in a parameter's text, in order.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        while let Some((_, from)) = split_once(rest, "{{") {
            rest = from;
            if let Some((name, after)) = split_once(from, "}}") {
                let name = trim(name);
                if is_name(name) {
                    rest = after;
                    return Some(name);
                }
            }
        }
        None
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

#[cfg(test)]
mod tests;
