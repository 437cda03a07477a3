//! Command line of `auth-connector-publish`, which `cargo xtask publish` runs.

use auth_connector_egress::{Dialer, Network, Outbound, OwnListeners, Phrase, Proxy};
use auth_connector_package::{Requirements, TrustedKey};
use auth_connector_registry::component::Signers;
use auth_connector_registry::plan::Plan;
use auth_connector_registry::{
    Client, Credentials, IpNet, Layout, NamedBy, Place, Reference, RegistryError, Settings, publish,
};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Publish what `cargo xtask dist` wrote, signed, to an OCI registry.
#[derive(Parser)]
#[command(name = "cargo xtask publish", max_term_width = 100)]
#[command(
    after_help = "Credentials come from OCI_USERNAME and OCI_PASSWORD, for the registry in OCI_REGISTRY alone where it is set, \
                  or from docker's config file."
)]
struct Arguments {
    /// Where to: ghcr.io/acme/sms:1.2.0, or oci-layout:FOLDER:1.2.0 for a folder
    reference: String,
    /// What to publish
    #[arg(long, value_name = "DIR", default_value = "target/dist")]
    folder: PathBuf,
    /// Publish the contract, a package of WIT, which `cargo xtask dist` wrote into the folder `contract` of --folder
    #[arg(long, conflicts_with_all = ["trust", "unsigned"])]
    contract: bool,
    /// Publish a component that is no plugin, such as the gateway in --folder target/dist/gateway: it has no manifest, so
    /// minisign signs the component itself
    #[arg(long, conflicts_with = "contract")]
    component: bool,
    /// Show what would be published, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Check the signature by this minisign key first (repeatable), a file
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Publish although nobody who is trusted has signed
    #[arg(long)]
    unsigned: bool,
    /// Have the tag name another artifact than it does
    #[arg(long)]
    replace: bool,
    /// Trust this authority as well, a PEM file
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Reach a registry in this network although it is not public (repeatable): 10.20.0.0/16
    #[arg(long, value_name = "CIDR")]
    registry_network: Vec<IpNet>,
    /// Go through the HTTP proxy whose URL is in this environment variable
    #[arg(long, value_name = "NAME")]
    proxy_from_env: Option<String>,
    /// Reach a registry on this machine by plain http, for tests
    #[arg(long)]
    loopback_http: bool,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    within: u64,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("not published: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), RegistryError> {
    let reference = Reference::parse(&arguments.reference)?;
    let plan = if arguments.contract {
        Plan::read_contract(&arguments.folder.join("contract"))?
    } else if arguments.component {
        let signers = Signers {
            trusted: &trusted(arguments)?,
            allow_unsigned: arguments.unsigned,
        };
        Plan::read_component(&arguments.folder, &signers)?
    } else {
        Plan::read(&arguments.folder, &requirements(arguments)?)?
    };
    let tag = plan.tag(&reference)?;
    for line in plan.lines() {
        println!("{line}");
    }
    if arguments.dry_run {
        println!("\nNothing was sent.");
        return Ok(());
    }
    match &reference.place {
        Place::Layout(folder) => {
            plan.write(&Layout::new(folder), tag, arguments.replace)?;
        }
        Place::Registry { host, repository } => {
            println!();
            send(arguments, &plan, &reference, (host, repository))?;
        }
    }
    println!("\nPublished: {}", reference.pinned(plan.digest()));
    Ok(())
}

fn send(
    arguments: &Arguments,
    plan: &Plan,
    reference: &Reference,
    (host, repository): (&str, &str),
) -> Result<(), RegistryError> {
    let mut network = Network::default();
    if let Some(file) = &arguments.ca {
        network.authorities_pem = read(file)?;
    }
    if let Some(name) = &arguments.proxy_from_env {
        let url = std::env::var(name).map_err(|_| {
            let reason = format!("the environment variable {name} is not set");
            RegistryError::Credentials(Phrase::verbatim(reason))
        })?;
        network.proxy = Some(Proxy::parse(&url)?);
    }
    let networks = arguments.registry_network.clone();
    let Ok(outbound) = Outbound::new(Dialer::new(
        &network,
        Vec::new(),
        networks,
        OwnListeners::default(),
    )?);
    let settings = Settings {
        outbound,
        credentials: Credentials::find(host, NamedBy::Person)?,
        has_loopback_http: arguments.loopback_http,
        time: Duration::from_secs(arguments.within),
    };
    let client = Client::for_publishing(&settings, host, repository)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(Path::new("the runtime"), error))?;
    let mut progress = |line: &str| println!("{line}");
    runtime.block_on(publish::publish(
        &client,
        plan,
        reference,
        arguments.replace,
        &mut progress,
    ))?;
    Ok(())
}

/// The checks that the publication has to pass: a signature by one of the keys, which it does not hold itself.
fn requirements(arguments: &Arguments) -> Result<Requirements, RegistryError> {
    let is_signed = arguments.folder.join("manifest.json.minisig").exists();
    if !is_signed && !arguments.unsigned {
        return Err(failed(
            &arguments.folder.join("manifest.json.minisig"),
            "it is missing. Sign by `minisign -Sm manifest.json`, or publish without by --unsigned",
        ));
    }
    let trusted_keys = trusted(arguments)?;
    Ok(Requirements {
        allow_unsigned: arguments.unsigned,
        trusted_keys,
        ..Requirements::default()
    })
}

/// The keys of `--trust`.
fn trusted(arguments: &Arguments) -> Result<Vec<TrustedKey>, RegistryError> {
    let key = |file: &PathBuf| {
        let text = String::from_utf8_lossy(&read(file)?).into_owned();
        TrustedKey::parse(&text).map_err(|error| failed(file, error))
    };
    if arguments.trust.is_empty() && !arguments.unsigned {
        return Err(RegistryError::Credentials(Phrase::verbatim(
            "no key was given to check the signature by: --trust minisign.pub. Or publish without by --unsigned",
        )));
    }
    arguments.trust.iter().map(key).collect()
}

/// The bytes of a file that the command line names.
fn read(file: &Path) -> Result<Vec<u8>, RegistryError> {
    std::fs::read(file).map_err(|error| failed(file, error))
}

/// Error about a file.
fn failed(path: &Path, reason: impl ToString) -> RegistryError {
    RegistryError::File {
        path: path.display().to_string(),
        reason: Phrase::verbatim(reason.to_string()),
    }
}
