//! `catalogue`: what `cargo xtask catalogue` runs.

use crate::files::{failed, read};
use auth_connector_host::{ConnectorHost, Grants, Outbound, Package, TrustedKey};
use auth_connector_registry::catalogue::Catalogue;
use auth_connector_registry::{
    Bounds, Checks, Credentials, Facts, Finding, Place, ProvenanceKey, Reference, RegistryError,
    Settings, Source, pull,
};
use clap::Parser;
use std::path::{Path, PathBuf};

/// Make a catalogue of plugins: a JSON file to be hosted anywhere.
#[derive(Parser)]
#[command(name = "cargo xtask catalogue", max_term_width = 100)]
pub struct Arguments {
    /// The list, a file with a reference in each line: oci://HOST/NAME:TAG or oci-layout:FOLDER:TAG. Lines with # are
    /// left out
    list: PathBuf,
    /// Where to write it
    #[arg(long, value_name = "FILE", default_value = "target/catalogue.json")]
    out: PathBuf,
    /// Believe signatures by this minisign key (repeatable), a file
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Verify provenance by this key, and list nothing without: a PEM file
    #[arg(long, value_name = "FILE")]
    provenance_key: Option<PathBuf>,
    /// List plugins that nobody who is trusted has signed, too
    #[arg(long)]
    unsigned: bool,
    /// Trust this authority as well, a PEM file
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Reach a registry on this machine by plain http, for tests
    #[arg(long)]
    loopback_http: bool,
}

/// Pulls every plugin of the list, and writes the catalogue if all of them pass.
pub fn run(arguments: &Arguments) -> Result<(), RegistryError> {
    let list = read(&arguments.list)?;
    let list = String::from_utf8_lossy(&list);
    let lines = list.lines().map(str::trim);
    let references = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(Path::new("the runtime"), error))?;
    let host = host(arguments)?;
    let mut versions = Vec::new();
    for reference in references {
        let reference = Reference::parse(reference)?;
        let found = runtime.block_on(version(arguments, &host, &reference))?;
        let (id, version) = (&found.0.id, &found.0.version);
        println!(
            "{} {}  {reference}",
            id.as_deref().unwrap_or("no id"),
            version.as_deref().unwrap_or_default()
        );
        versions.push(found);
    }
    let catalogue = Catalogue::of(versions)?;
    let text =
        serde_json::to_string_pretty(&catalogue).map_err(|error| failed(&arguments.out, error))?;
    std::fs::write(&arguments.out, text + "\n").map_err(|error| failed(&arguments.out, error))?;
    println!(
        "\n{} plugins in {}",
        catalogue.plugins.len(),
        arguments.out.display()
    );
    Ok(())
}

fn host(arguments: &Arguments) -> Result<ConnectorHost, RegistryError> {
    let mut builder = ConnectorHost::builder();
    for file in &arguments.trust {
        let text = String::from_utf8_lossy(&read(file)?).into_owned();
        builder = builder.trust_key(TrustedKey::parse(&text).map_err(|error| failed(file, error))?);
    }
    Ok(builder
        .with(|options| options.allow_unsigned = arguments.unsigned)
        .build()?)
}

async fn version(
    arguments: &Arguments,
    host: &ConnectorHost,
    reference: &Reference,
) -> Result<(Facts, Vec<Finding>), RegistryError> {
    let mut options = host.options().clone();
    if let Some(file) = &arguments.ca {
        options.authorities_pem = read(file)?;
    }
    let bounds = Bounds::default();
    let credentials = match &reference.place {
        Place::Registry { host, .. } => Credentials::find(host)?,
        Place::Layout(_) => None,
    };
    let settings = Settings {
        outbound: Outbound::new(&options)?,
        credentials,
        has_loopback_http: arguments.loopback_http,
        time: bounds.time,
    };
    let key = arguments
        .provenance_key
        .as_deref()
        .map(|file| ProvenanceKey::from_pem(&read(file)?));
    let key = key.transpose()?;
    let grants = Grants::default().accept_less();
    let checks = Checks {
        host,
        grants: &grants,
        provenance_key: key.as_ref(),
        bounds,
    };
    let pulled = pull(&Source::of(reference, &settings)?, reference, &checks).await?;
    let Some((manifest, signature)) = pulled.manifest() else {
        return Err(RegistryError::NoManifest);
    };
    let plugin = host.load_package(
        Package::new(pulled.component(), manifest, signature),
        &grants,
    )?;
    let vouched = plugin.provenance();
    let facts = Facts::of(plugin.description(), vouched.map(|found| &found.manifest))
        .signed_by(
            vouched.and_then(|found| found.signer.as_ref()),
            &host.options().trusted_keys,
        )
        .pulled(&pulled);
    Ok((facts, pulled.findings()))
}
