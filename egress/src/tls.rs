//! TLS settings: the authorities that a server's certificate may come from.

use crate::error::NetworkError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};
use tokio_rustls::TlsConnector;

/// The roots, and the TLS settings made from them when they are first needed: reading the system's
/// takes about 5 ms, which a host that dials nothing need not spend.
pub(crate) struct Trust {
    roots: Roots,
    connector: OnceLock<TlsConnector>,
}

struct Roots {
    system: bool,
    given: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// `given` is PEM text with any number of certificates.
    pub(crate) fn new(system: bool, given: &[u8]) -> Result<Self, NetworkError> {
        let refused = |reason: String| NetworkError::Authority(reason);
        let certificates = CertificateDer::pem_slice_iter(given)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| refused(error.to_string()))?;
        if certificates.is_empty() && !given.is_empty() {
            return Err(refused("it holds no CERTIFICATE block".to_owned()));
        }
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store
                .add(certificate.clone())
                .map_err(|error| refused(error.to_string()))?;
        }
        Ok(Self {
            roots: Roots {
                system,
                given: certificates,
            },
            connector: OnceLock::new(),
        })
    }

    /// The connector, or `None` if there is not a single root to trust. A failure is not stored: the process may just
    /// have had too many files open.
    pub(crate) fn connector(&self) -> Option<&TlsConnector> {
        // Single unreadable certificates in a system's store are common and harmless; the rest counts.
        self.connector_from(|| rustls_native_certs::load_native_certs().certs)
    }

    fn connector_from(
        &self,
        system: impl FnOnce() -> Vec<CertificateDer<'static>>,
    ) -> Option<&TlsConnector> {
        if self.connector.get().is_none() {
            let config = self.roots.config(system)?;
            return Some(self.connector.get_or_init(|| TlsConnector::from(config)));
        }
        self.connector.get()
    }
}

impl Roots {
    fn config(
        &self,
        system: impl FnOnce() -> Vec<CertificateDer<'static>>,
    ) -> Option<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        if self.system {
            roots.add_parsable_certificates(system());
        }
        roots.add_parsable_certificates(self.given.iter().cloned());
        if roots.is_empty() {
            return None;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // One configuration for all connections, so that TLS sessions resume.
        Some(Arc::new(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    #[test]
    fn missing_roots_are_read_again() {
        let key = KeyPair::generate().unwrap();
        let root = CertificateParams::new(vec![]).unwrap();
        let root = root.self_signed(&key).unwrap().der().clone();
        let trust = Trust::new(true, b"").unwrap();
        assert!(trust.connector_from(Vec::new).is_none());
        assert!(trust.connector_from(|| vec![root]).is_some());
        let again = trust.connector_from(|| panic!("they are remembered"));
        assert!(again.is_some());
    }
}
