//! `cargo xtask new-connector` and `docs/writing-a-connector.md`: runs the commands and the code of the page as
//! printed.

use crate::support::{Server, accepted, auth_host, host, xtask};
use auth_connector_host::{Config, Message};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const PAGE: &str = include_str!("../docs/writing-a-connector.md");

/// Timeout of one command. A build compiles the kit and a few small crates.
const PATIENCE: Duration = Duration::from_secs(400);

/// The blocks of the page with this mark.
fn blocks(mark: &str) -> Vec<&'static str> {
    let parts = PAGE.split("```").skip(1).step_by(2);
    parts
        .filter_map(|block| block.split_once('\n'))
        .filter_map(|(info, text)| (info == mark).then_some(text))
        .collect()
}

/// A new folder, removed when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The target folder of this workspace, so that dependencies are compiled once.
fn target() -> PathBuf {
    let xtask = xtask();
    xtask.ancestors().nth(2).expect("target/debug/xtask").into()
}

/// Runs a command to its end, or fails after the timeout.
fn run(command: &mut Command) -> Output {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reader = |pipe: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let (mut pipe, mut bytes) = (pipe, Vec::new());
            pipe.read_to_end(&mut bytes).unwrap();
            bytes
        })
    };
    let stdout = reader(Box::new(stdout.unwrap()));
    let stderr = reader(Box::new(stderr.unwrap()));
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} takes longer than {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Output {
        status,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a line of the page in a folder, without a shell.
fn run_line(line: &str, folder: &Path) -> Output {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = match words.as_slice() {
        ["cargo", "xtask", rest @ ..] => {
            let mut command = Command::new(xtask());
            command.args(rest).arg("--path").arg(folder);
            command
        }
        ["cargo", rest @ ..] => {
            let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
            command
                .current_dir(folder)
                .args(rest)
                .args(["--offline", "--target-dir"])
                .arg(target());
            if rest == ["test"] {
                // The profile whose dependencies are already compiled.
                command.args(["--release", "--config", "profile.release.lto=false"]);
            }
            command
        }
        ["auth-host", rest @ ..] => {
            let mut command = Command::new(auth_host());
            let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled-cli");
            command
                .current_dir(folder)
                .args(rest)
                .args(["--cache-dir", cache]);
            command
        }
        _ => panic!("the page has a command that this test does not run: {line}"),
    };
    let output = run(&mut command);
    assert!(
        output.status.success(),
        "{line}\n{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    output
}

/// A provider that accepts every message.
fn provider() -> Server {
    Server::start(|mut peer| async move {
        let answer = "HTTP/1.1 201 Created\r\ncontent-length: 17\r\n\r\n{\"id\": \"sm-4711\"}";
        while peer.request().await.is_some() && peer.write(answer.as_bytes()).await {}
    })
}

#[tokio::test]
async fn page_commands_and_code_work_unchanged() {
    let folder = Folder::new("acme-sms");
    let [commands] = blocks("sh").try_into().expect("one block of commands");
    for line in commands
        .lines()
        .filter(|line| *line != "cd examples/acme-sms")
    {
        let output = run_line(line, &folder.0);
        if line == "cargo test" {
            assert!(text(&output.stdout).contains("test result: ok. 6 passed"));
        }
    }
    let files: String = [
        "Cargo.toml",
        "src/lib.rs",
        "src/config.rs",
        "src/send.rs",
        "src/tests.rs",
    ]
    .iter()
    .map(|file| std::fs::read_to_string(folder.0.join(file)).unwrap())
    .collect();
    let code = blocks("rust");
    assert_eq!(code.len(), 4);
    for block in code {
        assert!(
            files.contains(block),
            "no file of the skeleton has\n{block}"
        );
    }

    let component = target().join("wasm32-wasip2/release/acme_sms.wasm");
    let server = provider();
    let [config] = blocks("json").try_into().expect("one config");
    let config = config.replace("http://127.0.0.1:8080", &server.url());
    let host = host().allow(&server.url()).unwrap().build().unwrap();
    let message = Message::to("+8613800138000").usage("SignIn").code("918273");
    let sent = host.load(component.as_path()).unwrap();
    let receipt = accepted(
        sent.send_message(&Config::new(config.as_str()), &message)
            .await,
    );
    assert_eq!(receipt.message_id, "sm-4711");

    std::fs::write(folder.0.join("config.json"), &config).unwrap();
    let [commands] = blocks("sh send").try_into().expect("one block of commands");
    for line in commands.lines() {
        let line = line
            .replace("http://127.0.0.1:8080", &server.url())
            .replace(
                "target/wasm32-wasip2/release/acme_sms.wasm",
                component.to_str().unwrap(),
            );
        let output = run_line(&line, &folder.0);
        if line.starts_with("auth-host inspect") {
            assert!(text(&output.stdout).contains("wasi:http"));
        }
    }
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn existing_folder_and_bad_name_are_refused() {
    let folder = Folder::new("taken");
    std::fs::create_dir_all(&folder.0).unwrap();
    let new_connector = |name: &str| {
        let mut command = Command::new(xtask());
        run(command
            .args(["new-connector", name, "--path"])
            .arg(&folder.0))
    };
    for (name, expected) in [
        ("acme-sms", "exists already"),
        ("Acme", "is no name for a connector"),
    ] {
        let output = new_connector(name);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains(expected),
            "{}",
            text(&output.stderr)
        );
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
    }
}
