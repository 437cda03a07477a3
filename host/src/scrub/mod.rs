//! Taking secrets, numbers and codes out of what a plugin says.
//!
//! A plugin sees all three, and what it returns is bound for somebody's log. An honest plugin masks them; this is for
//! the one that does not.
//!
//! | taken out | where it is found |
//! |---|---|
//! | strings of the config under a key that sounds secret (`secret`, `token`, `password`, `key`, …), from 4 characters | anywhere |
//! | other strings of the config that look like a token: 16 characters or more with a digit, no space, no host name | anywhere |
//! | the recipient's number: its last 8 digits, however they are grouped | anywhere |
//! | the message's variables, from 4 characters; `code` from 2 | as a word of its own |
//! | in what is said about a callback, the numbers that stand in it: see [`callback`] | anywhere |
//!
//! All of them also in hexadecimal and base64, the first two percent-encoded and escaped for JSON as well; variables
//! so from 6 characters. What a plugin encodes in a way of its own gets through: it could as well spell a secret in
//! the order of its attributes. Lengths and counts are bounded, so that it gets through slowly.
//!
//! Identifiers (message id, request id) keep codes of fewer than six characters: in a serial number of thirty digits
//! every code of four turns up once in four hundred messages.

mod callback;
mod forms;
mod secrets;

use crate::contract::{
    Attributes, CallbackContent, CallbackRefusal, Check, Config, Deliveries, Diagnostic, Failure,
    LocalizedText, Metadata, Receipt,
};
use crate::error::{CallError, HostFault};
use crate::report::HttpExchange;
use memchr::memmem;
use std::ops::Range;
use std::sync::Arc;

pub(crate) use callback::Numbers;
pub(crate) use forms::Form;
pub(crate) use secrets::of_config;

/// What stands in the place of what was taken out.
const MASK: &str = "****";

/// The longest text that a plugin may return about an error, in bytes. The longest honest one has about 400.
const TEXT: usize = 2_048;
/// The longest code, key, pointer or identifier, in bytes.
const WORD: usize = 256;
/// The most attributes of one record; the contract documents eight at most.
const ATTRIBUTES: usize = 64;
/// The most findings about one config, checks, deliveries or requests that are kept.
const ITEMS: usize = 1_024;
/// The most languages in which a text is kept.
const LANGUAGES: usize = 128;
/// How many of a number's last digits give it away. Eight make a whole national number in most countries.
const DIGITS: usize = 8;

/// What must not be in an answer.
#[derive(Clone)]
pub(crate) struct Scrub<'a> {
    /// Forms of the config's secrets, of the number and of the variables, to be found anywhere.
    config: &'a [Form],
    encoded: Arc<[Form]>,
    number: String,
    variables: Vec<&'a str>,
}

/// What kind of text it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Identifier,
}

impl<'a> Scrub<'a> {
    /// For a call that was given this.
    pub(crate) fn new(config: &'a Config, to: &str, variables: &'a Attributes) -> Self {
        let digits: String = to.chars().filter(char::is_ascii_digit).collect();
        let tail = digits.get(digits.len().saturating_sub(DIGITS)..);
        let number = tail.filter(|tail| tail.len() >= 5).unwrap_or_default();
        let long_enough = |(name, value): &&'a (String, String)| {
            value.len() >= if name == "code" { 2 } else { 4 }
        };
        let variables: Vec<&str> = variables
            .iter()
            .filter(long_enough)
            .map(|(_, value)| value.as_str())
            .collect();
        let mut encoded = Vec::new();
        for text in variables.iter().copied().chain([number]) {
            if text.len() >= 6 {
                forms::encoded(text, &mut encoded);
            }
        }
        Self {
            config: config.secrets(),
            encoded: encoded.into(),
            number: number.to_owned(),
            variables,
        }
    }

    /// For a call that knows no recipient.
    pub(crate) fn of_config(config: &'a Config) -> Self {
        static NONE: Attributes = Attributes::new();
        Self::new(config, "", &NONE)
    }

    /// For a call that was given nothing.
    pub(crate) fn of_nothing() -> Scrub<'static> {
        Scrub {
            config: &[],
            encoded: Arc::default(),
            number: String::new(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn metadata(&self, metadata: &mut Metadata) {
        self.word(&mut metadata.id);
        self.word(&mut metadata.version);
        self.texts(&mut metadata.names);
        self.texts(&mut metadata.descriptions);
        self.attributes(&mut metadata.attributes);
    }

    fn texts(&self, texts: &mut Vec<LocalizedText>) {
        texts.truncate(LANGUAGES);
        for text in texts {
            self.word(&mut text.language);
            self.text(&mut text.text);
        }
    }

    pub(crate) fn callback(&self, content: &mut CallbackContent, numbers: &Numbers) {
        for receipt in &mut content.receipts {
            self.identifier(&mut receipt.message_id);
            numbers.identifier(&mut receipt.message_id);
            self.optional(&mut receipt.correlation_id, Kind::Identifier);
            receipt
                .correlation_id
                .iter_mut()
                .for_each(|id| numbers.identifier(id));
            self.said_of_callback(&mut receipt.attributes, numbers);
        }
        let acknowledgement = &mut content.acknowledgement;
        self.word(&mut acknowledgement.content_type);
        self.text(&mut acknowledgement.body);
        numbers.text(&mut acknowledgement.body);
    }

    pub(crate) fn refusal(&self, refusal: &mut CallbackRefusal, numbers: &Numbers) {
        self.text(&mut refusal.message);
        numbers.text(&mut refusal.message);
        self.said_of_callback(&mut refusal.attributes, numbers);
    }

    fn said_of_callback(&self, attributes: &mut Attributes, numbers: &Numbers) {
        self.attributes(attributes);
        for (key, value) in attributes {
            numbers.text(key);
            numbers.text(value);
        }
    }

    pub(crate) fn receipt(&self, receipt: &mut Receipt) {
        self.identifier(&mut receipt.message_id);
        self.optional(&mut receipt.request_id, Kind::Identifier);
        self.attributes(&mut receipt.attributes);
    }

    pub(crate) fn cause(&self, cause: &mut CallError) {
        match cause {
            CallError::Connector(failure) => self.failure(failure),
            CallError::Host(HostFault::Trapped(why)) => self.text(why),
            CallError::Host(_) | CallError::Policy(_) => {}
        }
    }

    fn failure(&self, failure: &mut Failure) {
        self.text(&mut failure.message);
        self.optional(&mut failure.provider_code, Kind::Text);
        self.optional(&mut failure.request_id, Kind::Identifier);
        self.diagnostics(&mut failure.diagnostics);
        self.attributes(&mut failure.attributes);
    }

    pub(crate) fn diagnostics(&self, findings: &mut Vec<Diagnostic>) {
        findings.truncate(ITEMS);
        for finding in findings {
            self.word(&mut finding.pointer);
            self.word(&mut finding.code);
            self.text(&mut finding.message);
            self.attributes(&mut finding.attributes);
        }
    }

    pub(crate) fn checks(&self, checks: &mut Vec<Check>) {
        checks.truncate(ITEMS);
        for check in checks {
            self.word(&mut check.subject);
            self.text(&mut check.message);
            self.attributes(&mut check.attributes);
        }
    }

    pub(crate) fn deliveries(&self, deliveries: &mut Deliveries) {
        deliveries.found.truncate(ITEMS);
        for delivery in &mut deliveries.found {
            self.identifier(&mut delivery.message_id);
            self.attributes(&mut delivery.attributes);
        }
    }

    /// What a plugin asked of the network is its text as well.
    pub(crate) fn exchanges(&self, exchanges: &mut [HttpExchange]) {
        for exchange in exchanges {
            self.word(&mut exchange.method);
            self.word(&mut exchange.origin);
            self.word(&mut exchange.path);
            exchange.request_headers.truncate(ATTRIBUTES);
            for name in &mut exchange.request_headers {
                self.word(name);
            }
        }
    }

    fn attributes(&self, attributes: &mut Attributes) {
        attributes.truncate(ATTRIBUTES);
        for (key, value) in attributes {
            self.word(key);
            self.text(value);
        }
    }

    fn optional(&self, text: &mut Option<String>, kind: Kind) {
        if let Some(text) = text {
            self.clean(text, kind, WORD);
        }
    }

    fn identifier(&self, text: &mut String) {
        self.clean(text, Kind::Identifier, WORD);
    }

    fn word(&self, text: &mut String) {
        self.clean(text, Kind::Text, WORD);
    }

    fn text(&self, text: &mut String) {
        self.clean(text, Kind::Text, TEXT);
    }

    fn clean(&self, text: &mut String, kind: Kind, cap: usize) {
        // Beyond the cap only as far as a secret that begins below it may reach: its first piece.
        let looked_at = prefix(text, cap + forms::LONGEST);
        let found = self.found(looked_at, kind);
        if found.is_empty() && text.len() <= cap {
            return;
        }
        *text = masked(prefix(text, cap), &found, text.len() > cap);
    }

    /// Where something is that must not be, in order, possibly overlapping.
    fn found(&self, text: &str, kind: Kind) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let bytes = forms::bytes_in(text);
        let forms = self.config.iter().chain(self.encoded.iter());
        for form in forms.filter(|form| form.may_be_in(text.len(), bytes)) {
            let hits = occurrences(text.as_bytes(), form.text.as_bytes());
            found.extend(hits.map(|at| at..at + form.text.len()));
        }
        if !self.number.is_empty() && text.len() >= self.number.len() {
            let holds =
                |digits: &str| memmem::find(digits.as_bytes(), self.number.as_bytes()).is_some();
            numbers(text, holds, &mut found);
        }
        for variable in &self.variables {
            if variable.len() <= text.len() && (kind == Kind::Text || variable.len() >= 6) {
                words(text, variable, kind, &mut found);
            }
        }
        found.sort_unstable_by_key(|range| range.start);
        found
    }
}

/// Where a text holds another, not overlapping. The standard library's search, and memchr's own iterator, prepare each
/// for a text that is much longer than these: 5 % of a whole send.
fn occurrences<'t>(text: &'t [u8], form: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + memmem::find(text.get(from..)?, form)?;
        from = at + form.len().max(1);
        Some(at)
    })
}

/// At most so many bytes of a text, in whole characters.
fn prefix(text: &str, cap: usize) -> &str {
    text.get(..text.floor_char_boundary(cap))
        .unwrap_or_default()
}

/// A text without these places.
fn masked(text: &str, found: &[Range<usize>], cut: bool) -> String {
    let mut clean = String::with_capacity(text.len() + MASK.len());
    let mut at = 0;
    for range in found {
        if range.start >= text.len() {
            break;
        }
        if range.start >= at {
            clean.push_str(text.get(at..range.start).unwrap_or_default());
            clean.push_str(MASK);
        }
        at = at.max(range.end);
    }
    clean.push_str(text.get(at..).unwrap_or_default());
    if cut {
        clean.push('…');
    }
    clean
}

/// Digits that belong together, although single spaces, dashes, dots or brackets stand between them, and that
/// hold a number.
fn numbers(text: &str, holds: impl Fn(&str) -> bool, found: &mut Vec<Range<usize>>) {
    let mut digits = String::new();
    let mut start = 0;
    let mut end = 0;
    let mut judge = |digits: &mut String, range: Range<usize>| {
        if holds(digits) {
            found.push(range);
        }
        digits.clear();
    };
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if digits.is_empty() {
                    start = at;
                }
                digits.push(char::from(byte));
                end = at + 1;
            }
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if at < end + 2 => {}
            _ => judge(&mut digits, start..end),
        }
    }
    judge(&mut digits, start..end);
}

/// A variable where it is not a part of a longer word, or a code where it is not a part of a longer number.
fn words(text: &str, variable: &str, kind: Kind, found: &mut Vec<Range<usize>>) {
    let digits = kind == Kind::Text && variable.bytes().all(|byte| byte.is_ascii_digit());
    let joins = |byte: Option<u8>| {
        byte.is_some_and(|byte| byte.is_ascii_digit() || (!digits && byte.is_ascii_alphanumeric()))
    };
    let bytes = text.as_bytes();
    for at in occurrences(bytes, variable.as_bytes()) {
        let end = at + variable.len();
        let before = at
            .checked_sub(1)
            .and_then(|before| bytes.get(before).copied());
        if !joins(before) && !joins(bytes.get(end).copied()) {
            found.push(at..end);
        }
    }
}

#[cfg(test)]
mod tests;
