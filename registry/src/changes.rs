//! Changes from one version of a plugin to another, for an operator who decides on an update.

use crate::{Facts, SbomSummary, SignerFacts};
use semver::Version;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Name of the fact that differs.
    pub what: String,
    /// Value in the version before. None if it had no such fact.
    pub was: Option<String>,
    /// Value in this version. None if it has no such fact any more.
    pub is: Option<String>,
    /// True if the plugin could do more than before, or somebody else vouches for it.
    pub is_wider: bool,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_wider { '!' } else { ' ' };
        write!(f, "{mark} {:<14} ", self.what)?;
        match (&self.was, &self.is) {
            (Some(was), Some(is)) => write!(f, "{was} -> {is}"),
            (None, Some(is)) => write!(f, "+ {is}"),
            (Some(was), None) => write!(f, "- {was}"),
            (None, None) => Ok(()),
        }
    }
}

/// Name of a fact that is one text, and its getter.
type Single = (&'static str, fn(&Facts) -> Option<String>);

const DESCRIBED: [Single; 5] = [
    ("name", |facts| facts.name.clone()),
    ("description", |facts| facts.description.clone()),
    ("homepage", |facts| facts.homepage.clone()),
    ("size", |facts| Some(format!("{} bytes", facts.size))),
    ("component", |facts| Some(facts.sha256.clone())),
];

const BUILT: [Single; 2] = [
    ("builder", |facts| {
        Some(facts.provenance.as_ref()?.builder.clone())
    }),
    ("revision", |facts| {
        facts.provenance.as_ref()?.revision.clone()
    }),
];

/// Everything that differs, the same things in the same order each time.
pub fn changes(before: &Facts, after: &Facts) -> Vec<Change> {
    let mut found = Changes(Vec::new());
    let is_other = before.id.is_some();
    found.single("id", before.id.as_deref(), after.id.as_deref(), is_other);
    found.singles(&[("version", |facts| facts.version.clone())], before, after);
    found.signer(before.signer.as_ref(), after.signer.as_ref());
    found.list("authority", imports(before), imports(after), true);
    found.list("origin", set(&before.origins), set(&after.origins), true);
    let pointers = |facts: &Facts| set(&facts.config_origins);
    found.list("config origin", pointers(before), pointers(after), true);
    found.limits(&before.limits, &after.limits);
    found.singles(&[("licence", |facts| facts.license.clone())], before, after);
    let (was, is) = (before.publisher.as_deref(), after.publisher.as_deref());
    found.single("publisher", was, is, true);
    found.singles(&DESCRIBED, before, after);
    // Another version has another manifest, because the manifest names it.
    if let (Some(was), Some(is)) = (&before.manifest, &after.manifest)
        && before.version == after.version
    {
        found.single("manifest", Some(was), Some(is), false);
    }
    found.singles(&[("SBOM", components)], before, after);
    found.list("SBOM licence", licenses(before), licenses(after), false);
    let (was, is) = (standing(before), standing(after));
    // A lost verification of the build weighs as much as another signer.
    let is_lost = was == Some(VERIFIED);
    found.single("provenance", was, is, is_lost);
    found.singles(&BUILT, before, after);
    found.0
}

fn imports(facts: &Facts) -> BTreeSet<String> {
    let imports = facts.authority.iter();
    imports.map(|import| unversioned(&import.import)).collect()
}

fn components(facts: &Facts) -> Option<String> {
    Some(format!("{} components", facts.sbom.as_ref()?.components))
}

fn licenses(facts: &Facts) -> BTreeSet<String> {
    let of = |sbom: &SbomSummary| sbom.licenses.keys().cloned().collect();
    facts.sbom.as_ref().map(of).unwrap_or_default()
}

const VERIFIED: &str = "verified";

fn standing(facts: &Facts) -> Option<&'static str> {
    Some(match facts.provenance.as_ref()?.is_verified {
        true => VERIFIED,
        false => "not verified",
    })
}

/// Returns true if a version precedes another by the rules of semantic versions. False if either is not a version.
pub fn is_older(version: Option<&str>, than: Option<&str>) -> bool {
    let parsed = |text: Option<&str>| Version::parse(text?).ok();
    match (parsed(version), parsed(than)) {
        // Build metadata has no precedence.
        (Some(version), Some(than)) => version.cmp_precedence(&than) == Ordering::Less,
        _ => false,
    }
}

fn set(list: &[String]) -> BTreeSet<String> {
    list.iter().cloned().collect()
}

/// An interface without its version: WASI's versions change with toolchains and give no other authority.
fn unversioned(import: &str) -> String {
    import.split('@').next().unwrap_or_default().to_owned()
}

struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, what: &str, was: Option<String>, is: Option<String>, is_wider: bool) {
        self.0.push(Change {
            what: what.to_owned(),
            was,
            is,
            is_wider,
        });
    }

    fn single(&mut self, what: &str, was: Option<&str>, is: Option<&str>, is_wider: bool) {
        if was != is {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            self.add(what, owned(was), owned(is), is_wider);
        }
    }

    /// Adds facts that never make a plugin wider.
    fn singles(&mut self, parts: &[Single], before: &Facts, after: &Facts) {
        for (what, part) in parts {
            let (was, is) = (part(before), part(after));
            self.single(what, was.as_deref(), is.as_deref(), false);
        }
    }

    /// Keys are compared as a whole. Two keys of one identity are shown as a whole too.
    fn signer(&mut self, was: Option<&SignerFacts>, is: Option<&SignerFacts>) {
        let key = |signer: &SignerFacts| signer.key.clone();
        if was.map(key) == is.map(key) {
            return;
        }
        let id = |signer: &SignerFacts| signer.key_id.clone();
        let (mut before, mut after) = (was.map(id), is.map(id));
        if before == after {
            (before, after) = (was.map(key), is.map(key));
        }
        self.add("signer", before, after, true);
    }

    /// Adds the items that came and those that went. Only the former are wider.
    fn list(&mut self, what: &str, was: BTreeSet<String>, is: BTreeSet<String>, is_wider: bool) {
        for new in is.difference(&was) {
            self.add(what, None, Some(new.clone()), is_wider);
        }
        for gone in was.difference(&is) {
            self.add(what, Some(gone.clone()), None, false);
        }
    }

    /// A limit that is not asked for is as granted, so leaving it out asks for more.
    fn limits(&mut self, was: &BTreeMap<String, u64>, is: &BTreeMap<String, u64>) {
        let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        for name in names {
            let (before, after) = (was.get(name), is.get(name));
            if before != after {
                let is_wider =
                    after.is_none_or(|after| before.is_some_and(|before| after > before));
                let shown = |most: Option<&u64>| most.map(ToString::to_string);
                self.add(name, shown(before), shown(after), is_wider);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Import;

    fn facts() -> Facts {
        Facts {
            version: Some("1.0.0".into()),
            license: Some("MIT".into()),
            signer: Some(SignerFacts {
                key_id: "A".into(),
                key: "RWA".into(),
                comment: String::new(),
            }),
            sha256: "ab".into(),
            size: 10,
            authority: vec![Import {
                import: "wasi:io/poll@0.2.9".into(),
                words: "wait".into(),
            }],
            origins: vec!["https://a.test".into()],
            limits: [("requests".to_owned(), 2)].into(),
            ..Facts::default()
        }
    }

    fn lines(change: impl FnOnce(&mut Facts)) -> Vec<String> {
        let mut after = facts();
        change(&mut after);
        changes(&facts(), &after)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn same_facts_have_no_changes() {
        assert_eq!(changes(&facts(), &facts()), []);
        let newer_wasi = lines(|f| f.authority[0].import = "wasi:io/poll@0.2.12".into());
        assert!(newer_wasi.is_empty(), "{newer_wasi:?}");
    }

    #[test]
    fn what_widens_is_marked() {
        let shown = lines(|f| {
            f.version = Some("1.1.0".into());
            f.signer = None;
            f.authority[0].import = "wasi:clocks/wall-clock@0.2.9".into();
            f.origins = vec!["https://b.test".into()];
            f.config_origins = vec!["/url".into()];
            f.license = None;
        });
        assert_eq!(
            shown,
            [
                "  version        1.0.0 -> 1.1.0",
                "! signer         - A",
                "! authority      + wasi:clocks/wall-clock",
                "  authority      - wasi:io/poll",
                "! origin         + https://b.test",
                "  origin         - https://a.test",
                "! config origin  + /url",
                "  licence        - MIT",
            ]
        );
    }

    /// A manifest pins the guides, so that other guides are another manifest.
    #[test]
    fn other_texts_and_manifest_are_shown() {
        let before = Facts {
            manifest: Some("01".into()),
            ..facts()
        };
        let after = Facts {
            name: Some("Acme".into()),
            description: Some("Sends".into()),
            homepage: Some("https://acme.test".into()),
            manifest: Some("02".into()),
            ..facts()
        };
        let shown: Vec<String> = changes(&before, &after)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            shown,
            [
                "  name           + Acme",
                "  description    + Sends",
                "  homepage       + https://acme.test",
                "  manifest       01 -> 02",
            ]
        );
        // A catalogue of an earlier program does not name it.
        assert_eq!(changes(&facts(), &before), []);
    }

    #[test]
    fn versions_at_the_edge_of_their_form_are_ordered() {
        let newest = Some("9999999999999999999.0.0");
        assert!(is_older(Some("9999999999999999998.0.0"), newest));
        assert!(is_older(
            Some("9999999999999999999.0.0-18446744073709551616"),
            newest
        ));
    }

    #[test]
    fn accepted_digest_covers_component_and_manifest() {
        let one = facts().with_manifest(Some(b"a"));
        let mut component = one.clone();
        component.sha256 = "cd".into();
        let all = [
            facts().accepted(),
            one.accepted(),
            facts().with_manifest(Some(b"b")).accepted(),
            component.accepted(),
        ];
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(one.accepted(), facts().with_manifest(Some(b"a")).accepted());
    }

    /// The id is 64 bits that the key's maker chose.
    #[test]
    fn other_key_of_the_same_id_is_marked() {
        let shown = lines(|f| {
            f.signer = f.signer.take().map(|signer| SignerFacts {
                key: "RWB".into(),
                ..signer
            });
        });
        assert_eq!(shown, ["! signer         RWA -> RWB"]);
    }

    #[test]
    fn provenance_that_is_no_longer_verified_is_marked() {
        let built = |is_verified| {
            Some(crate::ProvenanceFacts {
                is_verified,
                builder: "b".into(),
                source: None,
                revision: None,
            })
        };
        for (was, is, shown) in [
            (
                built(true),
                built(false),
                "! provenance     verified -> not verified",
            ),
            (
                built(false),
                built(true),
                "  provenance     not verified -> verified",
            ),
            (built(true), None, "! provenance     - verified"),
            (None, built(false), "  provenance     + not verified"),
        ] {
            let [mut before, mut after] = [facts(), facts()];
            (before.provenance, after.provenance) = (was, is);
            assert_eq!(changes(&before, &after)[0].to_string(), shown);
        }
    }

    #[test]
    fn limit_left_out_asks_for_more() {
        for (limits, wider) in [(vec![], true), (vec![3], true), (vec![1], false)] {
            let mut after = facts();
            after.limits = limits.iter().map(|n| ("requests".to_owned(), *n)).collect();
            let found = changes(&facts(), &after);
            assert_eq!(found.len(), 1, "{limits:?}");
            assert_eq!(found[0].is_wider, wider, "{limits:?}");
        }
        let mut after = facts();
        after.limits.insert("handles".into(), 8);
        assert!(!changes(&facts(), &after)[0].is_wider, "asks for less");
    }

    #[test]
    fn versions_are_ordered_by_precedence() {
        for (version, than, older) in [
            ("1.9.0", "1.10.0", true),
            ("1.10.0", "1.9.0", false),
            ("1.0.0-rc.1", "1.0.0", true),
            ("1.0.0+b", "1.0.0+a", false),
            ("1.0.0+a", "1.0.0+b", false),
            ("1.0.0", "1.0.0", false),
            ("x", "1.0.0", false),
        ] {
            assert_eq!(
                is_older(Some(version), Some(than)),
                older,
                "{version} {than}"
            );
        }
        assert!(!is_older(None, Some("1.0.0")));
        assert!(!is_older(Some("1.0.0"), None));
    }
}
