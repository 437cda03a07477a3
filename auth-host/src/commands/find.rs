//! `find`: looks up the state of a message, above all after an unknown outcome.

use crate::cli::Find;
use crate::exit::{self, Code, DONE, Stop, UNKNOWN};
use crate::output::Page;
use crate::{config, host, json, mask, text};
use auth_connector_host::{CallError, Deliveries, Delivery, DeliveryQuery};
use serde_json::{Value, json};

/// Runs the command.
pub async fn run(args: &Find) -> Result<Code, Stop> {
    let config = config::read(&args.query.config)?;
    let plugin = host::connect(&args.query.common, &args.query.network)?;
    let query = DeliveryQuery {
        to: args.to.clone(),
        max_age_s: args.max_age_s,
        correlation_id: args.correlation_id.clone(),
        message_id: args.message_id.clone(),
    };
    let asked = plugin
        .find_deliveries_reported(&config, &query, args.query.timeout_ms)
        .await;
    let outcome = &asked.outcome;
    let to = mask::number(&args.to);
    let mut page = Page::default();
    if args.query.common.json {
        let mut document = document(&to, outcome);
        json::set(
            &mut document,
            "network",
            json!(text::last_error(&asked.report)),
        );
        json::show(&mut page, &document);
    } else {
        show_text(&mut page, &to, outcome);
        text::network(&mut page, &asked.report);
    }
    page.write()?;
    Ok(match outcome {
        Ok(deliveries) if !deliveries.found.is_empty() => DONE,
        Err(error) => exit::of_unanswered(error),
        Ok(_) => UNKNOWN,
    })
}

fn document(to: &str, outcome: &Result<Deliveries, CallError>) -> Value {
    let one = |delivery: &Delivery| {
        json!({
            "message_id": delivery.message_id, "age_s": delivery.age_s, "state": delivery.state.as_str(),
            "attributes": json::attributes(&delivery.attributes),
        })
    };
    let found = outcome.as_ref().ok();
    let own = json!({
        "to": to, "found": found.map(|found| found.found.iter().map(one).collect::<Vec<_>>()),
        "exhaustive": found.is_some_and(|found| found.exhaustive),
    });
    json::document(own, outcome.as_ref().err())
}

fn show_text(page: &mut Page, to: &str, outcome: &Result<Deliveries, CallError>) {
    let deliveries = match outcome {
        Ok(deliveries) => deliveries,
        Err(error) => {
            page.line(format_args!("Nothing could be looked up about {to}."));
            return text::cause(page, error);
        }
    };
    let reach = if deliveries.exhaustive {
        "The provider's records cover the whole period."
    } else {
        "The provider's records do not cover the whole period."
    };
    if deliveries.found.is_empty() {
        page.line(format_args!(
            "Nothing found for {to}. That does not prove that nothing was sent: records appear with a delay."
        ));
    } else {
        let number = deliveries.found.len();
        page.line(format_args!("Messages to {to} that fit: {number}."));
    }
    page.line(reach);
    for delivery in &deliveries.found {
        let (state, age) = (delivery.state.as_str(), delivery.age_s);
        page.line(format_args!("  {state}, {age} s ago"));
        if !delivery.message_id.is_empty() {
            text::field(page, "message id", &delivery.message_id);
        }
        text::attributes(page, &delivery.attributes, &[]);
    }
}
