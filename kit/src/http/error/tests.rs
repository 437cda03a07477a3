use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::bindings::wasi::http::types::{
    DnsErrorPayload, FieldSizePayload, TlsAlertReceivedPayload,
};
use ErrorCode::*;

const EMPTY: FieldSizePayload = FieldSizePayload {
    field_name: None,
    field_size: None,
};

/// Every case in its order.
const ALL: &[ErrorCode] = &[
    DnsTimeout,
    DnsError(DnsErrorPayload {
        rcode: None,
        info_code: None,
    }),
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
    TlsAlertReceived(TlsAlertReceivedPayload {
        alert_id: None,
        alert_message: None,
    }),
    HttpRequestDenied,
    HttpRequestLengthRequired,
    HttpRequestBodySize(None),
    HttpRequestMethodInvalid,
    HttpRequestUriInvalid,
    HttpRequestUriTooLong,
    HttpRequestHeaderSectionSize(None),
    HttpRequestHeaderSize(None),
    HttpRequestTrailerSectionSize(None),
    HttpRequestTrailerSize(EMPTY),
    HttpResponseIncomplete,
    HttpResponseHeaderSectionSize(None),
    HttpResponseHeaderSize(EMPTY),
    HttpResponseBodySize(None),
    HttpResponseTrailerSectionSize(None),
    HttpResponseTrailerSize(EMPTY),
    HttpResponseTransferCoding(None),
    HttpResponseContentCoding(None),
    HttpResponseTimeout,
    HttpUpgradeFailed,
    HttpProtocolError,
    LoopDetected,
    ConfigurationError,
    InternalError(None),
];

/// Errors that speak of a broken, slow or strange connection may have come after the request was delivered.
#[test]
fn only_errors_without_a_connection_exclude_delivery() {
    let excluding: Vec<String> = ALL
        .iter()
        .filter(|code| excludes_delivery(code))
        .map(|code| {
            format!("{code:?}")
                .split('(')
                .next()
                .unwrap_or_default()
                .into()
        })
        .collect();
    assert_eq!(
        excluding.join(" "),
        "ErrorCode::DnsTimeout ErrorCode::DnsError ErrorCode::DestinationNotFound \
         ErrorCode::DestinationUnavailable ErrorCode::DestinationIpProhibited \
         ErrorCode::DestinationIpUnroutable ErrorCode::ConnectionRefused ErrorCode::ConnectionLimitReached \
         ErrorCode::TlsCertificateError ErrorCode::HttpRequestDenied ErrorCode::HttpRequestMethodInvalid \
         ErrorCode::HttpRequestUriInvalid"
    );
}

#[test]
fn every_error_has_a_message_and_a_turn() {
    for code in ALL {
        let failure = failure(code);
        assert!(failure.message.ends_with('.'), "{code:?}");
        assert_eq!(failure.attributes.len(), 1, "{code:?}");
        assert_eq!(failure.attributes[0].0, "turn", "{code:?}");
    }
    for (code, kind, turn) in [
        (
            DnsError(DnsErrorPayload {
                rcode: None,
                info_code: None,
            }),
            FailureKind::Unreachable,
            "host",
        ),
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
        (InternalError(None), FailureKind::Unreachable, "host"),
    ] {
        let failure = failure(&code);
        assert_eq!(failure.kind, kind, "{code:?}");
        assert_eq!(failure.attributes[0].1, turn, "{code:?}");
    }
}

/// A gateway may examine credentials and rate before it reads the body.
#[test]
fn early_refusal_keeps_its_class_and_is_not_sent() {
    use FailureKind::*;
    for (status, kind, turn) in [
        (401, Authentication, "operator"),
        (403, Denied, "operator"),
        (429, RateLimited, "caller"),
        (307, InvalidConfig, "operator"),
        (404, InvalidConfig, "operator"),
        (400, Provider, "provider"),
        (503, Provider, "provider"),
    ] {
        let response = Response {
            retry_after: Some("30".into()),
            ..Response::new(status, "")
        };
        let SendError::NotSent(failure) = early(&response) else {
            panic!("{status}")
        };
        assert_eq!(
            (failure.kind, failure.attributes[0].1.as_str()),
            (kind, turn),
            "{status}"
        );
        assert_eq!(failure.retry_after_ms, Some(30_000));
        assert!(failure.message.contains("refused"), "{}", failure.message);
    }
    for status in [200, 299] {
        let error = early(&Response::new(status, ""));
        assert!(matches!(error, SendError::Unknown(_)), "{status}");
    }
}
