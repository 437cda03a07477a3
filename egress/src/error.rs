//! Errors of settings and of dialling.

use crate::phrase;
use crate::phrase::Phrase;
use std::error::Error;
use std::io;

/// Settings of a network do not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A certificate authority's PEM has no certificate that can be used.
    #[error("the given authority's PEM cannot be used: {0}")]
    Authority(String),
    /// A proxy's URL cannot be used. It may hold a password, so it is not repeated.
    #[error(
        "the proxy's URL cannot be used: {0}. Write http://host:port or http://user:password@host:port"
    )]
    Proxy(&'static str),
    /// A resolve override is not `host:port:address`.
    #[error(
        "a resolve override is written host:port:address, such as sms.example.com:443:127.0.0.1:8443 (the second port is optional): {0:?} is not"
    )]
    Resolve(String),
}

/// Reasons why no connection was established. Nothing of a request has left when one of these is returned.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The origin has no name that TLS can verify.
    #[error("the URI is not an origin")]
    Uri,
    /// The name does not resolve.
    #[error("the name does not resolve")]
    Resolve,
    /// Every address of the name is prohibited.
    #[error("every address of the name is prohibited")]
    Prohibited,
    /// The program itself listens there.
    #[error("this program itself listens there. Name another address")]
    OwnListener,
    /// No connection was established in time.
    #[error("no connection within the time allowed")]
    Timeout,
    /// The proxy refused to connect, with this status.
    #[error(
        "the proxy refused to connect: HTTP status {0}. Check its address, credentials and rules"
    )]
    ProxyRefused(u16),
    /// No proxy answers at the proxy's address.
    #[error(
        "what is at the proxy's address does not answer as a proxy. Check its address and port"
    )]
    NoProxy,
    /// The proxy's name resolves to addresses that are not public.
    #[error(
        "the proxy's name resolves to addresses that are not public. Write the address, or permit its network"
    )]
    ProxyProhibited,
    /// No address could be connected to.
    #[error("connection failed")]
    Connect(#[source] io::Error),
    /// There is no authority to trust.
    #[error("no authority to trust")]
    NoRoots,
    /// The TLS handshake failed.
    #[error("TLS handshake failed")]
    Tls(#[source] io::Error),
}

impl NetworkError {
    /// The error's text, without the library's message about a PEM.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Authority(_) => phrase!("network-authority", of self),
            Self::Proxy(_) => phrase!("network-proxy", of self),
            Self::Resolve(text) => phrase!("network-resolve", of self, text = text),
        }
    }
}

impl DialError {
    /// The error's text, with the system's message where there is one.
    pub fn phrase(&self) -> Phrase {
        let cause = self.source().map(ToString::to_string).unwrap_or_default();
        let whole = match cause.as_str() {
            "" => self.to_string(),
            cause => format!("{self}: {cause}"),
        };
        match self {
            Self::Uri => phrase!("dial-uri", of whole),
            Self::Resolve => phrase!("dial-resolve", of whole),
            Self::Prohibited => phrase!("dial-prohibited", of whole),
            Self::OwnListener => phrase!("dial-own-listener", of whole),
            Self::Timeout => phrase!("dial-timeout", of whole),
            Self::ProxyRefused(status) => {
                phrase!("dial-proxy-refused", of whole, status = u64::from(*status))
            }
            Self::NoProxy => phrase!("dial-no-proxy", of whole),
            Self::ProxyProhibited => phrase!("dial-proxy-prohibited", of whole),
            Self::Connect(_) => phrase!("dial-connect", of whole, cause = cause),
            Self::NoRoots => phrase!("dial-no-roots", of whole),
            Self::Tls(_) => phrase!("dial-tls", of whole, cause = cause),
        }
    }
}
