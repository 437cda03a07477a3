//! [`ConnectorHost`]: the engine, the queue and the connections that all plugins of a process share.

use crate::error::BuildError;
use crate::load::{CacheSettings, Checked, Loader, words};
use crate::observe;
use crate::options::HostOptions;
use crate::runtime::plugin::Plugin;
use crate::runtime::queue::Occupancy;
use crate::runtime::{self, CallState, Loaded, Shared};
use auth_connector_egress::Network;
use auth_connector_package::{
    COMPONENT_BYTES, Egress, Grants, LoadError, Origin, Package, Provenance, Requirements, Source,
};
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::Linker;

/// Loads plugins and runs them. Cheap to clone; make one for the process.
///
/// Making one spawns a thread that sleeps almost always, and reserves address space, not memory, for
/// [`crate::Limits::concurrent_calls`]. Calls need a tokio runtime with time and I/O enabled; several
/// runtimes may share a host, each with connections of its own.
#[derive(Clone)]
pub struct ConnectorHost(Arc<Inner>);

struct Inner {
    loader: Loader,
    linker: Linker<CallState>,
    shared: Arc<Shared>,
}

impl ConnectorHost {
    /// A host with these settings.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the settings do not work on this machine.
    pub fn new(mut options: HostOptions) -> Result<Self, BuildError> {
        options.limits = options.limits.bounded();
        let cache = options.cache_dir.as_deref().map(|dir| CacheSettings {
            dir,
            key: options.cache_key.as_ref(),
            bytes: options.cache_bytes,
        });
        let (limits, residency) = (&options.limits, &options.residency);
        let loader = Loader::new(
            limits,
            residency,
            options.count_fuel,
            cache,
            options.compile,
        )?;
        let linker = runtime::linker(loader.engine())
            .map_err(|error| BuildError::Engine(format!("{error:#}")))?;
        Ok(Self(Arc::new(Inner {
            loader,
            linker,
            shared: Arc::new(Shared::new(options)?),
        })))
    }

    /// The settings it was made with.
    pub fn options(&self) -> &HostOptions {
        &self.0.shared.options
    }

    /// Its network, to be changed for [`Plugin::with_network`].
    pub fn network(&self) -> Network {
        self.options().network()
    }

    /// Requirements for every package, to be checked before the component is available.
    pub fn requirements(&self) -> Requirements {
        let options = self.options();
        Requirements {
            trusted_keys: options.trusted_keys.clone(),
            allow_unsigned: options.allow_unsigned,
            caps: options.limits.caps(),
        }
    }

    /// How full it is just now.
    pub fn occupancy(&self) -> Occupancy {
        self.0.shared.queue.occupancy()
    }

    /// Loads a plugin that may reach what [`HostOptions::egress`] grants.
    ///
    /// A bare component, without a signature. [`ConnectorHost::load_package`] requires a signature.
    ///
    /// Reads, checks, compiles and links, and blocks the calling thread meanwhile: half a second of CPU for the reference
    /// connector, or 2 ms from the compile cache (`docs/performance.md`); seconds where the host is not optimised. No code
    /// of the plugin runs. Asynchronous code gives it a thread of its own:
    ///
    /// ```no_run
    /// # use auth_connector_host::{ConnectorHost, Plugin};
    /// # async fn load(host: ConnectorHost) -> Result<Plugin, Box<dyn std::error::Error>> {
    /// let plugin = tokio::task::spawn_blocking(move || host.load("connector.wasm")).await??;
    /// # Ok(plugin)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`LoadError`], one line with the reason why the file is refused.
    pub fn load<'a>(&self, source: impl Into<Source<'a>>) -> Result<Plugin, LoadError> {
        self.load_with(source, self.options().egress.clone(), None)
    }

    /// Loads a plugin with an egress list of its own and, where given, only if its bytes have this SHA-256
    /// (64 hexadecimal digits).
    ///
    /// # Errors
    ///
    /// As [`ConnectorHost::load`], and [`LoadError::Digest`].
    pub fn load_with<'a>(
        &self,
        source: impl Into<Source<'a>>,
        egress: Egress,
        expected: Option<&str>,
    ) -> Result<Plugin, LoadError> {
        let start = Instant::now();
        let bytes = source.into().read(COMPONENT_BYTES)?;
        let checked = self.0.loader.load(&bytes, start, expected)?;
        self.link(checked, egress, None)
    }

    /// Checks a package's signature, manifest and grants, without its component and without refusing what is
    /// not granted: for showing it to an operator.
    ///
    /// # Errors
    ///
    /// [`LoadError`] when it is not vouched for, or is for another contract.
    pub fn examine(&self, package: &Package<'_>, grants: &Grants) -> Result<Provenance, LoadError> {
        package.examine(grants, &self.requirements())
    }

    /// Loads a package: signed by a trusted key, unchanged, and with what it asks for as far as it is granted.
    ///
    /// Reads, checks, compiles and links on the calling thread. No code of the plugin runs.
    ///
    /// # Errors
    ///
    /// [`LoadError`], one line with the reason why the package is refused.
    ///
    /// # Examples
    /// ```no_run
    /// use auth_connector_host::{ConnectorHost, Grants, Package, TrustedKey};
    ///
    /// let key = TrustedKey::parse("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")?;
    /// let host = ConnectorHost::builder().trust_key(key).build()?;
    /// let grants = Grants::default().only("example-sms").allow("https://sms.example.com")?;
    /// let plugin = host.load_package(Package::open("plugins/example-sms")?, &grants)?;
    /// if let Some(decision) = plugin.grants() {
    ///     println!("{decision}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load_package(&self, package: Package<'_>, grants: &Grants) -> Result<Plugin, LoadError> {
        let start = Instant::now();
        let provenance = self.examine(&package, grants)?;
        if !grants.accept_less && !provenance.decision.is_complete() {
            return Err(LoadError::NotGranted {
                missing: provenance.decision.missing().collect(),
            });
        }
        let bytes = package.component(&provenance.manifest)?;
        let pinned = &provenance.manifest.component.sha256;
        let checked = self.0.loader.load(&bytes, start, Some(pinned))?;
        let egress = provenance.decision.egress();
        self.link(checked, egress, Some(provenance))
    }

    fn link(
        &self,
        checked: Checked,
        egress: Egress,
        provenance: Option<Provenance>,
    ) -> Result<Plugin, LoadError> {
        let linked = self.0.linker.instantiate_pre(&checked.component);
        let instance = linked.map_err(|error| LoadError::Link(words(&error)))?;
        let shared = &self.0.shared;
        if egress.origins().iter().any(Origin::is_https) {
            shared.client.warm_up();
        }
        let limits = match &provenance {
            Some(provenance) => Arc::new(shared.limits.within(provenance.decision.caps())),
            None => shared.limits.clone(),
        };
        observe::loaded(&checked.description.sha256, checked.timings);
        Ok(Plugin::new(Loaded {
            shared: shared.clone(),
            instance,
            functions: checked.functions,
            egress: Arc::new(egress),
            limits,
            description: checked.description,
            timings: checked.timings,
            provenance,
        }))
    }
}
