//! The steps from a component's bytes to a compiled component that passed every check.

use super::cache::{CacheKey, CompileCache};
use super::engine::engine;
use super::precheck;
use super::words::words;
use super::world::{self, Exports};
use crate::error::BuildError;
use crate::limits::Limits;
use crate::report::{CacheUse, LoadTimings};
use crate::residency::Residency;
use auth_connector_egress::phrase;
use auth_connector_package::{Description, LoadError};
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A component that passed every check.
pub(crate) struct Checked {
    pub(crate) component: Component,
    pub(crate) functions: Exports,
    pub(crate) description: Description,
    pub(crate) timings: LoadTimings,
}

/// Checks and compiles components for one engine.
pub(crate) struct Loader {
    engine: Engine,
    cache: Option<CompileCache>,
    /// True if it may compile components that the cache lacks.
    compile: bool,
}

/// Place, key and size of a compile cache.
pub(crate) struct CacheSettings<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) key: Option<&'a CacheKey>,
    pub(crate) bytes: u64,
}

impl Loader {
    pub(crate) fn new(
        limits: &Limits,
        residency: &Residency,
        count_fuel: bool,
        cache: Option<CacheSettings<'_>>,
        compile: bool,
    ) -> Result<Self, BuildError> {
        let open = |cache: CacheSettings<'_>| CompileCache::open(cache.dir, cache.key, cache.bytes);
        Ok(Self {
            engine: engine(limits, residency, count_fuel)?,
            cache: cache.map(open).transpose()?,
            compile,
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Checks and compiles a component. `start` is when reading it began, `expected` the SHA-256 that it must have.
    pub(crate) fn load(
        &self,
        bytes: &[u8],
        start: Instant,
        expected: Option<&str>,
    ) -> Result<Checked, LoadError> {
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
        precheck::check(bytes)?;
        let read = start.elapsed();

        let start = Instant::now();
        let (component, cache) = self.compile(&sha256, bytes)?;
        let timings = LoadTimings {
            read,
            compile: start.elapsed(),
            cache,
        };

        let (imports, exports) = world::names(&component);
        world::check_names(&imports)?;
        world::check_names(&exports)?;
        world::check_imports(&imports)?;
        let functions = world::check_exports(&component, &exports)?;
        let description = Description {
            sha256: digest,
            size: bytes.len(),
            imports,
            exports,
            contract: world::SMS,
            has_operations: functions.operations.is_some(),
            has_receipts: functions.receipts.is_some(),
        };
        Ok(Checked {
            component,
            functions,
            description,
            timings,
        })
    }

    /// Compiled code, from the cache where there is one.
    fn compile(&self, sha256: &[u8; 32], bytes: &[u8]) -> Result<(Component, CacheUse), LoadError> {
        let compile = || {
            if !self.compile {
                return Err(LoadError::NotCompiled);
            }
            contained(|| {
                Component::from_binary(&self.engine, bytes)
                    .map_err(|error| LoadError::Invalid(words(&error)))
            })
        };
        match &self.cache {
            Some(cache) => cache.component(&self.engine, sha256, compile),
            None => Ok((compile()?, CacheUse::Off)),
        }
    }
}

/// Refuses a component at which the compiler panics. Nothing of the engine is changed before a component is compiled.
fn contained<T>(compile: impl FnOnce() -> Result<T, LoadError>) -> Result<T, LoadError> {
    catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| {
        Err(LoadError::Invalid(phrase!(
            "wasm-panic",
            "the compiler fails at it. Where it is composed of several components, build it as one"
        )))
    })
}
