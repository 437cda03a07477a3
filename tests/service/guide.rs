//! The commands of `docs/auth-host.md`, run as printed.

use super::running::Folder;
use crate::support::{auth_host, component, simulator};
use std::process::Command;

#[test]
fn guide_leads_to_an_approved_code() {
    let page = include_str!("../../docs/auth-host.md");
    let blocks = page.split("```sh\n").skip(1);
    let commands: Vec<&str> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(commands.len() >= 4);
    let folder = Folder::new();
    let mut script = String::from("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    // Links by name: with a shell function, `kill` would end the shell and not the program.
    script.push_str("mkdir bin\nexport PATH=$PWD/bin:$PATH\n");
    for (name, program) in [
        ("auth-host", auth_host()),
        ("tencent-sms-simulator", simulator()),
    ] {
        let program = program.to_str().unwrap();
        script.push_str(&format!("ln -s {program:?} bin/{name}\n"));
    }
    for line in commands.concat().lines() {
        // The programs and the component are already built.
        if line.starts_with("cargo ") || line.starts_with("alias ") {
            continue;
        }
        if line.starts_with("connector=") {
            script.push_str(&format!("connector={:?}\n", component().to_str().unwrap()));
            continue;
        }
        script.push_str(line);
        script.push('\n');
        // The simulator needs a moment before its first request.
        if line.starts_with("tencent-sms-simulator ") {
            script.push_str("sleep 1\n");
        }
    }
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    let last = out.lines().last().unwrap();
    assert!(
        last.contains("\"status\":\"approved\"") && last.contains("\"valid\":true"),
        "{out}\n{err}"
    );
}
