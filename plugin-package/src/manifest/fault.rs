//! Faults of a manifest, and the one error that has all of them.

use auth_connector_egress::{Phrase, phrase};
use std::fmt;

/// The place of the manifest as a whole, in an error.
pub(super) fn whole_place() -> Phrase {
    phrase!("manifest-whole", "the whole")
}

/// Why a manifest cannot be used: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError(pub(super) Vec<ManifestFault>);

/// One thing that is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFault {
    /// Position: a JSON Pointer, or line and column if it is not JSON.
    pub place: Phrase,
    /// The value found, the value expected, and the remedy.
    pub message: Phrase,
}

impl ManifestError {
    /// The faults, in the order of the manifest's fields; unknown keys of an object before its other faults.
    pub fn faults(&self) -> &[ManifestFault] {
        &self.0
    }

    pub(super) fn one(place: Phrase, message: Phrase) -> Self {
        Self(vec![ManifestFault { place, message }])
    }

    /// The error's text.
    pub fn phrase(&self) -> Phrase {
        let faults = self.0.iter().take(SHOWN).map(|fault| {
            let (place, message) = (&fault.place, &fault.message);
            phrase!(
                "manifest-fault",
                "{place}: {message}",
                place = place,
                message = message
            )
        });
        let faults: Vec<Phrase> = faults.collect();
        match self.0.len().saturating_sub(SHOWN) {
            0 => phrase!("manifest", of self, faults = faults),
            more => phrase!("manifest-more", of self, faults = faults, more = more),
        }
    }
}

/// How many faults one line names.
const SHOWN: usize = 5;

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the manifest cannot be used. ")?;
        for (index, fault) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", fault.place, fault.message)?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for ManifestError {}
