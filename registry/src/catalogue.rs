//! Catalogue: a static index of plugins that anybody can host as a file.
//!
//! `docs/catalogue.schema.json` defines its format. It is a list to look through and vouches for nothing: a plugin is
//! installed by its reference, and checked then.

pub mod address;
mod forms;
pub mod lines;

use crate::error::{english, legible};
use crate::part;
use crate::{Change, Facts, Finding, RegistryError, changes, is_older};
use auth_connector_egress::{Phrase, phrase};
use forms::Once;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Format that is written and read.
pub const FORMAT: u32 = 1;

/// The largest catalogue that is read, in bytes.
pub const BYTES: u64 = 4 << 20;

/// The longest text in a catalogue, in bytes. The schema's longest has 8,192 characters.
const TEXT_BYTES: usize = 32 << 10;

/// Value of `$schema` in a catalogue.
const SCHEMA: &str = "urn:auth-connector:catalogue:1";

/// A catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The schema, for editors.
    #[serde(rename = "$schema", default)]
    pub schema: String,
    /// [`FORMAT`].
    pub format: u32,
    /// The plugins, by id.
    pub plugins: Vec<Entry>,
}

/// A plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id, by its manifests.
    pub id: String,
    /// Its versions, the newest first.
    pub versions: Vec<Listed>,
}

/// A version of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Facts that the author of the catalogue found.
    #[serde(flatten)]
    pub facts: Facts,
    /// Findings of that time: what was verified and what was not.
    pub findings: Vec<Finding>,
    /// Changes since the version before it in the catalogue.
    pub changes: Vec<Change>,
}

/// Adds a version before the first that is older.
fn insert(listed: &mut Vec<Listed>, facts: Facts, findings: Vec<Finding>) {
    let version = facts.version.as_deref();
    let is_before = |other: &Listed| is_older(other.facts.version.as_deref(), version);
    let at = listed.iter().position(is_before).unwrap_or(listed.len());
    let new = Listed {
        facts,
        findings,
        changes: Vec::new(),
    };
    listed.insert(at, new);
}

/// Compares each version, the newest first, with the one after it.
fn add_changes(versions: &mut [Listed]) {
    let mut before: Option<&Facts> = None;
    for listed in versions.iter_mut().rev() {
        listed.changes = before.map_or_else(Vec::new, |before| changes(before, &listed.facts));
        before = Some(&listed.facts);
    }
}

impl Catalogue {
    /// A catalogue of these versions.
    ///
    /// # Errors
    ///
    /// When a version has no manifest, or two are the same version of the same plugin.
    pub fn of(versions: Vec<(Facts, Vec<Finding>)>) -> Result<Self, RegistryError> {
        let mut plugins: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
        for (facts, findings) in versions {
            let place = || english(facts.reference.clone().unwrap_or_default());
            let (Some(id), Some(version)) = (&facts.id, &facts.version) else {
                let reason = english("it has no manifest of a plugin, so it is not listed");
                return Err(RegistryError::malformed(place(), reason));
            };
            let listed = plugins.entry(id.clone()).or_default();
            let is_same = |other: &Listed| other.facts.version.as_ref() == Some(version);
            if listed.iter().any(is_same) {
                let reason = format!("{id} {version} is listed twice. Remove one of them");
                return Err(RegistryError::malformed(place(), english(reason)));
            }
            insert(listed, facts, findings);
        }
        let entry = |(id, mut versions): (String, Vec<Listed>)| {
            add_changes(&mut versions);
            Entry { id, versions }
        };
        Ok(Self {
            schema: SCHEMA.to_owned(),
            format: FORMAT,
            plugins: plugins.into_iter().map(entry).collect(),
        })
    }

    /// Reads a catalogue.
    ///
    /// # Errors
    ///
    /// When it is not a catalogue, or has another format.
    pub fn parse(bytes: &[u8]) -> Result<Self, RegistryError> {
        let wrong = |reason: Phrase| RegistryError::malformed(part::catalogue(), reason);
        let no_json = |error| RegistryError::no_json(part::catalogue(), &error);
        let Once(value) = serde_json::from_slice(bytes).map_err(no_json)?;
        if value.get("format") != Some(&FORMAT.into()) {
            return Err(wrong(phrase!(
                "catalogue-format",
                "its format is not {format}. If it is newer, use a newer program",
                format = u64::from(FORMAT)
            )));
        }
        check_texts(&value).map_err(wrong)?;
        let mut read: Self = serde_json::from_value(value).map_err(no_json)?;
        read.plugins.sort_by(|one, other| one.id.cmp(&other.id));
        read.check().map_err(wrong)?;
        Ok(read)
    }

    /// Refuses what [`Catalogue::of`] would not have made.
    fn check(&self) -> Result<(), Phrase> {
        if let Some(entry) = self.plugins.iter().find(|entry| entry.versions.is_empty()) {
            return Err(phrase!(
                "catalogue-no-version",
                "{id} has no version",
                id = legible(&entry.id)
            ));
        }
        let mut before: Option<&str> = None;
        for entry in &self.plugins {
            if before == Some(entry.id.as_str()) {
                return Err(phrase!(
                    "catalogue-twice",
                    "{id} is listed twice",
                    id = legible(&entry.id)
                ));
            }
            before = Some(&entry.id);
            let is_other = |listed: &Listed| listed.facts.id.as_ref() != Some(&entry.id);
            if entry.versions.iter().any(is_other) {
                let id = legible(&entry.id);
                return Err(phrase!(
                    "catalogue-other-id",
                    "a version of {id} has another id",
                    id = id
                ));
            }
            forms::check(&entry.id, entry.versions.iter().map(|listed| &listed.facts))?;
        }
        Ok(())
    }

    /// The version that this reference leads to.
    pub fn version(&self, id: &str, reference: &str) -> Option<&Listed> {
        let entry = self.plugins.iter().find(|entry| entry.id == id)?;
        let is_it = |listed: &&Listed| listed.facts.reference.as_deref() == Some(reference);
        entry.versions.iter().find(is_it)
    }

    /// Reads a catalogue from a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is too large, or is not a catalogue.
    pub fn read(file: &Path) -> Result<Self, RegistryError> {
        Self::parse(&crate::layout::read(file, BYTES)?)
    }

    /// The plugins that have every word, in any case, in the newest version's texts. Without words all of them.
    pub fn search(&self, words: &[&str]) -> Vec<&Entry> {
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let has = |entry: &&Entry| {
            let text = entry.text().to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        self.plugins.iter().filter(has).collect()
    }
}

impl Entry {
    /// Texts that the search covers.
    fn text(&self) -> String {
        let mut texts = vec![self.id.clone()];
        if let Some(newest) = self.versions.first() {
            let facts = &newest.facts;
            let optional = [
                &facts.name,
                &facts.description,
                &facts.license,
                &facts.publisher,
            ];
            texts.extend(optional.into_iter().flatten().cloned());
            texts.extend(facts.origins.iter().cloned());
        }
        texts.join("\n")
    }
}

/// Refuses texts that are longer than the schema allows.
fn check_texts(value: &serde_json::Value) -> Result<(), Phrase> {
    use serde_json::Value;
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::String(text) if text.len() > TEXT_BYTES => {
                return Err(phrase!(
                    "catalogue-text",
                    "a text in it is longer than {most} bytes",
                    most = TEXT_BYTES
                ));
            }
            Value::Array(all) => left.extend(all),
            Value::Object(all) if all.keys().any(|key| key.len() > TEXT_BYTES) => {
                return Err(phrase!(
                    "catalogue-key",
                    "a key in it is longer than {most} bytes",
                    most = TEXT_BYTES
                ));
            }
            Value::Object(all) => left.extend(all.values()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    fn reference(id: &str, version: &str) -> String {
        format!("oci://r.test/{id}@{}", Digest::of(version.as_bytes()))
    }

    fn version(id: &str, version: &str, size: u64) -> (Facts, Vec<Finding>) {
        let facts = Facts {
            id: Some(id.into()),
            version: Some(version.into()),
            description: Some(format!("Sends by {id}")),
            sha256: Digest::of(version.as_bytes()).hex().to_owned(),
            size,
            reference: Some(reference(id, version)),
            ..Facts::default()
        };
        (facts, Vec::new())
    }

    #[test]
    fn versions_stand_newest_first_with_their_changes() {
        let made = Catalogue::of(vec![
            version("b", "1.9.0", 1),
            version("b", "1.10.0", 2),
            version("a", "0.1.0", 3),
            version("b", "1.10.0-rc.1", 2),
        ])
        .unwrap();
        let ids: Vec<&str> = made.plugins.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        let versions: Vec<_> = made.plugins[1]
            .versions
            .iter()
            .map(|v| (v.facts.version.as_deref().unwrap(), v.changes.len()))
            .collect();
        assert_eq!(versions, [("1.10.0", 2), ("1.10.0-rc.1", 3), ("1.9.0", 0)]);
        let text = serde_json::to_vec(&made).unwrap();
        assert_eq!(Catalogue::parse(&text).unwrap(), made);
    }

    #[test]
    fn same_version_twice_or_none_is_refused() {
        let twice = Catalogue::of(vec![version("a", "1.0.0", 1), version("a", "1.0.0", 2)]);
        assert!(twice.unwrap_err().to_string().contains("listed twice"));
        let bare = Catalogue::of(vec![(Facts::default(), Vec::new())]);
        assert!(bare.unwrap_err().to_string().contains("no manifest"));
    }

    #[test]
    fn search_needs_every_word() {
        let made = Catalogue::of(vec![
            version("acme-sms", "1.0.0", 1),
            version("other", "1.0.0", 1),
        ]);
        let made = made.unwrap();
        for (words, found) in [
            (&[][..], 2),
            (&["SENDS"], 2),
            (&["sends", "acme"], 1),
            (&["sends", "missing"], 0),
        ] {
            assert_eq!(made.search(words).len(), found, "{words:?}");
        }
    }

    #[test]
    fn other_format_and_noise_are_refused() {
        for text in [
            "{\"format\": 2, \"plugins\": []}",
            "{\"plugins\": []}",
            "[",
            "{\"format\": 1}",
        ] {
            assert!(Catalogue::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn catalogue_that_nobody_here_made_is_refused() {
        let made = Catalogue::of(vec![version("a", "1.0.0", 1), version("b", "1.0.0", 1)]).unwrap();
        let text = serde_json::to_string(&made).unwrap();
        assert!(Catalogue::parse(text.as_bytes()).is_ok());
        let at = reference("a", "1.0.0");
        assert!(made.version("a", &at).is_some());
        assert!(made.version("b", &at).is_none());
        let mut none = made.clone();
        none.plugins[0].versions.clear();
        let mut twice = made.clone();
        twice.plugins[1] = twice.plugins[0].clone();
        let mut other = made.clone();
        other.plugins[0].versions[0].facts.id = Some("c".into());
        let mut long = made.clone();
        long.plugins[0].versions[0].facts.description = Some("x".repeat(TEXT_BYTES + 1));
        for (wrong, said) in [
            (none, "has no version"),
            (twice, "listed twice"),
            (other, "another id"),
            (long, "longer than 32768 bytes"),
        ] {
            let text = serde_json::to_vec(&wrong).unwrap();
            let refused = Catalogue::parse(&text).unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
        }
    }
}
