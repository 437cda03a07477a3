//! Fields of a trial and its results.

use super::super::texts::Texts;
use crate::service::form::USAGES;

/// The trial's fields and results.
#[derive(Default)]
pub(super) struct Trial {
    pub(super) to: String,
    pub(super) usage: String,
    pub(super) locale: String,
    pub(super) usages: Vec<(&'static str, String)>,
    pub(super) error: String,
    /// True if the host refused to send; the list of messages has more about it.
    pub(super) is_refused: bool,
    /// The plugin's reason for not sending, in its own words.
    pub(super) refusal: String,
    pub(super) preview: Option<Preview>,
    pub(super) sent: Option<Sent>,
}

/// The message that would be sent.
pub(super) struct Preview {
    pub(super) route: String,
    pub(super) template: String,
    pub(super) parameters: Vec<String>,
    pub(super) attributes: Vec<(String, String)>,
}

pub(super) struct Sent {
    pub(super) state: &'static str,
    pub(super) name: String,
    pub(super) code: String,
    pub(super) serial: String,
    pub(super) provider_code: String,
    pub(super) turn: String,
    pub(super) kind: String,
    /// The remedy for a failure.
    pub(super) todo: String,
    /// The plugin's own words.
    pub(super) hint: String,
    /// The provider's own words.
    pub(super) provider: String,
    pub(super) id: String,
}

pub(super) fn usages(t: Texts) -> Vec<(&'static str, String)> {
    USAGES
        .map(|usage| (usage, t.say(&format!("usage-{usage}"))))
        .to_vec()
}
