//! Leases of the messages that this process is sending.
//!
//! A message that is *sending* on the disk and leased by no process gets no outcome any more (`recovery`). The age of
//! its row is not a reliable sign: a machine may sleep, and its clock may jump.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The leases of one process, by the subject of a message: its verification, or itself (`Message::subject`).
#[derive(Clone, Default)]
pub struct Leases(Arc<Mutex<HashMap<String, usize>>>);

impl Leases {
    /// Takes a lease, before the message's row is written. Hold it until the outcome is on the disk.
    pub fn take(&self, subject: &str) -> Lease {
        *self.held().entry(subject.to_owned()).or_default() += 1;
        Lease {
            leases: self.clone(),
            subject: subject.to_owned(),
        }
    }

    /// Returns true if there is one.
    pub fn has(&self, subject: &str) -> bool {
        self.held().contains_key(subject)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease. It ends with the task that holds it, a panic included.
pub struct Lease {
    leases: Leases,
    subject: String,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = self.leases.held();
        // Two requests may ask for another code of one verification; the second is refused.
        match held.get_mut(&self.subject) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(held.remove(&self.subject)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_is_leased_until_its_last_lease_ends() {
        let leases = Leases::default();
        let first = leases.take("v_1");
        let second = leases.take("v_1");
        drop(first);
        assert!(leases.has("v_1"));
        assert!(!leases.has("v_2"));
        drop(second);
        assert!(!leases.has("v_1"));
    }

    #[test]
    fn lease_ends_with_a_task_that_panics() {
        let leases = Leases::default();
        let lease = leases.take("v_1");
        let ended = std::thread::spawn(move || {
            let _lease = lease;
            panic!("as a test wants it");
        });
        assert!(ended.join().is_err());
        assert!(!leases.has("v_1"));
    }
}
