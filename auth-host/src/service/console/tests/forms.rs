//! Tests of forms: what names their errors and objects, and what the pages show once.

use super::*;
use crate::service::admin::webhooks;
use crate::service::test_app;

/// A person who does not look at the page learns from its title that a form was refused, and from a field why.
#[tokio::test]
async fn refused_form_names_its_field() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    listener.test.serve_by_nobody().await;
    let own = "/console/t/default";
    let password = "password=correct+horse+battery&again=correct+horse+battery";
    for (path, fields, field) in [
        (
            format!("{own}/keys"),
            "do=add&name=a+b&scope=verify".to_owned(),
            "name=\"name\"",
        ),
        (
            format!("{own}/keys"),
            "do=add&name=a".to_owned(),
            "value=\"verify\"",
        ),
        (
            format!("{own}/webhooks"),
            "do=add&name=a+b&platform=generic".to_owned(),
            "name=\"name\"",
        ),
        (
            format!("{own}/webhooks"),
            "do=add&name=a&platform=generic&bare_digits=x".to_owned(),
            "name=\"bare_digits\"",
        ),
        (
            format!("{own}/flows"),
            "do=set&usage=*&first=".to_owned(),
            "name=\"first\"",
        ),
        (
            format!("{own}/flows"),
            "do=set&first=c_1".to_owned(),
            "value=\"*\"",
        ),
        (
            format!("{own}/flows"),
            "do=set&usage=*&first=c_1&country=1".to_owned(),
            "name=\"country\"",
        ),
        (
            "/console/tenants".to_owned(),
            "do=add&id=a+b".to_owned(),
            "name=\"id\"",
        ),
        (
            "/console/users".to_owned(),
            format!("do=add&name=ada&role=admin&{password}"),
            "name=\"name\"",
        ),
        (
            "/console/users".to_owned(),
            "do=add&name=eve&role=admin&password=short&again=short".to_owned(),
            "name=\"password\"",
        ),
    ] {
        let page = listener.post(&session, &path, &fields).await;
        assert_eq!(status(&page), "422", "{path} {fields}: {page}");
        assert!(page.contains("<title>Error: "), "{path} {fields}: {page}");
        let invalid = invalid(&page);
        assert!(
            matches!(invalid.as_slice(), [tag] if tag.contains(field)
                && tag.contains("aria-describedby=\"wrong\" autofocus")),
            "{path} {fields}: {invalid:?}"
        );
        assert_eq!(page.matches("id=\"wrong\"").count(), 1, "{page}");
    }
    let page = listener.get(&session, "/console/users").await;
    assert!(page.contains("<title>Users ·"), "{page}");
}

/// Tags of the fields that an error is about.
fn invalid(page: &str) -> Vec<&str> {
    let tags = page.split('<');
    tags.filter(|tag| tag.contains("aria-invalid")).collect()
}

/// The error of a button in a list is about no field, and fills no form beside it.
#[tokio::test]
async fn refused_row_marks_no_other_form() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    test.serve_by_nobody().await;
    test.webhook("own", json!({"platform": "generic"})).await;
    let ada = users::find(&test.app, "ada").unwrap().unwrap().id;
    let own = "/console/t/default";
    for (path, fields, expected, filled) in [
        (
            "/console/users".to_owned(),
            format!("do=remove&id={ada}"),
            "422",
            "selected",
        ),
        (
            "/console/tenants".to_owned(),
            "do=remove&id=default".to_owned(),
            "422",
            "name=\"id\" value=\"default\" required",
        ),
        (
            format!("{own}/flows"),
            "do=remove&usage=Gone&country=1".to_owned(),
            "422",
            "name=\"country\" value=\"1\" placeholder",
        ),
        (
            format!("{own}/webhooks"),
            "do=drop&name=a+b".to_owned(),
            "404",
            "value=\"a b\"",
        ),
    ] {
        let page = listener.post(&session, &path, &fields).await;
        assert_eq!(status(&page), expected, "{path} {fields}: {page}");
        assert!(page.contains("id=\"wrong\""), "{path} {fields}: {page}");
        assert!(invalid(&page).is_empty(), "{path} {fields}: {page}");
        assert!(!page.contains(filled), "{path} {fields}: {page}");
    }
}

/// The platform made the secret, which is typed into the form of the webhook.
#[tokio::test]
async fn secret_of_a_platform_is_typed_for_its_webhook() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for name in ["clerk-1", "clerk-2"] {
        let body = json!({"platform": "clerk", "secrets": [secret]});
        test.webhook(name, body).await;
    }
    test.webhook("own", json!({"platform": "generic"})).await;
    let path = "/console/t/default/webhooks";
    let page = listener.get(&session, path).await;
    // One for each webhook of Clerk, and that of a new webhook.
    assert_eq!(page.matches("name=\"secret\"").count(), 3, "{page}");
    for wrong in ["", "short"] {
        let fields = format!("do=secret&name=clerk-2&secret={wrong}");
        let page = listener.post(&session, path, &fields).await;
        assert_eq!(status(&page), "422", "{page}");
        let invalid = invalid(&page);
        assert!(
            matches!(invalid.as_slice(), [tag] if tag.contains("name=\"secret\"")),
            "{invalid:?}"
        );
        let (before, _) = page.split_once("aria-invalid").unwrap();
        let (_, form) = before.rsplit_once("<form").unwrap();
        assert!(form.contains("value=\"clerk-2\""), "{form}");
    }
    let fields = "do=secret&name=clerk-2&secret=whsec_C2FVsBQIhrscChlQIMV%2Bb5sSYspob7oD";
    let added = listener.post(&session, path, fields).await;
    assert_eq!(status(&added), "303", "{added}");
    let found = webhooks::find(&test.app, "default", "clerk-2").unwrap();
    assert_eq!(found.secrets.len(), 2);
}

/// Buttons that remove say what, and ask first.
#[tokio::test]
async fn removing_button_names_its_object() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let (test, actor) = (&listener.test, TestApp::actor());
    test.serve_by_nobody().await;
    test.webhook("hook", json!({"platform": "generic"})).await;
    let scopes = ["verify".to_owned()];
    let made = keys::add(&test.app, &actor, Some("default"), "key-1", &scopes).await;
    made.unwrap();
    for (path, name) in [
        ("/console/t/default/keys", "key-1"),
        ("/console/t/default/webhooks", "hook"),
        ("/console/t/default/flows", "every usage / every country"),
        ("/console/users", "ada"),
    ] {
        let page = listener.get(&session, path).await;
        let button = page
            .split("<button ")
            .find(|button| button.contains("data-confirm"));
        let (tag, rest) = button.unwrap().split_once('>').unwrap();
        let (text, _) = rest.split_once("</button>").unwrap();
        assert!(
            tag.contains(name) && text.contains(name),
            "{path}: {tag} {text}"
        );
    }
}

/// A rule for a usage of the operator's own shows among the usages.
#[tokio::test]
async fn own_usage_is_shown_with_its_route() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let app = &listener.test.app;
    let added = app.store.write(|db| {
        registry::put_plugin(db, &test_app::plugin("{}"), b"none")?;
        registry::put_connector(db, &test_app::connector("c_1"))?;
        let flow = json!({"usage": "PayOut", "country": "*", "connectors": ["c_1"]});
        registry::put_flow(db, "default", &serde_json::from_value(flow).unwrap())
    });
    added.await.unwrap();
    app.reload().unwrap();
    let path = "/console/t/default/flows";
    let page = listener.get(&session, path).await;
    let (_, row) = page.split_once("<td><code>PayOut</code></td>").unwrap();
    assert!(
        row.starts_with("<td><span class=\"tag accepted\">on</span>"),
        "{row}"
    );
    assert!(page.contains("<option value=\"PayOut\">PayOut"), "{page}");
    let asked = listener
        .post(
            &session,
            path,
            "do=ask&usage=PayOut&number=%2B8613800138000",
        )
        .await;
    assert!(asked.contains("<dd>PayOut / every country</dd>"), "{asked}");
}

/// The form of a rule as it opens would else replace a rule by another without a decision.
#[tokio::test]
async fn connector_of_a_rule_is_chosen_by_the_operator() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let app = &listener.test.app;
    for (ids, is_chosen) in [(&["c_1"][..], true), (&["c_1", "c_2"], false)] {
        let added = app.store.write(move |db| {
            registry::put_plugin(db, &test_app::plugin("{}"), b"none")?;
            for id in ids {
                let mut row = test_app::connector(id);
                row.name = (*id).to_owned();
                registry::put_connector(db, &row)?;
            }
            Ok::<_, StoreError>(())
        });
        added.await.unwrap();
        app.reload().unwrap();
        let page = listener.get(&session, "/console/t/default/flows").await;
        let (_, first) = page.split_once("<select name=\"first\" required>").unwrap();
        let (first, _) = first.split_once("</select>").unwrap();
        assert!(first.starts_with("<option value=\"\"></option>"), "{first}");
        assert_eq!(first.contains("selected"), is_chosen, "{first}");
    }
}

/// The cookie of the page lives for an hour, and a sign-in in another tab ends it.
#[tokio::test]
async fn outdated_sign_in_page_can_be_sent_again() {
    let listener = Listener::start().await;
    let headers = "host: localhost\r\norigin: http://localhost\r\n\
                   content-type: application/x-www-form-urlencoded\r\n";
    for (path, fields) in [
        ("/console/sign-in", "token=x&name=ada&password=secret"),
        ("/console/set-up", "token=x&name=ada&password=secret&link=x"),
    ] {
        let page = listener.ask(&format!("POST {path}"), headers, fields).await;
        assert_eq!(status(&page), "403", "{path}: {page}");
        assert!(
            page.contains("set-cookie: auth_host_console_visit="),
            "{page}"
        );
        assert!(
            !page.contains("another user") && !page.contains("secret"),
            "{page}"
        );
    }
    // The page has the token of the visit that sent it.
    let headers = format!("cookie: auth_host_console_visit=abc\r\n{headers}");
    let fields = "name=ada&password=secret";
    let sent = |token: &str| format!("token={token}&{fields}");
    let path = "POST /console/sign-in";
    let page = listener.ask(path, &headers, &sent("x")).await;
    assert!(page.contains("This page was open for too long"), "{page}");
    assert!(page.contains("value=\"ada\""), "{page}");
    let (_, token) = page.split_once("name=\"token\" value=\"").unwrap();
    let (token, _) = token.split_once('"').unwrap();
    let page = listener.ask(path, &headers, &sent(token)).await;
    assert_eq!(status(&page), "401", "{page}");
}

/// Another language is another visit, which has no new key.
#[tokio::test]
async fn page_with_new_key_has_no_links_to_languages() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let own = "/console/t/default";
    for (path, fields) in [
        (format!("{own}/keys"), "do=add&name=app&scope=verify"),
        (
            format!("{own}/webhooks"),
            "do=add&name=app&platform=generic",
        ),
    ] {
        let page = listener.get(&session, &path).await;
        assert!(page.contains("/console/language?to="), "{page}");
        let made = listener.post(&session, &path, fields).await;
        assert!(made.contains("class=\"secret\""), "{made}");
        assert!(!made.contains("/console/language?to="), "{made}");
    }
}
