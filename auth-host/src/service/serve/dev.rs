//! `serve --dev`: a simulator in the same process and a working flow, so that one command shows a code arriving.
//!
//! The only module that depends on a provider.

use super::settings::Settings;
use super::{Access, Addresses};
use crate::exit::Stop;
use crate::files;
use crate::mask;
use crate::service::admin::{Actor, connectors, keys, plugins, tenants, versions};
use crate::service::app::{App, Made};
use crate::service::ids;
use crate::service::store::registry::{self, Flow};
use auth_connector_registry::guides::{self, Texts};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tencent_sms_simulator::Simulator;

/// The path at which this repository builds its connector.
const COMPONENT: &str = "target/wasm32-wasip2/release/tencent_sms_connector.wasm";

/// The key pair that Tencent Cloud's documentation publishes as an example. It gives no access.
const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

/// The setting of a database that this module made.
const MARK: &str = "made_by_dev";

/// A simulator that runs, and the connector that is to use it.
pub struct Dev {
    simulator: Simulator,
    component: Vec<u8>,
    guides: Vec<(String, String)>,
    /// A folder that is deleted when the service ends.
    _folder: Option<Folder>,
}

/// The guides of the repository that a connector was built in; none elsewhere.
fn guides_beside(component: &Path) -> Vec<(String, String)> {
    let root = component.ancestors().nth(COMPONENT.split('/').count());
    let folder = root.map(|root| root.join("guides"));
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let mut found = Vec::new();
    for entry in entries.into_iter().flatten().flatten() {
        let path = entry.path();
        let text = files::read(&path, guides::GUIDE).ok();
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
        let language = path.to_str().and_then(guides::language);
        if let (Some(language), Some(text)) = (language, text) {
            found.push((language.to_owned(), text));
        }
    }
    found
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Marks a new database as this module's, and refuses any other: its flow, its plugin's origins and its tenant's
/// countries would be replaced permanently.
async fn claim(app: &App, opened: Made) -> Result<(), Stop> {
    if opened.database {
        let marked = app.store.write(|db| registry::put_setting(db, MARK, "1"));
        return Ok(marked.await?);
    }
    if app.store.read(|db| registry::setting(db, MARK))?.is_some() {
        return Ok(());
    }
    Err(Stop::usage(format!(
        "{} was not made by --dev, which would replace its flow and its plugin. Nothing of that was changed. Leave out \
        --data, AUTH_HOST_DATA and the setting `data` for a folder that goes when the service ends, or name a new one",
        mask::path(&app.files.database)
    )))
}

impl Dev {
    /// Starts the simulator. Unless a setting names a folder, the service gets one that is deleted when it ends.
    ///
    /// # Errors
    ///
    /// [`Stop`] when the connector was not built.
    pub async fn prepare(
        settings: &mut Settings,
        component: Option<PathBuf>,
    ) -> Result<Self, Stop> {
        let path = component.unwrap_or_else(|| COMPONENT.into());
        let component = files::named(&path, 16 << 20).map_err(|stop| {
            Stop::usage(format!(
                "{}. Build the connector: cargo build --release --target wasm32-wasip2; or name another by --component \
                FILE",
                stop.message
            ))
        })?;
        let folder = (!settings.is_data_named).then(|| {
            let folder = std::env::temp_dir().join(ids::new("auth-host-dev"));
            settings.data.clone_from(&folder);
            settings.key_file = None;
            Folder(folder)
        });
        let simulator = Simulator::start()
            .await
            .map_err(|error| Stop::machine(error.to_string()))?;
        Ok(Self {
            simulator,
            guides: guides_beside(&path),
            component,
            _folder: folder,
        })
    }

    /// Sets up tenant, plugin, connector, flow and a key. Returns the text to print once the service listens, and the
    /// values for the sample.
    ///
    /// # Errors
    ///
    /// [`Stop`] when one of them is refused.
    pub async fn set_up(
        &self,
        app: Arc<App>,
        opened: Made,
    ) -> Result<(impl Fn(&Addresses) -> String + use<>, Access), Stop> {
        let app = &app;
        claim(app, opened).await?;
        let actor = Actor("dev".to_owned());
        let url = self.simulator.url();
        let countries = json!({"default_country": "CN", "home_countries": ["CN"]});
        tenants::put(app, &actor, "default", &countries).await?;
        let plugin = plugins::NewPlugin {
            name: Some("tencent-sms".to_owned()),
            component: self.component.clone(),
            origins: vec![url.clone()],
            is_unsigned: true,
            texts: Texts {
                guides: self.guides.clone(),
                logo: None,
            },
            ..plugins::NewPlugin::default()
        };
        versions::add(app, &actor, plugin).await?;
        let codes = json!({"mainland": "1110000", "international": "1110002"});
        let templates = ["SignIn", "Register", "ForgotPassword", "Generic"]
            .map(|usage| json!({"usageType": usage, "templateCode": codes}));
        let put = connectors::Put {
            tenant: "default",
            name: "simulator",
            plugin: Some("tencent-sms"),
            config: json!({
                "accessKeyId": SECRET_ID, "accessKeySecret": SECRET_KEY, "signName": "腾讯云",
                "sdkAppId": "1400006666", "region": "ap-guangzhou", "endpoint": url, "templates": templates,
            }),
            locales: &[],
        };
        connectors::put(app, &actor, put).await?;
        let flow = Flow {
            usage: "*".to_owned(),
            country: "*".to_owned(),
            connectors: vec!["simulator".to_owned()],
        };
        tenants::put_flow(app, &actor, "default", flow).await?;
        let scopes = ["verify".to_owned(), "message".to_owned()];
        let key = keys::add(app, &actor, Some("default"), "dev", &scopes).await?;
        let key = key.key.unwrap_or_default();
        let inbox = url;
        let access = Access {
            key: key.clone(),
            inbox: Some(inbox.clone()),
        };
        let guide = move |addresses: &Addresses| {
            format!(
                "\nNothing here reaches a phone: codes arrive at {inbox}\n\n\
                 KEY={key}\n\
                 curl -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\\n  \
                 -d '{{\"to\":\"+8613800138000\",\"usage\":\"SignIn\"}}' http://{api}/v1/verifications\n\n\
                 Take the id from the answer and the code from the inbox:\n\n\
                 curl -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\\n  \
                 -d '{{\"code\":\"123456\"}}' http://{api}/v1/verifications/ID/check",
                api = addresses.api
            )
        };
        Ok((guide, access))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::app::Files;

    #[tokio::test]
    async fn database_of_others_is_refused() {
        let folder = Folder(std::env::temp_dir().join(ids::new("dev")));
        let open = |name: &str| App::open(Files::of(&folder.0.join(name), None), |_| ()).unwrap();
        let (app, opened) = open("own");
        claim(&app, opened).await.unwrap();
        let (app, opened) = open("own");
        claim(&app, opened).await.unwrap();
        drop(open("others"));
        let (app, opened) = open("others");
        let stop = claim(&app, opened).await.unwrap_err();
        assert!(
            stop.message.contains("not made by --dev"),
            "{}",
            stop.message
        );
    }
}
