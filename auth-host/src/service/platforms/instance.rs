//! A webhook that is ready to take requests: its row, its settings, and its secrets in clear.

use super::auth::Auth;
use super::presets;
use super::settings::Settings;
use crate::service::crypt::{Keyring, Purpose};
use crate::service::number::Bare;
use crate::service::store::webhooks::Webhook as Row;
use std::time::Duration;
use zeroize::Zeroizing;

/// The part of a platform's time that is reserved for writing and responding.
pub const RESERVE: Duration = Duration::from_millis(300);

/// A webhook.
pub struct Webhook {
    /// Its identifier.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Its settings.
    pub settings: Settings,
    /// How requests prove their origin.
    pub auth: Auth,
    /// How digits without `+` are read.
    pub bare: Bare,
    /// Its secrets, each of which is accepted.
    pub secrets: Vec<Zeroizing<String>>,
    /// Its row.
    pub row: Row,
}

impl Webhook {
    /// How long a request may wait for its response. A setting from before its bounds is clamped to them.
    pub fn answer_within(&self) -> Duration {
        let most = self.settings.platform.row().waits_ms;
        let within = self.settings.answer_within_ms;
        Duration::from_millis(within.clamp(presets::LEAST_MS, most).into())
    }

    /// Opens a row. None if it cannot be decrypted or read: then it accepts no requests.
    pub fn open(keys: &Keyring, row: Row) -> Option<Self> {
        let settings: Settings = serde_json::from_str(&row.settings).ok()?;
        let opened = keys
            .decrypt(&row.tenant, Purpose::Configs, &row.id, &row.secrets)
            .ok()?;
        let secrets: Vec<String> = serde_json::from_slice(&opened).ok()?;
        Some(Self {
            id: row.id.clone(),
            tenant: row.tenant.clone(),
            name: row.name.clone(),
            auth: Auth::parse(&settings.auth)?,
            bare: Bare::parse(&settings.bare_digits)?,
            settings,
            secrets: secrets.into_iter().map(Zeroizing::new).collect(),
            row,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;
    use serde_json::json;

    /// A setting from before its bounds is limited to them.
    #[tokio::test]
    async fn answer_time_is_the_setting_within_bounds() {
        let test = TestApp::new().await;
        let stored = test.webhook("own", json!({"platform": "supabase"})).await;
        for (setting, expected_ms) in [(2000, 2000), (3456, 3456), (1, 2000), (99_999, 5000)] {
            let mut settings = stored.settings.clone();
            settings.answer_within_ms = setting;
            let row = Row {
                settings: serde_json::to_string(&settings).unwrap(),
                ..stored.row.clone()
            };
            let webhook = Webhook::open(&test.app.keys, row).unwrap();
            let expected = Duration::from_millis(expected_ms);
            assert_eq!(webhook.answer_within(), expected, "{setting}");
        }
    }
}
