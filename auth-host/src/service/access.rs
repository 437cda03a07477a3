//! Scopes of API keys, and the form of a key.

use crate::service::crypt::digest;

/// The largest body, in bytes.
pub const BODY_BYTES: usize = 64 << 10;

/// The permission of a key.
pub trait Scope: Send + Sync + 'static {
    /// The scope's name.
    const NAME: &'static str;
    /// The largest body.
    const BODY_BYTES: usize = BODY_BYTES;
}

/// Start, check, resend, cancel and read verifications.
pub struct Verify;
/// Send single messages and report their use.
pub struct Send_;
/// Administer one tenant.
pub struct Tenant;
/// Administer the host.
pub struct Host;

impl Scope for Verify {
    const NAME: &'static str = "verify";
}
impl Scope for Send_ {
    const NAME: &'static str = "message";
}
impl Scope for Tenant {
    const NAME: &'static str = "tenant";
}
impl Scope for Host {
    const NAME: &'static str = "host";
    // A plugin in base64.
    const BODY_BYTES: usize = 24 << 20;
}

/// Every scope's name.
pub const SCOPES: [&str; 4] = [Verify::NAME, Send_::NAME, Tenant::NAME, Host::NAME];

/// The part of a key that is not a secret: `k_` and 32 digits, before the dot.
pub fn key_id(key: &str) -> Option<&str> {
    key.split_once('.').map(|(id, _)| id)
}

/// The stored form of a key. A key has 256 random bits, so that a plain hash reveals nothing.
pub fn key_hash(key: &str) -> Vec<u8> {
    digest(&[key.as_bytes()])
}
