//! Tests of the console's pages: forms keep what was typed, and pages agree with the API.

use super::*;
use crate::service::admin::{messages as admin, tenants};
use crate::service::store::figures;

/// A form that adds a user with an existing name changes nothing of that user.
#[tokio::test]
async fn new_password_leaves_role_and_tenant() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let (app, actor) = (&listener.test.app, TestApp::actor());
    let hash = "hash".to_owned();
    let added = users::add(app, &actor, "tina", hash, Role::Admin, Some("default")).await;
    added.unwrap();
    let tina = || users::find(app, "tina").unwrap().unwrap();
    let (id, words) = (tina().id, "password=correct+horse+battery&again=");
    for (fields, expected) in [
        (
            format!("do=add&name=tina&role=viewer&{words}correct+horse+battery"),
            "422",
        ),
        (
            format!("do=password&id=u_none&{words}correct+horse+battery"),
            "422",
        ),
        (
            format!("do=password&id={id}&{words}another+horse+battery"),
            "422",
        ),
        (
            format!("do=password&id={id}&role=viewer&{words}correct+horse+battery"),
            "303",
        ),
    ] {
        assert_eq!(tina().password, "hash", "before {fields}");
        let answer = listener.post(&session, "/console/users", &fields).await;
        assert_eq!(status(&answer), expected, "{fields}: {answer}");
    }
    let tina = tina();
    assert_ne!(tina.password, "hash");
    assert_eq!(
        (tina.role, tina.tenant.as_deref()),
        (Role::Admin, Some("default"))
    );
}

/// Otherwise the corrected form would create another user than the intended one.
#[tokio::test]
async fn refused_user_form_keeps_its_choices() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let fields =
        "do=add&name=tina&role=admin&tenant=default&password=correct+horse+battery&again=x";
    let answer = listener.post(&session, "/console/users", fields).await;
    for kept in [
        r#"name="name" value="tina""#,
        r#"<option value="admin" selected>"#,
        "<option selected>default</option>",
    ] {
        assert!(answer.contains(kept), "{kept}: {answer}");
    }
    assert!(!answer.contains("correct horse"));
}

/// Every field of the page of limits, with its value.
fn limits(page: &str, changes: &[(&str, &str)]) -> String {
    let named = page.split("name=\"").skip(1);
    let value = |field: &str| {
        let (name, rest) = field.split_once('"')?;
        let (tag, _) = rest.split_once('>')?;
        let (_, value) = tag.split_once("value=\"")?;
        let is_off = tag.contains("checkbox") && !tag.contains(" checked");
        (name != "token" && !is_off).then(|| {
            (
                name.to_owned(),
                value.split('"').next().unwrap_or_default().to_owned(),
            )
        })
    };
    let mut fields: Vec<(String, String)> = named.filter_map(value).collect();
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => (*old) = (*value).to_owned(),
            None => fields.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    let pairs = fields.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

/// The second of two tabs gets a conflict after a change in the first, and no form has the kill switch.
#[tokio::test]
async fn limits_of_an_older_page_overwrite_nothing() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let path = "/console/t/default/limits";
    let (first, second) = (
        listener.get(&session, path).await,
        listener.get(&session, path).await,
    );
    let saved = listener
        .post(&session, path, &limits(&first, &[("segments_a_day", "77")]))
        .await;
    assert_eq!(status(&saved), "303", "{saved}");
    let (app, actor) = (&listener.test.app, TestApp::actor());
    let stopped = tenants::set(app, &actor, "default", &json!({"is_stopped": true})).await;
    stopped.unwrap();
    let settings = || app.catalog.load().tenants["default"].settings.clone();
    let lost = listener
        .post(&session, path, &limits(&second, &[("name", "Shop")]))
        .await;
    assert_eq!(status(&lost), "409", "{lost}");
    assert!(
        lost.contains("Somebody else changed these settings"),
        "{lost}"
    );
    assert!(lost.contains(r#"name="name" value="Shop""#), "{lost}");
    assert_eq!(
        (settings().segments_a_day, settings().name.as_str()),
        (77, "")
    );
    // The refusal's page has the revision of the present settings, so that a person who saves it again does so
    // knowingly.
    let again = listener.post(&session, path, &limits(&lost, &[])).await;
    assert_eq!(status(&again), "303", "{again}");
    let settings = settings();
    assert_eq!(
        (settings.segments_a_day, settings.name.as_str()),
        (1000, "Shop")
    );
    assert!(settings.is_stopped);
    let without = listener.post(&session, path, "name=Shop").await;
    assert_eq!(status(&without), "409", "{without}");
}

#[tokio::test]
async fn refused_limits_keep_what_was_typed_and_name_the_field() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let path = "/console/t/default/limits";
    let page = listener.get(&session, path).await;
    assert!(page.contains(r#"value="on" checked"#), "{page}");
    let off = limits(&page, &[]).replace("&report_used_codes=on", "");
    for (name, posted, value, words) in [
        (
            "segments_a_day",
            "segments_a_day",
            "99999999999",
            "Segments in 24 hours: Enter a whole number",
        ),
        (
            "number_a_day",
            "number_a_day",
            "x",
            "Messages to one number in 24 hours: Enter a whole number",
        ),
        (
            "retention_days",
            "retention_days",
            "3",
            "Days that messages are kept: Messages are kept 4",
        ),
        (
            "default_country",
            "default_country",
            "X1",
            "A country is two capital letters",
        ),
        ("home", "home", "CN,+X1", "A country is two capital letters"),
    ] {
        let kept: Vec<&str> = off
            .split('&')
            .filter(|pair| !pair.starts_with(&format!("{posted}=")))
            .collect();
        let fields = format!("{}&{posted}={value}", kept.join("&"));
        let refused = listener.post(&session, path, &fields).await;
        assert_eq!(status(&refused), "422", "{fields}: {refused}");
        let (_, field) = refused.split_once(&format!(r#"name="{name}""#)).unwrap();
        let (tag, _) = field.split_once('>').unwrap();
        assert!(
            tag.contains(r#"aria-invalid="true""#) && tag.contains(&value.replace('+', " ")),
            "{name}: {tag}"
        );
        assert_eq!(refused.matches("aria-invalid").count(), 1, "{name}");
        assert!(refused.contains(words), "{name}: {refused}");
        assert!(
            !refused.contains(r#"value="on" checked"#),
            "{name}: {refused}"
        );
    }
}

/// A settled outcome moves from one state to another wherever it is counted.
#[tokio::test]
async fn overview_counts_what_the_lists_show() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let test = &listener.test;
    let id = add_unknown(test, 130).await;
    let shown = |unknown: &str, delivered: bool| {
        let unknown = unknown.to_owned();
        let page = listener.get(&session, "/console/t/default/");
        async move {
            let page = page.await;
            assert!(
                page.contains(&format!("unknown\"><b>{unknown}</b>")),
                "{page}"
            );
            assert!(
                page.contains(&format!("</span></dt><dd>{unknown}</dd>")),
                "{page}"
            );
            assert_eq!(page.contains("</span></dt><dd>1</dd>"), delivered, "{page}");
        }
    };
    shown("130", false).await;
    let settled = admin::settle(&test.app, &TestApp::actor(), "default", &id, true).await;
    settled.unwrap();
    shown("129", true).await;
    // The API's figures use the same counters.
    let counts = test
        .app
        .store
        .read(|db| figures::count_by_state(db, "default", ids::now_ms(), 24));
    let mut counts: Vec<_> = counts
        .unwrap()
        .into_iter()
        .map(|(state, count)| (state.as_str(), count))
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [("delivered", 1), ("unknown", 129)]);
}

/// Colours and heights are nothing to a screen reader.
#[tokio::test]
async fn figures_of_the_plot_are_a_table() {
    let listener = Listener::start().await;
    let session = listener.session("ada", Role::Admin).await;
    let table = |page: &str| page.contains("<th>everything else</th>");
    let page = listener.get(&session, "/console/t/default/").await;
    assert!(!table(&page), "{page}");
    add_unknown(&listener.test, 3).await;
    let page = listener.get(&session, "/console/t/default/").await;
    assert!(
        table(&page) && page.contains(":00</td><td>0</td><td>3</td></tr>"),
        "{page}"
    );
}
