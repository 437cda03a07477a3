//! What a kept connection that the provider closes does to a send.

use super::connections::plugin;
use super::page::Section;
use super::provider::{Manner, Provider};
use super::{Size, one_thread};
use crate::component::stub_message;
use crate::work::{Result, config};
use auth_connector_host::{Config, SendError};
use std::time::Duration;

/// When it is closed: what to call it, how the provider does it, and how long the sender waits between sends.
const WAYS: [(&str, Manner, Duration); 5] = [
    (
        "never",
        Manner::Answers(Duration::ZERO),
        Duration::from_millis(5),
    ),
    (
        "5 ms before the next send",
        Manner::ClosesAfter(Duration::ZERO),
        Duration::from_millis(5),
    ),
    (
        "right after its answer, as the next send begins",
        Manner::ClosesAfter(Duration::ZERO),
        Duration::ZERO,
    ),
    (
        "when a byte of the next request arrives",
        Manner::ClosesAtTheSecond,
        Duration::ZERO,
    ),
    (
        "the same after 1.1 s without a request",
        Manner::ClosesAtTheSecond,
        Duration::from_millis(1_100),
    ),
];

/// All ways, one send after another.
pub fn measure(size: Size) -> Result<Vec<Section>> {
    let mut rows = Vec::new();
    for (name, manner, pause) in WAYS {
        let sends = match (pause > Duration::from_secs(1), size.quick) {
            (true, true) => continue,
            (true, false) => 12,
            (false, true) => 100,
            (false, false) => 400,
        };
        let provider = Provider::start(manner)?;
        let plugin = plugin(&provider.url, None, |_| ())?;
        let config = Config::new(config(&provider.url, 0));
        let (accepted, not_sent, unknown) = one_thread()?.block_on(async {
            let mut ended = (0, 0, 0);
            for _ in 0..sends {
                match plugin.send_message(&config, &stub_message()).await {
                    Ok(_) => ended.0 += 1,
                    Err(SendError::NotSent(_)) => ended.1 += 1,
                    Err(SendError::Unknown(_)) => ended.2 += 1,
                }
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            ended
        });
        rows.push(
            [
                name.to_owned(),
                sends.to_string(),
                accepted.to_string(),
                not_sent.to_string(),
                unknown.to_string(),
            ]
            .into(),
        );
    }
    let titles = [
        "the provider closes a connection",
        "sends",
        "accepted",
        "not sent",
        "unknown",
    ];
    Ok(vec![Section::table("closed", &titles, &rows)])
}
