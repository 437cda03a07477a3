//! Compile cache: compiled components on disk.
//!
//! A plugin that was compiled once loads in about two milliseconds.
//!
//! Compiled code is native code: an attacker whose file the host loads controls the host. A file is
//! therefore used only if it authenticates under the host's own key (keyed BLAKE3), for this component and this engine.
//!
//! | what is found | what happens |
//! |---|---|
//! | a file that authenticates for this component and this engine | its code is used |
//! | no file | compiled, authenticated, kept |
//! | a file that was changed, cut, made elsewhere, or renamed from another plugin's | compiled, authenticated, replaced |
//! | a folder that cannot be written, a full disk | compiled, and a warning in the log |
//!
//! | module | purpose |
//! |---|---|
//! | `key` | the secret, and its file |
//! | `entry` | a file's name and its authentication tag |
//! | `file` | new files, for this user alone |
//! | `folder` | reading, replacing at once, keeping the folder small |
//! | `code` | from authenticated bytes to a component: the only unsafe line |
//!
//! The threats that authentication covers are in `docs/decisions.md`.

mod code;
mod entry;
mod file;
mod folder;
mod key;

#[cfg(test)]
mod tests;

use crate::error::BuildError;
use crate::report::CacheUse;
use entry::EntryId;
use folder::Folder;
pub use key::CacheKey;
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The folder below the operator's that is the cache's alone, so that what is removed is always its own.
const OWN_FOLDER: &str = "compiled-connectors";

/// The key's file beside that folder, unless the embedder gives a key.
const KEY_FILE: &str = "compiled-connectors.key";

/// The cache of one host.
pub(crate) struct CompileCache {
    folder: Folder,
    secret: [u8; key::BYTES],
}

impl CompileCache {
    /// Opens the cache below a folder, and makes what is missing.
    pub(crate) fn open(
        below: &Path,
        key: Option<&CacheKey>,
        cap_bytes: u64,
    ) -> Result<Self, BuildError> {
        let path = below.join(OWN_FOLDER);
        let refused = |path: PathBuf, reason: String| BuildError::Cache { path, reason };
        let folder = Folder::open(&path, cap_bytes)
            .map_err(|error| refused(path.clone(), error.to_string()))?;
        let beside = CacheKey::file(below.join(KEY_FILE));
        let secret = key
            .unwrap_or(&beside)
            .secret()
            .map_err(|error| refused(path, error))?;
        Ok(Self { folder, secret })
    }

    /// The component whose bytes have this digest: from the cache, or compiled by `compile` and kept.
    pub(crate) fn component<E>(
        &self,
        engine: &Engine,
        sha256: &[u8; 32],
        compile: impl FnOnce() -> Result<Component, E>,
    ) -> Result<(Component, CacheUse), E> {
        let id = EntryId::new(sha256, engine);
        let name = id.file_name();
        let found = self.folder.read(&name);
        let was_there = found.is_some();
        let known = found
            .as_deref()
            .and_then(|file| entry::open(&self.secret, &id, file))
            .and_then(|code| code::component(engine, code));
        if let Some(component) = known {
            self.folder.mark_used(&name);
            return Ok((component, CacheUse::Hit));
        }
        if was_there {
            tracing::warn!(
                file = name,
                "a file in the compile cache does not authenticate for this plugin; compiling anew"
            );
        }
        let component = compile()?;
        self.keep(&id, &name, &component);
        let outcome = if was_there {
            CacheUse::Rejected
        } else {
            CacheUse::Miss
        };
        Ok((component, outcome))
    }

    /// A cache that cannot keep is slow, not broken.
    fn keep(&self, id: &EntryId, name: &str, component: &Component) {
        let kept = component
            .serialize()
            .map_err(|error| format!("{error:#}"))
            .and_then(|code| {
                let head = entry::head(&self.secret, id, &code);
                self.folder
                    .replace(name, &[&head, &code])
                    .map_err(|error| error.to_string())
            });
        if let Err(reason) = kept {
            tracing::warn!(reason, "compiled code could not be kept in the cache");
        }
    }
}

impl std::fmt::Debug for CompileCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompileCache")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}
