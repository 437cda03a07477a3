//! Sends a code: `embed connector.wasm config.json https://the-providers-host +8613800138000`.

use auth_connector_host::{Config, ConnectorHost, Message, SendError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, component, config, origin, to] = arguments.as_slice() else {
        return Err("four arguments: component, config, origin, number".into());
    };
    let host = ConnectorHost::builder().allow(origin)?.build()?;
    let plugin = host.load(component.as_str())?.for_tenant("acme");
    let config = Config::new(std::fs::read_to_string(config)?);
    let message = Message::to(to).usage("Register").code("918273");
    let message = message.correlation_id("register-4711");
    // On a task of its own: a send whose future is dropped loses its outcome.
    let sending = tokio::spawn(async move { plugin.send_message(&config, &message).await });
    match sending.await? {
        Ok(receipt) => println!("accepted as {}", receipt.message_id),
        Err(SendError::NotSent(why)) => println!("not sent, safe to try again: {why}"),
        Err(SendError::Unknown(why)) => println!("may arrive, look it up: {why}"),
    }
    Ok(())
}
