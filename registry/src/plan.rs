//! Plan of a publication: the files of `cargo xtask dist` as artifacts with their blobs, checked against each other.
//!
//! The same files make the same plan: a referrer's date is the artifact's, and its keys are in a fixed order.

use crate::document::{Descriptor, Manifest};
use crate::documents::file;
use crate::error::english;
use crate::guides::{self, LOGO_FILE, Pins, Texts};
use crate::{Bounds, Digest, Layout, Reference, RegistryError, documents, media, part, settled};
use auth_connector_package::{Grants, Package, Requirements};
use semver::Version;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;

/// The date that referrers take over.
pub(crate) const CREATED: &str = "org.opencontainers.image.created";

/// The annotation by which other tools read an artifact's version.
pub(crate) const VERSION: &str = "org.opencontainers.image.version";
const SIGNATURE_FILE: &str = "manifest.json.minisig";

/// An artifact or a referrer.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) title: &'static str,
    pub(crate) manifest: Vec<u8>,
    pub(crate) descriptor: Descriptor,
    pub(crate) blobs: Vec<Blob>,
}

/// A layer of a referrer: its media type, its file's name, its bytes.
pub(crate) type Layer = (&'static str, String, Vec<u8>);

/// Bytes that a manifest names.
#[derive(Debug)]
pub(crate) struct Blob {
    pub(crate) title: String,
    pub(crate) digest: Digest,
    pub(crate) bytes: Vec<u8>,
}

/// The artifact to publish, and its referrers.
#[derive(Debug)]
pub struct Plan {
    pub(crate) artifact: Part,
    pub(crate) referrers: Vec<Part>,
    /// The version in the documents, if they name one.
    pub(crate) version: Option<String>,
}

impl Plan {
    /// Reads a folder that `cargo xtask dist` wrote and that was signed. `requirements` hold the keys that the
    /// signature is checked by. If they allow unsigned plugins, the signature may be missing.
    ///
    /// # Errors
    ///
    /// When files are missing or do not belong together, or the manifest is not signed as required.
    pub fn read(folder: &Path, requirements: &Requirements) -> Result<Self, RegistryError> {
        let file = |name: &str| file(folder, name);
        let (artifact, read) = artifact(folder, "plugin")?;
        let manifest = check_package(folder, requirements, read.component()?)?;
        check_version(&manifest.version, read.annotations.get(VERSION))?;
        let manifest_file = "manifest.json".to_owned();
        let mut signed = vec![(media::MANIFEST, manifest_file, file("manifest.json")?)];
        if folder.join(SIGNATURE_FILE).exists() {
            let bytes = file(SIGNATURE_FILE)?;
            signed.push((media::SIGNATURE, SIGNATURE_FILE.to_owned(), bytes));
        }
        let created = read.annotations.get(CREATED);
        let attach =
            |title, kind, layers| attach(title, kind, layers, &artifact.descriptor, created);
        let mut referrers = vec![attach("manifest", media::MANIFEST, signed)?];
        let documents = documents::read(folder, read.component()?, &artifact.descriptor)?;
        for (title, kind, name, bytes) in documents {
            referrers.push(attach(title, kind, vec![(kind, name.to_owned(), bytes)])?);
        }
        let texts = texts(folder, &Pins::of(&manifest))?;
        if !texts.is_empty() {
            referrers.push(attach("guides", media::GUIDES, texts)?);
        }
        Ok(Self {
            artifact,
            referrers,
            version: Some(manifest.version),
        })
    }

    /// Reads a folder with the contract as a package of WIT, which has no referrers: a plugin built against it names
    /// its version, and a loaded one is checked against it.
    ///
    /// # Errors
    ///
    /// When files are missing or do not belong together.
    pub fn read_contract(folder: &Path) -> Result<Self, RegistryError> {
        let (artifact, read) = artifact(folder, "contract")?;
        Ok(Self {
            artifact,
            referrers: Vec::new(),
            version: read.annotations.get(VERSION).cloned(),
        })
    }

    /// The digest that the artifact will have.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.artifact.manifest)
    }

    /// Describes the publication, a line per part and blob.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for part in std::iter::once(&self.artifact).chain(&self.referrers) {
            lines.push(format!("{:<12} {}", part.title, part.descriptor.digest));
            for blob in &part.blobs {
                lines.push(format!(
                    "  {:<26} {:>8} bytes {}",
                    blob.title,
                    blob.bytes.len(),
                    blob.digest
                ));
            }
        }
        lines
    }

    /// The tag of the reference to publish under.
    ///
    /// # Errors
    ///
    /// When the reference has a digest, which follows from the files, or no tag, or when its tag is another version than
    /// the files have.
    pub fn tag<'a>(&self, reference: &'a Reference) -> Result<&'a str, RegistryError> {
        let wrong = |reason: &str| Err(RegistryError::Reference(english(reason)));
        if reference.digest.is_some() {
            return wrong(
                "the reference has a digest, and that follows from the published files. Name a tag alone: NAME:1.2.0",
            );
        }
        let Some(tag) = &reference.tag else {
            return wrong("a tag is missing: a publication has a version");
        };
        self.check_tag(tag)?;
        Ok(tag)
    }

    /// Refuses a tag that is another version than that of the files. Numbers alone are the beginning of a version: `1.4` is
    /// one of 1.4.0, and `1.5` is not. Other tags, such as `latest`, are free.
    fn check_tag(&self, tag: &str) -> Result<(), RegistryError> {
        let parse = |text: &str| Version::parse(text.strip_prefix('v').unwrap_or(text)).ok();
        let Some((version, own)) = self
            .version
            .as_deref()
            .and_then(|text| Some((text, parse(text)?)))
        else {
            return Ok(());
        };
        let named = tag.strip_prefix('v').unwrap_or(tag);
        let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        let has_numbers_alone = !named.is_empty() && named.bytes().all(is_number);
        let is_of_files = match parse(tag) {
            // A tag has no place for build metadata.
            Some(named) => own.cmp_precedence(&named) == Ordering::Equal,
            None if has_numbers_alone => {
                let core = format!("{}.{}.{}.", own.major, own.minor, own.patch);
                core.starts_with(&format!("{named}."))
            }
            None => true,
        };
        if is_of_files {
            return Ok(());
        }
        Err(RegistryError::Reference(english(format!(
            "the tag is {tag}, and the files in the folder are of version {version}. Publish them as {version}, or raise \
             the version in Cargo.toml, run `cargo xtask dist` again, and sign"
        ))))
    }

    /// Writes all of it into a folder in OCI's image layout, by the same rules as into a registry.
    ///
    /// # Errors
    ///
    /// When the tag is another version, or names another artifact and `replace` is false, when other documents are attached, or when the folder
    /// cannot be written.
    pub fn write(&self, layout: &Layout, tag: &str, replace: bool) -> Result<(), RegistryError> {
        self.check_tag(tag)?;
        let _lock = layout.lock()?;
        if !replace {
            layout.check_free(tag, &self.digest())?;
        }
        let (subject, bounds) = (self.digest(), Bounds::default());
        let found = layout.referrers(&subject, bounds.manifest)?;
        for part in &self.referrers {
            for other in settled::others(&part.descriptor, &found) {
                let bytes = layout.blob(&part::referrer(), other, bounds.manifest)?;
                settled::check(&subject, (part.title, &part.manifest), &bytes)?;
            }
        }
        for part in std::iter::once(&self.artifact).chain(&self.referrers) {
            for blob in &part.blobs {
                layout.put(&blob.bytes)?;
            }
            layout.put(&part.manifest)?;
        }
        layout.name(self.artifact.descriptor.clone(), Some(tag))?;
        for part in &self.referrers {
            layout.name(part.descriptor.clone(), None)?;
        }
        Ok(())
    }
}

/// The artifact in a folder, with its manifest as it was read.
pub(crate) fn artifact(
    folder: &Path,
    title: &'static str,
) -> Result<(Part, Manifest), RegistryError> {
    const MANIFEST: &str = "oci-manifest.json";
    let manifest = file(folder, MANIFEST)?;
    let read = Manifest::parse(english(MANIFEST), &manifest)?;
    let layer = read.component()?;
    let name = layer.annotations.get(media::TITLE);
    let name = name.ok_or_else(|| {
        RegistryError::malformed(english(MANIFEST), english("the layer has no title"))
    })?;
    let config = file(folder, "oci-config.json")?;
    let config = blob("oci-config.json", config, &read.config)?;
    let component = blob(name, file(folder, name)?, layer)?;
    let part = Part {
        title,
        descriptor: Descriptor::of(media::IMAGE, &manifest),
        blobs: vec![config, component],
        manifest,
    };
    Ok((part, read))
}

/// Bytes that are those of a descriptor.
fn blob(title: &str, bytes: Vec<u8>, descriptor: &Descriptor) -> Result<Blob, RegistryError> {
    if (Digest::of(&bytes), bytes.len() as u64) != (descriptor.digest()?, descriptor.size) {
        return Err(RegistryError::malformed(
            english(title),
            english(
                "oci-manifest.json names other bytes: it was changed or built again since. Run `cargo xtask dist` again, and sign",
            ),
        ));
    }
    Ok(Blob {
        title: title.to_owned(),
        digest: descriptor.digest()?,
        bytes,
    })
}

/// Runs the checks that a host runs when it loads the plugin, and checks that its manifest is for this component.
fn check_package(
    folder: &Path,
    requirements: &Requirements,
    layer: &Descriptor,
) -> Result<auth_connector_package::Manifest, RegistryError> {
    let package = Package::open(folder)?;
    let vouched = package.examine(&Grants::default(), requirements)?;
    let pin = &vouched.manifest.component;
    let expected = format!("sha256:{}", pin.sha256);
    if expected != layer.digest {
        return Err(RegistryError::OtherComponent {
            expected,
            found: layer.digest.clone(),
        });
    }
    Ok(vouched.manifest)
}

/// Checks that the manifest's version is the artifact's, if the artifact has one.
fn check_version(manifest: &str, artifact: Option<&String>) -> Result<(), RegistryError> {
    match artifact.filter(|version| *version != manifest) {
        None => Ok(()),
        Some(other) => Err(RegistryError::malformed(
            english("manifest.json"),
            english(format!(
                "it is of version {manifest}, and oci-manifest.json of {other}. Run `cargo xtask dist` again, and sign"
            )),
        )),
    }
}

/// The guides and the logo in a folder. Each file needs a pin and each pin a file, because a pull takes no other.
fn texts(folder: &Path, pins: &Pins) -> Result<Vec<Layer>, RegistryError> {
    let mut texts = Texts::default();
    let mut layers = Vec::new();
    let place = folder.join("guides");
    if place.exists() {
        let failed = |error: std::io::Error| RegistryError::io(&place, &error);
        let entries = std::fs::read_dir(&place).map_err(failed)?;
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            names.push(name.to_string_lossy().into_owned());
        }
        names.sort();
        for name in names {
            let name = format!("guides/{name}");
            let wrong =
                |reason: String| RegistryError::malformed(english(name.as_str()), english(reason));
            let language = guides::language(&name)
                .ok_or_else(|| wrong("it is not named by a language, as en.md".to_owned()))?;
            if pins.guide(language).is_none() {
                let key = language.to_ascii_lowercase();
                return Err(wrong(format!(
                    "the manifest does not pin it by the annotation guide.{key}, so no host would show it"
                )));
            }
            let bytes = file(folder, &name)?;
            let text = String::from_utf8(bytes.clone())
                .map_err(|_| wrong("it is not UTF-8".to_owned()))?;
            texts.guides.push((language.to_owned(), text));
            layers.push((media::MARKDOWN, name, bytes));
        }
    }
    if texts.guides.len() < pins.guides() {
        return Err(RegistryError::malformed(
            english("manifest.json"),
            english(format!(
                "it pins {} guides, and the folder guides has {}",
                pins.guides(),
                texts.guides.len()
            )),
        ));
    }
    if pins.logo().is_some() {
        let bytes = file(folder, LOGO_FILE)?;
        texts.logo = Some(bytes.clone());
        layers.push((media::SVG, LOGO_FILE.to_owned(), bytes));
    }
    pins.check(&texts)?;
    let total: u64 = layers.iter().map(|(.., bytes)| bytes.len() as u64).sum();
    let limit = Bounds::default().document;
    if total > limit {
        return Err(RegistryError::TooLarge {
            what: english("all guides together"),
            size: total,
            limit,
        });
    }
    Ok(layers)
}

/// A referrer: a manifest with an empty config and these layers.
pub(crate) fn attach(
    title: &'static str,
    kind: &'static str,
    layers: Vec<Layer>,
    subject: &Descriptor,
    created: Option<&String>,
) -> Result<Part, RegistryError> {
    const NOTHING: &[u8] = b"{}";
    let empty = Descriptor::of(media::EMPTY, NOTHING);
    let mut blobs = vec![Blob {
        title: "(empty config)".to_owned(),
        digest: empty.digest()?,
        bytes: NOTHING.to_vec(),
    }];
    let mut described = Vec::new();
    for (media_type, name, bytes) in layers {
        let mut layer = Descriptor::of(media_type, &bytes);
        layer.annotations = BTreeMap::from([(media::TITLE.to_owned(), name.clone())]);
        blobs.push(Blob {
            title: name,
            digest: layer.digest()?,
            bytes,
        });
        described.push(layer);
    }
    let mut annotations: BTreeMap<String, String> = created
        .map(|date| (CREATED.to_owned(), date.clone()))
        .into_iter()
        .collect();
    if kind == media::BUNDLE {
        // cosign distinguishes bundles by these annotations.
        annotations.extend([
            (
                "dev.sigstore.bundle.content".to_owned(),
                "dsse-envelope".to_owned(),
            ),
            (
                "dev.sigstore.bundle.predicateType".to_owned(),
                "https://slsa.dev/provenance/v1".to_owned(),
            ),
        ]);
    }
    let manifest = Manifest {
        schema_version: 2,
        media_type: media::IMAGE.to_owned(),
        artifact_type: Some(kind.to_owned()),
        config: empty,
        layers: described,
        subject: Some(Descriptor {
            annotations: BTreeMap::new(),
            ..subject.clone()
        }),
        annotations: annotations.clone(),
    };
    let manifest = serde_json::to_vec(&manifest)
        .map_err(|error| RegistryError::malformed(english(title), english(error.to_string())))?;
    let mut descriptor = Descriptor::of(media::IMAGE, &manifest);
    descriptor.artifact_type = Some(kind.to_owned());
    descriptor.annotations = annotations;
    Ok(Part {
        title,
        manifest,
        descriptor,
        blobs,
    })
}
