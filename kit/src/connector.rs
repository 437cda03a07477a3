//! The traits that a connector implements, and what the kit does around each call.

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::{
    Field, Finding, Object, Place, Reader, form_json, json_schema, secret_pointers,
};
use crate::contract::*;
use crate::http::{Client, MAX_CALL_MS, Transport};
use crate::json::{self, Json, ParseError};
use crate::text::{Language, is_printable};

/// The most variables that a message may carry, and the most bytes in a name or value: the contract's bounds.
const MAX_VARIABLES: usize = 64;
const MAX_VARIABLE_BYTES: usize = 1_024;

/// The longest correlation id, in bytes: the contract's bound.
const MAX_CORRELATION_ID: usize = 128;

/// A connector: its names, the fields of its config, and the sending of a message.
///
/// The kit reads the config, checks the contract's bounds on a message and computes the deadline before it calls
/// [`Connector::preview`] or [`Connector::send`].
pub trait Connector {
    /// The config once it was read. Borrows from the JSON text.
    type Config<'c>;

    /// The fields of the config: forms, schema and secret pointers are made from them. With [`Field::TIMEOUT_MS`] among
    /// them, the kit reads the config's own limit on one call.
    const FIELDS: &'static [Field];

    /// Members of the config's JSON Schema that concern several fields, as a JSON object, such as `allOf`.
    const SCHEMA_RULES: &'static str = "{}";

    /// Identifier, names and description.
    const METADATA: Metadata;

    /// Reads the config's fields. Each read reports what is wrong with its value; this returns `None` where a value that
    /// sending needs is missing.
    fn read_config<'c>(config: &Object<'c, '_>) -> Option<Self::Config<'c>>;

    /// Previews the message that [`Connector::send`] would send.
    ///
    /// # Errors
    /// The failure with which that would end before it touches the network.
    fn preview(config: &Self::Config<'_>, message: &Message) -> Result<Preview, Failure>;

    /// Sends one message: at most one request that the provider could act upon.
    ///
    /// # Errors
    /// [`SendError::NotSent`] when the provider certainly could not act; [`SendError::Unknown`] otherwise.
    fn send(
        config: &Self::Config<'_>,
        message: &Message,
        client: &mut Client<'_>,
    ) -> Result<Receipt, SendError>;
}

/// Queries at the provider: the optional interface `sms-operations`. Nothing in it sends a message.
#[cfg(feature = "operations")]
pub trait Operations: Connector {
    /// Checks a config at the provider without sending.
    ///
    /// # Errors
    /// [`Failure`] when no query at all was possible.
    fn check(
        config: &Self::Config<'_>,
        language: Language,
        client: &mut Client<'_>,
    ) -> Result<Vec<Check>, Failure>;

    /// Looks up the deliveries of a message. The correlation id is within the contract's bounds.
    ///
    /// # Errors
    /// [`Failure`] when the query cannot work or was not possible.
    fn find(
        config: &Self::Config<'_>,
        query: &DeliveryQuery,
        client: &mut Client<'_>,
    ) -> Result<Deliveries, Failure>;
}

/// Receipts from the provider and reports to it: the optional interface `sms-receipts`.
#[cfg(feature = "receipts")]
pub trait Receipts: Connector {
    /// Reads a delivery callback of at most 64 KiB. Makes no request.
    ///
    /// # Errors
    /// [`CallbackRefusal`] when it is not a complete and, where the provider signs, authentic callback.
    fn read_callback(
        config: &Self::Config<'_>,
        callback: &Callback,
    ) -> Result<CallbackContent, CallbackRefusal>;

    /// Reports to the provider that a code was used.
    ///
    /// # Errors
    /// [`Failure`] when the provider did not take the report, or takes none.
    fn report_conversion(
        config: &Self::Config<'_>,
        conversion: &Conversion,
        client: &mut Client<'_>,
    ) -> Result<(), Failure>;
}

/// The guard of a connector's config.
pub fn config_guard<C: Connector>(language: Language) -> ConfigGuard {
    ConfigGuard {
        json_schema: json_schema(C::FIELDS, C::SCHEMA_RULES, language),
        form_json: form_json(C::FIELDS, language),
        secret_pointers: secret_pointers(C::FIELDS),
    }
}

/// A config's text as JSON, or why it is none. [`Connector::Config`] borrows from it.
type Document<'c> = Result<Json<'c>, ParseError>;

fn parse(config: &str) -> Document<'_> {
    // Editors on Windows begin files with a byte order mark.
    json::parse(config.strip_prefix('\u{feff}').unwrap_or(config))
}

/// A config that was read, and its own limit on one call in milliseconds.
type Read<'c, C> = (<C as Connector>::Config<'c>, Option<u32>);

/// Reads a config, and returns it with every finding. It is `None` where a finding is an error.
fn read_config<'c, C: Connector>(
    document: &'c Document<'c>,
) -> (Option<Read<'c, C>>, Vec<Finding>) {
    let document = match document {
        Ok(document) => document,
        Err(error) => return (None, alloc::vec![Finding::unreadable(*error)]),
    };
    let reader = Reader::default();
    let read = reader
        .object(Place::Root, document, C::FIELDS)
        .and_then(|object| {
            let timeout_ms = object.milliseconds(Field::TIMEOUT_MS.key);
            Some((C::read_config(&object)?, timeout_ms))
        })
        .filter(|_| !reader.has_error());
    (read, reader.into_sorted(C::FIELDS))
}

/// Reads a config for a call.
fn usable_config<'c, C: Connector>(
    document: &'c Document<'c>,
    language: Language,
) -> Result<Read<'c, C>, Failure> {
    let (read, findings) = read_config::<C>(document);
    read.ok_or_else(|| {
        let is_error = |finding: &&Finding| finding.severity == Severity::Error;
        let errors = findings.iter().filter(is_error).count();
        let message = alloc::format!(
            "The config cannot work. Findings that are errors: {errors}. Correct them and save."
        );
        let mut failure = Failure::new(FailureKind::InvalidConfig, Turn::Operator, message);
        failure.diagnostics = diagnostics::<C>(&findings, language);
        failure
    })
}

fn diagnostics<C: Connector>(findings: &[Finding], language: Language) -> Vec<Diagnostic> {
    let diagnostic = |finding: &Finding| finding.diagnostic(C::FIELDS, language);
    findings.iter().map(diagnostic).collect()
}

/// Returns every finding about a config that needs no network.
pub fn validate_config<C: Connector>(config: &str, language: Language) -> Vec<Diagnostic> {
    diagnostics::<C>(&read_config::<C>(&parse(config)).1, language)
}

/// Previews the message that [`send_message`] would send.
///
/// # Errors
/// The failure with which that would end before it touches the network.
pub fn preview_message<C: Connector>(config: &str, message: &Message) -> Result<Preview, Failure> {
    let document = parse(config);
    let (config, _) = usable_config::<C>(&document, Language::English)?;
    check_bounds(message)?;
    C::preview(&config, message)
}

/// Sends one message.
///
/// # Errors
/// See [`Connector::send`].
pub fn send_message<C: Connector>(
    config: &str,
    message: &Message,
    transport: &mut dyn Transport,
) -> Result<Receipt, SendError> {
    let document = parse(config);
    let (config, limit) =
        usable_config::<C>(&document, Language::English).map_err(SendError::NotSent)?;
    check_bounds(message).map_err(SendError::NotSent)?;
    let mut client = client(transport, [message.timeout_ms, limit]).for_message();
    C::send(&config, message, &mut client)
        .and_then(with_message_id)
        .map_err(SendError::in_words)
}

/// Refuses a receipt without a serial number, which the contract requires: nothing proves that the message was taken.
fn with_message_id(receipt: Receipt) -> Result<Receipt, SendError> {
    if !receipt.message_id.trim().is_empty() && !receipt.message_id.contains(char::is_control) {
        return Ok(receipt);
    }
    Err(SendError::Unknown(Failure::new(
        FailureKind::Provider,
        Turn::Provider,
        "The provider's answer has no usable serial number.",
    )))
}

/// A client with the smallest of the limits on a call.
fn client(transport: &mut dyn Transport, limits_ms: [Option<u32>; 2]) -> Client<'_> {
    let limits_ms = limits_ms.into_iter().flatten();
    Client::new(transport, limits_ms.fold(MAX_CALL_MS, u32::min))
}

/// The contract's bounds on a message.
fn check_bounds(message: &Message) -> Result<(), Failure> {
    let is_long = |(name, value): &(String, String)| {
        name.len() > MAX_VARIABLE_BYTES || value.len() > MAX_VARIABLE_BYTES
    };
    if message.variables.len() > MAX_VARIABLES || message.variables.iter().any(is_long) {
        return Err(Failure::invalid_message(
            "The message has more than 64 variables, or one longer than 1,024 bytes. Pass what the templates need.",
        ));
    }
    check_correlation_id(message.correlation_id.as_deref())
}

/// The contract's bounds on a correlation id.
fn check_correlation_id(id: Option<&str>) -> Result<(), Failure> {
    if id.is_none_or(|id| id.len() <= MAX_CORRELATION_ID && is_printable(id)) {
        return Ok(());
    }
    Err(Failure::invalid_message(
        "The correlation id is longer than 128 bytes or not printable ASCII. Pass an identifier of your own.",
    ))
}

/// Checks a config at the provider.
///
/// # Errors
/// See [`Operations::check`]; and when the config cannot work by itself, with every finding.
#[cfg(feature = "operations")]
pub fn check_config<C: Operations>(
    config: &str,
    language: Language,
    timeout_ms: Option<u32>,
    transport: &mut dyn Transport,
) -> Result<Vec<Check>, Failure> {
    let document = parse(config);
    let (config, limit) = usable_config::<C>(&document, language)?;
    let mut client = client(transport, [timeout_ms, limit]);
    C::check(&config, language, &mut client)
}

/// Looks up the deliveries of a message.
///
/// # Errors
/// See [`Operations::find`]; and when the config cannot work.
#[cfg(feature = "operations")]
pub fn find_deliveries<C: Operations>(
    config: &str,
    query: &DeliveryQuery,
    timeout_ms: Option<u32>,
    transport: &mut dyn Transport,
) -> Result<Deliveries, Failure> {
    let document = parse(config);
    let (config, limit) = usable_config::<C>(&document, Language::English)?;
    check_correlation_id(query.correlation_id.as_deref())?;
    let mut client = client(transport, [timeout_ms, limit]);
    C::find(&config, query, &mut client)
}

/// Reads a delivery callback.
///
/// # Errors
/// See [`Receipts::read_callback`]; and when the config cannot work.
#[cfg(feature = "receipts")]
pub fn read_callback<C: Receipts>(
    config: &str,
    callback: &Callback,
) -> Result<CallbackContent, CallbackRefusal> {
    use CallbackRefusalKind::{InvalidConfig, TooLarge};
    use json::MAX_BYTES;
    if callback.body.len() > MAX_BYTES {
        let message = alloc::format!("The callback is longer than {MAX_BYTES} bytes.");
        return Err(CallbackRefusal::new(TooLarge, message));
    }
    let document = parse(config);
    let (config, _) = usable_config::<C>(&document, Language::English)
        .map_err(|failure| CallbackRefusal::new(InvalidConfig, failure.message))?;
    C::read_callback(&config, callback)
}

/// Reports to the provider that a code was used.
///
/// # Errors
/// See [`Receipts::report_conversion`]; and when the config cannot work.
#[cfg(feature = "receipts")]
pub fn report_conversion<C: Receipts>(
    config: &str,
    conversion: &Conversion,
    timeout_ms: Option<u32>,
    transport: &mut dyn Transport,
) -> Result<(), Failure> {
    let document = parse(config);
    let (config, limit) = usable_config::<C>(&document, Language::English)?;
    let mut client = client(transport, [timeout_ms, limit]);
    C::report_conversion(&config, conversion, &mut client)
}

#[cfg(test)]
mod tests;
