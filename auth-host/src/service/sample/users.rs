//! Accounts of the sample, in memory: a number and a password's hash.

use crate::service::ids;
use argon2::Argon2;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// Maximum number of accounts. Beyond it nobody registers.
const MOST: usize = 10_000;

/// The shortest password, in characters.
pub const SHORTEST: usize = 8;

/// The longest password, in bytes.
const LONGEST: usize = 256;

/// Passwords that are hashed at once: each takes 19 MiB.
const AT_ONCE: usize = 2;

/// Wrong passwords for a number within [`GUESSES_IN`]. After them only a code signs in.
const GUESSES: u32 = 5;

/// Period over which wrong passwords are counted.
const GUESSES_IN: Duration = Duration::from_secs(15 * 60);

/// A stored password: its salt and its argon2id hash.
#[derive(Clone)]
struct Hash {
    salt: [u8; 16],
    key: [u8; 32],
}

/// The accounts, by number.
pub struct Users {
    known: Mutex<HashMap<String, Hash>>,
    /// Number of guesses per phone number and the time of the first, with or without an account.
    guesses: Mutex<HashMap<String, (u32, Instant)>>,
    hashing: Semaphore,
}

/// Result of a check of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// The account's.
    Right,
    /// Not the account's, or there is no account.
    Wrong,
    /// Too many guesses; the password was not checked.
    TooMany,
}

impl Default for Users {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            guesses: Mutex::default(),
            hashing: Semaphore::new(AT_ONCE),
        }
    }
}

/// Returns true if a password has an allowed length.
pub fn is_password(text: &str) -> bool {
    text.chars().count() >= SHORTEST && text.len() <= LONGEST
}

impl Users {
    /// Returns true if a number has an account.
    pub fn has(&self, number: &str) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(number)
    }

    /// Creates an account or replaces its password. Returns false if there are too many accounts or the hash fails.
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

    /// Checks a password. Counts the guess first, so that concurrent guesses are all counted.
    pub async fn guess(&self, number: &str, password: String) -> Guess {
        if !self.count(number) {
            return Guess::TooMany;
        }
        if !self.is_right(number, password).await {
            return Guess::Wrong;
        }
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        guesses.remove(number);
        Guess::Right
    }

    fn count(&self, number: &str) -> bool {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        guesses.retain(|_, (_, since)| since.elapsed() < GUESSES_IN);
        if guesses.len() >= MOST && !guesses.contains_key(number) {
            return false;
        }
        let (count, _) = guesses
            .entry(number.to_owned())
            .or_insert((0, Instant::now()));
        *count += 1;
        *count <= GUESSES
    }

    /// Returns true if a password is the account's. Takes as long without an account.
    async fn is_right(&self, number: &str, password: String) -> bool {
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

    /// A number without an account allows as many guesses, so that the limit reveals no accounts.
    #[tokio::test]
    async fn passwords_are_not_guessed_without_end() {
        let users = Users::default();
        users.put("+1", "correct horse".to_owned()).await;
        for _ in 0..2 {
            for _ in 1..GUESSES {
                assert_eq!(users.guess("+1", String::new()).await, Guess::Wrong);
            }
            let right = users.guess("+1", "correct horse".to_owned()).await;
            assert_eq!(
                right,
                Guess::Right,
                "the last guess counts, and clears the others"
            );
        }
        for number in ["+1", "+2"] {
            for _ in 0..GUESSES {
                assert_eq!(users.guess(number, String::new()).await, Guess::Wrong);
            }
            let right = users.guess(number, "correct horse".to_owned()).await;
            assert_eq!(right, Guess::TooMany, "{number}");
        }
    }

    #[test]
    fn password_has_its_length() {
        assert!(is_password("12345678") && is_password("密码密码密码密码"));
        assert!(!is_password("1234567") && !is_password(&"x".repeat(257)));
    }
}
