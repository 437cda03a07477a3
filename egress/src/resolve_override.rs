//! Addresses to dial in place of resolving a name.

use crate::error::NetworkError;
use crate::origin::Origin;
use std::net::{IpAddr, SocketAddr};

/// One name and port, and the address to dial for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveOverride {
    /// The name, in lower case.
    pub host: String,
    /// The port that the request names.
    pub port: u16,
    /// The address that is dialled.
    pub address: SocketAddr,
}

impl ResolveOverride {
    /// Reads `host:port:address`, as curl's `--resolve` does. The address may carry a port of its own:
    /// `sms.example.com:443:127.0.0.1:8443`, `sms.example.com:443:[::1]:8443`.
    ///
    /// # Errors
    ///
    /// [`NetworkError::Resolve`] when it does not have that form.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        Self::parts(text).ok_or_else(|| NetworkError::Resolve(text.to_owned()))
    }

    fn parts(text: &str) -> Option<Self> {
        let (host, rest) = text.split_once(':')?;
        let (port, address) = rest.split_once(':')?;
        let port = port.parse().ok()?;
        let address = match address.parse::<SocketAddr>() {
            Ok(address) => address,
            Err(_) => {
                let bare = address
                    .strip_prefix('[')
                    .and_then(|rest| rest.strip_suffix(']'))
                    .unwrap_or(address);
                SocketAddr::new(bare.parse::<IpAddr>().ok()?, port)
            }
        };
        (!host.is_empty()).then(|| Self {
            host: host.to_ascii_lowercase(),
            port,
            address,
        })
    }

    pub(crate) fn matches(&self, origin: &Origin) -> bool {
        origin.port() == self.port && origin.host().to_string() == self.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_is_read_as_curl_reads_it() {
        for (text, host, port, address) in [
            (
                "sms.example.com:443:127.0.0.1",
                "sms.example.com",
                443,
                "127.0.0.1:443",
            ),
            (
                "SMS.example.com:443:127.0.0.1:8443",
                "sms.example.com",
                443,
                "127.0.0.1:8443",
            ),
            ("a.test:80:[::1]:8080", "a.test", 80, "[::1]:8080"),
            ("a.test:80:[::1]", "a.test", 80, "[::1]:80"),
            ("a.test:80:::1", "a.test", 80, "[::1]:80"),
        ] {
            let entry = ResolveOverride::parse(text).unwrap();
            assert_eq!(
                (
                    entry.host.as_str(),
                    entry.port,
                    entry.address.to_string().as_str()
                ),
                (host, port, address)
            );
        }
    }

    #[test]
    fn what_is_not_an_override_is_refused() {
        for text in [
            "",
            "a.test",
            "a.test:443",
            "a.test:https:127.0.0.1",
            "a.test:443:elsewhere",
            ":443:127.0.0.1",
        ] {
            assert!(ResolveOverride::parse(text).is_err(), "{text}");
        }
    }
}
