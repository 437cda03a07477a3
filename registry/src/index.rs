//! Referrers of an artifact, from the referrers API or from the fallback index.
//!
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers>. Where a registry has no
//! such API, the publisher keeps the list under a tag that is made from the artifact's digest.

use crate::client::{Ask, Client};
use crate::document::{Descriptor, Index};
use crate::part;
use crate::redirect;
use crate::{Digest, RegistryError, media};
use auth_connector_egress::{Phrase, phrase};
use bytes::Bytes;
use http::header::{ACCEPT, LINK};
use http::{HeaderMap, Method, StatusCode};

/// Statuses of a registry without the API: 404 by the specification, the others as observed elsewhere.
const NO_API: [u16; 5] = [400, 404, 405, 406, 501];

/// The most pages of a list that are read.
const PAGES: usize = 8;

impl Client {
    /// Descriptors of an artifact's referrers. At most the first [`PAGES`] pages of the list are read.
    pub(crate) async fn referrers(
        &self,
        subject: &Digest,
        limit: u64,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let what = part::referrers();
        let mut path = self.path(&format!("referrers/{subject}"));
        let mut found = Vec::new();
        for page in 0..PAGES {
            let at = path.clone();
            let ask = Ask {
                method: Method::GET,
                path,
                headers: vec![(ACCEPT, media::INDEX.to_owned())],
                body: Bytes::new(),
            };
            let response = self.ask(&what, ask).await?;
            if response.status != StatusCode::OK {
                if page > 0 || !NO_API.contains(&response.status.as_u16()) {
                    return Err(response.refusal(&what).await);
                }
                drop(response);
                return Ok(self.fallback(subject, limit).await?.manifests);
            }
            let next = next(&response.headers);
            let next = next.map(|next| self.page(&what, &at, &next)).transpose()?;
            let body = response.read(&what, limit).await?;
            found.extend(Index::parse(what.clone(), &body)?.manifests);
            match next {
                Some(next) => path = next,
                None => break,
            }
        }
        Ok(found)
    }

    /// The path of a further page, from the link on the page at a path. The request carries the credentials, so another
    /// host is refused. The link's scheme and port are ignored, because registries behind a proxy may get them wrong.
    fn page(&self, what: &Phrase, at: &str, next: &str) -> Result<String, RegistryError> {
        if next.starts_with('?') {
            let (own, _) = at.split_once('?').unwrap_or((at, ""));
            return Ok(format!("{own}{next}"));
        }
        let target = redirect::resolve(next, self.origin());
        let target = target.filter(|target| target.origin.host() == self.origin().host());
        let target = target.ok_or_else(|| RegistryError::Redirect {
            what: what.clone(),
            reason: phrase!(
                "redirect-page",
                "its next page is at another origin, or the address cannot be read"
            ),
        })?;
        Ok(target.path)
    }

    /// The fallback index, empty where there is none.
    pub(crate) async fn fallback(
        &self,
        subject: &Digest,
        limit: u64,
    ) -> Result<Index, RegistryError> {
        let tag = subject.fallback_tag();
        match self.manifest(&tag, media::INDEX, limit).await? {
            Some(body) => Index::parse(part::referrers(), &body),
            None => Ok(Index::default()),
        }
    }
}

/// The address of the next page (RFC 8288): `<address>; rel="next"`.
fn next(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(LINK).iter().filter_map(|v| v.to_str().ok());
    let links = lines.flat_map(|line| line.split('<').skip(1));
    links
        .filter_map(|link| link.split_once('>'))
        .find(|(_, parameters)| {
            let mut parameters = parameters.split([';', ',']).map(str::trim);
            parameters.any(|one| one.replace('"', "").eq_ignore_ascii_case("rel=next"))
        })
        .map(|(address, _)| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_page_is_read_from_the_header() {
        for (line, expected) in [
            (r#"</v2/a?n=1>; rel="next""#, Some("/v2/a?n=1")),
            ("</v2/a>;rel=next", Some("/v2/a")),
            (
                r#"</b>; rel="prev", </c,d>; title="x"; rel="next""#,
                Some("/c,d"),
            ),
            (r#"</b>; rel="prev""#, None),
            ("rel=next", None),
            ("<unclosed; rel=next", None),
        ] {
            let headers = HeaderMap::from_iter([(LINK, line.parse().unwrap())]);
            assert_eq!(next(&headers).as_deref(), expected, "{line}");
        }
        assert_eq!(next(&HeaderMap::new()), None);
    }
}
