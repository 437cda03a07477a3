//! Sign-in experience: the connectors for each usage and country, and the route of a number.

use super::fault::{Fault, FormError};
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
use axum::response::{IntoResponse, Response};
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
    rules: Vec<Rule>,
    connectors: Vec<(String, String, bool)>,
    error: FormError,
    chosen: Chosen,
    question: Question,
}

/// The form of a rule, as it was sent or with its defaults.
struct Chosen {
    usages: Vec<String>,
    country: String,
    connectors: [String; 3],
}

impl Chosen {
    /// A rule for every usage in every country. A connector is chosen if there is no other; else the form would replace
    /// a rule that the operator did not look at.
    fn first(connectors: &[(String, String, bool)]) -> Self {
        let only = match connectors {
            [(id, ..)] => id.clone(),
            _ => String::new(),
        };
        Self {
            usages: vec!["*".to_owned()],
            country: String::new(),
            connectors: [only, String::new(), String::new()],
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
    id: String,
    /// Its name in the reader's language, or its identifier if it is the operator's own.
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
struct Rule {
    usage: String,
    country: String,
    /// Both in the reader's language.
    name: String,
    connectors: Vec<String>,
}

/// The question about a number's route, and the answer.
#[derive(Default)]
struct Question {
    number: String,
    usage: String,
    error: String,
    country: String,
    route: Vec<(String, String)>,
    rule: String,
    is_answered: bool,
}

async fn show(visit: Visit) -> Response {
    render(&Flows::of(&visit)).into_response()
}

impl Flows {
    /// The page as it opens.
    fn of(visit: &Visit) -> Self {
        let t = visit.t;
        let catalog = visit.console.app.catalog.load();
        let flows = catalog.flows.get(&visit.tenant);
        let flows = flows.map(Vec::as_slice).unwrap_or_default();
        let own = catalog.connectors.values();
        let own = own.filter(|c| c.row.tenant == visit.tenant);
        let connectors: Vec<_> = own
            .map(|c| (c.row.id.clone(), c.row.name.clone(), c.ready.is_ok()))
            .collect();
        Self {
            page: visit.page("flows", t.say("flows")),
            usages: usages(t, &catalog, &visit.tenant, flows),
            rules: flows.iter().map(|flow| rule(t, &catalog, flow)).collect(),
            chosen: Chosen::first(&connectors),
            connectors,
            error: FormError::default(),
            question: Question::default(),
        }
    }
}

/// The contract's usages, then the operator's own that a rule names.
fn usages(t: Texts, catalog: &Catalog, tenant: &str, flows: &[Flow]) -> Vec<Usage> {
    let named = flows.iter().map(|flow| flow.usage.as_str());
    let own: BTreeSet<&str> = named
        .filter(|usage| *usage != "*" && !USAGES.contains(usage))
        .collect();
    let usage = |id: &str, name: String| Usage {
        id: id.to_owned(),
        name,
        routes: served(t, catalog, tenant, id),
    };
    let all = USAGES
        .iter()
        .map(|id| usage(id, t.say(&format!("usage-{id}"))));
    all.chain(own.iter().map(|id| usage(id, (*id).to_owned())))
        .collect()
}

fn rule(t: Texts, catalog: &Catalog, flow: &Flow) -> Rule {
    let name = |id: &String| {
        let connector = catalog.connectors.get(id);
        connector.map_or_else(|| id.clone(), |c| c.row.name.clone())
    };
    let or = |text: &str, every| match text {
        "*" => t.say(every),
        text => text.to_owned(),
    };
    let (usage, country) = (
        or(&flow.usage, "every-usage"),
        or(&flow.country, "every-country"),
    );
    Rule {
        usage: flow.usage.clone(),
        country: flow.country.clone(),
        name: format!("{usage} / {country}"),
        connectors: flow.connectors.iter().map(name).collect(),
    }
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    if fields.get("do") == "ask" {
        let page = Flows {
            question: ask(&visit, &fields),
            ..Flows::of(&visit)
        };
        return Ok(render(&page).into_response());
    }
    visit.admin()?;
    let Err(error) = change(&visit, &fields).await? else {
        return Ok(visit.to("flows"));
    };
    let mut page = Flows {
        error,
        ..Flows::of(&visit)
    };
    if fields.get("do") == "set" {
        page.chosen = Chosen::posted(&fields);
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
}

/// Sets or removes a rule for each chosen usage. Returns the reason if a rule is refused.
async fn change(visit: &Visit, fields: &Fields) -> Result<Result<(), FormError>, Fault> {
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
        let text = visit.t.say("flow-needs-connector");
        return Ok(Err(FormError::new("connectors", text)));
    }
    if chosen.usages.is_empty() {
        let text = visit.t.say("flow-needs-usage");
        return Ok(Err(FormError::new("usage", text)));
    }
    for usage in &chosen.usages {
        let flow = Flow {
            usage: or_all(usage),
            country: or_all(&chosen.country.to_ascii_uppercase()),
            connectors: connectors.clone(),
        };
        let (app, actor) = (&visit.console.app, visit.actor());
        if let Err(problem) = tenants::put_flow(app, &actor, &visit.tenant, flow).await {
            return Ok(Err(match is_removed {
                true => FormError::without_field(visit.t, &problem),
                false => FormError::of(visit.t, &problem),
            }));
        }
    }
    Ok(Ok(()))
}

/// Finds the route of a number, and the rule behind it.
fn ask(visit: &Visit, fields: &Fields) -> Question {
    let t = visit.t;
    let catalog = visit.console.app.catalog.load();
    let (number, usage) = (fields.get("number").trim(), fields.get("usage").trim());
    let mut asked = Question {
        number: number.chars().take(64).collect(),
        usage: usage.chars().take(64).collect(),
        ..Question::default()
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
    let flow = catalog.flow(&visit.tenant, usage, parsed.country());
    asked.rule = flow.map_or_else(String::new, |flow| rule(t, &catalog, flow).name);
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
