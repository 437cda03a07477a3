//! Origin: scheme, host and port, compared exactly.
//!
//! | written | read as |
//! |---|---|
//! | `https://sms.example.com` | `https`, `sms.example.com`, 443 |
//! | `HTTPS://SMS.Example.COM:443/` | the same |
//! | `http://127.0.0.1:8080` | `http`, `127.0.0.1`, 8080 |
//! | `http://[::1]:8080` | `http`, `::1`, 8080 |
//!
//! Refused: no scheme, another scheme than `http` or `https`, a wildcard, a path, a query, a user, port 0, a port with
//! zeros before it, a host that is neither a DNS name in ASCII nor an address as it is normally written (`127.1` and
//! `0x7f.1` are addresses to a resolver, so they are neither here; `[0:0:0:0:0:0:0:1]` is `[::1]`).

use crate::phrase;
use crate::phrase::Phrase;
use http::Uri;
use http::uri::Scheme;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    secure: bool,
    host: Host,
    port: u16,
}

/// The host of an [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A DNS name in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// A text is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an origin: {reason}. Write scheme, host and, unless it is the scheme's own, port: https://sms.example.com"
)]
pub struct OriginError {
    text: String,
    reason: Phrase,
}

impl OriginError {
    /// The error's text.
    pub fn phrase(&self) -> Phrase {
        phrase!("origin", of self, text = &self.text, reason = &self.reason)
    }
}

impl Origin {
    /// Reads an origin.
    ///
    /// # Errors
    ///
    /// On everything that the table above refuses; the reason names the rule.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let refused = |reason| OriginError {
            text: shortened(text),
            reason,
        };
        if text.contains('*') {
            return Err(refused(phrase!(
                "origin-wildcard",
                "there are no wildcards, each origin is named"
            )));
        }
        let uri = Uri::from_str(text)
            .map_err(|_| refused(phrase!("origin-unreadable", "it cannot be parsed")))?;
        if uri.scheme().is_none() {
            return Err(refused(phrase!(
                "origin-no-scheme",
                "the scheme is missing"
            )));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(refused(phrase!("origin-path", "an origin has no path")));
        }
        Self::of(&uri).map_err(refused)
    }

    /// The origin that a request's URI names.
    ///
    /// # Errors
    ///
    /// The reason, which repeats nothing of the URI.
    pub fn of(uri: &Uri) -> Result<Self, Phrase> {
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => {
                return Err(phrase!(
                    "origin-scheme",
                    "the scheme is neither http nor https"
                ));
            }
        };
        let authority = uri
            .authority()
            .ok_or_else(|| phrase!("origin-no-host", "the host is missing"))?;
        if authority.as_str().contains('@') {
            return Err(phrase!("origin-user", "a user has no place in it"));
        }
        let host = Host::parse(authority.host())?;
        // A proxy receives the text and must read the same port in it. The crate `http` reports a port that it cannot
        // parse as none, and parses 0443 as 443.
        let after_host = authority.as_str().strip_prefix(authority.host());
        let port = match after_host.map(|rest| (rest, rest.strip_prefix(':'))) {
            Some(("", _)) => default_port(secure),
            Some((_, Some(""))) => return Err(phrase!("origin-no-port", "the port is missing")),
            Some((_, Some("0"))) => return Err(phrase!("origin-port-0", "no server has port 0")),
            Some((_, Some(digits))) => digits
                .parse()
                .ok()
                .filter(|port: &u16| port.to_string() == digits)
                .ok_or_else(|| {
                    phrase!(
                        "origin-port",
                        "the port is not a number from 1 to 65535, written without zeros before it"
                    )
                })?,
            _ => {
                return Err(phrase!(
                    "origin-more",
                    "there is more than a host and a port"
                ));
            }
        };
        Ok(Self { secure, host, port })
    }

    /// The host.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns true if requests to it are encrypted.
    pub const fn is_https(&self) -> bool {
        self.secure
    }

    /// Returns true if it names this machine: `localhost` or a loopback address, spelled out.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Name(name) => name == "localhost",
            Host::Address(address) => address.to_canonical().is_loopback(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port != default_port(self.secure) {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        Self::parse(text)
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, Phrase> {
        if let Some(inner) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let address: Ipv6Addr = inner.parse().map_err(|_| {
                phrase!(
                    "origin-brackets",
                    "the address in brackets is not an IPv6 address"
                )
            })?;
            if !address.to_string().eq_ignore_ascii_case(inner) {
                return Err(phrase!(
                    "origin-ipv6",
                    "the IPv6 address is not in its short form (RFC 5952)"
                ));
            }
            return Ok(Self::Address(IpAddr::V6(address)));
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(IpAddr::V4(address)));
        }
        let labels_fit = text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        });
        if !labels_fit || text.len() > 253 {
            return Err(phrase!("origin-name", "the host is not a DNS name"));
        }
        // The last label of a name is never numeric (RFC 3696, section 2); resolvers read such hosts as
        // addresses in forms that are not checked.
        let last = text.rsplit('.').next().unwrap_or_default();
        if last.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(phrase!(
                "origin-address",
                "the host is neither a DNS name nor an address in its usual form"
            ));
        }
        Ok(Self::Name(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Keeps a pasted secret or a page of text out of the error: what is shown is scheme and host. A path may be a token.
fn shortened(text: &str) -> String {
    let host_at = text.find("://").map_or(0, |at| at + "://".len());
    let (scheme, rest) = text.split_at_checked(host_at).unwrap_or(("", text));
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = match path.contains('@') {
        // A password with a slash: the text before it is a part of the password.
        true => "",
        false => authority.rsplit('@').next().unwrap_or_default(),
    };
    let more = if matches!(path, "" | "/") { "" } else { "…" };
    scheme
        .chars()
        .chain(host.chars())
        .take(80)
        .chain(more.chars())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_origin_are_equal() {
        let plain = Origin::parse("https://sms.example.com").unwrap();
        for same in [
            "HTTPS://SMS.Example.COM",
            "https://sms.example.com:443",
            "https://sms.example.com/",
        ] {
            assert_eq!(Origin::parse(same).unwrap(), plain, "{same}");
        }
        assert_eq!(plain.to_string(), "https://sms.example.com");
        assert_eq!(
            Origin::parse("http://[FE80::A]:81").unwrap().to_string(),
            "http://[fe80::a]:81"
        );
    }

    #[test]
    fn inexact_origin_is_refused_with_reason() {
        for (text, reason) in [
            ("sms.example.com", "scheme is missing"),
            ("ftp://sms.example.com", "neither http nor https"),
            ("https://*.example.com", "wildcards"),
            ("https://sms.example.com/v1", "no path"),
            ("https://sms.example.com?x", "no path"),
            ("https://user:pw@sms.example.com", "user"),
            ("https://sms.example.com:0", "port 0"),
            ("https://sms.example.com:", "port is missing"),
            ("https://sms.example.com:0443", "zeros"),
            ("https://sms.example.com:00443", "zeros"),
            ("https://sms.example.com:+443", "port"),
            ("https://sms.example.com:65536", "65535"),
            ("https://sms.example.com:99999", "65535"),
            ("https://sms.example.com:abc", "port"),
            ("https://[::1]junk", "more than a host"),
            ("https://[::1]:junk", "port"),
            ("https://[0:0:0:0:0:0:0:1]", "short form"),
            ("https://[::0001]", "short form"),
            ("https://sms..example.com", "not a DNS name"),
            ("https://sms.example.com.", "not a DNS name"),
            ("http://127.1", "usual form"),
            ("http://0x7f.0.0.0x1", "usual form"),
            ("http://2130706433", "usual form"),
            ("http://[127.0.0.1]", "IPv6"),
            ("", "parsed"),
        ] {
            let error = Origin::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("pw"), "{error}");
        }
    }

    #[test]
    fn error_shows_scheme_and_host_alone() {
        for (text, shown) in [
            ("https://a.example.com/T0/s3cret", "https://a.example.com…"),
            ("https://a.example.com?key=s3cret", "https://a.example.com…"),
            ("https://a.example.com#s3cret", "https://a.example.com…"),
            ("a.example.com/s3cret", "a.example.com…"),
            ("ftp://user:s3cret@a.example.com", "ftp://a.example.com"),
            ("https://user:s3/cret@a.example.com", "https://…"),
            ("https://a.example.com/@s3cret", "https://…"),
            ("https://*.example.com", "https://*.example.com"),
            ("https://sms..example.com/", "https://sms..example.com"),
            ("", ""),
        ] {
            assert_eq!(shortened(text), shown, "{text}");
        }
    }

    #[test]
    fn only_a_spelled_out_loopback_is_loopback() {
        for (text, loopback) in [
            ("http://localhost:1", true),
            ("http://127.8.8.8:1", true),
            ("http://[::1]:1", true),
            ("http://[::ffff:127.0.0.1]:1", true),
            ("http://localhost.example.com:1", false),
            ("http://10.0.0.1:1", false),
        ] {
            assert_eq!(
                Origin::parse(text).unwrap().is_loopback(),
                loopback,
                "{text}"
            );
        }
    }
}
