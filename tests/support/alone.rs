//! Tests that measure their process, and so need one of their own.

use std::process::Command;

/// Names the test that this process was started for.
const ALONE: &str = "TEST_ALONE";

/// Whether this process runs nothing but this test, which is named with its path. If not, runs it in one that does,
/// and fails as it fails.
pub fn alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some_and(|name| name == test) {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, test)
        // All of glibc's blocks in one place, which the kernel calls `[heap]`, large ones too.
        .env("MALLOC_ARENA_MAX", "1")
        .env("MALLOC_MMAP_MAX_", "0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    print!("{said}");
    false
}
