//! Sign-in experience: the connectors for each usage and country, and the route of a number.

use super::fault::{Fault, problem_text};
use super::page::{Page, render};
use super::state::Console;
use super::texts::Texts;
use super::visit::{Fields, Posted, Visit};
use crate::service::admin::tenants;
use crate::service::catalog::Catalog;
use crate::service::form::USAGES;
use crate::service::number::Number;
use crate::service::store::registry::Flow;
use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/t/{tenant}/flows", get(show).post(post))
}

#[derive(Template)]
#[template(path = "flows.html")]
struct Flows {
    page: Page,
    usages: Vec<Usage>,
    flows: Vec<Shown>,
    connectors: Vec<(String, String, bool)>,
    error: String,
    chosen: Chosen,
    asked: Asked,
}

/// The form of a rule, as it was sent or with its defaults.
struct Chosen {
    usages: Vec<String>,
    country: String,
    connectors: [String; 3],
}

impl Chosen {
    /// A rule for every usage in every country.
    fn first() -> Self {
        Self {
            usages: vec!["*".to_owned()],
            country: String::new(),
            connectors: Default::default(),
        }
    }

    fn posted(fields: &Fields) -> Self {
        Self {
            usages: fields.all("usage").map(str::to_owned).collect(),
            country: fields.get("country").trim().to_owned(),
            connectors: ["first", "second", "third"].map(|name| fields.get(name).to_owned()),
        }
    }

    /// Returns true if a usage is ticked.
    fn has(&self, usage: &str) -> bool {
        self.usages.iter().any(|chosen| chosen == usage)
    }

    /// Returns true if a connector is selected at a position.
    fn is_at(&self, place: usize, id: &str) -> bool {
        self.connectors
            .get(place)
            .is_some_and(|chosen| chosen == id)
    }
}

/// A usage and its routes.
struct Usage {
    id: &'static str,
    name: String,
    routes: Vec<Route>,
}

/// The route of a usage in a country.
struct Route {
    country: String,
    connectors: Vec<String>,
    is_own: bool,
}

/// The routes of a usage: one for each country that a rule names, and one for all others. A usage without routes is
/// off.
fn served(t: Texts, catalog: &Catalog, tenant: &str, usage: &str) -> Vec<Route> {
    let flows = catalog.flows.get(tenant).into_iter().flatten();
    let flows: Vec<&Flow> = flows
        .filter(|f| f.usage == usage || f.usage == "*")
        .collect();
    let named = flows.iter().map(|f| f.country.as_str());
    let named: BTreeSet<&str> = named.filter(|country| *country != "*").collect();
    let route = |country: &str| Route {
        connectors: catalog
            .route(tenant, usage, country)
            .iter()
            .map(|c| c.row.name.clone())
            .collect(),
        is_own: flows
            .iter()
            .any(|f| f.usage == usage && (f.country == country || f.country == "*")),
        country: match country {
            "*" if named.is_empty() => t.say("every-country"),
            "*" => t.say("other-countries"),
            country => country.to_owned(),
        },
    };
    let all = named.iter().copied().chain(["*"]).map(route);
    all.filter(|route| !route.connectors.is_empty()).collect()
}

/// A rule for display.
struct Shown {
    usage: String,
    country: String,
    connectors: Vec<String>,
}

/// The question about a number's route, and the answer.
#[derive(Default)]
struct Asked {
    number: String,
    usage: String,
    error: String,
    country: String,
    route: Vec<(String, String)>,
    rule: String,
    is_answered: bool,
}

async fn show(visit: Visit) -> Response {
    page(
        &visit,
        StatusCode::OK,
        String::new(),
        Chosen::first(),
        Asked::default(),
    )
}

fn page(
    visit: &Visit,
    status: StatusCode,
    error: String,
    chosen: Chosen,
    asked: Asked,
) -> Response {
    let t = visit.t;
    let catalog = visit.console.app.catalog.load();
    let name = |id: &String| {
        catalog
            .connectors
            .get(id)
            .map_or_else(|| id.clone(), |c| c.row.name.clone())
    };
    let own = catalog
        .flows
        .get(&visit.tenant)
        .cloned()
        .unwrap_or_default();
    let mut known: Vec<&str> = USAGES.to_vec();
    known.extend(
        own.iter()
            .map(|f| f.usage.as_str())
            .filter(|u| *u != "*" && !USAGES.contains(u)),
    );
    let usages = USAGES.iter().map(|usage| Usage {
        id: usage,
        name: t.say(&format!("usage-{usage}")),
        routes: served(t, &catalog, &visit.tenant, usage),
    });
    let connectors = catalog
        .connectors
        .values()
        .filter(|c| c.row.tenant == visit.tenant);
    let flows = Flows {
        page: visit.page("flows", t.say("flows")),
        usages: usages.collect(),
        flows: own
            .iter()
            .map(|flow| Shown {
                usage: flow.usage.clone(),
                country: flow.country.clone(),
                connectors: flow.connectors.iter().map(name).collect(),
            })
            .collect(),
        connectors: connectors
            .map(|c| (c.row.id.clone(), c.row.name.clone(), c.ready.is_ok()))
            .collect(),
        error,
        chosen,
        asked,
    };
    (status, render(&flows)).into_response()
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    if fields.get("do") == "ask" {
        let asked = ask(&visit, &fields);
        return Ok(page(
            &visit,
            StatusCode::OK,
            String::new(),
            Chosen::first(),
            asked,
        ));
    }
    visit.admin()?;
    match change(&visit, &fields).await? {
        Ok(()) => Ok(Redirect::to(&format!("/console/t/{}/flows", visit.tenant)).into_response()),
        Err(error) => Ok(page(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            error,
            Chosen::posted(&fields),
            Asked::default(),
        )),
    }
}

/// Sets or removes a rule for each chosen usage. Returns the reason if a rule is refused.
async fn change(visit: &Visit, fields: &Fields) -> Result<Result<(), String>, Fault> {
    let or_all = |text: &str| match text.trim() {
        "" => "*".to_owned(),
        text => text.to_owned(),
    };
    let is_removed = match fields.get("do") {
        "remove" => true,
        "set" => false,
        _ => return Err(Fault::Form),
    };
    // The first connector, then those that follow after *not sent*.
    let chosen = Chosen::posted(fields);
    let mut connectors: Vec<String> = Vec::new();
    let names = chosen.connectors.into_iter();
    for name in names.filter(|name| !name.is_empty() && !is_removed) {
        if !connectors.contains(&name) {
            connectors.push(name);
        }
    }
    if connectors.is_empty() && !is_removed {
        return Ok(Err(visit.t.say("flow-needs-connector")));
    }
    if chosen.usages.is_empty() {
        return Ok(Err(visit.t.say("flow-needs-usage")));
    }
    for usage in &chosen.usages {
        let flow = Flow {
            usage: or_all(usage),
            country: or_all(&chosen.country.to_ascii_uppercase()),
            connectors: connectors.clone(),
        };
        let (app, actor) = (&visit.console.app, visit.actor());
        if let Err(problem) = tenants::put_flow(app, &actor, &visit.tenant, flow).await {
            return Ok(Err(problem_text(visit.t, &problem)));
        }
    }
    Ok(Ok(()))
}

/// Finds the route of a number, and the rule behind it.
fn ask(visit: &Visit, fields: &Fields) -> Asked {
    let t = visit.t;
    let catalog = visit.console.app.catalog.load();
    let (number, usage) = (fields.get("number").trim(), fields.get("usage").trim());
    let mut asked = Asked {
        number: number.chars().take(64).collect(),
        usage: usage.chars().take(64).collect(),
        ..Asked::default()
    };
    let settings = catalog
        .tenants
        .get(&visit.tenant)
        .map(|t| t.settings.clone())
        .unwrap_or_default();
    let parsed = match Number::parse(number, settings.default_country.as_deref()) {
        Ok(parsed) => parsed,
        Err(error) => {
            asked.error = t.say(error.id());
            return asked;
        }
    };
    asked.is_answered = true;
    asked.country = parsed.country().to_owned();
    let flows = catalog
        .flows
        .get(&visit.tenant)
        .cloned()
        .unwrap_or_default();
    let wanted = [
        (usage, parsed.country()),
        (usage, "*"),
        ("*", parsed.country()),
        ("*", "*"),
    ];
    let rule = wanted
        .into_iter()
        .find(|(u, c)| flows.iter().any(|f| f.usage == *u && f.country == *c));
    asked.rule = rule.map(|(u, c)| format!("{u} / {c}")).unwrap_or_default();
    for connector in catalog.route(&visit.tenant, usage, parsed.country()) {
        let why = match &connector.ready {
            Ok(_) => t.say("ready"),
            Err(why) => t.phrase(why),
        };
        asked.route.push((connector.row.name.clone(), why));
    }
    if settings.is_stopped || catalog.is_stopped {
        asked.error = t.say("stopped");
    }
    asked
}
