//! URLs that a config may name: https to any host, plain http to loopback.
//!
//! | accepted | refused |
//! |---|---|
//! | `https://sms.example.com/v1?key=a`, `https://[2001:db8::1]:8443` | another scheme or none, a user or password, a fragment |
//! | `http://127.0.0.1:8080`, `http://localhost/hook`, `http://[::1]:8080` | plain http off this machine, which anybody on the way can read |
//! | | an empty or malformed host, port 0 |
//! | | white space, control characters, anything but ASCII, and `"<>\^{}` and the grave accent, which URLs do not hold (RFC 3986) and hosts treat differently |
//! | | a path with its query above 4 KiB, the bound of hosts |

use alloc::string::String;

use super::percent::percent_encode;

use crate::redact::debug_only;

/// An absolute URL, taken apart as a [`Request`](super::Request) needs it.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// True if the connection is encrypted. Always, but on loopback.
    pub tls: bool,
    /// Host in lower case, and port unless it is the scheme's own.
    pub authority: String,
    /// Path and query, beginning with `/`.
    pub path: String,
}

// Path and query often hold a token.
debug_only!(Url: tls, authority);

impl Url {
    /// Reads a URL; `None` for everything outside the table above.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::http::Url;
    ///
    /// let url = Url::parse("https://SMS.example.com:443/v1/messages?region=north").unwrap();
    /// assert!(url.tls);
    /// assert_eq!(url.authority, "sms.example.com");
    /// assert_eq!(url.path, "/v1/messages?region=north");
    /// assert!(Url::parse("http://sms.example.com").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let tls = scheme.eq_ignore_ascii_case("https");
        if !tls && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(parse_port(port)?)),
            _ => (authority, None),
        };
        let host = Some(host.to_ascii_lowercase()).filter(|host| is_host(host))?;
        let default_port = if tls { 443 } else { 80 };
        let authority = match port.filter(|port| *port != default_port) {
            Some(port) => alloc::format!("{host}:{port}"),
            None => host,
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let path = alloc::format!("{slash}{path}");
        let url = Self {
            tls,
            authority,
            path,
        };
        (is_target(&url.path) && (tls || url.is_loopback())).then_some(url)
    }

    /// True if the URL leads to this machine, by one of the three hosts of the table above.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::http::Url;
    ///
    /// assert!(Url::parse("https://localhost:8443").unwrap().is_loopback());
    /// assert!(!Url::parse("https://localhost.example").unwrap().is_loopback());
    /// ```
    pub fn is_loopback(&self) -> bool {
        let authority = [&self.authority, ":"].concat();
        let hosts = ["127.0.0.1:", "[::1]:", "localhost:"];
        hosts.iter().any(|host| authority.starts_with(host))
    }

    /// The same server with another path and query; `None` unless it begins with `/` and is one of a URL. Other texts
    /// in a path go through [`percent_encode`].
    ///
    /// # Examples
    /// ```
    /// use connector_kit::http::Url;
    ///
    /// let url = Url::parse("https://api.example.com:8443").unwrap();
    /// let url = url.with_path("/2010/Accounts/AC01/Messages").unwrap();
    /// assert_eq!((url.authority.as_str(), url.path.as_str()), ("api.example.com:8443", "/2010/Accounts/AC01/Messages"));
    /// ```
    pub fn with_path(&self, path: &str) -> Option<Self> {
        let scheme = if self.tls { "https" } else { "http" };
        let url = alloc::format!("{scheme}://{}{path}", self.authority);
        Self::parse(&url).filter(|_| path.starts_with('/'))
    }

    /// The same URL with more pairs in its query, whatever the texts hold; `None` above 4 KiB.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::http::Url;
    ///
    /// let url = Url::parse("https://api.example.com/send?v=1").unwrap();
    /// let url = url.with_query(&[("to", "+8613800138000"), ("text", "12 & more")]).unwrap();
    /// assert_eq!(url.path, "/send?v=1&to=%2B8613800138000&text=12%20%26%20more");
    /// ```
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> Option<Self> {
        let mut path = self.path.clone();
        for (name, value) in pairs {
            let separator = match path.split_once('?') {
                None => "?",
                Some((_, "")) => "",
                Some(_) => "&",
            };
            let (name, value) = (percent_encode(name), percent_encode(value));
            path.extend([separator, &name, "=", &value]);
        }
        self.with_path(&path)
    }
}

/// The longest path with its query, in bytes: the bound of the host of this repository.
const MAX_TARGET: usize = 4_096;

/// True if a text can be sent as path and query: those of a URL without its fragment.
pub fn is_target(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !br##""#<>\^`{}"##.contains(&byte);
    text.starts_with('/') && text.len() <= MAX_TARGET && text.bytes().all(is_allowed)
}

fn parse_port(text: &str) -> Option<u16> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_digits && *port > 0)
}

/// A name of labels of letters, digits and dashes, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').unwrap_or_default();
        return address.parse::<core::net::Ipv6Addr>().is_ok();
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(bool, String, String)> {
        Url::parse(text).map(|url| (url.tls, url.authority, url.path))
    }

    #[test]
    fn another_path_keeps_the_server() {
        for text in ["https://a.example:8443/x?y", "http://[::1]:8080"] {
            let url = Url::parse(text).unwrap();
            let other = url.with_path("/b?c=d").unwrap();
            assert_eq!((other.tls, &other.authority), (url.tls, &url.authority));
            assert_eq!(other.path, "/b?c=d");
            for path in [
                "",
                "b",
                ".evil.example/",
                ":1/",
                "@b/",
                "/a b",
                "/a#b",
                "/é",
            ] {
                assert!(url.with_path(path).is_none(), "{path}");
            }
        }
    }

    #[test]
    fn accepted_url_is_taken_apart() {
        for (text, tls, authority, path) in [
            ("https://a.example", true, "a.example", "/"),
            ("HTTPS://A.Example/B", true, "a.example", "/B"),
            ("https://a.example:443/", true, "a.example", "/"),
            ("https://a.example:80", true, "a.example:80", "/"),
            ("https://a.example?k=v", true, "a.example", "/?k=v"),
            (
                "https://a.example/x?u=b://c:1",
                true,
                "a.example",
                "/x?u=b://c:1",
            ),
            ("https://192.0.2.1/x", true, "192.0.2.1", "/x"),
            (
                "https://[2001:DB8::1]:8443/x",
                true,
                "[2001:db8::1]:8443",
                "/x",
            ),
            (
                "https://a.example/~a;b=c,d'(e)*!$&@/%20?f[]=%C3%A9|g",
                true,
                "a.example",
                "/~a;b=c,d'(e)*!$&@/%20?f[]=%C3%A9|g",
            ),
            ("http://127.0.0.1:8080/x", false, "127.0.0.1:8080", "/x"),
            ("http://localhost:80", false, "localhost", "/"),
            ("http://[::1]", false, "[::1]", "/"),
        ] {
            let expected = Some((tls, authority.into(), path.into()));
            assert_eq!(parts(text), expected, "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "a.example",
            "//a.example",
            "ftp://a.example",
            "https://",
            "https:///x",
            "https://a..example",
            "https://-a.example",
            "https://a_b.example",
            "https://user@a.example",
            "https://user:password@a.example",
            "https://a.example/x#y",
            "https://a.example#y",
            "https://a.example/x y",
            "https://a.example/\r\nx: y",
            "https://a.example/\u{e9}",
            "https://a.example/hooks/<team>/sms",
            "https://a.example/{team}",
            "https://a.example/a\"b",
            "https://a.example/a\\b",
            "https://a.example/a^b",
            "https://a.example/a`b",
            "https://a.example/?q=<x>",
            &["https://a.example/", &"a".repeat(MAX_TARGET)].concat(),
            "https://\u{e9}.example",
            "https://a.example:",
            "https://a.example:0",
            "https://a.example:+80",
            "https://a.example:65536",
            "https://::1",
            "https://[::1",
            "https://[x]",
            "http://a.example",
            "http://127.0.0.2",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "http://0.0.0.0",
            "http://169.254.169.254",
            "http://[::2]",
        ] {
            assert_eq!(parts(text), None, "{text:?}");
        }
    }

    #[test]
    fn longest_path_is_accepted() {
        let path = ["/", &"a".repeat(MAX_TARGET - 1)].concat();
        let url = Url::parse("https://a.example").unwrap();
        assert_eq!(url.with_path(&path).map(|url| url.path), Some(path.clone()));
        assert!(url.with_path(&[&path, "a"].concat()).is_none());
    }

    #[test]
    fn query_holds_any_text() {
        for (base, pairs, expected) in [
            ("/", &[][..], Some("/")),
            (
                "/",
                &[("a", ""), ("b c", "=&#+%")],
                Some("/?a=&b%20c=%3D%26%23%2B%25"),
            ),
            ("/x?", &[("a", "b")], Some("/x?a=b")),
            (
                "/x?y",
                &[("\u{e9}", "/?~-._")],
                Some("/x?y&%C3%A9=%2F%3F~-._"),
            ),
        ] {
            let url = Url::parse(&["https://a.example", base].concat()).unwrap();
            let path = url.with_query(pairs).map(|url| url.path);
            assert_eq!(path.as_deref(), expected);
        }
        let long = "a".repeat(MAX_TARGET);
        let url = Url::parse("https://a.example").unwrap();
        assert!(url.with_query(&[("a", &long)]).is_none());
    }

    #[test]
    fn debug_output_leaves_path_and_query_out() {
        let url = Url::parse("https://a.example/hook?token=secret-token");
        assert!(!alloc::format!("{url:?}").contains("secret-token"));
    }
}
