//! Steps 18 to 22: checks whether a number may get the message now. A refusal concerns this number alone.

use super::types::{Content, Context, NumberRefusal, Recipient};
use crate::codes;
use crate::magic;
use crate::phone::Number;
use crate::state::State;

/// Checks one number.
///
/// # Errors
///
/// The first rule that sending to it would break.
pub fn check<'r>(
    context: &Context<'_>,
    recipient: &'r Recipient,
    content: &Content<'_>,
    state: &State,
) -> Result<&'r Number, NumberRefusal> {
    let Some(number) = &recipient.number else {
        return Err(NumberRefusal::new(
            &codes::INCORRECT_PHONE_NUMBER,
            "expected + and a calling code, or a mainland number of 11 digits that begins with 1",
        ));
    };
    let to = number.e164();
    if let Some(code) = magic::code(&to) {
        return Err(NumberRefusal::new(code, "the number is a magic one"));
    }
    check_destination(context, number)?;
    if context.app.opt_out.contains(&to) {
        return Err(NumberRefusal::new(
            &codes::PHONE_NUMBER_IN_BLACKLIST,
            "the number is in the application's `opt_out`",
        ));
    }
    check_daily_caps(context, number, state)?;
    if !context.app.allow_list.contains(&to) {
        check_frequency(context, &to, &content.text, state)?;
    }
    Ok(number)
}

fn check_destination(context: &Context<'_>, number: &Number) -> Result<(), NumberRefusal> {
    let listed = |countries: &[String]| countries.iter().any(|iso| iso == number.iso_code());
    if listed(&context.catalogue.unreachable_countries) {
        return Err(NumberRefusal::new(
            &codes::UNSUPPORTED_OPERATION_UNSUPPORTED_REGION,
            "the country is in `unreachable_countries`",
        ));
    }
    if listed(&context.app.blocked_countries) {
        return Err(NumberRefusal::new(
            &codes::APP_COUNTRY_OR_REGION_IN_BLACKLIST,
            "the country is in the application's `blocked_countries`",
        ));
    }
    Ok(())
}

fn check_daily_caps(
    context: &Context<'_>,
    number: &Number,
    state: &State,
) -> Result<(), NumberRefusal> {
    let today = state.days.today(&context.app.id, context.now_ms);
    let app = context.app;
    let mut caps = vec![(
        app.daily_limit,
        today.total(),
        &codes::APP_DAILY_LIMIT,
        "daily_limit",
    )];
    if number.is_mainland() {
        caps.push((
            app.daily_limit_mainland,
            today.to_country("CN"),
            &codes::APP_MAINLAND_CHINA_DAILY_LIMIT,
            "daily_limit_mainland",
        ));
    } else {
        caps.push((
            app.daily_limit_international,
            today.total() - today.to_country("CN"),
            &codes::APP_GLOBAL_DAILY_LIMIT,
            "daily_limit_international",
        ));
        caps.push((
            app.daily_limit_per_country,
            today.to_country(number.iso_code()),
            &codes::APP_COUNTRY_OR_REGION_DAILY_LIMIT,
            "daily_limit_per_country",
        ));
    }
    match caps
        .into_iter()
        .find(|(limit, sent, ..)| is_full(*limit, *sent))
    {
        Some((_, sent, code, key)) => Err(NumberRefusal::new(
            code,
            format!("{sent} messages went out today and the application's `{key}` is reached"),
        )),
        None => Ok(()),
    }
}

fn check_frequency(
    context: &Context<'_>,
    to: &str,
    text: &str,
    state: &State,
) -> Result<(), NumberRefusal> {
    let limits = &context.catalogue.limits;
    let seen = state
        .history
        .seen(&context.app.id, to, text, context.now_ms);
    if let (Some(interval_s), Some(age_ms)) =
        (limits.same_content_interval_s, seen.same_text_age_ms)
        && age_ms < i64::from(interval_s) * 1000
    {
        return Err(NumberRefusal::new(
            &codes::PHONE_NUMBER_THIRTY_SECOND_LIMIT,
            format!("the same text went to this number {age_ms} ms ago; {interval_s} s must pass"),
        ));
    }
    if is_full(limits.per_hour, seen.last_hour) {
        return Err(NumberRefusal::new(
            &codes::PHONE_NUMBER_ONE_HOUR_LIMIT,
            format!(
                "{} messages went to this number in the last hour",
                seen.last_hour
            ),
        ));
    }
    if is_full(limits.per_day, seen.today) {
        return Err(NumberRefusal::new(
            &codes::PHONE_NUMBER_DAILY_LIMIT,
            format!("{} messages went to this number today (UTC+8)", seen.today),
        ));
    }
    if is_full(limits.same_content_per_day, seen.same_text_today) {
        return Err(NumberRefusal::new(
            &codes::PHONE_NUMBER_SAME_CONTENT_DAILY_LIMIT,
            format!(
                "this text went to this number {} times today (UTC+8)",
                seen.same_text_today
            ),
        ));
    }
    Ok(())
}

/// Returns true if there is a limit and it is reached.
fn is_full(limit: Option<u32>, sent: u32) -> bool {
    limit.is_some_and(|limit| sent >= limit)
}
