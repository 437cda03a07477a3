//! Accounts of the sample, in memory: a number and a password's hash.

use crate::service::passwords::Passwords;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Maximum number of accounts. Beyond it nobody registers.
const MOST: usize = 10_000;

/// The shortest password, in characters.
pub const SHORTEST: usize = 8;

/// The longest password, in bytes.
const LONGEST: usize = 256;

/// Wrong passwords for a number within [`GUESSES_IN`]. After them only a code signs in.
const GUESSES: u32 = 5;

/// Period over which wrong passwords are counted.
const GUESSES_IN: Duration = Duration::from_secs(15 * 60);

/// The accounts, by number.
#[derive(Default)]
pub struct Users {
    /// The passwords' hashes.
    known: Mutex<HashMap<String, String>>,
    /// Number of guesses per phone number and the time of the first, with or without an account.
    guesses: Mutex<HashMap<String, (u32, Instant)>>,
    passwords: Passwords,
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
    pub async fn put(&self, number: &str, password: &str) -> bool {
        let Ok(hash) = self.passwords.hash(password).await else {
            return false;
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(number) {
            return false;
        }
        known.insert(number.to_owned(), hash);
        true
    }

    /// Checks a password. Counts the guess first, so that concurrent guesses are all counted.
    pub async fn guess(&self, number: &str, password: &str) -> Guess {
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
    async fn is_right(&self, number: &str, password: &str) -> bool {
        let found = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(number).cloned()
        };
        let checked = self.passwords.verify(password, found.as_deref()).await;
        checked.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn password_is_the_accounts_alone() {
        let users = Users::default();
        assert!(!users.has("+1"));
        assert!(users.put("+1", "correct horse").await);
        assert!(users.put("+2", "battery staple").await);
        assert!(users.has("+1"));
        assert!(users.is_right("+1", "correct horse").await);
        assert!(!users.is_right("+1", "battery staple").await);
        assert!(!users.is_right("+3", "").await);
        assert!(users.put("+1", "another one").await);
        assert!(!users.is_right("+1", "correct horse").await);
        assert!(users.is_right("+1", "another one").await);
    }

    /// A number without an account allows as many guesses, so that the limit reveals no accounts.
    #[tokio::test]
    async fn passwords_are_not_guessed_without_end() {
        let users = Users::default();
        users.put("+1", "correct horse").await;
        for _ in 0..2 {
            for _ in 1..GUESSES {
                assert_eq!(users.guess("+1", "").await, Guess::Wrong);
            }
            let right = users.guess("+1", "correct horse").await;
            assert_eq!(
                right,
                Guess::Right,
                "the last guess counts, and clears the others"
            );
        }
        for number in ["+1", "+2"] {
            for _ in 0..GUESSES {
                assert_eq!(users.guess(number, "").await, Guess::Wrong);
            }
            let right = users.guess(number, "correct horse").await;
            assert_eq!(right, Guess::TooMany, "{number}");
        }
    }

    #[test]
    fn password_has_its_length() {
        assert!(is_password("12345678") && is_password("密码密码密码密码"));
        assert!(!is_password("1234567") && !is_password(&"x".repeat(257)));
    }
}
