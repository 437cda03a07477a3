//! Exit of the process at each point of a message's life, and the state of the caller, the database and the provider
//! afterwards.

use super::running::{Folder, Process, Running, config, http, set_up};
use auth_host::service::app::Point;
use auth_host::service::serve::{Service, settings::Settings};
use serde_json::json;
use std::process::Command;
use std::sync::Arc;
use tencent_sms_simulator::Simulator;

const POINT: &str = "AUTH_HOST_TEST_END_AT";
const DATA: &str = "AUTH_HOST_TEST_DATA";

const POINTS: [(&str, Point); 5] = [
    ("before-intent", Point::BeforeIntent),
    ("after-intent", Point::AfterIntent),
    ("after-call", Point::AfterCall),
    ("after-outcome", Point::AfterOutcome),
    ("before-answer", Point::BeforeAnswer),
];

/// A service in a separate process that exits at a point. The test below starts this test again to run it.
#[test]
#[ignore = "the tests below start it, as a process of its own, with `--ignored`"]
fn child() {
    let (Ok(point), Ok(data)) = (std::env::var(POINT), std::env::var(DATA)) else {
        println!("nothing to do: the tests of this module start it with {POINT} and {DATA}");
        return;
    };
    let point = POINTS.iter().find(|(name, _)| *name == point).unwrap().1;
    let settings = Settings {
        data: data.into(),
        listen: "127.0.0.1:0".parse().unwrap(),
        admin: "127.0.0.1:0".parse().unwrap(),
        ..Settings::default()
    };
    let hook = move |at| {
        if at == point {
            std::process::abort();
        }
    };
    let service = Service::open(settings, None, Some(Arc::new(hook))).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let started = |addresses: auth_host::service::serve::Addresses| {
        println!("auth-host listens at {}", addresses.api);
        println!("administrators' API at {}", addresses.admin);
    };
    runtime
        .block_on(service.run(started, std::future::pending()))
        .unwrap();
}

/// The points, and the number of messages that reach the provider when the caller repeats its request.
pub const POINTS_OF_A_MESSAGE: [(&str, usize); 5] = [
    ("before-intent", 1),
    ("after-intent", 0),
    ("after-call", 1),
    ("after-outcome", 1),
    ("before-answer", 1),
];

pub fn child_process(folder: &Folder, point: &str) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "service::crashes::child",
        "--nocapture",
        "--ignored",
    ]);
    let data = folder.0.join("data");
    Process::run(
        &mut command,
        &[(POINT, point), (DATA, data.to_str().unwrap())],
    )
}

/// At each point the caller gets no response and repeats the request with the same key. At most one message reached the
/// provider, and the caller gets the recorded state.
#[test]
fn process_end_at_each_point_sends_nothing_twice() {
    for (point, sent, state) in [
        // Nothing was recorded: the repeated request is the first one.
        ("before-intent", 1, "accepted"),
        // Recorded and never called: that cannot be determined, so it is unknown.
        ("after-intent", 0, "unknown"),
        ("after-call", 1, "unknown"),
        ("after-outcome", 1, "accepted"),
        ("before-answer", 1, "accepted"),
    ] {
        let simulator = Simulator::builder().start_blocking().unwrap();
        let folder = Folder::new();
        let connectors = config(&simulator.url());
        let (key, host_key) = set_up(&folder.0, &[("sim", &connectors)], &simulator.url());
        let start = json!({"to": "+8613800138000", "usage": "SignIn"});
        let mut child = child_process(&folder, point);
        let bearer = format!("Bearer {key}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", "once"),
        ];
        let first = http(
            &child.api,
            "POST",
            "/v1/verifications",
            &headers,
            &start.to_string(),
        );
        assert!(first.is_err(), "{point}: {first:?}");
        assert!(!child.ended().success(), "{point}");
        let host = Running {
            process: Process::start(&folder.0, &[]),
            simulator,
            key,
            host_key,
            folder,
        };
        let again = host.post_with("/v1/verifications", &start, &[("Idempotency-Key", "once")]);
        let again = again.expect(201);
        assert_eq!(again["message"]["state"], state, "{point}: {again}");
        assert_eq!(host.simulator.messages().len(), sent, "{point}");
        let open = host
            .command(&["message", "list", "--state", "sending"], "")
            .unwrap();
        assert!(open.as_array().unwrap().is_empty(), "{point}: {open}");
        if sent == 1 {
            let code = host.code("+8613800138000");
            let id = again["id"].as_str().unwrap();
            assert_eq!(host.check(id, &code).expect(200)["valid"], true, "{point}");
        }
    }
}

/// An unknown outcome is looked up at the provider, and settled by the provider's record of this message.
#[test]
fn unknown_outcome_is_settled_by_a_look_up() {
    use tencent_sms_simulator::Fault;
    let host = Running::start();
    host.simulator.queue_fault(Fault::AcceptThenClose);
    let start = json!({"to": "+8613800138000", "usage": "SignIn"});
    let v = host.post("/v1/verifications", &start).expect(201);
    let id = v["message"]["id"].as_str().unwrap().to_owned();
    assert_eq!(v["message"]["state"], "unknown", "{v}");
    let begun = std::time::Instant::now();
    loop {
        let message = host.command(&["message", "show", &id], "").unwrap();
        if message["state"] == "delivered" {
            break;
        }
        assert!(begun.elapsed().as_secs() < 60, "{message}");
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    assert_eq!(host.simulator.messages().len(), 1);
}
