//! Provenance: an in-toto statement, version 1, with SLSA's provenance predicate, version 1.
//!
//! <https://slsa.dev/spec/v1.0/provenance>. It names the machine that built: always the developer's, because this
//! program cannot distinguish a CI from a machine with a CI's environment variables. A CI that vouches for builds has
//! its own attester.

use crate::artifact::{Artifact, MANIFEST_FILE};
use crate::linked::{Graph, TARGET};
use crate::project::Project;
use crate::{json, sha256};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The file's name of the unsigned statement beside the component.
pub const FILE: &str = "provenance.json";

/// The media type of statements.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The builder: a person's machine, without an independent witness.
pub const BUILDER: &str = "urn:auth-connector:builder:developer-machine";

/// How the build is done: `cargo xtask dist` of this repository's layout.
const BUILD_TYPE: &str = "urn:auth-connector:build:cargo-xtask-dist:v1";

/// The statement about a component and its OCI manifest.
pub fn statement(
    project: &Project,
    graph: &Graph,
    component: (&str, &[u8]),
    artifact: &Artifact,
) -> Vec<u8> {
    let repository = &project.repository;
    let source = repository.revision.as_ref().map(|revision| {
        let mut entry = json!({"name": "source", "digest": {"gitCommit": revision}});
        if let (Some(object), Some(url)) = (entry.as_object_mut(), &project.source) {
            object.insert("uri".into(), format!("git+{url}@{revision}").into());
        }
        entry
    });
    let crates = graph.keys().filter_map(|of| {
        let checksum = project.checksums.get(of)?;
        let uri = format!("pkg:cargo/{}@{}", of.name, of.version.replace('+', "%2B"));
        Some(json!({"uri": uri, "digest": {"sha256": checksum}}))
    });
    let dependencies: Vec<Value> = source.into_iter().chain(crates).collect();
    let finished = OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .ok()
        .and_then(|now| now.format(&Rfc3339).ok());
    json::indented(json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": component.0, "digest": {"sha256": sha256(component.1)}},
            {"name": MANIFEST_FILE, "digest": {"sha256": sha256(&artifact.manifest)}},
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "command": "cargo xtask dist",
                    "package": project.name,
                    "source": project.source,
                    "revision": repository.revision,
                    "hasUncommittedChanges": repository.has_changes,
                },
                "internalParameters": {
                    "target": TARGET,
                    "rustc": {"release": project.compiler.release, "commit": project.compiler.commit},
                    "sourceDateEpoch": repository.epoch,
                },
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {
                    "id": BUILDER,
                    "version": {env!("CARGO_PKG_NAME"): env!("CARGO_PKG_VERSION")},
                },
                "metadata": {"finishedOn": finished},
            },
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Repository;

    fn made(repository: Repository) -> Value {
        let project = Project {
            source: Some("https://example.com/x.git".into()),
            repository,
            ..Project::default()
        };
        let artifact = Artifact {
            config: Vec::new(),
            manifest: b"{}".to_vec(),
        };
        let bytes = statement(&project, &Graph::new(), ("x.wasm", b"x"), &artifact);
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn builder_is_the_developers_machine() {
        let made = made(Repository {
            revision: Some("0a".into()),
            ..Repository::default()
        });
        assert_eq!(made["predicate"]["runDetails"]["builder"]["id"], BUILDER);
        assert_eq!(made["subject"][0]["digest"]["sha256"], sha256(b"x"));
        let source = &made["predicate"]["buildDefinition"]["resolvedDependencies"][0];
        assert_eq!(source["uri"], "git+https://example.com/x.git@0a");
        assert_eq!(source["digest"]["gitCommit"], "0a");
    }

    #[test]
    fn changed_tree_claims_no_revision() {
        let made = made(Repository {
            has_changes: true,
            ..Repository::default()
        });
        let build = &made["predicate"]["buildDefinition"];
        assert_eq!(build["resolvedDependencies"], json!([]));
        assert_eq!(build["externalParameters"]["hasUncommittedChanges"], true);
        assert_eq!(build["externalParameters"]["revision"], Value::Null);
    }
}
