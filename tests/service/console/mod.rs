//! The console over HTTP, without a browser: its refusals, and the cost of a page. `tests/browser` has the rest.

use super::running::{Process, Running, http};
use super::visitor::{PASSWORD, Visitor};
use serde_json::{Value, json};
use std::time::Duration;

const STOP: &[(&str, &str)] = &[("of", "tenant"), ("to", "stop")];

fn is_stopped(host: &Running) -> bool {
    let tenants = host.command(&["tenant", "list"], "").unwrap();
    tenants[0]["settings"]["is_stopped"] == true
}

#[test]
fn set_up_link_works_once() {
    let host = Running::start();
    let printed = host.process.output.lock().unwrap().clone();
    let link = printed.split_once("set-up?link=").unwrap().1;
    let link = link.split_whitespace().next().unwrap().to_owned();
    let mut visitor = Visitor::new(&host.process);
    assert_eq!(visitor.get("/console/set-up?link=wrong").status, 410);
    assert_eq!(
        visitor.get(&format!("/console/set-up?link={link}")).status,
        200
    );
    let mut fields = vec![
        ("link", link.as_str()),
        ("name", "ada"),
        ("password", "too short"),
        ("again", "too short"),
    ];
    assert_eq!(visitor.post("/console/set-up", &fields).status, 422);
    fields[2].1 = PASSWORD;
    assert_eq!(
        visitor.post("/console/set-up", &fields).status,
        422,
        "typed differently"
    );
    fields[3].1 = PASSWORD;
    assert_eq!(visitor.post("/console/set-up", &fields).status, 303);
    assert_eq!(visitor.get("/console/t/default/").status, 200);
    let mut other = Visitor::new(&host.process);
    assert_eq!(
        other.get(&format!("/console/set-up?link={link}")).status,
        410
    );
    other.get("/console/sign-in");
    fields[1].1 = "eve";
    assert_eq!(other.post("/console/set-up", &fields).status, 410);
    // With an administrator, the next start needs and prints no link.
    drop(visitor);
    let folder = &host.folder.0;
    let mut process = host.process;
    process.kill();
    let process = Process::start(folder, &[]);
    assert!(!process.output.lock().unwrap().contains("set-up?link="));
}

#[test]
fn forged_requests_change_nothing() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let own = format!("http://{}", ada.admin);
    let path = "/console/t/default/";
    for headers in [
        vec![],
        vec![("Origin", "null")],
        vec![("Origin", "http://evil.example")],
        vec![("Origin", "http://127.0.0.1:1")],
        vec![("Origin", own.as_str()), ("Sec-Fetch-Site", "cross-site")],
        vec![("Origin", own.as_str()), ("Sec-Fetch-Site", "same-site")],
    ] {
        let answer = ada.post_with(path, STOP, &headers);
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    let right = std::mem::replace(&mut ada.token, "0".repeat(64));
    let origin = [("Origin", own.as_str())];
    assert_eq!(
        ada.post_with(path, STOP, &origin).status,
        403,
        "another token"
    );
    ada.token = right;
    // Sign-in and set-up require tokens as well, from a cookie that another site cannot set.
    let mut stranger = Visitor::new(&host.process);
    for (path, fields) in [
        (
            "/console/sign-in",
            vec![("name", "ada"), ("password", PASSWORD)],
        ),
        ("/console/set-up", vec![("link", "x")]),
    ] {
        assert_eq!(
            stranger.post(path, &fields).status,
            403,
            "{path} without a cookie"
        );
        stranger.get("/console/sign-in");
        let token = std::mem::replace(&mut stranger.token, "0".repeat(64));
        assert_eq!(
            stranger.post(path, &fields).status,
            403,
            "{path} with another token"
        );
        stranger.token = token;
        assert_eq!(
            stranger.post_with(path, &fields, &[]).status,
            403,
            "{path} without an origin"
        );
        stranger.cookie.clear();
    }
    // A session's cookie alone does not authorise an upload.
    let upload = ada.post_with("/console/plugins/upload", &[], &origin);
    assert!((400..500).contains(&upload.status), "{}", upload.status);
    assert!(!is_stopped(&host));
    assert_eq!(ada.post_with(path, STOP, &origin).status, 303);
    assert!(is_stopped(&host));
}

#[test]
fn name_that_leads_here_from_elsewhere_is_refused() {
    let host = Running::with(&[("AUTH_HOST_CONSOLE_HOSTS", "console.example.com")]);
    let port = host.process.admin.rsplit_once(':').unwrap().1.to_owned();
    for (name, status) in [
        ("evil.example".to_owned(), 421),
        (format!("evil.example:{port}"), 421),
        (format!("localhost:{port}"), 200),
        ("console.example.com".to_owned(), 200),
    ] {
        let request =
            format!("GET /console/sign-in HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n");
        let text = raw(&host.process.admin, &request);
        assert!(
            text.starts_with(&format!("HTTP/1.1 {status} ")),
            "{name}: {text}"
        );
        assert!(text.contains("content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; \
            img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'\r\n"));
    }
}

fn raw(address: &str, request: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

/// The project's own webhook connector requires a correlation id.
#[test]
fn trial_has_all_that_a_plugin_asks_for() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let package = super::origins::package(&host.folder.0);
    host.change(&["plugin", "add", &package, "--unsigned"], "");
    let config = super::origins::webhook_config("https://receiver.example/sms").to_string();
    let fields = [
        ("do", "preview"),
        ("view", "json"),
        ("json", config.as_str()),
        ("name", "hook"),
        ("origin", "https://receiver.example"),
        ("to", "+8613800138000"),
        ("usage", "SignIn"),
    ];
    let path = "/console/t/default/connector?plugin=webhook";
    assert_eq!(ada.get(path).status, 200);
    let preview = ada.post(path, &fields);
    assert!(preview.text.contains("<dt>Route</dt>"), "{}", preview.text);
    // The page quotes the plugin's refusal, and marks it as such.
    let mut to_none = fields;
    to_none[6].1 = "No-Such.usage!";
    let refused = ada.post(path, &to_none);
    assert!(refused.text.contains("alert bad"), "{}", refused.text);
}

/// The limit in `docs/console.md`: a template for each usage that platforms have.
#[test]
fn form_with_nine_rows_weighs_at_most_60_kb() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let usages = [
        "SignIn",
        "Register",
        "ForgotPassword",
        "Generic",
        "OrganizationInvitation",
    ];
    let mut config = super::running::config("https://sms.tencentcloudapi.com");
    let rows = (0..9).map(|nth| {
        let codes = json!({"mainland": "1110000", "international": "1110002"});
        json!({"usageType": usages[nth % usages.len()], "templateCode": codes})
    });
    config["templates"] = rows.collect();
    let config = config.to_string();
    let fields = [
        ("do", "as-form"),
        ("view", "json"),
        ("json", config.as_str()),
        ("name", "new"),
    ];
    let page = ada.post("/console/t/default/connector?plugin=sms", &fields);
    assert_eq!(page.status, 200, "{}", page.text);
    let assets = page.text.split("\"/console/assets/").skip(1);
    let assets: std::collections::BTreeSet<&str> =
        assets.filter_map(|rest| rest.split('"').next()).collect();
    assert!(assets.len() >= 3, "{assets:?}");
    let sizes = assets.iter().map(|name| {
        let path = format!("/console/assets/{name}");
        ada.get(&path).text.len()
    });
    let bytes = page.text.len() + sizes.sum::<usize>();
    println!("{bytes} bytes");
    assert!((30_000..=60_000).contains(&bytes), "{bytes}");
    assert!(page.text.matches("<tr>").count() >= 9, "{}", page.text);
}

/// The value of an option of a page, by its text.
fn select_value(page: &str, text: &str) -> String {
    let before = page.split_once(&format!("\">{text}</option>")).unwrap().0;
    before.rsplit('"').next().unwrap().to_owned()
}

#[test]
fn viewer_looks_and_changes_nothing() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let fields = [
        ("do", "add"),
        ("name", "vic"),
        ("role", "viewer"),
        ("tenant", ""),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ];
    assert_eq!(ada.post("/console/users", &fields).status, 303);
    let mut vic = Visitor::new(&host.process);
    assert_eq!(vic.sign_in("vic", PASSWORD).status, 303);
    let connectors = host.command(&["connector", "list"], "").unwrap();
    let connector = format!(
        "/console/t/default/connectors/{}",
        connectors[0]["id"].as_str().unwrap()
    );
    for path in [
        "/console/t/default/",
        &connector,
        "/console/t/default/messages",
        "/console/plugins",
        "/console/users",
    ] {
        assert_eq!(vic.get(path).status, 200, "{path}");
    }
    let flow = [("usage", "*"), ("country", ""), ("do", "remove")];
    for (path, fields) in [
        ("/console/t/default/", STOP),
        (&connector, &[("do", "send"), ("to", "+8613800138000")]),
        (&connector, &[("do", "save")]),
        ("/console/t/default/flows", &flow),
        (
            "/console/t/default/limits",
            &[("segments_a_day", "1000000")],
        ),
        (
            "/console/t/default/keys",
            &[("do", "add"), ("name", "k"), ("scope", "verify")],
        ),
        ("/console/users", &fields),
        ("/console/plugins", &[("id", "sms")]),
        ("/console/tenants", &[("id", "new")]),
    ] {
        assert_eq!(vic.post(path, fields).status, 403, "{path}");
    }
    assert!(host.simulator.messages().is_empty() && !is_stopped(&host));
    // The last administrator cannot be removed.
    let users = ada.get("/console/users").text;
    let id = users
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        ada.post("/console/users", &[("do", "remove"), ("id", &id)])
            .status,
        422
    );
    // A change of the password ends older sessions.
    let vic_id = select_value(&users, "vic");
    let password = [
        ("do", "password"),
        ("id", vic_id.as_str()),
        ("password", PASSWORD),
        ("again", PASSWORD),
    ];
    assert_eq!(ada.post("/console/users", &password).status, 303);
    assert_eq!(
        vic.get("/console/t/default/").status,
        303,
        "to the sign-in page"
    );
}

#[test]
fn sixth_wrong_password_waits() {
    let host = Running::start();
    Visitor::set_up(&host, "ada");
    let mut eve = Visitor::new(&host.process);
    for _ in 0..5 {
        assert_eq!(eve.sign_in("ada", "wrong password").status, 401);
    }
    let refused = eve.sign_in("ada", PASSWORD);
    assert_eq!(
        refused.status, 429,
        "the right password does not help any more"
    );
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
    // An unknown name is treated alike.
    for nth in 0..6 {
        let status = eve.sign_in("nobody", PASSWORD).status;
        assert_eq!(status, if nth < 5 { 401 } else { 429 });
    }
    let audit = host.command(&["audit"], "").unwrap().to_string();
    assert!(!audit.contains(PASSWORD));
}

/// A session ends after an hour without use, and after twelve hours in all.
#[test]
fn session_ends_after_an_hour_or_twelve() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let age = |column: &str, ms: i64| {
        let db = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
        db.busy_timeout(Duration::from_secs(5)).unwrap();
        db.execute(
            &format!("UPDATE sessions SET {column} = {column} - ?1"),
            [ms],
        )
        .unwrap();
    };
    const HOUR_MS: i64 = 3_600_000;
    age("seen_at", HOUR_MS - 60_000);
    assert_eq!(ada.get("/console/t/default/").status, 200);
    age("seen_at", HOUR_MS + 1000);
    assert_eq!(ada.get("/console/t/default/").status, 303);
    assert_eq!(ada.sign_in("ada", PASSWORD).status, 303);
    age("created_at", 12 * HOUR_MS - 60_000);
    assert_eq!(ada.get("/console/t/default/").status, 200);
    age("created_at", 120_000);
    assert_eq!(ada.get("/console/t/default/").status, 303);
}

#[test]
fn unsaved_trial_counts_and_keeps_nothing() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let config = super::running::config(&host.simulator.url()).to_string();
    let fields = |action| {
        [
            ("do", action),
            ("view", "json"),
            ("json", config.as_str()),
            ("name", "new"),
            ("to", "+8613800138000"),
            ("usage", "SignIn"),
        ]
    };
    let path = "/console/t/default/connector?plugin=sms";
    let preview = ada.post(path, &fields("preview"));
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert!(preview.text.contains("<code>123456</code>") && host.simulator.messages().is_empty());
    let test = json!({"number": "+8613800138009", "code": "246810", "days": 1, "is_own": true});
    let tests = "/admin/tenants/default/test-numbers";
    host.admin("POST", tests, &host.host_key, &test).expect(200);
    let mut to_test = fields("send");
    to_test[4].1 = "+8613800138009";
    let refused = ada.post(path, &to_test);
    assert!(refused.text.contains("test number"), "{}", refused.text);
    assert!(host.simulator.messages().is_empty());
    for _ in 0..5 {
        let sent = ada.post(path, &fields("send"));
        assert!(sent.text.contains("tag accepted"), "{}", sent.text);
    }
    assert_eq!(host.simulator.messages().len(), 5);
    let refused = ada.post(path, &fields("send"));
    assert!(
        refused
            .text
            .contains("the limit for one number in 10 minutes is reached"),
        "{}",
        refused.text
    );
    assert_eq!(host.simulator.messages().len(), 5);
    let connectors = host.command(&["connector", "list"], "").unwrap();
    assert_eq!(connectors.as_array().unwrap().len(), 1, "nothing was saved");
    let listed = host.command(&["message", "list"], "").unwrap();
    assert_eq!(
        listed.as_array().unwrap().len(),
        5,
        "every trial is written down"
    );
    ada.get("/console/t/default/");
    ada.post("/console/t/default/", STOP);
    let stopped = ada.post(path, &fields("send"));
    assert!(
        stopped
            .text
            .contains("Nothing was sent: the kill switch is on")
    );
    assert_eq!(host.simulator.messages().len(), 5);
}

#[test]
fn unknown_outcome_is_settled_by_an_operator_once() {
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    let id = host.begin("+8613800138000");
    let seen: Value = host.get(&format!("/v1/verifications/{id}")).expect(200);
    let message = seen["message"]["id"].as_str().unwrap().to_owned();
    let path = format!("/console/t/default/messages/{message}");
    assert_eq!(
        ada.post(&path, &[("do", "arrived")]).status,
        409,
        "it is accepted"
    );
    let db = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
    db.busy_timeout(Duration::from_secs(5)).unwrap();
    db.execute(
        "UPDATE messages SET state = 'unknown', next_lookup_at = NULL",
        [],
    )
    .unwrap();
    assert!(
        ada.get("/console/t/default/messages?state=unknown")
            .text
            .contains(&message)
    );
    assert_eq!(ada.post(&path, &[("do", "arrived")]).status, 303);
    assert_eq!(
        ada.post(&path, &[("do", "lost")]).status,
        409,
        "it is settled"
    );
    let seen: Value = host.get(&format!("/v1/verifications/{id}")).expect(200);
    assert_eq!(seen["message"]["state"], json!("delivered"));
    assert!(
        !ada.get("/console/t/default/messages?state=unknown")
            .text
            .contains(&message)
    );
}

/// A new webhook's secret is shown once, and the webhook accepts the platform's messages from then on.
#[test]
fn webhook_made_in_the_console_takes_messages() {
    let host = Running::start();
    let mut visitor = Visitor::set_up(&host, "ada");
    let place = "/console/t/default/webhooks";
    visitor.get(place);
    let fields = |platform| [("do", "add"), ("name", "back-end"), ("platform", platform)];
    let refused = visitor.post(place, &fields("zitadel"));
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("Zitadel makes the signing key"),
        "{}",
        refused.text
    );
    let made = visitor.post(place, &fields("better-auth"));
    let shown: Vec<&str> = made.text.split("<code class=\"secret\">").skip(1).collect();
    let [path, secret] = shown.as_slice() else {
        panic!("{}", made.text);
    };
    let (path, secret) = (
        path.split('<').next().unwrap(),
        secret.split('<').next().unwrap(),
    );
    let again = visitor.get(place);
    assert!(
        again.text.contains(path) && !again.text.contains(secret),
        "{}",
        again.text
    );
    let bearer = format!("Bearer {secret}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
    ];
    let body = json!({"phoneNumber": "+8613800138000", "code": "123456"}).to_string();
    let sent = http(&host.process.api, "POST", path, &headers, &body).unwrap();
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(
        visitor.post(place, &fields("logto")).status,
        422,
        "the name is taken"
    );
    let removed = visitor.post(place, &[("do", "remove"), ("name", "back-end")]);
    assert_eq!(removed.status, 303);
    assert_eq!(
        http(&host.process.api, "POST", path, &headers, &body)
            .unwrap()
            .status,
        404
    );
}

/// The processor time of a process, in ticks of the system's clock.
#[cfg(target_os = "linux")]
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Each page's processor time with 100,000 messages, compared with 1,000, in one run. The name contains `figure` for
/// the command of docs/console.md.
#[cfg(target_os = "linux")]
#[test]
fn page_costs_the_same_with_many_messages_figure() {
    const LOADS: u32 = 150;
    let host = Running::start();
    let mut ada = Visitor::set_up(&host, "ada");
    host.begin("+8613800138000");
    let multiply = |count: u32| {
        let mut db = rusqlite::Connection::open(host.folder.0.join("data/auth-host.db")).unwrap();
        db.busy_timeout(Duration::from_secs(30)).unwrap();
        let all = db.transaction().unwrap();
        for table in ["messages", "verifications"] {
            let columns: Vec<String> = {
                let mut query = all
                    .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
                    .unwrap();
                query
                    .query_map([], |row| row.get(0))
                    .unwrap()
                    .map(Result::unwrap)
                    .collect()
            };
            let values = columns.iter().map(|name| match name.as_str() {
                // Identifiers begin with their time.
                "id" | "first" => format!(
                    "substr(id, 1, 2) || printf('%012x%020x', created_at - n * 1000, n + {count})"
                ),
                "state" if table == "messages" => {
                    "CASE n % 10 WHEN 0 THEN 'unknown' WHEN 1 THEN 'not_sent' ELSE 'accepted' END"
                        .to_owned()
                }
                "created_at" => "created_at - n * 1000".to_owned(),
                "number_hash" => "CAST(number_hash || (n / 5) AS BLOB)".to_owned(),
                "provider_message" => "provider_message || n".to_owned(),
                "next_lookup_at" => "NULL".to_owned(),
                name => name.to_owned(),
            });
            let values: Vec<String> = values.collect();
            all.execute(
                &format!(
                    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count})
                     INSERT INTO {table} ({}) SELECT {} FROM (SELECT * FROM {table} ORDER BY created_at DESC LIMIT 1), c",
                    columns.join(", "),
                    values.join(", ")
                ),
                [],
            )
            .unwrap();
        }
        all.commit().unwrap();
    };
    let pages = [
        "/console/t/default/",
        "/console/t/default/messages",
        "/console/t/default/messages?state=unknown",
        "/console/t/default/messages?state=delivered",
        "/console/t/default/verifications",
        "/console/t/default/audit",
        "/console/t/default/connectors",
    ];
    let mut cost = |pages: &[&str]| -> Vec<u64> {
        let load = |ada: &mut Visitor, page: &str, times: u32| {
            for _ in 0..times {
                assert_eq!(ada.get(page).status, 200, "{page}");
            }
        };
        let measure = |page: &&str| {
            load(&mut ada, page, 10);
            let before = ticks(host.process.id());
            load(&mut ada, page, LOADS);
            ticks(host.process.id()) - before
        };
        pages.iter().map(measure).collect()
    };
    multiply(1_000);
    let few = cost(&pages);
    multiply(100_000);
    let many = cost(&pages);
    for ((page, few), many) in pages.iter().zip(&few).zip(&many) {
        println!("{page}: {few} ticks for {LOADS} loads with 1,000 messages, {many} with 100,000");
    }
    let (few, many): (u64, u64) = (few.iter().sum(), many.iter().sum());
    println!("all pages: {:.2} times", many as f64 / few as f64);
    assert!(many as f64 <= few as f64 * 1.5, "{many} {few}");
}
