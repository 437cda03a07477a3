//! Several commands on one folder at once, and folders that a command refuses.

use super::program::scratch;
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn begin(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .current_dir(folder)
        .args(arguments)
        .args(["--json", "--data", "data"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    code_and_text(begin(folder, arguments).wait_with_output().unwrap())
}

/// The exit code, and both outputs.
fn code_and_text(output: Output) -> (i32, String) {
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// Each of them may be the one that makes the folder, its key and its database.
#[test]
fn first_commands_at_once_share_one_key() {
    for _ in 0..4 {
        let folder = scratch("first");
        let commands: [&[&str]; 3] = [
            &["key", "list", "--host"],
            &["tenant", "put"],
            &["tenant", "list"],
        ];
        let begun = commands.map(|arguments| begin(&folder, arguments));
        for child in begun {
            let (code, text) = code_and_text(child.wait_with_output().unwrap());
            assert_eq!(code, 0, "{text}");
        }
        let (code, text) = run(&folder, &["tenant", "list"]);
        assert_eq!(code, 0, "{text}");
    }
}

/// A rotation that read the keys before another wrote its own would overwrite them.
#[test]
fn rotations_at_once_keep_the_current_key() {
    let folder = scratch("rotations");
    assert_eq!(run(&folder, &["tenant", "put"]).0, 0);
    for _ in 0..3 {
        let begun: Vec<_> = (0..3).map(|_| begin(&folder, &["rotate-key"])).collect();
        let ended = begun
            .into_iter()
            .map(|child| code_and_text(child.wait_with_output().unwrap()));
        let ended: Vec<_> = ended.collect();
        assert!(ended.iter().any(|(code, _)| *code == 0), "{ended:?}");
        for (code, text) in ended.iter().filter(|(code, _)| *code != 0) {
            assert_eq!(*code, 1, "{text}");
            assert!(text.contains("another auth-host runs"), "{text}");
        }
        let (code, text) = run(&folder, &["tenant", "list"]);
        assert_eq!(code, 0, "{text}");
    }
    let (_, text) = run(&folder, &["rotate-key"]);
    let rotated: Value = serde_json::from_str(&text).unwrap();
    assert!(
        rotated["next"].as_str().unwrap().contains("backups"),
        "{text}"
    );
}

/// A command that read the keys would write under the old one.
#[test]
fn rotation_and_other_commands_exclude_each_other() {
    let folder = scratch("rotation");
    assert_eq!(run(&folder, &["tenant", "put"]).0, 0);
    let lock = std::fs::File::create(folder.join("data/auth-host.rotation")).unwrap();
    lock.lock_shared().unwrap();
    assert_eq!(run(&folder, &["tenant", "list"]).0, 0);
    let (code, text) = run(&folder, &["rotate-key"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("a command runs"), "{text}");
    lock.unlock().unwrap();
    lock.lock().unwrap();
    let mut waiting = begin(&folder, &["tenant", "list"]);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(waiting.try_wait().unwrap().is_none());
    lock.unlock().unwrap();
    assert_eq!(code_and_text(waiting.wait_with_output().unwrap()).0, 0);
    assert_eq!(run(&folder, &["rotate-key"]).0, 0);
}

/// The process with the folder's lock may write the key file, so it is neither read nor made before.
#[test]
fn held_folder_is_refused_before_its_keys_are_touched() {
    let folder = scratch("held");
    std::fs::create_dir(folder.join("data")).unwrap();
    let lock = std::fs::File::create(folder.join("data/auth-host.lock")).unwrap();
    lock.lock().unwrap();
    for arguments in [&["serve"][..], &["rotate-key"], &["restore", "copy.db"]] {
        let (code, text) = run(&folder, arguments);
        assert_eq!(code, 1, "{arguments:?}: {text}");
        assert!(text.contains("another auth-host runs"), "{text}");
    }
    assert_eq!(std::fs::read_dir(folder.join("data")).unwrap().count(), 1);
}
