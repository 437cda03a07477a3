//! Sending one message: builds the request, and interprets the response.
//!
//! Replace the request, the response and this table with what the provider documents.
//!
//! | response | state |
//! |---|---|
//! | 2xx with an `id` | accepted |
//! | 400, 401, 403, 404 and 422, for which the provider documents that it sent nothing | not sent |
//! | everything else | unknown |

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use connector_kit::contract::{
    Failure, FailureKind, Message, Preview, Receipt, SendError, Turn, attribute,
};
use connector_kit::http::{Client, Request, Response};
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::{self, Scrubber, plain_name};
use connector_kit::{json, template};
use serde::{Deserialize, Serialize};

use crate::config::Config;

/// The body of a request.
#[derive(Serialize)]
struct Outgoing<'a> {
    from: &'a str,
    to: &'a str,
    text: &'a str,
    /// The caller's identifier, where the provider keeps one: an unknown outcome can be looked up by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

/// The body of a response. A member of another type counts as absent, so that it costs no receipt.
#[derive(Default, Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    error: Option<Cow<'a, str>>,
}

/// Everything about a message that needs no network: the number, and the text.
fn plan(config: &Config<'_>, message: &Message) -> Result<(PhoneNumber, String), Failure> {
    let number = PhoneNumber::parse(&message.to)?;
    let text = template::fill(config.text, &message.variables).map_err(|name| {
        let name = plain_name(name).unwrap_or("that the text names");
        Failure::invalid_message(format!(
            "The text needs the variable {name}, which the message does not have. Pass it, or change text."
        ))
    })?;
    Ok((number, text))
}

/// Previews the message that [`send`] would send.
///
/// # Errors
/// The failure with which that would end before it touches the network.
pub fn preview(config: &Config<'_>, message: &Message) -> Result<Preview, Failure> {
    let (number, text) = plan(config, message)?;
    Ok(Preview {
        route: "sms".into(),
        template: "text".into(),
        parameters: alloc::vec![text],
        attributes: alloc::vec![attribute("to", &number.masked())],
    })
}

/// Sends one message: one request.
///
/// # Errors
/// [`SendError::NotSent`] when the provider certainly could not act; [`SendError::Unknown`] otherwise.
pub fn send(
    config: &Config<'_>,
    message: &Message,
    client: &mut Client<'_>,
) -> Result<Receipt, SendError> {
    let (number, text) = plan(config, message).map_err(SendError::NotSent)?;
    let body = Outgoing {
        from: config.sender,
        to: &number.e164(),
        text: &text,
        reference: message.correlation_id.as_deref(),
    };
    // Texts always serialise.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let authorization = format!("Bearer {}", config.api_key.reveal());
    let request =
        Request::post_json(&config.endpoint, body).with_header("authorization", authorization);
    let response = client.send(&request)?;

    // Key and values of the message must not come back in the provider's words. Digits are masked in any case.
    let mut sensitive = alloc::vec![config.api_key.reveal()];
    let values = message.variables.iter().map(|(_, value)| value.as_str());
    sensitive.extend(values.filter(|value| !value.is_empty()));
    interpret(
        &response,
        &Scrubber {
            sensitive: &sensitive,
        },
    )
}

/// The state of a message whose request left and was answered.
fn interpret(response: &Response, scrubber: &Scrubber<'_>) -> Result<Receipt, SendError> {
    let answer: Answer<'_> = json::from_slice(&response.body).unwrap_or_default();
    let status = response.status;
    let id = answer.id.and_then(|id| redact::identifier(&id));
    if let (200..=299, Some(message_id)) = (status, id) {
        return Ok(Receipt {
            message_id,
            request_id: None,
            attributes: alloc::vec![attribute("route", "sms")],
        });
    }
    let (kind, turn, what) = match status {
        401 | 403 => (
            FailureKind::Authentication,
            Turn::Operator,
            "Correct apiKey, or ask the provider what it permits.",
        ),
        400 | 404 | 422 => (
            FailureKind::InvalidMessage,
            Turn::Operator,
            "Compare sender, text and number with what the provider takes.",
        ),
        200..=299 => (
            FailureKind::Provider,
            Turn::Provider,
            "It names no message, so nothing proves that it was taken.",
        ),
        429 => (
            FailureKind::RateLimited,
            Turn::Caller,
            "Send less for a while.",
        ),
        _ => (
            FailureKind::Provider,
            Turn::Provider,
            "Its status page may say why.",
        ),
    };
    let message = format!("The provider answered with HTTP status {status}. {what}");
    let mut failure = Failure::new(kind, turn, message);
    if let Some(words) = answer.error {
        let words = attribute("provider-message", &scrubber.text(&words));
        failure.attributes.push(words);
    }
    Err(match status {
        400 | 401 | 403 | 404 | 422 => SendError::NotSent(failure),
        _ => SendError::Unknown(failure),
    })
}
