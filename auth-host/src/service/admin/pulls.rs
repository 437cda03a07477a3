//! Plugins from registries: pulled for an installation, and checked again later.

use super::granted;
use super::plugins::{NewPlugin, installed, refused};
use super::versions::checker;
use crate::registry::Access;
use crate::service::app::App;
use crate::service::catalog;
use crate::service::problem::Problem;
use crate::service::store::registry::{self as rows, component};
use auth_connector_host::{ConnectorHost, Grants, Package, TrustedKey, phrase};
use auth_connector_registry::{Digest, Facts, Finding, Pulled, Reference, RegistryError};

/// Reason why a plugin was not pulled.
#[derive(Debug)]
pub enum Failure {
    /// A refusal by the registry, or an error in its response.
    Registry(RegistryError),
    /// A refusal by this host.
    Problem(Problem),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Fills in the parts of a plugin that a reference names. A tag is resolved once; from then on the digest counts. `id`
/// is the plugin's required id.
///
/// # Errors
///
/// [`Problem`] with the reason for the refusal. Nothing is stored then.
pub async fn fetch(
    app: &App,
    access: &Access,
    reference: &Reference,
    new: NewPlugin,
    id: Option<String>,
) -> Result<NewPlugin, Problem> {
    let pulled = pull(app, access, reference, new, id).await;
    pulled.map_err(|failure| match failure {
        Failure::Registry(error) => error.into(),
        Failure::Problem(problem) => problem,
    })
}

/// As [`fetch`], with the error of the registry's client.
///
/// # Errors
///
/// [`Failure`]. Nothing is stored then.
pub async fn pull(
    app: &App,
    access: &Access,
    reference: &Reference,
    mut new: NewPlugin,
    id: Option<String>,
) -> Result<NewPlugin, Failure> {
    granted::check(app, &new.limits)?;
    let grants = catalog::grants(&[], &[], &new.limits).map_err(refused)?;
    let grants = Grants { id, ..grants };
    let host = checker(app, &new.trusted, new.is_unsigned)?;
    let pulled = access.pull(reference, (&host, &grants)).await?;
    new.component = pulled.component().to_vec();
    if let Some((manifest, signature)) = pulled.manifest() {
        new.manifest = Some(manifest.to_vec());
        new.signature = signature.map(<[u8]>::to_vec);
    }
    new.texts = pulled.texts.clone();
    new.pulled = Some(Box::new(pulled));
    Ok(new)
}

/// Prepares another version: it keeps the installed one's grants, and the installed one's signer is trusted.
///
/// # Errors
///
/// [`Problem`] if the stored key cannot be read.
pub fn in_place_of(row: &rows::Plugin, new: &mut NewPlugin) -> Result<(), Problem> {
    new.name = Some(row.id.clone());
    new.in_place_of = Some(row.clone());
    new.origins.extend(row.origins.iter().cloned());
    new.beyond.extend(row.beyond.iter().cloned());
    for (key, most) in &row.limits {
        new.limits.entry(key.clone()).or_insert(*most);
    }
    new.trusted.extend(signer(row)?);
    Ok(())
}

/// The source of the other version: the given one, one relative to the installed reference, or the installed tag again.
/// None if no source is given for a plugin that was not added by a tag.
pub fn other_version(given: Option<&str>, facts: &Facts) -> Option<String> {
    let reference = facts.reference.as_deref().unwrap_or_default();
    let place = reference.rsplit_once('@').map(|(place, _)| place);
    match (given, place, &facts.tag) {
        (Some(part), Some(place), _) if part.starts_with([':', '@']) => {
            Some(format!("{place}{part}"))
        }
        (Some(source), ..) => Some(source.to_owned()),
        (None, Some(place), Some(tag)) => Some(format!("{place}:{tag}")),
        (None, ..) => None,
    }
}

/// Checks an installed plugin again: its bytes, and its signature by the stored key. With access to registries, also
/// the artifact that it came from.
///
/// # Errors
///
/// [`Problem`] if something differs from the installation.
pub async fn verify(app: &App, id: &str, access: Option<&Access>) -> Result<Vec<Finding>, Problem> {
    let row = installed(app, id)?;
    let stored = app
        .store
        .read(|db| component(db, id))?
        .ok_or_else(|| Problem::not_found("plugin"))?;
    let found = Digest::of(&stored);
    if found.hex() != row.digest {
        return Err(refused(phrase!(
            "stored-other",
            "the database has a component {found}, and sha256:{installed} was installed: it was changed there",
            found = found.to_string(),
            installed = &row.digest
        )));
    }
    let mut findings = vec![Finding {
        subject: "stored".to_owned(),
        is_verified: true,
        text: format!("the bytes in the database are {found}, as they were installed"),
    }];
    let keys = signer(&row)?;
    let host = checker(app, &keys, keys.is_empty())?;
    let grants = Grants {
        id: row.facts.id.clone(),
        ..Grants::default()
    };
    findings.push(signature(&host, &grants, &row)?);
    let Some(reference) = &row.facts.reference else {
        findings.push(not_looked_at("the plugin came from files, which have none"));
        return Ok(findings);
    };
    let Some(access) = access else {
        findings.push(not_looked_at(
            "they are in the registry, which was not asked: --pull, or \"pull\": true, does that",
        ));
        return Ok(findings);
    };
    let reference = Reference::parse(reference)?;
    let pulled = access.pull(&reference, (&host, &grants)).await?;
    check_same(&pulled, &row)?;
    findings.extend(pulled.findings());
    Ok(findings)
}

/// The key that signed an installed plugin, which is trusted for its other versions too.
///
/// # Errors
///
/// [`Problem`] if the stored key cannot be read.
pub fn signer(row: &rows::Plugin) -> Result<Vec<TrustedKey>, Problem> {
    let key = row
        .facts
        .signer
        .as_ref()
        .map(|signer| TrustedKey::parse(&signer.key));
    let key = key.transpose().map_err(|error| refused(error.phrase()))?;
    Ok(key.into_iter().collect())
}

fn signature(
    host: &ConnectorHost,
    grants: &Grants,
    row: &rows::Plugin,
) -> Result<Finding, Problem> {
    let finding = |is_verified, text: String| Finding {
        subject: "signature".to_owned(),
        is_verified,
        text,
    };
    let Some(manifest) = &row.manifest else {
        let text = "there is no manifest: nobody says what the plugin asks for";
        return Ok(finding(false, text.to_owned()));
    };
    let package = Package::new(
        b"".as_slice(),
        manifest.as_slice(),
        row.signature.as_deref(),
    );
    let vouched = host.examine(&package, grants);
    let vouched = vouched.map_err(|error| refused(error.phrase()))?;
    if vouched.manifest.component.sha256 != row.digest {
        return Err(refused(phrase!(
            "stored-manifest",
            "the manifest is for another component"
        )));
    }
    Ok(match vouched.signer {
        Some(signer) => finding(
            true,
            format!(
                "signed by {}, the key that was trusted when it was installed",
                signer.key
            ),
        ),
        None => finding(false, "it was installed without a trusted one".to_owned()),
    })
}

fn not_looked_at(why: &str) -> Finding {
    Finding {
        subject: "documents".to_owned(),
        is_verified: false,
        text: format!("provenance and SBOM were not looked at: {why}"),
    }
}

fn check_same(pulled: &Pulled, row: &rows::Plugin) -> Result<(), Problem> {
    if Digest::of(pulled.component()).hex() == row.digest {
        return Ok(());
    }
    Err(refused(phrase!(
        "pulled-other",
        "the registry has another component under this digest"
    )))
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Reference(why) => Self::invalid("/reference", why),
            error => refused(error.phrase()),
        }
    }
}
