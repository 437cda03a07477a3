//! The lanes of a run, as child processes, and the simulator that they all talk to.

use crate::work::{Result, as_text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

/// A child process that reads and answers in lines, and ends when its input does.
pub struct Lane {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// Its name in results.
    pub name: &'static str,
}

impl Lane {
    /// Starts one.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name} did not start: {error}"))?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or("no output")?;
        Ok(Self {
            child,
            input,
            output: BufReader::new(output),
            name,
        })
    }

    /// Its process, for whoever looks at it from outside.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().map_err(as_text)
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.output.read_line(&mut line).map_err(as_text)? {
            0 => Err(format!("{} ended early; it says why above", self.name)),
            _ => Ok(line),
        }
    }

    /// Has work done and gives the figures.
    pub fn run(&mut self, op: &str, count: u64, concurrency: u64, first: u64) -> Result<Value> {
        let order = json!({"op": op, "count": count, "concurrency": concurrency, "first": first});
        let input = self.input.as_mut().ok_or("no input")?;
        writeln!(input, "{order}").map_err(as_text)?;
        let line = self.line()?;
        serde_json::from_str(&line).map_err(|error| format!("{}: {error}: {line}", self.name))
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        drop(self.input.take());
        // The closed input ends it; if not, it is killed.
        std::thread::sleep(std::time::Duration::from_millis(100));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A simulator without limits for each number, in a process of its own.
pub struct Simulator {
    /// Its child.
    _lane: Lane,
    /// Its address.
    pub url: String,
}

impl Simulator {
    /// Starts one. `authority` is the file for its certificate, if it is to use TLS.
    pub fn start(catalogue: &Path, authority: Option<&Path>) -> Result<Self> {
        let program = std::env::var_os("SIMULATOR_BIN").ok_or("SIMULATOR_BIN is not set")?;
        // Every time: a file of an earlier run has the limits and key pairs of an earlier simulator.
        std::fs::write(catalogue, unlimited(&program)?).map_err(as_text)?;
        let mut command = Command::new(program);
        command
            .args([
                "--quiet",
                "--stop-on-stdin-close",
                "--accept-derived-service",
                "--retention",
                "50000",
            ])
            .arg("--catalogue")
            .arg(catalogue);
        if let Some(path) = authority {
            command.arg("--tls").arg("--ca-out").arg(path);
        }
        let mut lane = Lane::start("the simulator", &mut command)?;
        let ready: Value = serde_json::from_str(&lane.line()?).map_err(as_text)?;
        let url = ready.get("url").and_then(Value::as_str);
        Ok(Self {
            url: url
                .ok_or("the simulator did not say where it is")?
                .to_owned(),
            _lane: lane,
        })
    }

    /// A request to the control plane, over plain HTTP, and its answer.
    pub fn control(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let authority = self
            .url
            .strip_prefix("http://")
            .ok_or("TLS is not spoken here")?;
        let mut stream = std::net::TcpStream::connect(authority).map_err(as_text)?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .map_err(as_text)?;
        let mut answer = Vec::new();
        std::io::Read::read_to_end(&mut stream, &mut answer).map_err(as_text)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        if !head.starts_with("HTTP/1.1 2") {
            return Err(format!("{method} {path}: {head} {body}"));
        }
        Ok(serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

/// The built-in catalogue without the limits that would refuse what a benchmark repeats. Every check still runs.
fn unlimited(program: &std::ffi::OsStr) -> Result<String> {
    let output = Command::new(program)
        .arg("--print-catalogue")
        .output()
        .map_err(as_text)?;
    let mut text = String::from_utf8(output.stdout).map_err(as_text)?;
    for (limit, none) in [
        ("same_content_interval_s: 30", "same_content_interval_s: 0"),
        ("per_day: 10 ", "per_day: null "),
        ("SendSms: 3000", "SendSms: null"),
    ] {
        if !text.contains(limit) {
            return Err(format!("the simulator's catalogue has no `{limit}`"));
        }
        text = text.replace(limit, none);
    }
    Ok(text)
}
