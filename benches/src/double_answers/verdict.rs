//! Verdict: the outcomes of calls against the server's record.

use super::driver::Outcome;
use super::server::Server;
use serde_json::{Value, json};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Compares the outcomes of calls with the server's record.
pub fn judge(outcomes: &[(u64, Outcome)], server: &Server) -> Value {
    let truths = server.calls.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut accepted, mut not_sent, mut unknown) = (0_u64, 0_u64, 0_u64);
    let (mut sent_twice, mut false_accepted, mut false_not_sent) = (0_u64, 0_u64, 0_u64);
    // Among the wrong ones, those whose second answer may have come after their last byte.
    let mut wrong_and_raced = 0_u64;
    for (call, outcome) in outcomes {
        let truth = truths.get(call).copied().unwrap_or_default();
        let truly_accepted = truth.requests > 0 && truth.accepted;
        let is_wrong = match outcome {
            Outcome::Accepted(serial) => {
                accepted += 1;
                let wrong = !truly_accepted || *serial != format!("s{call}:1");
                false_accepted += u64::from(wrong);
                wrong
            }
            Outcome::NotSent => {
                not_sent += 1;
                false_not_sent += u64::from(truly_accepted);
                truly_accepted
            }
            Outcome::Unknown => {
                unknown += 1;
                false
            }
        };
        wrong_and_raced += u64::from(is_wrong && truth.raced);
        sent_twice += u64::from(truth.requests > 1);
    }
    json!({
        "calls": outcomes.len(), "accepted": accepted, "not_sent": not_sent, "unknown": unknown,
        "second_answers": server.second_answers.load(Ordering::Relaxed),
        "raced": truths.values().filter(|truth| truth.raced).count(),
        "sent_twice": sent_twice, "false_accepted": false_accepted, "false_not_sent": false_not_sent,
        "wrong_and_raced": wrong_and_raced,
    })
}
