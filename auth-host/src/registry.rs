//! Packages from registries: `oci://…` and `oci-layout:…` in the place of a component or a manifest.
//!
//! The package is pulled, pinned and checked before anything else is done with it. What was verified and what was not
//! goes to standard error.

use crate::cli::RegistryArgs;
use crate::exit::{REFUSED, Stop};
use crate::{files, mask, output};
use auth_connector_host::{ConnectorHost, Grants, Outbound, Package, Proxy};
use auth_connector_registry::{
    Bounds, Checks, Credentials, Place, ProvenanceKey, Pulled, Reference, RegistryError, Settings,
    Source, pull,
};
use std::path::Path;

/// The longest PEM file that is read, in bytes.
const PEM_BYTES: u64 = 4 << 20;

/// Whose keys count and what is granted; the proxy for a registry's host.
type Against<'a> = (&'a ConnectorHost, &'a Grants);
type ProxyFor = fn(&str) -> Result<Option<Proxy>, Stop>;

/// The package that a reference names.
pub fn package(
    args: &RegistryArgs,
    text: &str,
    against: Against<'_>,
    proxy: ProxyFor,
) -> Result<Package<'static>, Stop> {
    let reference = Reference::parse(text)?;
    let pulled = pulled(args, &reference, against, proxy)?;
    output::complain(&format!("pulled {}", pulled.reference));
    for finding in pulled.findings() {
        output::complain(&finding.to_string());
    }
    if let Some(folder) = &args.save {
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
fn pulled(
    args: &RegistryArgs,
    reference: &Reference,
    (host, grants): Against<'_>,
    proxy: ProxyFor,
) -> Result<Pulled, Stop> {
    let bounds = Bounds::default();
    let mut options = ConnectorHost::builder().options().clone();
    if let Some(file) = &args.registry_ca {
        options.authorities_pem = pem(file)?;
    }
    let mut credentials = None;
    if let Place::Registry { host, .. } = &reference.place {
        options.proxy = proxy(host)?;
        credentials = Credentials::find(host)?;
    }
    let settings = Settings {
        outbound: Outbound::new(&options)?,
        credentials,
        has_loopback_http: args.loopback_http,
        time: bounds.time,
    };
    let source = Source::of(reference, &settings)?;
    let key = args
        .provenance_key
        .as_deref()
        .map(provenance_key)
        .transpose()?;
    let checks = Checks {
        host,
        grants,
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
