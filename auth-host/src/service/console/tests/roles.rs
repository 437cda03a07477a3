//! Tests of what users of lesser roles may do.

use super::*;
use crate::service::admin::tenants;

/// The page of plugins is the host's.
#[tokio::test]
async fn first_steps_link_only_to_pages_for_the_user() {
    let listener = Listener::start().await;
    let ada = listener.session("ada", Role::Admin).await;
    let (app, actor) = (&listener.test.app, TestApp::actor());
    let hash = "hash".to_owned();
    let added = users::add(app, &actor, "tina", hash, Role::Admin, Some("default")).await;
    added.unwrap();
    let tina = users::find(app, "tina").unwrap().unwrap();
    let tina = users::begin(app, &tina).await.unwrap().unwrap();
    for (session, is_linked) in [(&ada, true), (&tina, false)] {
        let page = listener.get(session, "/console/t/default/").await;
        let (_, steps) = page.split_once("<ol class=\"steps\">").unwrap();
        let (steps, _) = steps.split_once("</ol>").unwrap();
        assert!(steps.contains("Install a plugin"), "{steps}");
        assert_eq!(steps.contains("/console/plugins"), is_linked, "{steps}");
    }
}

/// A viewer's page of a connector has no section for trials.
#[tokio::test]
async fn link_to_a_trial_is_for_administrators() {
    let listener = Listener::start().await;
    let admin = listener.session("ada", Role::Admin).await;
    let viewer = listener.session("vic", Role::Viewer).await;
    listener.test.serve_by_nobody().await;
    for (session, is_linked) in [(&admin, true), (&viewer, false)] {
        let page = listener.get(session, "/console/t/default/").await;
        assert_eq!(page.contains("/connectors/c_1#try"), is_linked, "{page}");
    }
}

/// Every form is refused to users whose role does not allow it, and to users of other tenants.
#[tokio::test]
async fn forms_are_refused_to_lesser_roles() {
    let listener = Listener::start().await;
    let (app, actor) = (&listener.test.app, TestApp::actor());
    listener.test.serve_by_nobody().await;
    listener.session("ada", Role::Admin).await;
    let viewer = listener.session("vic", Role::Viewer).await;
    let put = tenants::put(app, &actor, "other", &json!({})).await;
    put.unwrap();
    let mut own = Vec::new();
    for (name, tenant) in [("tina", "default"), ("otto", "other")] {
        let hash = "hash".to_owned();
        let added = users::add(app, &actor, name, hash, Role::Admin, Some(tenant)).await;
        added.unwrap();
        let user = users::find(app, name).unwrap().unwrap();
        own.push(users::begin(app, &user).await.unwrap().unwrap());
    }
    let [tina, otto] = own.as_slice() else {
        panic!("two users");
    };
    let message = add_unknown(&listener.test, 1).await;
    let settle = format!("/console/t/default/messages/{message}");
    for (path, fields) in [
        ("/console/t/default/", "of=tenant&to=stop"),
        ("/console/t/default/", "of=host&to=stop"),
        ("/console/t/default/connector?plugin=p", "do=save&name=a"),
        ("/console/t/default/connectors/c_1", "do=remove"),
        ("/console/t/default/flows", "do=remove&usage=*"),
        (&settle, "do=lost"),
        ("/console/t/default/limits", "name=a"),
        ("/console/t/default/keys", "do=add&name=a&scope=verify"),
        (
            "/console/t/default/webhooks",
            "do=add&name=a&platform=generic",
        ),
        ("/console/tenants", "do=add&id=new"),
        ("/console/users", "do=remove&id=u"),
        ("/console/plugins", "do=remove&id=p"),
        ("/console/plugins/upload", ""),
        ("/console/plugins/pull", "reference=a"),
        ("/console/plugins/update", "id=p"),
        ("/console/plugins/catalogue", "c=0&id=p"),
        ("/console/plugins/review/x", "do=install"),
    ] {
        let refused = listener.post(&viewer, path, fields).await;
        assert_eq!(status(&refused), "403", "{path} {fields}: {refused}");
        let is_of_tenant = path.starts_with("/console/t/");
        let foreign = listener.post(otto, path, fields).await;
        let expected = if is_of_tenant { "404" } else { "403" };
        assert_eq!(status(&foreign), expected, "{path} {fields}: {foreign}");
        if !is_of_tenant || path.ends_with("/limits") || fields.starts_with("of=host") {
            let refused = listener.post(tina, path, fields).await;
            assert_eq!(status(&refused), "403", "{path} {fields}: {refused}");
        }
    }
    let settled = listener.post(tina, &settle, "do=lost").await;
    assert_eq!(status(&settled), "303", "{settled}");
}
