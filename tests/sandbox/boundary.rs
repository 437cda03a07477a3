//! Canonical ABI: values between guest and host that are too large, of the wrong shape, or not the guest's own.

use super::arena::Arena;
use super::core::component;
use auth_connector_host::{HostFault, Limits};

#[tokio::test]
async fn crossing_limit_holds_in_answers_and_arguments() {
    let arena = Arena::new();
    let limit = Limits::default().crossing_bytes;
    for attack in [
        "huge-string-out",
        "huge-list-out",
        "nested-lists-out",
        "huge-argument",
        "huge-list-argument",
    ] {
        let ended = arena.run(attack).await;
        assert_eq!(
            ended.stopped(),
            ("not sent", &HostFault::Crossing { limit }),
            "{attack}"
        );
    }
}

#[tokio::test]
async fn text_listed_many_times_counts_every_time() {
    // Forty pairs, each of twice the same 50,000 bytes: 640 bytes in the guest, and four megabytes in the host.
    let arena = Arena::of(component(
        r#";; @send
(loop $pairs
  (call $text (i32.add (i32.const 4096) (i32.mul (local.get $n) (i32.const 8))) (i32.const 8192) (i32.const 50000))
  (br_if $pairs (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 80))))
(call $text (i32.const 1048) (i32.const 4096) (i32.const 40))
(i32.const 1024)"#,
    ));
    let limit = Limits::default().crossing_bytes;
    assert_eq!(
        arena.run("").await.stopped(),
        ("not sent", &HostFault::Crossing { limit })
    );
}

#[tokio::test]
async fn metadata_is_bounded_by_what_may_cross() {
    let arena = Arena::new();
    let metadata = arena.attacker().metadata().await.unwrap();
    // The plugin returned 1 MiB; the host shortens it for its caller.
    assert_eq!(metadata.name(&[]).len(), 2_048);
    assert_eq!(metadata.descriptions.len(), 128);
}

#[tokio::test]
async fn text_that_is_not_utf8_is_a_crash() {
    let ended = Arena::new().run("invalid-text").await;
    assert_eq!(ended.crashed("utf-8"), "not sent");
}

#[tokio::test]
async fn pointers_and_discriminants_out_of_range_are_crashes() {
    for (attack, why) in [
        // The text of the receipt, beyond memory; its length, beyond memory; both, so that they overflow.
        (
            "(call $text (i32.const 1028) (i32.const 0x7fffffff) (i32.const 1)) (i32.const 1024)",
            "out of bounds",
        ),
        (
            "(call $text (i32.const 1028) (i32.const 0) (i32.const 0x7fffffff)) (i32.const 1024)",
            "out of bounds",
        ),
        (
            "(call $text (i32.const 1028) (i32.const -1) (i32.const -1)) (i32.const 1024)",
            "out of bounds",
        ),
        // The result itself: beyond memory, and not aligned.
        ("(i32.const 0x7ffffffc)", "out of bounds"),
        ("(i32.const 1025)", "not aligned"),
        // Neither ok nor error; neither some nor none.
        (
            "(i32.store8 (i32.const 1024) (i32.const 9)) (i32.const 1024)",
            "discriminant",
        ),
        (
            "(i32.store8 (i32.const 1036) (i32.const 9)) (i32.const 1024)",
            "discriminant",
        ),
        // An error of the fourteenth kind; one that is neither not sent nor unknown.
        (
            "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1032) (i32.const 13)) (i32.const 1024)",
            "discriminant",
        ),
        (
            "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1028) (i32.const 2)) (i32.const 1024)",
            "discriminant",
        ),
        // A list whose size overflows.
        (
            "(call $text (i32.const 1048) (i32.const 0) (i32.const 0x7fffffff)) (i32.const 1024)",
            "out of bounds",
        ),
    ] {
        let ended = Arena::of(component(&format!(";; @send\n{attack}")))
            .run("")
            .await;
        assert_eq!(ended.crashed(why), "not sent", "{attack}");
    }
}

#[tokio::test]
async fn lying_allocator_is_a_crash() {
    for (lie, why) in [
        ("(i32.const 0x7ffffff0)", "realloc"),
        ("(i32.const -16)", "realloc"),
        ("(i32.const 3)", "aligned"),
        // It calls the host from where a guest may not.
        ("(drop (call $now)) (i32.const 65536)", "cannot leave"),
    ] {
        let ended = Arena::of(component(&format!(";; @realloc\n{lie}")))
            .run("")
            .await;
        assert_eq!(ended.crashed(why), "not sent", "{lie}");
    }
}

#[tokio::test]
async fn dropped_forged_and_foreign_handles_are_crashes() {
    let arena = Arena::new();
    assert_eq!(
        arena.run("use-after-drop").await.crashed("handle"),
        "not sent"
    );
    for guess in ["1", "77", "4294967295"] {
        let ended = arena.run_with("forged-handles", "", guess).await;
        assert_eq!(ended.crashed("handle"), "not sent", "{guess}");
    }
}

#[tokio::test]
async fn body_dropped_before_its_stream_is_a_crash() {
    let ended = Arena::new().run("drop-order").await;
    assert_eq!(ended.crashed("children"), "not sent");
}
