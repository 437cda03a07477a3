//! Step 17: rules about the message as a whole. A refusal is reported once per number, with the same code.

use time::{OffsetDateTime, UtcOffset};

use super::types::{Content, Context, NumberRefusal, Recipient, route_of};
use crate::catalogue::{Signature, Status, Template, TemplateKind, TemplateRoute};
use crate::codes;
use crate::mask;
use crate::segments;
use crate::state::State;

/// Longest message, signature included, in characters.
pub const LONGEST_TEXT: usize = 500;

/// Most digits that a variable of a verification template takes.
pub const LONGEST_CODE: usize = 6;

/// Finds template and signature and renders the text.
///
/// # Errors
///
/// The first rule that the message breaks, with the template, and the text that it would have made with every letter
/// and digit of the values hidden.
pub fn check<'c>(
    context: &Context<'c>,
    recipients: &[Recipient],
    state: &State,
) -> Result<Content<'c>, NumberRefusal> {
    let template = find_template(context)?;
    compose(context, recipients, template, state).map_err(|mut refusal| {
        refusal
            .detail
            .extend(describe(template, &context.request.params));
        refusal
    })
}

/// Describes a refused message: its template, and its text with the values hidden.
pub fn describe(template: &Template, values: &[String]) -> [String; 2] {
    [
        format!("template {}: {}", template.id, template.text),
        format!("it would read: {}", render_hidden(template, values)),
    ]
}

/// The text of a template with every letter and digit of the values hidden.
pub fn render_hidden(template: &Template, values: &[String]) -> String {
    let hidden: Vec<String> = values.iter().map(|value| mask::value(value)).collect();
    template.render(&hidden)
}

fn compose<'c>(
    context: &Context<'c>,
    recipients: &[Recipient],
    template: &'c Template,
    state: &State,
) -> Result<Content<'c>, NumberRefusal> {
    let signature = find_signature(context, recipients)?;
    check_route(recipients, template)?;
    check_values(context, template)?;
    let rendered = template.render(&context.request.params);
    let text = match signature {
        Some(sign) if sign.international => format!("[{}] {rendered}", sign.name),
        Some(sign) => format!("【{}】{rendered}", sign.name),
        None => rendered,
    };
    check_text(context, template, &text)?;
    let needed: u64 = recipients
        .iter()
        .filter_map(|r| r.number.as_ref())
        .map(|number| u64::from(segments::count(&text, route_of(number))))
        .sum();
    if let Some(balance) = context.app.balance {
        let expired =
            context.app.package_expires(context.now_ms) <= context.now_ms.div_euclid(1000);
        let left = balance.saturating_sub(state.spent(&context.app.id));
        let left = if expired { 0 } else { left };
        if left < needed {
            return Err(NumberRefusal::new(
                &codes::INSUFFICIENT_BALANCE_IN_SMS_PACKAGE,
                format!("{needed} segments are needed and {left} are left in the package"),
            ));
        }
    }
    Ok(Content { template, text })
}

/// A missing and an unapproved template have different codes; the assignment is inference.
fn find_template<'c>(context: &Context<'c>) -> Result<&'c Template, NumberRefusal> {
    let id = &context.request.template_id;
    let Some(template) = context.account.templates.iter().find(|t| t.id == *id) else {
        return Err(NumberRefusal::new(
            &codes::TEMPLATE_UNAPPROVED_OR_NOT_EXIST,
            "the account has no template with this TemplateId",
        ));
    };
    if template.status != Status::Approved {
        return Err(NumberRefusal::new(
            &codes::TEMPLATE_INCORRECT_OR_UNAPPROVED,
            format!("template {id} is not approved"),
        ));
    }
    Ok(template)
}

/// Mainland numbers need an approved signature by its content. Elsewhere it is optional, and an unknown one is left out
/// of the text (inference), as is one of the other route, unless the catalogue refuses it.
fn find_signature<'c>(
    context: &Context<'c>,
    recipients: &[Recipient],
) -> Result<Option<&'c Signature>, NumberRefusal> {
    let name = &context.request.sign;
    let mut numbers = recipients.iter().filter_map(|r| r.number.as_ref());
    let has_number = numbers.clone().next().is_some();
    let mainland = numbers.any(|n| n.is_mainland());
    let approved = |international: bool| {
        let signatures = &context.account.signatures;
        signatures.iter().find(move |sign| {
            sign.name == *name
                && sign.status == Status::Approved
                && sign.international == international
        })
    };
    let found = approved(!mainland);
    let is_of_other_route = has_number && found.is_none() && approved(mainland).is_some();
    if is_of_other_route && context.catalogue.refuse_signature_of_other_route {
        return Err(NumberRefusal::new(
            &codes::CONTAIN_DOMESTIC_AND_INTERNATIONAL_PHONE_NUMBER,
            "SignName is an approved signature of the other route, which the catalogue refuses (`refuse_signature_of_other_route`)",
        ));
    }
    if !mainland || found.is_some() {
        return Ok(found);
    }
    let rule = if name.is_empty() {
        "a message to a mainland number needs a SignName".to_owned()
    } else if context
        .account
        .signatures
        .iter()
        .any(|sign| sign.id.to_string() == *name)
    {
        "SignName holds the id of a signature; it must hold its content".to_owned()
    } else {
        "SignName is not an approved mainland signature of the account".to_owned()
    };
    Err(NumberRefusal::new(
        &codes::SIGNATURE_INCORRECT_OR_UNAPPROVED,
        rule,
    ))
}

fn check_route(recipients: &[Recipient], template: &Template) -> Result<(), NumberRefusal> {
    let numbers = || recipients.iter().filter_map(|r| r.number.as_ref());
    let mainland = numbers().any(|n| n.is_mainland());
    let elsewhere = numbers().any(|n| !n.is_mainland());
    if mainland && elsewhere {
        return Err(NumberRefusal::new(
            &codes::CONTAIN_DOMESTIC_AND_INTERNATIONAL_PHONE_NUMBER,
            "one request is for mainland numbers or for others, not for both",
        ));
    }
    match template.route {
        TemplateRoute::Mainland if elsewhere => Err(NumberRefusal::new(
            &codes::CHINESE_MAINLAND_TEMPLATE_TO_GLOBAL_PHONE,
            "the template is for mainland numbers",
        )),
        TemplateRoute::International if mainland => Err(NumberRefusal::new(
            &codes::GLOBAL_TEMPLATE_TO_CHINESE_MAINLAND_PHONE,
            "the template is for numbers outside the mainland",
        )),
        _ => Ok(()),
    }
}

fn check_values(context: &Context<'_>, template: &Template) -> Result<(), NumberRefusal> {
    let values = &context.request.params;
    let variables = template.variables().unwrap_or_default();
    if values.len() != variables {
        return Err(NumberRefusal::new(
            &codes::TEMPLATE_PARAM_SET_NOT_MATCH_APPROVED_TEMPLATE,
            format!(
                "the template has {variables} variables, TemplateParamSet has {}",
                values.len()
            ),
        ));
    }
    if template.kind == TemplateKind::Otp {
        let digits = |v: &String| v.len() <= LONGEST_CODE && v.bytes().all(|b| b.is_ascii_digit());
        if let Some(at) = values.iter().position(|v| !digits(v)) {
            return Err(NumberRefusal::new(
                &codes::TEMPLATE_PARAMETER_FORMAT_ERROR,
                format!(
                    "TemplateParamSet.{at} is not 0 to 6 digits, and this is a verification template"
                ),
            ));
        }
        return Ok(());
    }
    if let Some(limit) = context.account.template_variable_limit {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if let Some(at) = values.iter().position(|v| v.chars().count() > limit) {
            return Err(NumberRefusal::new(
                &codes::TEMPLATE_PARAMETER_LENGTH_LIMIT,
                format!("TemplateParamSet.{at} is longer than {limit} characters"),
            ));
        }
    }
    if let Some(at) = values.iter().position(|v| looks_like_url(v)) {
        return Err(NumberRefusal::new(
            &codes::PROHIBITED_USE_URL_IN_TEMPLATE_PARAMETER,
            format!("TemplateParamSet.{at} looks like a URL"),
        ));
    }
    Ok(())
}

fn check_text(context: &Context<'_>, template: &Template, text: &str) -> Result<(), NumberRefusal> {
    let length = text.chars().count();
    if length > LONGEST_TEXT {
        return Err(NumberRefusal::new(
            &codes::CONTENT_LENGTH_LIMIT,
            format!("the text has {length} characters, {LONGEST_TEXT} are allowed"),
        ));
    }
    if context
        .catalogue
        .sensitive_words
        .iter()
        .any(|word| text.contains(word.as_str()))
    {
        return Err(NumberRefusal::new(
            &codes::CONTAIN_SENSITIVE_WORD,
            "the text contains a word of the catalogue's `sensitive_words`",
        ));
    }
    if template.kind == TemplateKind::Marketing {
        let hour = china_hour(context.now_ms);
        if !(8..22).contains(&hour) {
            return Err(NumberRefusal::new(
                &codes::MARKETING_SEND_TIME_CONSTRAINT,
                format!(
                    "marketing goes out from 8:00 to 22:00 China time, and it is past {hour}:00"
                ),
            ));
        }
        if !context.account.enterprise {
            return Err(NumberRefusal::new(
                &codes::INDIVIDUAL_USER_MARKETING_SMS_PERMISSION_DENY,
                "the account is a personal one",
            ));
        }
    }
    Ok(())
}

/// The hour of day in UTC+8.
fn china_hour(now_ms: i64) -> u8 {
    OffsetDateTime::from_unix_timestamp(now_ms.div_euclid(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC))
        .hour()
}

/// Recognises a scheme, `www.`, or a dot between a word and a top-level domain. The service's own definition of a URL
/// is not documented, so this is inference.
fn looks_like_url(value: &str) -> bool {
    let lower = value.to_lowercase();
    if lower.contains("://") || lower.starts_with("www.") {
        return true;
    }
    let host = lower.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit_once('.').is_some_and(|(name, suffix)| {
        let word = |text: &str| {
            text.bytes()
                .last()
                .is_some_and(|b| b.is_ascii_alphanumeric())
        };
        word(name) && suffix.len() >= 2 && suffix.bytes().all(|b| b.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_from_amounts_and_sentences() {
        for url in ["http://a", "www.a", "t.cn", "example.com/x", "A.CO"] {
            assert!(looks_like_url(url), "{url}");
        }
        for text in ["", "12.50", "5.", "a. b", "李先生", ".cn", "v1.2"] {
            assert!(!looks_like_url(text), "{text}");
        }
    }

    #[test]
    fn the_hour_is_that_of_china() {
        // 2019-02-25 16:44:25 UTC is 00:44 on the 26th in UTC+8.
        assert_eq!(china_hour(1_551_113_065_000), 0);
        assert_eq!(china_hour(1_551_139_200_000), 8);
        assert_eq!(china_hour(1_551_139_199_999), 7);
    }
}
