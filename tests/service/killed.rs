//! Verifications while the service is killed every two seconds: `cargo xtask soak --killed` is the long run of the
//! same.
//!
//! Each caller repeats every failed call with the same `Idempotency-Key` until it is answered, as a careful back end
//! does. Then the simulator's inbox, the database and the responses are compared.

use super::running::{Answer, Folder, Process, command, config, http, set_up};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tencent_sms_simulator::Simulator;

/// Number of verifications in the long run.
const COUNT: &str = "AUTH_HOST_KILLED_VERIFICATIONS";

const SHORT: Duration = Duration::from_secs(30);
const CALLERS: usize = 8;
const BETWEEN_KILLS: Duration = Duration::from_secs(2);

/// Results that a caller got for its verifications.
#[derive(Default)]
struct Told {
    /// The state that was returned for each number.
    states: HashMap<String, String>,
    /// Numbers of which a check approved the code, and of those for which one came.
    approved: HashSet<String>,
    asked: HashSet<String>,
    repeated: usize,
}

/// A message that reached the provider.
struct Arrived {
    to: String,
    code: String,
    correlation_id: String,
}

struct Chaos {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    codes: Arc<Mutex<HashMap<String, String>>>,
    folder: Folder,
    key: String,
    api: String,
    next: AtomicUsize,
    is_over: AtomicBool,
    most: usize,
}

#[test]
fn killed_service_sends_nothing_twice() {
    let count = std::env::var(COUNT).ok().and_then(|n| n.parse().ok());
    let most: usize = count.unwrap_or(usize::MAX);
    let (arrived, codes) = (Arc::default(), Arc::default());
    let simulator = simulator(&arrived, &codes);
    let folder = Folder::new();
    let url = simulator.url();
    let (key, _) = set_up(&folder.0, &[("sim", &config(&url))], &url);
    let raised = ["limits", "--set", "segments_a_day=100000000"];
    command(&folder.0, &raised, "").unwrap();
    let (mut process, api) = serve(&folder, 0);
    let chaos = Arc::new(Chaos {
        arrived,
        codes,
        folder,
        key,
        api,
        next: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
        most,
    });
    let told = Mutex::new(Told::default());
    let begun = Instant::now();
    let mut kills = 0;
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| scope.spawn(|| chaos.call_again_and_again(&told)))
            .collect();
        while callers.iter().any(|caller| !caller.is_finished()) {
            std::thread::sleep(BETWEEN_KILLS);
            process.kill();
            kills += 1;
            let port = chaos.api.rsplit(':').next().unwrap().parse().unwrap();
            process = serve(&chaos.folder, port).0;
            if count.is_none() && begun.elapsed() > SHORT {
                chaos.is_over.store(true, Ordering::Relaxed);
            }
        }
        for caller in callers {
            caller.join().unwrap();
        }
    });
    // The last process settles the messages that the one before left open.
    process.kill();
    let _last = serve(&chaos.folder, 0);
    let told = told.into_inner().unwrap();
    let rows = chaos.compare_rows_with_inbox(&told);
    chaos.compare_answers_with_inbox(&told);
    println!(
        "{} verifications in {} s, {kills} kills, {} calls repeated; told: {:?}; approved {}; rows: {rows:?}; \
         messages at the provider {}",
        told.states.len(),
        begun.elapsed().as_secs(),
        told.repeated,
        counted(told.states.values().cloned()),
        told.approved.len(),
        chaos.arrived.lock().unwrap().len()
    );
}

/// A simulator that records each accepted message at once.
fn simulator(
    arrived: &Arc<Mutex<Vec<Arrived>>>,
    codes: &Arc<Mutex<HashMap<String, String>>>,
) -> Simulator {
    let (arrived, codes) = (arrived.clone(), codes.clone());
    let note = move |event: &tencent_sms_simulator::Event| {
        for message in &event.accepted {
            let code = message.params.first().cloned().unwrap_or_default();
            codes
                .lock()
                .unwrap()
                .insert(message.to.clone(), code.clone());
            arrived.lock().unwrap().push(Arrived {
                to: message.to.clone(),
                code,
                correlation_id: message.session_context.clone(),
            });
        }
    };
    Simulator::builder()
        .observer(note)
        .start_blocking()
        .unwrap()
}

fn serve(folder: &Folder, port: u16) -> (Process, String) {
    let mut command = std::process::Command::new(crate::support::auth_host());
    command
        .args(["serve", "--admin", "127.0.0.1:0", "--listen"])
        .arg(format!("127.0.0.1:{port}"))
        .arg("--data")
        .arg(folder.0.join("data"));
    let process = Process::run(&mut command, &[("AUTH_HOST_LOG", "error")]);
    let api = process.api.clone();
    (process, api)
}

impl Chaos {
    fn call_again_and_again(&self, told: &Mutex<Told>) {
        loop {
            let nth = self.next.fetch_add(1, Ordering::Relaxed);
            if nth >= self.most || self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let to = format!("+86139{nth:08}");
            let (started, repeats) = self.until_answered(
                "/v1/verifications",
                &json!({"to": to, "usage": "SignIn"}),
                &format!("start-{nth}"),
            );
            assert_eq!(started.status, 201, "{}", started.text);
            let v = started.json();
            let state = v["message"]["state"].as_str().unwrap().to_owned();
            let mut approvals = 0;
            let (mut more, mut has_code) = (0, false);
            if let Some(code) = self.code(&to) {
                has_code = true;
                let path = format!("/v1/verifications/{}/check", v["id"].as_str().unwrap());
                let body = json!({"code": code});
                let (first, one) = self.until_answered(&path, &body, &format!("check-{nth}"));
                let (second, two) = self.until_answered(&path, &body, &format!("again-{nth}"));
                more = one + two;
                for answer in [first, second] {
                    approvals +=
                        usize::from(answer.status == 200 && answer.json()["valid"] == true);
                }
                assert!(approvals <= 1, "{nth} was approved {approvals} times");
            }
            let mut told = told.lock().unwrap();
            told.repeated += repeats + more;
            if has_code {
                told.asked.insert(to.clone());
            }
            if approvals == 1 {
                told.approved.insert(to.clone());
            }
            told.states.insert(to, state);
        }
    }

    /// Repeats the call until it has a final response: no lost connection, and no request to retry.
    fn until_answered(&self, path: &str, body: &Value, key: &str) -> (Answer, usize) {
        let bearer = format!("Bearer {}", self.key);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", key),
        ];
        let begun = Instant::now();
        let mut repeats = 0;
        loop {
            match http(&self.api, "POST", path, &headers, &body.to_string()) {
                Ok(answer) if ![409, 503].contains(&answer.status) => return (answer, repeats),
                _ => {}
            }
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "no answer to {key}"
            );
            repeats += 1;
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn code(&self, to: &str) -> Option<String> {
        self.codes.lock().unwrap().get(to).cloned()
    }

    /// Compares the inbox with the callers' results. A repeated call returns the first one's state, which may be older
    /// than the row's, but never contradicts the inbox.
    fn compare_answers_with_inbox(&self, told: &Told) {
        let messages = self.arrived.lock().unwrap();
        let arrived: HashSet<&str> = messages.iter().map(|m| m.to.as_str()).collect();
        for (to, state) in &told.states {
            let has_arrived = arrived.contains(to.as_str());
            match state.as_str() {
                "accepted" | "delivered" | "undelivered" => {
                    assert!(has_arrived, "{to}: {state} was answered, and nothing came");
                }
                "not_sent" => assert!(!has_arrived, "{to}: not_sent was answered, and it came"),
                "unknown" | "sending" => {}
                other => panic!("{to}: {other}"),
            }
        }
        assert_eq!(told.asked, told.approved, "a right code was not approved");
        assert!(told.states.len() > 100 && told.approved.len() > 50);
    }

    /// Compares the inbox with the database. Returns the rows by state.
    fn compare_rows_with_inbox(&self, told: &Told) -> HashMap<String, usize> {
        let messages = self.arrived.lock().unwrap();
        let mut by_id: HashMap<&str, usize> = HashMap::new();
        let mut by_number: HashMap<&str, usize> = HashMap::new();
        for message in messages.iter() {
            assert_eq!(message.code.len(), 6);
            *by_id.entry(&message.correlation_id).or_default() += 1;
            *by_number.entry(&message.to).or_default() += 1;
        }
        let twice = |counts: &HashMap<&str, usize>| counts.values().filter(|n| **n > 1).count();
        assert_eq!(twice(&by_id), 0, "messages were sent twice");
        assert_eq!(twice(&by_number), 0, "numbers got two messages");
        let database = rusqlite::Connection::open(self.folder.0.join("data/auth-host.db")).unwrap();
        let mut query = database.prepare("SELECT id, state FROM messages").unwrap();
        let rows = query
            .query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .unwrap();
        let mut states: HashMap<String, usize> = HashMap::new();
        for (id, state) in rows.map(Result::unwrap) {
            let arrived = by_id.contains_key(id.as_str());
            match state.as_str() {
                "accepted" | "delivered" | "undelivered" => assert!(arrived, "{id} is {state}"),
                "not_sent" => assert!(!arrived, "{id} was sent and is {state}"),
                "unknown" => {}
                other => panic!("{id} is {other} after the last start"),
            }
            *states.entry(state).or_default() += 1;
        }
        assert!(states.values().sum::<usize>() >= told.states.len());
        for id in by_id.keys() {
            let known: bool = database
                .query_row(
                    "SELECT EXISTS (SELECT 1 FROM messages WHERE id = ?1)",
                    [id],
                    |row| row.get(0),
                )
                .unwrap();
            assert!(known, "{id} was sent and is not written down");
        }
        states
    }
}

/// Counts equal values.
fn counted(values: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}
