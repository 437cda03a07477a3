//! The contract's error codes for errors of the network.
//!
//! Connectors read these codes as evidence: after a request was released, only those that exclude delivery
//! still mean *not sent*. Therefore a code is returned only if it is certain. Every error on an established
//! connection becomes a code that excludes nothing.

use super::progress::Refusal;
use auth_connector_egress::DialError;
use rustls::{AlertDescription, Error as TlsError};
use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use wasmtime_wasi_http::Error;

/// No connection is made, because there are as many as there may be. Nothing of a request has left.
#[derive(Debug, thiserror::Error)]
#[error("the plugin or the host has as many connections as it may")]
pub(super) struct Full;

/// A failure of a request before its response.
pub(crate) fn of_request(error: &(dyn StdError + 'static)) -> Error {
    causes(error)
        .find_map(classify)
        .unwrap_or(Error::ConnectionTerminated)
}

/// A failure while a response's body was read.
pub(crate) fn of_response(error: &hyper::Error) -> Error {
    if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else {
        of_request(error)
    }
}

/// The part of a failure that its code does not express and an operator needs: a proxy's status, or why the stream
/// refused to go on.
pub(crate) fn shown(error: &(dyn StdError + 'static)) -> Option<String> {
    let refusal = causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref())
        .find_map(|cause| cause.downcast_ref::<Refusal>());
    if let Some(refusal) = refusal {
        return Some(refusal.to_string());
    }
    let dial = causes(error).find_map(|cause| cause.downcast_ref::<DialError>())?;
    match dial {
        DialError::ProxyRefused(_)
        | DialError::NoProxy
        | DialError::ProxyProhibited
        | DialError::OwnListener => Some(dial.to_string()),
        _ => None,
    }
}

fn classify(error: &(dyn StdError + 'static)) -> Option<Error> {
    if let Some(dial) = error.downcast_ref::<DialError>() {
        return Some(of_dial(dial));
    }
    if error.is::<Full>() {
        return Some(Error::ConnectionLimitReached);
    }
    if let Some(Error::HttpRequestBodySize(size)) = error.downcast_ref::<Error>() {
        return Some(Error::HttpRequestBodySize(*size));
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        let refusal = io.get_ref().and_then(|cause| cause.downcast_ref());
        return Some(refusal.map_or_else(|| of_established(io), of_refusal));
    }
    let hyper = error.downcast_ref::<hyper::Error>()?;
    if hyper.is_parse_too_large() {
        Some(Error::HttpResponseHeaderSectionSize(None))
    } else if hyper.is_parse() {
        Some(Error::HttpProtocolError)
    } else if hyper.is_timeout() {
        Some(Error::ConnectionReadTimeout)
    } else {
        // Closed, cancelled, incomplete: its own cause, if it has one, is more precise.
        None
    }
}

fn of_dial(error: &DialError) -> Error {
    match error {
        DialError::Uri => Error::HttpRequestUriInvalid,
        DialError::Resolve => Error::DnsError {
            rcode: None,
            info_code: None,
        },
        DialError::Prohibited | DialError::OwnListener => Error::DestinationIpProhibited,
        // Nothing of the request has left, and these codes mean that without a mention of proxies.
        DialError::ProxyRefused(_) | DialError::NoProxy => Error::DestinationUnavailable,
        DialError::ProxyProhibited => Error::DestinationIpProhibited,
        DialError::Timeout => Error::ConnectionTimeout,
        DialError::NoRoots => Error::ConfigurationError,
        DialError::Connect(io) => match io.kind() {
            ErrorKind::ConnectionRefused => Error::ConnectionRefused,
            ErrorKind::TimedOut => Error::ConnectionTimeout,
            ErrorKind::NetworkUnreachable => Error::DestinationIpUnroutable,
            ErrorKind::HostUnreachable | ErrorKind::NetworkDown => Error::DestinationUnavailable,
            // Linux returns EADDRNOTAVAIL when its ports are used up.
            ErrorKind::AddrNotAvailable => Error::ConnectionLimitReached,
            _ => Error::ConnectionTerminated,
        },
        DialError::Tls(io) => tls_cause(io).map_or(Error::ConnectionTerminated, of_tls),
    }
}

/// The stream itself refused to go on.
fn of_refusal(refusal: &Refusal) -> Error {
    match refusal {
        // The last byte of the request was not written and never will be, so this excludes that anybody acted on it.
        Refusal::Stale | Refusal::Ended => Error::DestinationUnavailable,
        Refusal::Early => Error::HttpProtocolError,
        Refusal::HeadTooLong => Error::HttpResponseHeaderSectionSize(None),
    }
}

/// Something broke on a connection that stood.
fn of_established(io: &io::Error) -> Error {
    match tls_cause(io) {
        Some(TlsError::AlertReceived(alert)) => alert_received(*alert),
        Some(_) => Error::TlsProtocolError,
        None if io.kind() == ErrorKind::TimedOut => Error::ConnectionReadTimeout,
        None => Error::ConnectionTerminated,
    }
}

fn of_tls(error: &TlsError) -> Error {
    match error {
        TlsError::InvalidCertificate(_)
        | TlsError::NoCertificatesPresented
        | TlsError::UnsupportedNameType => Error::TlsCertificateError,
        TlsError::AlertReceived(alert) => alert_received(*alert),
        _ => Error::TlsProtocolError,
    }
}

fn alert_received(alert: AlertDescription) -> Error {
    Error::TlsAlertReceived {
        alert_id: Some(alert.into()),
        alert_message: alert.as_str().map(str::to_owned),
    }
}

fn tls_cause(io: &io::Error) -> Option<&TlsError> {
    io.get_ref()?.downcast_ref()
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}
