//! Every attack again, several times, in a process of its own: what it holds afterwards is what it held before.

use super::arena::{Arena, polite};
use crate::support::hostile;
use std::process::Command;
use std::time::Duration;

/// Says that this process is the one that is measured.
const MEASURED: &str = "HOSTILE_MEASURED";
const ROUNDS: usize = 5;
/// How much more memory there may be after the rounds. On a busy machine up to 28 MiB stayed from one round to the next,
/// of buffers and of the test's own server, and did not become more; what one attack may hold, 8 MiB, would be 40 MiB
/// if it were left behind in every round.
const SLACK: usize = 32 << 20;

#[test]
#[cfg(target_os = "linux")]
fn attacks_leave_no_file_no_thread_no_task_and_no_memory_behind() {
    if std::env::var_os(MEASURED).is_some() {
        return measured();
    }
    let name = "sandbox::leaks::attacks_leave_no_file_no_thread_no_task_and_no_memory_behind";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(MEASURED, "1")
        // What glibc would keep of freed blocks of megabytes, at some times and not at others.
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .env("MALLOC_TRIM_THRESHOLD_", "131072")
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The attacks, by the names of their files.
pub fn attacks() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/hostile/src/attacks");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            path.file_stem()
                .unwrap()
                .to_string_lossy()
                .replace('_', "-")
        })
        .collect();
    names.sort();
    names
}

fn measured() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let quick_to_close = |limits: &mut auth_connector_host::Limits| {
            limits.idle_timeout = Duration::from_millis(100);
        };
        let arena = Arena::with(hostile(), quick_to_close, polite);
        round(&arena).await;
        let before = Held::now().settled(None).await;
        // What an attack held may go back to the system a round later. A leak would be in every round, so the least
        // that was resident after one of them counts.
        let mut resident = usize::MAX;
        for _ in 0..ROUNDS {
            round(&arena).await;
            resident = resident.min(Held::now().resident);
        }
        let after = Held::now().settled(Some(&before)).await;
        let resident = resident.min(after.resident);
        println!("before {before:?}, after {after:?}, at least {resident} resident");
        assert!(after.files <= before.files, "{before:?} {after:?}");
        assert!(after.threads <= before.threads, "{before:?} {after:?}");
        assert!(after.tasks <= before.tasks, "{before:?} {after:?}");
        assert!(resident < before.resident + SLACK, "{before:?} {resident}");
    });
}

async fn round(arena: &Arena) {
    for attack in attacks() {
        let _ = arena.run(&attack).await;
    }
}

/// What the process holds.
#[derive(Debug)]
struct Held {
    files: usize,
    threads: usize,
    tasks: usize,
    resident: usize,
}

impl Held {
    fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let resident: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            files: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks(),
            resident: resident * 4096,
        }
    }

    /// As soon as it is no more than it was, or when it does not get better for a while: connections take a moment
    /// to close, and threads that waited for work end after ten seconds.
    async fn settled(mut self, before: Option<&Self>) -> Self {
        for _ in 0..150 {
            let fine = before.is_some_and(|before| {
                self.files <= before.files
                    && self.threads <= before.threads
                    && self.tasks <= before.tasks
            });
            if fine {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = Self::now();
            let quiet = before.is_none() && now.tasks == 0;
            self = now;
            if quiet {
                break;
            }
        }
        self
    }
}
