//! TLS with a private authority made at start, and a certificate for the names of the service.
//!
//! Keys exist only in memory. The leaf is valid for `localhost`, `127.0.0.1`, `::1` and Tencent's SMS hosts, so name
//! resolution alone can point a client under test here.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

/// Names and addresses that the certificate is valid for.
pub const NAMES: [&str; 6] = [
    "localhost",
    "127.0.0.1",
    "::1",
    "sms.tencentcloudapi.com",
    "sms.intl.tencentcloudapi.com",
    "*.tencentcloudapi.com",
];

/// A server configuration and the authority that clients must trust.
pub struct Tls {
    /// TLS 1.2 and 1.3, ALPN `http/1.1`.
    pub config: Arc<ServerConfig>,
    /// The authority's certificate, PEM.
    pub ca_pem: String,
}

/// Makes an authority, a leaf, and the configuration that presents it.
///
/// # Errors
///
/// Key generation or certificate encoding failed, as text; both need a working random source only.
pub fn generate() -> Result<Tls, String> {
    let (ca_pem, chain, key) = certificates().map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, PrivateKeyDer::Pkcs8(key))
        })
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls {
        config: Arc::new(config),
        ca_pem,
    })
}

type Material = (
    String,
    Vec<rustls::pki_types::CertificateDer<'static>>,
    PrivatePkcs8KeyDer<'static>,
);

fn certificates() -> Result<Material, rcgen::Error> {
    // Valid from a day earlier, since clients under test may have clocks that are off.
    let now = OffsetDateTime::now_utc();
    let (from, until) = (now - Duration::days(1), now + Duration::days(90));

    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
        .distinguished_name
        .push(DnType::CommonName, "Tencent SMS simulator, local authority");
    (params.not_before, params.not_after) = (from, until);
    let key = KeyPair::generate()?;
    let ca = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);

    let mut params = CertificateParams::new(NAMES.map(str::to_owned).to_vec())?;
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (params.not_before, params.not_after) = (from, until);
    let key = KeyPair::generate()?;
    let leaf = params.signed_by(&key, &issuer)?;

    Ok((
        ca.pem(),
        vec![leaf.der().clone()],
        PrivatePkcs8KeyDer::from(key.serialize_der()),
    ))
}
