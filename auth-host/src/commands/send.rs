//! `send`: one message, through the sandbox, to the provider.

use crate::cli::Send;
use crate::exit::{Code, DONE, INVALID_CONFIG, NOT_SENT, Stop, UNKNOWN};
#[cfg(feature = "observe")]
use crate::metrics::Metrics;
use crate::output::{self, Page};
use crate::signals::Signals;
#[cfg(feature = "observe")]
use crate::trace;
use crate::{config, host, json, mask, message, text};
use auth_connector_host::{
    CallError, CallReport, Failure, FailureKind, Message, Receipt, Reported, SendError,
};
use serde_json::json;
#[cfg(feature = "observe")]
use std::path::Path;

/// Runs the command.
pub async fn run(args: &Send) -> Result<Code, Stop> {
    #[cfg(feature = "observe")]
    let metrics = observe(args)?;
    let config = config::read(&args.config)?;
    let message = message::build(&args.message, &args.common.locales)?;
    let plugin = host::connect(&args.common, &args.network)?;
    let mut signals = Signals::listen()?;
    let (sent, is_interrupted) = tokio::select! {
        sent = plugin.send_message_reported(&config, &message) => (sent, false),
        signal = signals.next() => (interrupted(signal), true),
    };
    let to = mask::number(&message.to);
    let mut page = Page::default();
    if args.common.json {
        let mut document = json::sent(&to, &sent.outcome, &sent.report, &plugin);
        if is_interrupted {
            json::set(&mut document, "source", json!("host"));
        }
        if args.show_code {
            json::set(&mut document, "code", json!(code_of(&message)));
        }
        json::show(&mut page, &document);
    } else {
        show_text(&mut page, args, &to, &sent, &message);
        if args.report {
            page.line("");
            text::report(&mut page, &sent.report, &plugin);
        }
    }
    #[cfg(feature = "observe")]
    if let Some(Err(why)) = metrics.map(|metrics| metrics.write(&mut page)) {
        output::complain(&format!("{why}. The message's outcome is the exit code's"));
    }
    if let Err(stop) = page.write() {
        // The outcome of the message matters more than the terminal: the exit code still reports it.
        output::complain(&format!(
            "{}. The message's outcome is the exit code's",
            stop.message
        ));
    }
    Ok(match &sent.outcome {
        Ok(_) => DONE,
        Err(SendError::Unknown(_)) => UNKNOWN,
        Err(error) if error.kind() == FailureKind::InvalidConfig => INVALID_CONFIG,
        Err(SendError::NotSent(_)) => NOT_SENT,
    })
}

/// The outcome of a send that a signal ended. The progress of the request does not count: the state *not sent* needs a
/// proof, and a caller of this program requires a state instead of a crash.
fn interrupted(signal: &str) -> Reported<Result<Receipt, SendError>> {
    let failure = Failure {
        kind: FailureKind::Other,
        message: format!(
            "{signal} ended this program while the message was being sent. Look it up with `auth-host find` before \
            sending again"
        ),
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        diagnostics: Vec::new(),
        attributes: vec![
            ("turn".to_owned(), "caller".to_owned()),
            ("host-fault".to_owned(), "interrupted".to_owned()),
        ],
    };
    Reported {
        outcome: Err(SendError::Unknown(CallError::Connector(Box::new(failure)))),
        report: CallReport::default(),
    }
}

/// Starts traces and metrics, if they are requested and have an output.
#[cfg(feature = "observe")]
fn observe(args: &Send) -> Result<Option<Metrics>, Stop> {
    if args.trace {
        trace::show();
    }
    let Some(to) = &args.metrics else {
        return Ok(None);
    };
    if args.common.json && to == Path::new("-") {
        return Err(Stop::usage(
            "--json and --metrics - both want standard output. Give --metrics a file",
        ));
    }
    Metrics::gather(to).map(Some)
}

fn show_text(
    page: &mut Page,
    args: &Send,
    to: &str,
    sent: &Reported<Result<Receipt, SendError>>,
    message: &Message,
) {
    match &sent.outcome {
        Ok(receipt) => {
            page.line(format_args!("Accepted by the provider for {to}."));
            text::field(page, "message id", &receipt.message_id);
            text::optional(page, "request id", receipt.request_id.as_deref());
            text::attributes(page, &receipt.attributes, &[]);
        }
        Err(SendError::NotSent(cause)) => {
            page.line(format_args!(
                "Not sent to {to}. Trying again cannot send twice."
            ));
            text::cause(page, cause);
            text::network(page, &sent.report);
        }
        Err(SendError::Unknown(cause)) => {
            page.line(format_args!(
                "Unknown whether it was sent to {to}. It may arrive; trying again may send it twice."
            ));
            text::cause(page, cause);
            text::network(page, &sent.report);
        }
    }
    if args.show_code {
        text::optional(page, "code", code_of(message));
    }
}

fn code_of(message: &Message) -> Option<&str> {
    message
        .variables
        .iter()
        .find(|(name, _)| name == "code")
        .map(|(_, code)| code.as_str())
}
