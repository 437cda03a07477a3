//! Reasons for which the policy refuses a request, and the guest's errors for them.

use wasmtime_wasi_http::Error;

/// A request that the rules of egress refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// The function that was called makes no request.
    Function,
    /// More requests than a call may make.
    Count,
    /// More at once than a call may have under way.
    AtOnce,
    /// An origin that was not granted.
    Origin,
    /// A method that does more than carry a request.
    Method,
    /// A target that is not a path.
    Target,
    /// Not one length, or one beside a coding.
    Framing,
    /// A length above the most.
    Length(u64),
    /// The origin's addresses may not be dialled.
    Address,
}

impl Denied {
    /// The word of [`crate::HttpExchange::refused`], stable for programs.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Count => "count",
            Self::AtOnce => "at-once",
            Self::Origin => "origin",
            Self::Method => "method",
            Self::Target => "target",
            Self::Framing | Self::Length(_) => "length",
            Self::Address => "address",
        }
    }

    /// The guest's error.
    pub(super) const fn error(self) -> Error {
        match self {
            Self::Function | Self::Count | Self::Origin => Error::HttpRequestDenied,
            Self::AtOnce => Error::ConnectionLimitReached,
            Self::Method => Error::HttpRequestMethodInvalid,
            Self::Target => Error::HttpRequestUriInvalid,
            Self::Framing => Error::HttpProtocolError,
            Self::Length(most) => Error::HttpRequestBodySize(Some(most)),
            Self::Address => Error::DestinationIpProhibited,
        }
    }
}
