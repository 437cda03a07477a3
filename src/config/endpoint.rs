//! The service's endpoint: which addresses a signed request may be sent to.
//!
//! | the operator writes | what it means |
//! |---|---|
//! | nothing | `https://sms.tencentcloudapi.com` |
//! | `sms.intl.tencentcloudapi.com` | https to that host |
//! | `https://sms.ap-guangzhou.tencentcloudapi.com` | the same, for a region; likewise the financial zones and `internal` |
//! | `http://127.0.0.1:8080`, `https://localhost:8443`, `http://[::1]:8080` | a simulator on this machine |
//! | anything else | refused: another host, plain http off this machine, a path, a port at Tencent |
//!
//! A signed request is worth an SMS to whoever receives it, so a config cannot send one anywhere else.

use alloc::format;
use alloc::string::String;


/// The service's default host; DNS leads to the nearest region.
pub const DEFAULT_HOST: &str = "sms.tencentcloudapi.com";

/// Tencent's registered domains for API hosts: the first is documented, the others are the alternates that its
/// SDKs fail over to.
const DOMAINS: [&str; 3] = [
    ".tencentcloudapi.com",
    ".tencentcloudapi.cn",
    ".tencentcloudapi.com.cn",
];

/// An origin that requests may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether the connection is encrypted. Always, but on loopback.
    pub tls: bool,
    /// Host, and port unless it is the scheme's own, in lower case: the `Host` header, which is signed.
    pub authority: String,
}

impl Default for Endpoint {
    fn default() -> Self {
        Self {
            tls: true,
            authority: DEFAULT_HOST.into(),
        }
    }
}

/// Why an address was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

impl Endpoint {
    /// Reads what an operator wrote, white space around it ignored.
    ///
    /// # Errors
    /// [`Refused`] for every address outside the table above.
    ///
    /// # Examples
    /// ```
    /// use tencent_sms_connector::config::Endpoint;
    ///
    /// let intl = Endpoint::parse("https://sms.intl.tencentcloudapi.com/").unwrap();
    /// assert_eq!(intl.authority, "sms.intl.tencentcloudapi.com");
    /// assert!(Endpoint::parse("http://sms.tencentcloudapi.com").is_err());
    /// assert!(Endpoint::parse("https://sms.tencentcloudapi.com.example").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text = text.trim().to_ascii_lowercase();
        let (tls, rest) = match text.split_once("://") {
            None => (true, text.as_str()),
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some(_) => return Err(Refused),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(parse_port(port)?)),
            _ => (rest, None),
        };
        let default_port = if tls { 443 } else { 80 };
        let port = port.filter(|port| *port != default_port);
        let loopback = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
        if !(loopback || tls && port.is_none() && is_tencent(host)) {
            return Err(Refused);
        }
        let authority = match port {
            Some(port) => format!("{host}:{port}"),
            None => host.into(),
        };
        Ok(Self { tls, authority })
    }
}

fn parse_port(text: &str) -> Result<u16, Refused> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err(Refused),
    }
}

/// `sms.` or `sms.<labels>.` under one of the domains. The service's name must come first, because it is what
/// the signature is made for.
fn is_tencent(host: &str) -> bool {
    DOMAINS.iter().any(|domain| {
        let labels = host.strip_suffix(domain).and_then(|rest| rest.strip_prefix("sms"));
        match labels {
            Some("") => true,
            Some(labels) => labels
                .strip_prefix('.')
                .is_some_and(|labels| labels.split('.').all(is_label)),
            None => false,
        }
    })
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tencent_hosts_are_reached_over_tls() {
        for host in [
            "sms.tencentcloudapi.com",
            "sms.intl.tencentcloudapi.com",
            "sms.ap-guangzhou.tencentcloudapi.com",
            "sms.ap-shanghai-fsi.tencentcloudapi.com",
            "sms.internal.tencentcloudapi.com",
            "sms.tencentcloudapi.cn",
            "sms.tencentcloudapi.com.cn",
        ] {
            let expected = Ok(Endpoint {
                tls: true,
                authority: host.into(),
            });
            for written in [
                host.into(),
                format!("https://{host}"),
                format!("https://{host}/"),
                format!(" https://{host}:443 "),
                host.to_uppercase(),
            ] {
                assert_eq!(Endpoint::parse(&written), expected, "{written}");
            }
        }
    }

    #[test]
    fn loopback_is_reached_on_any_port() {
        for (written, tls, authority) in [
            ("http://127.0.0.1:8080", false, "127.0.0.1:8080"),
            ("https://127.0.0.1:8443/", true, "127.0.0.1:8443"),
            ("http://localhost", false, "localhost"),
            ("http://localhost:80", false, "localhost"),
            ("https://localhost:80", true, "localhost:80"),
            ("http://[::1]:8080", false, "[::1]:8080"),
            ("http://[::1]", false, "[::1]"),
            ("localhost:8443", true, "localhost:8443"),
        ] {
            let expected = Ok(Endpoint {
                tls,
                authority: authority.into(),
            });
            assert_eq!(Endpoint::parse(written), expected, "{written}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for written in [
            "",
            "https://",
            "http://sms.tencentcloudapi.com",
            "https://sms.tencentcloudapi.com:8443",
            "https://sms.tencentcloudapi.com.example.com",
            "https://example.com/sms.tencentcloudapi.com",
            "https://sms.tencentcloudapi.com@example.com",
            "https://example.com#.tencentcloudapi.com",
            "https://sms.a/b.tencentcloudapi.com",
            "https://sms.tencentcloudapi.com/path",
            "https://sms.tencentcloudapi.com?x",
            "https://sms..tencentcloudapi.com",
            "https://sms.-a.tencentcloudapi.com",
            "https://cvm.tencentcloudapi.com",
            "https://smsx.tencentcloudapi.com",
            "https://tencentcloudapi.com",
            "https://evil-tencentcloudapi.com",
            "ftp://sms.tencentcloudapi.com",
            "https://sms.tencentcloudapi.com\r\nx: y",
            "http://127.0.0.1:0",
            "http://127.0.0.1:65536",
            "http://127.0.0.1:+80",
            "http://127.0.0.1:",
            "http://127.0.0.2:80",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://0.0.0.0:80",
            "http://10.0.0.1",
            "http://169.254.169.254",
            "http://::1",
            "https://sms.te\u{43d}centcloudapi.com",
        ] {
            assert_eq!(Endpoint::parse(written), Err(Refused), "{written:?}");
        }
    }
}
