//! The contract's types as the canonical ABI lays them out in memory: what an exported function takes and returns.
//!
//! The ABI places the fields of a record as C does, each at the next multiple of its alignment, and a variant as a tag
//! of one byte before the union of its payloads. That is what Rust guarantees for `repr(C)` and `repr(C, u8)`, so the
//! compiler works out every offset here and none is written down. The tests read and write these types by the offsets
//! that `wit-parser` computes from `wit/`, field by field and by name.
//!
//! Sources: "Despecialization", "Alignment" and "Storing" in the component model's `CanonicalABI.md`, and Rust's
//! reference, "Type layout".

use alloc::string::String;
use alloc::vec::Vec;
use core::mem::ManuallyDrop;

use crate::contract;
use crate::http_error::ErrorCode;

/// A list, or with bytes for elements a string: where it begins and how many elements it has.
#[repr(C)]
pub struct List<T> {
    at: *const T,
    length: usize,
}

/// UTF-8.
pub type Text = List<u8>;

/// An option.
#[repr(C, u8)]
pub enum Maybe<T> {
    None,
    Some(T),
}

/// A result.
#[repr(C, u8)]
pub enum Outcome<T, E> {
    Ok(T),
    Err(E),
}

/// One of the contract's `attributes` or a message's variables.
#[repr(C)]
pub struct Pair {
    key: Text,
    value: Text,
}

/// `diagnostic`.
#[repr(C)]
pub struct Diagnostic {
    pointer: Text,
    code: Text,
    severity: u8,
    message: Text,
    attributes: List<Pair>,
}

/// `config-guard`.
#[repr(C)]
pub struct ConfigGuard {
    pub json_schema: Text,
    pub form_json: Text,
    pub secret_pointers: List<Text>,
}

/// `preview`.
#[repr(C)]
pub struct Preview {
    route: Text,
    template: Text,
    parameters: List<Text>,
    attributes: List<Pair>,
}

/// `receipt`.
#[repr(C)]
pub struct Receipt {
    message_id: Text,
    request_id: Maybe<Text>,
    attributes: List<Pair>,
}

/// `failure`.
#[repr(C)]
pub struct Failure {
    kind: u8,
    message: Text,
    provider_code: Maybe<Text>,
    request_id: Maybe<Text>,
    retry_after_ms: Maybe<u32>,
    diagnostics: List<Diagnostic>,
    attributes: List<Pair>,
}

/// `send-error`.
#[allow(dead_code, reason = "the host reads them")]
#[repr(C, u8)]
pub enum SendError {
    NotSent(Failure),
    Unknown(Failure),
}

/// `check`.
#[repr(C)]
pub struct Check {
    subject: Text,
    verdict: u8,
    message: Text,
    attributes: List<Pair>,
}

/// `delivery`.
#[repr(C)]
pub struct Delivery {
    message_id: Text,
    age_s: u32,
    state: u8,
    attributes: List<Pair>,
}

/// `deliveries`.
#[repr(C)]
pub struct Deliveries {
    found: List<Delivery>,
    exhaustive: bool,
}

/// The arguments of `send-message` and `preview-message`, which are more than the ABI passes one by one.
#[repr(C)]
pub struct ConfigAndMessage {
    config: Text,
    message: Message,
}

/// `message`.
#[repr(C)]
struct Message {
    to: Text,
    usage: Text,
    variables: List<Pair>,
    locales: List<Text>,
    correlation_id: Maybe<Text>,
    timeout_ms: Maybe<u32>,
    /// No key of these is registered.
    _attributes: List<Pair>,
}

/// `error-code` of `wasi:http/types`: the case, and room for the largest of what may come beside it.
#[repr(C)]
pub struct HttpError {
    pub code: ErrorCode,
    payload: [u64; 3],
}

// What is handed to the host stays where it is until the next call, so nothing here frees.

impl<T> List<T> {
    /// The arguments that stand for one list.
    pub fn new(at: *const T, length: usize) -> Self {
        Self { at, length }
    }

    /// A list of what each element becomes.
    fn of<U>(elements: Vec<U>, each: fn(U) -> T) -> Self {
        // A loop is smaller than collecting, which drops in place and grows in several ways.
        let mut list = Vec::with_capacity(elements.len());
        for element in elements {
            list.push(each(element));
        }
        let list = ManuallyDrop::new(list);
        Self::new(list.as_ptr(), list.len())
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self::new(text.as_ptr(), text.len())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let text = ManuallyDrop::new(text);
        Self::new(text.as_ptr(), text.len())
    }
}

impl<T> Maybe<T> {
    fn of<U: Into<T>>(value: Option<U>) -> Self {
        match value {
            None => Self::None,
            Some(value) => Self::Some(value.into()),
        }
    }

    fn into_option(self) -> Option<T> {
        match self {
            Self::None => None,
            Self::Some(value) => Some(value),
        }
    }
}

/// A list of texts.
pub fn texts(texts: Vec<String>) -> List<Text> {
    List::of(texts, Into::into)
}

/// What `validate-config` returns, and a part of a failure. A function that is not inlined, like the next two, so
/// that each type is written in one place of the component: the generator's code wrote a failure in six, 24 KB.
#[inline(never)]
pub fn diagnostics(diagnostics: Vec<contract::Diagnostic>) -> List<Diagnostic> {
    List::of(diagnostics, |diagnostic| Diagnostic {
        pointer: diagnostic.pointer.into(),
        code: diagnostic.code.into(),
        severity: diagnostic.severity as u8,
        message: diagnostic.message.into(),
        attributes: attributes(diagnostic.attributes),
    })
}

#[inline(never)]
fn attributes(attributes: contract::Attributes) -> List<Pair> {
    List::of(attributes, |(key, value)| Pair {
        key: key.into(),
        value: value.into(),
    })
}

#[inline(never)]
fn failure(failure: contract::Failure) -> Failure {
    let failure = failure.into_details();
    Failure {
        kind: failure.kind as u8,
        message: failure.message.into(),
        provider_code: Maybe::of(failure.provider_code),
        request_id: Maybe::of(failure.request_id),
        retry_after_ms: Maybe::of(failure.retry_after_ms),
        diagnostics: diagnostics(failure.diagnostics),
        attributes: attributes(failure.attributes),
    }
}

/// What a function returns whose only error is a failure.
pub fn outcome<T, U>(
    result: Result<T, contract::Failure>,
    ok: impl FnOnce(T) -> U,
) -> Outcome<U, Failure> {
    match result {
        Ok(value) => Outcome::Ok(ok(value)),
        Err(error) => Outcome::Err(failure(error)),
    }
}

/// What `send-message` returns.
pub fn sent(result: Result<contract::Receipt, contract::SendError>) -> Outcome<Receipt, SendError> {
    match result {
        Ok(receipt) => Outcome::Ok(Receipt {
            message_id: receipt.message_id.into(),
            request_id: Maybe::of(receipt.request_id),
            attributes: attributes(receipt.attributes),
        }),
        Err(contract::SendError::NotSent(error)) => {
            Outcome::Err(SendError::NotSent(failure(error)))
        }
        Err(contract::SendError::Unknown(error)) => {
            Outcome::Err(SendError::Unknown(failure(error)))
        }
    }
}

impl From<contract::Preview> for Preview {
    fn from(preview: contract::Preview) -> Self {
        Self {
            route: preview.route.into(),
            template: preview.template.into(),
            parameters: texts(preview.parameters),
            attributes: attributes(preview.attributes),
        }
    }
}

/// What `check-config` found.
pub fn checks(checks: Vec<contract::Check>) -> List<Check> {
    List::of(checks, |check| Check {
        subject: check.subject.into(),
        verdict: check.verdict as u8,
        message: check.message.into(),
        attributes: attributes(check.attributes),
    })
}

impl From<contract::Deliveries> for Deliveries {
    fn from(deliveries: contract::Deliveries) -> Self {
        Self {
            found: List::of(deliveries.found, |delivery| Delivery {
                message_id: delivery.message_id.into(),
                age_s: delivery.age_s,
                state: delivery.state as u8,
                attributes: attributes(delivery.attributes),
            }),
            exhaustive: deliveries.exhaustive,
        }
    }
}

/// What the host wrote into memory that it had asked for becomes the callee's own.
///
/// # Safety
///
/// The value, and every block that it points to, was written by the host as the canonical ABI demands: each block comes
/// from the global allocator with the size and alignment of its elements and belongs to nobody else, and strings are
/// UTF-8.
#[allow(
    unsafe_code,
    reason = "arguments come as addresses; this is where they become values"
)]
pub mod given {
    use super::{ConfigAndMessage, List, Pair, Text};
    use crate::contract;
    use alloc::string::String;
    use alloc::vec::Vec;

    /// A string. # Safety: see the module.
    pub unsafe fn text(text: Text) -> String {
        // SAFETY: the caller vouches for the block and that it is UTF-8, which hosts check.
        unsafe { String::from_utf8_unchecked(list(text)) }
    }

    /// An option, from its tag and its payload.
    pub fn option<T>(tag: u32, payload: T) -> Option<T> {
        (tag != 0).then_some(payload)
    }

    /// A list of strings. # Safety: see the module.
    pub unsafe fn texts(texts: List<Text>) -> Vec<String> {
        // SAFETY: the caller vouches for the list and what is in it.
        unsafe { map(texts, |element| text(element)) }
    }

    /// # Safety: see the module.
    unsafe fn pairs(pairs: List<Pair>) -> Vec<(String, String)> {
        // SAFETY: the caller vouches for the list and what is in it.
        unsafe { map(pairs, |pair| (text(pair.key), text(pair.value))) }
    }

    /// The arguments of a function that takes a config and a message. # Safety: see the module.
    pub unsafe fn config_and_message(
        arguments: *const ConfigAndMessage,
    ) -> (String, contract::Message) {
        // SAFETY: the caller vouches for the address and for everything that is reached from it.
        unsafe {
            let ConfigAndMessage { config, message } = arguments.read();
            let message = contract::Message {
                to: text(message.to),
                usage: text(message.usage),
                variables: pairs(message.variables),
                locales: texts(message.locales),
                correlation_id: message.correlation_id.into_option().map(|id| text(id)),
                timeout_ms: message.timeout_ms.into_option(),
            };
            (text(config), message)
        }
    }

    /// # Safety: see the module.
    unsafe fn map<T, U>(elements: List<T>, each: impl Fn(T) -> U) -> Vec<U> {
        // SAFETY: the caller vouches for the list.
        let elements = unsafe { list(elements) };
        let mut mapped = Vec::with_capacity(elements.len());
        for element in elements {
            mapped.push(each(element));
        }
        mapped
    }

    /// # Safety: see the module.
    unsafe fn list<T>(list: List<T>) -> Vec<T> {
        if list.length == 0 {
            // There is no block, and its address may be anything.
            return Vec::new();
        }
        // SAFETY: the caller vouches for a block of that many elements, which is all that it has room for.
        unsafe { Vec::from_raw_parts(list.at.cast_mut(), list.length, list.length) }
    }
}

#[cfg(test)]
mod tests;
