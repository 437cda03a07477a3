//! The servers of `verifications`: `auth-host serve` and better-auth, each a process of its own with SQLite in a file.

use crate::caller::Caller;
use crate::lanes::Lane;

use crate::work::{Result, as_text, config};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// CPU time and memory of a process so far.
pub struct Usage {
    /// User and system time of all its threads.
    pub cpu: Duration,
    /// Resident memory in bytes.
    pub resident: u64,
}

/// A server that verifies numbers.
pub trait Server: Send + Sync + 'static {
    /// Its process.
    fn process(&self) -> u32;

    /// Has a code sent, and gives what the check needs beside the code.
    fn start(&self, caller: &Caller, number: &str) -> impl Future<Output = Result<String>> + Send;

    /// Checks a code, which has to be right.
    fn check(
        &self,
        caller: &Caller,
        number: &str,
        started: &str,
        code: &str,
    ) -> impl Future<Output = Result> + Send;

    /// Usage of its process so far.
    fn usage(&self) -> Result<Usage> {
        usage(self.process())
    }
}

/// The clock of `/proc/PID/stat`, which Linux shows to programs as 100 ticks a second (`man 5 proc`, USER_HZ).
const TICK: Duration = Duration::from_millis(10);

fn usage(process: u32) -> Result<Usage> {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{process}/{name}"));
    let stat = read("stat").map_err(as_text)?;
    // The second field is the program's name in parentheses; user and system time are the 14th and the 15th.
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields);
    let mut ticks = fields.unwrap_or_default().split_whitespace().skip(11);
    let mut next = || ticks.next().and_then(|ticks| ticks.parse::<u32>().ok());
    let (Some(user), Some(system)) = (next(), next()) else {
        return Err(format!("/proc/{process}/stat cannot be read"));
    };
    let status = read("status").map_err(as_text)?;
    Ok(Usage {
        cpu: TICK * (user + system),
        resident: crate::work::number_after(&status, "VmRSS:") * 1024,
    })
}

/// Returns true if an SQLite file is in WAL mode: bytes 18 and 19 of its header are 2 (sqlite.org/fileformat2,
/// section 1.3).
pub fn is_wal(database: &Path) -> Result<bool> {
    let mut header = [0; 20];
    let mut file = std::fs::File::open(database).map_err(as_text)?;
    file.read_exact(&mut header).map_err(as_text)?;
    Ok(header.ends_with(&[2, 2]))
}

/// `auth-host serve`, set up by its own commands.
pub struct AuthHost {
    lane: Lane,
    url: String,
    bearer: String,
    /// Its database.
    pub database: PathBuf,
}

impl AuthHost {
    /// Sets a tenant up whose limits a benchmark does not reach, and starts the service.
    pub fn start(folder: &Path, simulator: &str) -> Result<Self> {
        let program = program("AUTH_HOST_BIN")?;
        let data = folder.join("auth-host");
        let set_up = |arguments: &[&str], input: &str| -> Result<Value> {
            command(&program, arguments, &data, input)
        };
        let mut tenant = vec!["tenant", "put"];
        // The peer does not report used codes to the provider either.
        for setting in [
            "default_country=CN",
            "home_countries=CN",
            "report_used_codes=false",
        ] {
            tenant.extend(["--set", setting]);
        }
        set_up(&tenant, "")?;
        let mut limits = vec!["limits"];
        for limit in [
            "number_a_day=1000000",
            "number_in_ten_minutes=1000000",
            "prefix_a_day=1000000",
            "segments_a_day=1000000",
        ] {
            limits.extend(["--set", limit]);
        }
        set_up(&limits, "")?;
        let component = program_text("CONNECTOR_WASM")?;
        let plugin = ["plugin", "add", &component, "--name", "sms", "--unsigned"];
        set_up(&[&plugin[..], &["--allow", simulator]].concat(), "")?;
        let connector = [
            "connector",
            "put",
            "sim",
            "--plugin",
            "sms",
            "--config",
            "-",
        ];
        set_up(&connector, &config(simulator, 0))?;
        set_up(&["flow", "put", "sim"], "")?;
        let key = set_up(&["key", "add", "back-end"], "")?;
        let key = key.get("key").and_then(Value::as_str).ok_or("no key")?;
        let log = std::fs::File::create(folder.join("auth-host.log")).map_err(as_text)?;
        let mut serve = Command::new(&program);
        serve
            .args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .arg("--data")
            .arg(&data)
            .stderr(log);
        let mut lane = Lane::start("auth-host", &mut serve)?;
        let line = lane.line()?;
        let address = line.split_once("listens at ").map(|(_, address)| address);
        Ok(Self {
            url: format!("http://{}", address.ok_or("no address")?.trim()),
            bearer: format!("Bearer {key}"),
            database: data.join("auth-host.db"),
            lane,
        })
    }
}

impl Server for AuthHost {
    fn process(&self) -> u32 {
        self.lane.process()
    }

    async fn start(&self, caller: &Caller, number: &str) -> Result<String> {
        let url = format!("{}/v1/verifications", self.url);
        let key = format!("start-{number}");
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("idempotency-key", key.as_str()),
        ];
        let body = json!({"to": number, "usage": "SignIn"});
        let answer = caller.post(&url, &headers, &body, 201).await?;
        let state = answer.pointer("/message/state").and_then(Value::as_str);
        let id = answer.get("id").and_then(Value::as_str);
        match (state, id) {
            (Some("accepted"), Some(id)) => Ok(id.to_owned()),
            _ => Err(format!("the message was not accepted: {answer}")),
        }
    }

    async fn check(&self, caller: &Caller, number: &str, started: &str, code: &str) -> Result {
        let url = format!("{}/v1/verifications/{started}/check", self.url);
        let key = format!("check-{number}");
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("idempotency-key", key.as_str()),
        ];
        let body = json!({"code": code});
        let answer = caller.post(&url, &headers, &body, 200).await?;
        match answer.get("valid") {
            Some(Value::Bool(true)) => Ok(()),
            _ => Err(format!("the code was refused: {answer}")),
        }
    }
}

fn program(variable: &str) -> Result<OsString> {
    std::env::var_os(variable).ok_or_else(|| format!("{variable} is not set"))
}

fn program_text(variable: &str) -> Result<String> {
    Ok(program(variable)?.to_string_lossy().into_owned())
}

/// Runs a command of `auth-host` on a folder and reads its JSON.
fn command(program: &OsString, arguments: &[&str], data: &Path, input: &str) -> Result<Value> {
    let mut child = Command::new(program)
        .args(arguments)
        .args(["--json", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(as_text)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that reads no input may have closed it.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(as_text)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("auth-host {}: {said}", arguments.join(" ")));
    }
    serde_json::from_slice(&output.stdout).map_err(as_text)
}

/// better-auth's phone number plugin with Tencent's Node SDK: `benches/peers/verifications`.
pub struct BetterAuth {
    lane: Lane,
    url: String,
    /// True if its connection reads back WAL and `synchronous=FULL`.
    pub is_durable: bool,
    /// The runtime and its version.
    pub runtime: String,
}

impl BetterAuth {
    /// Starts it with users for `count` numbers from `first` on.
    pub fn start(
        program: &Path,
        folder: &Path,
        simulator: &str,
        first: u64,
        count: u64,
    ) -> Result<Self> {
        let mut command = Command::new("node");
        command
            .arg(program.join("server.mjs"))
            .env("NODE_ENV", "production")
            .env("BENCH_URL", simulator)
            .env("BENCH_DATABASE", folder.join("better-auth.db"))
            .env("BENCH_FIRST", first.to_string())
            .env("BENCH_COUNT", count.to_string());
        let mut lane = Lane::start("better-auth", &mut command)?;
        let ready: Value = serde_json::from_str(&lane.line()?).map_err(as_text)?;
        let url = ready.get("url").and_then(Value::as_str);
        Ok(Self {
            url: url.ok_or("better-auth did not say where it is")?.to_owned(),
            is_durable: ready.get("journal_mode") == Some(&json!("wal"))
                && ready.get("synchronous") == Some(&json!(2)),
            runtime: ready
                .get("runtime")
                .and_then(Value::as_str)
                .ok_or("better-auth did not name its runtime")?
                .to_owned(),
            lane,
        })
    }

    async fn call(&self, caller: &Caller, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}/api/auth/phone-number/{path}", self.url);
        let origin = [("origin", self.url.as_str())];
        caller.post(&url, &origin, body, 200).await
    }
}

impl Server for BetterAuth {
    fn process(&self) -> u32 {
        self.lane.process()
    }

    async fn start(&self, caller: &Caller, number: &str) -> Result<String> {
        let body = json!({"phoneNumber": number});
        self.call(caller, "send-otp", &body)
            .await
            .map(|_| String::new())
    }

    async fn check(&self, caller: &Caller, number: &str, _: &str, code: &str) -> Result {
        let body = json!({"phoneNumber": number, "code": code, "disableSession": true});
        let answer = self.call(caller, "verify", &body).await?;
        let has_user = answer.get("user").is_some_and(Value::is_object);
        match answer.get("status") {
            Some(Value::Bool(true)) if has_user => Ok(()),
            _ => Err(format!("the code was refused: {answer}")),
        }
    }
}
