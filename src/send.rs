//! One message: its template and parameters, the `SendSms` request, and the receipt or the error.
//!
//! Source: <https://cloud.tencent.com/document/api/382/55981>. The body's keys stand in the order of Logto's
//! connector, in compact JSON, UTF-8 unescaped.
//!
//! | response | state |
//! |---|---|
//! | one entry for our number, `Ok`, with a serial number and our correlation id | accepted |
//! | `Response.Error`, or our entry, with a code that documents a refusal | not sent |
//! | a code for the service's own trouble, or one that is not known | unknown |
//! | no entry, another number's entry, two entries, `Ok` without a serial number or beside an error | unknown |
//! | an entry that brings another message's correlation id, `Ok` that brings none | unknown |
//! | status 5xx, not JSON, not this service's JSON | unknown |
//!
//! Both places in which the service reports go through the same table of codes.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use connector_kit::contract::{
    Attributes, Failure, FailureKind, Message, Preview, Receipt, SendError, Turn, attribute,
};
use connector_kit::http::{Client, Response};
use connector_kit::json;
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::{self, plain_name};
use connector_kit::template;
use serde::{Deserialize, Serialize};

use crate::api::{self, Call, Interpreter, Refusal};
use crate::config::{Config, Kind, Route, Template, is_digits};

/// The API's action.
pub const ACTION: &str = "SendSms";

/// The longest parameter once it is filled in, in bytes. The service allows 500 characters for all of a message.
const MAX_FILLED_BYTES: usize = 2_048;

/// The body of a request.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendSms<'a> {
    sms_sdk_app_id: &'a str,
    /// May be absent on the international route, where the service needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_name: Option<&'a str>,
    template_id: &'a str,
    template_param_set: &'a [String],
    phone_number_set: [&'a str; 1],
    /// The caller's correlation id; the service echoes it and keeps it with the record. Below 512 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_context: Option<&'a str>,
    /// Mainland only.
    #[serde(skip_serializing_if = "Option::is_none")]
    extend_code: Option<&'a str>,
    /// Abroad only.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_id: Option<&'a str>,
}

/// What a response says.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error: Option<Refusal<'a>>,
    #[serde(borrow)]
    send_status_set: Option<Vec<Status<'a>>>,
}

/// What became of one number.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status<'a> {
    /// `Ok`, or why not.
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    message: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    phone_number: Option<Cow<'a, str>>,
    /// Empty on failure.
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    serial_no: Option<Cow<'a, str>>,
    /// Billed segments.
    #[serde(default, deserialize_with = "json::optional_integer")]
    fee: Option<u64>,
    /// ISO 3166-1 alpha-2, `DEF` when unknown, empty when the failure concerns the request.
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    iso_code: Option<Cow<'a, str>>,
    /// What the request had as its `SessionContext`.
    #[serde(borrow)]
    session_context: Option<Cow<'a, str>>,
}

impl Status<'_> {
    /// Whether the entry says that the message was taken. The service writes `Ok`; Logto's connector accepts any
    /// case, and so does this one.
    fn is_ok(&self) -> bool {
        self.code.eq_ignore_ascii_case("ok")
    }
}

/// Everything about a message that needs no network.
struct Plan<'c> {
    number: PhoneNumber,
    route: Route,
    template: &'c Template<'c>,
    fell_back: bool,
    code: &'c str,
    parameters: Vec<String>,
}

impl<'c> Plan<'c> {
    fn new(config: &'c Config<'c>, message: &Message) -> Result<Self, Failure> {
        let number = PhoneNumber::parse(&message.to)?;
        if !config.permits(&number) {
            return Err(Failure::new(
                FailureKind::Denied,
                Turn::Operator,
                "The config's allowedCountries and deniedCountries keep messages from the recipient's country. Change \
                 them if it should be served.",
            ));
        }
        let route = Route::of(&number);
        let with_code: Vec<&Template<'c>> = config
            .templates
            .iter()
            .filter(|template| template.code(route).is_some())
            .collect();
        let (template, fell_back) = template::choose(&with_code, &message.usage, message.locales())
            .ok_or_else(|| no_template(&message.usage, route))?;
        let code = template.code(route).unwrap_or_default();
        let parameters = parameters(template, &message.variables)?;
        Ok(Self {
            number,
            route,
            template,
            fell_back,
            code,
            parameters,
        })
    }

    /// What previews and receipts alike say about the choice.
    fn attributes(&self) -> Attributes {
        let template = self.template;
        let fallback = if self.fell_back { "true" } else { "false" };
        let mut attributes = alloc::vec![
            attribute("usage", template.usage),
            attribute("fallback", fallback),
        ];
        if let Some(locale) = template.locale {
            attributes.push(attribute("locale", locale));
        }
        attributes
    }
}

fn no_template(usage: &str, route: Route) -> Failure {
    let lacking = match plain_name(usage).unwrap_or("the message's usage") {
        "Generic" => "Generic has no".to_string(),
        usage => format!("Neither {usage} nor Generic has a"),
    };
    Failure::new(
        FailureKind::NoTemplate,
        Turn::Operator,
        format!(
            "{lacking} usable template code for {} numbers. Add one to templates, or a code for this route to an \
             existing entry.",
            route.as_str()
        ),
    )
}

/// The template's parameters in order, filled in. Messages name a parameter's position and never a value.
fn parameters(
    template: &Template<'_>,
    variables: &[(String, String)],
) -> Result<Vec<String>, Failure> {
    let mut parameters = Vec::with_capacity(template.params().len());
    for (position, text) in (1..).zip(template.params()) {
        let parameter = template::fill(text, variables).map_err(|name| {
            let name = plain_name(name).unwrap_or("its name");
            Failure::invalid_message(format!(
                "Parameter {position} of the template needs the variable {name}, which the message does not have. \
                 Pass it, or change the template's params."
            ))
        })?;
        // The service's rule, checked before the request: <https://cloud.tencent.com/document/product/382/39023>.
        if template.kind == Kind::Verification && !is_code(&parameter) {
            return Err(Failure::invalid_message(format!(
                "Parameter {position} of the template is not 1 to 6 digits, and the service takes nothing else in a \
                 verification template. Send such a code, or set \"kind\": \"notice\" on the template if it is one."
            )));
        }
        if parameter.len() > MAX_FILLED_BYTES {
            return Err(Failure::invalid_message(format!(
                "Parameter {position} of the template is longer than the service takes. Pass a shorter variable."
            )));
        }
        parameters.push(parameter);
    }
    Ok(parameters)
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && is_digits(text, 6)
}

/// What [`send`] would send.
///
/// # Errors
/// The failure with which that would end before it touches the network.
pub fn preview(config: &Config<'_>, message: &Message) -> Result<Preview, Failure> {
    let plan = Plan::new(config, message)?;
    let mut attributes = plan.attributes();
    attributes.push(attribute("to", &plan.number.masked()));
    Ok(Preview {
        route: plan.route.as_str().into(),
        template: plan.code.into(),
        parameters: plan.parameters,
        attributes,
    })
}

/// Sends one message: one request, and a second one only where the first was refused for its timestamp alone.
///
/// # Errors
/// [`SendError::NotSent`] when the service certainly could not act; [`SendError::Unknown`] otherwise.
pub fn send(
    config: &Config<'_>,
    message: &Message,
    client: &mut Client<'_>,
) -> Result<Receipt, SendError> {
    let plan = Plan::new(config, message).map_err(SendError::NotSent)?;
    let account = config.account(plan.route);
    let body = SendSms {
        sms_sdk_app_id: &account.sdk_app_id,
        sign_name: account.sign_name,
        template_id: plan.code,
        template_param_set: &plan.parameters,
        phone_number_set: [&plan.number.e164()],
        session_context: message.correlation_id.as_deref(),
        extend_code: account.extend_code.as_deref(),
        sender_id: account.sender_id,
    };
    // Serialised once: these bytes are signed, and these bytes are sent. They end with the brace that closes the
    // object, which is the byte that the client withholds. Texts and lists of texts always serialise.
    let body = serde_json::to_vec(&body).unwrap_or_default();

    let mut sensitive = account.secrets();
    sensitive.extend(plan.parameters.iter().map(String::as_str));
    let call = Call {
        account,
        action: ACTION,
        language: config.language,
        sensitive,
        national: plan.number.national(),
        may_retry: true,
    };
    let id = message.correlation_id.as_deref();
    let echo = id.filter(|_| !config.accepts_without_echo);
    let read = |response: &Response, interpreter: Interpreter<'_>| {
        let verdict = Verdict {
            number: &plan.number,
            echo,
            interpreter,
        };
        verdict.of(response)
    };
    let now = client.unix_time_s();
    let outcome = call.send(client, now, |_| body.clone(), read);
    let was_repeated = outcome.second_at.is_some();
    match outcome.result {
        Ok(mut receipt) => {
            let mut attributes = alloc::vec![
                attribute("route", plan.route.as_str()),
                attribute("template", plan.code),
            ];
            attributes.append(&mut plan.attributes());
            if was_repeated {
                attributes.push(attribute("attempts", "2"));
            }
            attributes.append(&mut receipt.attributes);
            receipt.attributes = attributes;
            Ok(receipt)
        }
        Err(error) if was_repeated => Err(error.with_attribute("attempts", "2")),
        Err(error) => Err(error),
    }
}

/// Interprets a complete response to a request that was released.
pub struct Verdict<'a> {
    /// The recipient.
    pub number: &'a PhoneNumber,
    /// The correlation id that an acceptance must bring back.
    pub echo: Option<&'a str>,
    /// Turns the service's refusals into failures.
    pub interpreter: Interpreter<'a>,
}

impl Verdict<'_> {
    /// The receipt, or what the response proves.
    ///
    /// # Errors
    /// [`SendError::NotSent`] when the response documents a refusal; [`SendError::Unknown`] otherwise.
    pub fn of(&self, response: &Response) -> Result<Receipt, SendError> {
        let answer: Answer<'_> = self.interpreter.read(response)?;
        let id = answer.request_id.as_deref();
        let unusable = |what: &str| Err(self.interpreter.unusable(what, None, id));
        let statuses = answer.send_status_set.as_deref();
        match (&answer.error, statuses) {
            (Some(_), Some(statuses)) if statuses.iter().any(Status::is_ok) => {
                unusable("The answer holds both an error and an acceptance.")
            }
            (Some(error), _) => Err(self.interpreter.refused(error, id)),
            (None, Some([status])) => self.of_status(response.status, status, id),
            (None, Some([])) => unusable("The answer says nothing about the number."),
            (None, Some(_)) => {
                unusable("The answer is about more numbers than the one that was sent.")
            }
            (None, None) => unusable("The answer holds neither a result nor an error."),
        }
    }

    fn of_status(
        &self,
        http_status: u16,
        status: &Status<'_>,
        request_id: Option<&str>,
    ) -> Result<Receipt, SendError> {
        let refusal = Refusal {
            code: status.code.as_ref().into(),
            message: status.message.as_deref().map(Cow::Borrowed),
        };
        let unusable = |what: &str| {
            let refusal = Some(&refusal).filter(|_| !status.is_ok());
            Err(self.interpreter.unusable(what, refusal, request_id))
        };
        let written = status.phone_number.as_deref().unwrap_or_default();
        if written.is_empty() {
            return unusable("The answer names no number.");
        }
        if !api::is_number(written, self.number) {
            return unusable("The answer is about another number.");
        }
        // A response that was meant for an earlier request on the same connection brings another id.
        let echo = status.session_context.as_deref().unwrap_or_default();
        let is_foreign = |id: &str| echo != id && (status.is_ok() || !echo.is_empty());
        if self.echo.is_some_and(is_foreign) {
            return unusable(
                "The answer does not bring back the message's correlation id, so it may be another message's. If the \
                 endpoint never does, switch acceptWithoutEcho on.",
            );
        }
        if !status.is_ok() {
            return Err(self.interpreter.refused(&refusal, request_id));
        }
        if !(200..300).contains(&http_status) {
            return unusable(&format!(
                "The answer says Ok, and its HTTP status {http_status} says otherwise."
            ));
        }
        let serial = status.serial_no.as_deref().unwrap_or_default();
        let Some(message_id) = redact::identifier(serial) else {
            return unusable("The answer says Ok without a usable serial number.");
        };
        let mut attributes = Attributes::new();
        if let Some(fee) = status.fee {
            attributes.push(attribute("segments", &fee.to_string()));
        }
        let country = status.iso_code.as_deref().unwrap_or_default();
        if country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            attributes.push(attribute("country", country));
        }
        Ok(Receipt {
            message_id,
            request_id: self.interpreter.request_id(request_id),
            attributes,
        })
    }
}

#[cfg(test)]
mod tests;
