//! The service's endpoint: the addresses that a signed request may be sent to.
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

use connector_kit::http::Url;

/// The endpoint of a config that names none; DNS leads to the nearest region.
pub(super) const DEFAULT_HOST: &str = "sms.tencentcloudapi.com";

/// Tencent's registered domains for API hosts: the first is documented, the others are the alternates that its
/// SDKs fail over to.
const DOMAINS: [&str; 3] = [
    ".tencentcloudapi.com",
    ".tencentcloudapi.cn",
    ".tencentcloudapi.com.cn",
];

/// Reads the operator's text; `None` for every address outside the table above.
pub(super) fn parse(text: &str) -> Option<Url> {
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("https://{text}"))
    };
    url.filter(|url| {
        let is_allowed = url.tls && is_tencent(&url.authority) || url.is_loopback();
        is_allowed && url.path == "/"
    })
}

/// `sms.` or `sms.<labels>.` under one of the domains, without a port. The service's name must come first, because the
/// signature is made for it.
fn is_tencent(authority: &str) -> bool {
    DOMAINS.iter().any(|domain| {
        let labels = authority.strip_suffix(domain).unwrap_or_default();
        labels == "sms" || labels.starts_with("sms.")
    })
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
            let expected = Some(Url {
                tls: true,
                authority: host.into(),
                path: "/".into(),
            });
            for written in [
                host.into(),
                format!("https://{host}"),
                format!("https://{host}/"),
                format!("https://{host}:443"),
                host.to_uppercase(),
            ] {
                assert_eq!(parse(&written), expected, "{written}");
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
            let expected = Some(Url {
                tls,
                authority: authority.into(),
                path: "/".into(),
            });
            assert_eq!(parse(written), expected, "{written}");
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
            assert_eq!(parse(written), None, "{written:?}");
        }
    }
}
