//! `validate`: checks a config as far as possible without a network.

use crate::cli::Validate;
use crate::exit::{Code, DONE, INVALID_CONFIG, Stop};
use crate::output::Page;
use crate::{config, host, json, text};
use auth_connector_host::Severity;
use serde_json::json;

/// Runs the command.
pub async fn run(args: &Validate) -> Result<Code, Stop> {
    let config = config::read(&args.config)?;
    let plugin = host::load_offline(&args.common)?;
    let findings = plugin
        .validate_config(&config, &args.common.locales)
        .await?;
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count();
    let mut page = Page::default();
    if args.common.json {
        let diagnostics = json::diagnostics(&findings);
        json::show(
            &mut page,
            &json!({ "valid": errors == 0, "diagnostics": diagnostics }),
        );
    } else {
        let others = findings.len() - errors;
        match (errors, others) {
            (0, 0) => page.line("The config is fine."),
            (0, n) => page.line(format_args!(
                "The config can send; {n} {} a look.",
                if n == 1 {
                    "finding deserves"
                } else {
                    "findings deserve"
                }
            )),
            (n, _) => page.line(format_args!(
                "The config cannot send: {n} {}.",
                if n == 1 { "error" } else { "errors" }
            )),
        }
        text::diagnostics(&mut page, &findings);
    }
    page.write()?;
    Ok(if errors == 0 { DONE } else { INVALID_CONFIG })
}
