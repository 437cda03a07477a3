//! Resources that a whole send needs, measured for each limit, and compared with the default.

use crate::support::{self, CODE, MAINLAND, component, host};
use auth_connector_host::{Limits, Message};
use std::future::Future;
use tencent_sms_simulator::{Catalogue, NumberLimits, Simulator};

/// A page of WebAssembly's memory, in bytes.
const PAGE: usize = 64 << 10;

/// One limit: its name, its default, and its setter.
struct Limit {
    name: &'static str,
    default: u64,
    set: fn(&mut Limits, u64),
    /// The least factor between the need and the default.
    factor: u64,
}

fn limits() -> Vec<Limit> {
    let default = Limits::default();
    let limit = |name, default, set, factor| Limit {
        name,
        default,
        set,
        factor,
    };
    vec![
        limit(
            "handles",
            default.handles as u64,
            |limits, to| limits.handles = to as usize,
            4,
        ),
        limit(
            "pages of memory",
            (default.memory_bytes / PAGE) as u64,
            |limits, to| limits.memory_bytes = to as usize * PAGE,
            16,
        ),
        limit(
            "table elements",
            default.table_elements as u64,
            |limits, to| limits.table_elements = to as usize,
            8,
        ),
        limit(
            "bytes across the boundary",
            default.crossing_bytes as u64,
            |limits, to| limits.crossing_bytes = to as usize,
            16,
        ),
        limit(
            "requests",
            u64::from(default.requests),
            |limits, to| limits.requests = u32::try_from(to).unwrap(),
            8,
        ),
        limit(
            "bytes of a request's body",
            default.request_body_bytes,
            |limits, to| limits.request_body_bytes = to,
            64,
        ),
        limit(
            "bytes of an answer's body",
            default.response_body_bytes,
            |limits, to| limits.response_body_bytes = to,
            64,
        ),
    ]
}

/// The least number with which a call succeeds, up to `most`, with which it does.
async fn least<F: Future<Output = bool>>(most: u64, mut succeeds: impl FnMut(u64) -> F) -> u64 {
    let (mut fails, mut works) = (0, most);
    while works - fails > 1 {
        let middle = fails + (works - fails) / 2;
        if succeeds(middle).await {
            works = middle;
        } else {
            fails = middle;
        }
    }
    works
}

/// The config of the largest send uses every field.
#[tokio::test]
async fn largest_send_needs_fraction_of_default_limits() {
    let catalogue = Catalogue {
        limits: NumberLimits {
            same_content_interval_s: None,
            per_day: None,
            ..NumberLimits::default()
        },
        requests_per_second: [].into(),
        ..Catalogue::default()
    };
    let simulator = Simulator::builder()
        .catalogue(catalogue)
        .start_blocking()
        .unwrap();
    let mut config = support::config(Some(&simulator.url()));
    // Two hundred templates: more than any operator has, and a config as long as the connector's limits allow.
    let templates: Vec<_> = (0..200)
        .map(|number| serde_json::json!({"usageType": format!("Usage{number}"), "templateCode": "1110000"}))
        .chain(config["templates"].as_array().unwrap().clone())
        .collect();
    config["templates"] = templates.into();
    let config = support::to_config(&config);
    for limit in limits() {
        let needed = least(limit.default, |to| {
            let host = host()
                .allow(&simulator.url())
                .unwrap()
                .with(|options| (limit.set)(&mut options.limits, to))
                .build()
                .unwrap();
            // Some limits take effect when the plugin is loaded.
            let plugin = host.load(component()).ok();
            let config = config.clone();
            async move {
                let message = Message::to(MAINLAND).usage("Register").code(CODE);
                match plugin {
                    Some(plugin) => plugin.send_message(&config, &message).await.is_ok(),
                    None => false,
                }
            }
        })
        .await;
        let Limit {
            name,
            default,
            factor,
            ..
        } = limit;
        println!("{name}: {needed} of {default}");
        assert!(needed * factor <= default, "{name}: {needed} of {default}");
    }
}
