//! Registries and catalogues in networks that are not public: by their own option or setting, never by the connectors'.

use super::published::Market;

/// An address that is not public and that this machine answers for. Nothing listens at the port.
const PLACE: &str = "0.0.0.0:9";
const NETWORK: [&str; 2] = ["--registry-network", "0.0.0.0/32"];

fn commands() -> Vec<Vec<String>> {
    let (plugin, list) = (
        format!("oci://{PLACE}/acme/sms:1"),
        format!("https://{PLACE}/c.json"),
    );
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    vec![
        words(&["plugin", "add", &plugin, "--unsigned", "--data", "data"]),
        words(&["plugin", "search", &list]),
        words(&["inspect", &plugin, "--unsigned"]),
        words(&["catalogue", "list", "--unsigned"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_in_a_private_network_needs_its_own_option() {
    let market = Market::open("registry-networks").await;
    let list = format!("oci://{PLACE}/acme/sms:1\n");
    std::fs::write(market.folder.join("list"), list).unwrap();
    for command in commands() {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let said = |more: &[&str], variables: &[(&str, &str)]| {
            let (code, out, err) = market.run_with(&[&command[..], more].concat(), variables);
            assert_ne!(code, 0, "{out}");
            err
        };
        let connectors = [("AUTH_HOST_PERMIT_NETWORKS", "0.0.0.0/32")];
        let err = said(&[], &connectors);
        assert!(err.contains("prohibited"), "{command:?}: {err}");
        let err = said(&NETWORK, &[]);
        assert!(!err.contains("prohibited"), "{command:?}: {err}");
        assert!(err.contains("cannot be reached"), "{command:?}: {err}");
    }
    let [add, ..] = &commands()[..] else { return };
    let add: Vec<&str> = add.iter().map(String::as_str).collect();
    let setting = [("AUTH_HOST_REGISTRY_NETWORKS", "0.0.0.0/32")];
    let (_, _, err) = market.run_with(&add, &setting);
    assert!(
        err.contains("cannot be reached") && !err.contains("prohibited"),
        "{err}"
    );
}
