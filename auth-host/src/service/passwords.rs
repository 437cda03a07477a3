//! Hashes of passwords by Argon2id, at most two at once: each takes 19 MiB and a processor.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// The fewest and the most characters of an operator's password (NIST SP 800-63B asks for 8 to at least 64).
pub const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;

/// A hash that no password has. An unknown name is compared with it, so that the check takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$YXV0aC1ob3N0LW5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Makes and compares hashes.
pub struct Passwords {
    turns: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(2),
        }
    }
}

impl Passwords {
    /// The hash of a password, as a PHC string.
    ///
    /// # Errors
    ///
    /// One line, if the operating system has no random numbers or the hash fails.
    pub async fn hash(&self, password: &str) -> Result<String, String> {
        let password = password.to_owned();
        self.turn(move || {
            let salt: [u8; 16] =
                crate::service::ids::random().map_err(|error| error.to_string())?;
            Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|error| error.to_string())
        })
        .await?
    }

    /// Returns true if a password has a hash. `None` means that there is no such user.
    ///
    /// # Errors
    ///
    /// One line, if the hash could not be computed.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, String> {
        let (password, is_somebody) = (password.to_owned(), hash.is_some());
        let hash = hash.unwrap_or(NOBODY).to_owned();
        self.turn(move || {
            let parsed = PasswordHash::new(&hash).map_err(|error| error.to_string())?;
            let is_same = Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok();
            Ok(is_same && is_somebody)
        })
        .await?
    }

    async fn turn<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|error| error.to_string())?;
        tokio::task::spawn_blocking(job)
            .await
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn password_has_its_own_hash_alone() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let verify = |password, hash| passwords.verify(password, hash);
        assert_eq!(verify("correct horse battery", Some(&hash)).await, Ok(true));
        assert_eq!(
            verify("correct horse batterz", Some(&hash)).await,
            Ok(false)
        );
        assert_eq!(verify("correct horse battery", None).await, Ok(false));
        assert!(
            verify("correct horse battery", Some("no hash"))
                .await
                .is_err()
        );
        assert_eq!(passwords.turns.available_permits(), 2);
    }
}
