//! `preview`: shows the message that would be sent, without a network.

use crate::cli::Preview;
use crate::exit::{self, Code, DONE, INVALID_CONFIG, MISBEHAVED, NOT_SENT, Stop};
use crate::output::Page;
use crate::{config, host, json, mask, message, text};
use auth_connector_host::{self as lib, CallError};
use serde_json::json;

/// Runs the command.
pub async fn run(args: &Preview) -> Result<Code, Stop> {
    let config = config::read(&args.config)?;
    let message = message::build(&args.message, &args.common.locales)?;
    let plugin = host::load_offline(&args.common)?;
    let outcome = plugin.preview_message(&config, &message).await;
    let to = mask::number(&message.to);
    let code = match &outcome {
        Ok(_) => DONE,
        Err(error) => match exit::of_unanswered(error) {
            code @ (INVALID_CONFIG | MISBEHAVED) => code,
            _ => NOT_SENT,
        },
    };
    let mut page = Page::default();
    if args.common.json {
        show_json(&mut page, &to, &outcome, args.show_parameters);
    } else {
        show_text(&mut page, &to, &outcome, args.show_parameters);
    }
    page.write()?;
    Ok(code)
}

fn show_json(page: &mut Page, to: &str, outcome: &Result<lib::Preview, CallError>, show: bool) {
    let own = json!({
        "outcome": if outcome.is_ok() { "sendable" } else { "refused" }, "to": to, "route": null, "template": null,
        "parameters": null,
    });
    let mut document = json::document(own, outcome.as_ref().err());
    if let Ok(preview) = outcome {
        let parameters = parameters(preview, show);
        json::set(&mut document, "route", json!(preview.route));
        json::set(&mut document, "template", json!(preview.template));
        json::set(&mut document, "parameters", json!(parameters));
        let attributes = json::attributes(&preview.attributes);
        json::set(&mut document, "attributes", attributes);
    }
    json::show(page, &document);
}

fn show_text(page: &mut Page, to: &str, outcome: &Result<lib::Preview, CallError>, show: bool) {
    match outcome {
        Ok(preview) => {
            page.line(format_args!("Would send to {to}."));
            text::field(page, "route", &preview.route);
            text::field(page, "template", &preview.template);
            text::field(page, "parameters", &parameters(preview, show).join(", "));
            text::attributes(page, &preview.attributes, &["route", "template", "to"]);
        }
        Err(error) => {
            page.line(format_args!("Would not send to {to}."));
            text::cause(page, error);
        }
    }
}

fn parameters(preview: &lib::Preview, show: bool) -> Vec<String> {
    preview
        .parameters
        .iter()
        .map(|value| {
            if show {
                value.clone()
            } else {
                mask::value(value)
            }
        })
        .collect()
}
