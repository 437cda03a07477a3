//! `verification`: a flow tried out from the command line.

use super::common::{ROWS, actor, open, open_of, show, show_value};
use crate::cli::{NamedOf, Number, Scope, Verification, VerificationStart};
use crate::exit::{Code, DONE, NOT_SENT, Stop, UNKNOWN};
use crate::output::complain;
use crate::service::app::AppError;
use crate::service::ids;
use crate::service::problem::Problem;
use crate::service::store::{StoreError, verifications};
use crate::service::verification::{
    self, Answer, Caller, CheckRequest, StartRequest, free_at, message_view, view,
};
use crate::signals::Signals;
use serde_json::{Value, json};
use std::io::Read;
use std::pin::pin;

/// The longest code that is read, in bytes.
const CODE_BYTES: u64 = 64;

/// Runs a command.
pub async fn run(command: Verification) -> Result<Code, Stop> {
    match command {
        Verification::List(scope) => {
            let app = open_of(&scope).await?;
            let Scope { at, tenant } = scope;
            let now = ids::now_ms();
            let shown: Vec<_> = app.store.read(|db| {
                let rows = verifications::page(db, &tenant, None, ROWS)?;
                let shown = |row| Ok(view(&app, row, None, free_at(&app, db, row, now)?, now));
                rows.iter().map(shown).collect::<Result<_, StoreError>>()
            })?;
            show(&at, &shown)
        }
        Verification::Show(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            let found = verification::current(&app, &scope.tenant, &name)?;
            let (shown, sent) = found.ok_or_else(|| Problem::not_found("verification"))?;
            let sent: Vec<_> = sent.iter().map(|row| message_view(&app, row)).collect();
            show(&scope.at, &json!({"verification": shown, "messages": sent}))
        }
        Verification::Start(args) => start(args).await,
        Verification::Check(NamedOf { scope, name }) => {
            // Arguments are visible to every user of the machine.
            let mut code = String::new();
            std::io::stdin()
                .take(CODE_BYTES)
                .read_to_string(&mut code)
                .map_err(|error| Stop::usage(format!("the code cannot be read: {error}")))?;
            let app = open(&scope.at).await?;
            let request = CheckRequest { code, to: None };
            let caller = caller(scope.tenant);
            let checked = verification::check(&app, &caller, &name, request, None).await;
            let checked = document(&checked.map_err(not_approved)?)?;
            show_value(scope.at.json, &checked)?;
            Ok(code_of_check(&checked))
        }
        Verification::Cancel(NamedOf { scope, name }) => {
            let app = open(&scope.at).await?;
            let caller = caller(scope.tenant);
            verification::cancel(&app, &caller, &name).await?;
            show(&scope.at, &json!({"cancelled": name}))
        }
    }
}

async fn start(args: VerificationStart) -> Result<Code, Stop> {
    let Number { scope, number } = args.number;
    let app = open(&scope.at).await?;
    let _sending = app.files.send_beside().map_err(AppError::from)?;
    let request = StartRequest {
        to: number,
        usage: args.usage,
        locales: args.locale,
        country: None,
        ip: None,
        lifetime_s: None,
        suppress: false,
    };
    let caller = caller(scope.tenant);
    let mut signals = Signals::listen()?;
    let started = verification::start(&app, &caller, request, None);
    let started = to_its_outcome(started, &mut signals).await?;
    let answer = document(&started.map_err(refused)?)?;
    let code = code_of(&answer);
    if let Err(stop) = show_value(scope.at.json, &answer) {
        // The outcome of the message matters more than the terminal, as in `send`.
        complain(&format!(
            "{}. The message's outcome is the exit code's",
            stop.message
        ));
    }
    Ok(code)
}

/// Waits for an outcome, which comes within some seconds. The first signal changes nothing, because a message whose process
/// ends is unknown. The second ends the program.
async fn to_its_outcome<T>(
    sending: impl Future<Output = T>,
    signals: &mut Signals,
) -> Result<T, Stop> {
    let mut sending = pin!(sending);
    tokio::select! {
        outcome = &mut sending => return Ok(outcome),
        signal = signals.next() => complain(&format!(
            "{signal}: the message is being sent, and this program ends with its outcome in some seconds. A second signal \
            ends it at once"
        )),
    }
    tokio::select! {
        outcome = &mut sending => Ok(outcome),
        signal = signals.next() => Err(Stop {
            code: UNKNOWN,
            message: format!(
                "{signal} ended this program while the message was being sent, and it may arrive. A service that runs \
                makes it unknown within a minute, and looks it up"
            ),
        }),
    }
}

/// The exit code for the state of the message.
fn code_of(answer: &Value) -> Code {
    match answer.pointer("/message/state").and_then(Value::as_str) {
        Some("not_sent") => NOT_SENT,
        Some("unknown" | "sending") => UNKNOWN,
        _ => DONE,
    }
}

/// The error if nothing was started. It has its own code if a rule refused it: nothing was sent.
fn refused(problem: Problem) -> Stop {
    let kind = problem.kind;
    let stop = Stop::from(problem);
    match kind {
        "outcome-late" | "storage" | "invalid" | "not-found" => stop,
        _ => Stop {
            code: NOT_SENT,
            ..stop
        },
    }
}

/// The exit code of a check. A script that continued after a wrong code would admit anyone.
fn code_of_check(answer: &Value) -> Code {
    match answer.get("status").and_then(Value::as_str) {
        Some("approved") => DONE,
        _ => NOT_SENT,
    }
}

/// The error if no code was compared. It has the code of a wrong one if none is awaited or the number is locked.
fn not_approved(problem: Problem) -> Stop {
    let is_rule = ["not-usable", "locked"].contains(&problem.kind);
    let stop = Stop::from(problem);
    match is_rule {
        true => Stop {
            code: NOT_SENT,
            ..stop
        },
        false => stop,
    }
}

fn caller(tenant: String) -> Caller {
    Caller {
        tenant,
        actor: actor().0,
        source: None,
        answer_within: None,
    }
}

/// A response of the API.
fn document(answer: &Answer) -> Result<Value, Stop> {
    serde_json::from_str(&answer.body).map_err(|error| Stop::machine(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::{MACHINE, USAGE};
    use crate::service::store::StoreError;
    use axum::http::StatusCode;

    #[test]
    fn exit_code_tells_what_became_of_the_message() {
        for (state, code) in [
            ("accepted", DONE),
            ("suppressed", DONE),
            ("not_sent", NOT_SENT),
            ("unknown", UNKNOWN),
            ("sending", UNKNOWN),
        ] {
            assert_eq!(
                code_of(&json!({"message": {"state": state}})),
                code,
                "{state}"
            );
        }
    }

    #[test]
    fn check_exits_with_0_for_an_approved_code_alone() {
        assert_eq!(code_of_check(&json!({"status": "approved"})), DONE);
        for status in ["pending", "other"] {
            assert_eq!(code_of_check(&json!({"status": status})), NOT_SENT);
        }
        let problem = |kind| Problem::new(StatusCode::NOT_FOUND, kind, "", "why");
        for (problem, code) in [
            (problem("not-usable"), NOT_SENT),
            (problem("locked"), NOT_SENT),
            (problem("invalid"), USAGE),
            (Problem::not_found("tenant"), USAGE),
            (StoreError::Full.into(), MACHINE),
        ] {
            assert_eq!(not_approved(problem.clone()).code, code, "{problem:?}");
        }
    }

    #[test]
    fn refusal_by_a_rule_is_certainly_not_sent() {
        let problem = |kind| Problem::new(StatusCode::TOO_MANY_REQUESTS, kind, "", "why");
        for (problem, code) in [
            (problem("stopped"), NOT_SENT),
            (problem("no-flow"), NOT_SENT),
            (problem("number-a-day"), NOT_SENT),
            (problem("locked"), NOT_SENT),
            (problem("invalid"), USAGE),
            (Problem::not_found("tenant"), USAGE),
            (StoreError::Full.into(), MACHINE),
            (problem("storage"), MACHINE),
            (Problem::late("why"), UNKNOWN),
        ] {
            let kind = problem.kind;
            assert_eq!(refused(problem).code, code, "{kind}");
        }
    }
}
