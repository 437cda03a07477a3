use super::running::{Folder, Process, Running, command, config, set_up};
use serde_json::{Value, json};
use std::time::Duration;
use tencent_sms_simulator::{Fault, Simulator};

/// A service whose flow has two connectors with these configs.
fn two(first: &Value, second: &Value, simulator: Simulator) -> Running {
    let folder = Folder::new();
    let connectors = [("first", first), ("second", second)];
    let (key, host_key) = set_up(&folder.0, &connectors, &simulator.url());
    let process = Process::start(&folder.0, &[]);
    Running {
        process,
        simulator,
        key,
        host_key,
        folder,
    }
}

fn simulator() -> Simulator {
    Simulator::builder().start_blocking().unwrap()
}

fn start(host: &Running, to: &str) -> Value {
    host.post("/v1/verifications", &json!({"to": to, "usage": "SignIn"}))
        .expect(201)
}

#[test]
fn next_connector_sends_after_certain_not_sent() {
    let simulator = simulator();
    let mut wrong = config(&simulator.url());
    wrong["accessKeySecret"] = json!("wrong-secret");
    let right = config(&simulator.url());
    let host = two(&wrong, &right, simulator);
    let v = start(&host, "+8613800138000");
    assert_eq!(
        (&v["message"]["state"], &v["message"]["connector"]),
        (&json!("accepted"), &json!("second")),
        "{v}"
    );
    assert_eq!(host.simulator.messages().len(), 1);
    let all = host.command(&["message", "list"], "").unwrap();
    let states: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["state"])
        .collect();
    assert_eq!(states, ["accepted", "not_sent"]);
    assert_eq!(
        (&all[1]["kind"], &all[1]["turn"]),
        (&json!("authentication"), &json!("operator"))
    );
}

/// The provider accepted the first one without a response. The second connector is not tried. A resend by the person, a
/// minute later, would use it.
#[test]
fn no_connector_follows_an_unknown_outcome() {
    let simulator = simulator();
    let right = config(&simulator.url());
    let host = two(&right, &right, simulator);
    host.simulator.queue_fault(Fault::AcceptThenClose);
    let v = start(&host, "+8613800138000");
    assert_eq!(v["message"]["state"], "unknown", "{v}");
    assert_eq!(host.simulator.messages().len(), 1);
    // A resend by the person is a new message with a new code, and uses the next connector.
    let id = v["id"].as_str().unwrap();
    host.age(61_000);
    let again = host.resend(id).expect(200);
    assert_eq!(
        (&again["message"]["state"], &again["message"]["connector"]),
        (&json!("accepted"), &json!("second")),
        "{again}"
    );
    let code = host.code("+8613800138000");
    let checked = host.check(id, &code).expect(200);
    assert_eq!(checked["valid"], true);
}

/// The kill switch is on when the first connector's refusal arrives: the second is not called.
#[test]
fn kill_switch_stops_a_message_between_two_connectors() {
    let simulator = simulator();
    let mut wrong = config(&simulator.url());
    wrong["accessKeySecret"] = json!("wrong-secret");
    let right = config(&simulator.url());
    let host = two(&wrong, &right, simulator);
    host.simulator.queue_fault(Fault::Delay { ms: 4_000 });
    let v = std::thread::scope(|scope| {
        let started = scope.spawn(|| start(&host, "+8613800138000"));
        while host.simulator.journal().is_empty() && !started.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
        }
        host.command(&["stop"], "").unwrap();
        started.join().unwrap()
    });
    assert_eq!(
        (&v["message"]["state"], &v["message"]["reason"]),
        (&json!("not_sent"), &json!("stopped")),
        "{v}"
    );
    assert!(host.simulator.messages().is_empty());
    let all = host.command(&["message", "list"], "").unwrap();
    let kinds: Vec<_> = all.as_array().unwrap().iter().map(|m| &m["kind"]).collect();
    assert_eq!(kinds, ["denied", "authentication"]);
}

/// A command sends while the service starts, which does not touch the command's message.
#[test]
fn starting_service_leaves_the_message_of_a_command_alone() {
    let simulator = simulator();
    let folder = Folder::new();
    let right = config(&simulator.url());
    set_up(&folder.0, &[("sim", &right)], &simulator.url());
    simulator.queue_fault(Fault::Delay { ms: 6_000 });
    let states = |limit: &str| {
        let all = command(&folder.0, &["message", "list", "--state", limit], "").unwrap();
        all.as_array().unwrap().len()
    };
    let arguments = ["verification", "start", "+8613800138000"];
    let started = std::thread::scope(|scope| {
        let started = scope.spawn(|| command(&folder.0, &arguments, "").unwrap());
        while states("sending") == 0 && !started.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _service = Process::start(&folder.0, &[]);
        assert_eq!(states("sending"), 1);
        started.join().unwrap()
    });
    assert_eq!(started["message"]["state"], "accepted", "{started}");
    assert_eq!(states("accepted"), 1);
}

/// A rejected recipient is rejected by every connector.
#[test]
fn no_connector_follows_a_rejected_recipient() {
    let simulator = simulator();
    let right = config(&simulator.url());
    let host = two(&right, &right, simulator);
    host.simulator.queue_fault(Fault::Code {
        code: "FailedOperation.PhoneNumberInBlacklist".to_owned(),
        message: None,
    });
    let v = start(&host, "+8613800138000");
    assert_eq!(
        (&v["message"]["state"], &v["message"]["kind"]),
        (&json!("not_sent"), &json!("recipient-rejected")),
        "{v}"
    );
    assert!(host.simulator.messages().is_empty());
}

/// If the simulator is too slow to close before the last byte, the outcome is reported as unknown.
#[test]
fn next_connector_sends_after_close_before_reading() {
    let simulator = simulator();
    let right = config(&simulator.url());
    let host = two(&right, &right, simulator);
    let is_sent_by_the_second = (10..15).any(|nth| {
        host.simulator.queue_fault(Fault::CloseBeforeReading);
        let v = start(&host, &format!("+86138001380{nth}"));
        let outcome = (&v["message"]["state"], &v["message"]["connector"]);
        let is_late = outcome == (&json!("unknown"), &json!("first"));
        assert!(
            is_late || outcome == (&json!("accepted"), &json!("second")),
            "{v}"
        );
        !is_late
    });
    assert!(is_sent_by_the_second);
}

/// The first connector's provider accepts no connection. The second one has a second and a half left, and sends within
/// the time that a caller waits.
#[cfg(target_os = "linux")]
#[test]
fn hanging_connector_leaves_time_for_the_next() {
    let (hanging, _full) = full();
    let url = format!("http://{hanging}");
    let (first, simulator) = (config(&url), simulator());
    let second = config(&simulator.url());
    let host = two(&first, &second, simulator);
    let (wasm, allowed) = (crate::support::component(), host.simulator.url());
    let add = ["plugin", "add", wasm.to_str().unwrap(), "--name", "sms"];
    let origins = ["--unsigned", "--allow", &url, "--allow", &allowed, "--yes"];
    host.change(&[&add[..], &origins].concat(), "");
    for (to, most) in [("+8613800138000", 8.0), ("+8613800138001", 8.0)] {
        let begun = std::time::Instant::now();
        let v = start(&host, to);
        let took = begun.elapsed().as_secs_f64();
        assert_eq!(
            (&v["message"]["state"], &v["message"]["connector"]),
            (&json!("accepted"), &json!("second")),
            "{v}"
        );
        assert!(took < most, "{took}");
    }
}

/// A listener whose queue is full: connections to it are neither accepted nor refused. What fills it is kept with it.
#[cfg(target_os = "linux")]
fn full() -> (std::net::SocketAddr, impl Sized) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let listener = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        socket.listen(0).unwrap()
    });
    let address = listener.local_addr().unwrap();
    let mut fillers = Vec::new();
    while let Ok(filler) =
        std::net::TcpStream::connect_timeout(&address, Duration::from_millis(300))
    {
        fillers.push(filler);
    }
    (address, (runtime, listener, fillers))
}

/// The flow for the usage and the country, then that for the usage, then that for the country, then that for all.
#[test]
fn most_exact_flow_serves() {
    let (simulator, folder) = (simulator(), Folder::new());
    let right = config(&simulator.url());
    let connectors = ["any", "country", "usage", "both"].map(|name| (name, &right));
    let (key, host_key) = set_up(&folder.0, &connectors, &simulator.url());
    for flow in [
        &["any"][..],
        &["country", "--country", "CN"],
        &["usage", "--usage", "SignIn"],
    ] {
        command(&folder.0, &[&["flow", "put"], flow].concat(), "").unwrap();
    }
    let host = Running {
        process: Process::start(&folder.0, &[]),
        simulator,
        key,
        host_key,
        folder,
    };
    let serves = |usage: &str, to: &str| {
        let body = json!({"to": to, "usage": usage});
        let v = host.post("/v1/verifications", &body).expect(201);
        v["message"]["connector"].as_str().unwrap().to_owned()
    };
    assert_eq!(serves("Register", "+14155552671"), "any");
    assert_eq!(serves("Register", "+8613800138000"), "country");
    assert_eq!(serves("SignIn", "+14155552672"), "usage");
    assert_eq!(serves("SignIn", "+8613800138001"), "usage");
    let both = [
        "flow",
        "put",
        "both",
        "--usage",
        "SignIn",
        "--country",
        "CN",
    ];
    host.change(&both, "");
    assert_eq!(serves("SignIn", "+8613800138002"), "both");
    assert_eq!(serves("SignIn", "+14155552673"), "usage");
}

/// The provider never responds: the caller gets its answer when `answer_within_ms` is over, 8 seconds by default.
#[test]
fn caller_waits_no_longer_than_set() {
    for (set, longest_s) in [(Some("2000"), 2.0), (None, 8.0)] {
        let variables = set.map(|ms| ("AUTH_HOST_ANSWER_WITHIN_MS", ms));
        let host = Running::with(variables.as_slice());
        host.simulator.queue_fault(Fault::Hang);
        let begun = std::time::Instant::now();
        let v = start(&host, "+8613800138000");
        let took = begun.elapsed().as_secs_f64();
        assert_eq!(v["message"]["state"], "unknown", "{v}");
        assert!(took > longest_s / 2.0 && took < longest_s + 1.5, "{took}");
    }
}
