//! Sends a code: `embed connector.wasm config.json https://the-providers-host +8613800138000`.

use auth_connector_host::{Config, ConnectorHost, Message, SendError};
use std::error::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, component, config, origin, to] = arguments.as_slice() else {
        return Err("four arguments".into());
    };

    let host = ConnectorHost::builder().allow(origin)?.build()?;
    let plugin = host.load(component.as_str())?;
    let config = Config::new(std::fs::read_to_string(config)?);
    for finding in plugin.validate_config(&config, &[]).await? {
        eprintln!("{}: {}", finding.pointer, finding.message);
    }
    match plugin
        .send_message(&config, &Message::code(to, "Register", "918273"))
        .await
    {
        Ok(receipt) => println!("accepted as {}", receipt.message_id),
        Err(SendError::NotSent(why)) => println!("not sent, safe to try again: {why}"),
        Err(SendError::Unknown(why)) => println!("it may arrive, do not send again blindly: {why}"),
    }
    Ok(())
}
