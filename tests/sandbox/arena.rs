//! One host, one thread, an attacker and a neighbour.
//!
//! The neighbour's messages are accepted during any attack. No text that the attacker's caller gets contains a secret,
//! a number or a code.

use crate::support::{
    CODE, Peer, SECRET_KEY, Server, code_to, component, config, discreet, host, hostile, to_config,
};
use auth_connector_host::{
    CallError, CallReport, Config, ConnectorHost, Egress, HostFault, Limits, Message, Plugin,
    Receipt, SendError, Source,
};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tencent_sms_simulator::Simulator;

/// Time limit of the attacker's calls, in milliseconds, and the host's addition for the plugin's own verdict.
pub const TIMEOUT_MS: u32 = 400;
pub const GRACE: Duration = Duration::from_millis(100);
/// Computing limit of the attacker's calls.
pub const COMPUTE: Duration = Duration::from_millis(150);
/// Messages that the neighbour sends meanwhile.
const MESSAGES: u32 = 3;

pub struct Arena {
    pub host: ConnectorHost,
    /// The server that the attacker may reach, unless a test grants another.
    pub server: Server,
    attacker: Plugin,
    neighbour: Plugin,
    simulator: Simulator,
    sent: AtomicU32,
}

impl Arena {
    /// Starts with a server that answers every request.
    pub fn new() -> Self {
        Self::with(hostile(), |_| (), polite)
    }

    /// Starts with another component than the one that has most attacks.
    pub fn of(component: impl Into<Source<'static>>) -> Self {
        Self::with(component, |_| (), polite)
    }

    pub fn with<F, Fut>(
        component: impl Into<Source<'static>>,
        change: impl FnOnce(&mut Limits),
        treat: F,
    ) -> Self
    where
        F: Fn(Peer) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let simulator = Simulator::builder().start_blocking().unwrap();
        let server = Server::start(treat);
        let host = host()
            .with(|options| {
                options.limits = Limits {
                    call_timeout: Duration::from_secs(8),
                    queue_timeout: Duration::from_secs(5),
                    grace: GRACE,
                    compute: COMPUTE,
                    concurrent_calls: 4,
                    ..Limits::default()
                };
                change(&mut options.limits);
            })
            .build()
            .unwrap();
        let load = |source: Source<'static>, origin: &str| {
            host.load_with(source, granting(&[origin]), None).unwrap()
        };
        let attacker = load(component.into(), &server.url());
        let neighbour = load(self::component().into(), &simulator.url());
        Self {
            host,
            server,
            attacker,
            neighbour,
            simulator,
            sent: AtomicU32::new(0),
        }
    }

    /// Runs an attack against the server that it may reach.
    pub async fn run(&self, attack: &str) -> Ended {
        self.run_with(attack, &self.server.url(), "").await
    }

    /// Runs an attack against this origin, with a further word.
    pub async fn run_with(&self, attack: &str, origin: &str, word: &str) -> Ended {
        self.run_as(&self.attacker, attack, origin, word).await
    }

    /// Runs an attack of a plugin that was granted this origin.
    pub async fn run_granted(&self, attack: &str, origin: &str) -> Ended {
        let plugin = self.host.load_with(hostile(), granting(&[origin]), None);
        self.run_as(&plugin.unwrap(), attack, origin, "").await
    }

    async fn run_as(&self, plugin: &Plugin, attack: &str, origin: &str, word: &str) -> Ended {
        let config = orders(attack, origin, word);
        let message = Message {
            timeout_ms: Some(TIMEOUT_MS),
            ..code_to(crate::support::MAINLAND)
        };
        let (reported, ()) = tokio::join!(
            plugin.send_message_reported(&config, &message),
            self.neighbour_sends()
        );
        Ended {
            outcome: reported.outcome,
            report: reported.report,
        }
    }

    /// The neighbour continues to send, on the same host and the same thread.
    pub async fn neighbour_sends(&self) {
        let config = to_config(&config(Some(&self.simulator.url())));
        for _ in 0..MESSAGES {
            let nth = self.sent.fetch_add(1, Ordering::SeqCst);
            let message = code_to(&format!("+86139{:08}", 10_000_000 + nth));
            let sent = self.neighbour.send_message(&config, &message).await;
            assert!(sent.is_ok(), "the neighbour's message {nth}: {sent:?}");
        }
        let arrived = self.simulator.messages().len();
        assert_eq!(arrived as u32, self.sent.load(Ordering::SeqCst));
    }

    /// Waits until no connection is open, and clears the records of the servers.
    pub async fn forget(&self) {
        assert!(self.server.quiet(Duration::from_secs(5)).await);
        self.server.forget();
        self.simulator.reset();
        self.sent.store(0, Ordering::SeqCst);
    }

    pub fn attacker(&self) -> &Plugin {
        &self.attacker
    }
}

/// The attacks, by the names of their files.
pub fn attacks() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/hostile/src/attacks");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            path.file_stem()
                .unwrap()
                .to_string_lossy()
                .replace('_', "-")
        })
        .collect();
    names.sort();
    names
}

/// Answers every request and keeps the connection.
pub async fn polite(mut peer: Peer) {
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    while peer.request().await.is_some() {
        if !peer.write(OK).await {
            return;
        }
    }
}

pub fn granting(origins: &[&str]) -> Egress {
    let parsed = origins.iter().map(|origin| origin.parse().unwrap());
    parsed.collect()
}

/// The config with the attacker's orders. It contains a secret, as every config does.
pub fn orders(attack: &str, origin: &str, word: &str) -> Config {
    let config =
        json!({"attack": attack, "origin": origin, "word": word, "accessKeySecret": SECRET_KEY});
    Config::new(config.to_string())
}

/// An attack that is over.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Result<Receipt, SendError>,
    pub report: CallReport,
}

impl Ended {
    /// The state, and the host's fault that ended it.
    pub fn stopped(&self) -> (&'static str, &HostFault) {
        self.hold();
        match &self.outcome {
            Err(SendError::NotSent(CallError::Host(fault))) => ("not sent", fault),
            Err(SendError::Unknown(CallError::Host(fault))) => ("unknown", fault),
            other => panic!("the plugin had its say: {other:?}"),
        }
    }

    /// Asserts that it crashed for a reason that contains these words, and returns the state.
    pub fn crashed(&self, words: &str) -> &'static str {
        let (state, fault) = self.stopped();
        match fault {
            HostFault::Trapped(why) => assert!(why.contains(words), "{why}"),
            other => panic!("no crash: {other:?}"),
        }
        state
    }

    /// The result that the attack reports, if it ended by itself as *not sent*.
    pub fn found(&self) -> &str {
        self.hold();
        match &self.outcome {
            Err(SendError::NotSent(CallError::Connector(failure))) => &failure.message,
            other => panic!("not an answer: {other:?}"),
        }
    }

    /// The error of each request in the report.
    pub fn errors(&self) -> Vec<&str> {
        let exchanges = self.report.http.iter();
        exchanges
            .map(|exchange| exchange.error.as_deref().unwrap_or("none"))
            .collect()
    }

    /// Asserts the rules for every outcome.
    fn hold(&self) {
        let shown = match &self.outcome {
            Ok(receipt) => format!("{receipt:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        discreet(&shown);
        discreet(&format!("{:?}", self.report));
        assert!(!shown.contains(CODE));
    }
}

impl Ended {
    /// As [`Ended::stopped`], with an owned fault.
    pub fn stopped_owned(&self) -> (&'static str, HostFault) {
        let (state, fault) = self.stopped();
        (state, fault.clone())
    }
}
