//! Names of states, kinds and turns, by identifiers that are made at run time.

use super::form::shown;
use super::settling::Settling;
use super::texts::Texts;
use crate::service::form::USAGES;
use crate::service::store::audit::Action;
use crate::service::store::message::{Message, STOPPED, State};
use crate::service::store::receipts::Source;
use auth_connector_host::FailureKind;

/// A message's state.
pub fn state(t: Texts, state: State) -> String {
    t.say(&format!("state-{}", state.as_str()))
}

/// A verification's status.
pub fn status(t: Texts, status: &str) -> String {
    t.say(&format!("status-{status}"))
}

/// The party whose turn it is.
pub fn turn(t: Texts, turn: &str) -> String {
    t.say(&format!("turn-{turn}"))
}

/// The class of a failure.
pub fn kind(t: Texts, kind: &str) -> String {
    t.say(&format!("kind-{kind}"))
}

/// The source of a report.
pub fn source(t: Texts, source: Source) -> String {
    t.say(&format!("source-{}", source.as_str()))
}

/// The remedy for a failure of a class.
fn todo(t: Texts, kind: &str) -> String {
    let known = KINDS.contains(&kind);
    t.say(&format!("todo-{}", if known { kind } else { "other" }))
}

/// The remedy for a message that did not arrive; empty if there is none.
pub fn remedy(t: Texts, message: &Message, settling: Settling) -> String {
    match message.state {
        State::NotSent if message.reason.as_deref() == Some(STOPPED) => t.say("todo-stopped"),
        State::NotSent => todo(t, message.kind.map_or("other", FailureKind::as_str)),
        State::Undelivered => t.say("todo-undelivered"),
        State::Unknown => settling.remedy(t),
        State::Accepted | State::Delivered | State::Sending | State::Suppressed => String::new(),
    }
}

/// The outcome of a webhook's request, or the reason for refusing a message. An unknown word is returned as it is.
pub fn outcome(t: Texts, word: &str) -> String {
    if OUTCOMES.contains(&word) {
        return t.say(&format!("outcome-{word}"));
    }
    match KINDS.contains(&word) {
        true => kind(t, word),
        false => word.to_owned(),
    }
}

/// Words for outcomes of a request, without the classes of failures.
pub const OUTCOMES: [&str; 43] = [
    "sent",
    "ignored",
    "unauthorized",
    "stale",
    "unreadable",
    "too-large",
    "too-slow",
    "code-not-sendable",
    "invalid-recipient",
    "unknown",
    "id-reused",
    "idempotency-key",
    "in-flight",
    "not-sent",
    "storage",
    "stopped",
    "no-flow",
    "test-number",
    "number-in-ten-minutes",
    "number-a-day",
    "prefix-a-day",
    "network-a-day",
    "segments-a-day",
    "unverified",
    "connector-not-ready",
    "not-in-flow",
    "no-time-left",
    "interrupted",
    "settled-by-operator",
    "host-overloaded",
    "host-exhausted",
    "plugin-timed-out",
    "plugin-computed-too-long",
    "plugin-out-of-memory",
    "plugin-out-of-handles",
    "plugin-handed-over-too-much",
    "plugin-crashed",
    "plugin-broke-contract",
    "config-too-long",
    "tenant-rate",
    "tenant-concurrency",
    "tenant-queue",
    "plugin-closed",
];

/// The action of an entry in the audit log.
pub fn action(t: Texts, action: &str) -> String {
    let known = Action::ALL.iter().find(|known| known.as_str() == action);
    known.map_or_else(|| shown(action, 40), |action| t.say(&action_id(*action)))
}

fn action_id(action: Action) -> String {
    format!("action-{}", action.as_str().replace('.', "-"))
}

/// A key of a preview and its value, in words if the contract defines them.
pub fn attribute(t: Texts, key: &str, value: &str) -> (String, String) {
    let value = match (key, value) {
        ("usage", usage) if USAGES.contains(&usage) => t.say(&format!("usage-{usage}")),
        ("fallback", "true") => t.say("yes"),
        ("fallback", "false") => t.say("no"),
        _ => shown(value, 80),
    };
    let key = match key {
        "usage" => t.say("usage"),
        "locale" => t.say("locale"),
        "to" => t.say("number"),
        "fallback" => t.say("fallback"),
        _ => shown(key, 40),
    };
    (key, value)
}

/// A part of a plugin that a catalogue's maker checked.
pub fn checked(t: Texts, subject: &str) -> String {
    match CHECKED.iter().find(|(known, _)| *known == subject) {
        Some((_, id)) => t.say(id),
        None => shown(subject, 40),
    }
}

/// The parts that findings are about, with the identifiers of their texts.
const CHECKED: [(&str, &str); 5] = [
    ("bytes", "vouch-bytes"),
    ("manifest", "vouch-manifest"),
    ("provenance", "provenance"),
    ("SBOM", "fact-sbom"),
    ("guides", "guide"),
];

/// The classes of failures in the contract.
const KINDS: [&str; 13] = [
    "invalid-config",
    "invalid-message",
    "no-template",
    "authentication",
    "denied",
    "rate-limited",
    "quota",
    "recipient-rejected",
    "unreachable",
    "timeout",
    "provider",
    "unsupported",
    "other",
];

/// The states, in the order in which lists show them.
pub const STATES: [State; 7] = [
    State::Accepted,
    State::Delivered,
    State::Undelivered,
    State::Unknown,
    State::NotSent,
    State::Suppressed,
    State::Sending,
];

/// Meanings of imports, by their prefix.
pub const IMPORTS: [(&str, &str); 5] = [
    ("wasi:http/", "import-http"),
    ("wasi:clocks/", "import-clocks"),
    ("wasi:io/", "import-io"),
    ("wasi:random/", "import-random"),
    ("", "import-other"),
];

/// Parts that may change between versions of a plugin, with the identifiers of their texts. Limits have their own
/// names.
const CHANGES: [(&str, &str); 19] = [
    ("id", "change-id"),
    ("version", "fact-version"),
    ("signer", "signer"),
    ("authority", "change-import"),
    ("origin", "change-origin"),
    ("config origin", "change-config-origin"),
    ("licence", "fact-license"),
    ("publisher", "fact-publisher"),
    ("name", "change-name"),
    ("description", "fact-description"),
    ("homepage", "fact-homepage"),
    ("manifest", "change-manifest"),
    ("size", "fact-size"),
    ("component", "fact-digest"),
    ("SBOM", "fact-sbom"),
    ("SBOM licence", "change-sbom-license"),
    ("provenance", "provenance"),
    ("builder", "fact-builder"),
    ("revision", "fact-revision"),
];

/// The name of a changed part.
pub fn change(t: Texts, what: &str) -> String {
    match CHANGES.iter().find(|(known, _)| *known == what) {
        Some((_, id)) => t.say(id),
        None => shown(what, 40),
    }
}

/// Settings that are numbers, with the identifiers of their texts.
pub const LIMITS: [(&str, &str); 6] = [
    ("number_in_ten_minutes", "limit-number-in-ten-minutes"),
    ("number_a_day", "limit-number-a-day"),
    ("prefix_a_day", "limit-prefix-a-day"),
    ("network_a_day", "limit-network-a-day"),
    ("segments_a_day", "limit-segments-a-day"),
    ("retention_days", "limit-retention-days"),
];

/// Every text identifier that is made here.
#[cfg(test)]
pub fn every() -> Vec<String> {
    let states = STATES.map(|state| format!("state-{}", state.as_str()));
    let statuses = ["pending", "approved", "cancelled", "expired"].map(|s| format!("status-{s}"));
    let turns = [
        "operator",
        "caller",
        "recipient",
        "provider",
        "plugin",
        "host",
    ];
    let turns = turns.map(|turn| format!("turn-{turn}"));
    let kinds = KINDS.map(|kind| format!("kind-{kind}"));
    let todos = KINDS.map(|kind| format!("todo-{kind}"));
    let outcomes = OUTCOMES.map(|word| format!("outcome-{word}"));
    let sources = Source::ALL.map(|source| format!("source-{}", source.as_str()));
    let usages = USAGES.map(|usage| format!("usage-{usage}"));
    let verdicts = ["pass", "fail", "cannot-verify", "other"].map(|v| format!("verdict-{v}"));
    let imports = IMPORTS.map(|(_, id)| id.to_owned());
    let limits = LIMITS.map(|(_, id)| id.to_owned());
    let changes = CHANGES.map(|(_, id)| id.to_owned());
    states
        .into_iter()
        .chain(statuses)
        .chain(turns)
        .chain(kinds)
        .chain(todos)
        .chain(sources)
        .chain(outcomes)
        .chain(usages)
        .chain(verdicts)
        .chain(imports)
        .chain(limits)
        .chain(changes)
        .chain(Action::ALL.iter().map(|action| action_id(*action)))
        .chain(CHECKED.map(|(_, id)| id.to_owned()))
        .collect()
}
