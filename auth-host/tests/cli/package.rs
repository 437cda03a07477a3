//! Signed packages: the facts shown of them, and the conditions for sending.

use super::program::{NUMBER, directory, run};
use super::support;
use serde_json::Value;
use std::process::Command;

/// The test connector as a signed package that requests these origins. Returns the publisher's key.
fn publish(dir: &std::path::Path, origins: &[&str]) -> String {
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let name = dir.file_name().unwrap().to_str().unwrap();
    let output = run(
        name,
        &["inspect", "plugin.wasm", "--no-cache", "--json"],
        "",
    );
    let known: Value = serde_json::from_slice(&output.stdout).unwrap();
    let manifest = serde_json::json!({
        "format": 1, "id": "example-sms", "version": "1.4.0", "contract": "auth:connector@0.1.0",
        "component": {"file": "plugin.wasm", "sha256": known["sha256"], "size": known["size"]},
        "origins": origins, "configOrigins": ["/url"], "limits": {"requests": 2, "memoryBytes": 67_108_864},
    })
    .to_string();
    let reader = std::io::Cursor::new(manifest.as_bytes());
    let signed = minisign::sign(None, &pair.sk, reader, Some("release 7"), None).unwrap();
    std::fs::write(dir.join("manifest.json"), &manifest).unwrap();
    std::fs::write(dir.join("manifest.json.minisig"), signed.into_string()).unwrap();
    pair.pk.to_base64()
}

#[test]
fn inspect_shows_package_signer_requests_and_grants() {
    let dir = directory("package");
    let key = publish(
        &dir,
        &["https://sms.tencentcloudapi.com", "https://sms.example.net"],
    );
    std::fs::write(
        dir.join("publisher.pub"),
        format!("untrusted comment: x\n{key}\n"),
    )
    .unwrap();
    for trusted in [key.as_str(), "publisher.pub"] {
        let line = [
            "inspect",
            "--manifest",
            ".",
            "--no-cache",
            "--trust",
            trusted,
            "--allow",
            "https://sms.tencentcloudapi.com",
            "--allow",
            "https://sms.intl.tencentcloudapi.com",
        ];
        let output = run("package", &line, "");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        for words in [
            "example-sms 1.4.0",
            "release 7",
            "asks for https://sms.tencentcloudapi.com: granted",
            "asks for https://sms.example.net: not granted",
            "does not ask for https://sms.intl.tencentcloudapi.com: granted, so not given",
            "asks for the origin that a config names at /url: not given before somebody allows it",
            "asks for memoryBytes 67108864: not granted, at most 8388608",
            "--allow ORIGIN",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    let line = [
        "inspect",
        "--manifest",
        "manifest.json",
        "--no-cache",
        "--trust",
        &key,
    ];
    let allow = ["--json", "--allow", "https://sms.example.net"];
    let output = run("package", &[&line[..], &allow].concat(), "");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = &document["package"];
    assert_eq!(package["signer"]["comment"], "release 7");
    assert_eq!(package["origins"][1]["standing"], "granted");
    assert_eq!(package["config_origins"], serde_json::json!(["/url"]));
    assert_eq!(package["limits"][0]["given"], 8_388_608);
    assert_eq!(package["complete"], false);
}

#[test]
fn package_sends_only_if_trusted_and_granted() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let authority = runtime.block_on(support::server(support::OK));
    let origin = format!("http://{authority}");
    let dir = directory("package-send");
    let key = publish(&dir, &[&origin]);
    let config = format!("f{authority}");
    let base = [
        "send",
        "--manifest",
        ".",
        "--no-cache",
        "--config",
        "-",
        "--to",
        NUMBER,
    ];
    let (trust, allow) = (["--trust", &key], ["--allow", origin.as_str()]);
    let less = ["--accept-less"];
    let other = publish(&directory("package-other"), &[]);
    for (more, code, words) in [
        (vec![], 5, "trusted is no key at all"),
        (vec!["--trust", &other], 5, "--trust KEY"),
        (trust.to_vec(), 5, "asks for http://127.0.0.1"),
        // Its manifest asks for more memory than the host has for it.
        ([&trust[..], &allow].concat(), 5, "--accept-less"),
        ([&trust[..], &allow, &less].concat(), 0, "Accepted"),
        ([&allow[..], &less, &["--unsigned"]].concat(), 0, "Accepted"),
        ([&trust[..], &less].concat(), 3, "Not sent"),
        (
            [&trust[..], &less, &["--id", "example-voice"]].concat(),
            5,
            "example-voice",
        ),
    ] {
        let output = run("package-send", &[&base[..], &more].concat(), &config);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(output.status.code(), Some(code), "{more:?}: {text}");
        assert!(text.contains(words), "{more:?}: {text}");
    }
    // An origin that the manifest does not name, on purpose.
    let key = publish(&dir, &[]);
    for (option, code) in [("--allow", 3), ("--allow-beyond", 0)] {
        let more = ["--trust", &key, "--accept-less", option, &origin];
        let output = run("package-send", &[&base[..], &more].concat(), &config);
        assert_eq!(output.status.code(), Some(code), "{option}");
    }
    std::fs::write(dir.join("plugin.wasm"), b"\0asm\x0d\0\x01\0changed").unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .current_dir(&dir)
        .args(["inspect", "--manifest", ".", "--no-cache", "--trust", &key])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another file, or a changed one"));
}
