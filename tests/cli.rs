//! The command line against the simulator over TLS: exit codes, JSON, and no secret on either stream.

use crate::support::{
    CODE, INTERNATIONAL, MAINLAND, SECRET_KEY, auth_host, component, config, discreet,
};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};
use tencent_sms_simulator::{Fault, Simulator};

/// A simulator, and its authority in a file.
struct Cli {
    simulator: Simulator,
    authority: std::path::PathBuf,
}

/// The result of a command.
struct Ran {
    exit: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|_| panic!("{}{}", self.stdout, self.stderr))
    }
}

impl Cli {
    fn new() -> Self {
        let simulator = Simulator::builder().tls(true).start_blocking().unwrap();
        let name = format!("authority-{}.pem", simulator.addr().port());
        let authority = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&authority, simulator.ca_pem().unwrap()).unwrap();
        Self {
            simulator,
            authority,
        }
    }

    /// The config for this simulator.
    fn config(&self) -> Value {
        config(Some(&self.simulator.url()))
    }

    /// `send` with the origin granted and the authority trusted. The config goes in by standard input.
    fn send(&self, config: &Value, to: &str, more: &[&str]) -> Ran {
        let mut arguments = vec!["--allow".to_owned(), self.simulator.url()];
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        self.send_ungranted(config, to, &arguments)
    }

    fn send_ungranted(&self, config: &Value, to: &str, more: &[String]) -> Ran {
        let mut arguments = [
            "--usage",
            "Register",
            "--to",
            to,
            "--var-from-env",
            "code=LOGIN_CODE",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.extend_from_slice(more);
        self.run("send", config, &arguments)
    }

    /// `check` or `find`, with the origin granted.
    fn look_up(&self, command: &str, config: &Value, more: &[&str]) -> Ran {
        let mut arguments = vec!["--allow".to_owned(), self.simulator.url()];
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        self.run(command, config, &arguments)
    }

    /// A command with the authority trusted. The config goes in by standard input.
    fn run(&self, command: &str, config: &Value, more: &[String]) -> Ran {
        let mut child = Command::new(auth_host())
            .arg(command)
            .arg(component())
            .args([
                "--cache-dir",
                concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled-cli"),
            ])
            .args(["--config", "-", "--ca"])
            .arg(&self.authority)
            .args(more)
            .env("LOGIN_CODE", CODE)
            .env("SMS_SECRET", SECRET_KEY)
            .env(
                "SMS_TEMPLATES",
                crate::support::config(None)["templates"].to_string(),
            )
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(config.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let ran = Ran {
            exit: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        discreet(&ran.stdout);
        discreet(&ran.stderr);
        ran
    }
}

impl Drop for Cli {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.authority);
    }
}

#[test]
fn accepted_message_exits_0_and_names_serial_number() {
    let cli = Cli::new();
    for (to, shown, route) in [
        (MAINLAND, "+86138****8000", "mainland"),
        (INTERNATIONAL, "+4477****0123", "international"),
    ] {
        let ran = cli.send(&cli.config(), to, &["--json"]);
        let (document, message) = (ran.json(), cli.simulator.messages().pop().unwrap());
        assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""), "{document:#}");
        assert_eq!(document["outcome"], "accepted");
        assert_eq!(document["message_id"], message.serial_no.as_str());
        assert_eq!(document["attributes"]["route"], route);
        assert_eq!(
            (document["to"].as_str(), message.to.as_str()),
            (Some(shown), to)
        );
        assert!(message.text.contains(CODE));
    }
}

#[test]
fn refused_message_exits_3_and_says_why() {
    let cli = Cli::new();
    let mut config = cli.config();
    config["accessKeySecret"] = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLF".into();
    let ran = cli.send(&config, MAINLAND, &["--json"]);
    let document = ran.json();
    assert_eq!(ran.exit, 3, "{document:#}");
    assert_eq!(document["outcome"], "not-sent");
    assert_eq!(document["kind"], "authentication");
    assert_eq!(document["provider_code"], "AuthFailure.SignatureFailure");
    assert!(document["request_id"].is_string());

    let text = cli.send(&config, MAINLAND, &[]);
    assert_eq!(text.exit, 3);
    for words in [
        "Not sent",
        "AuthFailure.SignatureFailure",
        "accessKeySecret",
    ] {
        assert!(text.stdout.contains(words), "{}", text.stdout);
    }
    assert!(cli.simulator.messages().is_empty());
}

#[test]
fn a_secret_from_the_environment_signs_as_well() {
    let cli = Cli::new();
    let mut config = cli.config();
    config["accessKeySecret"] = "<access-key-secret>".into();
    let overlay = ["--json", "--set-from-env", "/accessKeySecret=SMS_SECRET"];
    assert_eq!(cli.send(&config, MAINLAND, &overlay).exit, 0);
    assert_eq!(cli.simulator.messages().len(), 1);
}

/// A number in place of a text is a finding, so the verdict shows which of the two was used.
#[test]
fn environment_sets_json_values_with_their_prefix() {
    let cli = Cli::new();
    let overlay = ["--json", "--set-from-env", "/templates=json:SMS_TEMPLATES"];
    let mut config = cli.config();
    config["templates"] = Value::Null;
    assert_eq!(cli.send(&config, MAINLAND, &overlay).exit, 0);
    let overlay = ["--json", "--set-from-env", "/templates=SMS_TEMPLATES"];
    let ran = cli.send(&config, MAINLAND, &overlay);
    assert_eq!(ran.exit, 6);
    assert_eq!(ran.json()["diagnostics"][0]["pointer"], "/templates");
}

#[test]
fn unknown_outcome_exits_4_with_message_in_inbox() {
    let cli = Cli::new();
    cli.simulator.queue_fault(Fault::AcceptThenClose);
    let ran = cli.send(&cli.config(), MAINLAND, &["--json"]);
    let document = ran.json();
    assert_eq!(
        (ran.exit, document["outcome"].as_str()),
        (4, Some("unknown")),
        "{document:#}"
    );
    assert_eq!(cli.simulator.messages().len(), 1);

    cli.simulator.queue_fault(Fault::Hang);
    let ran = cli.send(&cli.config(), INTERNATIONAL, &["--timeout-ms", "300"]);
    assert_eq!(ran.exit, 4);
    assert!(ran.stdout.contains("may arrive"), "{}", ran.stdout);
}

/// It receives nothing.
#[test]
fn ungranted_or_untrusted_service_exits_with_3() {
    let cli = Cli::new();
    let ran = cli.send_ungranted(&cli.config(), MAINLAND, &["--json".to_owned()]);
    assert_eq!((ran.exit, ran.json()["kind"].as_str()), (3, Some("denied")));
    let origin = cli.simulator.url();
    let grant = format!("grant it by --allow {origin},");
    let error = &ran.json()["timings"]["http"][0]["error"];
    assert!(error.as_str().unwrap().contains(&grant), "{error}");
    for command in ["check", "find", "report"] {
        let more: &[&str] = match command {
            "find" => &["--to", MAINLAND],
            "report" => &["--message-id", "9246:1"],
            _ => &[],
        };
        let more: Vec<String> = more.iter().map(|&word| word.to_owned()).collect();
        let ran = cli.run(command, &cli.config(), &more);
        assert!(ran.stdout.contains(&grant), "{command}: {}", ran.stdout);
    }

    let stranger = Cli::new();
    let mut arguments = vec!["--json".to_owned(), "--allow".to_owned()];
    arguments.push(stranger.simulator.url());
    let ran = cli.send_ungranted(&stranger.config(), MAINLAND, &arguments);
    assert_eq!(
        (ran.exit, ran.json()["kind"].as_str()),
        (3, Some("unreachable"))
    );
    assert_eq!(
        cli.simulator.complete_requests() + stranger.simulator.complete_requests(),
        0
    );
}

/// The code is 0 if all is confirmed, 4 if points stay open, and 6 if one fails.
#[test]
fn worst_finding_decides_exit_code_of_check() {
    let cli = Cli::new();
    let confirmed = cli.look_up("check", &cli.config(), &["--json"]);
    assert_eq!(confirmed.exit, 0, "{}", confirmed.stdout);
    // The key of a sub-account may not list templates, so those points stay open.
    let mut limited = cli.config();
    limited["accessKeyId"] = "AKIDuE8LCAnmuO6RvvBfOHZ1FzfnKEXAMPLE".into();
    limited["accessKeySecret"] = "Hj3xPv9LtQbD6wZkM1sGnRf5cEXAMPLE".into();
    let open = cli.look_up("check", &limited, &["--json"]);
    let document = open.json();
    assert_eq!(open.exit, 4, "{document:#}");
    let verdict = |document: &Value, subject: &str| {
        let checks = document["checks"].as_array().unwrap().clone();
        let check = checks.into_iter().find(|check| check["subject"] == subject);
        check.unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict(&document, "balance"), "pass");
    assert_eq!(verdict(&document, "signature"), "pass");

    let mut config = cli.config();
    config["signName"] = "待审核".into();
    let failing = cli.look_up("check", &config, &["--json"]);
    assert_eq!(failing.exit, 6);
    assert_eq!(verdict(&failing.json(), "signature"), "fail");
    let text = cli.look_up("check", &config, &["--locale", "zh-CN"]);
    assert_eq!(text.exit, 6);
    for words in ["would not work", "fail           signature", "审核中"] {
        assert!(text.stdout.contains(words), "{words}: {}", text.stdout);
    }

    config["region"] = Value::Null;
    let broken = cli.look_up("check", &config, &["--json"]);
    assert_eq!(broken.exit, 6);
    assert_eq!(broken.json()["diagnostics"][0]["pointer"], "/region");

    let fields = |document: &Value| {
        document
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(fields(&document), fields(&broken.json()));
    assert!(cli.simulator.messages().is_empty());

    let ungranted = cli.run("check", &cli.config(), &["--json".to_owned()]);
    let kind = &ungranted.json()["kind"];
    assert_eq!((ungranted.exit, kind.as_str()), (4, Some("denied")));
}

#[test]
fn found_message_of_unknown_outcome_exits_with_0() {
    let cli = Cli::new();
    let find = |more: &[&str]| {
        let mut arguments = vec!["--to", MAINLAND];
        arguments.extend_from_slice(more);
        cli.look_up("find", &cli.config(), &arguments)
    };
    let nothing = find(&["--json"]);
    let document = nothing.json();
    assert_eq!(nothing.exit, 4, "{document:#}");
    assert_eq!(document["found"].as_array().map(Vec::len), Some(0));
    assert_eq!(document["exhaustive"], true);
    assert!(find(&[]).stdout.contains("does not prove"));

    cli.simulator.queue_fault(Fault::AcceptThenClose);
    let sent = cli.send(&cli.config(), MAINLAND, &["--correlation-id", "attempt-1"]);
    assert_eq!(sent.exit, 4);
    cli.simulator.advance(std::time::Duration::from_secs(2));
    let found = find(&["--json", "--correlation-id", "attempt-1"]);
    let document = found.json();
    assert_eq!(found.exit, 0, "{document:#}");
    assert_eq!(document["to"], "+86138****8000");
    assert_eq!(document["found"][0]["state"], "delivered");
    assert_eq!(
        document["found"][0]["attributes"]["correlation-id"],
        "attempt-1"
    );
    let serial = document["found"][0]["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let text = find(&["--message-id", &serial]);
    assert_eq!(text.exit, 0);
    assert!(
        text.stdout.contains(&serial) && text.stdout.contains("delivered"),
        "{}",
        text.stdout
    );

    // A refused look-up exits with 4 (unknown), never as *not sent*. An ambiguous number is a wrong message and exits
    // with 2.
    let mut config = cli.config();
    config["accessKeySecret"] = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLF".into();
    let refused = cli.look_up("find", &config, &["--to", MAINLAND, "--json"]);
    let kind = &refused.json()["kind"];
    assert_eq!((refused.exit, kind.as_str()), (4, Some("authentication")));
    let bare = cli.look_up("find", &cli.config(), &["--to", "13800138000", "--json"]);
    let kind = &bare.json()["kind"];
    assert_eq!((bare.exit, kind.as_str()), (2, Some("invalid-message")));
}

/// An id is unique for each send, so an empty text cannot be one.
#[test]
fn empty_correlation_id_is_a_usage_error() {
    let cli = Cli::new();
    let id = ["--correlation-id", ""];
    let sent = cli.send(&cli.config(), MAINLAND, &id);
    let found = cli.look_up("find", &cli.config(), &["--to", MAINLAND, id[0], id[1]]);
    for ran in [sent, found] {
        assert_eq!(ran.exit, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("--correlation-id"), "{}", ran.stderr);
    }
    assert!(cli.simulator.journal().is_empty());
}
