//! The component in the host library, with the library's own defaults.

use crate::work::{CODE, Result, accepted, as_text, config, number};
use auth_connector_host::{CannedAnswer, Config, ConnectorHost, HostBuilder, Message, Plugin};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// The component's file.
pub fn wasm() -> Result<PathBuf> {
    std::env::var_os("CONNECTOR_WASM")
        .map(PathBuf::from)
        .ok_or_else(|| "CONNECTOR_WASM is not set".to_owned())
}

/// A host with compiled code from the cache, as one would run it.
pub fn builder() -> HostBuilder {
    ConnectorHost::builder().cache_dir(std::env::temp_dir().join("connector-bench-cache"))
}

/// A loaded plugin with a network, and one whose requests are answered without.
pub struct Component {
    live: Plugin,
    stubbed: Plugin,
    config: Config,
    stub_config: Config,
}

/// The number that the canned answer is about.
const STUBBED: u64 = 1;

impl Component {
    /// Loads both.
    pub fn open(url: &str, authority: Option<&[u8]>) -> Result<Self> {
        let mut live = builder().allow(url).map_err(as_text)?;
        if let Some(authority) = authority {
            live = live.trust_pem(authority);
        }
        let live = live
            .with(|options| options.system_roots = false)
            .build()
            .map_err(as_text)?;
        Ok(Self {
            live: live.load(wasm()?).map_err(as_text)?,
            stubbed: stubbed(Duration::ZERO, |_| ())?,
            config: Config::new(config(url, 0)),
            stub_config: Config::new(config(STUB_ENDPOINT, 0)),
        })
    }

    /// Does the thing once.
    pub async fn once(&self, op: &str, index: u64) -> Result {
        match op {
            "send" => self
                .live
                .send_message(&self.config, &message(index))
                .await
                .map(drop)
                .map_err(as_text),
            "stub" => self
                .stubbed
                .send_message(&self.stub_config, &message(STUBBED))
                .await
                .map(drop)
                .map_err(as_text),
            "start" => self.stubbed.start().await.map(drop).map_err(as_text),
            other => Err(format!("the component has no `{other}`")),
        }
    }
}

/// Address of stubbed requests, which are not sent.
pub const STUB_ENDPOINT: &str = "http://127.0.0.1:9";

/// A plugin whose requests are answered after `delay` without a network.
pub fn stubbed(
    delay: Duration,
    change: impl FnOnce(&mut auth_connector_host::HostOptions),
) -> Result<Plugin> {
    let canned = CannedAnswer {
        status: 200,
        body: accepted(&number(STUBBED)).into(),
        delay,
    };
    let host = builder()
        .allow(STUB_ENDPOINT)
        .map_err(as_text)?
        .with(|options| {
            options.system_roots = false;
            options.canned = Some(canned);
        })
        .with(change)
        .build()
        .map_err(as_text)?;
    host.load(wasm()?).map_err(as_text)
}

/// The size of the component in bytes, and Wasmtime's count of executed instructions in a whole send.
pub fn measure() -> Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(as_text)?;
    let bytes = std::fs::metadata(wasm()?).map_err(as_text)?.len();
    let fuel = runtime.block_on(async {
        let plugin = stubbed(Duration::ZERO, |options| options.count_fuel = true)?;
        let config = Config::new(config(STUB_ENDPOINT, 0));
        let sent = plugin.send_message_reported(&config, &stub_message()).await;
        sent.outcome.map_err(as_text)?;
        Ok::<_, String>(sent.report.fuel)
    })?;
    Ok(json!({"bytes": bytes, "fuel_of_a_send": fuel}))
}

/// A message to the number that the canned answer is about.
pub fn stub_message() -> Message {
    message(STUBBED)
}

/// A message to a number of its own.
pub fn message(index: u64) -> Message {
    Message::to(number(index)).usage("Register").code(CODE)
}
