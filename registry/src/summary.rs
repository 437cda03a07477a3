//! Summary of an SBOM: the number of components, and their licences.

use crate::error::legible;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The most licences that are counted separately; the others are counted together.
const LICENSES: usize = 64;

/// The name under which components without a licence are counted.
const NONE: &str = "none stated";

/// Contents of a CycloneDX document, which is unsigned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SbomSummary {
    /// Number of components.
    pub components: usize,
    /// Number of components under each licence, by SPDX expression or name.
    pub licenses: BTreeMap<String, usize>,
    /// True if it names the plugin's component by SHA-256.
    pub is_about_it: bool,
}

impl SbomSummary {
    /// Summarizes a document about the component of this SHA-256. None if it is not CycloneDX.
    pub fn of(document: &[u8], sha256: &str) -> Option<Self> {
        let document: Value = serde_json::from_slice(document).ok()?;
        if document.get("bomFormat")? != "CycloneDX" {
            return None;
        }
        let list = |pointer: &str| {
            let found = document.pointer(pointer).and_then(Value::as_array);
            found.map_or(&[][..], Vec::as_slice)
        };
        let mut licenses = BTreeMap::new();
        let components = list("/components");
        for component in components {
            let name = license(component);
            let name = if licenses.contains_key(&name) || licenses.len() < LICENSES {
                name
            } else {
                "others".to_owned()
            };
            *licenses.entry(name).or_default() += 1;
        }
        let is_hash = |hash: &Value| hash["alg"] == "SHA-256" && hash["content"] == sha256;
        Some(Self {
            components: components.len(),
            licenses,
            is_about_it: list("/metadata/component/hashes").iter().any(is_hash),
        })
    }
}

/// A component's licences, joined where there are several.
fn license(component: &Value) -> String {
    let all = component.get("licenses").and_then(Value::as_array);
    let names = all.map_or(&[][..], Vec::as_slice).iter().filter_map(|one| {
        let license = one.get("license");
        let named = license.and_then(|license| license.get("id").or_else(|| license.get("name")));
        one.get("expression").or(named)?.as_str()
    });
    let names: Vec<&str> = names.take(8).collect();
    if names.is_empty() {
        NONE.to_owned()
    } else {
        legible(&names.join(" AND "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_licence_is_counted() {
        let document = br#"{"bomFormat": "CycloneDX",
            "metadata": {"component": {"hashes": [{"alg": "SHA-256", "content": "ab"}]}},
            "components": [
                {"licenses": [{"expression": "MIT OR Apache-2.0"}]},
                {"licenses": [{"license": {"id": "MIT"}}]},
                {"licenses": [{"license": {"name": "Own"}}, {"license": {"id": "MIT"}}]},
                {"licenses": [{"license": {"id": "MIT"}}]},
                {}
            ]}"#;
        let summary = SbomSummary::of(document, "ab").unwrap();
        assert_eq!((summary.components, summary.is_about_it), (5, true));
        let shown: Vec<_> = summary
            .licenses
            .iter()
            .map(|(name, n)| (name.as_str(), *n))
            .collect();
        assert_eq!(
            shown,
            [
                ("MIT", 2),
                ("MIT OR Apache-2.0", 1),
                ("Own AND MIT", 1),
                ("none stated", 1)
            ]
        );
        assert!(!SbomSummary::of(document, "cd").unwrap().is_about_it);
        assert_eq!(SbomSummary::of(b"{}", "ab"), None);
        assert_eq!(SbomSummary::of(b"[", "ab"), None);
    }

    #[test]
    fn hostile_list_of_licences_is_bounded() {
        let one = |n: usize| format!(r#"{{"licenses": [{{"license": {{"id": "L{n}"}}}}]}}"#);
        let all: Vec<String> = (0..1000).map(one).collect();
        let document = format!(
            r#"{{"bomFormat": "CycloneDX", "components": [{}]}}"#,
            all.join(",")
        );
        let summary = SbomSummary::of(document.as_bytes(), "ab").unwrap();
        assert_eq!(summary.licenses.len(), LICENSES + 1);
        assert_eq!(summary.licenses["others"], 1000 - LICENSES);
    }
}
