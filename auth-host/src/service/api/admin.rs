//! `/admin`: the administrator's API. A key of the host administers all, a tenant's key with the scope `tenant` that
//! tenant.

use super::answer::Shown;
use super::call::{Authorized, Call};
use super::path::{Path, Query};
use super::verifications::Nothing;
use crate::service::access::{Host, Tenant};
use crate::service::admin::{Actor, connectors, keys, messages, numbers, removal, tenants};
use crate::service::app::App;
use crate::service::ids;
use crate::service::limits;
use crate::service::problem::Problem;
use crate::service::store::figures;
use crate::service::store::limits::{Counter, VERIFIED};
use crate::service::store::message::State as MessageState;
use crate::service::store::messages::Filter;
use crate::service::store::registry::{Flow, TenantSettings};
use crate::service::store::{StoreError, audit};
use crate::service::verification::MessageView;
use auth_connector_host::CallError;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) type Answer<T> = Result<Shown<T>, Problem>;
pub(super) type Of<T> = Result<T, Problem>;

/// The routes below `/admin`.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/stop", post(stop))
        .route("/tenants", get(list_tenants))
        .route(
            "/tenants/{tenant}",
            put(put_tenant).get(get_tenant).delete(remove_tenant),
        )
        .route("/tenants/{tenant}/connectors", get(list_connectors))
        .route(
            "/tenants/{tenant}/connectors/{name}",
            get(get_connector)
                .put(put_connector)
                .delete(remove_connector),
        )
        .route(
            "/tenants/{tenant}/connectors/{name}/confirm",
            post(confirm).delete(withdraw),
        )
        .route("/tenants/{tenant}/connectors/{name}/check", post(check))
        .route("/tenants/{tenant}/flows", get(list_flows).put(put_flow))
        .route("/tenants/{tenant}/keys", get(list_keys).post(add_key))
        .route("/tenants/{tenant}/keys/{id}", delete(revoke_key))
        .route("/tenants/{tenant}/messages", get(list_messages))
        .route("/tenants/{tenant}/numbers/search", post(search))
        .route("/tenants/{tenant}/numbers/unlock", post(unlock))
        .route("/tenants/{tenant}/numbers/forget", post(forget))
        .route(
            "/tenants/{tenant}/test-numbers",
            get(list_tests).post(add_test).delete(remove_test),
        )
        .route("/tenants/{tenant}/audit", get(audit_log))
        .route("/tenants/{tenant}/figures", get(figures))
}

pub(super) fn actor<S>(by: &Authorized<S>) -> Actor {
    Actor(by.actor.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stop {
    is_stopped: bool,
}

async fn stop(State(app): State<Arc<App>>, call: Call<Host, Stop>) -> Of<StatusCode> {
    tenants::stop_all(&app, &actor(&call.by), call.body.is_stopped).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_tenants(
    State(app): State<Arc<App>>,
    _by: Authorized<Host>,
) -> Shown<Vec<tenants::TenantView>> {
    Shown(tenants::list(&app))
}

async fn get_tenant(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<TenantSettings> {
    Ok(Shown(tenants::get(&app, &tenant)?))
}

/// Settings decide what a tenant may cost, so a host administrator sets them.
async fn put_tenant(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Host, Value>,
) -> Answer<TenantSettings> {
    let settings = tenants::put(&app, &actor(&call.by), &tenant, &call.body).await?;
    Ok(Shown(settings))
}

async fn remove_tenant(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    by: Authorized<Host>,
) -> Of<StatusCode> {
    removal::remove(&app, &actor(&by), &tenant).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_connectors(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<Vec<connectors::ConnectorView>> {
    Ok(Shown(connectors::list(&app, &tenant)?))
}

async fn get_connector(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    _by: Authorized<Tenant>,
) -> Answer<connectors::ConnectorView> {
    Ok(Shown(connectors::get(&app, &tenant, &name)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConnectorBody {
    plugin: Option<String>,
    config: Value,
    #[serde(default)]
    locales: Vec<String>,
}

async fn put_connector(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    call: Call<Tenant, ConnectorBody>,
) -> Answer<connectors::ConnectorView> {
    let put = connectors::Put {
        tenant: &tenant,
        name: &name,
        plugin: call.body.plugin.as_deref(),
        config: call.body.config,
        locales: &call.body.locales,
    };
    Ok(Shown(connectors::put(&app, &actor(&call.by), put).await?))
}

async fn remove_connector(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    by: Authorized<Tenant>,
) -> Of<StatusCode> {
    connectors::remove(&app, &actor(&by), &tenant, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    origin: String,
}

async fn confirm(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    call: Call<Host, Confirm>,
) -> Answer<connectors::ConnectorView> {
    let origin = &call.body.origin;
    let shown = connectors::confirm(&app, &actor(&call.by), &tenant, &name, origin).await?;
    Ok(Shown(shown))
}

async fn withdraw(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    call: Call<Host, Confirm>,
) -> Answer<connectors::ConnectorView> {
    let origin = &call.body.origin;
    let shown = connectors::withdraw(&app, &actor(&call.by), &tenant, &name, origin).await?;
    Ok(Shown(shown))
}

async fn check(
    State(app): State<Arc<App>>,
    Path((tenant, name)): Path<(String, String)>,
    _call: Call<Tenant, Nothing>,
) -> Answer<Value> {
    let checked = connectors::check(&app, &tenant, &name, &[]).await?;
    let failed = |error: CallError| connectors::plugin_failed(error.phrase());
    Ok(Shown(checked.map_err(failed)?))
}

async fn list_flows(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<Vec<Flow>> {
    Ok(Shown(tenants::flows(&app, &tenant)))
}

async fn put_flow(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Tenant, Flow>,
) -> Answer<Flow> {
    let flow = tenants::put_flow(&app, &actor(&call.by), &tenant, call.body).await?;
    Ok(Shown(flow))
}

async fn list_keys(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<Vec<keys::KeyView>> {
    Ok(Shown(keys::list(&app, Some(&tenant))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    name: String,
    scopes: Vec<String>,
}

async fn add_key(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Tenant, NewKey>,
) -> Answer<keys::KeyView> {
    let (name, scopes) = (&call.body.name, &call.body.scopes);
    let key = keys::add(&app, &actor(&call.by), Some(&tenant), name, scopes).await?;
    Ok(Shown(key))
}

async fn revoke_key(
    State(app): State<Arc<App>>,
    Path((tenant, id)): Path<(String, String)>,
    by: Authorized<Tenant>,
) -> Of<StatusCode> {
    keys::revoke(&app, &actor(&by), Some(&tenant), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    state: Option<MessageState>,
    before: Option<String>,
}

async fn list_messages(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    Query(page): Query<Page>,
    _by: Authorized<Tenant>,
) -> Answer<Vec<MessageView>> {
    let filter = Filter {
        state: page.state,
        before: page.before.as_deref(),
        ..Filter::default()
    };
    Ok(Shown(messages::list(&app, &tenant, &filter, 100)?))
}

/// A number travels in a body, never in an address, which would be logged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberBody {
    number: String,
}

async fn search(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Tenant, NumberBody>,
) -> Answer<numbers::Found> {
    let found = numbers::search(&app, &actor(&call.by), &tenant, &call.body.number).await?;
    Ok(Shown(found))
}

async fn unlock(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Tenant, NumberBody>,
) -> Answer<Value> {
    let was = numbers::unlock(&app, &actor(&call.by), &tenant, &call.body.number).await?;
    Ok(Shown(json!({"unlocked": was})))
}

async fn forget(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Tenant, NumberBody>,
) -> Answer<numbers::Forgotten> {
    let forgotten = numbers::forget(&app, &actor(&call.by), &tenant, &call.body.number).await?;
    Ok(Shown(forgotten))
}

async fn list_tests(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<Vec<numbers::TestNumberView>> {
    Ok(Shown(numbers::list_tests(&app, &tenant)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestNumber {
    number: String,
    code: String,
    days: u32,
    #[serde(default)]
    is_own: bool,
}

async fn add_test(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Host, TestNumber>,
) -> Answer<numbers::TestNumberView> {
    let (by, body) = (actor(&call.by), call.body);
    let added = numbers::add_test(
        &app,
        &by,
        &tenant,
        &body.number,
        &body.code,
        body.days,
        body.is_own,
    );
    Ok(Shown(added.await?))
}

async fn remove_test(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    call: Call<Host, NumberBody>,
) -> Of<StatusCode> {
    numbers::remove_test(&app, &actor(&call.by), &tenant, &call.body.number).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn audit_log(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<Vec<audit::Entry>> {
    let entries = app.store.read(|db| audit::newest(db, Some(&tenant), 200))?;
    Ok(Shown(entries))
}

async fn figures(
    State(app): State<Arc<App>>,
    Path(tenant): Path<String>,
    _by: Authorized<Tenant>,
) -> Answer<Value> {
    let now = ids::now_ms();
    let counted = |db: &_, scope| {
        let counter = Counter::new(&tenant, scope, "");
        Ok::<BTreeMap<_, _>, StoreError>(counter.by_subject(db, now, 24)?.into_iter().collect())
    };
    let shown = app.store.read(|db| {
        let states = figures::count_by_state(db, &tenant, now, 24)?.into_iter();
        let states: BTreeMap<_, _> = states.map(|(s, count)| (s.as_str(), count)).collect();
        Ok::<_, StoreError>(json!({
            "messages": states,
            "verified_by_country": counted(db, VERIFIED)?,
            "refused": counted(db, limits::REFUSED)?,
            "would_have_refused": counted(db, limits::WOULD_REFUSE)?,
        }))
    })?;
    Ok(Shown(json!({"last_24_hours": shown})))
}
