use super::STOP;
use crate::service::running::{Process, Running};
use crate::service::visitor::{PASSWORD, Visitor};
use std::time::Duration;

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
