//! `report`: tells the provider that a code was used.

use crate::cli;
use crate::exit::{Code, DONE, INVALID_CONFIG, MISBEHAVED, Stop, UNKNOWN, USAGE};
use crate::output::Page;
use crate::{config, host, json, text};
use auth_connector_host::{CallError, Conversion, FailureKind};
use serde_json::{Value, json};

/// Runs the command.
pub async fn run(args: &cli::Report) -> Result<Code, Stop> {
    let config = config::read(&args.config)?;
    let plugin = host::connect(&args.common, &args.network)?;
    let conversion = Conversion {
        message_id: args.message_id.clone(),
        to: args.to.clone(),
        age_s: args.age_s,
    };
    let outcome = plugin
        .report_conversion(&config, &conversion, args.timeout_ms)
        .await;
    let mut page = Page::default();
    match (&outcome, args.common.json) {
        (_, true) => json::show(&mut page, &document(&outcome)),
        (Ok(()), false) => page.line("Reported: the provider knows that the code was used."),
        (Err(error), false) => {
            page.line("Not reported. Trying again is harmless.");
            text::cause(&mut page, error);
        }
    }
    page.write()?;
    Ok(match &outcome {
        Ok(()) => DONE,
        Err(CallError::Host(_)) => MISBEHAVED,
        Err(error) => match error.kind() {
            FailureKind::InvalidConfig => INVALID_CONFIG,
            FailureKind::InvalidMessage => USAGE,
            _ => UNKNOWN,
        },
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
