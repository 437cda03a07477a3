//! Manifest of a plugin, with the guides and the logo that it pins.
//!
//! The table `[package.metadata.auth-connector]` of `Cargo.toml` holds members of the manifest by their names there
//! (`id`, `origins`, `configOrigins`, `limits`, …) and two places below the package's folder:
//!
//! | key | what |
//! |---|---|
//! | `guides` | a folder with a guide in each language, as `en.md` |
//! | `logo` | an SVG |
//!
//! Version, description, licence, homepage and authors are cargo's own keys. A package without the table is no plugin.

use crate::project::{Project, TABLE};
use crate::{Result, json, sha256};
use auth_connector_package::{CONTRACT, Manifest};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// The file's name of the manifest beside the component.
pub const FILE: &str = "manifest.json";

/// The logo's name beside the manifest.
const LOGO: &str = "logo.svg";

/// What the sources say about a plugin beside cargo's own keys.
#[derive(Debug)]
pub struct Plugin {
    /// Members of the manifest.
    members: Map<String, Value>,
    /// Languages and their guides.
    guides: Vec<(String, Vec<u8>)>,
    logo: Option<Vec<u8>>,
}

impl Plugin {
    /// Reads the table of a project in the folder `root`, and the files that it names. `None` if there is no table.
    ///
    /// # Errors
    ///
    /// When the table is of another form, or a file cannot be read.
    pub fn read(project: &Project, root: &Path) -> Result<Option<Self>> {
        let Some(table) = &project.plugin else {
            return Ok(None);
        };
        let mut members = table
            .as_object()
            .cloned()
            .ok_or_else(|| wrong("it is no table"))?;
        let mut place = |key: &str| match members.remove(key) {
            None => Ok(None),
            Some(Value::String(place)) => Ok(Some(root.join(place))),
            Some(_) => Err(wrong(format!("{key} is no text"))),
        };
        let (guides, logo) = (place("guides")?, place("logo")?);
        Ok(Some(Self {
            members,
            guides: guides.map_or(Ok(Vec::new()), |folder| read_guides(&folder))?,
            logo: logo.map(|file| read(&file)).transpose()?,
        }))
    }

    /// The manifest for a component, whose file's name and bytes are given.
    ///
    /// # Errors
    ///
    /// When a host would not read it.
    pub fn manifest(&self, project: &Project, (file, component): (&str, &[u8])) -> Result<Vec<u8>> {
        let mut manifest = self.members.clone();
        let mut annotations = match manifest.remove("annotations") {
            None => Map::new(),
            Some(Value::Object(annotations)) => annotations,
            Some(_) => return Err(wrong("annotations is no table")),
        };
        set(&mut annotations, self.pins(project))?;
        let annotations = (!annotations.is_empty()).then(|| annotations.into());
        let pin = json!({"file": file, "sha256": sha256(component), "size": component.len()});
        let text = |text: &Option<String>| text.clone().map(Value::from);
        set(
            &mut manifest,
            [
                ("format", Some(1.into())),
                ("version", Some(project.version.clone().into())),
                ("contract", Some(CONTRACT.into())),
                ("component", Some(pin)),
                ("description", text(&project.description)),
                ("license", text(&project.license)),
                ("homepage", text(&project.homepage)),
                ("annotations", annotations),
            ],
        )?;
        let bytes = json::indented(manifest.into());
        Manifest::parse(&bytes).map_err(wrong)?;
        Ok(bytes)
    }

    /// The annotations that pin guides and logo, and the authors, who count as the publisher.
    fn pins(&self, project: &Project) -> Vec<(String, Option<Value>)> {
        let pin = |bytes: &Vec<u8>| sha256(bytes).into();
        let guides = self.guides.iter().map(|(language, text)| {
            let key = format!("guide.{}", language.to_ascii_lowercase());
            (key, Some(pin(text)))
        });
        let publisher = (!project.authors.is_empty()).then(|| project.authors.join(", ").into());
        let others = [
            ("logo".to_owned(), self.logo.as_ref().map(pin)),
            ("publisher".to_owned(), publisher),
        ];
        guides.chain(others).collect()
    }

    /// Writes manifest, guides and logo into the component's folder.
    ///
    /// # Errors
    ///
    /// When the manifest is not valid, or the folder cannot be written.
    pub fn write(&self, project: &Project, component: (&str, &[u8]), folder: &Path) -> Result {
        let write = |name: &str, bytes: &[u8]| {
            let file = folder.join(name);
            let failed = |error| format!("{}: {error}.", file.display());
            fs::create_dir_all(file.parent().unwrap_or(folder)).map_err(failed)?;
            fs::write(&file, bytes).map_err(failed)
        };
        write(FILE, &self.manifest(project, component)?)?;
        for (language, text) in &self.guides {
            write(&format!("guides/{language}.md"), text)?;
        }
        self.logo.iter().try_for_each(|logo| write(LOGO, logo))
    }
}

/// Adds members that are computed. The table may not have them as well.
fn set<K: Into<String>>(
    object: &mut Map<String, Value>,
    members: impl IntoIterator<Item = (K, Option<Value>)>,
) -> Result {
    for (key, value) in members {
        let key = key.into();
        if object.contains_key(&key) {
            return Err(wrong(format!(
                "{key} comes from cargo's own keys or from the files. Remove it there"
            )));
        }
        object.extend(value.map(|value| (key, value)));
    }
    Ok(())
}

/// The guides in a folder, by their languages.
fn read_guides(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let failed = |error: std::io::Error| wrong(format!("guides: {}: {error}", folder.display()));
    let mut guides = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let language = name.strip_suffix(".md").ok_or_else(|| {
            wrong(format!(
                "guides: {name} is not named by a language, as en.md"
            ))
        })?;
        guides.push((language.to_owned(), read(&path)?));
    }
    guides.sort();
    Ok(guides)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| wrong(format!("{}: {error}", file.display())))
}

fn wrong(reason: impl std::fmt::Display) -> String {
    format!("Cargo.toml, [package.metadata.{TABLE}]: {reason}.")
}

#[cfg(test)]
mod tests;
