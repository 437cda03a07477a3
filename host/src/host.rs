//! [`ConnectorHost`]: the engine, the policy and the connections that all plugins of a process share.

pub use crate::admission::Occupancy;
use crate::admission::Pool;
use crate::authority;
use crate::cache::{CacheUse, CompileCache};
use crate::call::CallState;
use crate::egress::{Egress, Origin};
use crate::engine;
use crate::error::{BuildError, LoadError};
use crate::http::{Gateway, Ways};
use crate::limits::{COMPONENT_BYTES, Limits};
use crate::network::Network;
use crate::options::{HostBuilder, HostOptions};
use crate::package::Provenance;
use crate::plugin::{Description, LoadTimings, Loaded, Plugin};
use crate::seen;
use crate::shape;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

/// Loads plugins and runs them. Cheap to clone; make one for the process.
///
/// Making one spawns a thread that sleeps almost always, and reserves address space, not memory, for
/// [`Limits::concurrent_calls`]. Calls need a tokio runtime with time and I/O enabled.
#[derive(Clone)]
pub struct ConnectorHost(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    engine: Engine,
    cache: Option<CompileCache>,
    linker: Linker<CallState>,
    /// The host's own network.
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) ways: Ways,
    pub(crate) limits: Arc<Limits>,
    pub(crate) pool: Pool,
    pub(crate) options: HostOptions,
}

/// Where a component comes from.
pub enum Source<'a> {
    /// A file.
    Path(PathBuf),
    /// Its bytes.
    Bytes(Cow<'a, [u8]>),
}

impl<'a> From<&'a Path> for Source<'a> {
    fn from(path: &'a Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for Source<'_> {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&str> for Source<'_> {
    fn from(path: &str) -> Self {
        Self::Path(PathBuf::from(path))
    }
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Source<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}

impl ConnectorHost {
    /// A host with these settings.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the settings do not work on this machine.
    pub fn new(options: HostOptions) -> Result<Self, BuildError> {
        let ways = Ways::new(&options);
        let gateway = ways.shared(&Network::of(&options))?;
        let engine = engine::engine(&options)?;
        let cache = options
            .cache_dir
            .as_deref()
            .map(|dir| CompileCache::open(dir, options.cache_key.as_ref(), options.cache_bytes))
            .transpose()?;
        let linker =
            engine::linker(&engine).map_err(|error| BuildError::Engine(format!("{error:#}")))?;
        Ok(Self(Arc::new(Shared {
            engine,
            cache,
            linker,
            gateway,
            ways,
            limits: Arc::new(options.limits.clone()),
            pool: Pool::new(&options.limits, options.tenant_limits.clone()),
            options,
        })))
    }

    /// A host made step by step.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// The settings it was made with.
    pub fn options(&self) -> &HostOptions {
        &self.0.options
    }

    /// Its network, to be changed for [`Plugin::with_network`].
    pub fn network(&self) -> Network {
        Network::of(&self.0.options)
    }

    /// How full it is just now.
    pub fn occupancy(&self) -> Occupancy {
        self.0.pool.occupancy()
    }

    /// Loads a plugin that may reach what [`HostOptions::egress`] grants.
    ///
    /// A bare component: nobody vouches for it but the caller. [`ConnectorHost::load_package`] asks for a signature.
    ///
    /// Reads, checks, compiles and links on the calling thread: about 100 ms, or 1 ms from the compile cache.
    /// No code of the plugin runs.
    ///
    /// # Errors
    ///
    /// [`LoadError`], one line that says why the file is refused.
    pub fn load<'a>(&self, source: impl Into<Source<'a>>) -> Result<Plugin, LoadError> {
        self.load_with(source, self.0.options.egress.clone(), None)
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
        let bytes = read(source.into(), COMPONENT_BYTES)?;
        self.load_bytes(&bytes, start, egress, expected, None)
    }

    /// The rest of loading, once the bytes are there. `start` is when reading them began.
    pub(crate) fn load_bytes(
        &self,
        bytes: &[u8],
        start: Instant,
        egress: Egress,
        expected: Option<&str>,
        provenance: Option<Provenance>,
    ) -> Result<Plugin, LoadError> {
        let sha256: [u8; 32] = Sha256::digest(bytes).into();
        let digest = hex::encode(sha256);
        if let Some(expected) = expected
            && !expected.eq_ignore_ascii_case(&digest)
        {
            return Err(LoadError::Digest {
                expected: expected.to_owned(),
                found: digest,
            });
        }
        check_preamble(bytes)?;
        shape::check(bytes)?;
        let read = start.elapsed();

        let start = Instant::now();
        let (component, cache) = self.component(&sha256, bytes)?;
        let timings = LoadTimings {
            read,
            compile: start.elapsed(),
            cache,
        };

        let (imports, exports) = authority::names(&component);
        authority::check_names(&imports)?;
        authority::check_names(&exports)?;
        authority::check_imports(&imports)?;
        let functions = authority::check_exports(&component, &exports)?;
        let instance = self
            .0
            .linker
            .instantiate_pre(&component)
            .map_err(|error| LoadError::Link(one_line(&error)))?;
        if egress.origins().iter().any(Origin::is_https) {
            self.0.gateway.warm_up();
        }
        let limits = match &provenance {
            Some(provenance) => Arc::new(provenance.decision.effective_limits().clone()),
            None => self.0.limits.clone(),
        };
        let description = Description {
            sha256: digest,
            size: bytes.len(),
            imports,
            exports,
            contract: authority::SMS,
            has_operations: functions.operations.is_some(),
            has_receipts: functions.receipts.is_some(),
        };
        seen::loaded(&description.sha256, timings);
        Ok(Plugin::new(Loaded {
            host: self.clone(),
            instance,
            functions,
            egress: Arc::new(egress),
            limits,
            description,
            timings,
            provenance,
        }))
    }

    /// Compiled code, from the cache where there is one.
    fn component(
        &self,
        sha256: &[u8; 32],
        bytes: &[u8],
    ) -> Result<(Component, CacheUse), LoadError> {
        let compile = || {
            if !self.0.options.compile {
                return Err(LoadError::NotCompiled);
            }
            Component::from_binary(&self.0.engine, bytes)
                .map_err(|error| LoadError::Invalid(one_line(&error)))
        };
        match &self.0.cache {
            Some(cache) => cache.component(&self.0.engine, sha256, compile),
            None => Ok((compile()?, CacheUse::Off)),
        }
    }
}

/// Reads a source of at most `limit` bytes.
pub(crate) fn read(source: Source<'_>, limit: u64) -> Result<Cow<'_, [u8]>, LoadError> {
    let (bytes, size) = match source {
        Source::Bytes(bytes) => {
            let size = bytes.len() as u64;
            (bytes, size)
        }
        Source::Path(path) => {
            let (bytes, size) = read_file(&path, limit).map_err(|error| LoadError::Unreadable {
                path,
                reason: error.to_string(),
            })?;
            (Cow::Owned(bytes), size)
        }
    };
    if size > limit {
        return Err(LoadError::TooLarge { size, limit });
    }
    Ok(bytes)
}

/// A file's bytes, up to one more than the limit, and its size: what was read, where the system does not know.
fn read_file(path: &Path, limit: u64) -> std::io::Result<(Vec<u8>, u64)> {
    let file = open(path)?;
    let data = file.metadata()?;
    if !is_readable(&data) {
        return Err(std::io::Error::other(
            "it is no regular file. Give the file itself, no folder and no pipe",
        ));
    }
    let size = data.len();
    let mut bytes = Vec::new();
    if size <= limit {
        bytes.reserve_exact(usize::try_from(size).unwrap_or(0));
        file.take(limit + 1).read_to_end(&mut bytes)?;
    }
    let read = bytes.len() as u64;
    Ok((bytes, size.max(read)))
}

/// Opens a file for reading. A pipe that nobody writes to is opened as well, and does not block.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NONBLOCK.union(rustix::fs::OFlags::NOCTTY);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    options.open(path)
}

/// Whether reading ends: a file's, or a device's, of which no more than the limit is read. A pipe's ends when somebody
/// else wants.
fn is_readable(data: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    let is_device = std::os::unix::fs::FileTypeExt::is_char_device(&data.file_type());
    #[cfg(not(unix))]
    let is_device = false;
    data.is_file() || is_device
}

/// Tells a component from a core module and from everything else by its first eight bytes.
fn check_preamble(bytes: &[u8]) -> Result<(), LoadError> {
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";
    if bytes.starts_with(COMPONENT) {
        return Ok(());
    }
    if bytes.starts_with(CORE_MODULE) {
        return Err(LoadError::CoreModule);
    }
    let first: Vec<u8> = bytes.iter().copied().take(8).collect();
    let starts = if first.is_empty() {
        "nothing".to_owned()
    } else if first
        .iter()
        .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
    {
        "text".to_owned()
    } else {
        first
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    Err(LoadError::NotWebAssembly { starts })
}

/// Wasmtime explains in several lines; a refusal has one.
fn one_line(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}");
    let words: Vec<&str> = text.split_whitespace().collect();
    let shown = words.join(" ").replace(char::is_control, "");
    shown.chars().take(400).collect()
}
