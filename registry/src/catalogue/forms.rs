//! Forms of a catalogue's members, by `docs/catalogue.schema.json`: those by which a version is installed, compared and
//! linked to. All other texts are shown escaped and shortened, so their forms decide nothing.

use crate::error::legible;
use crate::{Digest, Facts, is_older};
use auth_connector_egress::{Phrase, phrase};
use semver::Version;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// The longest version, as in a manifest.
const VERSION: usize = 64;

/// Refuses a plugin whose versions are not as the schema requires.
pub(super) fn check<'f>(id: &str, versions: impl Iterator<Item = &'f Facts>) -> Result<(), Phrase> {
    let id = || legible(id);
    let mut found = BTreeSet::new();
    let mut newer: Option<&str> = None;
    for facts in versions {
        if let Some(member) = faulty(facts) {
            return Err(phrase!(
                "catalogue-form",
                "`{member}` of a version of {id} is not as the schema of catalogues requires",
                member = member,
                id = id()
            ));
        }
        let version = facts.version.as_deref();
        if !found.insert(version) {
            return Err(phrase!(
                "catalogue-again",
                "{id} has version {version} twice",
                id = id(),
                version = legible(version.unwrap_or_default())
            ));
        }
        if is_older(newer, version) {
            return Err(phrase!(
                "catalogue-order",
                "the versions of {id} do not begin with the newest",
                id = id()
            ));
        }
        newer = version;
    }
    Ok(())
}

/// The first member with a wrong format.
fn faulty(facts: &Facts) -> Option<&'static str> {
    let is_version = |text: &str| text.len() <= VERSION && Version::parse(text).is_ok();
    let is_web = |text: &String| text.starts_with("https://");
    let members = [
        ("version", facts.version.as_deref().is_some_and(is_version)),
        (
            "reference",
            facts.reference.as_deref().is_some_and(is_pinned),
        ),
        ("sha256", is_hex(&facts.sha256)),
        ("manifest", facts.manifest.as_deref().is_none_or(is_hex)),
        ("size", facts.size > 0),
        ("homepage", facts.homepage.as_ref().is_none_or(is_web)),
        ("limits", facts.limits.values().all(|most| *most > 0)),
    ];
    let wrong = members.iter().find(|(_, fits)| !fits);
    wrong.map(|(member, _)| *member)
}

/// Returns true if a text is a reference that ends with a digest.
fn is_pinned(text: &str) -> bool {
    let Some((place, digest)) = text.rsplit_once('@') else {
        return false;
    };
    let place = place
        .strip_prefix("oci://")
        .or_else(|| place.strip_prefix("oci-layout:"));
    place.is_some_and(|place| !place.is_empty()) && Digest::parse(digest).is_ok()
}

fn is_hex(text: &str) -> bool {
    Digest::parse(&format!("sha256:{text}")).is_ok()
}

/// JSON in which no object has the same member twice: other readers would take the other one.
pub(super) struct Once(pub(super) Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Once)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Once(value)) = list.next_element()? {
            all.push(value);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((key, Once(value))) = object.next_entry::<String, Once>()? {
            if all.insert(key, value).is_some() {
                return Err(A::Error::custom("a member occurs twice"));
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;
    use serde_json::{Value, json};

    fn version(version: &str) -> Value {
        let reference = format!("oci://r.test/a@sha256:{}", "ab".repeat(32));
        json!({
            "id": "a", "version": version, "sha256": "ab".repeat(32), "size": 1, "authority": [], "origins": [],
            "config_origins": [], "limits": {"requests": 1}, "reference": reference, "homepage": "https://a.test",
            "findings": [], "changes": [],
        })
    }

    fn refusal(versions: Value) -> Option<String> {
        let text = json!({"format": 1, "plugins": [{"id": "a", "versions": versions}]}).to_string();
        let outcome = Catalogue::parse(text.as_bytes());
        outcome.err().map(|error| error.to_string())
    }

    #[test]
    fn member_of_another_form_is_refused_and_named() {
        assert_eq!(refusal(json!([version("1.0.0")])), None);
        let pinned = format!("oci://r.test/a@sha256:{}", "ab".repeat(32));
        for (member, value) in [
            ("reference", json!("oci://r.test/a:1.0.0")),
            ("reference", Value::Null),
            ("reference", json!(format!("{pinned} --unsigned"))),
            ("reference", json!(format!("https{pinned}"))),
            ("version", json!("x y")),
            ("version", Value::Null),
            ("sha256", json!("ab")),
            ("sha256", json!("AB".repeat(32))),
            ("size", json!(0)),
            ("homepage", json!("javascript:alert(1)")),
            ("homepage", json!("http://a.test")),
            ("limits", json!({"requests": 0})),
        ] {
            let mut wrong = version("1.0.0");
            wrong[member] = value;
            let refused = refusal(json!([wrong])).unwrap();
            let named = format!("`{member}` of a version of a");
            assert!(refused.contains(&named), "{refused}");
        }
    }

    #[test]
    fn versions_are_different_and_begin_with_the_newest() {
        let all = |versions: &[&str]| refusal(versions.iter().map(|v| version(v)).collect());
        assert_eq!(all(&["1.10.0", "1.9.0", "1.9.0-rc.1"]), None);
        assert!(all(&["1.0.0", "1.0.0"]).unwrap().contains("1.0.0 twice"));
        let order = all(&["1.9.0", "1.10.0"]).unwrap();
        assert!(order.contains("do not begin with the newest"), "{order}");
    }

    #[test]
    fn member_that_occurs_twice_is_refused() {
        let text = r#"{"format": 1, "plugins": [], "plugins": []}"#;
        let refused = Catalogue::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains("occurs twice"), "{refused}");
    }
}
