//! Network settings: the authorities to trust, and the proxy.
//!
//! # Behind a proxy
//!
//! | | |
//! |---|---|
//! | `https` origins | through a tunnel (`CONNECT`), so the proxy reads a name and no content |
//! | `http` origins | in absolute form, so the proxy reads everything |
//! | `localhost` and loopback addresses, origins with a [`crate::ResolveOverride`] | dialled directly: the one means this machine, for the other the operator wrote down what to dial |
//! | which origins a plugin may reach | as without a proxy: nothing is asked of the proxy for an origin that was not granted |
//! | which addresses a name may resolve to | the proxy resolves, so it is the proxy that must refuse private ones; an origin that is itself an address is still checked here |
//! | the proxy's own address | the operator's word: an address in the URL is dialled; a name must resolve to public addresses, or into networks given by [`Proxy::permit_network`] |

use crate::address::may_dial;
use crate::error::NetworkError;
use crate::origin::{Host, Origin};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use http::HeaderValue;
use ipnet::IpNet;
use sha2::{Digest, Sha256};
use std::fmt;
use std::net::IpAddr;

/// The authorities that requests trust, and the proxy that they go through.
#[derive(Clone, Debug)]
pub struct Network {
    /// True to trust the authorities that the operating system trusts.
    pub system_roots: bool,
    /// Further authorities to trust, as PEM text.
    pub authorities_pem: Vec<u8>,
    /// The proxy, if there is one.
    pub proxy: Option<Proxy>,
}

/// The operating system's authorities and no proxy.
impl Default for Network {
    fn default() -> Self {
        Self {
            system_roots: true,
            authorities_pem: Vec::new(),
            proxy: None,
        }
    }
}

impl Network {
    /// A digest of everything that distinguishes two networks, credentials included.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update([u8::from(self.system_roots)]);
        hash.update(Sha256::digest(&self.authorities_pem));
        if let Some(proxy) = &self.proxy {
            hash.update(proxy.fingerprint());
        }
        hash.finalize().into()
    }
}

/// An HTTP proxy. Its credentials show in no error, log or debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    origin: Origin,
    authorization: Option<HeaderValue>,
    permitted: Vec<IpNet>,
}

impl Proxy {
    /// Reads `http://proxy.example.com:3128`, with or without `user:password@`.
    ///
    /// # Errors
    ///
    /// [`NetworkError::Proxy`], which does not repeat the text.
    pub fn parse(url: &str) -> Result<Self, NetworkError> {
        let refused = NetworkError::Proxy;
        let rest = url
            .strip_prefix("http://")
            .ok_or(refused("it does not start with http://; proxies that are reached over TLS or SOCKS are not supported"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, authority) = match rest.rsplit_once('@') {
            Some((credentials, authority)) => (Some(credentials), authority),
            None => (None, rest),
        };
        let origin = Origin::parse(&format!("http://{authority}"))
            .map_err(|_| refused("its host and port cannot be read"))?;
        let authorization = credentials
            .map(|credentials| {
                if !credentials.contains(':') {
                    return Err(refused("its credentials are not user:password"));
                }
                basic(credentials).ok_or(refused("its credentials cannot be decoded"))
            })
            .transpose()?;
        Ok(Self {
            origin,
            authorization,
            permitted: Vec::new(),
        })
    }

    /// Permits the proxy's name to resolve into a network that is not public. Plugins may not dial it for that.
    #[must_use]
    pub fn permit_network(mut self, network: IpNet) -> Self {
        self.permitted.push(network);
        self
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// The settings in which two equal proxies agree.
    fn fingerprint(&self) -> Vec<u8> {
        let credentials = self.authorization.as_ref().map(HeaderValue::as_bytes);
        format!("{} {credentials:?} {:?}", self.origin, self.permitted).into_bytes()
    }

    /// Returns true if the proxy may be at this address.
    pub(crate) fn may_be_at(&self, address: IpAddr) -> bool {
        match self.origin.host() {
            Host::Address(_) => true,
            Host::Name(_) => may_dial(address, self.origin.is_loopback(), &self.permitted),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("origin", &self.origin.to_string())
            .field("credentials", &self.authorization.is_some())
            .field("permitted", &self.permitted)
            .finish()
    }
}

/// The value of `proxy-authorization` (RFC 7617) for `user:password`, each percent-decoded.
fn basic(credentials: &str) -> Option<HeaderValue> {
    let decoded = decode(credentials)?;
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(decoded))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            bytes.extend(hex::decode(after.get(..2)?).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_and_never_shown() {
        // RFC 7617, section 2.
        let proxy = Proxy::parse("http://Aladdin:open%20sesame@proxy.example.com:3128/").unwrap();
        assert_eq!(
            proxy.authorization().unwrap(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        let shown = format!("{proxy:?} {:?}", proxy.authorization());
        for hidden in ["Aladdin", "sesame", "QWxh"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert_eq!(proxy.origin().to_string(), "http://proxy.example.com:3128");
    }

    #[test]
    fn invalid_proxy_is_refused_without_repeating_it() {
        for url in [
            "https://u:s3cret@proxy.example.com",
            "socks5://u:s3cret@proxy.example.com",
            "proxy.example.com:3128",
            "http://s3cret@proxy.example.com",
            "http://u:s3cret%2@proxy.example.com",
            "http://u:s3cret@proxy.example.com/path",
            "http://u:s3cret@",
        ] {
            let error = Proxy::parse(url).unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    /// A proxy that is written as an address may be private.
    #[test]
    fn named_proxy_must_be_public_or_permitted() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let named = Proxy::parse("http://proxy.example.com:3128").unwrap();
        assert!(named.may_be_at(address("93.184.216.34")));
        assert!(!named.may_be_at(address("10.1.2.3")));
        assert!(!named.may_be_at(address("127.0.0.1")));
        let permitted = named.permit_network("10.1.0.0/16".parse().unwrap());
        assert!(permitted.may_be_at(address("10.1.2.3")));
        assert!(!permitted.may_be_at(address("10.2.2.3")));
        let written = Proxy::parse("http://10.9.9.9:3128").unwrap();
        assert!(
            written.may_be_at(address("10.9.9.9")),
            "the operator wrote it"
        );
    }
}
