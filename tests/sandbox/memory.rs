//! Memory: the guest's own, its tables and stack, and the host's memory on its behalf.

use super::arena::Arena;
use super::core::component;
use auth_connector_host::{HostFault, Limits};

fn out_of_memory(fault: &HostFault) -> bool {
    matches!(fault, HostFault::Memory { unit: "bytes", limit, .. } if *limit == Limits::default().memory_bytes)
}

#[tokio::test]
async fn memory_ends_at_limit_at_once_or_gradually() {
    let arena = Arena::new();
    for attack in ["memory-bomb", "memory-creep"] {
        let ended = arena.run(attack).await;
        let (state, fault) = ended.stopped();
        assert!(
            state == "not sent" && out_of_memory(fault),
            "{attack}: {fault:?}"
        );
        assert!(ended.report.memory_bytes <= Limits::default().memory_bytes);
    }
}

#[tokio::test]
async fn a_table_ends_where_the_limit_is() {
    let arena = Arena::of(component(
        ";; @items\n(table $t 1 funcref)\n;; @send\n(loop $more (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $more))\n(i32.const 1024)",
    ));
    let ended = arena.run("").await;
    let (state, fault) = ended.stopped();
    let full = matches!(
        fault,
        HostFault::Memory {
            unit: "table elements",
            limit: 4096
        }
    );
    assert!(state == "not sent" && full, "{fault:?}");
}

#[tokio::test]
async fn a_stack_without_end_ends() {
    // The stack of the machine, and the one that compilers keep in memory.
    let arena = Arena::of(component(
        ";; @items\n(func $r (param i32) (result i32) (i32.add (i32.const 1) (call $r (local.get 0))))\n;; @send\n(call $r (i32.const 0))",
    ));
    assert_eq!(
        arena.run("").await.crashed("call stack exhausted"),
        "not sent"
    );
    let ended = Arena::new().run("deep-recursion").await;
    assert_eq!(ended.crashed("wasm trap"), "not sent");
}

#[tokio::test]
async fn handles_of_any_kind_run_out_at_limit() {
    let arena = Arena::new();
    let limit = Limits::default().handles;
    for attack in [
        "handle-bomb",
        "pollable-flood",
        "header-hoard",
        "body-hoard",
        // 100,000 in one list, which keeps none of them longer than the call.
        "poll-list",
    ] {
        let ended = arena.run(attack).await;
        assert_eq!(
            ended.stopped(),
            ("not sent", &HostFault::Handles { limit }),
            "{attack}"
        );
    }
}

#[tokio::test]
async fn host_holds_less_for_guest_than_guest_may() {
    let arena = Arena::new();
    // As many as the limit of handles: one for a header collection or a request, three for a body.
    for (attack, most) in [
        ("header-hoard", "125"),
        ("request-hoard", "125"),
        ("body-hoard", "41"),
    ] {
        let ended = arena.run_with(attack, &arena.server.url(), most).await;
        let held: usize = ended.found().parse().unwrap();
        assert!(
            held > 1 << 20 && held < Limits::default().memory_bytes / 4,
            "{attack} held {held}"
        );
    }
}
