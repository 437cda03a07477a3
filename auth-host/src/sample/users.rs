//! Accounts of the sample, in memory: a number and a password's hash.

use crate::ids;
use argon2::Argon2;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// The most accounts. Beyond them nobody registers.
const MOST: usize = 10_000;

/// The shortest password.
pub const SHORTEST: usize = 8;

/// The longest, in bytes.
const LONGEST: usize = 256;

/// Passwords that are hashed at once: each takes 19 MiB.
const AT_ONCE: usize = 2;

/// A password as it is kept: argon2id with the salt before it.
#[derive(Clone)]
struct Hash {
    salt: [u8; 16],
    key: [u8; 32],
}

/// The accounts, by number.
pub struct Users {
    known: Mutex<HashMap<String, Hash>>,
    hashing: Semaphore,
}

impl Default for Users {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            hashing: Semaphore::new(AT_ONCE),
        }
    }
}

/// Whether a text may be a password.
pub fn is_password(text: &str) -> bool {
    text.chars().count() >= SHORTEST && text.len() <= LONGEST
}

impl Users {
    /// Whether a number has an account.
    pub fn has(&self, number: &str) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(number)
    }

    /// Makes an account, or gives it another password. False when there are too many.
    pub async fn put(&self, number: &str, password: String) -> bool {
        let Ok(salt) = ids::random() else {
            return false;
        };
        let Some(key) = self.hash(password, salt).await else {
            return false;
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(number) {
            return false;
        }
        known.insert(number.to_owned(), Hash { salt, key });
        true
    }

    /// Whether a password is the account's. Takes as long where there is no account.
    pub async fn is_right(&self, number: &str, password: String) -> bool {
        let found = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(number).cloned()
        };
        let kept = found.clone().unwrap_or(Hash {
            salt: [0; 16],
            key: [0; 32],
        });
        let Some(key) = self.hash(password, kept.salt).await else {
            return false;
        };
        let is_same: bool = key.ct_eq(&kept.key).into();
        is_same && found.is_some()
    }

    async fn hash(&self, password: String, salt: [u8; 16]) -> Option<[u8; 32]> {
        if password.len() > LONGEST {
            return None;
        }
        let _turn = self.hashing.acquire().await.ok()?;
        let hashed = tokio::task::spawn_blocking(move || {
            let mut key = [0; 32];
            let hashed = Argon2::default().hash_password_into(password.as_bytes(), &salt, &mut key);
            hashed.ok().map(|()| key)
        });
        hashed.await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn password_is_the_accounts_alone() {
        let users = Users::default();
        assert!(!users.has("+1"));
        assert!(users.put("+1", "correct horse".to_owned()).await);
        assert!(users.put("+2", "battery staple".to_owned()).await);
        assert!(users.has("+1"));
        assert!(users.is_right("+1", "correct horse".to_owned()).await);
        assert!(!users.is_right("+1", "battery staple".to_owned()).await);
        assert!(!users.is_right("+3", String::new()).await);
        assert!(users.put("+1", "another one".to_owned()).await);
        assert!(!users.is_right("+1", "correct horse".to_owned()).await);
        assert!(users.is_right("+1", "another one".to_owned()).await);
    }

    #[test]
    fn password_has_its_length() {
        assert!(is_password("12345678") && is_password("密码密码密码密码"));
        assert!(!is_password("1234567") && !is_password(&"x".repeat(257)));
    }
}
