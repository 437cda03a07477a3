//! Commands that set up tenants, connectors, flows and keys.

use super::common::{actor, open, open_of, show, show_value};
use crate::cli::{At, Connector, ConnectorPut, Flow, Key, Limits, NamedOf, Switch, Tenant};
use crate::config;
use crate::exit::{Code, DONE, INVALID_CONFIG, Stop, UNKNOWN};
use crate::service::admin::{callbacks, connectors, keys, removal, tenants, users};
use crate::service::store::registry as rows;
use auth_connector_host::Verdict;
use serde_json::{Map, Value, json};

/// `tenant`
pub async fn tenant(command: Tenant) -> Result<Code, Stop> {
    match command {
        Tenant::Put(args) => {
            let app = open(&args.scope.at).await?;
            let patch = patch(&args.set)?;
            let settings = tenants::put(&app, &actor(), &args.scope.tenant, &patch).await?;
            show(&args.scope.at, &settings)
        }
        Tenant::Remove(args) => {
            let app = open(&args.at).await?;
            removal::remove(&app, &actor(), &args.name).await?;
            Ok(DONE)
        }
        Tenant::List(at) => {
            let app = open(&at).await?;
            show(&at, &tenants::list(&app))
        }
    }
}

/// `limits`
pub async fn limits(args: Limits) -> Result<Code, Stop> {
    let app = open(&args.scope.at).await?;
    let patch = patch(&args.set)?;
    if args.set.is_empty() {
        return show(&args.scope.at, &tenants::get(&app, &args.scope.tenant)?);
    }
    let settings = tenants::set(&app, &actor(), &args.scope.tenant, &patch).await?;
    show(&args.scope.at, &settings)
}

/// `NAME=VALUE` as a member: a number, a truth value, a list at commas for the countries, or a text.
fn patch(settings: &[String]) -> Result<Value, Stop> {
    let mut patch = Map::new();
    for setting in settings {
        let (name, text) = setting
            .split_once('=')
            .ok_or_else(|| Stop::usage("--set takes NAME=VALUE: number_a_day=20"))?;
        let value = match (name, text) {
            ("home_countries", list) => list
                .split(',')
                .map(str::trim)
                .filter(|code| !code.is_empty())
                .map(Value::from)
                .collect(),
            (_, "") => Value::Null,
            (_, text) => serde_json::from_str(text)
                .ok()
                .filter(|value: &Value| value.is_number() || value.is_boolean())
                .unwrap_or_else(|| text.into()),
        };
        patch.insert(name.to_owned(), value);
    }
    Ok(Value::Object(patch))
}

/// `connector`
pub async fn connector(command: Connector) -> Result<Code, Stop> {
    match command {
        Connector::Put(args) => put_connector(args).await,
        Connector::List(scope) => {
            let app = open_of(&scope).await?;
            show(&scope.at, &connectors::list(&app, &scope.tenant)?)
        }
        Connector::Show(args) => {
            let app = open(&args.scope.at).await?;
            let shown = connectors::get(&app, &args.scope.tenant, &args.name)?;
            show(&args.scope.at, &shown)
        }
        Connector::Confirm(args) => {
            let NamedOf { scope, name } = args.named;
            let app = open(&scope.at).await?;
            let (actor, tenant, origin) = (actor(), &scope.tenant, &args.origin);
            let decided = match args.withdraw {
                false => connectors::confirm(&app, &actor, tenant, &name, origin).await?,
                true => connectors::withdraw(&app, &actor, tenant, &name, origin).await?,
            };
            show(&scope.at, &decided)
        }
        Connector::Check(args) => {
            let app = open(&args.scope.at).await?;
            let checks = connectors::check(&app, &args.scope.tenant, &args.name, &[]).await??;
            show(&args.scope.at, &checks)?;
            Ok(code_of(&checks))
        }
        Connector::AddCallback(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            let added = callbacks::add(&app, &actor(), &scope.tenant, &name).await?;
            show(&scope.at, &added)
        }
        Connector::Callbacks(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            show(&scope.at, &callbacks::list(&app, &scope.tenant, &name)?)
        }
        Connector::RemoveCallback(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            callbacks::remove(&app, &actor(), &scope.tenant, &name).await?;
            show(&scope.at, &json!({"removed": name}))
        }
        Connector::Remove(args) => {
            let NamedOf { scope, name } = args;
            let app = open(&scope.at).await?;
            connectors::remove(&app, &actor(), &scope.tenant, &name).await?;
            show(&scope.at, &json!({"removed": name}))
        }
    }
}

async fn put_connector(args: ConnectorPut) -> Result<Code, Stop> {
    let NamedOf { scope, name } = args.named;
    let text = config::read(&args.config)?;
    let config = serde_json::from_str(text.expose())
        .map_err(|error| Stop::not_json("the config", &error))?;
    let app = open(&scope.at).await?;
    let put = connectors::Put {
        tenant: &scope.tenant,
        name: &name,
        plugin: args.plugin.as_deref(),
        config,
        locales: &[],
    };
    let shown = connectors::put(&app, &actor(), put).await?;
    show(&scope.at, &shown)
}

/// `flow`
pub async fn flow(command: Flow) -> Result<Code, Stop> {
    match command {
        Flow::Put(args) => {
            let app = open(&args.scope.at).await?;
            let flow = rows::Flow {
                usage: args.usage,
                country: args.country,
                connectors: args.connectors,
            };
            let flow = tenants::put_flow(&app, &actor(), &args.scope.tenant, flow).await?;
            show(&args.scope.at, &flow)
        }
        Flow::List(scope) => {
            let app = open_of(&scope).await?;
            show(&scope.at, &tenants::flows(&app, &scope.tenant))
        }
    }
}

/// `key`
pub async fn key(command: Key) -> Result<Code, Stop> {
    match command {
        Key::Add(args) => {
            let app = open(&args.scope.at).await?;
            let scopes = match (args.host, args.scopes.is_empty()) {
                (true, _) => vec!["host".to_owned()],
                (false, true) => vec!["verify".to_owned(), "message".to_owned()],
                (false, false) => args.scopes,
            };
            let tenant = (!args.host).then_some(args.scope.tenant.as_str());
            let key = keys::add(&app, &actor(), tenant, &args.name, &scopes).await?;
            show(&args.scope.at, &key)
        }
        Key::List(args) => {
            let app = open_of(&args.scope).await?;
            let tenant = (!args.host).then_some(args.scope.tenant.as_str());
            show(&args.scope.at, &keys::list(&app, tenant))
        }
        Key::Revoke(args) => {
            let app = open(&args.at).await?;
            keys::revoke(&app, &actor(), None, &args.id).await?;
            show(&args.at, &json!({"revoked": args.id}))
        }
    }
}

/// The exit code of checks, as of the command `check`.
fn code_of(checks: &Value) -> Code {
    let checks = checks.as_array().map(Vec::as_slice).unwrap_or_default();
    let has = |check: &Value, verdict: Verdict| check["verdict"] == verdict.as_str();
    if checks.iter().any(|check| has(check, Verdict::Fail)) {
        INVALID_CONFIG
    } else if checks.iter().all(|check| has(check, Verdict::Pass)) {
        DONE
    } else {
        UNKNOWN
    }
}

/// `console-link`
pub async fn console_link(at: At) -> Result<Code, Stop> {
    let admin = super::common::settings(&at)?.admin;
    let app = open(&at).await?;
    let link = users::new_setup(&app).await?;
    let url = format!("http://{admin}/console/set-up?link={link}");
    show(&at, &json!({"link": url}))
}

/// `stop` and `go`
pub async fn switch(args: Switch, is_stopped: bool) -> Result<Code, Stop> {
    let Switch { at, tenant } = args;
    let app = open(&at).await?;
    match &tenant {
        Some(tenant) => {
            tenants::set(&app, &actor(), tenant, &json!({"is_stopped": is_stopped})).await?;
        }
        None => tenants::stop_all(&app, &actor(), is_stopped).await?,
    }
    shown_switch(&at, tenant, is_stopped)
}

fn shown_switch(at: &At, tenant: Option<String>, is_stopped: bool) -> Result<Code, Stop> {
    let tenant = tenant.unwrap_or_else(|| "every tenant".to_owned());
    show_value(
        at.json,
        &json!({"tenant": tenant, "is_stopped": is_stopped}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_code_tells_what_the_checks_found() {
        for (verdicts, code) in [
            (&[][..], DONE),
            (&[Verdict::Pass], DONE),
            (&[Verdict::Pass, Verdict::Fail], INVALID_CONFIG),
            (&[Verdict::Pass, Verdict::CannotVerify], UNKNOWN),
        ] {
            let checks = verdicts
                .iter()
                .map(|verdict| json!({"verdict": verdict.as_str()}));
            assert_eq!(code_of(&checks.collect()), code, "{verdicts:?}");
        }
    }

    #[test]
    fn setting_is_read_by_its_form() {
        let patch = patch(&[
            "number_a_day=20".into(),
            "is_stopped=true".into(),
            "home_countries=CN, HK".into(),
            "name=Acme 5".into(),
            "default_country=".into(),
        ]);
        assert_eq!(
            patch.unwrap(),
            json!({"number_a_day": 20, "is_stopped": true, "home_countries": ["CN", "HK"], "name": "Acme 5",
                "default_country": null})
        );
    }
}
