//! Packages from registries: `oci://…` and `oci-layout:…` in the place of a component or a manifest.
//!
//! The package is pulled, pinned and checked before anything else is done with it. What was verified and what was not
//! goes to standard error.

use crate::cli::{Common, RegistryArgs};
use crate::exit::{REFUSED, Stop};
use crate::{files, host, mask, output};
use auth_connector_host::{Outbound, Package, Proxy};
use auth_connector_registry::{
    Bounds, Checks, Credentials, Place, ProvenanceKey, Pulled, Reference, RegistryError, Settings,
    Source, pull,
};
use std::path::Path;

/// The longest PEM file that is read, in bytes.
const PEM_BYTES: u64 = 4 << 20;

/// The package that a reference names.
pub fn package(common: &Common, text: &str) -> Result<Package<'static>, Stop> {
    let reference = Reference::parse(text)?;
    let pulled = pulled(common, &reference)?;
    output::complain(&format!("pulled {}", pulled.reference));
    for finding in pulled.findings() {
        output::complain(&finding.to_string());
    }
    if let Some(folder) = &common.package.registry.save {
        pulled.save(folder)?;
    }
    pulled.into_package().ok_or_else(|| {
        let message = "refused: the artifact has no manifest of a plugin. Keep its component by --save DIR, and load \
                       DIR/component.wasm";
        Stop {
            code: REFUSED,
            message: message.to_owned(),
        }
    })
}

/// Pulls on a thread of its own, because commands run on a runtime that must not be blocked on.
fn pulled(common: &Common, reference: &Reference) -> Result<Pulled, Stop> {
    let args = &common.package.registry;
    let bounds = Bounds::default();
    let settings = Settings {
        outbound: outbound(args, reference)?,
        credentials: match &reference.place {
            Place::Registry { host, .. } => Credentials::find(host)?,
            Place::Layout(_) => None,
        },
        has_loopback_http: args.loopback_http,
        time: bounds.time,
    };
    let source = Source::of(reference, &settings)?;
    let key = args
        .provenance_key
        .as_deref()
        .map(provenance_key)
        .transpose()?;
    let host = host::builder(common)?.build()?;
    let checks = Checks {
        host: &host,
        grants: &host::nothing(&common.package),
        provenance_key: key.as_ref(),
        bounds,
    };
    let outcome = std::thread::scope(|scope| {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Stop::machine(format!("the runtime did not start: {error}")))?;
            Ok(runtime.block_on(pull(&source, reference, &checks))?)
        };
        scope.spawn(run).join()
    });
    outcome.unwrap_or_else(|_| Err(Stop::machine("the pull ended without an answer")))
}

/// Connections by the arguments and by the proxy of the environment.
fn outbound(args: &RegistryArgs, reference: &Reference) -> Result<Outbound, Stop> {
    let mut options = auth_connector_host::ConnectorHost::builder()
        .options()
        .clone();
    if let Some(file) = &args.registry_ca {
        options.authorities_pem = pem(file)?;
    }
    if let Place::Registry { host, .. } = &reference.place
        && let Some(url) = host::environment(["HTTPS_PROXY", "https_proxy"])
        && !host::is_named_directly(host)
    {
        options.proxy = Some(host::permitted(Proxy::parse(&url)?));
    }
    Ok(Outbound::new(&options)?)
}

fn provenance_key(file: &Path) -> Result<ProvenanceKey, Stop> {
    ProvenanceKey::from_pem(&pem(file)?)
        .map_err(|error| Stop::usage(format!("{}: {error}", mask::path(file))))
}

fn pem(file: &Path) -> Result<Vec<u8>, Stop> {
    files::read(file, PEM_BYTES)
        .map_err(|error| Stop::usage(format!("{} cannot be read: {error}", mask::path(file))))
}

impl From<RegistryError> for Stop {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Reference(message) => Self::usage(mask::typed(&message)),
            RegistryError::File { path, reason } => {
                Self::machine(format!("{}: {reason}", mask::path(Path::new(&path))))
            }
            RegistryError::Load(error) => error.into(),
            RegistryError::Settings(error) => error.into(),
            error => Self {
                code: REFUSED,
                message: format!("refused: {error}"),
            },
        }
    }
}
