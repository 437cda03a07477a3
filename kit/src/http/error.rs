//! Maps the transport errors of `wasi:http` to failures, and names those that exclude delivery.

use alloc::format;

use super::exchange::Response;
use crate::bindings::wasi::http::types::ErrorCode;
use crate::contract::{Failure, FailureKind, SendError, Turn};

/// True if an error proves, even after the whole request was handed over, that nothing of it reached a server: no
/// connection was established, or the host refused to make one.
pub(crate) const fn excludes_delivery(code: &ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DnsTimeout
            | ErrorCode::DnsError(_)
            | ErrorCode::DestinationNotFound
            | ErrorCode::DestinationUnavailable
            | ErrorCode::DestinationIpProhibited
            | ErrorCode::DestinationIpUnroutable
            | ErrorCode::ConnectionRefused
            | ErrorCode::ConnectionLimitReached
            | ErrorCode::TlsCertificateError
            | ErrorCode::HttpRequestDenied
            | ErrorCode::HttpRequestMethodInvalid
            | ErrorCode::HttpRequestUriInvalid
    )
}

const UNRESOLVED: &str =
    "The provider's host name could not be resolved. Check the endpoint and the host's DNS.";
const NOT_GRANTED: &str = "The component's host does not grant this destination. Grant the endpoint's origin to the connector.";
const ADDRESS: &str = "The component's host does not allow the address that the endpoint's name resolves to. Check the \
    host's DNS and its grants.";
const UNREACHABLE: &str = "The provider could not be reached: nothing answers at the endpoint. Check the endpoint and the \
    host's network.";
const TLS: &str = "The TLS connection to the provider was not established. Check that the host trusts the certificate's \
    authority and that no proxy stands between.";
const TIMED_OUT: &str =
    "The connection to the provider timed out. If it happens again, check the host's network.";
const NO_CONNECTION: &str =
    "The component's host has no connection left to give. Try again later, or raise its limit.";
const BROKE: &str =
    "The connection to the provider broke. If it happens again, check the host's network.";
const INCOMPLETE: &str = "The response is not a complete HTTP response within the limits.";
const NOT_SET_UP: &str = "The component's host is not set up for this connection. Check which certificate authorities it \
    trusts.";
const METHOD: &str = "The component's host carries no request of this method.";
const URI: &str = "The component's host carries no request to this address. Check the endpoint.";
const BODY: &str = "The component's host carries no request with a body of this size. Send a shorter message, or raise its \
    limit.";
const HEADERS: &str = "The component's host carries no request with headers of this size. Shorten the longest, or raise \
    its limit.";
const NOT_CARRIED: &str = "The component's host could not carry the request.";

/// The error as a failure. The host's own texts are left out, because they may quote the request.
pub(crate) fn failure(code: &ErrorCode) -> Failure {
    use ErrorCode as E;
    use FailureKind::{Denied, Provider, Timeout, Unreachable};
    let (kind, turn, text) = match code {
        E::DnsTimeout | E::DnsError(_) => (Unreachable, Turn::Host, UNRESOLVED),
        E::HttpRequestDenied => (Denied, Turn::Host, NOT_GRANTED),
        E::DestinationIpProhibited => (Denied, Turn::Host, ADDRESS),
        E::ConnectionRefused
        | E::DestinationNotFound
        | E::DestinationUnavailable
        | E::DestinationIpUnroutable => (Unreachable, Turn::Host, UNREACHABLE),
        E::TlsCertificateError | E::TlsProtocolError | E::TlsAlertReceived(_) => {
            (Unreachable, Turn::Host, TLS)
        }
        E::ConnectionTimeout
        | E::ConnectionReadTimeout
        | E::ConnectionWriteTimeout
        | E::HttpResponseTimeout => (Timeout, Turn::Provider, TIMED_OUT),
        E::ConnectionLimitReached => (Unreachable, Turn::Host, NO_CONNECTION),
        E::ConnectionTerminated => (Unreachable, Turn::Provider, BROKE),
        E::HttpResponseIncomplete
        | E::HttpResponseBodySize(_)
        | E::HttpResponseHeaderSectionSize(_)
        | E::HttpResponseHeaderSize(_)
        | E::HttpResponseContentCoding(_)
        | E::HttpResponseTransferCoding(_)
        | E::HttpProtocolError => (Provider, Turn::Provider, INCOMPLETE),
        E::ConfigurationError => (Unreachable, Turn::Host, NOT_SET_UP),
        E::HttpRequestMethodInvalid => (Unreachable, Turn::Host, METHOD),
        E::HttpRequestUriInvalid | E::HttpRequestUriTooLong => (Unreachable, Turn::Host, URI),
        E::HttpRequestBodySize(_) | E::HttpRequestLengthRequired => (Unreachable, Turn::Host, BODY),
        E::HttpRequestHeaderSectionSize(_) | E::HttpRequestHeaderSize(_) => {
            (Unreachable, Turn::Host, HEADERS)
        }
        _ => (Unreachable, Turn::Host, NOT_CARRIED),
    };
    Failure::new(kind, turn, text)
}

/// A response that came before the request was complete. A refusal proves that nothing was sent, and its status names the
/// party that has to act; a server that accepts half a request proves nothing.
pub(crate) fn early(response: &Response) -> SendError {
    use FailureKind::{Authentication, Denied, InvalidConfig, Provider, RateLimited};
    let status = response.status;
    let came = format!("The provider answered with HTTP status {status} before it had the request");
    if (200..300).contains(&status) {
        let failure = Failure::new(Provider, Turn::Provider, format!("{came}."));
        return SendError::Unknown(failure);
    }
    let (kind, turn, what) = match status {
        401 => (Authentication, Turn::Operator, " Correct the credentials."),
        403 => (
            Denied,
            Turn::Operator,
            " Check the credentials, and what the provider permits them.",
        ),
        429 => (RateLimited, Turn::Caller, " Send less for a while."),
        300..=399 | 404 | 405 | 410 => (InvalidConfig, Turn::Operator, " Check the endpoint."),
        _ => (Provider, Turn::Provider, ""),
    };
    let mut failure = Failure::new(kind, turn, format!("{came}, and so refused it.{what}"));
    failure.retry_after_ms = response.retry_after_ms();
    SendError::NotSent(failure)
}

#[cfg(test)]
mod tests;
