//! Programs that keep the processors from sleeping while latency is measured.
//!
//! At 30 verifications a second the processors sleep between them. Each wakes up slower than it works, at every step
//! from thread to thread. That cost is the machine's: its sleep states, or the hypervisor's. A server with other work
//! does not have it. These programs run at idle priority, so any other program gets a processor at once.

use crate::work::{Result, as_text};
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Programs that spin, one for each processor, until this is dropped.
pub struct Awake(Vec<Child>);

impl Awake {
    /// Starts them with Linux's `chrt`; `None` if there is no such program, or if it refuses. The row is then not
    /// measured.
    pub fn start() -> Result<Option<Self>> {
        let own = std::env::current_exe().map_err(as_text)?;
        let processors = std::thread::available_parallelism().map_err(as_text)?.get();
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
        // One that may not take the priority ends at once, as far as the machine has time for it; [`Self::end`]
        // checks again.
        std::thread::sleep(Duration::from_millis(100));
        Ok(awake.all_run()?.then_some(awake))
    }

    /// Ends them, after a measurement.
    ///
    /// # Errors
    ///
    /// One had ended before: the processors slept during the measurement.
    pub fn end(mut self) -> Result {
        match self.all_run()? {
            true => Ok(()),
            false => Err(
                "a program that keeps a processor awake ended during the measurement, so its row is worth nothing. Run \
                 it again; without `chrt` the row is left out."
                    .to_owned(),
            ),
        }
    }

    fn all_run(&mut self) -> Result<bool> {
        for child in &mut self.0 {
            if child.try_wait().map_err(as_text)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_program_does_not_count() {
        let start = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdin(Stdio::piped());
            command.spawn().unwrap()
        };
        assert_eq!(Awake(vec![start("read line")]).end(), Ok(()));
        let mut ended = start("exit 1");
        ended.wait().unwrap();
        let error = Awake(vec![start("read line"), ended]).end().unwrap_err();
        assert!(error.contains("ended during the measurement"), "{error}");
    }
}
