//! Paths of the programs and components under test.

use std::path::{Path, PathBuf};

/// The release component.
pub fn component() -> PathBuf {
    find(
        "CONNECTOR_WASM",
        "target/wasm32-wasip2/release/tencent_sms_connector.wasm",
    )
}

/// The example connector.
pub fn webhook() -> PathBuf {
    find(
        "WEBHOOK_WASM",
        "target/wasm32-wasip2/release/webhook_connector.wasm",
    )
}

/// The commands of the repository.
pub fn xtask() -> PathBuf {
    find("XTASK_BIN", "target/debug/xtask")
}

/// The component that attacks its host.
pub fn hostile() -> PathBuf {
    find("HOSTILE_WASM", "target/wasm32-wasip2/release/hostile.wasm")
}

/// A connector that imports files, sockets and the environment.
pub fn hostile_with_std() -> PathBuf {
    find(
        "HOSTILE_STD_WASM",
        "target/wasm32-wasip2/release/hostile_with_std.wasm",
    )
}

/// The program for benchmarks and soak tests.
pub fn bench() -> PathBuf {
    find("BENCH_BIN", "target/debug/connector-bench")
}

/// The simulator program.
pub fn simulator() -> PathBuf {
    find("SIMULATOR_BIN", "target/debug/tencent-sms-simulator")
}

/// The command line.
pub fn auth_host() -> PathBuf {
    find("AUTH_HOST_BIN", "target/debug/auth-host")
}

/// The path in an environment variable, otherwise cargo's path below the workspace's root.
fn find(variable: &str, default: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = std::env::var_os(variable).map_or_else(|| root.join(default), PathBuf::from);
    assert!(
        path.is_file(),
        "{default} is not built: run `cargo xtask test`, or set {variable} to its path"
    );
    path
}
