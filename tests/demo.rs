//! The README's first command, run as printed there: its output, and that no secret is in it.

use crate::support::{SECRET_ID, SECRET_KEY, xtask};
use std::process::{Command, Stdio};

/// Everything that the demo printed, on both streams.
fn demo() -> String {
    let output = Command::new(xtask())
        .arg("demo")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = format!(
        "{}{}",
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap()
    );
    assert!(output.status.success(), "{printed}");
    printed
}

fn digit_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_digit())
}

/// A wrong secret is explained.
#[test]
fn demo_delivers_two_codes_and_leaks_nothing() {
    let printed = demo();
    let (inbox, elsewhere): (Vec<&str>, Vec<&str>) = printed
        .lines()
        .partition(|line| line.starts_with("simulator │ inbox "));

    let received: Vec<(&str, &str)> = inbox
        .iter()
        .map(|line| {
            let mut runs = digit_runs(line).filter(|run| run.len() >= 6);
            (runs.next().unwrap(), runs.next().unwrap())
        })
        .collect();
    let numbers: Vec<&str> = received.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, ["8613800138000", "14155552671"]);
    assert!(
        received.iter().all(|(_, code)| code.len() == 6),
        "a code has six digits"
    );
    assert!(inbox[0].contains("您的验证码是") && inbox[1].contains("Your verification code is"));

    for line in &elsewhere {
        for (number, code) in &received {
            assert!(!line.contains(&number[2..]), "a number shows in: {line}");
            assert!(
                digit_runs(line).all(|run| run != *code),
                "a code shows in: {line}"
            );
        }
    }
    // The wrong secret differs from the right one in its last letter.
    for secret in [SECRET_ID, SECRET_KEY, &SECRET_KEY[..31]] {
        assert!(!printed.contains(secret), "a secret shows");
    }
    for shown in [
        "+86138****8000",
        "+141****2671",
        "AuthFailure.SignatureFailure",
        "Check accessKeyId and accessKeySecret",
        "where the time went",
        "string to sign:",
    ] {
        assert!(
            elsewhere.iter().any(|line| line.contains(shown)),
            "{shown:?} is missing"
        );
    }
}
