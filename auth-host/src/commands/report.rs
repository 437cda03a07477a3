//! `report`: reports the use of a code to the provider.

use crate::cli;
use crate::exit::{self, Code, DONE, Stop};
use crate::output::Page;
use crate::{config, host, json, text};
use auth_connector_host::Conversion;
use serde_json::json;

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
            let own = json!({"reported": outcome.is_ok()});
            let mut document = json::document(own, outcome.as_ref().err());
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
