//! One message: its template and parameters, the `SendSms` request, and the receipt or the error.
//!
//! Source: <https://cloud.tencent.com/document/api/382/55981>. The body's keys stand in the order of Logto's
//! connector, in compact JSON, UTF-8 unescaped.

mod response;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use connector_kit::contract::{
    Attributes, Failure, FailureKind, Message, Preview, Receipt, SendError, Turn, attribute,
};
use connector_kit::http::Client;
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::plain_name;
use connector_kit::template;
use serde::Serialize;

use crate::api::Call;
use crate::config::{Config, Route, Template, is_digits};
pub use response::Expected;

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

/// The parts of a message that need no network.
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
        let (template, fell_back) = template::choose(
            &with_code,
            |template| (template.usage, template.locale),
            &message.usage,
            message.locales(),
        )
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

    /// The attributes of previews and receipts about the choice.
    fn attributes(&self) -> Attributes {
        let template = self.template;
        let fallback = if self.fell_back { "true" } else { "false" };
        let locale = template.locale.map(|locale| attribute("locale", locale));
        let always = [
            attribute("usage", template.usage),
            attribute("fallback", fallback),
        ];
        always.into_iter().chain(locale).collect()
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
        if !template.is_notice && !is_code(&parameter) {
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

/// Previews the message that [`send`] would send.
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
    let expected = Expected {
        number: &plan.number,
        echo: id.filter(|_| !config.accepts_without_echo),
    };
    let now = client.unix_time_s();
    let outcome = call.send(
        client,
        now,
        |_| body.clone(),
        |response, interpreter| expected.interpret(response, &interpreter),
    );
    let attempts = outcome.retried_at.map(|_| attribute("attempts", "2"));
    match outcome.result {
        Ok(receipt) => {
            let first = [
                attribute("route", plan.route.as_str()),
                attribute("template", plan.code),
            ];
            let attributes = first.into_iter().chain(plan.attributes()).chain(attempts);
            Ok(Receipt {
                attributes: attributes.chain(receipt.attributes).collect(),
                ..receipt
            })
        }
        Err(mut error) => {
            let (SendError::NotSent(failure) | SendError::Unknown(failure)) = &mut error;
            failure.attributes.extend(attempts);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests;
