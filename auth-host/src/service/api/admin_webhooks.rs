//! `/admin/tenants/{tenant}/webhooks`, a connector's callbacks, and a tenant's events.

use super::admin::{Answer, Of, actor};
use super::answer::Shown;
use super::call::{Authorized, Call};
use super::path::Path;
use super::verifications::Nothing;
use crate::service::access::{Host, Tenant};
use crate::service::admin::{callbacks, events, webhooks};
use crate::service::app::App;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The routes below `/admin`.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/tenants/{tenant}/webhooks", get(list))
        .route(
            "/tenants/{tenant}/webhooks/{name}",
            get(show).put(put).delete(remove),
        )
        .route(
            "/tenants/{tenant}/webhooks/{name}/secrets",
            post(add_secret).delete(drop_old_secrets),
        )
        .route("/tenants/{tenant}/webhooks/{name}/figures", get(figures))
        .route(
            "/tenants/{tenant}/connectors/{name}/callbacks",
            get(list_callbacks).post(add_callback),
        )
        .route("/tenants/{tenant}/callbacks/{id}", delete(remove_callback))
        .route(
            "/tenants/{tenant}/events",
            get(show_events).put(put_events).delete(remove_events),
        )
}

async fn list(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<Vec<webhooks::WebhookView>> {
    Ok(Shown(webhooks::list(&app, &tenant)))
}

async fn show(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    _by: Authorized<Tenant>,
) -> Answer<webhooks::WebhookView> {
    Ok(Shown(webhooks::get(&app, &tenant, &name)?))
}

async fn put(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    call: Call<Tenant, Value>,
) -> Answer<webhooks::WebhookView> {
    let by = actor(&call.by);
    let shown = webhooks::put(&app, &by, &tenant, &name, call.body).await?;
    Ok(Shown(shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSecret {
    secret: Option<String>,
}

async fn add_secret(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    call: Call<Tenant, NewSecret>,
) -> Answer<webhooks::WebhookView> {
    let by = actor(&call.by);
    let shown = webhooks::add_secret(&app, &by, &tenant, &name, call.body.secret).await?;
    Ok(Shown(shown))
}

async fn drop_old_secrets(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    by: Authorized<Tenant>,
) -> Answer<webhooks::WebhookView> {
    let shown = webhooks::drop_old_secrets(&app, &actor(&by), &tenant, &name).await?;
    Ok(Shown(shown))
}

async fn figures(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    _by: Authorized<Tenant>,
) -> Answer<BTreeMap<String, i64>> {
    Ok(Shown(webhooks::figures(&app, &tenant, &name)?))
}

async fn remove(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    by: Authorized<Tenant>,
) -> Of<StatusCode> {
    webhooks::remove(&app, &actor(&by), &tenant, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_callbacks(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    _by: Authorized<Tenant>,
) -> Answer<Vec<callbacks::CallbackView>> {
    Ok(Shown(callbacks::list(&app, &tenant, &name)?))
}

async fn add_callback(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    call: Call<Tenant, Nothing>,
) -> Answer<callbacks::CallbackView> {
    let by = actor(&call.by);
    Ok(Shown(callbacks::add(&app, &by, &tenant, &name).await?))
}

async fn remove_callback(
    State(app): State<Arc<App>>,
    Path((tenant, id)): Path<(String, String)>,
    by: Authorized<Tenant>,
) -> Of<StatusCode> {
    callbacks::remove(&app, &actor(&by), &tenant, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn show_events(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<events::EventsView> {
    Ok(Shown(events::get(&app, &tenant)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsAddress {
    url: String,
}

/// The address is a destination, so a host administrator sets it.
async fn put_events(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Host, EventsAddress>,
) -> Answer<events::EventsView> {
    let by = actor(&call.by);
    Ok(Shown(
        events::put(&app, &by, &tenant, &call.body.url).await?,
    ))
}

async fn remove_events(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    by: Authorized<Tenant>,
) -> Of<StatusCode> {
    events::remove(&app, &actor(&by), &tenant).await?;
    Ok(StatusCode::NO_CONTENT)
}
