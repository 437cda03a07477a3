//! Verdict on a platform's request, in the classes that platforms distinguish.

use crate::service::limits::{Reason, Refusal};
use crate::service::phrases;
use crate::service::store::message::{Message, STOPPED, State};
use auth_connector_host::{FailureKind, Phrase};

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider accepted the message.
    Sent,
    /// The message carries no code, and no template is mapped for its type.
    Ignored,
    /// It was not sent, or the outcome is unknown.
    Refused(Refused),
}

/// The reason for which a message was not sent or its outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The class.
    pub class: Class,
    /// A stable word.
    pub code: String,
    /// The operator's possible action.
    pub hint: Option<Phrase>,
    /// The connector that failed, and the provider's own code and request id.
    pub provider: Option<Provider>,
}

/// The provider's refusal of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// The connector's name.
    pub connector: String,
    /// The provider's code.
    pub code: Option<String>,
    /// The provider's request id.
    pub request_id: Option<String>,
}

/// The classes that platforms distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The number accepts no messages, or is invalid.
    BadNumber,
    /// The provider does not accept the code.
    BadCode,
    /// A limit for the person was reached.
    TooMany,
    /// Its country is not served, or it looks like fraud.
    Blocked,
    /// Credentials are refused: the operator has to act.
    Credentials,
    /// A template, a signature or a flow is missing: the operator has to act.
    Setup,
    /// Balance or quota is used up: the operator has to act.
    Quota,
    /// It was certainly not sent, and another attempt may succeed.
    Unavailable,
    /// The database failed: this request sent nothing, and the outcome of an earlier one is not known.
    Storage,
    /// It is not known whether it was sent.
    Unknown,
    /// The request proves nothing.
    Unauthorized,
    /// The body is not a message of the platform.
    Unreadable,
    /// The body is too large.
    TooLarge,
    /// Its identifier was used with another message before.
    IdReused,
}

impl Class {
    /// The HTTP status of the class.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadNumber | Self::BadCode | Self::IdReused => 422,
            Self::TooMany => 429,
            Self::Blocked => 403,
            Self::Credentials | Self::Setup | Self::Quota => 502,
            Self::Unavailable | Self::Storage => 503,
            Self::Unknown => 504,
            Self::Unauthorized => 401,
            Self::Unreadable => 400,
            Self::TooLarge => 413,
        }
    }

    /// The key of the sentence for the person who waits.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::BadNumber => phrases::CHECK_NUMBER,
            Self::TooMany => "too-many",
            Self::Blocked => "not-delivered",
            Self::Unknown => "maybe-sent",
            Self::Quota => "used-up",
            Self::Unavailable => "try-again",
            Self::Storage => "not-finished",
            Self::BadCode
            | Self::Credentials
            | Self::Setup
            | Self::Unauthorized
            | Self::Unreadable
            | Self::TooLarge
            | Self::IdReused => "ask-administrator",
        }
    }
}

impl Verdict {
    /// A refusal with a stable word.
    pub fn refused(class: Class, code: &str) -> Self {
        Self::Refused(Refused {
            class,
            code: code.to_owned(),
            hint: None,
            provider: None,
        })
    }

    /// Adds the operator's possible action.
    #[must_use]
    pub fn hint(mut self, hint: Phrase) -> Self {
        if let Self::Refused(refused) = &mut self {
            refused.hint = Some(hint);
        }
        self
    }

    /// The verdict for a refusal by a limit.
    pub fn of_refusal(refusal: Refusal) -> Self {
        let reason = refusal.reason.as_str();
        metrics::counter!("auth_host_refused_total", "reason" => reason).increment(1);
        let class = match refusal.reason {
            Reason::NoFlow | Reason::PrefixADay | Reason::Unverified => Class::Blocked,
            Reason::Stopped => Class::Unavailable,
            Reason::SegmentsADay => Class::Quota,
            Reason::NumberInTenMinutes | Reason::NumberADay | Reason::NetworkADay => Class::TooMany,
        };
        Self::refused(class, reason)
    }

    /// The verdict for the outcome of a message, with the connector's name. If it had a code, that was checked before.
    pub fn of_message(row: &Message, connector: &str, has_code: bool) -> Self {
        let kind = row.kind.unwrap_or(FailureKind::Other);
        let is_stopped = row.reason.as_deref() == Some(STOPPED);
        let class = match row.state {
            State::Accepted | State::Delivered | State::Undelivered => return Self::Sent,
            State::Suppressed => return Self::refused(Class::Blocked, "test-number"),
            State::Unknown | State::Sending => Class::Unknown,
            State::NotSent => match kind {
                _ if is_stopped => Class::Unavailable,
                // The account's settings exclude the recipient's country.
                FailureKind::RecipientRejected if row.turn.as_deref() == Some("operator") => {
                    Class::Blocked
                }
                FailureKind::RecipientRejected => Class::BadNumber,
                // If the code can be sent, the provider refused the number; without a code, it refused the template
                // that the operator mapped.
                FailureKind::InvalidMessage if has_code => Class::BadNumber,
                FailureKind::RateLimited => Class::TooMany,
                FailureKind::Authentication | FailureKind::Denied => Class::Credentials,
                FailureKind::Quota => Class::Quota,
                FailureKind::Unreachable | FailureKind::Timeout | FailureKind::Provider => {
                    Class::Unavailable
                }
                FailureKind::InvalidMessage
                | FailureKind::InvalidConfig
                | FailureKind::NoTemplate
                | FailureKind::Unsupported
                | FailureKind::Other => Class::Setup,
            },
        };
        let code = match class {
            Class::Unknown => "unknown",
            Class::Unavailable if is_stopped => STOPPED,
            _ => kind.as_str(),
        };
        Self::Refused(Refused {
            class,
            code: code.to_owned(),
            hint: None,
            provider: Some(Provider {
                connector: connector.to_owned(),
                code: row.provider_code.clone(),
                request_id: row.request_id.clone(),
            }),
        })
    }

    /// The word by which it is counted.
    pub fn word(&self) -> &str {
        match self {
            Self::Sent => "sent",
            Self::Ignored => "ignored",
            Self::Refused(refused) => &refused.code,
        }
    }
}

/// Returns true if a message that was not sent would fail again as long as its route is not changed.
pub fn is_permanent(row: &Message) -> bool {
    let may_pass = match row.kind.unwrap_or(FailureKind::Other) {
        FailureKind::Unreachable
        | FailureKind::Timeout
        | FailureKind::Provider
        | FailureKind::RateLimited
        | FailureKind::Quota => true,
        FailureKind::InvalidConfig
        | FailureKind::InvalidMessage
        | FailureKind::NoTemplate
        | FailureKind::Authentication
        | FailureKind::Denied
        | FailureKind::RecipientRejected
        | FailureKind::Unsupported
        | FailureKind::Other => false,
    };
    !may_pass && row.reason.as_deref() != Some(STOPPED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::number::Number;
    use crate::service::send::Draft;
    use crate::service::test_app::TestApp;
    use std::time::Instant;

    /// The kill switch was turned on between two connectors: once it is off, a retry of the platform is sent.
    #[tokio::test]
    async fn stopped_message_may_be_tried_again() {
        let host = TestApp::new().await;
        let draft = Draft {
            tenant: "default".to_owned(),
            verification: None,
            source: None,
            number: Number::parse("+8613800138000", None).unwrap(),
            usage: "SignIn".to_owned(),
            locales: Vec::new(),
            variables: Vec::new(),
            route: Vec::new(),
            deadline: Instant::now(),
        };
        for (reason, class, code, permanent) in [
            (STOPPED, Class::Unavailable, "stopped", false),
            ("denied", Class::Credentials, "denied", true),
        ] {
            let row = Message {
                state: State::NotSent,
                kind: Some(FailureKind::Denied),
                reason: Some(reason.to_owned()),
                ..draft.row(&host.app, "c_1").unwrap()
            };
            let Verdict::Refused(refused) = Verdict::of_message(&row, "c", true) else {
                panic!("{reason}: not refused");
            };
            assert_eq!((refused.class, refused.code.as_str()), (class, code));
            assert_eq!(is_permanent(&row), permanent, "{reason}");
        }
    }
}
