//! `check`: asks the provider, without sending, whether a config would work.

use crate::clean::clean;
use crate::cli::Check;
use crate::exit::{self, Code, DONE, INVALID_CONFIG, Stop, UNKNOWN};
use crate::output::Page;
use crate::{config, host, json, text};
use auth_connector_host::{self as lib, CallError, Verdict};
use serde_json::{Value, json};

/// Runs the command.
pub async fn run(args: &Check) -> Result<Code, Stop> {
    let config = config::read(&args.query.config)?;
    let plugin = host::connect(&args.query.common, &args.query.network)?;
    let asked = plugin
        .check_config_reported(&config, &args.query.common.locales, args.query.timeout_ms)
        .await;
    let outcome = &asked.outcome;
    let mut page = Page::default();
    if args.query.common.json {
        let mut document = document(outcome);
        json::set(
            &mut document,
            "network",
            json!(text::last_error(&asked.report)),
        );
        json::show(&mut page, &document);
    } else {
        show_text(&mut page, outcome);
        text::network(&mut page, &asked.report);
    }
    page.write()?;
    Ok(match outcome {
        Ok(checks) if has(checks, Verdict::Fail) => INVALID_CONFIG,
        Ok(checks) if checks.iter().all(|check| check.verdict == Verdict::Pass) => DONE,
        Ok(_) => UNKNOWN,
        Err(error) => exit::of_unanswered(error),
    })
}

fn has(checks: &[lib::Check], verdict: Verdict) -> bool {
    checks.iter().any(|check| check.verdict == verdict)
}

fn document(outcome: &Result<Vec<lib::Check>, CallError>) -> Value {
    let one = |check: &lib::Check| {
        json!({
            "subject": check.subject, "verdict": check.verdict.as_str(), "message": check.message,
            "attributes": json::attributes(&check.attributes),
        })
    };
    let checks = outcome.as_ref().ok();
    let checks = checks.map(|checks| checks.iter().map(one).collect::<Vec<_>>());
    json::document(json!({"checks": checks}), outcome.as_ref().err())
}

fn show_text(page: &mut Page, outcome: &Result<Vec<lib::Check>, CallError>) {
    let checks = match outcome {
        Ok(checks) => checks,
        Err(error) => {
            page.line("Nothing could be checked.");
            return text::cause(page, error);
        }
    };
    page.line(if has(checks, Verdict::Fail) {
        "The config would not work as it is."
    } else if checks.iter().all(|check| check.verdict == Verdict::Pass) {
        "The provider confirms the config."
    } else {
        "Nothing fails; not everything could be verified."
    });
    for check in checks {
        let subject = clean(&check.subject);
        page.line(format_args!("  {:<15}{subject}", check.verdict.as_str()));
        page.line(format_args!("  {:<15}{}", "", clean(&check.message)));
        for (key, value) in &check.attributes {
            let pair = format!("{key}: {value}");
            page.line(format_args!("  {:<15}{}", "", clean(&pair)));
        }
    }
}
