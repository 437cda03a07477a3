//! Ten thousand sends across every fault of the simulator, compared with the simulator's records.
//!
//! Every call has a unique number and correlation id. The simulator's inbox shows which calls' messages were accepted,
//! and its journal how many complete requests each call caused:
//!
//! | the caller reads | the simulator has |
//! |---|---|
//! | accepted | one message, with the serial number of the receipt |
//! | not sent | no message |
//! | unknown | at most one message; a look-up says which, or that it cannot tell |
//! | whatever | at most one complete request |

use crate::support::{State, config, discreet, host, load, state, to_config};
use auth_connector_host::{
    CallError, Config, Deliveries, DeliveryQuery, Message, Plugin, Reported,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tencent_sms_simulator::{Catalogue, Chaos, Fault, Simulator};

const SENDS: usize = 10_000;
const IN_FLIGHT: usize = 48;
const SEED: u64 = 20_261_121;
/// Time limit of a call, in milliseconds. Silent faults use all of it.
const TIMEOUT_MS: u32 = 400;
/// Look-ups while faults continue, and look-ups before carriers report.
const SAMPLE: usize = 600;

/// One of each kind that can affect a request, several if the code matters.
fn faults() -> Vec<Fault> {
    let code = |code: &str| Fault::Code {
        code: code.to_owned(),
        message: Some("the number +8613800138000 and code 918273".to_owned()),
    };
    let then = |code: &str| Fault::AcceptThenCode {
        code: code.to_owned(),
    };
    vec![
        Fault::CloseBeforeReading,
        Fault::ReadHalfThenClose,
        Fault::HangBeforeReading,
        code("RequestLimitExceeded"),
        code("InternalError.Timeout"),
        code("AuthFailure.SignatureFailure"),
        code("LimitExceeded.PhoneNumberThirtySecondLimit"),
        code("FailedOperation.NobodyKnows"),
        Fault::Unavailable { status: 404 },
        Fault::Unavailable { status: 503 },
        Fault::Delay { ms: 30 },
        Fault::Hang,
        Fault::AcceptThenClose,
        Fault::AcceptThenReset,
        then("InternalError.SendAndRecvFail"),
        then("ServiceUnavailable"),
        Fault::AcceptThenStatus { status: 200 },
        Fault::AcceptThenStatus { status: 502 },
        Fault::Truncated,
        Fault::CutJson,
        Fault::EmptyBody,
        Fault::Oversized { bytes: 65_536 },
        Fault::Oversized { bytes: 200_000 },
        Fault::EmptySet,
        Fault::MissingSet,
        Fault::ShortSet,
        Fault::ForeignSet,
        Fault::UnknownCode,
        Fault::Gzip,
        Fault::Charset,
    ]
}

struct Soak {
    simulator: Simulator,
    plugin: Plugin,
    config: Config,
    calls: Vec<Call>,
}

struct Call {
    state: State,
    /// Requests that the host sent.
    requests: usize,
}

/// The number of a call. Its masked form is as unique as the number.
fn number(call: usize) -> String {
    match call % 2 {
        0 => format!("+861380013{call:04}"),
        _ => format!("+1415555{call:04}"),
    }
}

fn masked(call: usize) -> String {
    match call % 2 {
        0 => format!("+86138****{call:04}"),
        _ => format!("+141****{call:04}"),
    }
}

fn correlation(call: usize) -> String {
    format!("soak-{call}")
}

/// Runs these calls, a few at a time.
async fn at_once<T: Send + 'static, F>(
    calls: Vec<usize>,
    run: impl Fn(usize) -> F + Send + Sync + 'static,
) -> Vec<(usize, T)>
where
    F: Future<Output = T> + Send,
{
    let (calls, run, next) = (
        Arc::new(calls),
        Arc::new(run),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (calls, run, next) = (calls.clone(), run.clone(), next.clone());
        workers.spawn(async move {
            let mut done = Vec::new();
            while let Some(call) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push((*call, run(*call).await));
            }
            done
        });
    }
    let mut all: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    all.sort_by_key(|(call, _)| *call);
    all
}

impl Soak {
    async fn run() -> Self {
        let mut catalogue = Catalogue::default();
        catalogue.requests_per_second.clear();
        let simulator = Simulator::builder()
            .catalogue(catalogue)
            .seed(SEED)
            .retention(10 * SENDS)
            .delivery_delay(Duration::from_secs(240))
            .start_blocking()
            .unwrap();
        let plugin = load(
            host()
                .with(|options| {
                    options.limits.concurrent_calls = 2 * IN_FLIGHT as u32;
                    options.limits.queue_timeout = Duration::from_secs(10);
                })
                .allow(&simulator.url())
                .unwrap(),
        );
        let mut soak = Self {
            config: to_config(&config(Some(&simulator.url()))),
            simulator,
            plugin,
            calls: Vec::new(),
        };
        soak.faults_by_chance(0.8);
        // Faults of connections, which are not chosen by chance.
        soak.simulator.queue_faults(Fault::CloseOnAccept, 100);
        let (plugin, config) = (soak.plugin.clone(), soak.config.clone());
        let sent = at_once((0..SENDS).collect(), move |call| {
            let (plugin, config) = (plugin.clone(), config.clone());
            async move {
                let message = Message {
                    correlation_id: Some(correlation(call)),
                    timeout_ms: Some(TIMEOUT_MS),
                    ..Message::to(number(call)).usage("Register").code("918273")
                };
                let Reported { outcome, report } =
                    plugin.send_message_reported(&config, &message).await;
                Call {
                    state: state(outcome),
                    requests: report.http.len(),
                }
            }
        })
        .await;
        soak.simulator.set_chaos(None);
        soak.calls = sent.into_iter().map(|(_, call)| call).collect();
        soak.quiet().await;
        soak
    }

    fn faults_by_chance(&self, probability: f64) {
        self.simulator.set_chaos(Some(Chaos {
            probability,
            seed: SEED,
            faults: faults(),
        }));
    }

    /// Waits until no request of an earlier call arrives any more.
    async fn quiet(&self) {
        let mut before = u64::MAX;
        for _ in 0..50 {
            let now = self.simulator.complete_requests();
            if now == before {
                return;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        panic!("requests keep arriving");
    }

    /// The serial number of each call's message.
    fn truth(&self) -> HashMap<usize, String> {
        let mut truth = HashMap::new();
        for message in self.simulator.messages() {
            let call = message.session_context.strip_prefix("soak-").unwrap();
            let call: usize = call.parse().unwrap();
            assert_eq!(message.to, number(call));
            let earlier = truth.insert(call, message.serial_no);
            assert!(earlier.is_none(), "call {call} was sent twice");
        }
        truth
    }

    async fn find(
        &self,
        calls: Vec<usize>,
        timeout_ms: Option<u32>,
    ) -> Vec<(usize, Result<Deliveries, CallError>)> {
        let (plugin, config) = (self.plugin.clone(), self.config.clone());
        at_once(calls, move |call| {
            let (plugin, config) = (plugin.clone(), config.clone());
            async move {
                let query = DeliveryQuery {
                    to: number(call),
                    max_age_s: 3600,
                    correlation_id: Some(correlation(call)),
                    message_id: None,
                };
                plugin.find_deliveries(&config, &query, timeout_ms).await
            }
        })
        .await
    }
}

/// Result of a look-up of a call's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Sent,
    NotThere,
    StillUnknown,
}

/// Classifies the result of a look-up, which must not be wrong.
fn judge(call: usize, found: &Result<Deliveries, CallError>, truth: Option<&String>) -> Found {
    discreet(&format!("{found:?}"));
    let Ok(deliveries) = found else {
        return Found::StillUnknown;
    };
    let id = correlation(call);
    let ours = |(key, value): &(String, String)| key == "correlation-id" && *value == id;
    let mut confirmed = deliveries
        .found
        .iter()
        .filter(|one| one.attributes.iter().any(ours));
    match (confirmed.next(), truth) {
        (Some(delivery), Some(serial)) => {
            assert_eq!(delivery.message_id, *serial, "call {call}: {deliveries:?}");
            assert!(confirmed.next().is_none(), "call {call}: {deliveries:?}");
            Found::Sent
        }
        (Some(_), None) => panic!("call {call} was not sent: {deliveries:?}"),
        (None, _) if !deliveries.found.is_empty() || !deliveries.exhaustive => Found::StillUnknown,
        (None, None) => Found::NotThere,
        (None, Some(_)) => panic!("call {call} was sent: {deliveries:?}"),
    }
}

/// The sends have every fault that can affect a request, and each is found again by a look-up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_sends_across_faults_end_as_told() {
    let begun = Instant::now();
    let soak = Soak::run().await;
    let sent_in = begun.elapsed();
    let truth = soak.truth();

    // Compares each call with its message.
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, call) in soak.calls.iter().enumerate() {
        *states.entry(call.state.verdict().0).or_default() += 1;
        assert!(
            call.requests <= 1,
            "call {index} made {} requests",
            call.requests
        );
        let serial = truth.get(&index);
        match &call.state {
            State::Accepted(receipt) => {
                let named = Some(&receipt.message_id);
                assert_eq!(named, serial, "call {index}: another message, or none");
            }
            State::NotSent(failure) => assert!(serial.is_none(), "call {index}: {failure:?}"),
            State::Unknown(_) => {}
        }
    }
    assert_eq!(states.len(), 3, "{states:?}");

    // At most one complete request per call, on the simulator's side.
    let mut complete: HashMap<String, usize> = HashMap::new();
    let mut met = BTreeSet::new();
    for entry in soak.simulator.journal() {
        met.extend(entry.fault.filter(|fault| fault != "client-left"));
        if entry.complete {
            assert_eq!(entry.recipients.len(), 1, "{:?}", entry.action);
            *complete
                .entry(entry.recipients[0].number.clone())
                .or_default() += 1;
        }
    }
    let counted: usize = complete.values().sum();
    assert_eq!(counted as u64, soak.simulator.complete_requests());
    for (index, call) in soak.calls.iter().enumerate() {
        let requests = complete.get(&masked(index)).copied().unwrap_or_default();
        assert!(requests <= 1, "call {index} arrived {requests} times");
        match &call.state {
            State::Accepted(_) => assert_eq!(requests, 1),
            _ => assert!(requests >= usize::from(truth.contains_key(&index))),
        }
    }
    let mut all: BTreeSet<_> = faults()
        .iter()
        .map(|fault| fault.name().to_owned())
        .collect();
    all.insert(Fault::CloseOnAccept.name().to_owned());
    assert_eq!(met, all, "some fault was never met");

    // Before carriers report, a message cannot be matched to its call: existing ones are listed, and none is denied.
    let unknown: Vec<usize> = (0..SENDS)
        .filter(|index| matches!(soak.calls[*index].state, State::Unknown(_)))
        .collect();
    let early = soak
        .find(unknown.iter().copied().take(SAMPLE).collect(), None)
        .await;
    for (call, found) in &early {
        let verdict = judge(*call, found, truth.get(call));
        assert_eq!(
            verdict == Found::NotThere,
            !truth.contains_key(call),
            "call {call}"
        );
    }

    // Then every unknown outcome is settled, and the others are as reported.
    soak.simulator.advance(Duration::from_secs(250));
    let others = (0..SENDS).filter(|call| call % 16 == 0);
    let asked: BTreeSet<usize> = unknown.iter().copied().chain(others).collect();
    let mut verdicts: BTreeMap<Found, usize> = BTreeMap::new();
    for (call, found) in &soak.find(asked.into_iter().collect(), None).await {
        let verdict = judge(*call, found, truth.get(call));
        assert_ne!(verdict, Found::StillUnknown, "call {call}: {found:?}");
        *verdicts.entry(verdict).or_default() += 1;
    }
    assert!(verdicts.len() == 2, "{verdicts:?}");

    // While the service is faulty, a look-up is right or unknown.
    soak.faults_by_chance(0.5);
    let mut sick: BTreeMap<Found, usize> = BTreeMap::new();
    for (call, found) in &soak
        .find(
            unknown.iter().copied().take(SAMPLE).collect(),
            Some(2 * TIMEOUT_MS),
        )
        .await
    {
        *sick
            .entry(judge(*call, found, truth.get(call)))
            .or_default() += 1;
    }
    assert_eq!(sick.len(), 3, "{sick:?}");
    assert_eq!(soak.truth(), truth, "a look-up sent something");
    println!(
        "sends: {states:?}, {} arrived, {} taken, in {sent_in:.1?}; look-ups: {verdicts:?}, under faults {sick:?}; \
         {:.1?} in all",
        soak.simulator.complete_requests(),
        truth.len(),
        begun.elapsed(),
    );
}
