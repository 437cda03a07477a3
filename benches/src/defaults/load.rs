//! A machine that has other things to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Threads that compute without a pause, one for each core, until this is dropped. They compete as another
/// process's would.
pub struct Busy(Arc<AtomicBool>);

impl Busy {
    /// Begins, if asked to.
    pub fn start(wanted: bool) -> Self {
        let over = Arc::new(AtomicBool::new(!wanted));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        for _ in 0..cores {
            let over = over.clone();
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(over)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What to call both.
pub fn named(busy: bool) -> String {
    if busy { "busy" } else { "quiet" }.to_owned()
}
