//! The flow: config and message into a request, and what comes of it into a receipt or an error.
//!
//! One direction, no state. The clock and the network are a [`Host`], so that all of it runs natively.

use alloc::string::String;
use alloc::vec::Vec;

use crate::api::{Call, Request};
use crate::attempt::Judged;
use crate::config::{self, Account, Config};
use crate::contract::{
    Attributes, Diagnostic, Failure, FailureKind, Message, Preview, Receipt, SendError, Severity,
    Turn, attribute,
};
use crate::findings::Finding;
use crate::language::Language;
use crate::outcome::Context;
use crate::packed::packed;
use crate::phone::PhoneNumber;
use crate::redact::Scrubber;
use crate::send_sms::{self, SendSms};
use crate::template::{self, Choice};
use crate::text::{decimal, join};

/// The connector's own limit on one call, in milliseconds. Logto's browser client gives up after 10 s, and the
/// answer has to travel back.
pub const MAX_CALL_MS: u32 = 8_000;

/// The most variables that a message may carry, and the most bytes in a name or value: the contract's bounds.
const MAX_VARIABLES: usize = 64;
const MAX_VARIABLE_BYTES: usize = 1_024;

/// The longest correlation id, in bytes. The service echoes up to 511.
const MAX_CORRELATION_ID: usize = 128;

/// What the flow needs from the world.
pub trait Host {
    /// Unix seconds by the host's wall clock.
    fn unix_time_s(&mut self) -> u64;

    /// Sends one request at most once and waits for its answer until `deadline_ms` after the call began.
    ///
    /// # Errors
    /// [`SendError::NotSent`] only where it is proved that no complete request reached anybody.
    fn exchange(
        &mut self,
        request: &Request<'_>,
        deadline_ms: u32,
    ) -> Result<HttpAnswer, SendError>;
}

/// A complete answer to a request that was released. The provider may have written anything, so it has no `Debug`
/// output.
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The `Date` header, unparsed.
    pub date: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Everything that can be said about a config without a network.
///
/// # Examples
/// ```
/// use tencent_sms_connector::{connector::validate_config, language::Language};
///
/// let diagnostics = validate_config("{", Language::English);
/// assert_eq!(diagnostics[0].code, "not-json");
/// ```
#[must_use]
pub fn validate_config(config: &str, language: Language) -> Vec<Diagnostic> {
    let findings = match config::parse(config) {
        Ok(document) => Config::read(&document).findings,
        Err(finding) => alloc::vec![finding],
    };
    findings
        .iter()
        .map(|finding| finding.diagnostic(language))
        .collect()
}

/// What [`send_message`] would send.
///
/// # Errors
/// The same [`Failure`] with which that would end before it touches the network.
pub fn preview_message(config: &str, message: &Message) -> Result<Preview, Failure> {
    let document =
        config::parse(config).map_err(|finding| invalid_config(&[finding], Language::English))?;
    let config = read(Config::read(&document), Language::English)?;
    let plan = Plan::new(&config, message)?;
    let mut attributes = plan.attributes();
    attributes.push(attribute("to", &plan.number.masked()));
    Ok(Preview {
        route: plan.number.route().as_str(),
        template: plan.choice.code.into(),
        parameters: plan.parameters,
        attributes,
    })
}

/// Sends one message.
///
/// At most one request that the provider could act upon leaves: a second one only after the first was refused
/// with `AuthFailure.SignatureExpire`, which proves that nothing was sent, and only if the answer says what time
/// it is.
///
/// # Errors
/// [`SendError::NotSent`] when the provider certainly could not act; [`SendError::Unknown`] otherwise.
pub fn send_message(
    config: &str,
    message: &Message,
    host: &mut dyn Host,
) -> Result<Receipt, SendError> {
    let document = config::parse(config)
        .map_err(|finding| SendError::NotSent(invalid_config(&[finding], Language::English)))?;
    let config = read(Config::read(&document), Language::English).map_err(SendError::NotSent)?;
    let plan = Plan::new(&config, message).map_err(SendError::NotSent)?;
    let deadline_ms = [message.timeout_ms, config.timeout_ms]
        .into_iter()
        .flatten()
        .fold(MAX_CALL_MS, u32::min);

    let account = config.account(plan.number.route());
    let e164 = plan.number.e164();
    let body = SendSms {
        sms_sdk_app_id: &account.sdk_app_id,
        sign_name: account.sign_name,
        template_id: plan.choice.code,
        template_param_set: &plan.parameters,
        phone_number_set: [&e164],
        session_context: message.correlation_id.as_deref(),
        extend_code: account.extend_code.as_deref(),
        sender_id: account.sender_id,
    }
    .to_bytes();
    let call = Call {
        account,
        action: send_sms::ACTION,
        language: config.language,
        body: &body,
    };
    let sensitive = plan.sensitive(account);
    let scrubber = Scrubber {
        sensitive: &sensitive,
    };
    let attempt = |host: &mut dyn Host, timestamp: u64| {
        let answer = host.exchange(&call.sign(timestamp), deadline_ms)?;
        let context = Context {
            number: &plan.number,
            scrubber: &scrubber,
            timestamp,
        };
        Ok(Judged {
            outcome: context.judge(answer.status, &answer.body),
            date: answer.date,
        })
    };

    let timestamp = host.unix_time_s();
    let first: Judged<Receipt, SendError> = attempt(host, timestamp)?;
    let mut attributes = alloc::vec![
        attribute("route", plan.number.route().as_str()),
        attribute("template", plan.choice.code),
    ];
    attributes.append(&mut plan.attributes());
    let outcome = match first.try_again_at() {
        None => first.outcome,
        Some(server_time) => {
            attributes.push(attribute("attempts", "2"));
            attempt(host, server_time)
                .and_then(|second| second.outcome)
                .map_err(|error| error.with_attribute("attempts", "2"))
        }
    };
    outcome.map(|mut receipt| {
        attributes.append(&mut receipt.attributes);
        Receipt {
            attributes,
            ..receipt
        }
    })
}

/// Everything about a send that needs no network.
struct Plan<'c> {
    number: PhoneNumber,
    choice: Choice<'c>,
    parameters: Vec<String>,
}

impl<'c> Plan<'c> {
    fn new(config: &'c Config<'c>, message: &Message) -> Result<Self, Failure> {
        check_bounds(message)?;
        let number =
            PhoneNumber::parse(&message.to).map_err(|error| invalid_message(error.message()))?;
        if !config.permits(&number) {
            return Err(Failure::new(
                FailureKind::Denied,
                Turn::Operator,
                packed!(
                    "The config's allowedCountries and deniedCountries keep messages from the recipient's country. Change \
                 them if it should be served."
                ),
            ));
        }
        let choice = template::choose(
            &config.templates,
            &message.usage,
            number.route(),
            &message.locales,
        )?;
        let parameters = template::parameters(choice.template, &message.variables)?;
        Ok(Self {
            number,
            choice,
            parameters,
        })
    }

    /// What previews and receipts alike say about the choice.
    fn attributes(&self) -> Attributes {
        let template = self.choice.template;
        let mut attributes = alloc::vec![
            attribute("usage", template.usage),
            attribute(
                "fallback",
                if self.choice.fell_back {
                    "true"
                } else {
                    "false"
                }
            ),
        ];
        if let Some(locale) = template.locale {
            attributes.push(attribute("locale", locale));
        }
        attributes
    }

    /// What the provider was told and must not be repeated.
    fn sensitive<'s>(&'s self, account: &'s Account<'_>) -> Vec<&'s str> {
        let mut sensitive = account.secrets();
        for parameter in &self.parameters {
            sensitive.push(parameter);
        }
        sensitive
    }
}

/// The contract's bounds on a message.
fn check_bounds(message: &Message) -> Result<(), Failure> {
    let long = |(name, value): &(String, String)| {
        name.len() > MAX_VARIABLE_BYTES || value.len() > MAX_VARIABLE_BYTES
    };
    if message.variables.len() > MAX_VARIABLES || message.variables.iter().any(long) {
        return Err(invalid_message(packed!(
            "The message has more than 64 variables, or one longer than 1,024 bytes. Pass what the templates need."
        )));
    }
    check_correlation_id(message.correlation_id.as_ref())
}

/// The contract's bounds on a correlation id.
pub(crate) fn check_correlation_id(id: Option<&String>) -> Result<(), Failure> {
    let printable = |id: &String| id.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    match id {
        Some(id) if id.len() > MAX_CORRELATION_ID || !printable(id) => {
            Err(invalid_message(packed!(
                "The correlation id is longer than 128 bytes or not printable ASCII. Pass an identifier of your own."
            )))
        }
        _ => Ok(()),
    }
}

pub(crate) fn invalid_message(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidMessage, Turn::Caller, message)
}

pub(crate) fn read(
    reading: config::Reading<'_>,
    language: Language,
) -> Result<Config<'_>, Failure> {
    reading
        .config
        .ok_or_else(|| invalid_config(&reading.findings, language))
}

pub(crate) fn invalid_config(findings: &[Finding], language: Language) -> Failure {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    let mut failure = Failure::new(
        FailureKind::InvalidConfig,
        Turn::Operator,
        join(&[
            "The config cannot work. Findings that are errors: ",
            &decimal(errors as u64),
            ". Correct them and save.",
        ]),
    );
    failure.diagnostics = findings
        .iter()
        .map(|finding| finding.diagnostic(language))
        .collect();
    failure
}

#[cfg(test)]
mod tests;
