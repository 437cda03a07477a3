//! Commands that install plugins, check them again, and replace them with other versions.

use super::common::{actor, open, show};
use crate::clean::clean;
use crate::cli::{
    Agreeing, Granting, Plugin, PluginAdd, PluginSearch, PluginUpdate, PluginVerify, Reaching,
};
use crate::exit::{Code, DONE, REFUSED, Stop};
use crate::output::{self, Page};
use crate::registry::Access;
use crate::service::admin::plugins::{self, Added, NewPlugin};
use crate::service::admin::pulls;
use crate::service::admin::versions::{self, Prepared};
use crate::service::app::App;
use crate::{files, host, mask};
use auth_connector_host::{ConnectorHost, HostOptions, Origin, TrustedKey};
use auth_connector_registry::guides::{self, Texts};
use auth_connector_registry::{Finding, IpNet, NamedBy, Place, Reference, catalogue};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{IsTerminal, stdin};
use std::path::Path;
use std::sync::Arc;

/// The largest component that is read from a file, in bytes.
const COMPONENT_BYTES: u64 = 16 << 20;
const TEXT_BYTES: u64 = 64 << 10;

/// `plugin`
pub async fn plugin(command: Plugin) -> Result<Code, Stop> {
    match command {
        Plugin::Add(args) => add(args).await,
        Plugin::List(at) => {
            let app = open(&at).await?;
            let mut all = serde_json::to_value(plugins::list(&app))
                .map_err(|error| Stop::machine(error.to_string()))?;
            // The facts are too many for people: `plugin verify` and the catalogue have the important ones.
            for plugin in all
                .as_array_mut()
                .into_iter()
                .flatten()
                .filter(|_| !at.json)
            {
                plugin
                    .as_object_mut()
                    .and_then(|plugin| plugin.remove("facts"));
            }
            show(&at, &all)
        }
        Plugin::Verify(args) => verify(args).await,
        Plugin::Update(args) => update(args).await,
        Plugin::Search(args) => search(args).await,
        Plugin::Remove(args) => {
            let app = open(&args.at).await?;
            plugins::remove(&app, &actor(), &args.name).await?;
            show(&args.at, &json!({"removed": args.name}))
        }
    }
}

async fn add(args: PluginAdd) -> Result<Code, Stop> {
    let new = NewPlugin {
        name: args.name,
        ..granted(&args.granting)?
    };
    let app = open(&args.at).await?;
    let by = NamedBy::Person;
    let new = read(&app, &args.source, new, None, (&args.reaching, by)).await?;
    let prepared = versions::prepare(&app, new).await?;
    if !args.at.json {
        verified_and_changed(&prepared)?;
    }
    if prepared.needs_consent && prepared.missing.is_empty() {
        let why = format!(
            "{} is installed already, and a connector uses it or another key signed it. --name NAME installs this one beside it. ",
            prepared.name()
        );
        agree(&args.agreeing, &prepared, &why)?;
    }
    let added = versions::keep(&app, &actor(), prepared).await?;
    report(&app, &args.at, &added)
}

/// Shows the verified facts, and the changes to an installed plugin.
fn verified_and_changed(prepared: &Prepared) -> Result<(), Stop> {
    if prepared.is_there() && !(prepared.changes.is_empty() && prepared.regranted.is_empty()) {
        return differences(prepared);
    }
    let mut page = Page::default();
    findings(&mut page, &prepared.findings);
    page.write()
}

/// Shows a plugin that was added. Text output starts with its requests.
fn report(app: &App, at: &crate::cli::At, added: &Added) -> Result<Code, Stop> {
    if at.json {
        return show(at, added);
    }
    let mut page = Page::default();
    if let Some(decision) = plugins::decision(app, &added.plugin.id) {
        page.line(decision);
    }
    page.write()?;
    let mut shown =
        serde_json::to_value(&added.plugin).map_err(|error| Stop::machine(error.to_string()))?;
    shown
        .as_object_mut()
        .and_then(|shown| shown.remove("facts"));
    show(at, &shown)
}

/// A line with texts from others: a line break in them would start a line that looks like the program's own.
fn single(line: impl Display) -> String {
    clean(&line.to_string())
}

fn findings(page: &mut Page, findings: &[Finding]) {
    for finding in findings {
        page.line(single(finding));
    }
}

async fn verify(args: PluginVerify) -> Result<Code, Stop> {
    let PluginVerify {
        named,
        pull,
        reaching,
    } = args;
    let app = open(&named.at).await?;
    // The registry is the one that the plugin came from.
    let access = access(&app, &reaching)?.named_by(NamedBy::Document);
    let found = pulls::verify(&app, &named.name, pull.then_some(&access)).await;
    if found.is_err() && pull && !named.at.json {
        // A failure of the registry says nothing about the stored plugin.
        let mut stored = pulls::verify(&app, &named.name, None).await?;
        stored.retain(|finding| finding.subject != "documents");
        let mut page = Page::default();
        findings(&mut page, &stored);
        page.write()?;
    }
    let found = found?;
    if named.at.json {
        return show(&named.at, &found);
    }
    let mut page = Page::default();
    findings(&mut page, &found);
    page.write()?;
    Ok(DONE)
}

async fn update(args: PluginUpdate) -> Result<Code, Stop> {
    let (at, name) = (&args.named.at, &args.named.name);
    let app = open(at).await?;
    let row = plugins::installed(&app, name)?;
    let given = args.source.as_deref().map(Path::to_string_lossy);
    let source = pulls::other_version(given.as_deref(), &row.facts).ok_or_else(|| {
        Stop::usage(
            "the plugin was not added by a tag, so name the other version: oci://HOST/NAME:TAG, or :TAG in the same place",
        )
    })?;
    let mut new = granted(&args.granting)?;
    pulls::in_place_of(&row, &mut new)?;
    let id = row.facts.id.clone();
    // Without a whole reference the registry is the one that the plugin came from.
    let is_named = given.is_some_and(|given| Reference::is_meant(&given));
    let by = if is_named {
        NamedBy::Person
    } else {
        NamedBy::Document
    };
    let new = read(&app, Path::new(&source), new, id, (&args.reaching, by)).await?;
    let prepared = versions::prepare(&app, new).await?;
    if prepared.changes.is_empty() {
        if !prepared.is_granted_as(&row) {
            return Err(Stop::usage(format!(
                "it is the installed version, and an update changes nothing that this was granted. To grant it otherwise: \
                 plugin add {source} with all that it is granted"
            )));
        }
        return show(
            at,
            &json!({"plugin": name, "changes": [], "updated": false}),
        );
    }
    if !at.json {
        differences(&prepared)?;
    }
    if prepared.missing.is_empty() {
        agree(&args.agreeing, &prepared, "")?;
    }
    let added = versions::keep(&app, &actor(), prepared).await?;
    if at.json {
        return show(at, &added);
    }
    show(
        at,
        &json!({"plugin": name, "version": added.plugin.version, "updated": true}),
    )
}

/// Shows the changes. A mark precedes each that lets the plugin do more, or that changes the signer.
fn differences(prepared: &Prepared) -> Result<(), Stop> {
    let mut page = Page::default();
    if let Some(reference) = &prepared.facts().reference {
        page.line(format!("found {reference}"));
    }
    findings(&mut page, &prepared.findings);
    page.line("\nwhat would change (! marks what widens it)");
    for change in prepared.changes.iter().chain(&prepared.regranted) {
        page.line(single(change));
    }
    for missing in &prepared.missing {
        page.line(single(format_args!("! {missing}")));
    }
    page.write()
}

/// Returns `Ok` if the user agreed to exactly this version, else an error. `why` is the reason for the question.
fn agree(args: &Agreeing, prepared: &Prepared, why: &str) -> Result<(), Stop> {
    let found = prepared.facts().accepted();
    match &args.accept {
        Some(accepted) if *accepted == found => return Ok(()),
        Some(_) => {
            return Err(Stop {
                code: REFUSED,
                message: format!(
                    "refused: it is not what was accepted: its component or its manifest is another. Look at what would \
                     change; to go ahead, give the same command with --accept {found}"
                ),
            });
        }
        None => {}
    }
    if args.yes || is_agreed()? {
        return Ok(());
    }
    Err(Stop::usage(format!(
        "nothing was changed. {why}To go ahead, give the same command with --accept {found}"
    )))
}

/// Asks the user, if the terminal is interactive.
fn is_agreed() -> Result<bool, Stop> {
    if !stdin().is_terminal() {
        return Ok(false);
    }
    output::complain("put it in the plugin's place? (yes or no)");
    let mut answer = String::new();
    stdin()
        .read_line(&mut answer)
        .map_err(|error| Stop::machine(format!("the answer cannot be read: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "yes"))
}

async fn search(args: PluginSearch) -> Result<Code, Stop> {
    let options = ConnectorHost::builder().options().clone();
    let access = reached(options, Vec::new(), &args.reaching)?;
    let found = access.catalogue(&args.catalogue).await?;
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let plugins = found.search(&words);
    let mut page = Page::default();
    if args.json {
        let shown = serde_json::to_value(&plugins).map_err(|e| Stop::machine(e.to_string()))?;
        crate::json::show(&mut page, &shown);
    } else {
        for plugin in &plugins {
            for line in catalogue::lines::of(plugin) {
                page.line(single(line));
            }
        }
        page.line(match plugins.len() {
            0 => "nothing in the catalogue has all of these words",
            _ => "the catalogue's own words; `plugin add` verifies what it can, and says what it cannot",
        });
    }
    page.write()?;
    Ok(DONE)
}

/// Returns the grants of the arguments, with no parts yet.
fn granted(args: &Granting) -> Result<NewPlugin, Stop> {
    for origin in args.allow.iter().chain(&args.allow_beyond) {
        Origin::parse(origin).map_err(|error| Stop::usage(mask::typed(&error.to_string())))?;
    }
    let trusted = args.trust.iter().map(|key| host::trusted(key));
    let limits = args.limit.iter().map(|text| {
        let (name, most) = text.split_once('=').unwrap_or((text, ""));
        let most = most.parse().ok().filter(|most: &u64| *most > 0);
        let most = most.ok_or_else(|| {
            Stop::usage("--limit takes NAME=NUMBER with a number above 0: componentBytes=1000000")
        })?;
        Ok((name.to_owned(), most))
    });
    Ok(NewPlugin {
        origins: args.allow.clone(),
        beyond: args.allow_beyond.clone(),
        grant_asked: args.allow_asked,
        limits: limits.collect::<Result<BTreeMap<_, _>, Stop>>()?,
        trusted: trusted.collect::<Result<Vec<TrustedKey>, _>>()?,
        is_unsigned: args.unsigned,
        version: args.version.clone(),
        ..NewPlugin::default()
    })
}

fn access(app: &App, args: &Reaching) -> Result<Access, Stop> {
    let network = app.host.options().clone();
    reached(network, app.registry_networks.clone(), args)
}

fn reached(
    network: HostOptions,
    mut networks: Vec<IpNet>,
    args: &Reaching,
) -> Result<Access, Stop> {
    networks.extend(&args.registry_network);
    Access::new(network, &networks, host::registry_proxy).with_files(
        args.registry_ca.as_deref(),
        args.provenance_key.as_deref(),
        args.loopback_http,
    )
}

/// Reads a plugin's parts from their source. `id` is the plugin that it has to be, if known.
async fn read(
    app: &Arc<App>,
    source: &Path,
    new: NewPlugin,
    id: Option<String>,
    (reaching, by): (&Reaching, NamedBy),
) -> Result<NewPlugin, Stop> {
    if let Some(text) = source.to_str().filter(|text| Reference::is_meant(text)) {
        let reference = whole(Reference::parse(text)?);
        let access = access(app, reaching)?.named_by(by);
        return Ok(pulls::fetch(app, &access, &reference, new, id).await?);
    }
    read_files(source, new)
}

/// A reference that resolves to the same path from every folder: it is stored, and read again by later commands.
fn whole(mut reference: Reference) -> Reference {
    if let Place::Layout(folder) = &mut reference.place
        && let Ok(absolute) = std::path::absolute(&*folder)
    {
        *folder = absolute;
    }
    reference
}

fn read_files(source: &Path, mut new: NewPlugin) -> Result<NewPlugin, Stop> {
    let manifest = if source.is_dir() {
        Some(source.join("manifest.json"))
    } else {
        let is_manifest = source.extension().is_some_and(|e| e == "json");
        is_manifest.then(|| source.to_owned())
    };
    let Some(manifest) = manifest else {
        new.component = files::named(source, COMPONENT_BYTES)?;
        return Ok(new);
    };
    let bytes = files::named(&manifest, TEXT_BYTES)?;
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let mut signature = manifest.clone().into_os_string();
    signature.push(".minisig");
    let signature = Path::new(&signature);
    if signature.symlink_metadata().is_ok() {
        new.signature = Some(files::named(signature, TEXT_BYTES)?);
    }
    let vouched = versions::vouched(
        Some(&bytes),
        new.signature.as_deref(),
        &new.trusted,
        new.is_unsigned,
    )?;
    if let Some(vouched) = vouched {
        new.component = files::named(&folder.join(&vouched.component.file), COMPONENT_BYTES)?;
    }
    new.manifest = Some(bytes);
    new.texts = texts(folder)?;
    Ok(new)
}

/// The guides and the logo in a package's folder. Excess is refused when it is added.
fn texts(folder: &Path) -> Result<Texts, Stop> {
    let mut texts = Texts::default();
    let logo = folder.join(guides::LOGO_FILE);
    if logo.symlink_metadata().is_ok() {
        texts.logo = Some(files::named(&logo, guides::LOGO)?);
    }
    let Ok(entries) = std::fs::read_dir(folder.join("guides")) else {
        return Ok(texts);
    };
    for entry in entries.take(guides::GUIDES + 1) {
        let entry = entry.map_err(|error| Stop::machine(format!("guides: {error}")))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(language) = guides::language(&name) {
            let bytes = files::named(&entry.path(), guides::GUIDE)?;
            let text = String::from_utf8(bytes)
                .map_err(|_| Stop::usage(format!("guides/{name} is not UTF-8")))?;
            texts.guides.push((language.to_owned(), text));
        }
    }
    texts.guides.sort();
    Ok(texts)
}
