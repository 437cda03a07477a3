use super::running::{Running, config};
use crate::support::SECRET_KEY;
use rusqlite::types::ValueRef;
use serde_json::json;
use std::path::Path;
use tencent_sms_simulator::Fault;

/// An earlier version kept no list of values that its plugin does not declare, and showed them.
#[test]
fn config_of_an_older_program_shows_what_is_declared() {
    let host = Running::start();
    let mut config = config(&host.simulator.url());
    config["X-Debug-Token"] = json!("HIDDENTOKEN123");
    let put = ["connector", "put", "sim", "--config", "-"];
    host.command(&put, &config.to_string()).unwrap();
    let database = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    let changed = database.execute(
        "UPDATE connectors SET secrets = '[\"/accessKeySecret\", \"\"]'",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    let shown = host.command(&["connector", "show", "sim"], "").unwrap();
    assert_eq!(shown["config"]["X-Debug-Token"], json!(null));
    assert_eq!(shown["config"]["accessKeySecret"], json!(null));
    assert_eq!(shown["config"]["sdkAppId"], config["sdkAppId"]);
}

/// Runs every flow with all logging on. No secret, code or whole number may be in the output, the metrics, the
/// responses or the files.
#[test]
fn nothing_personal_is_written_anywhere() {
    let mut host = Running::with(&[("AUTH_HOST_LOG", "trace")]);
    let numbers = ["+8613800138000", "+14155552671"];
    let mut codes = Vec::new();
    let mut answers = String::new();
    for to in numbers {
        let id = host.begin(to);
        codes.push(host.code(to));
        answers.push_str(&host.check(&id, "9").text);
        answers.push_str(&host.check(&id, codes.last().unwrap()).text);
        answers.push_str(&host.get(&format!("/v1/verifications/{id}")).text);
    }
    host.simulator.queue_fault(Fault::AcceptThenClose);
    let start = json!({"to": numbers[0], "usage": "SignIn"});
    answers.push_str(&host.post("/v1/verifications", &start).text);
    codes.push(host.code(numbers[0]));
    let refusal = Fault::Code {
        code: "LimitExceeded.PhoneNumberDailyLimit".to_owned(),
        message: Some(format!("{} got {}", numbers[0], SECRET_KEY)),
    };
    host.simulator.queue_fault_of("SendSms", refusal);
    answers.push_str(&host.post("/v1/verifications", &start).text);
    let send = json!({"to": numbers[0], "usage": "Generic", "variables": {"code": "975318"}});
    answers.push_str(&host.post("/v1/messages", &send).text);
    codes.push("975318".to_owned());
    for path in [
        "",
        "/connectors",
        "/messages",
        "/audit",
        "/figures",
        "/keys",
    ] {
        let path = format!("/admin/tenants/default{path}");
        answers.push_str(&host.admin("GET", &path, &host.host_key, &json!(null)).text);
    }
    answers.push_str(
        &host
            .admin("GET", "/metrics", &host.host_key, &json!(null))
            .text,
    );
    for arguments in [
        vec!["message", "list"],
        vec!["verification", "list"],
        vec!["connector", "list"],
        vec!["audit"],
    ] {
        answers.push_str(&host.command(&arguments, "").unwrap().to_string());
    }
    #[cfg(unix)]
    assert_eq!(host.process.terminate(), Some(0));
    let output = host.process.output.lock().unwrap().clone();
    let untimed = without_times(&output);
    assert!(
        output.contains("TRACE") || output.contains("DEBUG"),
        "logging was off"
    );
    let mut hidden: Vec<String> = codes.clone();
    hidden.push(SECRET_KEY.to_owned());
    hidden.push(host.key.split('.').nth(1).unwrap().to_owned());
    hidden.extend(numbers.map(|number| number[3..].to_owned()));
    for text in &hidden {
        // Six digits of a code may be part of a time, or of an id in a response; numbers and secrets may not occur.
        let is_code = codes.contains(text);
        let output = if is_code { &untimed } else { &output };
        assert!(!output.contains(text.as_str()), "the output has {text}");
        assert!(
            is_code || !answers.contains(text.as_str()),
            "an answer has {text}"
        );
        let quoted = format!("\"{text}\"");
        assert!(!answers.contains(&quoted), "an answer has {quoted}");
    }
    let data = host.folder.0.join("data");
    for file in files(&data) {
        let bytes = std::fs::read(&file).unwrap();
        for text in &hidden {
            // A code alone may be part of an id or of binary data.
            let text = match codes.contains(text) {
                true => format!("\"{text}\""),
                false => text.clone(),
            };
            let is_there = has(&bytes, text.as_bytes());
            assert!(!is_there, "{} has {text}", file.display());
        }
    }
    for (column, value) in values(&data.join("auth-host.db")) {
        for code in &codes {
            let is_or_quotes = value == *code || value.contains(&format!("\"{code}\""));
            assert!(!is_or_quotes, "{column} has a code");
        }
    }
}

/// Every text and blob of a database, each with the name of its column. A number is a text too, as SQLite would show it.
fn values(database: &Path) -> Vec<(String, String)> {
    let database = rusqlite::Connection::open(database).unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
    let mut tables = database.prepare(tables).unwrap();
    let tables: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut found = Vec::new();
    for table in tables {
        let mut query = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns: Vec<String> = query.column_names().map(str::to_owned).collect();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for (index, column) in columns.iter().enumerate() {
                let text = match row.get_ref(index).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        String::from_utf8_lossy(bytes).into_owned()
                    }
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Real(_) | ValueRef::Null => continue,
                };
                found.push((format!("{table}.{column}"), text));
            }
        }
    }
    assert!(
        found
            .iter()
            .any(|(column, _)| column.starts_with("verifications."))
    );
    found
}

/// Lines without the time at their beginning, whose fraction has six digits as a code has.
fn without_times(output: &str) -> String {
    let rest = |line: &str| match line.split_once(' ') {
        Some((first, rest)) if is_time(first) => rest.to_owned(),
        _ => line.to_owned(),
    };
    output.lines().map(rest).collect::<Vec<_>>().join("\n")
}

/// Returns true for a time as in `2026-12-01T03:04:05.678901Z` (RFC 3339).
fn is_time(word: &str) -> bool {
    let shape = |byte: u8| if byte.is_ascii_digit() { b'0' } else { byte };
    let shape: Vec<u8> = word.bytes().map(shape).collect();
    shape == b"0000-00-00T00:00:00.000000Z"
}

#[test]
fn only_a_time_is_taken_from_a_line() {
    for (line, rest) in [
        ("2026-12-01T03:04:05.123456Z  INFO 123456", " INFO 123456"),
        ("123456 was sent", "123456 was sent"),
        ("123456", "123456"),
        (
            "2026-12-01T03:04:05.123456 x",
            "2026-12-01T03:04:05.123456 x",
        ),
    ] {
        assert_eq!(without_times(line), rest, "{line}");
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map_while(Result::ok) {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path => found.push(path),
        }
    }
    assert!(!found.is_empty());
    found
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
