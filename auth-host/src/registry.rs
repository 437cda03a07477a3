//! Packages from registries: `oci://…` and `oci-layout:…` in place of a component or a manifest.
//!
//! The package is pulled, pinned and checked before anything else is done with it. The verified and unverified facts go
//! to standard error.

use crate::cli::RegistryArgs;
use crate::exit::{REFUSED, Stop};
use crate::{files, mask, output};
use auth_connector_host::{
    BuildError, ConnectorHost, Grants, HostOptions, NetworkError, Outbound, Package, Proxy,
};
#[cfg(feature = "serve")]
use auth_connector_registry::catalogue::{Catalogue, address::is_address};
use auth_connector_registry::{
    Bounds, Checks, Credentials, IpNet, NamedBy, Place, ProvenanceKey, Pulled, Reference,
    RegistryError, Settings, Source, pull,
};
use std::path::Path;

/// The trusted keys and the grants.
type Against<'a> = (&'a ConnectorHost, &'a Grants);

/// The proxy for a registry's host.
pub type ProxyFor = fn(&str) -> Result<Option<Proxy>, NetworkError>;

/// Access to registries, and the trusted provenance.
#[derive(Clone)]
pub struct Access {
    network: HostOptions,
    proxy: ProxyFor,
    provenance_key: Option<ProvenanceKey>,
    has_loopback_http: bool,
    named_by: NamedBy,
}

impl Access {
    /// Access by the network of these options, and a proxy for each host. The permitted private networks of connectors
    /// do not apply: registries and catalogues have `networks` of their own.
    pub fn new(network: HostOptions, networks: &[IpNet], proxy: ProxyFor) -> Self {
        Self {
            network: HostOptions {
                permitted_networks: networks.to_vec(),
                ..network
            },
            proxy,
            provenance_key: None,
            has_loopback_http: false,
            named_by: NamedBy::Person,
        }
    }

    /// The same, with an additional authority and provenance by a key alone, from PEM files; a registry on this machine
    /// by plain http.
    pub fn with_files(
        mut self,
        authority: Option<&Path>,
        key: Option<&Path>,
        has_loopback_http: bool,
    ) -> Result<Self, Stop> {
        if let Some(file) = authority {
            self.network.authorities_pem.extend(files::pem(file)?);
        }
        self.provenance_key = key.map(provenance_key).transpose()?;
        self.has_loopback_http = has_loopback_http;
        Ok(self)
    }

    /// The same for the service, with provenance by a key alone: registries are named by catalogues and by users other
    /// than the one who set the service's environment.
    #[cfg(feature = "serve")]
    pub fn for_service(mut self, key: Option<ProvenanceKey>, has_loopback_http: bool) -> Self {
        self.provenance_key = key;
        self.has_loopback_http = has_loopback_http;
        self.named_by(NamedBy::Document)
    }

    /// The same, for a registry that this party named.
    #[cfg(feature = "serve")]
    pub const fn named_by(mut self, named_by: NamedBy) -> Self {
        self.named_by = named_by;
        self
    }

    /// Settings of connections to a host.
    fn settings(
        &self,
        host: &str,
        credentials: Option<Credentials>,
    ) -> Result<Settings, RegistryError> {
        let mut options = self.network.clone();
        options.proxy = (self.proxy)(host)?;
        Ok(Settings {
            outbound: Outbound::new(&options)?,
            credentials,
            has_loopback_http: self.has_loopback_http,
            time: Bounds::default().time,
        })
    }

    /// A catalogue, from a file or by https.
    #[cfg(feature = "serve")]
    pub async fn catalogue(&self, place: &str) -> Result<Catalogue, RegistryError> {
        if !is_address(place) {
            return Catalogue::read(Path::new(place));
        }
        let host = place
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let settings = self.settings(host.unwrap_or_default(), None)?;
        Catalogue::fetch(&settings, place).await
    }

    /// Pulls a plugin and checks all but its code.
    pub async fn pull(
        &self,
        reference: &Reference,
        (host, grants): Against<'_>,
    ) -> Result<Pulled, RegistryError> {
        let mut bounds = Bounds::default();
        if let Some(most) = grants.component_bytes {
            bounds.component = bounds.component.min(most);
        }
        let source = match &reference.place {
            Place::Registry { host, .. } => {
                let credentials = Credentials::find(host, self.named_by)?;
                Source::of(reference, &self.settings(host, credentials)?)?
            }
            Place::Layout(folder) => Source::layout(folder),
        };
        let requirements = host.requirements();
        let checks = Checks {
            requirements: &requirements,
            grants,
            provenance_key: self.provenance_key.as_ref(),
            bounds,
        };
        pull(&source, reference, &checks).await
    }
}

/// The package that a reference names.
pub fn package(
    args: &RegistryArgs,
    text: &str,
    against: Against<'_>,
    proxy: ProxyFor,
) -> Result<Package<'static>, Stop> {
    let reference = Reference::parse(text)?;
    let network = ConnectorHost::builder().options().clone();
    let access = Access::new(network, &args.registry_network, proxy).with_files(
        args.registry_ca.as_deref(),
        args.provenance_key.as_deref(),
        args.loopback_http,
    )?;
    let pulled = pulled(&access, &reference, against)?;
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

/// Pulls on a thread of its own, because commands run on a runtime that must not be blocked.
fn pulled(access: &Access, reference: &Reference, against: Against<'_>) -> Result<Pulled, Stop> {
    let outcome = std::thread::scope(|scope| {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Stop::machine(format!("the runtime did not start: {error}")))?;
            Ok(runtime.block_on(access.pull(reference, against))?)
        };
        scope.spawn(run).join()
    });
    outcome.unwrap_or_else(|_| Err(Stop::machine("the pull ended without an answer")))
}

fn provenance_key(file: &Path) -> Result<ProvenanceKey, Stop> {
    ProvenanceKey::from_pem(&files::pem(file)?)
        .map_err(|error| Stop::usage(format!("{}: {error}", mask::path(file))))
}

impl From<RegistryError> for Stop {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Reference(message) => Self::usage(mask::typed(message.english())),
            RegistryError::File { path, reason } => {
                Self::machine(format!("{}: {reason}", mask::path(Path::new(&path))))
            }
            RegistryError::Load(error) => error.into(),
            RegistryError::Settings(error) => BuildError::from(error).into(),
            error => Self {
                code: REFUSED,
                message: format!("refused: {error}"),
            },
        }
    }
}
