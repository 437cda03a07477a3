//! Running service: the program, its folder, a simulator, and calls over HTTP.

use crate::support::{COMPILED, SECRET_ID, SECRET_KEY, auth_host, component};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tencent_sms_simulator::Simulator;

/// A temporary folder, removed when this is dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("auth-host-service-{}-{nth}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a command of the program on a folder and reads its JSON.
pub fn command(folder: &Path, arguments: &[&str], input: &str) -> Result<Value, String> {
    let mut child = Command::new(auth_host())
        .args(arguments)
        .args(["--json", "--data"])
        .arg(folder.join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that ends early does not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    match output.status.code() {
        Some(0) => {
            Ok(serde_json::from_str(&out).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {out}")))
        }
        code => Err(format!("{code:?} {err}")),
    }
}

/// The response to a call.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    /// The cookies that it sets, unparsed.
    pub cookies: Vec<String>,
    /// The `Location` header.
    pub location: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The kind of a problem.
    pub fn problem(&self) -> String {
        assert!(
            self.head.contains("application/problem+json"),
            "{}",
            self.head
        );
        let kind = self.json()["type"].as_str().unwrap().to_owned();
        kind.trim_start_matches("/problems/").to_owned()
    }
}

/// Sends a request on a new connection and reads the response to its end.
pub fn http(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    http_bytes(address, method, path, headers, body.as_bytes())
}

/// The same with a binary body.
pub fn http_bytes(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    // A server that refuses early closes the connection during the body.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        read?;
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
    Ok(Answer {
        status: status.ok_or(std::io::ErrorKind::InvalidData)?,
        cookies: head
            .lines()
            .filter_map(|line| line.strip_prefix("set-cookie: "))
            .map(str::to_owned)
            .collect(),
        location: head
            .lines()
            .find_map(|line| line.strip_prefix("location: "))
            .unwrap_or_default()
            .to_owned(),
        head: head.to_ascii_lowercase(),
        text: body.to_owned(),
    })
}

/// The program as a service.
pub struct Process {
    child: Child,
    pub api: String,
    pub admin: String,
    /// Its output.
    pub output: Arc<Mutex<String>>,
}

impl Process {
    /// Starts it on free loopback ports.
    pub fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(auth_host());
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(folder.join("data"));
        Self::run(&mut command, environment)
    }

    /// Starts a program that prints its addresses.
    pub fn run(command: &mut Command, environment: &[(&str, &str)]) -> Self {
        let mut child = command
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        gather(child.stdout.take().unwrap(), output.clone());
        gather(child.stderr.take().unwrap(), output.clone());
        let begun = Instant::now();
        let find = |what: &str| {
            let text = output.lock().unwrap();
            let line = text.lines().find_map(|line| line.split_once(what));
            line.map(|(_, address)| address.trim().to_owned())
        };
        loop {
            if let (Some(api), Some(admin)) = (
                find("auth-host listens at "),
                find("administrators' API at "),
            ) {
                return Self {
                    child,
                    api,
                    admin,
                    output,
                };
            }
            let ended = child.try_wait().unwrap();
            let is_late = begun.elapsed() > Duration::from_secs(60);
            assert!(
                ended.is_none() && !is_late,
                "the service did not start: {}",
                output.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the output contains a text.
    pub fn says(&self, text: &str) {
        let begun = Instant::now();
        while !self.output.lock().unwrap().contains(text) {
            let is_late = begun.elapsed() > Duration::from_secs(30);
            assert!(!is_late, "no {text}: {}", self.output.lock().unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it exits by itself.
    pub fn ended(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    #[cfg(unix)]
    pub fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn gather(from: impl Read + Send + 'static, to: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut text = to.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    });
}

/// A service with a tenant `default`, a simulator and a flow through it for every message.
pub struct Running {
    pub process: Process,
    pub simulator: Simulator,
    pub key: String,
    pub host_key: String,
    pub folder: Folder,
}

impl Running {
    pub fn start() -> Self {
        Self::with(&[])
    }

    pub fn with(environment: &[(&str, &str)]) -> Self {
        let simulator = Simulator::builder().start_blocking().unwrap();
        let folder = Folder::new();
        let (key, host_key) = set_up(
            &folder.0,
            &[("sim", &config(&simulator.url()))],
            &simulator.url(),
        );
        let process = Process::start(&folder.0, environment);
        Self {
            process,
            simulator,
            key,
            host_key,
            folder,
        }
    }

    pub fn command(&self, arguments: &[&str], input: &str) -> Result<Value, String> {
        command(&self.folder.0, arguments, input)
    }

    /// Runs a command and waits until the service has applied its change.
    pub fn change(&self, arguments: &[&str], input: &str) -> Value {
        let done = self.command(arguments, input).unwrap();
        self.applied();
        done
    }

    /// Waits until the service has applied the changes of other programs: it logs their revision.
    pub fn applied(&self) {
        let query = "SELECT value FROM settings WHERE key = 'revision'";
        let revision: String = self
            .database()
            .query_row(query, [], |row| row.get(0))
            .unwrap();
        self.process.says(&format!("revision={revision}"));
    }

    /// The service's database.
    pub fn database(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(self.folder.0.join("data/auth-host.db")).unwrap();
        database.busy_timeout(Duration::from_secs(5)).unwrap();
        database
    }

    /// Starts a verification. Returns the state of its message and the failure's kind.
    pub fn try_to_send(&self, to: &str) -> (String, String) {
        let body = json!({"to": to, "usage": "SignIn"});
        let message = &self.post("/v1/verifications", &body).expect(201)["message"];
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("kind"))
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, body, &[])
    }

    pub fn post_with(&self, path: &str, body: &Value, more: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let mut headers = vec![
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        headers.extend(more);
        http(&self.process.api, "POST", path, &headers, &body.to_string()).unwrap()
    }

    pub fn get(&self, path: &str) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        http(
            &self.process.api,
            "GET",
            path,
            &[("Authorization", &bearer)],
            "",
        )
        .unwrap()
    }

    pub fn admin(&self, method: &str, path: &str, key: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {key}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        let body = if method == "GET" {
            String::new()
        } else {
            body.to_string()
        };
        http(&self.process.admin, method, path, &headers, &body).unwrap()
    }

    /// Starts a verification that is accepted. Returns its id.
    pub fn begin(&self, to: &str) -> String {
        let v = self
            .post("/v1/verifications", &json!({"to": to, "usage": "SignIn"}))
            .expect(201);
        assert_eq!(v["message"]["state"], "accepted", "{v}");
        v["id"].as_str().unwrap().to_owned()
    }

    /// The newest code that arrived at a number.
    pub fn code(&self, to: &str) -> String {
        let messages = self.simulator.messages();
        let last = messages.iter().rev().find(|message| message.to == to);
        last.unwrap_or_else(|| panic!("nothing arrived at {to}"))
            .params
            .first()
            .unwrap()
            .clone()
    }

    /// Ages the verifications in the service's database.
    pub fn age(&self, ms: i64) {
        let changed = self.database().execute(
            "UPDATE verifications SET sent_at = sent_at - ?1, expires_at = expires_at - ?1",
            [ms],
        );
        assert!(changed.unwrap() > 0);
    }

    pub fn resend(&self, id: &str) -> Answer {
        self.post(&format!("/v1/verifications/{id}/resend"), &json!({}))
    }

    pub fn check(&self, id: &str, code: &str) -> Answer {
        self.post(
            &format!("/v1/verifications/{id}/check"),
            &json!({"code": code}),
        )
    }
}

/// A config for the simulator.
pub fn config(url: &str) -> Value {
    let codes = json!({"mainland": "1110000", "international": "1110002"});
    let templates = ["SignIn", "Register", "ForgotPassword", "Generic"]
        .map(|usage| json!({"usageType": usage, "templateCode": codes}));
    json!({
        "accessKeyId": SECRET_ID, "accessKeySecret": SECRET_KEY, "signName": "腾讯云", "sdkAppId": "1400006666",
        "region": "ap-guangzhou", "endpoint": url, "templates": templates,
    })
}

/// Links the compiled code that all tests share into the program's folder.
pub fn share_compiled_code(folder: &Path) {
    let data = folder.join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::create_dir_all(COMPILED).unwrap();
    #[cfg(unix)]
    let _ = std::os::unix::fs::symlink(COMPILED, data.join("cache"));
}

/// Sets up a tenant with connectors, a flow through all of them, and two keys: the tenant's and the host's.
pub fn set_up(folder: &Path, connectors: &[(&str, &Value)], origin: &str) -> (String, String) {
    share_compiled_code(folder);
    let run = |arguments: &[&str], input: &str| command(folder, arguments, input).unwrap();
    run(
        &[
            "tenant",
            "put",
            "--set",
            "default_country=CN",
            "--set",
            "home_countries=CN",
        ],
        "",
    );
    let wasm = component();
    run(
        &[
            "plugin",
            "add",
            wasm.to_str().unwrap(),
            "--name",
            "sms",
            "--unsigned",
            "--allow",
            origin,
        ],
        "",
    );
    let mut flow = vec!["flow", "put"];
    for (name, config) in connectors {
        run(
            &["connector", "put", name, "--plugin", "sms", "--config", "-"],
            &config.to_string(),
        );
        flow.push(name);
    }
    run(&flow, "");
    let key = run(&["key", "add", "back-end"], "");
    let host = run(&["key", "add", "operator", "--host"], "");
    let text = |key: &Value| key["key"].as_str().unwrap().to_owned();
    (text(&key), text(&host))
}
