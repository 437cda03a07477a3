//! `report`: reports the use of a code to the provider.

use crate::cli;
use crate::exit::{self, Code, DONE, Stop};
use crate::output::Page;
use crate::{config, host, json, text};
use auth_connector_host::{CallError, Conversion};
use serde_json::{Value, json};

/// Runs the command.
pub async fn run(args: &cli::Report) -> Result<Code, Stop> {
    let config = config::read(&args.query.config)?;
    let plugin = host::connect(&args.query.common, &args.query.network)?;
    let conversion = Conversion {
        message_id: args.message_id.clone(),
        to: args.to.clone(),
        age_s: args.age_s,
    };
    let asked = plugin
        .report_conversion_reported(&config, &conversion, args.query.timeout_ms)
        .await;
    let outcome = &asked.outcome;
    let mut page = Page::default();
    match (outcome, args.query.common.json) {
        (_, true) => {
            let mut document = document(outcome);
            json::set(
                &mut document,
                "network",
                json!(text::last_error(&asked.report)),
            );
            json::show(&mut page, &document);
        }
        (Ok(()), false) => page.line("Reported: the provider knows that the code was used."),
        (Err(error), false) => {
            page.line("Not reported. Trying again is harmless.");
            text::cause(&mut page, error);
            text::network(&mut page, &asked.report);
        }
    }
    page.write()?;
    Ok(match outcome {
        Ok(()) => DONE,
        Err(error) => exit::of_unanswered(error),
    })
}

fn document(outcome: &Result<(), CallError>) -> Value {
    let mut document = json!({
        "reported": outcome.is_ok(), "source": "connector", "kind": null, "message": null, "provider_code": null,
        "request_id": null, "retry_after_ms": null, "diagnostics": [], "attributes": {},
    });
    if let Err(error) = outcome {
        json::add_cause(&mut document, error);
    }
    document
}
