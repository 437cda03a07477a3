//! Faults of a network or a broken service, injected on demand.
//!
//! | fault | the request is processed, its message recorded | the client gets |
//! |---|---|---|
//! | [`Fault::CloseOnAccept`] | no | a connection that dies before a byte is read |
//! | [`Fault::CloseBeforeReading`] | no | a reset after the headers |
//! | [`Fault::ReadHalfThenClose`] | no | a reset in the middle of the body |
//! | [`Fault::HangBeforeReading`] | no | silence; the body is not read |
//! | [`Fault::Code`] | no | a refusal with that code, where the service puts it |
//! | [`Fault::Unavailable`] | no | an HTML page with that status, as a broken gateway sends |
//! | [`Fault::Delay`] | yes | the answer, late |
//! | [`Fault::Hang`] | yes | silence |
//! | [`Fault::AcceptThenClose`] | yes | an orderly close instead of an answer |
//! | [`Fault::AcceptThenReset`] | yes | a reset instead of an answer |
//! | [`Fault::AcceptThenCode`] | yes | a refusal with that code although the message went out |
//! | [`Fault::AcceptThenStatus`] | yes | an HTML page with that status |
//! | the others | yes | the answer, spoilt in the way the name says |

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Largest answer that a fault may ask for, 64 MiB.
pub const LARGEST_REPLY: usize = 64 * 1024 * 1024;

/// One fault, for one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// The next new connection is closed as soon as it is accepted, including one to the control plane. Never chosen by
    /// chance.
    CloseOnAccept,
    /// The headers are read, the body is not, the connection is reset.
    CloseBeforeReading,
    /// At least half of the body is read, then the connection is reset.
    ReadHalfThenClose,
    /// The headers are read, then nothing happens until the client leaves.
    HangBeforeReading,
    /// The request is refused with this code: in `Response.Error`, or for each number of `SendSms`, according to the
    /// code.
    Code {
        /// A documented code, or any other text, which `SendSms` then answers for each number.
        code: String,
        /// Replaces the code's own message.
        #[serde(default)]
        message: Option<String>,
    },
    /// Whole request read, not processed, an HTML page with this status.
    Unavailable {
        /// 400 to 599, or 200.
        status: u16,
    },
    /// The response is delayed by this time.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// Processed, and never answered.
    Hang,
    /// Processed, then the connection is closed.
    AcceptThenClose,
    /// Processed, then the connection is reset.
    AcceptThenReset,
    /// Processed, then refused with this code all the same.
    AcceptThenCode {
        /// As in [`Fault::Code`].
        code: String,
    },
    /// Processed, then an HTML page with this status.
    AcceptThenStatus {
        /// 400 to 599, or 200.
        status: u16,
    },
    /// The first half of the answer under its full `Content-Length`, then the connection closes.
    Truncated,
    /// A 200 whose JSON stops in the middle.
    CutJson,
    /// A 200 without a body.
    EmptyBody,
    /// An answer that is padded to this many bytes.
    Oversized {
        /// Bytes.
        bytes: usize,
    },
    /// `SendStatusSet` is `[]`.
    EmptySet,
    /// There is no `SendStatusSet`.
    MissingSet,
    /// `SendStatusSet` lacks its last entry.
    ShortSet,
    /// `SendStatusSet` has numbers that were not requested.
    ForeignSet,
    /// An undocumented code replaces `Ok`.
    UnknownCode,
    /// The response is gzipped although the client did not accept it.
    Gzip,
    /// `Content-Type` has a charset, which the service's never has.
    Charset,
}

impl Fault {
    /// Returns true if it changes `SendStatusSet`, which only responses to `SendSms` have.
    pub fn is_of_statuses(&self) -> bool {
        matches!(
            self,
            Self::EmptySet
                | Self::MissingSet
                | Self::ShortSet
                | Self::ForeignSet
                | Self::UnknownCode
        )
    }

    /// The name in `kind`, for the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CloseOnAccept => "close-on-accept",
            Self::CloseBeforeReading => "close-before-reading",
            Self::ReadHalfThenClose => "read-half-then-close",
            Self::HangBeforeReading => "hang-before-reading",
            Self::Code { .. } => "code",
            Self::Unavailable { .. } => "unavailable",
            Self::Delay { .. } => "delay",
            Self::Hang => "hang",
            Self::AcceptThenClose => "accept-then-close",
            Self::AcceptThenReset => "accept-then-reset",
            Self::AcceptThenCode { .. } => "accept-then-code",
            Self::AcceptThenStatus { .. } => "accept-then-status",
            Self::Truncated => "truncated",
            Self::CutJson => "cut-json",
            Self::EmptyBody => "empty-body",
            Self::Oversized { .. } => "oversized",
            Self::EmptySet => "empty-set",
            Self::MissingSet => "missing-set",
            Self::ShortSet => "short-set",
            Self::ForeignSet => "foreign-set",
            Self::UnknownCode => "unknown-code",
            Self::Gzip => "gzip",
            Self::Charset => "charset",
        }
    }
}

/// A queued fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queued {
    /// The fault.
    #[serde(deserialize_with = "one")]
    pub fault: Fault,
    /// The number of requests left.
    #[serde(default = "once")]
    pub times: u32,
    /// Only for requests of this action.
    #[serde(default)]
    pub action: Option<String>,
}

/// Reads a fault and refuses keys that it does not have. `deny_unknown_fields` does that only for variants with fields.
fn strict<E: de::Error>(given: Value) -> Result<Fault, E> {
    let fault: Fault = serde_json::from_value(given.clone()).map_err(E::custom)?;
    let own = serde_json::to_value(&fault).map_err(E::custom)?;
    let keys = |value: &Value| {
        value
            .as_object()
            .map(|o| o.keys().cloned().collect::<Vec<_>>())
    };
    match keys(&given)
        .unwrap_or_default()
        .iter()
        .find(|key| own.get(key.as_str()).is_none())
    {
        Some(key) => Err(E::custom(format!(
            "`{}` has no field `{key}`",
            fault.name()
        ))),
        None => Ok(fault),
    }
}

fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fault, D::Error> {
    strict(Value::deserialize(deserializer)?)
}

fn many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Fault>, D::Error> {
    Vec::<Value>::deserialize(deserializer)?
        .into_iter()
        .map(strict)
        .collect()
}

fn once() -> u32 {
    1
}

/// Faults by chance, for requests without a queued fault. The same seed gives the same sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chaos {
    /// Probability of a fault, from 0 to 1.
    pub probability: f64,
    /// Seed of the sequence.
    #[serde(default)]
    pub seed: u64,
    /// The possible faults, all equally likely.
    #[serde(default = "any_fault", deserialize_with = "many")]
    pub faults: Vec<Fault>,
}

/// One of each kind that a client should handle without waiting.
fn any_fault() -> Vec<Fault> {
    let code = |code: &str| Fault::Code {
        code: code.to_owned(),
        message: None,
    };
    vec![
        Fault::CloseBeforeReading,
        Fault::ReadHalfThenClose,
        Fault::AcceptThenClose,
        Fault::AcceptThenReset,
        code("RequestLimitExceeded"),
        code("InternalError"),
        code("InternalError.Timeout"),
        Fault::AcceptThenCode {
            code: "InternalError.SendAndRecvFail".to_owned(),
        },
        Fault::Unavailable { status: 502 },
        Fault::AcceptThenStatus { status: 504 },
        Fault::Delay { ms: 100 },
        Fault::Truncated,
        Fault::CutJson,
        Fault::EmptyBody,
        Fault::EmptySet,
        Fault::UnknownCode,
    ]
}
