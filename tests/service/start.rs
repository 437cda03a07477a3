use super::running::{Folder, Process, Running, command, config};
use crate::support::auth_host;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Runs `serve` and expects it to refuse.
fn refused(folder: &Path, environment: &[(&str, &str)]) -> String {
    let output = Command::new(auth_host())
        .args(["serve", "--data"])
        .arg(folder.join("data"))
        .env("AUTH_HOST_LISTEN", "127.0.0.1:0")
        .env("AUTH_HOST_ADMIN", "127.0.0.1:0")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn first_start_makes_private_files_and_says_so() {
    let folder = Folder::new();
    let mut process = Process::start(&folder.0, &[]);
    let output = process.output.lock().unwrap().clone();
    assert!(
        output.contains("made the database") && output.contains("keep a copy"),
        "{output}"
    );
    #[cfg(unix)]
    for name in ["auth-host.db", "auth-host.key"] {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.0.join("data").join(name);
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    #[cfg(unix)]
    assert_eq!(process.terminate(), Some(0));
}

#[test]
fn wrong_key_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    command(&folder.0, &["tenant", "put"], "").unwrap();
    let key = folder.0.join("data/auth-host.key");
    let saved = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let error = refused(&folder.0, &[]);
    assert!(error.contains("is missing"), "{error}");
    assert!(!key.exists(), "another key was made for an old database");
    let other = Folder::new();
    command(&other.0, &["tenant", "put"], "").unwrap();
    std::fs::copy(other.0.join("data/auth-host.key"), &key).unwrap();
    let error = refused(&folder.0, &[]);
    assert!(error.contains("does not belong to the database"), "{error}");
    std::fs::write(&key, saved).unwrap();
    assert_eq!(
        command(&folder.0, &["tenant", "list"], "")
            .unwrap()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn second_service_on_a_folder_is_refused() {
    let folder = Folder::new();
    let _first = Process::start(&folder.0, &[]);
    let error = refused(&folder.0, &[]);
    assert!(error.contains("another auth-host runs"), "{error}");
    let error = command(&folder.0, &["rotate-key"], "").unwrap_err();
    assert!(error.contains("another auth-host runs"), "{error}");
}

#[test]
fn address_that_others_reach_needs_tls() {
    let folder = Folder::new();
    for (name, value, expected) in [
        ("AUTH_HOST_TLS_CERTIFICATE", "c.pem", "belong together"),
        ("AUTH_HOST_TRUSTED_PROXY", "true", "public_url"),
        ("AUTH_HOST_ANSWER_WITHIN_MS", "1", "2000 to 10000"),
    ] {
        let error = refused(&folder.0, &[(name, value)]);
        assert!(error.contains(expected), "{name}: {error}");
    }
    for name in ["AUTH_HOST_LISTEN", "AUTH_HOST_ADMIN"] {
        let error = refused(&folder.0, &[(name, "0.0.0.0:0")]);
        assert!(error.contains("reached by others"), "{name}: {error}");
    }
}

#[test]
fn rotated_key_opens_everything_and_finds_numbers() {
    let mut host = Running::start();
    let id = host.begin("+8613800138000");
    let code = host.code("+8613800138000");
    assert_eq!(host.check(&id, "1").expect(200)["valid"], false);
    host.process.kill();
    let rotated = host.command(&["rotate-key"], "").unwrap();
    assert!(
        rotated["encrypted_again"].as_u64().unwrap() >= 3,
        "{rotated}"
    );
    host.process = Process::start(&host.folder.0, &[]);
    let found = host
        .command(&["numbers", "search", "+8613800138000"], "")
        .unwrap();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1);
    // The wrong code counts against the number under its new hash.
    let database = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    let counted: f64 = database
        .query_row(
            "SELECT level FROM buckets JOIN messages ON subject = number_hash WHERE scope = 'failures'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(counted > 0.9, "{counted}");
    assert_eq!(host.check(&id, &code).expect(200)["valid"], true);
    host.begin("+8613800138001");
}

/// A failed rotation leaves a newer key in the file and no change in the database: numbers are still found.
#[test]
fn rotation_that_fails_changes_no_hash() {
    let mut host = Running::start();
    host.begin("+8613800138000");
    host.process.kill();
    let key = host.folder.0.join("data/auth-host.key");
    let before = std::fs::read_to_string(&key).unwrap();
    let holder = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(
        host.command(&["rotate-key"], "")
            .unwrap_err()
            .contains("busy")
    );
    holder.execute_batch("ROLLBACK").unwrap();
    assert_ne!(std::fs::read_to_string(&key).unwrap(), before);
    host.process = Process::start(&host.folder.0, &[]);
    let search = ["numbers", "search", "+8613800138000"];
    let found = host.command(&search, "").unwrap();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1);
    host.process.kill();
    host.command(&["rotate-key"], "").unwrap();
    let found = host.command(&search, "").unwrap();
    assert_eq!(found["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn backup_restores_without_the_key_in_it() {
    let mut host = Running::start();
    host.begin("+8613800138000");
    let copy = host.folder.0.join("copy.db");
    let shown = host
        .command(&["backup", copy.to_str().unwrap()], "")
        .unwrap();
    assert!(
        shown["not_in_it"]
            .as_str()
            .unwrap()
            .contains("auth-host.key")
    );
    let again = host.command(&["backup", copy.to_str().unwrap()], "");
    assert!(again.unwrap_err().contains("exists"));
    host.process.kill();
    let restore = ["restore", copy.to_str().unwrap()];
    assert!(host.command(&restore, "").unwrap_err().contains("already"));
    for name in ["auth-host.db", "auth-host.db-wal", "auth-host.db-shm"] {
        let _ = std::fs::remove_file(host.folder.0.join("data").join(name));
    }
    let restored = host.command(&restore, "").unwrap();
    assert!(
        restored["warning"]
            .as_str()
            .unwrap()
            .contains("Idempotency-Key")
    );
    assert_eq!(restored["is_stopped"], true);
    assert_eq!(restored["keys"].as_array().unwrap().len(), 2);
    host.process = Process::start(&host.folder.0, &[]);
    let start = json!({"to": "+8613800138001", "usage": "SignIn"});
    let stopped = host.post("/v1/verifications", &start);
    assert_eq!(
        (stopped.status, stopped.problem().as_str()),
        (503, "stopped")
    );
    host.change(&["go"], "");
    host.begin("+8613800138001");
    let all = host.command(&["message", "list"], "").unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2);
}

/// A command that recreated a missing database would lose its log, and the last messages would be sent again.
#[test]
fn database_that_is_away_is_not_made_again_by_a_command() {
    let mut host = Running::start();
    host.begin("+8613800138000");
    let data = host.folder.0.join("data");
    let names = ["auth-host.db", "auth-host.db-wal", "auth-host.db-shm"];
    let away = |names: &[&str], from: &str, to: &str| {
        for name in names {
            let path = |folder: &str| host.folder.0.join(folder).join(name);
            std::fs::rename(path(from), path(to)).unwrap();
        }
    };
    std::fs::create_dir(host.folder.0.join("away")).unwrap();
    for taken in [&names[..1], &names] {
        away(taken, "data", "away");
        for arguments in [&["stop"][..], &["message", "list"]] {
            let refusal = host.command(arguments, "").unwrap_err();
            assert!(refusal.contains("is missing"), "{refusal}");
        }
        assert!(!data.join("auth-host.db").exists());
        away(taken, "away", "data");
    }
    host.begin("+8613800138001");
    away(&names[..1], "data", "away");
    host.process.kill();
    let refusal = refused(&host.folder.0, &[]);
    assert!(refusal.contains("-wal"), "{refusal}");
    let refusal = command(&host.folder.0, &["message", "list"], "").unwrap_err();
    assert!(refusal.contains("-wal"), "{refusal}");
    away(&names[..1], "away", "data");
    let all = command(&host.folder.0, &["message", "list"], "").unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2);
}

/// If the database accepts no writes, nothing is sent and the service reports that it is not ready.
#[test]
fn locked_database_stops_sending_until_it_is_free() {
    let host = Running::start();
    let database = host.folder.0.join("data/auth-host.db");
    let holder = rusqlite::Connection::open(&database).unwrap();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let start = json!({"to": "+8613800138000", "usage": "SignIn"});
    let answer = host.post_with("/v1/verifications", &start, &[("Idempotency-Key", "k")]);
    assert_eq!((answer.status, answer.problem().as_str()), (503, "storage"));
    assert!(host.simulator.messages().is_empty());
    assert_eq!(host.get("/readyz").status, 503);
    assert_eq!(host.get("/healthz").status, 200);
    holder.execute_batch("ROLLBACK").unwrap();
    let answer = host.post_with("/v1/verifications", &start, &[("Idempotency-Key", "k")]);
    assert_eq!(answer.expect(201)["message"]["state"], "accepted");
    assert_eq!(host.simulator.messages().len(), 1);
}

#[test]
fn logto_config_is_taken_over() {
    let host = Running::start();
    let exported = config(&host.simulator.url());
    let row = json!({"connectorId": "tencent-short-message-service", "config": exported});
    let file = host.folder.0.join("logto.json");
    std::fs::write(&file, row.to_string()).unwrap();
    let import = ["import", "logto", file.to_str().unwrap(), "--plugin", "sms"];
    host.command(&import, "").unwrap();
    let shown = host.command(&["connector", "show", "logto"], "").unwrap();
    let mut without_secret = exported.clone();
    without_secret["accessKeySecret"] = json!(null);
    assert_eq!(shown["config"], without_secret);
    host.change(&["flow", "put", "logto"], "");
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    let v = host.post("/v1/verifications", &body).expect(201);
    let message = &v["message"];
    assert_eq!(
        (&message["state"], &message["connector"]),
        (&json!("accepted"), &json!("logto"))
    );
    assert_eq!(host.simulator.messages().len(), 1);
}

/// SQLite would continue with unlinked files, and lose the data that it writes there.
#[cfg(unix)]
#[test]
fn lost_database_sends_nothing_until_it_is_back() {
    let host = Running::start();
    let data = host.folder.0.join("data");
    let aside = host.folder.0.join("aside");
    let body = json!({"to": "+8613800138000", "usage": "SignIn"});
    std::fs::rename(&data, &aside).unwrap();
    let lost = host.post("/v1/verifications", &body);
    assert_eq!((lost.status, lost.problem().as_str()), (503, "storage"));
    assert_eq!(
        lost.json()["user_message"],
        "This is not finished yet. Wait a minute before you try again."
    );
    // The result of the probe is cached for a second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(host.get("/readyz").status, 503);
    assert!(host.simulator.messages().is_empty());
    std::fs::rename(&aside, &data).unwrap();
    host.post("/v1/verifications", &body).expect(201);
    assert_eq!(host.simulator.messages().len(), 1);
}
