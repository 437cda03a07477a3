//! Programs that keep the processors from sleeping while latency is measured.
//!
//! At 30 verifications a second the processors sleep between them. Each wakes up slower than it works, at every step
//! from thread to thread. That cost is the machine's: its sleep states, or the hypervisor's. A server with other work
//! does not have it. These programs run at idle priority, so any other program gets a processor at once.

use crate::work::{Result, told};
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Programs that spin, one for each processor, until this is dropped.
pub struct Awake(Vec<Child>);

impl Awake {
    /// Starts them with Linux's `chrt`; `None` if there is no such program, or if it refuses. The row is then not
    /// measured.
    pub fn start() -> Result<Option<Self>> {
        let own = std::env::current_exe().map_err(told)?;
        let processors = std::thread::available_parallelism().map_err(told)?.get();
        let mut awake = Self(Vec::new());
        for _ in 0..processors {
            let spinning = Command::new("chrt")
                .args(["--idle", "0"])
                .arg(&own)
                .arg("spin")
                .stdin(Stdio::piped())
                .spawn();
            match spinning {
                Ok(child) => awake.0.push(child),
                Err(_) => return Ok(None),
            }
        }
        // One that may not take the priority ends at once.
        std::thread::sleep(Duration::from_millis(100));
        for child in &mut awake.0 {
            if child.try_wait().map_err(told)?.is_some() {
                return Ok(None);
            }
        }
        Ok(Some(awake))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // It may have ended, and ends by itself when its input does.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The program: spins until its input ends, as it does when the benchmark ends in whatever way.
pub fn spin() -> Result {
    let waiting = std::thread::spawn(|| {
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input)
    });
    while !waiting.is_finished() {
        std::hint::spin_loop();
    }
    Ok(())
}
