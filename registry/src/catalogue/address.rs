//! Catalogues at a URL.

use super::{BYTES, Catalogue};
use crate::exchange::{self, Deadline};
use crate::part;
use crate::{RegistryError, Settings};
use auth_connector_egress::{Origin, Phrase, foreign, phrase};
use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::Full;

/// Returns true if a text is a URL and not a file name.
pub fn is_address(text: &str) -> bool {
    text.contains("://")
}

impl Catalogue {
    /// Fetches a catalogue by https. Redirects are not followed, and no credentials are sent.
    ///
    /// # Errors
    ///
    /// When it cannot be reached in time, is too large, or is not a catalogue.
    pub async fn fetch(settings: &Settings, url: &str) -> Result<Self, RegistryError> {
        let (origin, path) = target(url, settings.has_loopback_http)?;
        let request = Request::get(path).body(Full::new(Bytes::new()));
        let request = request.map_err(|_| unread(url))?;
        let deadline = Deadline::after(settings.time);
        let response = exchange::send(&settings.outbound, &origin, request, deadline).await?;
        match response.status {
            StatusCode::OK => Self::parse(&response.read(&part::catalogue(), BYTES).await?),
            _ => Err(response.refusal(&part::catalogue()).await),
        }
    }
}

/// Origin and path of a URL.
fn target(url: &str, has_loopback_http: bool) -> Result<(Origin, String), RegistryError> {
    let uri: Uri = url.parse().map_err(|_| unread(url))?;
    let origin = Origin::of(&uri).map_err(|_| unread(url))?;
    let is_allowed = origin.is_https() || (has_loopback_http && origin.is_loopback());
    if !is_allowed {
        return Err(wrong(
            url,
            phrase!("catalogue-plain", "it is not reached by https"),
        ));
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Ok((origin, path.to_owned()))
}

fn unread(url: &str) -> RegistryError {
    wrong(url, phrase!("catalogue-unread", "it cannot be read"))
}

fn wrong(url: &str, reason: Phrase) -> RegistryError {
    // A name and a password before the host are not shown.
    let shown = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://****@{rest}"),
        (None, Some((_, rest))) => format!("****@{rest}"),
        _ => url.to_owned(),
    };
    let url = foreign(&shown, 120);
    RegistryError::Reference(phrase!(
        "catalogue-address",
        "\"{url}\" is no address of a catalogue: {reason}",
        url = url,
        reason = reason
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_https_or_loopback_where_allowed() {
        for (url, leave, allowed) in [
            ("https://example.com/c.json", false, true),
            ("http://example.com/c.json", true, false),
            ("http://127.0.0.1:80/c.json", false, false),
            ("http://127.0.0.1:80/c.json", true, true),
            ("https://user@example.com/c.json", false, false),
            ("file:///etc/passwd", true, false),
        ] {
            assert_eq!(target(url, leave).is_ok(), allowed, "{url}");
        }
    }

    #[test]
    fn password_in_an_address_is_not_shown() {
        for url in [
            "http://ada:secretpw@example.com/c.json",
            "https://ada:secretpw@example.com/c.json",
            "https://ada:secret/secretpw@example.com",
            "ftp://ada:secretpw@@example.com/c.json",
        ] {
            let error = target(url, true).unwrap_err().to_string();
            assert!(!error.contains("secretpw"), "{error}");
            assert!(error.contains("example.com"), "{error}");
        }
    }
}
