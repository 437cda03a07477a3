//! Tests that measure their process, and need a separate one.

use std::process::Command;

/// Names the test that this process was started for.
const ALONE: &str = "TEST_ALONE";

/// Returns true if this process runs only this test, which is named with its path. Otherwise runs it in a process of
/// its own, and fails if it fails.
pub fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some_and(|name| name == test) {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, test)
        // Keeps all of glibc's blocks, large ones too, in the region that the kernel calls `[heap]`.
        .env("MALLOC_ARENA_MAX", "1")
        .env("MALLOC_MMAP_MAX_", "0")
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    print!("{stdout}");
    false
}
