//! Page faults of a send. Two of them increase the time of a send by half, and only the kernel's profile shows them.

use crate::support::trial::OK;
use crate::support::{self, CODE, MAINLAND, accepted, alone, host};
use auth_connector_host::{CannedAnswer, Message, Plugin, Residency};
use std::time::Duration;

const SENDS: u32 = 300;

/// A slot keeps the pages that a send writes to, so that the next send reuses them. `cargo xtask bench` runs this too,
/// with optimised code.
#[test]
fn warm_send_causes_no_page_faults() {
    if !alone("pages::warm_send_causes_no_page_faults") {
        return;
    }
    let mut kept = Residency::default();
    if !kernel_reports_written_pages() {
        // Without that report a slot keeps the beginning of a memory, not the pages that were used.
        kept.memory_bytes = 128 << 10;
    }
    if cfg!(debug_assertions) {
        // Functions of the host run on the plugin's stack, and need more of it without optimisation.
        kept.stack_bytes = Some(64 << 10);
    }
    // An allocator that gets its first block, a timer wheel's page: a few in hundreds of sends.
    assert!(faults_per_send(kept.clone()) < 0.1);
    let smaller = [
        Residency {
            memory_bytes: 0,
            ..kept.clone()
        },
        Residency {
            table_bytes: 0,
            ..kept.clone()
        },
        Residency {
            stack_bytes: Some(0),
            ..kept
        },
    ];
    for kept in smaller {
        assert!(faults_per_send(kept.clone()) > 0.9, "{kept:?}");
    }
}

/// `PAGEMAP_SCAN` came with Linux 6.7.
fn kernel_reports_written_pages() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|part| part.parse().ok());
    let version: (u32, u32) = (numbers.next().unwrap(), numbers.next().unwrap());
    version >= (6, 7)
}

/// The memory has the same size at the start of an instance and at the end of a send: each growth is a system call.
#[tokio::test]
async fn send_does_not_grow_memory() {
    let plugin = answered_at_once(Residency::default());
    let started = plugin.start().await.unwrap();
    let config = support::to_config(&support::config(Some(ENDPOINT)));
    let message = Message::to(MAINLAND).usage("Register").code(CODE);
    let sent = plugin.send_message_reported(&config, &message).await;
    accepted(sent.outcome);
    assert_eq!(sent.report.memory_bytes, started.memory_bytes);
}

/// A canned response has no connection to wait for, which takes 1 ms. The least of many times is what the machine
/// permits.
#[tokio::test]
async fn canned_response_takes_no_settling_time() {
    let plugin = answered_at_once(Residency::default());
    let config = support::to_config(&support::config(Some(ENDPOINT)));
    let message = Message::to(MAINLAND).usage("Register").code(CODE);
    let mut least = Duration::MAX;
    for _ in 0..SENDS {
        let sent = plugin.send_message_reported(&config, &message).await;
        accepted(sent.outcome);
        least = least.min(sent.report.http[0].total);
    }
    assert!(least < Duration::from_millis(1), "{least:?}");
}

const ENDPOINT: &str = "http://127.0.0.1:9";

/// The connector, with a response to every request and no network.
fn answered_at_once(kept: Residency) -> Plugin {
    support::load(host().allow(ENDPOINT).unwrap().with(|options| {
        options.residency = kept;
        options.canned = Some(CannedAnswer {
            status: 200,
            body: OK.into(),
            delay: Duration::ZERO,
        });
    }))
}

/// Minor page faults of this process per send, with an immediate response to each message.
fn faults_per_send(kept: Residency) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let plugin = answered_at_once(kept.clone());
    let config = support::to_config(&support::config(Some(ENDPOINT)));
    let message = Message::to(MAINLAND).usage("Register").code(CODE);
    let send = |count| {
        runtime.block_on(async {
            for _ in 0..count {
                accepted(plugin.send_message(&config, &message).await);
            }
        });
    };
    send(SENDS);
    let before = faults();
    send(SENDS);
    let each = f64::from(faults() - before) / f64::from(SENDS);
    println!("{each} faults for each send with {kept:?}");
    each
}

fn faults() -> u32 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let field = after_name.split_whitespace().nth(7);
    field.unwrap().parse().unwrap()
}
