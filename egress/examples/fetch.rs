//! Requests `/` from an origin: `fetch https://sms.example.com`.

use auth_connector_egress::{Egress, Network, Origin, Outbound};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let asked = Origin::parse(&std::env::args().nth(1).unwrap_or_default())?;
    let granted: Egress = [Origin::parse("https://sms.example.com")?]
        .into_iter()
        .collect();
    if !granted.allows(&asked) {
        return Err(format!("{asked} was not granted").into());
    }
    let outbound = Outbound::new(&Network::default())?;
    let mut stream = outbound.connect(&asked, Duration::from_secs(5)).await?;
    let request = format!(
        "GET / HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        asked.host()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    println!("{answer}");
    Ok(())
}
