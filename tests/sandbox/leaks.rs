//! Every attack again, several times, in a separate process: checks its memory during the attacks, and that nothing is
//! left afterwards.

use super::arena::{Arena, attacks, polite};
use crate::support::{alone, hostile};
use std::time::Duration;

const ROUNDS: usize = 5;
/// Allowed growth of the heap, and of other memory, after the rounds, which are some 1,000 calls: a buffer or two of
/// the neighbour's kept connections. Usually there is none.
const HEAP_AFTER: usize = 256 << 10;
const MAPPED_AFTER: usize = 2 << 20;
/// Allowed growth of the host's heap during a call, without the guest's own memory: data behind handles, under 2 MiB,
/// and data that crosses the boundary, 2 MiB at once, or lists of that.
const HEAP_MEANWHILE: usize = 6 << 20;

/// No file, thread, task or memory is left.
#[test]
fn attacks_hold_little_and_leave_nothing_behind() {
    if alone("sandbox::leaks::attacks_hold_little_and_leave_nothing_behind") {
        measured();
    }
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
        // Twice: some buffers, such as those of a kept connection, are only made in the second round.
        for _ in 0..2 {
            round(&arena).await;
        }
        let before = Held::now().settled(None).await;
        let mut most = Vec::new();
        for _ in 0..ROUNDS {
            most.extend(round(&arena).await);
        }
        let after = Held::now().settled(Some(&before)).await;
        println!("before {before:?}, after {after:?}");
        most.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        let most = most.first().unwrap();
        println!("the most on the heap during one: {most:?}");
        assert!(most.1 < HEAP_MEANWHILE, "{most:?}");
        assert!(after.files <= before.files, "{before:?} {after:?}");
        assert!(after.threads <= before.threads, "{before:?} {after:?}");
        assert!(after.tasks <= before.tasks, "{before:?} {after:?}");
        assert!(
            after.heap < before.heap + HEAP_AFTER,
            "{before:?} {after:?}"
        );
        assert!(
            after.mapped < before.mapped + MAPPED_AFTER,
            "{before:?} {after:?}"
        );
    });
}

/// Runs every attack once. Returns the peak of the heap during each, above its size before.
async fn round(arena: &Arena) -> Vec<(String, usize)> {
    let mut most = Vec::new();
    for attack in attacks() {
        let before = crate::HEAP.current_usage();
        crate::HEAP.reset_peak_usage();
        let _ = arena.run(&attack).await;
        let peak = crate::HEAP.peak_usage();
        most.push((attack, peak.saturating_sub(before)));
    }
    arena.forget().await;
    most
}

/// Resources of the process.
#[derive(Debug)]
struct Held {
    files: usize,
    threads: usize,
    tasks: usize,
    /// Bytes that were allocated and not freed. The resident size of the heap would be less precise: freed memory stays
    /// with the process if a small allocation follows it.
    heap: usize,
    /// Resident bytes of everything else: instances, stacks, compiled code, the binary.
    mapped: usize,
}

impl Held {
    fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
        Self {
            files: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks(),
            heap: crate::HEAP.current_usage(),
            mapped: mapped(),
        }
    }

    /// Waits until the resources are back at their level before, or for a limited time: connections take a moment to
    /// close, and threads that waited for work end after ten seconds.
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

fn mapped() -> usize {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut kilobytes = 0;
    let mut of_heap = false;
    for line in maps.lines() {
        if let Some(resident) = line.strip_prefix("Rss:") {
            let resident: usize = resident.trim().trim_end_matches(" kB").parse().unwrap();
            kilobytes += if of_heap { 0 } else { resident };
        } else if line
            .split(' ')
            .next()
            .is_some_and(|first| first.contains('-'))
        {
            of_heap = line.ends_with("[heap]");
        }
    }
    kilobytes << 10
}
