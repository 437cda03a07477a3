//! The certificate of the API, read again when its files change.

use crate::mask;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// How often the files are checked.
const INTERVAL: Duration = Duration::from_secs(2);

/// The certificate in force.
pub type Config = Arc<ArcSwap<ServerConfig>>;

/// The certificate chain and the private key, PEM files.
pub struct Files {
    /// The chain.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

impl Files {
    /// Reads them. Blocks its thread for a moment.
    ///
    /// # Errors
    ///
    /// One line that names the file, or both where they do not belong together.
    pub fn load(&self) -> Result<Config, String> {
        Ok(Arc::new(ArcSwap::from_pointee(self.read()?)))
    }

    fn read(&self) -> Result<ServerConfig, String> {
        let unusable = |path: &Path, what: &str, error: &dyn std::fmt::Display| {
            format!("{} is no {what} in PEM: {error}", mask::path(path))
        };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unusable(&self.certificate, "certificate", &error))?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| unusable(&self.key, "private key", &error))?;
        // The second time it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| {
                format!(
                    "TLS cannot be set up from {} and {}: {error}. The server's own certificate comes first, and the key \
                     belongs to it",
                    mask::path(&self.certificate),
                    mask::path(&self.key)
                )
            });
        config.map(|mut config| {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            config
        })
    }

    /// Reads the files again when one of them changes. If a file cannot be read, the old configuration stays in force.
    pub async fn reload(self, config: Config, mut stopped: watch::Receiver<bool>) {
        let mut seen = self.modified();
        loop {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                _ = stopped.changed() => return,
            }
            let now = self.modified();
            if now == seen {
                continue;
            }
            match self.read() {
                Ok(read) => {
                    seen = now;
                    config.store(Arc::new(read));
                    tracing::info!("the certificate was read again");
                }
                Err(error) => {
                    tracing::error!(%error, "the certificate cannot be read; the old one stays")
                }
            }
        }
    }

    /// The path of each file, with links resolved, and its modification time.
    fn modified(&self) -> [Option<(PathBuf, SystemTime)>; 2] {
        [&self.certificate, &self.key].map(|path| {
            let behind = path.canonicalize().ok()?;
            let modified = behind.metadata().and_then(|data| data.modified()).ok()?;
            Some((behind, modified))
        })
    }
}
