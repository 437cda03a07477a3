//! Sends `count` codes one after another: `send_many connector.wasm config.json origin first-number count`.
//!
//! The comparison of hosts in `docs/hosts.md` measures this program from outside as the cost of this library. Numbers
//! are national ones of mainland China, each of the next one higher.

use auth_connector_host::{Config, ConnectorHost, Message};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, component, config, origin, first, count] = arguments.as_slice() else {
        return Err("five arguments: component, config, origin, first number, count".into());
    };
    let cache = std::env::temp_dir().join("send-many-cache");
    let host = ConnectorHost::builder()
        .allow(origin)?
        .cache_dir(cache)
        .build()?;
    let plugin = host.load(component.as_str())?;
    let config = Config::new(std::fs::read_to_string(config)?);
    let first: u64 = first.parse()?;
    for number in first..first + count.parse::<u64>()? {
        let message = Message::to(format!("+86{number}"))
            .usage("SignIn")
            .code("123456");
        if plugin.send_message(&config, &message).await.is_err() {
            return Err("a message was not accepted".into());
        }
    }
    Ok(())
}
