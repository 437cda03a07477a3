//! File format of the cache: a file's name and its authentication tag.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | the format's name |
//! | 32 | BLAKE3, keyed with the host's secret, over the format's name, the entry's identity and the code |
//! | the rest | what `Component::serialize` gave |
//!
//! The identity is the SHA-256 of the component's digest and of everything in the engine that compiled code
//! depends on. The tag covers it, so a file that is renamed to another plugin's does not open.

use super::key::BYTES;
use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use wasmtime::Engine;

/// The format's name. A change of the layout changes it, and all older files are replaced.
const FORMAT: &[u8; 16] = b"auth-connector/2";

/// The length of the tag.
const TAG: usize = blake3::OUT_LEN;

/// The ending of every file of the cache.
pub(super) const ENDING: &str = ".code";

/// Which component, for which engine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct EntryId([u8; 32]);

impl EntryId {
    /// The identity of a component's code for an engine.
    pub(super) fn new(component_sha256: &[u8; 32], engine: &Engine) -> Self {
        let mut digest = Digested(Sha256::new());
        digest.write(FORMAT);
        digest.write(component_sha256);
        engine.precompile_compatibility_hash().hash(&mut digest);
        Self(digest.0.finalize().into())
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}{ENDING}", hex::encode(self.0))
    }
}

/// Everything that is hashed, through SHA-256: 64 bits would be few for a name that must not repeat.
struct Digested(Sha256);

impl Hasher for Digested {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Never called: the whole digest is used.
        0
    }
}

/// Code whose tag verified. Made here and nowhere else.
pub(super) struct Authentic<'a>(&'a [u8]);

impl Authentic<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.0
    }
}

/// Header in front of the code in its file.
pub(super) fn head(secret: &[u8; BYTES], id: &EntryId, code: &[u8]) -> Vec<u8> {
    let mut head = FORMAT.to_vec();
    head.extend_from_slice(tag(secret, id, code).as_bytes());
    head
}

/// The code in a file, if this secret authenticates it for this identity.
pub(super) fn open<'a>(
    secret: &[u8; BYTES],
    id: &EntryId,
    file: &'a [u8],
) -> Option<Authentic<'a>> {
    let rest = file.strip_prefix(FORMAT)?;
    let (claimed, code) = rest.split_first_chunk::<TAG>()?;
    // Compared in constant time: that is what `Hash` does with bytes.
    (tag(secret, id, code) == *claimed).then_some(Authentic(code))
}

/// The parts have fixed lengths but for the last, so no two different triples give the same bytes.
fn tag(secret: &[u8; BYTES], id: &EntryId, code: &[u8]) -> blake3::Hash {
    let mut tag = blake3::Hasher::new_keyed(secret);
    tag.update(FORMAT);
    tag.update(&id.0);
    tag.update(code);
    tag.finalize()
}
