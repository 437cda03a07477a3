//! Maps the transport errors of `wasi:http` to failures, and names those that exclude delivery.

use alloc::format;

use super::exchange::Response;
use crate::bindings::wasi::http::types::ErrorCode;
use crate::contract::{Failure, FailureKind, SendError, Turn};

/// Whether an error proves, even after the whole request was handed over, that nothing of it reached a server: no
/// connection came about, or the host refused to make one.
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

/// The error as a failure. The host's own texts are left out, because they may quote the request.
pub(crate) fn failure(code: &ErrorCode) -> Failure {
    use ErrorCode as E;
    use FailureKind::{Denied, Provider, Timeout, Unreachable};
    let host = |kind, message: &str| Failure::new(kind, Turn::Host, message);
    let provider = |kind, message: &str| Failure::new(kind, Turn::Provider, message);
    match code {
        E::DnsTimeout | E::DnsError(_) => host(
            Unreachable,
            "The provider's host name could not be resolved. Check the endpoint and the host's DNS.",
        ),
        E::HttpRequestDenied => host(
            Denied,
            "The component's host does not grant this destination. Grant the endpoint's origin to the connector.",
        ),
        E::DestinationIpProhibited => host(
            Denied,
            "The component's host does not allow the address that the endpoint's name resolves to. Check the host's \
             DNS and its grants.",
        ),
        E::ConnectionRefused
        | E::DestinationNotFound
        | E::DestinationUnavailable
        | E::DestinationIpUnroutable => host(
            Unreachable,
            "The provider could not be reached: nothing answers at the endpoint. Check the endpoint and the host's \
             network.",
        ),
        E::TlsCertificateError | E::TlsProtocolError | E::TlsAlertReceived(_) => host(
            Unreachable,
            "The TLS connection to the provider was not established. Check that the host trusts the certificate's \
             authority and that no proxy stands between.",
        ),
        E::ConnectionTimeout
        | E::ConnectionReadTimeout
        | E::ConnectionWriteTimeout
        | E::HttpResponseTimeout => provider(
            Timeout,
            "The connection to the provider timed out. If it happens again, check the host's network.",
        ),
        E::ConnectionLimitReached => host(
            Unreachable,
            "The component's host has no connection left to give. Try again later, or raise its limit.",
        ),
        E::ConnectionTerminated => provider(
            Unreachable,
            "The connection to the provider broke. If it happens again, check the host's network.",
        ),
        E::HttpResponseIncomplete
        | E::HttpResponseBodySize(_)
        | E::HttpResponseHeaderSectionSize(_)
        | E::HttpResponseHeaderSize(_)
        | E::HttpResponseContentCoding(_)
        | E::HttpResponseTransferCoding(_)
        | E::HttpProtocolError => provider(
            Provider,
            "The response is not a complete HTTP response within the limits.",
        ),
        E::ConfigurationError => host(
            Unreachable,
            "The component's host is not set up for this connection. Check which certificate authorities it trusts.",
        ),
        E::HttpRequestMethodInvalid => host(
            Unreachable,
            "The component's host carries no request of this method.",
        ),
        E::HttpRequestUriInvalid | E::HttpRequestUriTooLong => host(
            Unreachable,
            "The component's host carries no request to this address. Check the endpoint.",
        ),
        E::HttpRequestBodySize(_) | E::HttpRequestLengthRequired => host(
            Unreachable,
            "The component's host carries no request with a body of this size. Send a shorter message, or raise its \
             limit.",
        ),
        E::HttpRequestHeaderSectionSize(_) | E::HttpRequestHeaderSize(_) => host(
            Unreachable,
            "The component's host carries no request with headers of this size. Shorten the longest, or raise its \
             limit.",
        ),
        _ => host(
            Unreachable,
            "The component's host could not carry the request.",
        ),
    }
}

/// A response that came before the request was complete. A refusal proves that nothing was sent, and says who has to
/// act; a server that accepts half a request proves nothing.
pub(crate) fn early(response: &Response) -> SendError {
    use FailureKind::{Authentication, Denied, InvalidConfig, Provider, RateLimited};
    let status = response.status;
    let came = format!("The provider answered with HTTP status {status} before it had the request");
    if (200..300).contains(&status) {
        let failure = Failure::new(Provider, Turn::Provider, format!("{came}."));
        return SendError::unknown(failure);
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
