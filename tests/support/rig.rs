//! Component and simulator, connected.

use super::{config, connector, to_config};
use auth_connector_host::{HostBuilder, Message, Plugin, Receipt, SendError};
use serde_json::Value;
use tencent_sms_simulator::Simulator;

/// A simulator with TLS, and the component in a host that trusts and reaches it.
pub struct Rig {
    pub simulator: Simulator,
    pub plugin: Plugin,
}

impl Rig {
    pub fn new() -> Self {
        Self::with(Simulator::builder().start_blocking_tls(), connector::host())
    }

    /// Starts with a frozen clock on both sides.
    pub fn at(server_unix_s: i64, host: HostBuilder) -> Self {
        Self::with(
            Simulator::builder()
                .frozen_clock(server_unix_s)
                .start_blocking_tls(),
            host,
        )
    }

    fn with(simulator: Simulator, host: HostBuilder) -> Self {
        let host = host.allow(&simulator.url()).unwrap();
        let plugin = connector::load(host.trust_pem(simulator.ca_pem().unwrap().as_bytes()));
        Self { simulator, plugin }
    }

    /// The config for this simulator.
    pub fn config(&self) -> Value {
        config(Some(&self.simulator.url()))
    }

    pub async fn send(&self, message: &Message) -> Result<Receipt, SendError> {
        self.send_with(&self.config(), message).await
    }

    pub async fn send_with(&self, config: &Value, message: &Message) -> Result<Receipt, SendError> {
        self.plugin.send_message(&to_config(config), message).await
    }

    /// The texts in the inbox, oldest first.
    pub fn texts(&self) -> Vec<String> {
        let messages = self.simulator.messages();
        messages.into_iter().map(|message| message.text).collect()
    }
}

/// Starts with TLS.
trait StartTls {
    fn start_blocking_tls(self) -> Simulator;
}

impl StartTls for tencent_sms_simulator::Builder {
    fn start_blocking_tls(self) -> Simulator {
        self.tls(true).start_blocking().unwrap()
    }
}
