//! Sending one message: builds the signed request, and interprets the response.
//!
//! | response | state |
//! |---|---|
//! | 2xx | accepted; the message id is the body's `id`, else the `webhook-id` |
//! | 4xx but 408, 409, 425 and 429 | not sent: the receiver refused the request |
//! | 408, 409, 425, 429 | unknown: the receiver may have it from an earlier attempt, or pass it on later |
//! | 3xx, 5xx and everything else | unknown: something on the way may have passed the request on |

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

use connector_kit::contract::{
    Failure, FailureKind, Message, Preview, Receipt, SendError, Turn, attribute,
};
use connector_kit::http::{Client, Request};
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::{self, Scrubber};
use connector_kit::{json, time};
use serde::{Deserialize, Serialize};

use crate::config::Config;

/// The name of the preview's and the receipt's route.
const ROUTE: &str = "webhook";

/// The body of a request; the README has its schema.
#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    correlation_id: &'a str,
    usage: &'a str,
    to: String,
    variables: BTreeMap<&'a str, &'a str>,
    locales: &'a [String],
}

/// The body of a response. Both members are optional, and so is the body.
#[derive(Default, Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
}

/// The recipient and the `webhook-id` of a message.
fn address(message: &Message) -> Result<(PhoneNumber, &str), Failure> {
    // A component has no randomness, so the id must come from the caller. The signed text is `id.time.body`: an id
    // with a dot could move its end, and white space around a header's value is lost on the way.
    let is_id = |id: &&str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic() && b != b'.');
    let id = message.correlation_id.as_deref().filter(is_id);
    let id = id.ok_or_else(|| {
        Failure::invalid_message(
            "The message needs a correlation id, visible ASCII without a dot: it becomes the webhook-id. Pass a \
             unique one with each message.",
        )
    })?;
    Ok((PhoneNumber::parse(&message.to)?, id))
}

/// Previews the message that [`send`] would send.
///
/// # Errors
/// The failure with which that would end before it touches the network.
pub fn preview(message: &Message) -> Result<Preview, Failure> {
    let (number, _) = address(message)?;
    let values = message.variables.iter().map(|(_, value)| value.clone());
    Ok(Preview {
        route: ROUTE.into(),
        template: message.usage.clone(),
        parameters: values.collect(),
        attributes: alloc::vec![attribute("to", &number.masked())],
    })
}

/// Sends one message: one request.
///
/// # Errors
/// [`SendError::NotSent`] when the receiver certainly could not act; [`SendError::Unknown`] otherwise.
pub fn send(
    config: &Config<'_>,
    message: &Message,
    client: &mut Client<'_>,
) -> Result<Receipt, SendError> {
    let (number, id) = address(message).map_err(SendError::NotSent)?;
    let timestamp = client.unix_time_s();
    // The first of two variables of the same name counts, as in the kit's templates.
    let variables = message.variables.iter().rev();
    let event = Event {
        r#type: "sms.send",
        timestamp: time::utc_timestamp(timestamp),
        data: Data {
            correlation_id: id,
            usage: &message.usage,
            to: number.e164(),
            variables: variables.map(|(key, value)| (&**key, &**value)).collect(),
            locales: message.locales(),
        },
    };
    // Serialised once: these bytes are signed, and these bytes are sent. Texts always serialise.
    let body = serde_json::to_vec(&event).unwrap_or_default();
    let signature = config.keys.signature(id, timestamp, &body);
    let mut request = Request::post_json(&config.url, body)
        .with_header("webhook-id", id)
        .with_header("webhook-timestamp", timestamp.to_string())
        .with_header("webhook-signature", signature);
    if let Some(authorization) = config.authorization {
        request = request.with_header("authorization", authorization.reveal());
    }
    let response = client.send(&request)?;

    let answer: Answer<'_> = json::from_slice(&response.body).unwrap_or_default();
    // Keys and values of the message must not come back in the receiver's words.
    let mut sensitive = config.secrets();
    sensitive.extend(message.variables.iter().map(|(_, value)| value.as_str()));
    sensitive.retain(|value| !value.is_empty());
    let scrubber = Scrubber {
        sensitive: &sensitive,
    };
    if (200..300).contains(&response.status) {
        let given = answer.id.and_then(|id| redact::identifier(&id));
        return Ok(Receipt {
            message_id: given.unwrap_or_else(|| id.into()),
            request_id: None,
            attributes: alloc::vec![attribute("route", ROUTE)],
        });
    }
    let mut failure = failure(response.status);
    if let Some(words) = answer.message.filter(|words| !words.is_empty()) {
        let words = attribute("provider-message", &scrubber.text(&words));
        failure.attributes.push(words);
    }
    Err(match response.status {
        408 | 409 | 425 | 429 => SendError::Unknown(failure),
        400..=499 => SendError::NotSent(failure),
        _ => SendError::Unknown(failure),
    })
}

/// The failure of a status that is not an acceptance.
fn failure(status: u16) -> Failure {
    use FailureKind::{Authentication, InvalidConfig, InvalidMessage, Provider, RateLimited};
    let (kind, turn, what) = match status {
        401 | 403 => (
            Authentication,
            Turn::Operator,
            "Compare secret and authorization with the receiver's, and the host's clock with the time.",
        ),
        300..=399 | 404 | 405 | 410 => (
            InvalidConfig,
            Turn::Operator,
            "Correct url: it must lead to the receiver itself, because redirects are not followed.",
        ),
        429 => (RateLimited, Turn::Caller, "Send less for a while."),
        400..=499 if !matches!(status, 408 | 409 | 425) => (
            InvalidMessage,
            Turn::Operator,
            "Compare the messages that it takes with the connector's schema.",
        ),
        _ => (Provider, Turn::Provider, "Its log may say why."),
    };
    let message = format!("The receiver answered with HTTP status {status}. {what}");
    Failure::new(kind, turn, message)
}

#[cfg(test)]
mod tests;
