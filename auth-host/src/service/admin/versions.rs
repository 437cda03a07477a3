//! Checks a plugin's version, compares it with the installed one, and stores it if everything that it asks for is
//! granted.

use super::destinations::check_none_own;
use super::granted;
use super::plugins::{Added, NewPlugin, refused, view};
use super::{Actor, Entry, blocking, change, check_name};
use crate::service::app::App;
use crate::service::catalog::{self, COMPONENT_BYTES};
use crate::service::ids;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::{guides, registry};
use crate::service::texts::say;
use auth_connector_host::{
    ConnectorHost, Grants, LoadError, Manifest, Package, Phrase, Plugin, Requirements, TrustedKey,
    phrase,
};
use auth_connector_registry::guides::{Pins, Texts};
use auth_connector_registry::{Change, Facts, Finding, changes, is_older};
use axum::http::StatusCode;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A version that passed every check except that of its grants.
pub struct Prepared {
    /// Differences from the version that it would replace.
    pub changes: Vec<Change>,
    /// Differences of its grants from those of the installed one.
    pub regranted: Vec<Change>,
    /// Verified and unverified parts.
    pub findings: Vec<Finding>,
    /// Requests that are not granted, a line each.
    pub missing: Vec<Phrase>,
    /// True if a person must agree: the signer changes, or the plugin changes and a connector uses it.
    pub needs_consent: bool,
    /// The installed plugin that it would replace.
    before: Option<registry::Plugin>,
    row: registry::Plugin,
    component: Vec<u8>,
    texts: Texts,
}

impl Prepared {
    /// Its facts.
    pub fn facts(&self) -> &Facts {
        &self.row.facts
    }

    /// Its name on this host.
    pub fn name(&self) -> &str {
        &self.row.id
    }

    /// Returns true if a plugin of this name is installed.
    pub const fn is_there(&self) -> bool {
        self.before.is_some()
    }

    /// Returns true if it would replace a plugin that is not the one that a person saw.
    pub fn replaces_unseen(&self, seen: Option<&registry::Plugin>) -> bool {
        let before = self.before.as_ref();
        before.is_some_and(|before| {
            !seen.is_some_and(|seen| seen.id == before.id && is_alike(seen, before))
        })
    }

    /// Returns true if it would get the same grants as the installed one.
    pub fn is_granted_as(&self, installed: &registry::Plugin) -> bool {
        is_granted_alike(&self.row, installed)
    }
}

/// Returns true if both have the same component, manifest and grants.
fn is_alike(one: &registry::Plugin, other: &registry::Plugin) -> bool {
    accepted(one) == accepted(other) && is_granted_alike(one, other)
}

fn is_granted_alike(one: &registry::Plugin, other: &registry::Plugin) -> bool {
    one.origins == other.origins && one.beyond == other.beyond && one.limits == other.limits
}

/// Installs a plugin, or replaces it with another version.
///
/// # Errors
///
/// [`Problem`] with the reason for the refusal.
pub async fn add(app: &Arc<App>, actor: &Actor, new: NewPlugin) -> Result<Added, Problem> {
    let prepared = prepare(app, new).await?;
    keep(app, actor, prepared).await
}

/// Checks a version, and compares it with the installed one. Nothing is stored.
///
/// # Errors
///
/// [`Problem`] with the reason for the refusal.
pub async fn prepare(app: &Arc<App>, mut new: NewPlugin) -> Result<Prepared, Problem> {
    let manifest = vouched(
        new.manifest.as_deref(),
        new.signature.as_deref(),
        &new.trusted,
        new.is_unsigned,
    )?;
    let name = new.name.take().or(manifest.as_ref().map(|m| m.id.clone()));
    let name = name.ok_or_else(|| Problem::invalid("/id", say("refusal-plugin-name")))?;
    check_name("/id", &name)?;
    granted::check(app, &new.limits)?;
    let pins = manifest.as_ref().map(Pins::of).unwrap_or_default();
    pins.check(&new.texts)
        .map_err(|error| refused(error.phrase()))?;
    let before = replaced(app, &mut new, &name);
    check_version(
        &new,
        manifest.as_ref(),
        before.as_ref().map(|row| &row.facts),
    )?;
    if let Some(manifest) = &manifest
        && new.grant_asked
    {
        let asked = manifest.origins.iter().map(ToString::to_string);
        new.origins.extend(asked);
    }
    for origins in [&mut new.origins, &mut new.beyond] {
        origins.sort();
        origins.dedup();
    }
    let origins = [new.origins.as_slice(), &new.beyond].concat();
    check_none_own(app, "/origins", &origins).await?;
    let loading = app.clone();
    let (plugin, new) = blocking(move || {
        let plugin = load(&loading, &new)?;
        Ok((plugin, new))
    })
    .await?;
    let signer = plugin.provenance().and_then(|found| found.signer.as_ref());
    let mut facts = Facts::of(plugin.description(), manifest.as_ref())
        .signed_by(signer)
        .with_manifest(new.manifest.as_deref());
    if let Some(pulled) = &new.pulled {
        facts = facts.pulled(pulled);
    }
    let findings = match &new.pulled {
        Some(pulled) => pulled.findings(),
        None => of_files(&facts, &pins, &new.texts),
    };
    let missing = plugin.grants().map(|decision| decision.missing().collect());
    let row = registry::Plugin {
        id: name,
        digest: plugin.description().sha256.clone(),
        manifest: new.manifest,
        signature: new.signature,
        origins: new.origins,
        beyond: new.beyond,
        limits: new.limits,
        facts,
        added_at: ids::now_ms(),
    };
    let changes = match &before {
        Some(before) => changes(&known(before), &row.facts),
        None => Vec::new(),
    };
    let is_used = app.store.read(|db| registry::has_connectors(db, &row.id))?;
    let is_other_signer = changes.iter().any(|change| change.what == "signer");
    Ok(Prepared {
        needs_consent: is_other_signer || (is_used && !changes.is_empty()),
        changes,
        regranted: before
            .as_ref()
            .map(|before| regranted(before, &row))
            .unwrap_or_default(),
        findings,
        missing: missing.unwrap_or_default(),
        before,
        row,
        component: new.component,
        texts: new.texts,
    })
}

/// The installed plugin of this name. A version that takes over grants replaces the plugin that it took them from.
fn replaced(app: &App, new: &mut NewPlugin, name: &str) -> Option<registry::Plugin> {
    let taken_from = new.in_place_of.take().filter(|row| row.id == name);
    taken_from.or_else(|| app.catalog.load().plugins.get(name).cloned())
}

/// Differences between two versions' grants. Added origins that the manifest asks for are left out.
fn regranted(before: &registry::Plugin, after: &registry::Plugin) -> Vec<Change> {
    let change = |what: &str, was: Option<String>, is: Option<String>, is_wider| Change {
        what: what.to_owned(),
        was,
        is,
        is_wider,
    };
    let gone = |was: &[String], is: &[String]| {
        let gone = was.iter().filter(|origin| !is.contains(origin));
        gone.cloned().collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for origin in gone(&before.origins, &after.origins) {
        found.push(change("granted origin", Some(origin), None, false));
    }
    for origin in gone(&before.beyond, &after.beyond) {
        found.push(change("granted beyond", Some(origin), None, false));
    }
    for origin in gone(&after.beyond, &before.beyond) {
        found.push(change("granted beyond", None, Some(origin), true));
    }
    let keys: BTreeSet<&String> = before.limits.keys().chain(after.limits.keys()).collect();
    for key in keys {
        let (was, is) = (before.limits.get(key), after.limits.get(key));
        if was != is {
            // Without a granted limit the host's own applies, which is the highest.
            let is_wider = is.is_none_or(|is| was.is_some_and(|was| is > was));
            let shown = |most: Option<&u64>| most.map(|most| format!("{key}={most}"));
            found.push(change("granted limit", shown(was), shown(is), is_wider));
        }
    }
    found
}

/// Refuses another plugin, another version than the named one, and one that is older than the installed one.
fn check_version(
    new: &NewPlugin,
    manifest: Option<&Manifest>,
    before: Option<&Facts>,
) -> Result<(), Problem> {
    let version = manifest.map(|manifest| manifest.version.as_str());
    if let Some(named) = &new.version
        && version != Some(named)
    {
        let found = version.unwrap_or("none");
        return Err(refused(phrase!(
            "version-other",
            "its version is {found}, and {named} was named",
            found = found,
            named = named
        )));
    }
    let Some(before) = before else {
        return Ok(());
    };
    if let (Some(manifest), Some(id)) = (manifest, &before.id)
        && manifest.id != *id
    {
        return Err(refused(phrase!(
            "version-plugin",
            "it is the plugin {found}, and the installed one is {id}. Install it under another name",
            found = &manifest.id,
            id = id
        )));
    }
    let installed = before.version.as_deref();
    if new.version.is_none() && is_older(version, installed) {
        return Err(refused(phrase!(
            "version-older",
            "version {version} is older than the installed {installed}, and may have faults that were mended since. To go back all the \
             same, name it: --version {version}",
            version = version.unwrap_or_default(),
            installed = installed.unwrap_or_default()
        )));
    }
    Ok(())
}

/// The facts of an installed version. Earlier programs did not store the manifest's digest.
pub(super) fn known(row: &registry::Plugin) -> Facts {
    row.facts.clone().with_manifest(row.manifest.as_deref())
}

/// Digest of an installed version, by its component and its manifest.
fn accepted(row: &registry::Plugin) -> String {
    known(row).accepted()
}

/// Reads the manifest after its signature is verified. `by` has the trusted keys.
pub(crate) fn vouched(
    manifest: Option<&[u8]>,
    signature: Option<&[u8]>,
    trusted: &[TrustedKey],
    is_unsigned: bool,
) -> Result<Option<Manifest>, Problem> {
    let Some(manifest) = manifest else {
        return Ok(None);
    };
    let requirements = Requirements {
        trusted_keys: trusted.to_vec(),
        allow_unsigned: is_unsigned,
        ..Requirements::default()
    };
    let package = Package::new(b"".as_slice(), manifest, signature);
    let found = package.examine(&Grants::default(), &requirements);
    let found = found.map_err(|error| refused(error.phrase()))?;
    Ok(Some(found.manifest))
}

/// Checks the signature, the manifest and the component. Requests that are not granted are not given. None of its code
/// runs.
fn load(app: &App, new: &NewPlugin) -> Result<Plugin, Problem> {
    let refused_load = |error: LoadError| refused(error.phrase());
    let grants = catalog::grants(&new.origins, &new.beyond, &new.limits).map_err(refused)?;
    let Some(manifest) = &new.manifest else {
        return load_bare(app, new, grants);
    };
    let package = Package::new(
        new.component.as_slice(),
        manifest.as_slice(),
        new.signature.as_deref(),
    );
    checker(app, &new.trusted, new.is_unsigned)?
        .load_package(package, &grants)
        .map_err(refused_load)
}

fn load_bare(app: &App, new: &NewPlugin, grants: Grants) -> Result<Plugin, Problem> {
    if !new.is_unsigned {
        return Err(refused(phrase!(
            "bare-signature",
            "a bare component has no signature. Install a package, or say that it may be unsigned"
        )));
    }
    if new.limits.keys().any(|key| key != COMPONENT_BYTES) {
        return Err(refused(phrase!(
            "bare-limits",
            "a bare component has no manifest that asks for limits, so none but {limit} can be granted",
            limit = COMPONENT_BYTES
        )));
    }
    let size = new.component.len() as u64;
    if let Some(limit) = grants.component_bytes.filter(|most| size > *most) {
        return Err(refused(LoadError::TooLarge { size, limit }.phrase()));
    }
    let component = new.component.as_slice();
    let loaded = app.host.load_with(component, grants.egress, None);
    loaded.map_err(|error| refused(error.phrase()))
}

/// A host with the trusted keys for this plugin.
pub(super) fn checker(
    app: &App,
    trusted: &[TrustedKey],
    is_unsigned: bool,
) -> Result<ConnectorHost, Problem> {
    let mut options = app.host.options().clone();
    options.trusted_keys = trusted.to_vec();
    options.allow_unsigned = is_unsigned;
    ConnectorHost::new(options).map_err(|error| refused(error.phrase()))
}

/// Findings about a package from a folder, or about a component's file.
fn of_files(facts: &Facts, pins: &Pins, texts: &Texts) -> Vec<Finding> {
    let finding = |subject: &str, is_verified, text: &str| Finding {
        subject: subject.to_owned(),
        is_verified,
        text: text.to_owned(),
    };
    let bytes = match facts.id {
        Some(_) => finding("bytes", true, "against the SHA-256 in the manifest"),
        None => finding("bytes", false, "nobody said which bytes are expected"),
    };
    let signed = match (&facts.signer, &facts.id) {
        (Some(signer), _) => {
            let text = format!("signed by the trusted key {}", signer.key_id);
            finding("manifest", true, &text)
        }
        (None, Some(_)) => finding("manifest", false, "nobody who is trusted signed it"),
        (None, None) => finding(
            "manifest",
            false,
            "there is none: nobody says what the plugin asks for",
        ),
    };
    let absent = "files have none beside them that is read; a registry does";
    let mut findings = vec![
        bytes,
        signed,
        finding("provenance", false, absent),
        finding("SBOM", false, absent),
    ];
    if !texts.guides.is_empty() {
        let (all, covered) = (texts.guides.len(), pins.covered(texts));
        findings.push(match (&facts.signer, all == covered) {
            (Some(_), true) => {
                let text = format!("{all}, by digests in the signed manifest");
                finding("guides", true, &text)
            }
            (Some(_), false) => {
                let text = format!("{all}, of which the signed manifest names {covered}");
                finding("guides", false, &text)
            }
            (None, _) => {
                let text = format!("{all}, for which nobody who is trusted vouches");
                finding("guides", false, &text)
            }
        });
    }
    findings
}

/// Stores a version, if everything that it asks for is granted, and neither the installed one nor its grants nor the need
/// for consent have changed since the comparison.
///
/// # Errors
///
/// [`Problem`] with the reason for the refusal.
pub async fn keep(app: &Arc<App>, actor: &Actor, prepared: Prepared) -> Result<Added, Problem> {
    if !prepared.missing.is_empty() {
        let missing = prepared.missing;
        return Err(refused(LoadError::NotGranted { missing }.phrase()));
    }
    let is_agreed = prepared.needs_consent || prepared.changes.is_empty();
    let row = prepared.row;
    let place = row.facts.reference.as_deref().unwrap_or_default();
    let limits = row.limits.iter();
    let limits = limits.map(|(key, most)| format!("{key}={most}"));
    // Grants come first, because a page shortens the line.
    let mut detail: Vec<String> = limits.collect();
    detail.extend(row.origins.iter().chain(&row.beyond).cloned());
    detail.push(format!("sha256:{} {place}", row.digest));
    let detail = detail.join(", ");
    let entry = Entry::new(None, actor, Action::PluginAdd, &row.id).detail(detail);
    let (kept, component, before) = (row.clone(), prepared.component, prepared.before);
    let texts = prepared.texts;
    change(app, entry, move |db| {
        let mut installed = registry::plugins(db)?.into_iter();
        let is_same = match (installed.find(|p| p.id == kept.id), &before) {
            (Some(now), Some(before)) => is_alike(&now, before),
            (now, before) => now.is_none() && before.is_none(),
        };
        // Nobody was asked about a plugin that a connector uses since.
        if !is_same || (!is_agreed && registry::has_connectors(db, &kept.id)?) {
            return Err(changed());
        }
        registry::put_plugin(db, &kept, &component)?;
        Ok(guides::put(db, &kept.id, &texts)?)
    })
    .await?;
    Ok(Added {
        plugin: view(&row),
        findings: prepared.findings,
        changes: [prepared.changes, prepared.regranted].concat(),
    })
}

/// The problem for a plugin that is another one than was compared or seen.
pub fn changed() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "changed",
        "The plugin was changed",
        say("refusal-plugin-changed"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::admin::pulls;
    use crate::service::test_app::{TestApp, connector, plugin};

    fn prepared(before: Option<registry::Plugin>, manifest: &str) -> Prepared {
        Prepared {
            changes: Vec::new(),
            regranted: Vec::new(),
            findings: Vec::new(),
            missing: Vec::new(),
            needs_consent: false,
            before,
            row: plugin(manifest),
            component: Vec::new(),
            texts: Texts::default(),
        }
    }

    async fn kept(test: &TestApp, prepared: Prepared) -> Option<&'static str> {
        let kept = keep(&test.app, &TestApp::actor(), prepared).await;
        kept.err().map(|problem| problem.kind)
    }

    /// Accepting a version accepts its manifest too.
    #[tokio::test]
    async fn version_is_not_kept_over_another_manifest() {
        let test = TestApp::new().await;
        let keep = async |before: Option<&str>, manifest| {
            kept(&test, prepared(before.map(plugin), manifest)).await
        };
        let changed = Some("changed");
        assert_eq!(keep(None, "{}").await, None);
        assert_eq!(keep(None, "{ }").await, changed);
        assert_eq!(keep(Some("{}"), "{ }").await, None);
        assert_eq!(keep(Some("{}"), "{}").await, changed);
        assert_eq!(keep(Some("{ }"), "{}").await, None);
    }

    /// An update would give back what an administrator took away meanwhile.
    #[tokio::test]
    async fn version_is_not_kept_over_other_grants() {
        let test = TestApp::new().await;
        let mut wide = plugin("{}");
        wide.origins = vec!["https://a.example".to_owned()];
        assert_eq!(kept(&test, prepared(None, "{}")).await, None);
        assert_eq!(
            kept(&test, prepared(Some(wide), "{ }")).await,
            Some("changed")
        );
        assert_eq!(kept(&test, prepared(Some(plugin("{}")), "{ }")).await, None);
    }

    #[tokio::test]
    async fn version_of_a_newly_used_plugin_is_not_kept_unasked() {
        let test = TestApp::new().await;
        assert_eq!(kept(&test, prepared(None, "{}")).await, None);
        let used = |db: &rusqlite::Connection| registry::put_connector(db, &connector("c"));
        assert!(test.app.store.write(used).await.unwrap());
        let change = Change {
            what: "version".to_owned(),
            was: None,
            is: None,
            is_wider: false,
        };
        for (needs_consent, refused) in [(false, Some("changed")), (true, None)] {
            let mut version = prepared(Some(plugin("{}")), "{ }");
            (version.needs_consent, version.changes) = (needs_consent, vec![change.clone()]);
            assert_eq!(kept(&test, version).await, refused);
        }
    }

    #[test]
    fn plugin_that_was_not_seen_is_told_apart() {
        let seen = plugin("{}");
        let mut other = plugin("{}");
        other.beyond = vec!["https://a.example".to_owned()];
        let mut named = plugin("{}");
        named.id = "q".to_owned();
        assert!(!prepared(None, "{ }").replaces_unseen(None));
        assert!(!prepared(None, "{ }").replaces_unseen(Some(&seen)));
        let replacing = prepared(Some(seen.clone()), "{ }");
        assert!(!replacing.replaces_unseen(Some(&seen)));
        for unseen in [None, Some(&plugin("{ }")), Some(&other), Some(&named)] {
            assert!(replacing.replaces_unseen(unseen), "{unseen:?}");
        }
    }

    #[tokio::test]
    async fn version_replaces_the_plugin_whose_grants_it_takes() {
        let test = TestApp::new().await;
        let mut new = NewPlugin::default();
        pulls::in_place_of(&plugin("{}"), &mut new).unwrap();
        assert_eq!(replaced(&test.app, &mut new.clone(), "other"), None);
        assert_eq!(replaced(&test.app, &mut new, "p"), Some(plugin("{}")));
        assert_eq!(replaced(&test.app, &mut new, "p"), None);
    }
}
