use super::visit::{SESSION, user_token};
use super::*;
use crate::service::admin::{keys, users};
use crate::service::api;
use crate::service::ids;
use crate::service::serve;
use crate::service::store::StoreError;
use crate::service::store::message::State;
use crate::service::store::messages;
use crate::service::store::registry;
use crate::service::store::users::Role;
use crate::service::test_app::TestApp;
use rusqlite::params;
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

mod forms;
mod pages;
mod roles;
mod timeline;

/// An administrator's listener.
struct Listener {
    test: TestApp,
    address: SocketAddr,
}

impl Listener {
    async fn start() -> Self {
        let test = TestApp::new().await;
        let readiness = api::Readiness::new(test.app.clone(), None);
        let settings = Settings {
            hosts: vec!["console.example.com".to_owned()],
            ..Settings::default()
        };
        let routes = api::administration(test.app.clone(), readiness, settings);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = serve::Listener::bind("admin", any, None).await.unwrap();
        let address = listener.address().unwrap();
        let (stopping, stopped) = watch::channel(false);
        tokio::spawn(async move {
            listener.serve(routes, stopped).await;
            drop(stopping);
        });
        Self { test, address }
    }

    /// The response to a request, with its head in lower case.
    async fn ask(&self, head: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        format!("{}\r\n\r\n{body}", head.to_ascii_lowercase())
    }

    /// The cookie of a new user's session.
    async fn session(&self, name: &str, role: Role) -> String {
        let (app, actor) = (&self.test.app, TestApp::actor());
        let added = users::add(app, &actor, name, "hash".to_owned(), role, None).await;
        added.unwrap();
        let user = users::find(app, name).unwrap().unwrap();
        users::begin(app, &user).await.unwrap().unwrap()
    }

    /// The response to a visit in a session.
    async fn get(&self, session: &str, path: &str) -> String {
        let headers = format!("host: localhost\r\ncookie: {SESSION}={session}\r\n");
        self.ask(&format!("GET {path}"), &headers, "").await
    }

    /// The response to a form in a session.
    async fn post(&self, session: &str, path: &str, fields: &str) -> String {
        let headers = format!(
            "host: localhost\r\norigin: http://localhost\r\ncookie: {SESSION}={session}\r\n\
             content-type: application/x-www-form-urlencoded\r\n"
        );
        let user = users::of_session(&self.test.app, session).await;
        let token = user_token(&user.unwrap().unwrap());
        let body = format!("token={token}&once={}&{fields}", ids::new("f"));
        self.ask(&format!("POST {path}"), &headers, &body).await
    }
}

/// Adds messages whose outcome is unknown, and returns the identifier of the first.
async fn add_unknown(test: &TestApp, count: usize) -> String {
    let ids: Vec<String> = (0..count).map(|_| ids::new("m")).collect();
    let first = ids.first().cloned().unwrap_or_default();
    let added = test.app.store.write(move |db| {
        for id in &ids {
            db.execute(
                "INSERT INTO messages (id, tenant, connector, number, number_hash, usage, country, prefix, is_first,
                 first, state, created_at) VALUES (?1, 'default', 'c', x'00', x'00', 'SignIn', 'CN', '+86', 1, ?1,
                 'sending', ?2)",
                params![id, ids::now_ms()],
            )?;
            let mut row = messages::get(db, "default", id)?.unwrap();
            row.state = State::Unknown;
            row.reason = Some("interrupted".to_owned());
            row.settled_at = Some(row.created_at);
            messages::settle(db, &row)?;
        }
        Ok::<_, StoreError>(())
    });
    added.await.unwrap();
    first
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

/// A name server can point any name at this machine, and a browser then reads the response.
#[tokio::test]
async fn figures_answer_to_names_of_this_machine() {
    let listener = Listener::start().await;
    for (host, path, expected) in [
        ("127.0.0.1:8421", "/metrics", "200"),
        ("console.example.com", "/metrics", "200"),
        ("evil.example", "/metrics", "421"),
        ("evil.example", "/healthz", "200"),
        ("evil.example", "/console/sign-in", "421"),
    ] {
        let host = format!("host: {host}\r\n");
        let answer = listener.ask(&format!("GET {path}"), &host, "").await;
        assert_eq!(status(&answer), expected, "{host} {path}");
    }
}

/// The document of the API describes the other listener's paths.
#[tokio::test]
async fn refused_method_names_those_that_the_path_takes() {
    let listener = Listener::start().await;
    let host = "host: localhost\r\n";
    let answer = listener.ask("POST /admin/tenants", host, "").await;
    assert_eq!(status(&answer), "405");
    assert!(answer.contains("\r\nallow: get,head\r\n"), "{answer}");
    assert!(answer.contains("Allow header"), "{answer}");
}

#[tokio::test]
async fn every_answer_of_the_listener_has_the_policy() {
    let listener = Listener::start().await;
    for path in [
        "/nope",
        "/console/nope",
        "/healthz",
        "/admin/tenants",
        "/console/sign-in",
    ] {
        let answer = listener
            .ask(&format!("GET {path}"), "host: localhost\r\n", "")
            .await;
        for header in [
            "content-security-policy: default-src 'none'",
            "x-frame-options: deny",
        ] {
            assert_eq!(answer.matches(header).count(), 1, "{path}: {header}");
        }
    }
}

#[tokio::test]
async fn cookie_is_secure_behind_tls() {
    let listener = Listener::start().await;
    for (more, is_secure) in [("", false), ("x-forwarded-proto: https\r\n", true)] {
        let headers = format!("host: localhost\r\n{more}");
        let answer = listener.ask("GET /console/sign-in", &headers, "").await;
        assert!(answer.contains("samesite=strict"), "{answer}");
        assert_eq!(answer.contains("; secure"), is_secure, "{answer}");
    }
}

/// A form without a valid action changes nothing, and above all removes nothing.
#[tokio::test]
async fn unknown_action_changes_nothing() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    test.webhook("own", json!({"platform": "generic"})).await;
    let tenant = "/console/t/default";
    for (path, fields) in [
        (format!("{tenant}/webhooks"), "name=own"),
        (format!("{tenant}/flows"), "usage=*&first=c"),
        (format!("{tenant}/keys"), "name=app&scope=verify"),
        (
            "/console/users".to_owned(),
            "name=eve&role=admin&password=correct+horse+battery&again=correct+horse+battery",
        ),
        (format!("{tenant}/"), "of=tenant"),
        ("/console/tenants".to_owned(), "id=new"),
        ("/console/plugins".to_owned(), "id=p"),
    ] {
        for action in ["", "&do=", "&do=x&to=x"] {
            let answer = listener
                .post(&session, &path, &format!("{fields}{action}"))
                .await;
            assert_eq!(status(&answer), "400", "{path} {action}: {answer}");
        }
    }
    assert!(test.app.catalog.load().webhooks.len() == 1);
    assert!(test.app.catalog.load().tenants.len() == 1);
    assert_eq!(users::list(&test.app).unwrap().len(), 1);
    let removed = listener
        .post(
            &session,
            &format!("{tenant}/webhooks"),
            "name=own&do=remove",
        )
        .await;
    assert_eq!(status(&removed), "303");
    assert!(test.app.catalog.load().webhooks.is_empty());
}

/// Browsers remove `..` from an address, so that the first tenant's overview would lead to itself.
#[tokio::test]
async fn home_skips_a_tenant_of_dots() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let app = &listener.test.app;
    let added = app.store.write(|db| {
        let settings = registry::TenantSettings::default();
        registry::put_tenant(db, ".", &settings)?;
        registry::put_tenant(db, "..", &settings)
    });
    added.await.unwrap();
    app.reload().unwrap();
    let home = listener.get(&session, "/console/").await;
    assert!(home.contains("location: /console/t/default/\r\n"), "{home}");
}

/// A viewer is refused before the upload is read.
#[tokio::test]
async fn role_is_asked_before_an_upload_is_read() {
    let listener = Listener::start().await;
    let admin = listener.session("ada", Role::Admin).await;
    let viewer = listener.session("vic", Role::Viewer).await;
    for (session, expected) in [(viewer, "403"), (admin, "400")] {
        let answer = listener.post(&session, "/console/plugins/upload", "").await;
        assert_eq!(status(&answer), expected, "{answer}");
    }
}

/// A person who types an address, or changes the language after a search, gets a page and no JSON.
#[tokio::test]
async fn wrong_addresses_get_pages() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let tenant = "/console/t/default";
    for (path, expected, text) in [
        ("/console".to_owned(), "303", "location: /console/\r\n"),
        ("/console/nope".to_owned(), "404", "no such path"),
        (format!("{tenant}/nope/nope"), "404", "no such path"),
        (
            format!("{tenant}/messages/search"),
            "303",
            "location: /console/t/default/messages\r\n",
        ),
        (
            "/console/plugins/upload".to_owned(),
            "303",
            "location: /console/plugins\r\n",
        ),
        (
            format!("{tenant}/messages?state=a&state=b"),
            "400",
            "The address cannot be read",
        ),
        (format!("{tenant}/keys?before=%ff"), "200", "<h1>"),
    ] {
        let answer = listener.get(&session, &path).await;
        assert_eq!(status(&answer), expected, "{path}: {answer}");
        assert!(answer.contains(text), "{path}: {answer}");
        let is_page = answer.contains("content-type: text/html");
        assert!(is_page || expected == "303", "{path}: {answer}");
    }
}

/// The oldest key can still be found and revoked.
#[tokio::test]
async fn every_key_and_webhook_is_on_a_page() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let (test, actor) = (&listener.test, TestApp::actor());
    for nth in 0..51 {
        let scopes = ["verify".to_owned()];
        let name = format!("key-{nth}");
        let made = keys::add(&test.app, &actor, Some("default"), &name, &scopes).await;
        made.unwrap();
    }
    for nth in 10..21 {
        let name = format!("hook-{nth}");
        test.webhook(&name, json!({"platform": "generic"})).await;
    }
    let tenant = "/console/t/default";
    for (path, first, last) in [
        ("keys", "key-50", "key-0 "),
        ("webhooks", "hook-10", "hook-20"),
    ] {
        let page = listener.get(&session, &format!("{tenant}/{path}")).await;
        assert!(page.contains(first) && !page.contains(last), "{page}");
        assert!(page.len() < 40_000, "{path}: {}", page.len());
        let (_, next) = page.split_once("rel=\"next\" href=\"").unwrap();
        let next = next.split('"').next().unwrap();
        let page = listener
            .get(&session, &format!("{tenant}/{path}{next}"))
            .await;
        assert!(page.contains(last) && !page.contains(first), "{page}");
        assert!(!page.contains("rel=\"next\""), "{page}");
    }
}

/// A refused form still has the typed values; a secret is typed again.
#[tokio::test]
async fn refused_forms_keep_what_was_typed() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    test.webhook("own", json!({"platform": "generic"})).await;
    let tenant = "/console/t/default";
    for (path, fields, kept) in [
        (
            format!("{tenant}/keys"),
            "do=add&name=app",
            vec![
                "name=\"name\" required maxlength=\"64\" pattern=\"[A-Za-z0-9._\\-]+\" autocomplete=\"off\" value=\"app\"",
                "value=\"verify\" aria-invalid",
            ],
        ),
        (
            format!("{tenant}/webhooks"),
            "do=add&name=own&platform=clerk&bare_digits=e164&secret=whsec_secret",
            vec![
                "value=\"own\" aria-invalid",
                "<option selected>clerk",
                "value=\"e164\"",
                "There is a webhook",
            ],
        ),
        (
            format!("{tenant}/webhooks"),
            "do=try&name=own&to=12&sure=on",
            vec![
                "<details class=\"group\" open>",
                "value=\"12\"",
                "The number has no calling code",
            ],
        ),
        (
            "/console/tenants".to_owned(),
            "do=add&id=a+b",
            vec!["value=\"a b\""],
        ),
        (
            format!("{tenant}/flows"),
            "do=set&usage=SignIn&usage=Register&country=ZZ&first=",
            vec!["Choose a connector"],
        ),
        (
            format!("{tenant}/flows"),
            "do=set&country=CN&first=c",
            vec!["Choose a usage"],
        ),
    ] {
        let answer = listener.post(&session, &path, fields).await;
        assert_eq!(status(&answer), "422", "{path} {fields}: {answer}");
        assert!(!answer.contains("whsec_secret"), "{answer}");
        for text in kept {
            assert!(answer.contains(text), "{path} {fields} {text}: {answer}");
        }
    }
}
