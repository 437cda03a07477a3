//! Access rules of the control plane: programs of this machine are allowed, web pages are not.
//!
//! | what | why |
//! |---|---|
//! | `Host` names loopback, the address that is listened on, or a name of `--allow-host` | A page can let its own name resolve to 127.0.0.1 (DNS rebinding), and its requests then carry that name. |
//! | `Origin`, where there is one, is the control plane's own | Browsers send it with each request of another page that could change something. |
//! | a body is `application/json` | A page may post `text/plain` and forms to any origin. For JSON it needs a preflight, which is never granted. |
//! | `Authorization` has the token, where one is set | Off loopback everybody on the network can ask. |
//!
//! No answer has a CORS header, so that a page cannot read what it asked for.

use std::net::IpAddr;

use http::header::{self, AsHeaderName};
use http::request::Parts;
use http::{Method, StatusCode};
use subtle::ConstantTimeEq;

use super::types::Problem;

/// The shortest token that may be set: 16 characters cannot be guessed over a network.
const SHORTEST_TOKEN: usize = 16;

/// The longest token, far below the limit of a head.
const LONGEST_TOKEN: usize = 256;

/// The rules for requests to the control plane.
#[derive(Default)]
pub struct Access {
    /// Names beside those of loopback, in lower case.
    pub hosts: Vec<String>,
    /// The address that is listened on, which no name of a page can stand for.
    pub listen: Option<IpAddr>,
    /// The token that each request must have, if one is set.
    pub token: Option<String>,
    /// True if the listener speaks TLS.
    pub tls: bool,
}

impl Access {
    /// Refuses a request that a web page or a stranger could have made. `body` is true if there is one.
    ///
    /// # Errors
    ///
    /// 401 without the token, 403 for another `Host` or `Origin`, 415 for another body than JSON.
    pub fn check(&self, request: &Parts, body: bool) -> Result<(), Problem> {
        let authority = self.check_host(request)?;
        self.check_origin(request, &authority)?;
        self.check_token(request)?;
        check_content_type(request, body)
    }

    /// Refuses a request for the inbox page under a foreign name. The page contains no data, and it is a browser's
    /// first request, which has no token yet.
    ///
    /// # Errors
    ///
    /// 403 for another `Host`.
    pub fn check_page(&self, request: &Parts) -> Result<(), Problem> {
        self.check_host(request).map(drop)
    }

    fn check_host(&self, request: &Parts) -> Result<Authority, Problem> {
        let Some(text) = single(request, header::HOST)? else {
            return Err(forbidden(
                "the control plane needs a Host header that names loopback",
            ));
        };
        let named = Authority::parse(text).filter(|authority| self.admits(&authority.name));
        // The absolute form of a request, used with proxies, has a host in its first line, too.
        let line = request.uri.authority().map(|line| line.as_str());
        if line.is_some_and(|line| Authority::parse(line) != named) {
            return Err(forbidden("the request's line and its Host header differ"));
        }
        named.ok_or_else(|| {
            let shown = Authority::parse(text).map_or("NAME".to_owned(), |authority| authority.name);
            forbidden(&format!(
                "the control plane answers to localhost, loopback addresses and its own in Host alone, so that no web page \
                 reads codes. If this name is yours, start the simulator with --allow-host {shown}"
            ))
        })
    }

    fn admits(&self, name: &str) -> bool {
        let address = address(name).map(|address| address.to_canonical());
        let is_own = address.is_some_and(|it| it.is_loopback() || self.listen == Some(it));
        is_own || name == "localhost" || self.hosts.iter().any(|host| host == name)
    }

    fn check_origin(&self, request: &Parts, host: &Authority) -> Result<(), Problem> {
        let Some(text) = single(request, header::ORIGIN)? else {
            return Ok(());
        };
        let (scheme, default_port) = if self.tls {
            ("https://", 443)
        } else {
            ("http://", 80)
        };
        let origin = text.to_ascii_lowercase();
        let same = origin
            .strip_prefix(scheme)
            .and_then(Authority::parse)
            .is_some_and(|origin| origin.is_same(host, default_port));
        if same {
            return Ok(());
        }
        Err(forbidden(
            "the control plane accepts no request from a web page of another origin",
        ))
    }

    fn check_token(&self, request: &Parts) -> Result<(), Problem> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let shown = single(request, header::AUTHORIZATION)?
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, shown)| shown.trim());
        if shown.is_some_and(|shown| shown.as_bytes().ct_eq(token.as_bytes()).into()) {
            return Ok(());
        }
        Err(Problem::refused(
            StatusCode::UNAUTHORIZED,
            "the control plane requires the token of the ready line, or of --control-token: \
             Authorization: Bearer TOKEN",
        ))
    }
}

fn check_content_type(request: &Parts, body: bool) -> Result<(), Problem> {
    if !matches!(request.method, Method::POST | Method::PUT) {
        return Ok(());
    }
    let given = single(request, header::CONTENT_TYPE)?;
    if given.is_none() && !body {
        return Ok(());
    }
    let essence = given.and_then(|text| text.split(';').next());
    if essence.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(Problem::refused(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "expected Content-Type: application/json",
    ))
}

/// Reads a name for `--allow-host`: as in `Host`, without a port.
///
/// # Errors
///
/// The expected form.
pub fn parse_host(text: &str) -> Result<String, String> {
    match Authority::parse(text) {
        Some(Authority { name, port: None }) => Ok(name),
        _ => Err(format!(
            "`{}` is no host name: write it as it stands in a URL, without scheme and port",
            text.escape_debug()
        )),
    }
}

/// Reads a token.
///
/// # Errors
///
/// The expected form, without the token.
pub fn parse_token(text: &str) -> Result<String, String> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (SHORTEST_TOKEN..=LONGEST_TOKEN).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "the control plane's token must have {SHORTEST_TOKEN} to {LONGEST_TOKEN} visible ASCII characters without spaces"
    ))
}

/// A token for a run, of 128 bits of the system's randomness.
///
/// # Errors
///
/// The system has no randomness.
pub fn random_token() -> Result<String, String> {
    let mut bytes = [0; 16];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| "the system gave no random bytes for the control plane's token".to_owned())?;
    Ok(hex::encode(bytes))
}

/// The only value of a header. A second one is refused, because another reader may take that one.
fn single(request: &Parts, name: impl AsHeaderName) -> Result<Option<&str>, Problem> {
    let mut values = request.headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::bad_request(
            "Host, Origin, Authorization and Content-Type may stand once each",
        ));
    }
    first
        .map(|value| {
            value
                .to_str()
                .map_err(|_| Problem::bad_request("headers must be ASCII"))
        })
        .transpose()
}

fn forbidden(message: &str) -> Problem {
    Problem::refused(StatusCode::FORBIDDEN, message)
}

/// Host and port.
#[derive(Debug, PartialEq, Eq)]
struct Authority {
    /// In lower case; an IPv6 address in brackets.
    name: String,
    port: Option<u16>,
}

impl Authority {
    fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let end = rest.find(']')? + 2;
                let (name, port) = text.split_at_checked(end)?;
                (name, (!port.is_empty()).then_some(port))
            }
            None => match text.find(':') {
                Some(colon) => {
                    let (name, port) = text.split_at_checked(colon)?;
                    (name, Some(port))
                }
                None => (text, None),
            },
        };
        let port = match port {
            None => None,
            Some(text) => {
                let digits = text.strip_prefix(':')?;
                let digits_only = digits.bytes().all(|byte| byte.is_ascii_digit());
                Some(digits.parse().ok().filter(|_| digits_only)?)
            }
        };
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        (is_name || address(name).is_some()).then(|| Self {
            name: name.to_ascii_lowercase(),
            port,
        })
    }

    fn is_same(&self, other: &Self, default_port: u16) -> bool {
        let port = |of: &Self| of.port.unwrap_or(default_port);
        self.name == other.name && port(self) == port(other)
    }
}

/// The address in a name: IPv4 in four decimal parts, or IPv6 in brackets.
fn address(name: &str) -> Option<IpAddr> {
    match name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(inside) => inside.parse().ok().map(IpAddr::V6),
        None => name.parse().ok().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_is_admitted(host: &str) -> bool {
        let access = Access {
            hosts: vec!["simulator.test".to_owned(), "[fd00::1]".to_owned()],
            ..Access::default()
        };
        Authority::parse(host).is_some_and(|authority| access.admits(&authority.name))
    }

    #[test]
    fn loopback_and_allowed_names_pass_with_any_port() {
        for host in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1",
            "127.0.0.1:1",
            "127.0.0.2",
            "127.255.255.254:65535",
            "[::1]",
            "[::1]:8080",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "simulator.test",
            "Simulator.Test:8080",
            "[FD00::1]:80",
        ] {
            assert!(host_is_admitted(host), "{host}");
        }
    }

    #[test]
    fn every_other_host_is_refused() {
        for host in [
            "",
            " ",
            "example.com",
            "localhost.evil.com",
            "evil.com.localhost",
            "127.0.0.1.evil.com",
            "127.0.0.1@evil.com",
            "evil.com#127.0.0.1",
            "localhost/",
            "localhost:",
            "localhost:+80",
            "localhost:65536",
            "localhost:80:80",
            "localhost,evil.com",
            "127.1",
            "127.0.0.01",
            "0x7f.0.0.1",
            "2130706433",
            "0.0.0.0",
            "128.0.0.1",
            "126.255.255.255",
            "::1",
            "[::1",
            "[::1]evil.com",
            "[::2]",
            "[::]",
            "[::ffff:128.0.0.1]",
            "[localhost]",
            "xsimulator.test",
            "simulator.test.evil.com",
        ] {
            assert!(!host_is_admitted(host), "{host}");
        }
    }

    /// The ready line prints it.
    #[test]
    fn address_listened_on_is_admitted_as_host() {
        let access = |listen: &str| Access {
            listen: Some(listen.parse().unwrap()),
            ..Access::default()
        };
        assert!(access("192.168.1.5").admits("192.168.1.5"));
        assert!(access("fd00::1").admits("[fd00:0:0::1]"));
        assert!(!access("192.168.1.5").admits("192.168.1.6"));
        assert!(!access("192.168.1.5").admits("192.168.1.5.evil.com"));
    }

    #[test]
    fn hosts_and_tokens_are_read_strictly() {
        assert_eq!(parse_host("Simulator").as_deref(), Ok("simulator"));
        assert_eq!(parse_host("10.1.2.3").as_deref(), Ok("10.1.2.3"));
        for host in ["", "*", "http://simulator", "simulator:80", "a b", "::1"] {
            assert!(parse_host(host).is_err(), "{host}");
        }
        assert!(parse_token("0123456789abcdef").is_ok());
        for token in ["", "0123456789abcde", "0123456789 abcdef", &"x".repeat(257)] {
            assert!(parse_token(token).is_err(), "{token}");
        }
        let (one, other) = (random_token().unwrap(), random_token().unwrap());
        assert!(parse_token(&one).is_ok() && one != other);
    }
}
