//! State that the console's pages share.

use super::market::Market;
use super::uploads::Uploads;
use crate::service::app::App;
use crate::service::passwords::Passwords;
use std::sync::Arc;

/// State for the pages.
pub struct Console {
    /// The service.
    pub app: Arc<App>,
    /// Names of this machine beside those of loopback.
    pub hosts: Vec<String>,
    /// Hashes of passwords.
    pub passwords: Passwords,
    /// Registries and catalogues.
    pub market: Market,
    /// Plugins that wait for their review.
    pub uploads: Uploads,
}
