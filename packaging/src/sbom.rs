//! Software bill of materials: CycloneDX 1.6 as JSON, of the crates linked into the component and of nothing else.
//!
//! <https://cyclonedx.org/docs/1.6/json/>. `tests/distribution/` validates it against the published schema. It has no
//! serial number, which would be another one for each run.

use crate::linked::{Crate, Graph, TARGET};
use crate::project::Project;
use crate::{json, sha256};
use serde_json::{Map, Value, json};

/// The file's name beside the component.
pub const FILE: &str = "sbom.cdx.json";

/// The document for these bytes.
pub fn document(project: &Project, graph: &Graph, component: &[u8]) -> Vec<u8> {
    let own = |of: &Crate| of.name == project.name && of.version == project.version;
    let runtime = [standard_library(project), c_library()];
    let references = runtime
        .iter()
        .filter_map(|part| part.get("bom-ref"))
        .cloned();
    let references: Vec<Value> = references.collect();
    let mut components: Vec<Value> = graph
        .keys()
        .filter(|of| !own(of))
        .map(|of| library(project, of))
        .collect();
    components.extend(runtime);
    let dependencies: Vec<Value> = graph
        .iter()
        .map(|(of, needs)| {
            let mut needs: Vec<Value> = needs
                .iter()
                .map(|of| reference(project, of).into())
                .collect();
            if own(of) {
                needs.extend(references.iter().cloned());
            }
            json!({"ref": reference(project, of), "dependsOn": needs})
        })
        .chain(
            references
                .iter()
                .map(|of| json!({"ref": of, "dependsOn": []})),
        )
        .collect();
    let mut metadata = Map::new();
    if let Some(date) = project.repository.date() {
        metadata.insert("timestamp".into(), date.into());
    }
    metadata.insert(
        "tools".into(),
        json!({"components": [{
            "type": "application",
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
        }]}),
    );
    metadata.insert("component".into(), subject(project, component));
    json::indented(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": dependencies,
    }))
}

/// The component that the document is about.
fn subject(project: &Project, component: &[u8]) -> Value {
    let of = Crate {
        name: project.name.clone(),
        version: project.version.clone(),
    };
    let mut entry = json!({
        "type": "application",
        "bom-ref": reference(project, &of),
        "name": project.name,
        "version": project.version,
        "hashes": [{"alg": "SHA-256", "content": sha256(component)}],
    });
    let mut set = |key: &str, value: Option<Value>| {
        if let (Some(object), Some(value)) = (entry.as_object_mut(), value) {
            object.insert(key.to_owned(), value);
        }
    };
    set("description", project.description.clone().map(Value::from));
    set("licenses", project.license.as_deref().map(license));
    let mut places = Vec::new();
    if let Some(url) = &project.source {
        places.push(match &project.repository.revision {
            Some(revision) => json!({"type": "vcs", "url": url, "comment": revision}),
            None => json!({"type": "vcs", "url": url}),
        });
    }
    if let Some(url) = &project.homepage {
        places.push(json!({"type": "website", "url": url}));
    }
    set(
        "externalReferences",
        (!places.is_empty()).then(|| places.into()),
    );
    entry
}

/// A linked crate. One that is not from a registry has no package URL, because none would lead to it.
fn library(project: &Project, of: &Crate) -> Value {
    let mut entry = json!({
        "type": "library",
        "bom-ref": reference(project, of),
        "name": of.name,
        "version": of.version,
    });
    let Some(object) = entry.as_object_mut() else {
        return entry;
    };
    if let Some(text) = project.licenses.get(of) {
        object.insert("licenses".into(), license(text));
    }
    if let Some(checksum) = project.checksums.get(of) {
        object.insert("purl".into(), purl(of).into());
        // The digest of the crate's archive in the registry.
        object.insert(
            "hashes".into(),
            json!([{"alg": "SHA-256", "content": checksum}]),
        );
    }
    entry
}

/// Rust's own libraries, which no lock file has.
fn standard_library(project: &Project) -> Value {
    let release = &project.compiler.release;
    json!({
        "type": "library",
        "bom-ref": format!("rust-std@{release}"),
        "name": "rust-std",
        "version": release,
        "description": format!(
            "core, alloc and compiler_builtins, and std where the component uses it, as rustup ships them for {TARGET}"
        ),
        "licenses": license("MIT OR Apache-2.0"),
        "purl": format!("pkg:github/rust-lang/rust@{release}"),
        "externalReferences": [{
            "type": "vcs",
            "url": "https://github.com/rust-lang/rust",
            "comment": project.compiler.commit,
        }],
    })
}

/// The C library of the target. rustup does not report its version.
fn c_library() -> Value {
    json!({
        "type": "library",
        "bom-ref": "wasi-libc",
        "name": "wasi-libc",
        "description": format!("the C library that rustup ships with rust-std for {TARGET}; its version is not recorded there"),
        "externalReferences": [{"type": "vcs", "url": "https://github.com/WebAssembly/wasi-libc"}],
    })
}

fn license(expression: &str) -> Value {
    json!([{"expression": expression}])
}

fn reference(project: &Project, of: &Crate) -> String {
    if project.checksums.contains_key(of) {
        purl(of)
    } else {
        of.to_string()
    }
}

/// <https://github.com/package-url/purl-spec>; a `+` of a version is percent-encoded.
fn purl(of: &Crate) -> String {
    format!("pkg:cargo/{}@{}", of.name, of.version.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn of(name: &str, version: &str) -> Crate {
        Crate {
            name: name.into(),
            version: version.into(),
        }
    }

    /// Our own crates have neither.
    #[test]
    fn only_registry_crates_have_url_and_hash() {
        let (own, kit, outer) = (of("acme", "0.1.0"), of("kit", "0.1.0"), of("x", "1.0.0+b"));
        let project = Project {
            name: "acme".into(),
            version: "0.1.0".into(),
            licenses: BTreeMap::from([(outer.clone(), "MIT OR Apache-2.0".into())]),
            checksums: BTreeMap::from([(outer.clone(), "ab".repeat(32))]),
            ..Project::default()
        };
        let graph = Graph::from([
            (own, BTreeSet::from([kit.clone()])),
            (kit, BTreeSet::from([outer.clone()])),
            (outer, BTreeSet::new()),
        ]);
        let made: Value = serde_json::from_slice(&document(&project, &graph, b"x")).unwrap();
        let names: Vec<&str> = made["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["kit", "x", "rust-std", "wasi-libc"]);
        assert!(made["components"][0].get("purl").is_none());
        assert_eq!(made["components"][1]["purl"], "pkg:cargo/x@1.0.0%2Bb");
        assert_eq!(
            made["components"][1]["licenses"][0]["expression"],
            "MIT OR Apache-2.0"
        );
        assert_eq!(
            made["dependencies"][1]["dependsOn"][0],
            "pkg:cargo/x@1.0.0%2Bb"
        );
        assert_eq!(
            made["metadata"]["component"]["hashes"][0]["content"],
            sha256(b"x")
        );
    }
}
