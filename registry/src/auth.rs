//! Authentication challenge of a registry, and the token server that it may name.
//!
//! The token server must be in the registry's domain, because it receives the credentials. The requested scope is this
//! program's, not the challenge's.

use crate::RegistryError;
use auth_connector_egress::{Host, Origin, Phrase, phrase};
use http::Uri;

/// Challenge in a registry's `WWW-Authenticate` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A name and a password.
    Basic,
    /// A token from this server.
    Bearer {
        realm: String,
        service: Option<String>,
    },
}

impl Challenge {
    /// Reads a header's value (RFC 9110, section 11.6.1), with one challenge in it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        Some(Self::Bearer {
            realm: parameter(rest, "realm")?,
            service: parameter(rest, "service"),
        })
    }
}

/// A parameter in quotes. None of those that are read here contains an escaped quote.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (key, after) = rest.split_once("=\"")?;
        let (value, after) = after.split_once('"')?;
        if key.trim_matches([',', ' ']).eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = after;
    }
}

/// The token server's origin and path, with the query that asks for a token.
pub(crate) fn token_request(
    realm: &str,
    service: Option<&str>,
    scope: &str,
    registry: &Origin,
) -> Result<(Origin, String), RegistryError> {
    let refused = |reason: Phrase| {
        RegistryError::Credentials(phrase!(
            "token-server",
            "the registry {registry} names a token server that is not used: {reason}",
            registry = registry.to_string(),
            reason = reason
        ))
    };
    let unread = || refused(phrase!("token-server-unread", "its address cannot be read"));
    let uri: Uri = realm.parse().map_err(|_| unread())?;
    let origin = Origin::of(&uri).map_err(|_| unread())?;
    let (own, other) = (registry.host(), origin.host());
    if own != other && !has_same_domain(own, other) {
        return Err(refused(phrase!(
            "token-server-domain",
            "it is of another domain, and would be given the credentials"
        )));
    }
    let is_local = own == other && !registry.is_https() && origin.is_loopback();
    if !origin.is_https() && !is_local {
        return Err(refused(phrase!(
            "token-server-plain",
            "it is not reached by https"
        )));
    }
    let mut path = uri.path().to_owned();
    let mut separator = '?';
    let query = uri.query().map(|query| query.to_owned());
    let asked = [("service", service), ("scope", Some(scope))]
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key}={}", encoded(value?))));
    for part in query.into_iter().chain(asked) {
        path.push(separator);
        path.push_str(&part);
        separator = '&';
    }
    Ok((origin, path))
}

/// Returns true if two names end in the same two labels, as `auth.docker.io` and `registry-1.docker.io` do. Under a
/// suffix of two labels a neighbour passes too; the registry could have sent it the credentials anyway.
fn has_same_domain(one: &Host, other: &Host) -> bool {
    let (Host::Name(one), Host::Name(other)) = (one, other) else {
        return false;
    };
    let domain = |host: &str| {
        let mut labels = host.rsplit('.');
        Some((labels.next()?.to_owned(), labels.next()?.to_owned()))
    };
    domain(one).is_some() && domain(one) == domain(other)
}

/// A value in a query: what is not unreserved (RFC 3986) is percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The token in a token server's answer, which has one of two names.
pub(crate) fn token(answer: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let token = answer.get("token").or_else(|| answer.get("access_token"))?;
    token.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenge_is_read_with_commas_in_its_values() {
        let text = r#"Bearer realm="https://auth.docker.io/token",scope="repository:a:pull,push", service="r""#;
        assert_eq!(
            Challenge::parse(text).unwrap(),
            Challenge::Bearer {
                realm: "https://auth.docker.io/token".into(),
                service: Some("r".into()),
            }
        );
        assert_eq!(
            Challenge::parse(r#"Basic realm="x""#).unwrap(),
            Challenge::Basic
        );
        assert_eq!(Challenge::parse("Negotiate"), None);
        assert_eq!(Challenge::parse("Bearer realm"), None);
    }

    #[test]
    fn token_server_is_of_the_registrys_domain() {
        let ask = |registry: &str, realm: &str| {
            token_request(
                realm,
                Some("a b"),
                "repository:x:pull",
                &Origin::parse(registry).unwrap(),
            )
        };
        let (origin, path) = ask(
            "https://registry-1.docker.io",
            "https://auth.docker.io/t?x=1",
        )
        .unwrap();
        assert_eq!(origin.to_string(), "https://auth.docker.io");
        assert_eq!(path, "/t?x=1&service=a%20b&scope=repository%3Ax%3Apull");
        assert!(ask("https://registry.gitlab.com", "https://gitlab.com/jwt/auth").is_ok());
        assert!(ask("http://127.0.0.1:5000", "http://127.0.0.1:5001/token").is_ok());
        for (registry, realm) in [
            ("https://r.example.com", "https://example.net/token"),
            ("https://r.example.com", "http://r.example.com/token"),
            ("https://r.example.com", "https://127.0.0.1/token"),
            ("https://10.0.0.1", "https://11.0.0.1/token"),
            ("http://127.0.0.1:5000", "http://169.254.169.254/token"),
            ("https://r.example.com", "token"),
        ] {
            assert!(ask(registry, realm).is_err(), "{registry} {realm}");
        }
    }
}
