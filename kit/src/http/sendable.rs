//! Requests that no host sends, refused before the host is called, so that the error has the reason.
//!
//! | refused | whose turn |
//! |---|---|
//! | a path that does not begin with `/`, is above 4 KiB, or holds what URLs do not, such as `#` | the operator |
//! | a line break or another control character in a header's value | the operator |
//! | a header's name that is not in lower case or no name | the operator, who needs another version of the connector |
//! | headers that the transport or the host writes: `host`, `content-length` and those of the connection | the operator, who needs another version of the connector |

use alloc::format;
use alloc::string::String;

use super::exchange::Request;
use super::url::is_target;
use crate::contract::{Failure, FailureKind, Turn};

/// Headers that hosts refuse, because they belong to the connection.
const OF_THE_HOST: &str = "connection content-length expect host http2-settings keep-alive proxy-authenticate \
    proxy-authorization proxy-connection te trailer transfer-encoding upgrade";

/// Refuses a request that some host cannot send.
///
/// # Errors
/// The failure that names the wrong part, without its value.
pub fn check(request: &Request<'_>) -> Result<(), Failure> {
    if !is_target(&request.url.path) {
        return Err(of_config(
            "The request's path or query holds a character that URLs do not, or is longer than 4,096 bytes. Correct the \
             address or account in the config, or have the connector encode it."
                .into(),
        ));
    }
    for (name, value) in &request.headers {
        if !is_name(name) || OF_THE_HOST.split(' ').any(|other| other == *name) {
            return Err(Failure::new(
                FailureKind::Other,
                Turn::Operator,
                format!(
                    "The connector sets the header {name}, which is the host's or no name of one. Report it to its author."
                ),
            ));
        }
        if !is_value(value) {
            return Err(of_config(format!(
                "The value of the header {name} holds a line break or another control character. Correct the value in \
                 the config that goes into it, such as a key that was pasted with a line break."
            )));
        }
    }
    Ok(())
}

fn of_config(message: String) -> Failure {
    Failure::new(FailureKind::InvalidConfig, Turn::Operator, message)
}

/// A token of RFC 9110, section 5.6.2, in lower case.
fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    !name.is_empty() && name.bytes().all(is_allowed)
}

/// A header's value: a tab is the one control character in it (RFC 9110, section 5.5).
fn is_value(value: &str) -> bool {
    value
        .bytes()
        .all(|byte| byte == b'\t' || !byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Url;

    fn refusal(path: &str, change: impl FnOnce(&mut Request<'_>)) -> Option<(FailureKind, String)> {
        let url = Url {
            path: path.into(),
            ..Url::parse("https://a.example").unwrap()
        };
        let mut request = Request::post_json(&url, b"{}".to_vec());
        change(&mut request);
        let failure = check(&request).err()?;
        assert_eq!(
            failure.attributes,
            [crate::contract::attribute("turn", "operator")]
        );
        Some((failure.kind, failure.message))
    }

    #[test]
    fn path_that_no_host_sends_is_refused() {
        for path in ["/", "/a?b=c", "/a%20b?c[]=d"] {
            assert_eq!(refusal(path, |_| {}), None, "{path}");
        }
        let long = ["/", &"a".repeat(4_096)].concat();
        for path in [
            "", "a", "/a#b", "/a b", "/\u{e9}", "/a\nb", "/<a>", "?a", &long,
        ] {
            let (kind, message) = refusal(path, |_| {}).unwrap();
            assert_eq!(kind, FailureKind::InvalidConfig);
            assert!(message.contains("path"), "{message}");
        }
    }

    #[test]
    fn header_that_no_host_sends_is_refused_by_name() {
        let with = |name, value: &'static str| {
            refusal("/x?y=z", |request| {
                request.headers.push((name, value.into()));
            })
        };
        for (name, value) in [("x-a", ""), ("x-a", "a\tb"), ("authorization", "\u{77ed}")] {
            assert_eq!(with(name, value), None);
        }
        for value in ["secret\r\nx: y", "secret\n", "\0", "\u{7f}"] {
            let (kind, message) = with("authorization", value).unwrap();
            assert_eq!(kind, FailureKind::InvalidConfig);
            assert!(message.contains("authorization") && !message.contains("secret"));
        }
        for name in [
            "X-A",
            "x a",
            "",
            "host",
            "connection",
            "content-length",
            "te",
        ] {
            let (kind, message) = with(name, "v").unwrap();
            assert_eq!(kind, FailureKind::Other);
            assert!(message.contains(name), "{message}");
        }
    }
}
