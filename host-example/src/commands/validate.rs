//! `validate`: everything that can be said about a config without a network.

use crate::cli::Validate;
use crate::exit::{Code, DONE, INVALID_CONFIG, Stop};
use crate::{config, host, json, text};
use auth_connector_host::Severity;
use serde_json::json;

/// Runs the command.
pub async fn run(args: &Validate) -> Result<Code, Stop> {
    let config = config::read(&args.config)?;
    let plugin = host::load(host::builder(&args.common), &args.common)?;
    let findings = plugin
        .validate_config(&config, &args.common.locales)
        .await?;
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    if args.common.json {
        json::print(&json!({ "valid": errors == 0, "diagnostics": json::diagnostics(&findings) }));
    } else {
        let others = findings.len() - errors;
        match (errors, others) {
            (0, 0) => println!("The config is fine."),
            (0, n) => println!(
                "The config can send; {n} {} a look.",
                if n == 1 {
                    "finding deserves"
                } else {
                    "findings deserve"
                }
            ),
            (n, _) => println!(
                "The config cannot send: {n} {}.",
                if n == 1 { "error" } else { "errors" }
            ),
        }
        text::diagnostics(&findings);
    }
    Ok(if errors == 0 { DONE } else { INVALID_CONFIG })
}
