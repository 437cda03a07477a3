//! The host's transport errors into words, and which of them exclude that a request was delivered.

use crate::contract::{Failure, FailureKind, Turn};
use crate::packed::packed;

/// The case of `wasi:http/types.error-code`, without what the host says beside it: that is a text of the host's, which
/// may quote the request, or a number that nobody here needs.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    dead_code,
    reason = "the order of `wasi:http`, which documents them; the host makes them"
)]
pub enum ErrorCode {
    DnsTimeout,
    DnsError,
    DestinationNotFound,
    DestinationUnavailable,
    DestinationIpProhibited,
    DestinationIpUnroutable,
    ConnectionRefused,
    ConnectionTerminated,
    ConnectionTimeout,
    ConnectionReadTimeout,
    ConnectionWriteTimeout,
    ConnectionLimitReached,
    TlsProtocolError,
    TlsCertificateError,
    TlsAlertReceived,
    HttpRequestDenied,
    HttpRequestLengthRequired,
    HttpRequestBodySize,
    HttpRequestMethodInvalid,
    HttpRequestUriInvalid,
    HttpRequestUriTooLong,
    HttpRequestHeaderSectionSize,
    HttpRequestHeaderSize,
    HttpRequestTrailerSectionSize,
    HttpRequestTrailerSize,
    HttpResponseIncomplete,
    HttpResponseHeaderSectionSize,
    HttpResponseHeaderSize,
    HttpResponseBodySize,
    HttpResponseTrailerSectionSize,
    HttpResponseTrailerSize,
    HttpResponseTransferCoding,
    HttpResponseContentCoding,
    HttpResponseTimeout,
    HttpUpgradeFailed,
    HttpProtocolError,
    LoopDetected,
    ConfigurationError,
    InternalError,
}

/// Whether an error proves, even after the whole request was handed over, that nothing of it reached a server:
/// the connection never came to be, or the host refused to make it.
pub fn excludes_delivery(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DnsTimeout
            | ErrorCode::DnsError
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
pub fn failure(code: ErrorCode) -> Failure {
    use FailureKind::{Denied, Provider, Timeout, Unreachable};
    let (kind, turn, message) = match code {
        ErrorCode::DnsTimeout | ErrorCode::DnsError => (
            Unreachable,
            Turn::Host,
            packed!(
                "The provider's host name could not be resolved. Check the endpoint and the host's DNS."
            ),
        ),
        ErrorCode::HttpRequestDenied => (
            Denied,
            Turn::Host,
            packed!(
                "The component's host does not grant this destination. Grant the endpoint's origin to the connector."
            ),
        ),
        ErrorCode::DestinationIpProhibited => (
            Denied,
            Turn::Host,
            packed!(
                "The component's host does not allow the address that the endpoint's name resolves to. Check the host's DNS and its grants."
            ),
        ),
        ErrorCode::ConnectionRefused
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable => (
            Unreachable,
            Turn::Host,
            packed!(
                "The provider could not be reached: nothing answers at the endpoint. Check the endpoint and the host's network."
            ),
        ),
        ErrorCode::TlsCertificateError
        | ErrorCode::TlsProtocolError
        | ErrorCode::TlsAlertReceived => (
            Unreachable,
            Turn::Host,
            packed!(
                "The TLS connection to the provider was not established. Check that the host trusts the certificate's authority and that no proxy stands between."
            ),
        ),
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => (
            Timeout,
            Turn::Provider,
            packed!(
                "The connection to the provider timed out. If it happens again, check the host's network."
            ),
        ),
        ErrorCode::ConnectionLimitReached => (
            Unreachable,
            Turn::Host,
            packed!(
                "The component's host has no connection left to give. Try again later, or raise its limit."
            ),
        ),
        ErrorCode::ConnectionTerminated => (
            Unreachable,
            Turn::Provider,
            packed!(
                "The connection to the provider broke. If it happens again, check the host's network."
            ),
        ),
        ErrorCode::HttpResponseIncomplete
        | ErrorCode::HttpResponseBodySize
        | ErrorCode::HttpResponseHeaderSectionSize
        | ErrorCode::HttpResponseHeaderSize
        | ErrorCode::HttpResponseContentCoding
        | ErrorCode::HttpResponseTransferCoding
        | ErrorCode::HttpProtocolError => (
            Provider,
            Turn::Provider,
            packed!("What came back is not a complete HTTP answer within the limits."),
        ),
        ErrorCode::ConfigurationError => (
            Unreachable,
            Turn::Host,
            packed!(
                "The component's host is not set up for this connection. Check which certificate authorities it trusts."
            ),
        ),
        _ => (
            Unreachable,
            Turn::Host,
            packed!("The component's host could not carry the request."),
        ),
    };
    Failure::new(kind, turn, message.text())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::ErrorCode::*;
    use super::*;

    /// Every case in its order.
    pub(crate) const ALL: [ErrorCode; 39] = [
        DnsTimeout,
        DnsError,
        DestinationNotFound,
        DestinationUnavailable,
        DestinationIpProhibited,
        DestinationIpUnroutable,
        ConnectionRefused,
        ConnectionTerminated,
        ConnectionTimeout,
        ConnectionReadTimeout,
        ConnectionWriteTimeout,
        ConnectionLimitReached,
        TlsProtocolError,
        TlsCertificateError,
        TlsAlertReceived,
        HttpRequestDenied,
        HttpRequestLengthRequired,
        HttpRequestBodySize,
        HttpRequestMethodInvalid,
        HttpRequestUriInvalid,
        HttpRequestUriTooLong,
        HttpRequestHeaderSectionSize,
        HttpRequestHeaderSize,
        HttpRequestTrailerSectionSize,
        HttpRequestTrailerSize,
        HttpResponseIncomplete,
        HttpResponseHeaderSectionSize,
        HttpResponseHeaderSize,
        HttpResponseBodySize,
        HttpResponseTrailerSectionSize,
        HttpResponseTrailerSize,
        HttpResponseTransferCoding,
        HttpResponseContentCoding,
        HttpResponseTimeout,
        HttpUpgradeFailed,
        HttpProtocolError,
        LoopDetected,
        ConfigurationError,
        InternalError,
    ];

    /// The design's list: the connection never came to be, or the host refused to make it. What speaks of a broken,
    /// slow or strange connection may have come after the request was delivered.
    #[test]
    fn after_the_release_only_what_excludes_a_connection_is_not_sent() {
        let excluding = [
            DnsTimeout,
            DnsError,
            DestinationNotFound,
            DestinationUnavailable,
            DestinationIpProhibited,
            DestinationIpUnroutable,
            ConnectionRefused,
            ConnectionLimitReached,
            TlsCertificateError,
            HttpRequestDenied,
            HttpRequestMethodInvalid,
            HttpRequestUriInvalid,
        ];
        for code in ALL {
            assert_eq!(
                excludes_delivery(code),
                excluding.contains(&code),
                "{code:?}"
            );
        }
    }

    #[test]
    fn every_error_says_in_words_of_our_own_what_happened_and_whose_turn_it_is() {
        for code in ALL {
            let failure = failure(code);
            assert!(failure.message.ends_with('.'), "{code:?}");
            assert_eq!(failure.attributes.len(), 1, "{code:?}");
            assert_eq!(failure.attributes[0].0, "turn", "{code:?}");
        }
        for (code, kind, turn) in [
            (DnsError, FailureKind::Unreachable, "host"),
            (HttpRequestDenied, FailureKind::Denied, "host"),
            (DestinationIpProhibited, FailureKind::Denied, "host"),
            (ConnectionRefused, FailureKind::Unreachable, "host"),
            (TlsCertificateError, FailureKind::Unreachable, "host"),
            (ConnectionTimeout, FailureKind::Timeout, "provider"),
            (HttpResponseTimeout, FailureKind::Timeout, "provider"),
            (ConnectionLimitReached, FailureKind::Unreachable, "host"),
            (ConnectionTerminated, FailureKind::Unreachable, "provider"),
            (HttpResponseIncomplete, FailureKind::Provider, "provider"),
            (HttpProtocolError, FailureKind::Provider, "provider"),
            (ConfigurationError, FailureKind::Unreachable, "host"),
            (InternalError, FailureKind::Unreachable, "host"),
        ] {
            let failure = failure(code);
            assert_eq!(failure.kind, kind, "{code:?}");
            assert_eq!(failure.attributes[0].1, turn, "{code:?}");
        }
    }
}
