//! Refusals before a plugin runs, each in one line and without delay.

use super::core::component;
use crate::support::{self, auth_host, host, hostile_with_std};
use auth_connector_host::{CacheUse, LoadError, Source};
use std::process::Command;
use std::time::{Duration, Instant};

fn refused(source: impl Into<Source<'static>>) -> LoadError {
    let error = host().build().unwrap().load(source).unwrap_err();
    let line = error.to_string();
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.len() < 2_000, "{} bytes of error", line.len());
    assert!(!line.contains(char::is_control), "{line:?}");
    error
}

fn text(component: &str) -> Vec<u8> {
    wat::parse_str(component).unwrap()
}

/// The imports are files, sockets and the environment.
#[test]
fn refusal_names_imports_beyond_world() {
    match refused(hostile_with_std()) {
        LoadError::ForbiddenImports { imports } => {
            for wanted in [
                "wasi:cli/environment@",
                "wasi:cli/stdout@",
                "wasi:filesystem/types@",
                "wasi:sockets/tcp@",
            ] {
                let named = imports.iter().any(|import| import.starts_with(wanted));
                assert!(named, "{wanted} is not in {imports:?}");
            }
            let granted = |import: &String| import.starts_with("wasi:http");
            assert!(!imports.iter().any(granted), "{imports:?}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn memories_and_tables_beyond_limit_are_refused() {
    for part in [
        ";; @memory\n(memory (export \"memory\") 200)",
        ";; @items\n(table 5000 funcref)",
        ";; @items\n(memory 1) (memory 1)",
        ";; @items\n(table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref)",
    ] {
        match refused(component(part)) {
            LoadError::Invalid(_) | LoadError::Link(_) => {}
            other => panic!("{part}: {other}"),
        }
    }
}

#[test]
fn instances_beyond_plugins_pool_are_refused() {
    let instances = "(core instance (instantiate $m))".repeat(17);
    let bytes = text(&format!("(component (core module $m) {instances})"));
    match refused(bytes) {
        LoadError::Invalid(_) | LoadError::Link(_) => {}
        LoadError::NotAConnector { .. } => panic!("it was compiled"),
        other => panic!("{other}"),
    }
}

#[test]
fn threads_and_blocking_waits_are_refused() {
    for part in [
        ";; @items\n(memory 1 1 shared)",
        ";; @items\n(func (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))",
    ] {
        let bytes = std::panic::catch_unwind(|| component(part));
        // The wrapper may refuse it before the host.
        if let Ok(bytes) = bytes {
            assert!(matches!(refused(bytes), LoadError::Invalid(_)), "{part}");
        }
    }
    let raw = text(
        "(component (core module (memory 1 1 shared) (func (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))))",
    );
    assert!(matches!(refused(raw), LoadError::Invalid(_)));
}

#[test]
fn function_that_would_stall_compiler_is_refused() {
    // Under a megabyte of text, and one function.
    let body = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(40_000);
    let bytes = text(&format!(
        "(component (core module (func (local i32) {body})))"
    ));
    match refused(bytes) {
        LoadError::TooComplex { what, found, limit } => {
            assert_eq!(what.english(), "bytes in one function");
            assert!(found > limit);
        }
        other => panic!("{other}"),
    }
}

/// A component that takes the compiler half a minute, with optimisations: many nested blocks, with a branch out of each after a change
/// of another local. All locals are alive to the end.
fn compile_bomb() -> Vec<u8> {
    const MANY: usize = 500;
    let locals = "i32 ".repeat(MANY);
    let open = "(block ".repeat(MANY);
    let change =
        |local: usize| format!("(local.set {local} (i32.div_u (local.get {local}) (i32.const 1)))");
    let leave: String = (0..MANY)
        .map(|local| format!("{} (br_if {local} (local.get 0))", change(local)))
        .collect();
    let close = ")".repeat(MANY);
    let alive: String = (0..MANY).map(change).collect();
    text(&format!(
        "(component (core module (func (local {locals}) {open} {leave} {close} {alive})))"
    ))
}

#[test]
fn endless_compilation_is_given_up_in_own_process() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("compile-bomb.wasm");
    std::fs::write(&file, compile_bomb()).unwrap();
    let started = Instant::now();
    let ran = Command::new(auth_host())
        .args(["inspect", "--no-cache", "--load-within", "1"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(5));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(
        stderr.contains("refused: loading took longer than the 1 s of --load-within"),
        "{stderr}"
    );
    // Less than it takes without a limit, and enough for a busy machine.
    assert!(started.elapsed() < Duration::from_secs(20));
}

/// Another process compiled the plugins.
#[test]
fn host_without_a_compiler_loads_precompiled_plugins_only() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-elsewhere");
    let _ = std::fs::remove_dir_all(&folder);
    let careful = || {
        host()
            .cache_dir(&folder)
            .with(|options| options.compile = false)
            .build()
            .unwrap()
    };
    let before = careful().load(support::component()).unwrap_err();
    assert!(matches!(before, LoadError::NotCompiled), "{before}");
    let ran = Command::new(auth_host())
        .args(["inspect", "--load-within", "60", "--cache-dir"])
        .arg(&folder)
        .arg(support::component())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let plugin = careful().load(support::component()).unwrap();
    assert_eq!(plugin.load_timings().cache, CacheUse::Hit);
    let started = Instant::now();
    let bomb = careful().load(compile_bomb()).unwrap_err();
    assert!(matches!(bomb, LoadError::NotCompiled), "{bomb}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn component_multiplying_at_instantiation_is_refused() {
    let mut nested = "(component $c)".to_owned();
    for _ in 0..14 {
        nested = format!(
            "(component $c {nested} (instance (instantiate $c)) (instance (instantiate $c)))"
        );
    }
    let bytes = text(&format!("(component {nested} (instance (instantiate $c)))"));
    assert!(bytes.len() < 2_000);
    assert!(matches!(refused(bytes), LoadError::TooComplex { .. }));
}

#[test]
fn error_does_not_grow_with_its_cause() {
    let many = |item: &str| -> String {
        let one = |n: usize| item.replace('#', &n.to_string());
        (0..300).map(one).collect()
    };
    let imports = many("(import \"a:b/c#\" (instance))");
    let exports = many("(export \"a:b/c#\" (instance $i))");
    for (text, refusal) in [
        (imports, "the component imports"),
        (format!("(instance $i) {exports}"), "not a connector"),
    ] {
        let line = refused(self::text(&format!("(component {text})"))).to_string();
        assert!(line.starts_with(refusal), "{line}");
        assert!(line.contains("and 288 more"), "{line}");
    }
}

#[test]
fn unreadable_names_are_refused_and_not_shown() {
    let long = "x".repeat(2_000);
    for name in ["url=<a\\1b[2Jb\\0a>", &format!("a:b/{long}")] {
        for item in [
            format!("(import \"{name}\" (instance))"),
            format!("(instance $i) (export \"{name}\" (instance $i))"),
        ] {
            let error = refused(text(&format!("(component {item})")));
            assert!(matches!(error, LoadError::Invalid(_)), "{error}");
        }
    }
}

#[test]
fn a_file_beyond_the_limit_is_not_read() {
    let mut bytes = component("");
    bytes.resize(5 << 20, 0);
    assert!(matches!(refused(bytes), LoadError::TooLarge { .. }));
}
