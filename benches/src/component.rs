//! The other side of the ratios: the component in the host library, with the library's own defaults.

use crate::work::{CODE, Result, accepted, config, number, told};
use auth_connector_host::{CannedAnswer, Config, ConnectorHost, HostBuilder, Message, Plugin};
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
    /// The same in a list, which is parsed whole and then refused.
    listed_config: Config,
}

/// The number that the canned answer is about.
const STUBBED: u64 = 1;

impl Component {
    /// Loads both.
    pub fn open(url: &str, authority: Option<&[u8]>) -> Result<Self> {
        let mut live = builder().allow(url).map_err(told)?;
        if let Some(authority) = authority {
            live = live.trust_pem(authority);
        }
        let live = live
            .with(|options| options.system_roots = false)
            .build()
            .map_err(told)?;
        Ok(Self {
            live: live.load(wasm()?).map_err(told)?,
            stubbed: stubbed(Duration::ZERO, |_| ())?,
            config: Config::new(config(url, 0)),
            stub_config: Config::new(config(STUB_ENDPOINT, 0)),
            listed_config: Config::new(format!("[{}]", config(STUB_ENDPOINT, 0))),
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
                .map_err(told),
            "stub" => self
                .stubbed
                .send_message(&self.stub_config, &message(STUBBED))
                .await
                .map(drop)
                .map_err(told),
            "start" => self.stubbed.start().await.map(drop).map_err(told),
            "metadata" => self.stubbed.metadata().await.map(drop).map_err(told),
            "parse" => {
                let found = self
                    .stubbed
                    .validate_config(&self.listed_config, &[])
                    .await
                    .map_err(told)?;
                match found.as_slice() {
                    [finding] if finding.code == "wrong-type" => Ok(()),
                    _ => Err("a config in a list was not refused after parsing".to_owned()),
                }
            }
            "validate" => {
                let found = self
                    .stubbed
                    .validate_config(&self.stub_config, &[])
                    .await
                    .map_err(told)?;
                if found.is_empty() {
                    Ok(())
                } else {
                    Err("the config has findings".to_owned())
                }
            }
            "preview" => self
                .stubbed
                .preview_message(&self.stub_config, &message(index))
                .await
                .map(drop)
                .map_err(told),
            other => Err(format!("the component has no `{other}`")),
        }
    }
}

/// Where stubbed requests would go.
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
        .map_err(told)?
        .with(|options| {
            options.system_roots = false;
            options.canned = Some(canned);
        })
        .with(change)
        .build()
        .map_err(told)?;
    host.load(wasm()?).map_err(told)
}

/// A message to the number that the canned answer is about.
pub fn stub_message() -> Message {
    message(STUBBED)
}

/// A message to a number of its own.
pub fn message(index: u64) -> Message {
    Message::code(number(index), "Register", CODE)
}
