//! Redirects of blobs to a registry's storage.
//!
//! At most three, to `https` and never to this machine. The address that the name resolves to is checked when it is
//! dialled. The registry's own origin is allowed as it was named. No credentials are sent along.

use crate::RegistryError;
use auth_connector_egress::Origin;
use auth_connector_egress::{Phrase, phrase};
use http::{HeaderMap, StatusCode, Uri, header::LOCATION};

/// The most redirects of one blob.
pub(crate) const MOST: usize = 3;

/// An origin, and a path with its query there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) origin: Origin,
    pub(crate) path: String,
}

/// Returns true if a status redirects a GET.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Target of a redirect in a response from `at`, if it is allowed for a registry at `own`.
pub(crate) fn follow(
    what: &Phrase,
    headers: &HeaderMap,
    at: &Origin,
    own: &Origin,
) -> Result<Target, RegistryError> {
    let refused = |reason: Phrase| RegistryError::Redirect {
        what: what.clone(),
        reason,
    };
    let target = location(headers, at)
        .ok_or_else(|| refused(phrase!("redirect-unreadable", "its address cannot be read")))?;
    if target.origin == *own {
        return Ok(target);
    }
    if target.origin.is_loopback() {
        return Err(refused(phrase!(
            "redirect-local",
            "it leads to this machine"
        )));
    }
    if !target.origin.is_https() {
        return Err(refused(phrase!(
            "redirect-plain",
            "it leads away from https"
        )));
    }
    Ok(target)
}

/// The target of a `Location`, absolute or on the same origin.
pub(crate) fn location(headers: &HeaderMap, at: &Origin) -> Option<Target> {
    resolve(headers.get(LOCATION)?.to_str().ok()?, at)
}

/// A URL that a registry at `at` wrote, absolute or a path there.
pub(crate) fn resolve(text: &str, at: &Origin) -> Option<Target> {
    let path = |uri: &Uri| uri.path_and_query().map(|path| path.as_str().to_owned());
    if text.starts_with('/') && !text.starts_with("//") {
        let uri: Uri = text.parse().ok()?;
        return Some(Target {
            origin: at.clone(),
            path: path(&uri)?,
        });
    }
    let uri: Uri = text.parse().ok()?;
    Some(Target {
        origin: Origin::of(&uri).ok()?,
        path: path(&uri)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(from: &str, to: &str) -> Result<String, String> {
        let own = Origin::parse(from).unwrap();
        let headers = HeaderMap::from_iter([(LOCATION, to.parse().unwrap())]);
        follow(&Phrase::verbatim("x"), &headers, &own, &own)
            .map(|target| format!("{}{}", target.origin, target.path))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn redirect_leads_to_https_or_the_same_origin() {
        let registry = "https://r.example.com";
        for (to, wanted) in [
            (
                "https://cdn.example.net/b?sig=1",
                "https://cdn.example.net/b?sig=1",
            ),
            ("/v2/x", "https://r.example.com/v2/x"),
            ("https://r.example.com/y", "https://r.example.com/y"),
        ] {
            assert_eq!(followed(registry, to).unwrap(), wanted);
        }
        let own = "http://127.0.0.1:5000";
        assert_eq!(
            followed(own, "http://127.0.0.1:5000/b").unwrap(),
            "http://127.0.0.1:5000/b"
        );
    }

    #[test]
    fn redirect_to_loopback_or_plain_http_is_refused() {
        for (from, to) in [
            ("https://r.example.com", "http://cdn.example.net/b"),
            ("https://r.example.com", "https://127.0.0.1/b"),
            ("https://r.example.com", "https://localhost:8443/b"),
            ("https://r.example.com", "https://[::1]/b"),
            ("https://r.example.com", "//cdn.example.net/b"),
            ("https://r.example.com", "ftp://cdn.example.net/b"),
            ("https://r.example.com", "https://user@cdn.example.net/b"),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5001/b"),
            ("http://127.0.0.1:5000", "http://169.254.169.254/b"),
        ] {
            assert!(followed(from, to).is_err(), "{from} {to}");
        }
    }
}
