//! Verdict on a platform's request, in the classes that platforms tell apart.

use crate::limits::Refusal;
use crate::phrases;
use crate::store::message::{Message, STOPPED, State};
use auth_connector_host::Phrase;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider took the message.
    Sent,
    /// The message carries no code, and no template is mapped for its type.
    Ignored,
    /// It was not sent, or nobody knows.
    Refused(Refused),
}

/// Why a message was not sent, or why nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The class.
    pub class: Class,
    /// A stable word.
    pub code: String,
    /// What the operator can do.
    pub hint: Option<Phrase>,
    /// The connector that failed, and the provider's own code and request id.
    pub provider: Option<Provider>,
}

/// Where a provider refused a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// The connector's name.
    pub connector: String,
    /// The provider's code.
    pub code: Option<String>,
    /// The provider's request id.
    pub request_id: Option<String>,
}

/// The classes that platforms tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The number takes no messages, or is none.
    BadNumber,
    /// The code is none that the provider takes.
    BadCode,
    /// A limit for the person was reached.
    TooMany,
    /// Its country is not served, or it looks like fraud.
    Blocked,
    /// Credentials are refused: the operator's turn.
    Credentials,
    /// A template, a signature or a flow is missing: the operator's turn.
    Setup,
    /// Balance or quota is used up: the operator's turn.
    Quota,
    /// It was certainly not sent, and another attempt may succeed.
    Unavailable,
    /// The database failed: this request sent nothing, and nothing is known about one before it.
    Storage,
    /// Nobody can tell whether it was sent.
    Unknown,
    /// The request proves nothing.
    Unauthorized,
    /// The body is no message of the platform.
    Unreadable,
    /// The body is too large.
    TooLarge,
    /// Its identifier came with another message before.
    IdReused,
}

impl Class {
    /// The HTTP status that says it.
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
    /// Refused with a stable word.
    pub fn refused(class: Class, code: &str) -> Self {
        Self::Refused(Refused {
            class,
            code: code.to_owned(),
            hint: None,
            provider: None,
        })
    }

    /// The same with what the operator can do.
    #[must_use]
    pub fn hint(mut self, hint: Phrase) -> Self {
        if let Self::Refused(refused) = &mut self {
            refused.hint = Some(hint);
        }
        self
    }

    /// By a limit.
    pub fn of_refusal(refusal: Refusal) -> Self {
        metrics::counter!("auth_host_refused_total", "reason" => refusal.reason).increment(1);
        let class = match refusal.reason {
            "no-flow" | "prefix-a-day" | "unverified" => Class::Blocked,
            "stopped" => Class::Unavailable,
            "segments-a-day" => Class::Quota,
            _ => Class::TooMany,
        };
        Self::refused(class, refusal.reason)
    }

    /// By the outcome of a message; the connector's name goes with it. A code that it had was checked before.
    pub fn of_message(row: &Message, connector: &str, has_code: bool) -> Self {
        let kind = row.kind.as_deref().unwrap_or("other");
        let is_stopped = row.reason.as_deref() == Some(STOPPED);
        let class = match row.state {
            State::Accepted | State::Delivered | State::Undelivered => return Self::Sent,
            State::Suppressed => return Self::refused(Class::Blocked, "test-number"),
            State::Unknown | State::Sending => Class::Unknown,
            State::NotSent => match kind {
                _ if is_stopped => Class::Unavailable,
                // The account's settings leave the recipient's country out.
                "recipient-rejected" if row.turn.as_deref() == Some("operator") => Class::Blocked,
                "recipient-rejected" => Class::BadNumber,
                // With a code that can be sent, the number is what the provider does not take; without one, the template
                // that the operator mapped.
                "invalid-message" if has_code => Class::BadNumber,
                "rate-limited" => Class::TooMany,
                "authentication" | "denied" => Class::Credentials,
                "quota" => Class::Quota,
                "unreachable" | "timeout" | "provider" => Class::Unavailable,
                _ => Class::Setup,
            },
        };
        let code = match class {
            Class::Unknown => "unknown",
            Class::Unavailable if is_stopped => STOPPED,
            _ => kind,
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

/// Whether a message that was not sent would fail again as long as its route is not changed.
pub fn is_permanent(row: &Message) -> bool {
    let kind = row.kind.as_deref().unwrap_or_default();
    let may_pass = matches!(
        kind,
        "unreachable" | "timeout" | "provider" | "rate-limited" | "quota"
    );
    !may_pass && row.reason.as_deref() != Some(STOPPED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Number;
    use crate::send::Draft;
    use crate::test_app::TestApp;
    use std::time::Instant;

    /// The kill switch came between two connectors: once it is off, a retry of the platform is sent.
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
                kind: Some("denied".to_owned()),
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
