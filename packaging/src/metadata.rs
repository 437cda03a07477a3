//! Metadata in the component itself, as custom sections that stay with the file when it is copied.
//!
//! The sections are those of the `wasm-metadata` crate, which `wasm-tools metadata show` reads, and which wasmCloud's
//! `wash oci push` turns into annotations.

use crate::Result;
use crate::project::Project;
use wasm_metadata::{
    AddMetadata, AddMetadataField, Authors, Description, Homepage, Licenses, Revision, Source,
    Version,
};

/// The component with its metadata.
///
/// # Errors
///
/// When a value is invalid: a licence that is not an SPDX expression, an address that is not a URL.
pub fn embed(project: &Project, component: &[u8]) -> Result<Vec<u8>> {
    let wrong = |what: &str| {
        let what = what.to_owned();
        move |error| format!("Cargo.toml: {what} cannot be used: {error}.")
    };
    let mut add = AddMetadata::default();
    add.name = AddMetadataField::Set(project.name.clone());
    add.version = AddMetadataField::Set(Version::new(project.version.clone()));
    if let Some(text) = &project.description {
        add.description = AddMetadataField::Set(Description::new(text.clone()));
    }
    if let Some(text) = &project.license {
        add.licenses = AddMetadataField::Set(Licenses::new(text).map_err(wrong("license"))?);
    }
    if !project.authors.is_empty() {
        add.authors = AddMetadataField::Set(Authors::new(project.authors.join(", ")));
    }
    if let Some(text) = &project.source {
        add.source = AddMetadataField::Set(Source::new(text).map_err(wrong("repository"))?);
    }
    if let Some(text) = &project.homepage {
        add.homepage = AddMetadataField::Set(Homepage::new(text).map_err(wrong("homepage"))?);
    }
    if let Some(text) = &project.repository.revision {
        add.revision = AddMetadataField::Set(Revision::new(text.clone()));
    }
    add.to_wasm(component)
        .map_err(|error| format!("the component cannot be given its metadata: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Repository;
    use wasm_metadata::Payload;

    /// An empty component: eight bytes.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn component_carries_what_the_project_says() {
        let project = Project {
            name: "acme-sms".into(),
            version: "1.2.3".into(),
            description: Some("Sends by Acme".into()),
            license: Some("Apache-2.0".into()),
            authors: vec!["A".into(), "B".into()],
            source: Some("https://example.com/acme.git".into()),
            homepage: Some("https://example.com/acme".into()),
            repository: Repository {
                revision: Some("0123abc".into()),
                ..Repository::default()
            },
            ..Project::default()
        };
        let made = embed(&project, EMPTY).unwrap();
        let payload = Payload::from_binary(&made).unwrap();
        let read = payload.metadata();
        assert_eq!(read.name.as_deref(), Some("acme-sms"));
        assert_eq!(read.version.as_ref().unwrap().to_string(), "1.2.3");
        assert_eq!(
            read.description.as_ref().unwrap().to_string(),
            "Sends by Acme"
        );
        assert_eq!(read.licenses.as_ref().unwrap().to_string(), "Apache-2.0");
        assert_eq!(read.authors.as_ref().unwrap().to_string(), "A, B");
        assert_eq!(read.revision.as_ref().unwrap().to_string(), "0123abc");
        assert_eq!(
            read.source.as_ref().unwrap().to_string(),
            "https://example.com/acme.git"
        );
        assert_eq!(
            read.homepage.as_ref().unwrap().to_string(),
            "https://example.com/acme"
        );
        assert_eq!(made, embed(&project, EMPTY).unwrap());
    }

    #[test]
    fn licence_that_is_no_expression_is_refused() {
        let project = Project {
            license: Some("as you like".into()),
            ..Project::default()
        };
        assert!(embed(&project, EMPTY).unwrap_err().contains("license"));
    }
}
