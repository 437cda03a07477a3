//! Recipe for two containers, `simulator/compose.yaml`, run as two processes.

use crate::support::{auth_host, component, simulator};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const RECIPE: &str = include_str!("../simulator/compose.yaml");
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../simulator/config.json");
const ADDRESS: &str = "172.30.77.2:443";

/// A service's command, without the program's name.
fn command_of(service: &str) -> Vec<String> {
    let (_, after) = RECIPE.split_once(&format!("  {service}:\n")).unwrap();
    let line = after
        .lines()
        .find_map(|line| line.trim().strip_prefix("command: "));
    line.unwrap()
        .split(' ')
        .skip(1)
        .map(str::to_owned)
        .collect()
}

/// Replaces paths of a container in the arguments.
fn placed(arguments: &[String], places: &[(&str, &str)]) -> Vec<String> {
    let place = |argument: &String| {
        let replace = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
        places.iter().fold(argument.clone(), replace)
    };
    arguments.iter().map(place).collect()
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn both_commands_of_the_recipe_work() {
    let authority = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compose-ca.pem");
    let authority = authority.to_str().unwrap();
    let mut served = command_of("simulator");
    assert!(served.iter().any(|word| word == "0.0.0.0:443"));
    served = placed(
        &served,
        &[
            ("0.0.0.0:443", "127.0.0.1:0"),
            ("/authority/ca.pem", authority),
        ],
    );
    let mut running = Running(
        Command::new(simulator())
            .args(served)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let mut ready = String::new();
    let output = running.0.stdout.take().unwrap();
    BufReader::new(output).read_line(&mut ready).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let url = ready["url"].as_str().unwrap();
    let address = url.strip_prefix("https://").unwrap();

    let send = command_of("connector");
    assert!(send.iter().any(|word| word.ends_with(ADDRESS)));
    let component = component();
    let places = [
        ("/connector.wasm", component.to_str().unwrap()),
        ("/config.json", CONFIG),
        ("/authority/ca.pem", authority),
        (ADDRESS, address),
    ];
    let sent = Command::new(auth_host())
        .args(placed(&send, &places))
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&sent.stdout);
    let stderr = String::from_utf8_lossy(&sent.stderr);
    assert!(sent.status.success(), "{shown}{stderr}");
    assert!(shown.starts_with("Accepted by the provider"), "{shown}");
}

/// Without `--resolve` the recipe would reach the real service, and with a private address the host would refuse.
#[test]
fn config_of_the_recipe_names_no_endpoint() {
    let config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(CONFIG).unwrap()).unwrap();
    assert!(config.get("endpoint").is_none());
}
