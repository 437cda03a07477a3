use super::running::{Folder, Process, Running, command, config, set_up};
use crate::support::hostile;
use serde_json::json;
use tencent_sms_simulator::Simulator;

/// Plugins that loop, trap after the request was sent, hang, or return unreadable values. The message gets its true
/// state, no connector follows it, and the service serves the next message.
#[test]
fn attack_ends_in_its_documented_state() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let folder = Folder::new();
    let url = simulator.url();
    let (key, host_key) = set_up(&folder.0, &[("sim", &config(&url))], &url);
    let wasm = hostile();
    let add = [
        "plugin",
        "add",
        wasm.to_str().unwrap(),
        "--name",
        "hostile",
        "--unsigned",
        "--allow",
        &url,
    ];
    command(&folder.0, &add, "").unwrap();
    let host = Running {
        process: Process::start(&folder.0, &[("AUTH_HOST_ANSWER_WITHIN_MS", "4000")]),
        simulator,
        key,
        host_key,
        folder,
    };
    // These misbehave during the check of a config as well, so they get none.
    for attack in [
        "endless-loop",
        "memory-bomb",
        "deep-recursion",
        "never-ready",
    ] {
        let orders = json!({"attack": attack, "origin": host.simulator.url(), "word": ""});
        let put = [
            "connector",
            "put",
            "evil",
            "--plugin",
            "hostile",
            "--config",
            "-",
        ];
        let refused = host.command(&put, &orders.to_string()).unwrap_err();
        assert!(
            refused.contains("Nothing was changed"),
            "{attack}: {refused}"
        );
    }
    for (nth, (attack, state)) in [
        ("empty-receipt", "not_sent"),
        ("huge-string-out", "not_sent"),
        ("sent-then-trap", "unknown"),
        ("sent-then-loop", "unknown"),
    ]
    .into_iter()
    .enumerate()
    {
        let orders = json!({"attack": attack, "origin": host.simulator.url(), "word": ""});
        let put = [
            "connector",
            "put",
            "evil",
            "--plugin",
            "hostile",
            "--config",
            "-",
        ];
        host.command(&put, &orders.to_string()).unwrap();
        host.change(&["flow", "put", "evil", "sim"], "");
        let before = host.simulator.messages().len();
        let to = format!("+861380013{nth:04}");
        let begun = std::time::Instant::now();
        let v = host
            .post("/v1/verifications", &json!({"to": to, "usage": "SignIn"}))
            .expect(201);
        assert!(begun.elapsed().as_secs_f64() < 5.5, "{attack}");
        assert_eq!(v["message"]["state"], state, "{attack}: {v}");
        assert_eq!(host.simulator.messages().len(), before, "{attack}: {v}");
        host.change(&["flow", "put", "sim"], "");
        host.begin(&format!("+861390013{nth:04}"));
    }
}
