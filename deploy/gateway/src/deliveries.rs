//! Lookups of messages whose outcome was unknown.

use crate::bindings::auth::connector::sms::{Failure, FailureKind};
use crate::bindings::auth::connector::sms_operations::{
    Deliveries, Delivery, DeliveryQuery, DeliveryState,
};
use crate::problem::Problem;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The body of `POST /v1/deliveries/find`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindRequest {
    to: String,
    max_age_s: u32,
    #[serde(default)]
    correlation_id: Option<String>,
    #[serde(default)]
    message_id: Option<String>,
}

/// Messages that the provider reports.
#[derive(Debug, Serialize)]
pub struct Found {
    found: Vec<FoundMessage>,
    exhaustive: bool,
}

/// A message that the provider reports.
#[derive(Debug, Serialize)]
struct FoundMessage {
    provider_message: String,
    age_s: u32,
    state: &'static str,
    attributes: BTreeMap<String, String>,
}

impl From<FindRequest> for DeliveryQuery {
    fn from(request: FindRequest) -> Self {
        Self {
            to: request.to,
            max_age_s: request.max_age_s,
            correlation_id: request.correlation_id,
            message_id: request.message_id,
        }
    }
}

impl From<Deliveries> for Found {
    fn from(deliveries: Deliveries) -> Self {
        Self {
            found: deliveries.found.into_iter().map(Into::into).collect(),
            exhaustive: deliveries.exhaustive,
        }
    }
}

impl From<Delivery> for FoundMessage {
    fn from(delivery: Delivery) -> Self {
        Self {
            provider_message: delivery.message_id,
            age_s: delivery.age_s,
            state: match delivery.state {
                DeliveryState::Delivered => "delivered",
                DeliveryState::Undelivered => "undelivered",
                DeliveryState::Pending | DeliveryState::Other => "pending",
            },
            attributes: delivery.attributes.into_iter().collect(),
        }
    }
}

/// A lookup that failed. It proves nothing about the message.
pub fn failed(failure: Failure) -> Problem {
    let status = match failure.kind {
        FailureKind::InvalidMessage | FailureKind::InvalidConfig => 422,
        FailureKind::Unsupported => 501,
        _ => 502,
    };
    Problem::of(status, "lookup-failed", "The lookup failed", failure)
}
