//! OCI artifact of a component, in the layout of the CNCF's working group: a config blob with the imports and exports,
//! and one layer, the component itself.
//!
//! <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/>. Both documents are the same bytes for the same
//! commit, so the digest that people pin can be built again.

use crate::interfaces;
use crate::project::Project;
use crate::{Result, json, sha256};
use serde_json::{Map, Value, json};

/// The file's name of the config blob beside the component.
pub const CONFIG_FILE: &str = "oci-config.json";

/// The file's name of the manifest beside the component.
pub const MANIFEST_FILE: &str = "oci-manifest.json";

/// The config blob and the manifest that names it and the component.
pub struct Artifact {
    /// `application/vnd.wasm.config.v0+json`
    pub config: Vec<u8>,
    /// `application/vnd.oci.image.manifest.v1+json`
    pub manifest: Vec<u8>,
}

impl Artifact {
    /// Describes a component. `file` is the name under which clients save it.
    ///
    /// # Errors
    ///
    /// When the bytes are not a component.
    pub fn new(project: &Project, component: &[u8], file: &str) -> Result<Self> {
        let interfaces = interfaces::read(component)?;
        let layer = format!("sha256:{}", sha256(component));
        let mut config = json!({
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [layer],
            "component": {"imports": interfaces.imports, "exports": interfaces.exports},
        });
        let optional = [
            ("created", project.repository.date()),
            ("author", authors(project)),
        ];
        if let Some(object) = config.as_object_mut() {
            for (key, value) in optional {
                object.extend(value.map(|value| (key.to_owned(), value.into())));
            }
        }
        let config = json::compact(config);
        let manifest = json::compact(json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.wasm.config.v0+json",
                "digest": format!("sha256:{}", sha256(&config)),
                "size": config.len(),
            },
            "layers": [{
                "mediaType": "application/wasm",
                "digest": layer,
                "size": component.len(),
                // oras saves only layers that have a title.
                "annotations": {"org.opencontainers.image.title": file},
            }],
            "annotations": annotations(project),
        }));
        Ok(Self { config, manifest })
    }
}

/// The standard annotations: <https://specs.opencontainers.org/image-spec/annotations/>.
pub fn annotations(project: &Project) -> Map<String, Value> {
    let values = [
        ("title", Some(project.name.clone())),
        ("version", Some(project.version.clone())),
        ("description", project.description.clone()),
        ("licenses", project.license.clone()),
        ("authors", authors(project)),
        ("source", project.source.clone()),
        ("url", project.homepage.clone()),
        ("revision", project.repository.revision.clone()),
        ("created", project.repository.date()),
    ];
    values
        .into_iter()
        .filter_map(|(key, value)| Some((format!("org.opencontainers.image.{key}"), value?.into())))
        .collect()
}

fn authors(project: &Project) -> Option<String> {
    (!project.authors.is_empty()).then(|| project.authors.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Repository;

    #[test]
    fn manifest_names_config_and_component_by_digest() {
        let component = b"\0asm\x0d\0\x01\0";
        let project = Project {
            name: "acme".into(),
            version: "1.0.0".into(),
            repository: Repository {
                epoch: Some(0),
                ..Repository::default()
            },
            ..Project::default()
        };
        let made = Artifact::new(&project, component, "acme.wasm").unwrap();
        let manifest: Value = serde_json::from_slice(&made.manifest).unwrap();
        let config: Value = serde_json::from_slice(&made.config).unwrap();
        assert_eq!(
            manifest["config"]["digest"],
            format!("sha256:{}", sha256(&made.config))
        );
        assert_eq!(
            manifest["layers"][0]["digest"],
            format!("sha256:{}", sha256(component))
        );
        assert_eq!(manifest["layers"][0]["size"], 8);
        assert_eq!(config["layerDigests"][0], manifest["layers"][0]["digest"]);
        assert_eq!(config["created"], "1970-01-01T00:00:00Z");
        assert_eq!(
            manifest["annotations"],
            json!({
                "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
                "org.opencontainers.image.title": "acme",
                "org.opencontainers.image.version": "1.0.0",
            })
        );
    }
}
