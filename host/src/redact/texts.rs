//! Texts and figures of an answer, in the order in which they are searched.
//!
//! A text that is not listed here would be shown unsearched, so each type that a call may return lists its own.

use crate::contract::{
    Attributes, CallbackContent, CallbackRefusal, Check, ConfigGuard, Deliveries, Delivery,
    Diagnostic, Failure, LocalizedText, Metadata, Preview, Receipt, Severity, Verdict,
};
use crate::error::{CallError, CallbackError, HostFault, SendError};
use crate::report::{CallReport, HttpExchange};
use auth_connector_redaction::{CallbackSearch, Kind, MASK, Search, mask_whole};

/// The longest text that a plugin may return about an error, in bytes. The longest honest one has about 400.
pub(super) const TEXT: usize = 2_048;
/// The longest code, key, pointer or identifier, in bytes.
pub(super) const WORD: usize = 256;
/// The most attributes of one record; the contract documents eight at most.
pub(super) const ATTRIBUTES: usize = 64;
/// The most findings about one config, checks, deliveries or requests that are kept.
const ITEMS: usize = 1_024;
/// The most languages in which a text is kept.
const LANGUAGES: usize = 128;
/// The most parameters of a template.
const PARAMETERS: usize = 64;
/// The most texts of one answer that are searched. More are masked.
const TEXTS: usize = 8_192;

/// Something that a plugin chose.
pub(super) enum Item<'t> {
    /// A text and its cap in bytes.
    Text(&'t mut String, Kind, usize),
    /// A time to wait, which may be left out.
    Wait(&'t mut Option<u32>),
    /// An age, which may not.
    Age(&'t mut u32),
    /// A size, which may be rounded.
    Size(&'t mut u64),
    /// The same.
    Memory(&'t mut usize),
    /// A count, which may be left out.
    Count(&'t mut Option<u64>),
}

impl Item<'_> {
    /// Takes what must not show out of it.
    pub(super) fn clean(self, search: &mut Search<'_>, callback: Option<&mut CallbackSearch<'_>>) {
        match self {
            Self::Text(text, kind, cap) => {
                search.clean(text, kind, cap);
                if let Some(callback) = callback {
                    callback.clean(text, kind);
                }
            }
            Self::Wait(wait) => *wait = wait.filter(|wait| !search.reveals(u64::from(*wait))),
            Self::Age(age) if search.reveals(u64::from(*age)) => *age = u32::MAX,
            Self::Size(size) if search.reveals(*size) => *size = rounded(*size),
            Self::Memory(size) if search.reveals(*size as u64) => {
                *size = usize::try_from(rounded(*size as u64)).unwrap_or(usize::MAX);
            }
            Self::Count(count) => *count = count.filter(|count| !search.reveals(*count)),
            Self::Age(_) | Self::Size(_) | Self::Memory(_) => {}
        }
    }

    /// Removes it whole.
    fn withhold(self) {
        match self {
            Self::Text(text, ..) => mask_whole(text),
            Self::Wait(wait) => *wait = None,
            Self::Age(age) => *age = u32::MAX,
            Self::Size(size) => *size = rounded(*size),
            Self::Memory(size) => {
                *size = usize::try_from(rounded(*size as u64)).unwrap_or(usize::MAX);
            }
            Self::Count(count) => *count = None,
        }
    }
}

/// A size rounded up to a power of two.
fn rounded(size: u64) -> u64 {
    size.saturating_add(1)
        .checked_next_power_of_two()
        .unwrap_or(u64::MAX)
}

/// Texts and figures that a plugin returned, to be searched.
pub(crate) struct Texts<'t> {
    items: Vec<Item<'t>>,
    /// True if there were more than are searched.
    left_out: bool,
}

impl Default for Texts<'_> {
    /// With memory for an ordinary receipt and report.
    fn default() -> Self {
        Self {
            items: Vec::with_capacity(48),
            left_out: false,
        }
    }
}

/// Return value of a call.
pub(crate) trait Answer {
    /// Lists its texts and figures, and cuts its lists short.
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>);

    /// Called if some of its texts could not be searched and are masked, identifiers included. An answer that relies on
    /// its identifiers then becomes incomplete.
    fn note_left_out(&mut self) {}
}

impl<'t> Texts<'t> {
    pub(super) fn into_items(self) -> Vec<Item<'t>> {
        self.items
    }

    /// Returns true if everything that was listed is searched.
    pub(super) fn are_all(&self) -> bool {
        !self.left_out
    }

    fn push(&mut self, item: Item<'t>) {
        if self.items.len() < TEXTS {
            self.items.push(item);
        } else {
            self.left_out = true;
            item.withhold();
        }
    }

    fn text(&mut self, text: &'t mut String) {
        self.push(Item::Text(text, Kind::Text, TEXT));
    }

    fn word(&mut self, text: &'t mut String) {
        self.push(Item::Text(text, Kind::Text, WORD));
    }

    fn identifier(&mut self, text: &'t mut String) {
        self.push(Item::Text(text, Kind::Identifier, WORD));
    }

    fn attributes(&mut self, attributes: &'t mut Attributes) {
        attributes.truncate(ATTRIBUTES);
        for (key, value) in attributes {
            self.word(key);
            self.text(value);
        }
    }

    /// Lists a report: a plugin chooses its requests and the amounts that it uses as well.
    pub(crate) fn report(&mut self, report: &'t mut CallReport) {
        self.push(Item::Memory(&mut report.memory_bytes));
        self.push(Item::Count(&mut report.fuel));
        for exchange in &mut report.http {
            self.exchange(exchange);
        }
    }

    fn exchange(&mut self, exchange: &'t mut HttpExchange) {
        self.word(&mut exchange.method);
        self.word(&mut exchange.origin);
        self.word(&mut exchange.path);
        exchange.request_headers.truncate(ATTRIBUTES);
        for name in &mut exchange.request_headers {
            self.word(name);
        }
        if let Some(error) = &mut exchange.error {
            self.text(error);
        }
        self.push(Item::Size(&mut exchange.request_body_bytes));
        self.push(Item::Size(&mut exchange.response_body_bytes));
    }
}

impl Answer for Receipt {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        texts.identifier(&mut self.message_id);
        if let Some(id) = &mut self.request_id {
            texts.identifier(id);
        }
        texts.attributes(&mut self.attributes);
    }
}

impl Answer for Failure {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        texts.push(Item::Wait(&mut self.retry_after_ms));
        texts.text(&mut self.message);
        if let Some(code) = &mut self.provider_code {
            texts.word(code);
        }
        if let Some(id) = &mut self.request_id {
            texts.identifier(id);
        }
        texts.attributes(&mut self.attributes);
        self.diagnostics.list(texts);
    }
}

impl Answer for Vec<Diagnostic> {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        cut_to_worst(self, |finding| finding.severity == Severity::Error);
        for finding in self {
            texts.word(&mut finding.pointer);
            texts.word(&mut finding.code);
            texts.text(&mut finding.message);
            texts.attributes(&mut finding.attributes);
        }
    }
}

/// Cuts a list to [`ITEMS`], of which those that decide are the first. A shorter list keeps its order.
fn cut_to_worst<T>(list: &mut Vec<T>, decides: impl Fn(&T) -> bool) {
    if list.len() > ITEMS {
        list.sort_by_key(|item| !decides(item));
        list.truncate(ITEMS);
    }
}

/// The parameters are the caller's own variables: the contract's one exception. Secrets of the config are none of them.
impl Answer for Preview {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        texts.word(&mut self.route);
        texts.word(&mut self.template);
        texts.attributes(&mut self.attributes);
        self.parameters.truncate(PARAMETERS);
        for parameter in &mut self.parameters {
            texts.push(Item::Text(parameter, Kind::Parameter, TEXT));
        }
    }
}

impl Answer for Vec<Check> {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        cut_to_worst(self, |check| check.verdict == Verdict::Fail);
        for check in self {
            texts.word(&mut check.subject);
            texts.text(&mut check.message);
            texts.attributes(&mut check.attributes);
        }
    }
}

/// An entry that is too much, or has a longer id than a message can have, is dropped as a whole: a shortened id would name
/// another message. The records are not exhaustive then.
impl Answer for Deliveries {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        keep(self, |delivery| delivery.message_id.len() <= WORD);
        self.exhaustive &= self.found.len() <= ITEMS;
        self.found.truncate(ITEMS);
        for delivery in &mut self.found {
            texts.identifier(&mut delivery.message_id);
            texts.push(Item::Age(&mut delivery.age_s));
            texts.attributes(&mut delivery.attributes);
        }
    }

    fn note_left_out(&mut self) {
        keep(self, |delivery| {
            let attributes = delivery
                .attributes
                .iter()
                .flat_map(|(key, value)| [key, value]);
            let mut texts = attributes.chain([&delivery.message_id]);
            texts.all(|text| text != MASK)
        });
    }
}

/// Drops the other deliveries, and marks the list as incomplete.
fn keep(deliveries: &mut Deliveries, is_kept: impl Fn(&Delivery) -> bool) {
    let before = deliveries.found.len();
    deliveries.found.retain(is_kept);
    deliveries.exhaustive &= deliveries.found.len() == before;
}

/// Made without a config or a message, so there is nothing that it could repeat.
impl Answer for ConfigGuard {
    fn list<'t>(&'t mut self, _: &mut Texts<'t>) {}
}

/// As above; [`shorten`] bounds it.
impl Answer for Metadata {
    fn list<'t>(&'t mut self, _: &mut Texts<'t>) {}
}

/// Bounds metadata, of which nothing has to be searched.
pub(crate) fn shorten(metadata: &mut Metadata) {
    let cut = |text: &mut String, cap| text.truncate(text.floor_char_boundary(cap));
    let texts = |texts: &mut Vec<LocalizedText>| {
        texts.truncate(LANGUAGES);
        for text in texts {
            cut(&mut text.language, WORD);
            cut(&mut text.text, TEXT);
        }
    };
    cut(&mut metadata.id, WORD);
    cut(&mut metadata.version, WORD);
    texts(&mut metadata.names);
    texts(&mut metadata.descriptions);
    metadata.attributes.truncate(ATTRIBUTES);
    for (key, value) in &mut metadata.attributes {
        cut(key, WORD);
        cut(value, TEXT);
    }
}

/// Its receipts are as many as one callback may have, and none is left out.
impl Answer for CallbackContent {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        texts.word(&mut self.acknowledgement.content_type);
        texts.text(&mut self.acknowledgement.body);
        for receipt in &mut self.receipts {
            texts.identifier(&mut receipt.message_id);
            if let Some(id) = &mut receipt.correlation_id {
                texts.identifier(id);
            }
            texts.attributes(&mut receipt.attributes);
        }
    }
}

impl Answer for CallbackRefusal {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        texts.text(&mut self.message);
        texts.attributes(&mut self.attributes);
    }
}

/// A reported conversion has no texts.
impl Answer for () {
    fn list<'t>(&'t mut self, _: &mut Texts<'t>) {}
}

impl<T: Answer, E: Answer> Answer for Result<T, E> {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        match self {
            Ok(answer) => answer.list(texts),
            Err(error) => error.list(texts),
        }
    }

    fn note_left_out(&mut self) {
        match self {
            Ok(answer) => answer.note_left_out(),
            Err(error) => error.note_left_out(),
        }
    }
}

impl Answer for CallError {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        match self {
            Self::Connector(failure) => failure.list(texts),
            Self::Host(HostFault::Trapped(why)) => texts.text(why),
            Self::Host(_) | Self::Policy(_) => {}
        }
    }
}

impl Answer for SendError {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        match self {
            Self::NotSent(cause) | Self::Unknown(cause) => cause.list(texts),
        }
    }
}

impl Answer for CallbackError {
    fn list<'t>(&'t mut self, texts: &mut Texts<'t>) {
        match self {
            Self::Refused(refusal) => refusal.list(texts),
            Self::Failed(cause) => cause.list(texts),
        }
    }
}
