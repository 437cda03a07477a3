//! Snapshot of the operator's configuration: read from the database as a whole and replaced as a whole.

use crate::service::crypt::{Keyring, Purpose};
use crate::service::platforms::Webhook;
use crate::service::store::callbacks::{self, Token};
use crate::service::store::events::{self, Target};
use crate::service::store::registry::Plugin as PluginRow;
use crate::service::store::registry::{self, Flow, Key, Tenant, TestNumber};
use crate::service::store::{Store, StoreError, webhooks};
use auth_connector_host::{Config, ConnectorHost, Grants, Limit, Package, Phrase, Plugin, phrase};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The key of the largest component, among the granted limits. A manifest requests it by the component's size.
pub const COMPONENT_BYTES: &str = "componentBytes";

/// The resources that loading needs.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// The database.
    pub store: &'a Store,
    /// The keys.
    pub keys: &'a Keyring,
    /// The sandbox.
    pub host: &'a ConnectorHost,
}

/// Everything that changes rarely.
#[derive(Default)]
pub struct Catalog {
    /// The revision of the database that the connectors were loaded at.
    pub revision: String,
    /// True if the kill switch of the whole host is on.
    pub is_stopped: bool,
    /// Tenants by identifier.
    pub tenants: BTreeMap<String, Tenant>,
    /// Plugins by name, without their bytes.
    pub plugins: BTreeMap<String, PluginRow>,
    /// Connectors by identifier.
    pub connectors: BTreeMap<String, Arc<Connector>>,
    /// Flows of each tenant.
    pub flows: HashMap<String, Vec<Flow>>,
    /// Webhooks by identifier.
    pub webhooks: BTreeMap<String, Arc<Webhook>>,
    /// Tokens of callbacks.
    pub callback_tokens: Vec<Token>,
    /// The address for the events of each tenant.
    pub event_targets: HashMap<String, Target>,
    /// Keys by identifier.
    pub keys: HashMap<String, Key>,
    /// Test numbers by tenant and keyed hash.
    pub test_numbers: HashMap<(String, Vec<u8>), TestNumber>,
}

/// A connector, ready to be called or with the reason why it is not.
pub struct Connector {
    /// Its row.
    pub row: registry::Connector,
    /// The plugin that was loaded, as it was installed then.
    plugin: Option<PluginRow>,
    /// The plugin and the config.
    pub ready: Result<Ready, Phrase>,
}

/// Connectors, and the revision of the database that they were loaded at.
pub struct Loaded {
    revision: String,
    connectors: BTreeMap<String, Arc<Connector>>,
}

/// A plugin that was loaded for a connector.
#[derive(Clone)]
pub struct Ready {
    /// The plugin, called for the tenant.
    pub plugin: Plugin,
    /// The config, with its secrets.
    pub config: Config,
}

impl Catalog {
    /// The test number with a keyed hash, unless it ended.
    pub fn test_number(&self, tenant: &str, number_hash: &[u8], now: i64) -> Option<&TestNumber> {
        let key = (tenant.to_owned(), number_hash.to_vec());
        let found = self.test_numbers.get(&key);
        found.filter(|test| test.expires_at > now)
    }

    /// Loads the connectors; unchanged ones are reused. Blocks its thread while a plugin compiles.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they cannot be read.
    pub fn load(parts: Parts<'_>, before: &Self) -> Result<Loaded, StoreError> {
        let (revision, rows, plugins) = parts.store.read(|db| {
            // First: a change by another program during this read then causes another read.
            let revision = registry::setting(db, "revision")?.unwrap_or_default();
            let (rows, plugins) = (registry::connectors(db)?, registry::plugins(db)?);
            Ok::<_, StoreError>((revision, rows, plugins))
        })?;
        let load = |row: registry::Connector| {
            let plugin = plugins.iter().find(|plugin| plugin.id == row.plugin);
            let connector = match before.connectors.get(&row.id) {
                Some(old) if old.is_still(&row, plugin) => old.clone(),
                _ => Arc::new(Connector::load(parts, row, plugin)),
            };
            (connector.row.id.clone(), connector)
        };
        Ok(Loaded {
            revision,
            connectors: rows.into_iter().map(load).collect(),
        })
    }

    /// The connectors that it has.
    pub fn loaded(&self) -> Loaded {
        Loaded {
            revision: self.revision.clone(),
            connectors: self.connectors.clone(),
        }
    }

    /// Reads everything except the connectors, of which those that still exist are reused.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read.
    pub fn read(parts: Parts<'_>, loaded: Loaded) -> Result<Self, StoreError> {
        parts.store.read(|db| {
            let Loaded {
                revision,
                mut connectors,
            } = loaded;
            let ids = registry::connector_ids(db)?;
            connectors.retain(|id, _| ids.contains(id));
            let tenants = registry::tenants(db)?;
            let plugins = registry::plugins(db)?;
            let mut flows: HashMap<String, Vec<Flow>> = HashMap::new();
            for (tenant, flow) in registry::flows(db)? {
                flows.entry(tenant).or_default().push(flow);
            }
            let keys = registry::keys(db)?;
            let numbers = registry::test_numbers(db)?;
            Ok::<_, StoreError>(Self {
                revision,
                is_stopped: registry::setting(db, "is_stopped")?.as_deref() == Some("1"),
                tenants: tenants.into_iter().map(|t| (t.id.clone(), t)).collect(),
                plugins: plugins.into_iter().map(|p| (p.id.clone(), p)).collect(),
                connectors,
                webhooks: open_webhooks(parts.keys, webhooks::webhooks(db)?),
                flows,
                callback_tokens: callbacks::tokens(db)?,
                event_targets: events::targets(db)?
                    .into_iter()
                    .map(|target| (target.tenant.clone(), target))
                    .collect(),
                keys: keys.into_iter().map(|key| (key.id.clone(), key)).collect(),
                test_numbers: numbers
                    .into_iter()
                    .map(|n| ((n.tenant.clone(), n.number_hash.clone()), n))
                    .collect(),
            })
        })
    }

    /// Returns true if a tenant's connector reports used codes to its provider.
    pub fn reports(&self, tenant: &str, connector: &str) -> bool {
        let tenant = self.tenants.get(tenant);
        if !tenant.is_some_and(|tenant| tenant.settings.report_used_codes) {
            return false;
        }
        let found = self.connectors.get(connector);
        found.is_some_and(|c| {
            let ready = c.ready.as_ref();
            ready.is_ok_and(|ready| ready.plugin.description().has_receipts)
        })
    }

    /// The most specific flow for a usage and a country.
    ///
    /// A flow for the usage and the country takes precedence over one for the usage and `*`, that over one for `*` and
    /// the country, and that over one for `*` and `*`.
    pub fn flow(&self, tenant: &str, usage: &str, country: &str) -> Option<&Flow> {
        let flows = self.flows.get(tenant)?;
        let wanted = [(usage, country), (usage, "*"), ("*", country), ("*", "*")];
        wanted
            .iter()
            .find_map(|(u, c)| flows.iter().find(|f| f.usage == *u && f.country == *c))
    }

    /// The connectors that serve a usage and a country, in order: those of the most specific flow.
    pub fn route(&self, tenant: &str, usage: &str, country: &str) -> Vec<Arc<Connector>> {
        let flow = self.flow(tenant, usage, country);
        let ids = flow
            .map(|flow| flow.connectors.as_slice())
            .unwrap_or_default();
        let found = ids.iter().filter_map(|id| self.connectors.get(id));
        found.filter(|c| c.row.tenant == tenant).cloned().collect()
    }
}

/// Returns the webhooks that open. The others accept no requests, and the log reports them.
fn open_webhooks(keys: &Keyring, rows: Vec<webhooks::Webhook>) -> BTreeMap<String, Arc<Webhook>> {
    let open = |row: webhooks::Webhook| {
        let id = row.id.clone();
        let webhook = Webhook::open(keys, row);
        if webhook.is_none() {
            tracing::error!(webhook = %id, "a webhook cannot be read; it takes no requests");
        }
        webhook.map(|webhook| (id, Arc::new(webhook)))
    };
    rows.into_iter().filter_map(open).collect()
}

impl Connector {
    /// The plugin's digest.
    pub fn digest(&self) -> &str {
        self.plugin.as_ref().map_or("", |plugin| &plugin.digest)
    }

    fn is_still(&self, row: &registry::Connector, plugin: Option<&PluginRow>) -> bool {
        self.row.revision == row.revision
            && self.row.config == row.config
            && self.row.secrets == row.secrets
            && self.row.confirmed == row.confirmed
            && self.plugin.as_ref() == plugin
    }

    fn load(parts: Parts<'_>, row: registry::Connector, plugin: Option<&PluginRow>) -> Self {
        let ready = match plugin {
            Some(plugin) => ready(parts, &row, plugin),
            None => Err(phrase!(
                "not-installed",
                "its plugin {plugin} is not installed",
                plugin = &row.plugin
            )),
        };
        Self {
            plugin: plugin.cloned(),
            row,
            ready,
        }
    }
}

fn ready(parts: Parts<'_>, row: &registry::Connector, plugin: &PluginRow) -> Result<Ready, Phrase> {
    let open: Vec<&str> = row
        .wanted
        .iter()
        .filter(|origin| !row.confirmed.contains(origin))
        .map(String::as_str)
        .collect();
    if !open.is_empty() {
        return Err(phrase!(
            "not-confirmed",
            "a host administrator has to confirm that its config may reach {origins}: auth-host connector confirm",
            origins = open.join(", ")
        ));
    }
    let config = parts
        .keys
        .decrypt(&row.tenant, Purpose::Configs, &row.id, &row.config)
        .map_err(|error| phrase!("config-unreadable", of error))?;
    let loaded = load_plugin(parts, plugin, &row.confirmed)?;
    Ok(Ready {
        plugin: loaded.for_tenant(row.tenant.as_str()),
        config: Config::new(String::from_utf8_lossy(&config).into_owned()),
    })
}

/// Loads an installed plugin with its granted origins, and with those that its config named and an administrator
/// confirmed.
///
/// # Errors
///
/// One line with the reason for the refusal.
pub fn load_plugin(
    parts: Parts<'_>,
    plugin: &PluginRow,
    more: &[String],
) -> Result<Plugin, Phrase> {
    let component = parts
        .store
        .read(|db| registry::component(db, &plugin.id))
        .map_err(|error| phrase!("store-failed", of error))?
        .unwrap_or_default();
    let beyond = [&plugin.beyond, more].concat();
    let grants = grants(&plugin.origins, &beyond, &plugin.limits)?;
    let loaded = match &plugin.manifest {
        Some(manifest) => {
            // The signature was checked at installation; since then the bytes in the database are trusted.
            let package = Package::new(component.as_slice(), manifest.clone(), None::<Vec<u8>>);
            parts.host.load_package(package, &grants)
        }
        None => {
            let mut egress = grants.egress;
            for origin in grants.beyond.origins() {
                egress.allow(origin.clone());
            }
            parts
                .host
                .load_with(component.as_slice(), egress, Some(&plugin.digest))
        }
    };
    loaded.map_err(|error| error.phrase())
}

/// Grants these origins, and these beyond a manifest's own. An origin that a manifest requests and that is not among
/// them is not granted. Limits are caps, by their keys in a manifest, and [`COMPONENT_BYTES`].
///
/// # Errors
///
/// One line about an invalid origin or limit.
pub fn grants(
    origins: &[String],
    beyond: &[String],
    limits: &BTreeMap<String, u64>,
) -> Result<Grants, Phrase> {
    let mut grants = Grants {
        accept_less: true,
        ..Grants::default()
    };
    for origin in origins {
        grants = grants.allow(origin).map_err(|error| error.phrase())?;
    }
    for origin in beyond {
        grants = grants
            .allow_beyond(origin)
            .map_err(|error| error.phrase())?;
    }
    for (key, most) in limits {
        grants = match Limit::named(key) {
            Some(limit) => grants.cap(limit, *most),
            None if key == COMPONENT_BYTES => grants.component_bytes(*most),
            None => {
                let known = Limit::ALL.map(Limit::as_str).join(", ");
                return Err(phrase!(
                    "no-limit",
                    "there is no limit \"{key}\". Those that can be granted are {first}, {known}",
                    key = key.escape_debug().to_string(),
                    first = COMPONENT_BYTES,
                    known = known
                ));
            }
        };
    }
    Ok(grants)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::{TestApp, connector, plugin};

    /// The connector as the catalog has it after a plugin was put.
    async fn loaded(test: &TestApp, plugin: PluginRow) -> Arc<Connector> {
        let put = test
            .app
            .store
            .write(move |db| registry::put_plugin(db, &plugin, b"none"));
        put.await.unwrap();
        test.app.reload().unwrap();
        test.app.catalog.load().connectors["c_1"].clone()
    }

    /// One component may have another manifest, which requests less.
    #[tokio::test]
    async fn connector_is_loaded_again_when_its_plugin_changed() {
        let test = TestApp::new().await;
        let row = connector("c_1");
        let put = test.app.store.write(move |db| {
            registry::put_plugin(db, &plugin("{}"), b"none")?;
            registry::put_connector(db, &row)
        });
        put.await.unwrap();
        let first = loaded(&test, plugin("{}")).await;
        let same = loaded(&test, plugin("{}")).await;
        assert!(Arc::ptr_eq(&first, &same));
        let granted = PluginRow {
            origins: vec!["https://a.example".to_owned()],
            ..plugin("{}")
        };
        let origins = loaded(&test, granted.clone()).await;
        assert!(!Arc::ptr_eq(&same, &origins));
        let other = PluginRow {
            manifest: Some(b"{ }".to_vec()),
            ..granted
        };
        let manifest = loaded(&test, other).await;
        assert!(!Arc::ptr_eq(&origins, &manifest));
    }
}
