//! A tenant's address for events. It is encrypted as a whole together with the secret that signs them: its query may
//! contain a token. Origin and path are shown.

use crate::service::crypt::{KeyError, Keyring, Purpose};
use crate::service::store::events::Target;
use zeroize::Zeroizing;

/// The location for which it is encrypted.
const PLACE: &str = "events";

/// A decrypted target.
pub struct Opened {
    /// The secret that signs events.
    pub secret: Zeroizing<String>,
    /// The whole address.
    pub url: Zeroizing<String>,
}

/// Makes a target.
///
/// # Errors
///
/// [`KeyError`] when it cannot be encrypted.
pub fn encrypt(keys: &Keyring, tenant: &str, opened: &Opened) -> Result<Target, KeyError> {
    let both = Zeroizing::new(format!("{}\n{}", *opened.secret, *opened.url));
    Ok(Target {
        tenant: tenant.to_owned(),
        url: shown(&opened.url).to_owned(),
        secret: keys.encrypt(tenant, Purpose::Configs, PLACE, both.as_bytes())?,
    })
}

/// Decrypts a target.
///
/// # Errors
///
/// [`KeyError::Undecryptable`].
pub fn decrypt(keys: &Keyring, target: &Target) -> Result<Opened, KeyError> {
    let both = keys.decrypt(&target.tenant, Purpose::Configs, PLACE, &target.secret)?;
    let both = Zeroizing::new(String::from_utf8_lossy(&both).into_owned());
    // A target from before this form has the whole address beside its secret.
    let (secret, url) = both.split_once('\n').unwrap_or((&both, &target.url));
    Ok(Opened {
        secret: Zeroizing::new(secret.to_owned()),
        url: Zeroizing::new(url.to_owned()),
    })
}

/// An address without its query.
pub fn shown(url: &str) -> &str {
    url.split_once('?').map_or(url, |(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_is_encrypted_and_not_shown() {
        let path = std::env::temp_dir().join(crate::service::ids::new("keys"));
        let (keys, _) = Keyring::open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        for (url, shown) in [
            ("https://a.example/e?token=T", "https://a.example/e"),
            ("https://a.example/e", "https://a.example/e"),
            ("https://a.example?", "https://a.example"),
        ] {
            let opened = Opened {
                secret: Zeroizing::new("whsec_1".to_owned()),
                url: Zeroizing::new(url.to_owned()),
            };
            let target = encrypt(&keys, "t", &opened).unwrap();
            assert_eq!(target.url, shown);
            let again = decrypt(&keys, &target).unwrap();
            assert_eq!(
                (again.secret.as_str(), again.url.as_str()),
                ("whsec_1", url)
            );
        }
        let old = Target {
            tenant: "t".to_owned(),
            url: "https://a.example/e?token=T".to_owned(),
            secret: keys
                .encrypt("t", Purpose::Configs, PLACE, b"whsec_1")
                .unwrap(),
        };
        let opened = decrypt(&keys, &old).unwrap();
        assert_eq!(opened.secret.as_str(), "whsec_1");
        assert_eq!(*opened.url, old.url);
    }
}
