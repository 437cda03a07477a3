//! Ways in which an unknown outcome is settled, beside the operator's decision.

use super::texts::Texts;
use crate::service::catalog::Catalog;
use crate::service::store::message::Message;

/// The source that may settle an unknown outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// The connector asks the provider.
    LookUp,
    /// The connector cannot ask, but it reads the provider's reports.
    Report,
    /// Neither: the operator alone.
    Operator,
}

impl Settling {
    /// The source for a message, by its connector. A connector that is not ready may ask once it is.
    pub fn of(catalog: &Catalog, message: &Message) -> Self {
        let Some(connector) = catalog.connectors.get(&message.connector) else {
            return Self::Operator;
        };
        let Ok(ready) = &connector.ready else {
            return Self::LookUp;
        };
        let description = ready.plugin.description();
        match (description.has_operations, description.has_receipts) {
            (true, _) => Self::LookUp,
            (false, true) => Self::Report,
            (false, false) => Self::Operator,
        }
    }

    /// Returns true if the provider can be asked.
    pub fn is_look_up(self) -> bool {
        self == Self::LookUp
    }

    /// The explanation of the unknown outcome.
    pub fn explanation(self, t: Texts) -> String {
        match self {
            Self::LookUp => t.say("unknown-text"),
            Self::Report => t.say("unknown-text-report"),
            Self::Operator => t.say("unknown-text-yours"),
        }
    }

    /// The remedy.
    pub fn remedy(self, t: Texts) -> String {
        match self {
            Self::LookUp => t.say("todo-unknown"),
            Self::Report => t.say("todo-unknown-report"),
            Self::Operator => t.say("todo-unknown-yours"),
        }
    }
}
