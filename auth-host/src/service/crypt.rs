//! Encryption at rest: the key file, and the keys that are derived from it.
//!
//! The key file has one line for each master key, the newest first: an identifier of eight hexadecimal digits and 32
//! bytes in base64. The database stores which is the current one; after a rotation that did not end it is an older one.
//! Everything else is derived by HKDF-SHA256 (RFC 5869), one key for each tenant and purpose. A number's hash or an
//! encrypted value of one tenant therefore reveals nothing about another's.
//!
//! Values are encrypted by XChaCha20-Poly1305 with a random nonce. The location of a value (table, column, row) is its
//! associated data, so that a value that is moved to another row cannot be decrypted.

use crate::mask;
use crate::service::ids::{self, NoRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

type HmacSha256 = Hmac<Sha256>;

const NONCE: usize = 24;
const ID: usize = 4;

/// Reasons why a key file cannot be used, or a value cannot be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the key file {path} cannot be used: {reason}")]
    File {
        /// Its path.
        path: String,
        /// The operating system's reason.
        reason: std::io::Error,
    },
    /// The file does not have its form.
    #[error(
        "line {line} of the key file {path} is no key. A line has an identifier of 8 hexadecimal digits, a space and 32 \
        bytes in base64; take the file from your backup"
    )]
    Form {
        /// Its path.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// The file can be read by others.
    #[error("the key file {path} can be read by others. Run: chmod 600 {path}")]
    Readable {
        /// Its path.
        path: String,
    },
    /// A value was encrypted under another key, or was changed.
    #[error(
        "a value cannot be decrypted: it was encrypted under key {id}, which the key file does not have, or it was changed. Use \
        the key file that belongs to this database"
    )]
    Undecryptable {
        /// The key's identifier.
        id: String,
    },
    /// The operating system has no random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

/// The master keys.
pub struct Keyring {
    /// The key that encrypts.
    current: Master,
    /// Those that only decrypt.
    older: Vec<Master>,
}

struct Master {
    id: [u8; ID],
    secret: Zeroizing<[u8; 32]>,
}

/// The purpose of a derived key.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Encrypting connectors' configs.
    Configs,
    /// Encrypting phone numbers.
    Numbers,
    /// Searching for phone numbers by a keyed hash.
    Search,
    /// Storing verification codes as keyed hashes.
    Codes,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Configs => "configs",
            Self::Numbers => "numbers",
            Self::Search => "search",
            Self::Codes => "codes",
        }
    }
}

impl Keyring {
    /// Reads the key file, or makes one that its owner alone can read. Returns true with it if it was made.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when it cannot be read or made, has another form, or can be read by others.
    pub fn open(path: &Path) -> Result<(Self, bool), KeyError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok((Self::parse(path, &text)?, false)),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::make(path),
            Err(reason) => Err(file(path, reason)),
        }
    }

    fn make(path: &Path) -> Result<(Self, bool), KeyError> {
        let ring = Self::of(Master::random()?);
        match crate::service::private_files::make(path, ring.text().as_bytes()) {
            Ok(()) => Ok((ring, true)),
            // Another process was faster, and the database gets its mark under that process's key.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let text = std::fs::read_to_string(path).map_err(|reason| file(path, reason))?;
                Ok((Self::parse(path, &text)?, false))
            }
            Err(reason) => Err(file(path, reason)),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, KeyError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(path)
                .map_err(|reason| file(path, reason))?
                .permissions()
                .mode();
            if mode & 0o077 != 0 {
                return Err(KeyError::Readable {
                    path: mask::path(path),
                });
            }
        }
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
        let keys = lines.map(|(nth, line)| {
            Master::parse(line).ok_or_else(|| KeyError::Form {
                path: mask::path(path),
                line: nth + 1,
            })
        });
        let mut keys = keys.collect::<Result<Vec<_>, _>>()?.into_iter();
        let current = keys.next().ok_or_else(|| KeyError::Form {
            path: mask::path(path),
            line: 1,
        })?;
        Ok(Self {
            current,
            older: keys.collect(),
        })
    }

    const fn of(current: Master) -> Self {
        Self {
            current,
            older: Vec::new(),
        }
    }

    /// All keys, the current one first.
    fn all(&self) -> impl Iterator<Item = &Master> {
        std::iter::once(&self.current).chain(&self.older)
    }

    /// Puts a new key before the others.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`].
    pub fn rotated(&self) -> Result<Self, KeyError> {
        Ok(Self {
            current: Master::random()?,
            older: self.all().map(Master::copy).collect(),
        })
    }

    /// The same keys, with the current one that encrypted a value.
    pub fn with_current(mut self, encrypted: &[u8]) -> Self {
        let is_its = |key: &Master| encrypted.starts_with(&key.id);
        if !is_its(&self.current)
            && let Some(older) = self.older.iter_mut().find(|key| is_its(key))
        {
            std::mem::swap(&mut self.current, older);
        }
        self
    }

    /// Writes the key file, completely or not at all. If the path is a link, it writes the linked file.
    ///
    /// # Errors
    ///
    /// [`KeyError::File`].
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        crate::service::private_files::replace(path, self.text().as_bytes())
            .map_err(|reason| file(path, reason))
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from(
            "# Keys of auth-host, the newest first. Without them nothing that is encrypted in its database can be read.\n",
        ));
        for key in self.all() {
            text.push_str(&hex::encode(key.id));
            text.push(' ');
            text.push_str(&STANDARD.encode(*key.secret));
            text.push('\n');
        }
        text
    }

    /// The identifier of the current key.
    pub fn current(&self) -> String {
        hex::encode(self.current.id)
    }

    fn master(&self, id: &[u8]) -> Option<&Master> {
        self.all().find(|key| key.id == id)
    }

    /// Encrypts a value under the current key, for one location.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`].
    pub fn encrypt(
        &self,
        tenant: &str,
        purpose: Purpose,
        place: &str,
        value: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let master = &self.current;
        let nonce: [u8; NONCE] = ids::random()?;
        let key = master.derive(tenant, purpose);
        let payload = Payload {
            msg: value,
            aad: place.as_bytes(),
        };
        let encrypted = XChaCha20Poly1305::new((&*key).into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| master.fault())?;
        Ok([&master.id[..], &nonce, &encrypted].concat())
    }

    /// Decrypts a value.
    ///
    /// # Errors
    ///
    /// [`KeyError::Undecryptable`] when its key is missing, or when it was changed or moved.
    pub fn decrypt(
        &self,
        tenant: &str,
        purpose: Purpose,
        place: &str,
        encrypted: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let unknown = |id: &[u8]| KeyError::Undecryptable {
            id: hex::encode(id),
        };
        let (id, rest) = encrypted
            .split_at_checked(ID)
            .ok_or_else(|| unknown(encrypted))?;
        let (nonce, text) = rest.split_at_checked(NONCE).ok_or_else(|| unknown(id))?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| unknown(id))?;
        let master = self.master(id).ok_or_else(|| unknown(id))?;
        let key = master.derive(tenant, purpose);
        let payload = Payload {
            msg: text,
            aad: place.as_bytes(),
        };
        XChaCha20Poly1305::new((&*key).into())
            .decrypt(&XNonce::from(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| unknown(id))
    }

    /// A keyed hash under the current key: of a number, to find it again.
    pub fn hash(&self, tenant: &str, purpose: Purpose, value: &[u8]) -> Vec<u8> {
        let mac = self.current.mac(tenant, purpose, value);
        mac.finalize().into_bytes().to_vec()
    }

    /// The keyed hashes under every key, the current one first: to find values that were stored before a rotation.
    pub fn hashes(&self, tenant: &str, purpose: Purpose, value: &[u8]) -> Vec<Vec<u8>> {
        let hash = |key: &Master| {
            let mac = key.mac(tenant, purpose, value);
            mac.finalize().into_bytes().to_vec()
        };
        self.all().map(hash).collect()
    }

    /// A keyed hash after the identifier of its key, which can be compared after a rotation as well.
    pub fn tag(&self, tenant: &str, purpose: Purpose, value: &[u8]) -> Vec<u8> {
        [&self.current.id[..], &self.hash(tenant, purpose, value)].concat()
    }

    /// Returns true if a tag belongs to a value, in constant time.
    pub fn is_tag_of(&self, tag: &[u8], tenant: &str, purpose: Purpose, value: &[u8]) -> bool {
        let Some((id, hash)) = tag.split_at_checked(ID) else {
            return false;
        };
        self.master(id).is_some_and(|key| {
            let mac = key.mac(tenant, purpose, value);
            mac.finalize().into_bytes().ct_eq(hash).into()
        })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys)", self.all().count())
    }
}

impl Master {
    fn random() -> Result<Self, KeyError> {
        Ok(Self {
            id: ids::random()?,
            secret: Zeroizing::new(ids::random()?),
        })
    }

    fn copy(&self) -> Self {
        Self {
            id: self.id,
            secret: self.secret.clone(),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let (id, secret) = line.trim().split_once(' ')?;
        let secret = Zeroizing::new(STANDARD.decode(secret.trim()).ok()?);
        Some(Self {
            id: hex::decode(id).ok()?.try_into().ok()?,
            secret: Zeroizing::new(secret.as_slice().try_into().ok()?),
        })
    }

    fn derive(&self, tenant: &str, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let label = format!("auth-host/1/{}/{tenant}", purpose.label());
        // Fails only for keys longer than 255 hashes.
        let expanded = Hkdf::<Sha256>::new(None, &*self.secret).expand(label.as_bytes(), &mut *key);
        debug_assert!(expanded.is_ok());
        key
    }

    fn mac(&self, tenant: &str, purpose: Purpose, value: &[u8]) -> HmacSha256 {
        let key = self.derive(tenant, purpose);
        // HMAC takes a key of any length, and this block-sized one without a hash.
        let mut mac = <HmacSha256 as KeyInit>::new(&block(&key).into());
        mac.update(value);
        mac
    }

    fn fault(&self) -> KeyError {
        KeyError::Undecryptable {
            id: hex::encode(self.id),
        }
    }
}

/// A key padded with zeros to HMAC's block, as RFC 2104 does.
fn block(key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    block
}

fn file(path: &Path, reason: std::io::Error) -> KeyError {
    KeyError::File {
        path: mask::path(path),
        reason,
    }
}

/// SHA-256 of parts, each preceded by its length, so that no two lists of parts share a hash.
pub fn digest(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Keyring {
        Keyring::of(Master::random().unwrap())
    }

    #[test]
    fn encrypted_value_is_readable_in_its_place_alone() {
        let ring = ring();
        let encrypted = ring
            .encrypt("t", Purpose::Configs, "a/1", b"value")
            .unwrap();
        let open = |tenant, purpose, place| ring.decrypt(tenant, purpose, place, &encrypted);
        assert_eq!(&*open("t", Purpose::Configs, "a/1").unwrap(), b"value");
        assert!(open("u", Purpose::Configs, "a/1").is_err());
        assert!(open("t", Purpose::Numbers, "a/1").is_err());
        assert!(open("t", Purpose::Configs, "a/2").is_err());
        for cut in 0..encrypted.len() {
            let cut = encrypted.get(..cut).unwrap();
            assert!(
                ring.decrypt("t", Purpose::Configs, "a/1", cut).is_err(),
                "{}",
                cut.len()
            );
        }
        assert!(
            Keyring::of(Master::random().unwrap())
                .decrypt("t", Purpose::Configs, "a/1", &encrypted)
                .is_err()
        );
    }

    #[test]
    fn rotated_ring_decrypts_values_of_old_key() {
        let old = ring();
        let encrypted = old.encrypt("t", Purpose::Numbers, "p", b"v").unwrap();
        let tag = old.tag("t", Purpose::Codes, b"123456");
        let new = old.rotated().unwrap();
        assert_ne!(old.current(), new.current());
        assert_eq!(
            &*new.decrypt("t", Purpose::Numbers, "p", &encrypted).unwrap(),
            b"v"
        );
        assert!(new.is_tag_of(&tag, "t", Purpose::Codes, b"123456"));
        assert!(!new.is_tag_of(&tag, "t", Purpose::Codes, b"123457"));
        assert_ne!(
            old.hash("t", Purpose::Search, b"n"),
            new.hash("t", Purpose::Search, b"n")
        );
    }

    /// A rotation that did not end leaves a newer key in the file.
    #[test]
    fn ring_encrypts_under_the_key_of_a_value() {
        let old = ring();
        let [ours, others] =
            [&old, &ring()].map(|ring| ring.encrypt("t", Purpose::Configs, "mark", b"v").unwrap());
        let newer = || old.rotated().unwrap().rotated().unwrap();
        let found = newer().with_current(&ours);
        assert_eq!(found.current(), old.current());
        let again = found.with_current(&ours).with_current(&others);
        assert_eq!(again.current(), old.current());
        assert_eq!(again.hashes("t", Purpose::Search, b"n").len(), 3);
        assert_ne!(newer().with_current(&others).current(), old.current());
    }

    /// Padding a key with zeros changes nothing (RFC 2104). The tests of the crate `hkdf` have the vectors of RFC 5869.
    #[test]
    fn padded_key_gives_the_same_hmac() {
        let key = [11; 32];
        let mut short = <HmacSha256 as hmac::KeyInit>::new_from_slice(&key).unwrap();
        let mut long = <HmacSha256 as KeyInit>::new(&block(&key).into());
        short.update(b"Hi There");
        long.update(b"Hi There");
        assert_eq!(short.finalize().into_bytes(), long.finalize().into_bytes());
    }

    #[test]
    fn parts_of_a_digest_do_not_run_together() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b""]), digest(&[]));
    }

    #[test]
    fn key_file_is_private_and_read_back() {
        let path = std::env::temp_dir().join(ids::new("keys"));
        let (made, is_new) = Keyring::open(&path).unwrap();
        assert!(is_new);
        let (read, is_new) = Keyring::open(&path).unwrap();
        assert!(!is_new);
        assert_eq!(made.current(), read.current());
        let encrypted = made.encrypt("t", Purpose::Configs, "p", b"v").unwrap();
        assert!(read.decrypt("t", Purpose::Configs, "p", &encrypted).is_ok());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(
                Keyring::open(&path),
                Err(KeyError::Readable { .. })
            ));
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        std::fs::write(&path, "not a key\n").unwrap();
        assert!(matches!(
            Keyring::open(&path),
            Err(KeyError::Form { line: 1, .. })
        ));
        std::fs::remove_file(&path).unwrap();
    }
}
