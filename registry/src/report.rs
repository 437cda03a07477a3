//! Findings of a pull: what was verified, by which means, and what was not.

use crate::guides::Pins;
use crate::pull::Pulled;
use crate::{Attestation, SbomSummary};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One result of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The part that was checked.
    pub subject: String,
    /// True if it was verified.
    pub is_verified: bool,
    /// The means of verification, or the reason why there was none.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_verified {
            "verified"
        } else {
            "NOT verified"
        };
        write!(f, "{:<12} {:<13} {}", self.subject, verdict, self.text)
    }
}

impl Pulled {
    /// Lists what was verified and what was not.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = vec![
            self.of_bytes(),
            self.of_signature(),
            self.of_provenance(),
            self.of_sbom(),
        ];
        findings.extend(self.of_guides());
        findings
    }

    /// The guides, if the manifest pins some.
    fn of_guides(&self) -> Option<Finding> {
        let vouched = self.vouched.as_ref()?;
        let pinned = Pins::of(&vouched.manifest).guides();
        if pinned == 0 {
            return None;
        }
        let found = self.texts.guides.len();
        let (is_verified, text) = if found < pinned {
            let text = format!("the manifest names {pinned}, the registry has {found} of them");
            (false, text)
        } else if vouched.signer.is_some() {
            (true, format!("{found}, by digests in the signed manifest"))
        } else {
            let text = format!("{found}, by digests in a manifest that nobody trusted signed");
            (false, text)
        };
        Some(Finding {
            subject: "guides".to_owned(),
            is_verified,
            text,
        })
    }

    fn of_bytes(&self) -> Finding {
        let (is_verified, text) = match (&self.tag, &self.reference.digest) {
            (Some(tag), Some(digest)) => (
                true,
                format!(
                    "against {digest}, which the tag {tag} names today. A tag can move: pin the digest"
                ),
            ),
            (None, Some(digest)) => (true, format!("against {digest}, as it was asked for")),
            (_, None) => (false, "no digest is known".to_owned()),
        };
        Finding {
            subject: "bytes".to_owned(),
            is_verified,
            text,
        }
    }

    fn of_signature(&self) -> Finding {
        let signer = self
            .vouched
            .as_ref()
            .and_then(|vouched| vouched.signer.as_ref());
        let (is_verified, text) = match (signer, &self.vouched) {
            (Some(signer), _) => (true, format!("signed by the trusted key {}", signer.key)),
            (None, Some(_)) => (false, "nobody who is trusted signed it".to_owned()),
            (None, None) => (
                false,
                "there is none: nobody says what the plugin asks for".to_owned(),
            ),
        };
        Finding {
            subject: "manifest".to_owned(),
            is_verified,
            text,
        }
    }

    fn of_provenance(&self) -> Finding {
        let (is_verified, text) = match &self.attestation {
            Attestation::Absent => (false, "there is none".to_owned()),
            Attestation::Unverified(claims) => (
                false,
                format!("no key was given for it. It claims {claims}"),
            ),
            Attestation::Verified(claims) => (true, format!("by the key that was given: {claims}")),
        };
        Finding {
            subject: "provenance".to_owned(),
            is_verified,
            text,
        }
    }

    fn of_sbom(&self) -> Finding {
        let found = crate::Digest::of(self.component());
        let summary = self
            .sbom
            .as_deref()
            .map(|document| SbomSummary::of(document, found.hex()));
        let text = match summary {
            None => "there is none",
            Some(Some(summary)) if summary.is_about_it => {
                "it names this component by its digest; it is not signed"
            }
            Some(_) => "it does not name this component",
        };
        Finding {
            subject: "SBOM".to_owned(),
            is_verified: false,
            text: text.to_owned(),
        }
    }
}

impl fmt::Display for crate::Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "builder {:?}", self.builder)?;
        match (&self.source, &self.revision) {
            (Some(source), _) => write!(f, ", source {source:?}"),
            (None, Some(revision)) => {
                write!(f, ", revision {revision:?} of a source that is not named")
            }
            (None, None) => f.write_str(", no source"),
        }
    }
}
