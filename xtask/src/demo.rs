//! `cargo xtask demo`: login codes through the component, over TLS, to a simulator that checks the signature.
//!
//! It runs the same programs that an operator runs, and shows what each of them printed. It contains neither the
//! codes, which `auth-host` makes up, nor any signing.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::build::Workspace;
use crate::process::{Guarded, Result};

/// The key pair that Tencent Cloud's documentation publishes as an example. It gives no access.
const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

/// A number in China and one in the United States, and how they are shown.
const MAINLAND: (&str, &str) = ("+8613800138000", "+86138****8000");
const ABROAD: (&str, &str) = ("+14155552671", "+141****2671");

/// How long the simulator may take to start.
const PATIENCE: Duration = Duration::from_secs(20);
/// Silence after which a program's output counts as complete.
pub const QUIET: Duration = Duration::from_millis(150);

/// The command.
pub fn run() -> Result {
    let workspace = Workspace::open()?;
    build(&workspace)?;

    let folder = Folder::new()?;
    let simulator = Simulator::start(&workspace.program("tencent-sms-simulator"), &folder)?;
    let host = AuthHost {
        workspace: &workspace,
        folder: &folder,
        origin: simulator.url.clone(),
    };

    heading("A Tencent Cloud SMS on this machine");
    println!(
        "The simulator listens at {}, with TLS from an authority that it just made.",
        simulator.url
    );
    println!(
        "It checks signatures as the service does, and keeps messages in an inbox instead of sending them."
    );

    heading("The component, and everything that it may do");
    host.run(&["inspect"], &["inspect"], &[])?;

    heading("The operator's config");
    folder.write_config(&simulator.url)?;
    println!(
        "It is Logto's, with two additions: a template for each route, and the simulator's address."
    );
    host.run(
        &["validate", "--config", "config.json"],
        &["validate"],
        &["--config"],
    )?;

    for (what, number) in [("a mainland", MAINLAND), ("an international", ABROAD)] {
        heading(&format!("A Register code to {what} number"));
        host.send(number, &[], 0)?;
        simulator.show("inbox ")?;
    }

    heading("The same with a wrong secret");
    host.send(
        MAINLAND,
        &["--set-from-env", "/accessKeySecret=WRONG_SECRET"],
        3,
    )?;
    simulator.show("why: ")?;

    heading("That was it");
    println!(
        "Two codes arrived and one request was refused, each over TLS and signed inside the sandbox."
    );
    println!(
        "Next: README.md says how to send through your own account, and simulator/README.md how to run the simulator for your tests."
    );
    Ok(())
}

/// Builds the component beside the host and the simulator: both end with a step that takes one core. Cargo shows what
/// it compiles of the larger part and how far it is.
fn build(workspace: &Workspace) -> Result {
    let begun = Instant::now();
    println!(
        "Building the host and the simulator, minutes the first time, because Wasmtime is among their packages.\nBeside \
         them the component, less than a minute."
    );
    let mut component = workspace.begin_component()?;
    let programs = workspace.build_demo();
    let component = component.0.wait();
    programs?;
    if !component.is_ok_and(|status| status.success()) {
        // Again, for its output.
        workspace.build_component()?;
    }
    println!("\nBuilt in {} s.", begun.elapsed().as_secs());
    Ok(())
}

fn heading(title: &str) {
    println!("\n── {title}\n");
}

/// A temporary folder that goes when the demo ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("tencent-sms-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}.", path.display()))?;
        Ok(Self(path))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write_config(&self, endpoint: &str) -> Result {
        let codes = json!({"mainland": "1110000", "international": "1110002"});
        let templates = ["SignIn", "Register", "ForgotPassword", "Generic"]
            .map(|usage| json!({"usageType": usage, "templateCode": codes}));
        let config = json!({
            "accessKeyId": SECRET_ID,
            "accessKeySecret": SECRET_KEY,
            "signName": "腾讯云",
            "sdkAppId": "1400006666",
            "region": "ap-guangzhou",
            "endpoint": endpoint,
            "templates": templates,
        });
        let path = self.file("config.json");
        std::fs::write(&path, config.to_string())
            .map_err(|error| format!("{}: {error}.", path.display()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A file that cannot be removed is in the system's temporary folder, which the system cleans.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `auth-host`, run as a person would.
struct AuthHost<'d> {
    workspace: &'d Workspace,
    folder: &'d Folder,
    origin: String,
}

impl AuthHost<'_> {
    fn send(&self, (number, masked): (&str, &str), extra: &[&str], expected: i32) -> Result {
        let arguments = |number: &str, ca: &str, config: &str| {
            let mut words: Vec<String> = [
                "send",
                "--config",
                config,
                "--usage",
                "Register",
                "--to",
                number,
                "--generate-code",
                "6",
            ]
            .map(Into::into)
            .to_vec();
            words.extend(["--allow", &self.origin, "--ca", ca, "--report"].map(Into::into));
            words.extend(extra.iter().map(|word| (*word).into()));
            words
        };
        println!(
            "$ auth-host {}",
            shown(&arguments(masked, "ca.pem", "config.json"))
        );
        let real = arguments(number, &self.path("ca.pem"), &self.path("config.json"));
        self.execute(&real, expected)
    }

    fn run(&self, shown_words: &[&str], command: &[&str], files: &[&str]) -> Result {
        println!(
            "$ auth-host {}",
            shown(
                &shown_words
                    .iter()
                    .map(|word| (*word).into())
                    .collect::<Vec<_>>()
            )
        );
        let mut words: Vec<String> = command.iter().map(|word| (*word).into()).collect();
        for option in files {
            words.extend([(*option).into(), self.path("config.json")]);
        }
        self.execute(&words, 0)
    }

    fn path(&self, name: &str) -> String {
        self.folder.file(name).to_string_lossy().into_owned()
    }

    /// Runs it and shows what it printed. The component comes right after the command.
    fn execute(&self, words: &[String], expected: i32) -> Result {
        let (command, rest) = words.split_first().ok_or("auth-host needs a command.")?;
        let output = Command::new(self.workspace.program("auth-host"))
            .arg(command)
            .arg(self.workspace.component())
            .args(rest)
            .env("WRONG_SECRET", SECRET_KEY.replace("EXAMPLE", "EXAMPLf"))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("auth-host did not start: {error}."))?;
        for line in [&output.stdout, &output.stderr]
            .iter()
            .flat_map(|bytes| lines(bytes))
        {
            println!("host      │ {line}");
        }
        match output.status.code() {
            Some(code) if code == expected => Ok(()),
            _ => Err(format!(
                "auth-host ended with {} where {expected} was expected.",
                output.status
            )),
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes)
        .lines()
        .map(Into::into)
        .collect()
}

/// The words of a command, with the component in its place.
fn shown(words: &[String]) -> String {
    match words.split_first() {
        Some((command, [])) => format!("{command} connector.wasm"),
        Some((command, rest)) => format!("{command} connector.wasm {}", rest.join(" ")),
        None => String::new(),
    }
}

/// The simulator, and the lines that it prints.
struct Simulator {
    url: String,
    console: Receiver<String>,
    /// Dropped last: the simulator stops when its standard input closes.
    _process: Guarded,
}

impl Simulator {
    fn start(program: &Path, folder: &Folder) -> Result<Self> {
        let mut child = Command::new(program)
            .args([
                "--listen",
                "127.0.0.1:0",
                "--tls",
                "--stop-on-stdin-close",
                "--ca-out",
            ])
            .arg(folder.file("ca.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the simulator did not start: {error}."))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let process = Guarded(child);
        let ready = read_lines(stdout.ok_or("the simulator has no output.")?)
            .recv_timeout(PATIENCE)
            .map_err(|_| "the simulator did not say where it listens.")?;
        let ready: Value = serde_json::from_str(&ready)
            .map_err(|error| format!("the simulator's first line is not JSON: {error}."))?;
        let url = ready
            .get("url")
            .and_then(Value::as_str)
            .ok_or("the simulator did not name its URL.")?;
        let console = read_lines(stderr.ok_or("the simulator has no console.")?);
        Ok(Self {
            url: url.into(),
            console,
            _process: process,
        })
    }

    /// Shows what the simulator printed about the last request, up to a line with this text and what follows at once.
    /// On a busy machine the lines come one by one.
    fn show(&self, awaited: &str) -> Result {
        println!();
        let mut wait = PATIENCE;
        loop {
            match self.console.recv_timeout(wait) {
                Ok(line) => {
                    println!("simulator │ {line}");
                    if line.contains(awaited) {
                        wait = QUIET;
                    }
                }
                Err(RecvTimeoutError::Timeout) if wait == QUIET => return Ok(()),
                Err(_) => {
                    return Err(format!("the simulator printed no line with `{awaited}`."));
                }
            }
        }
    }
}

/// The lines of a stream, as they come.
pub fn read_lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream)
            .lines()
            .map_while(std::result::Result::ok)
        {
            // The receiver was dropped: the demo is over.
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
