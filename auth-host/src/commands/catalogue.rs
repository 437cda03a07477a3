//! `catalogue`: an index of published plugins, a JSON file to be hosted anywhere.

use crate::cli::MakeCatalogue;
use crate::exit::{Code, DONE, Stop};
use crate::output::Page;
use crate::registry::Access;
use crate::{files, host, mask};
use auth_connector_host::{ConnectorHost, Grants};
use auth_connector_registry::catalogue::Catalogue;
use auth_connector_registry::{Facts, Finding, Reference, RegistryError};

/// The longest list, in bytes.
const LIST_BYTES: u64 = 1 << 20;

/// Pulls every plugin of the list, and writes the catalogue if all of them load.
pub async fn run(args: &MakeCatalogue) -> Result<Code, Stop> {
    let list = files::named(&args.list, LIST_BYTES)?;
    let list = String::from_utf8_lossy(&list);
    let lines = list.trim_start_matches('\u{feff}').lines().map(str::trim);
    let references = (1_usize..)
        .zip(lines)
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let checker = checker(args)?;
    let network = checker.options().clone();
    let access = Access::new(network, &args.registry_network, host::registry_proxy).with_files(
        args.ca.as_deref(),
        args.provenance_key.as_deref(),
        args.loopback_http,
    )?;
    let mut page = Page::default();
    let mut versions = Vec::new();
    for (line, reference) in references {
        let at = |what: &str, stop: Stop| Stop {
            message: format!("line {line} of the list{what}: {}", stop.message),
            ..stop
        };
        let parsed = Reference::parse(reference).map_err(|error| at("", error.into()))?;
        let found = version(&access, &checker, &parsed).await;
        let found = found.map_err(|stop| at(&format!(", {reference}"), stop))?;
        let (id, version) = (&found.0.id, &found.0.version);
        page.line(format!(
            "{} {}  {reference}",
            id.as_deref().unwrap_or("no id"),
            version.as_deref().unwrap_or_default()
        ));
        versions.push(found);
    }
    let catalogue = Catalogue::of(versions)?;
    let unwritable = |error: String| {
        let out = mask::path(&args.out);
        Stop::machine(format!("{out} cannot be written: {error}"))
    };
    let text = serde_json::to_string_pretty(&catalogue).map_err(|e| unwritable(e.to_string()))?;
    std::fs::write(&args.out, text + "\n").map_err(|e| unwritable(e.to_string()))?;
    page.line(format!(
        "\n{} plugins in {}",
        catalogue.plugins.len(),
        mask::path(&args.out)
    ));
    page.write()?;
    Ok(DONE)
}

/// A host with the trusted keys.
fn checker(args: &MakeCatalogue) -> Result<ConnectorHost, Stop> {
    let builder = ConnectorHost::builder().with(|options| options.allow_unsigned = args.unsigned);
    let builder = host::trusting(builder, &args.trust)?;
    Ok(builder.build()?)
}

/// Returns a plugin that was pulled and that the host loads.
async fn version(
    access: &Access,
    host: &ConnectorHost,
    reference: &Reference,
) -> Result<(Facts, Vec<Finding>), Stop> {
    let grants = Grants::default().accept_less();
    let pulled = access.pull(reference, (host, &grants)).await?;
    let package = pulled.package().ok_or(RegistryError::NoManifest)?;
    let plugin = host.load_package(package, &grants)?;
    let vouched = plugin.provenance();
    let facts = Facts::of(plugin.description(), vouched.map(|found| &found.manifest))
        .signed_by(vouched.and_then(|found| found.signer.as_ref()))
        .with_manifest(pulled.manifest().map(|(manifest, _)| manifest))
        .pulled(&pulled);
    Ok((facts, pulled.findings()))
}
