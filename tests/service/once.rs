//! Repeated forms of the console: a double click, a reload, a lost response.

use super::running::{Process, Running, config};
use super::visitor::{PASSWORD, Visitor};

const TRIAL: &str = "/console/t/default/connector?plugin=sms";
const KEYS: &str = "/console/t/default/keys";
const WEBHOOKS: &str = "/console/t/default/webhooks";

/// The fields of a trial with a config that sends to the simulator.
fn trial(config: &str) -> [(&str, &str); 6] {
    [
        ("do", "send"),
        ("view", "json"),
        ("json", config),
        ("name", "new"),
        ("to", "+8613800138000"),
        ("usage", "SignIn"),
    ]
}

/// Posts a form again unchanged, including tokens.
fn again(
    visitor: &mut Visitor,
    tokens: &(String, String),
    path: &str,
    fields: &[(&str, &str)],
) -> super::running::Answer {
    (visitor.token, visitor.once) = tokens.clone();
    visitor.post(path, fields)
}

fn tokens(visitor: &Visitor) -> (String, String) {
    (visitor.token.clone(), visitor.once.clone())
}

#[test]
fn repeated_trial_sends_once_even_after_a_crash() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let config = config(&host.simulator.url()).to_string();
    ada.get(TRIAL);
    let form = tokens(&ada);
    let sent = ada.post(TRIAL, &trial(&config));
    assert!(sent.text.contains("tag accepted"), "{}", sent.text);
    let next = tokens(&ada);
    assert_ne!(form.1, next.1, "the answer has another token");
    let repeated = again(&mut ada, &form, TRIAL, &trial(&config));
    assert!(
        repeated.text.contains("has already sent its message"),
        "{}",
        repeated.text
    );
    assert!(
        repeated
            .text
            .contains("href=\"/console/t/default/messages\"")
    );
    assert_eq!(host.simulator.messages().len(), 1);
    let folder = &host.folder.0;
    let mut process = host.process;
    process.kill();
    let process = Process::start(folder, &[]);
    ada.admin.clone_from(&process.admin);
    let repeated = again(&mut ada, &form, TRIAL, &trial(&config));
    assert!(
        repeated.text.contains("has already sent its message"),
        "{}",
        repeated.text
    );
    assert_eq!(host.simulator.messages().len(), 1);
    // The new page's form sends again, because the user asked for it.
    let sent = ada.post(TRIAL, &trial(&config));
    assert!(sent.text.contains("tag accepted"), "{}", sent.text);
    assert_eq!(host.simulator.messages().len(), 2);
}

/// Both requests of a double click run concurrently.
#[test]
fn double_click_sends_once() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let config = config(&host.simulator.url()).to_string();
    ada.get(TRIAL);
    let origin = format!("http://{}", ada.admin);
    let answers: Vec<String> = std::thread::scope(|scope| {
        let clicks = [(); 3].map(|()| {
            scope.spawn(|| {
                let headers = [("Origin", origin.as_str())];
                ada.post_with(TRIAL, &trial(&config), &headers).text
            })
        });
        clicks
            .into_iter()
            .map(|click| click.join().unwrap())
            .collect()
    });
    let count = |text: &str| {
        answers
            .iter()
            .filter(|answer| answer.contains(text))
            .count()
    };
    assert_eq!(count("tag accepted"), 1, "{answers:?}");
    assert_eq!(count("has already sent its message"), 2, "{answers:?}");
    assert_eq!(host.simulator.messages().len(), 1);
}

/// A refused trial sent nothing, so its form may be posted again.
#[test]
fn refused_trial_leaves_the_form_usable() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let config = config(&host.simulator.url()).to_string();
    let stop = |ada: &mut Visitor, to: &str| {
        ada.get("/console/t/default/");
        assert_eq!(
            ada.post("/console/t/default/", &[("of", "tenant"), ("to", to)])
                .status,
            303
        );
    };
    ada.get(TRIAL);
    let form = tokens(&ada);
    stop(&mut ada, "stop");
    let refused = again(&mut ada, &form, TRIAL, &trial(&config));
    assert!(
        refused.text.contains("Nothing was sent"),
        "{}",
        refused.text
    );
    stop(&mut ada, "go");
    let sent = again(&mut ada, &form, TRIAL, &trial(&config));
    assert!(sent.text.contains("tag accepted"), "{}", sent.text);
}

#[test]
fn repeated_key_address_and_webhook_trial_are_done_once() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let connectors = host.command(&["connector", "list"], "").unwrap();
    let connector = connectors[0]["id"].as_str().unwrap();
    let connector = format!("/console/t/default/connectors/{connector}");
    ada.get(WEBHOOKS);
    let hook = [("do", "add"), ("name", "hook"), ("platform", "better-auth")];
    assert_eq!(ada.post(WEBHOOKS, &hook).status, 200);
    let config = config(&host.simulator.url()).to_string();
    for (path, fields) in [
        (
            KEYS,
            vec![("do", "add"), ("name", "app"), ("scope", "verify")],
        ),
        (
            &connector,
            vec![("do", "report"), ("view", "json"), ("json", &config)],
        ),
        (
            WEBHOOKS,
            vec![
                ("do", "try"),
                ("name", "hook"),
                ("to", "+8613800138000"),
                ("sure", "on"),
            ],
        ),
        (WEBHOOKS, vec![("do", "secret"), ("name", "hook")]),
    ] {
        ada.get(path);
        let form = tokens(&ada);
        let done = ada.post(path, &fields);
        assert_eq!(done.status, 200, "{path}: {}", done.text);
        let repeated = again(&mut ada, &form, path, &fields);
        assert_eq!(repeated.status, 409, "{path}: {}", repeated.text);
        assert!(
            repeated.text.contains("This form was sent twice"),
            "{path}: {}",
            repeated.text
        );
        // Without a token nothing is done.
        ada.once.clear();
        assert_eq!(ada.post(path, &fields).status, 400, "{path}");
    }
    assert_eq!(host.simulator.messages().len(), 1);
    let keys = host.command(&["key", "list"], "").unwrap();
    let named = keys
        .as_array()
        .unwrap()
        .iter()
        .filter(|key| key["name"] == "app");
    assert_eq!(named.count(), 1);
    let shown = ada.get(WEBHOOKS).text;
    assert!(shown.contains("Secrets</dt><dd>2</dd>"), "{shown}");
    let shown = ada.get(&connector).text;
    assert_eq!(shown.matches("report-drop:").count(), 1, "{shown}");
}

/// A form that was filled in before the session ended can be posted after a new sign-in, by the same user only.
#[test]
fn form_outlives_its_session() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let user = |name: &'static str, password: &'static str| {
        [
            ("do", "add"),
            ("name", name),
            ("role", "admin"),
            ("tenant", ""),
            ("password", password),
            ("again", password),
        ]
    };
    ada.get("/console/users");
    assert_eq!(
        ada.post("/console/users", &user("bob", PASSWORD)).status,
        303
    );
    ada.get(KEYS);
    let form = tokens(&ada);
    let add = |name| [("do", "add"), ("name", name), ("scope", "verify")];
    assert_eq!(ada.post("/console/sign-out", &[]).status, 303);
    let ended = again(&mut ada, &form, KEYS, &add("one"));
    assert_eq!(ended.status, 401, "{}", ended.text);
    assert!(
        ended.text.contains("then send the form again"),
        "{}",
        ended.text
    );
    let mut bob = Visitor::new(&host.process);
    assert_eq!(bob.sign_in("bob", PASSWORD).status, 303);
    let foreign = again(&mut bob, &form, KEYS, &add("two"));
    assert_eq!(foreign.status, 403, "{}", foreign.text);
    assert_eq!(ada.sign_in("ada", PASSWORD).status, 303);
    // Another site's page has no token, and its request is refused even with the right one.
    (ada.token, ada.once) = form.clone();
    let evil = ada.post_with(KEYS, &add("evil"), &[("Origin", "http://evil.example")]);
    assert_eq!(evil.status, 403);
    let sent = again(&mut ada, &form, KEYS, &add("one"));
    assert_eq!(sent.status, 200, "{}", sent.text);
    // A change of the password ends it.
    ada.get("/console/users");
    let other = "another horse battery";
    let users = ada.get("/console/users").text;
    let ada_id = users.split("<option value=\"").skip(1);
    let ada_id = ada_id
        .filter_map(|rest| rest.split_once('"'))
        .find_map(|(id, rest)| rest.starts_with(">ada").then_some(id));
    let ada_id = ada_id.unwrap();
    let mut changed = user("ada", other);
    changed[..2].copy_from_slice(&[("do", "password"), ("id", ada_id)]);
    assert_eq!(ada.post("/console/users", &changed).status, 303);
    assert_eq!(ada.sign_in("ada", other).status, 303);
    assert_eq!(again(&mut ada, &form, KEYS, &add("three")).status, 403);
    let keys = host.command(&["key", "list"], "").unwrap();
    let names: Vec<_> = keys
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"one"), "{names:?}");
    let others = ["two", "evil", "three"];
    assert!(!names.iter().any(|name| others.contains(name)), "{names:?}");
}
