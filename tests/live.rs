//! Plugin that is replaced while it sends, and tenants that share it: no message is lost or sent twice, and no tenant
//! waits for another's flood.

use crate::support::{self, CODE, Rig, accepted, component, to_config};
use auth_connector_host::{
    CallError, ConnectorHost, LivePlugin, Message, Plugin, PolicyFault, SendError, TenantLimits,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tencent_sms_simulator::{Catalogue, Fault, Simulator};
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(20);

/// The component as its author's next version: the same code under another digest.
fn version(number: u8) -> Vec<u8> {
    let mut bytes = std::fs::read(component()).unwrap();
    // A custom section named `v` with one byte in it.
    bytes.extend([0, 3, 1, b'v', number]);
    bytes
}

fn host(simulator: &Simulator, calls: u32) -> ConnectorHost {
    support::host()
        .with(|options| {
            options.limits.concurrent_calls = calls;
            options.limits.queue_timeout = PATIENCE;
        })
        .allow(&simulator.url())
        .unwrap()
        .build()
        .unwrap()
}

/// A message to a unique number, so that the service's limits per number do not matter.
fn message(number: usize) -> Message {
    Message::to(format!("+86139{number:08}"))
        .usage("Register")
        .code(CODE)
}

/// Messages per number.
fn delivered(simulator: &Simulator) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for message in simulator.messages() {
        *counts.entry(message.to).or_default() += 1;
    }
    counts
}

/// The plugin is replaced every few milliseconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replacing_the_plugin_loses_and_doubles_no_message() {
    const WORKERS: usize = 8;
    const REPLACEMENTS: usize = 100;
    // Eight workers send more than the service accepts in a second.
    let mut catalogue = Catalogue::default();
    catalogue.requests_per_second.clear();
    let simulator = Simulator::builder()
        .catalogue(catalogue)
        .retention(100_000)
        .start_blocking()
        .unwrap();
    let host = host(&simulator, 16);
    let versions: Vec<Plugin> = (0..3)
        .map(|number| host.load(version(number)).unwrap())
        .collect();
    let live = LivePlugin::new(versions[0].clone());
    let config = Arc::new(to_config(&support::config(Some(&simulator.url()))));

    let sent = Arc::new(AtomicUsize::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        let (live, config) = (live.clone(), config.clone());
        let (sent, done) = (sent.clone(), done.clone());
        workers.spawn(async move {
            let mut digests = HashSet::new();
            while !done.load(Ordering::SeqCst) {
                let plugin = live.current().for_tenant(format!("tenant-{worker}"));
                digests.insert(plugin.description().sha256.clone());
                let message = message(sent.fetch_add(1, Ordering::SeqCst));
                accepted(plugin.send_message(&config, &message).await);
            }
            digests.len()
        });
    }
    for swap in 1..=REPLACEMENTS {
        let old = live.replace(versions[swap % versions.len()].clone());
        tokio::time::sleep(Duration::from_millis(3)).await;
        old.drain(PATIENCE).await.unwrap();
        assert_eq!(old.in_use(), 0);
    }
    done.store(true, Ordering::SeqCst);
    let digests = workers.join_all().await;
    let sent = sent.load(Ordering::SeqCst);
    println!("{sent} sends during {REPLACEMENTS} replacements");
    assert!(sent > REPLACEMENTS, "{sent} sends are no load");
    assert!(
        digests.contains(&3),
        "calls met one version only: {digests:?}"
    );
    let delivered = delivered(&simulator);
    assert_eq!(delivered.len(), sent);
    assert!(delivered.values().all(|count| *count == 1), "{delivered:?}");
    assert_eq!(simulator.complete_requests(), sent as u64);
}

/// Starts a call with a slow response; returns once the service has received it.
async fn slow(simulator: &Simulator, plugin: Plugin) -> tokio::task::JoinHandle<Outcome> {
    simulator.queue_fault(Fault::Delay { ms: 300 });
    let config = to_config(&support::config(Some(&simulator.url())));
    let before = simulator.complete_requests();
    let call = tokio::spawn(async move { plugin.send_message(&config, &message(1)).await });
    while simulator.complete_requests() == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    call
}

type Outcome = Result<auth_connector_host::Receipt, SendError>;

/// Calls start again once there is another plugin.
#[tokio::test]
async fn closed_plugin_finishes_calls_and_begins_none() {
    let rig = Rig::new();
    let live = LivePlugin::new(rig.plugin.clone());
    let config = to_config(&rig.config());
    let under_way = slow(&rig.simulator, live.current()).await;
    let closed = live.close();
    assert_eq!(closed.in_use(), 1);
    let busy = closed.drain(Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(busy.in_use, 1);
    let refused = live.current().send_message(&config, &message(2)).await;
    assert_eq!(
        refused,
        Err(SendError::NotSent(CallError::Policy(PolicyFault::Closed)))
    );
    assert_eq!(
        live.current().metadata().await,
        Err(CallError::Policy(PolicyFault::Closed))
    );
    accepted(under_way.await.unwrap());
    closed.drain(PATIENCE).await.unwrap();
    live.replace(rig.plugin.clone());
    accepted(live.current().send_message(&config, &message(3)).await);
    assert_eq!(rig.simulator.complete_requests(), 2);
}

#[tokio::test]
async fn a_tenants_flood_leaves_room_for_its_neighbours() {
    const FLOOD: usize = 24;
    let simulator = Simulator::builder().start_blocking().unwrap();
    let plugin = host(&simulator, 4).load(component()).unwrap();
    let config = Arc::new(to_config(&support::config(Some(&simulator.url()))));
    simulator.queue_faults(Fault::Delay { ms: 50 }, 1_000);
    let ended = Arc::new(AtomicUsize::new(0));
    let mut flood = JoinSet::new();
    for number in 0..FLOOD {
        let (plugin, config, ended) = (plugin.for_tenant("flood"), config.clone(), ended.clone());
        flood.spawn(async move {
            accepted(plugin.send_message(&config, &message(number)).await);
            ended.fetch_add(1, Ordering::SeqCst);
        });
    }
    while simulator.complete_requests() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let quiet = plugin.for_tenant("quiet");
    accepted(quiet.send_message(&config, &message(FLOOD)).await);
    let before = ended.load(Ordering::SeqCst);
    assert!(before < FLOOD / 2, "{before} of the flood came first");
    flood.join_all().await;
    assert_eq!(simulator.complete_requests(), FLOOD as u64 + 1);
}

#[tokio::test]
async fn tenant_beyond_limits_is_told_and_sends_nothing() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let plugin = host(&simulator, 4).load(component()).unwrap();
    let config = to_config(&support::config(Some(&simulator.url())));
    let mut limits = TenantLimits::default();
    limits.rate = Some(auth_connector_host::Rate::per_minute(1).burst(2));
    let acme = plugin.for_tenant(auth_connector_host::Tenant::new("acme").limits(limits));
    for number in 0..2 {
        accepted(acme.send_message(&config, &message(number)).await);
    }
    let Err(error @ SendError::NotSent(CallError::Policy(PolicyFault::TenantRate { .. }))) =
        acme.send_message(&config, &message(2)).await
    else {
        panic!("a third message in a minute");
    };
    assert!(error.cause().retry_after().unwrap() > Duration::from_secs(20));
    assert_eq!(
        acme.validate_config(&config, &[]).await,
        Ok(vec![]),
        "checking a config costs nothing of the rate"
    );
    assert_eq!(simulator.complete_requests(), 2);
}
