//! `callback`: reads a provider's delivery callback, without a network.

use crate::cli;
use crate::exit::{self, Code, DONE, INVALID_CONFIG, Stop, UNKNOWN};
use crate::output::Page;
use crate::{config, files, host, json, text};
use auth_connector_host::{
    Callback, CallbackContent, CallbackError, CallbackRefusalKind, DeliveryReceipt,
};
use serde_json::{Value, json};

/// The largest body that is read, in bytes. The host refuses one of more than 65,536 bytes as it does in the service.
const MAX_BYTES: u64 = 1 << 20;

/// Runs the command.
pub async fn run(args: &cli::Callback) -> Result<Code, Stop> {
    if args.body == "-" && args.config.config.as_deref() == Some("-") {
        return Err(Stop::usage(
            "--config - and --body - both want standard input. Give one of them a file",
        ));
    }
    let config = config::read(&args.config)?;
    let callback = Callback {
        url: args.url.clone(),
        headers: args
            .headers
            .iter()
            .map(|line| header(line))
            .collect::<Result<_, _>>()?,
        body: files::named_or_input(&args.body, MAX_BYTES)?,
    };
    let plugin = host::load_offline(&args.common)?;
    let outcome = plugin.read_callback(&config, &callback).await;
    let mut page = Page::default();
    if args.common.json {
        json::show(&mut page, &document(&outcome));
    } else {
        show_text(&mut page, &outcome);
    }
    page.write()?;
    Ok(match &outcome {
        Ok(_) => DONE,
        Err(CallbackError::Refused(refusal))
            if refusal.kind == CallbackRefusalKind::InvalidConfig =>
        {
            INVALID_CONFIG
        }
        Err(CallbackError::Refused(_)) => UNKNOWN,
        Err(CallbackError::Failed(error)) => exit::of_unanswered(error),
    })
}

/// A header's name in lower case, and its value. Neither is repeated in the error.
fn header(line: &str) -> Result<(String, String), Stop> {
    line.split_once(':')
        .filter(|(name, _)| !name.trim().is_empty())
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .ok_or_else(|| {
            Stop::usage("--header takes NAME:VALUE, such as content-type:application/json")
        })
}

fn document(outcome: &Result<CallbackContent, CallbackError>) -> Value {
    let one = |receipt: &DeliveryReceipt| {
        json!({
            "message_id": receipt.message_id, "correlation_id": receipt.correlation_id,
            "state": receipt.state.as_str(), "attributes": json::attributes(&receipt.attributes),
        })
    };
    let (content, refusal, cause) = match outcome {
        Ok(content) => (Some(content), None, None),
        Err(CallbackError::Refused(refusal)) => (None, Some(refusal), None),
        Err(CallbackError::Failed(cause)) => (None, None, Some(cause)),
    };
    let acknowledgement = content.map(|content| {
        let answer = &content.acknowledgement;
        json!({"status": answer.status, "content_type": answer.content_type, "body": answer.body})
    });
    let own = json!({
        "receipts": content.map(|content| content.receipts.iter().map(one).collect::<Vec<_>>()),
        "acknowledgement": acknowledgement,
    });
    let mut document = json::document(own, cause);
    if let Some(refusal) = refusal {
        json::set(&mut document, "kind", json!(refusal.kind.as_str()));
        json::set(&mut document, "message", json!(refusal.message));
        let attributes = json::attributes(&refusal.attributes);
        json::set(&mut document, "attributes", attributes);
    }
    document
}

fn show_text(page: &mut Page, outcome: &Result<CallbackContent, CallbackError>) {
    match outcome {
        Ok(content) => {
            page.line(format_args!(
                "Receipts in the callback: {}.",
                content.receipts.len()
            ));
            for receipt in &content.receipts {
                page.line(format_args!("  {}", receipt.state.as_str()));
                text::field(page, "message id", &receipt.message_id);
                text::optional(page, "correlation id", receipt.correlation_id.as_deref());
                text::attributes(page, &receipt.attributes, &[]);
            }
            let answer = &content.acknowledgement;
            page.line("Answer to the provider, once they are stored");
            text::field(page, "status", &answer.status.to_string());
            text::field(page, "content type", &answer.content_type);
            text::field(page, "body", &answer.body);
        }
        Err(CallbackError::Refused(refusal)) => {
            page.line("The callback is refused. Nothing of it counts.");
            text::field(page, "kind", refusal.kind.as_str());
            text::field(page, "why", &refusal.message);
            text::attributes(page, &refusal.attributes, &[]);
        }
        Err(CallbackError::Failed(cause)) => {
            page.line("The callback could not be read.");
            text::cause(page, cause);
        }
    }
}
