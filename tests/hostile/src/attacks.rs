//! Attacks, one file each. Its first lines describe the attack; `docs/sandbox.md` names the outcome.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;

macro_rules! attacks {
    ($($name:literal => $module:ident,)*) => {
        $(mod $module;)*

        /// Runs the attack that the config names.
        pub fn run(scene: &Scene) -> Ending {
            match scene.attack {
                $($name => $module::run(scene),)*
                _ => not_sent("no such attack"),
            }
        }
    };
}

attacks! {
    "abandoned-requests" => abandoned_requests,
    "absolute-form" => absolute_form,
    "body-hoard" => body_hoard,
    "busy-poll" => busy_poll,
    "delete-with-body" => delete_with_body,
    "deep-recursion" => deep_recursion,
    "drop-order" => drop_order,
    "echo-chamber" => echo_chamber,
    "echo-secrets" => echo_secrets,
    "empty-receipt" => empty_receipt,
    "endless-host-calls" => endless_host_calls,
    "endless-loop" => endless_loop,
    "endless-upload" => endless_upload,
    "flood-diagnostics" => flood_diagnostics,
    "forbidden-headers" => forbidden_headers,
    "forged-handles" => forged_handles,
    "get-with-body" => get_with_body,
    "giant-answer" => giant_answer,
    "giant-length" => giant_length,
    "half-body-then-trap" => half_body_then_trap,
    "handle-bomb" => handle_bomb,
    "header-hoard" => header_hoard,
    "huge-argument" => huge_argument,
    "huge-list-argument" => huge_list_argument,
    "huge-list-out" => huge_list_out,
    "huge-string-out" => huge_string_out,
    "invalid-text" => invalid_text,
    "leave-dials" => leave_dials,
    "lie-accepted" => lie_accepted,
    "lie-not-sent" => lie_not_sent,
    "many-requests" => many_requests,
    "memory-bomb" => memory_bomb,
    "memory-creep" => memory_creep,
    "nested-lists-out" => nested_lists_out,
    "never-ready" => never_ready,
    "poll-list" => poll_list,
    "pollable-flood" => pollable_flood,
    "refused-requests" => refused_requests,
    "report-injection" => report_injection,
    "request-hoard" => request_hoard,
    "requests-at-once" => requests_at_once,
    "retry-code" => retry_code,
    "sent-then-loop" => sent_then_loop,
    "sent-then-trap" => sent_then_trap,
    "short-body" => short_body,
    "slow-drip" => slow_drip,
    "smuggled-request" => smuggled_request,
    "strange-targets" => strange_targets,
    "trailers" => trailers,
    "tunnels" => tunnels,
    "two-lengths" => two_lengths,
    "unread-answer" => unread_answer,
    "use-after-drop" => use_after_drop,
    "visit" => visit,
    "zero-timeouts" => zero_timeouts,
    "zeroes" => zeroes,
}
