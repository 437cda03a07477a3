//! Bounds on the number of connections, for each owner and for the host.
//!
//! A connection counts from its first packet until its socket is closed, whether it is being made, in use or idle.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// The party that connections belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    /// None where a call has no tenant, or where tenants share their connections.
    pub(crate) tenant: Option<Arc<str>>,
    /// The SHA-256 of the plugin, in hexadecimal.
    pub(crate) plugin: Arc<str>,
}

/// A party whose request needs a connection, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    pub(crate) owner: Arc<Owner>,
    /// True if each of its requests has a connection of its own.
    pub(crate) is_never_kept: bool,
}

/// The connections of a host, counted.
#[derive(Clone)]
pub(super) struct Slots(Arc<Inner>);

struct Inner {
    /// The most for all owners together, and for each.
    most: usize,
    most_each: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    each: HashMap<Arc<Owner>, usize>,
}

/// A bound that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    Owner,
    Host,
}

/// One connection. It is given back when it is dropped.
pub(crate) struct Slot {
    slots: Slots,
    owner: Arc<Owner>,
}

impl Slots {
    pub(super) fn new(most: usize, most_each: usize) -> Self {
        Self(Arc::new(Inner {
            most,
            most_each,
            taken: Mutex::default(),
        }))
    }

    /// One connection more for an owner.
    pub(super) fn take(&self, owner: &Arc<Owner>) -> Result<Slot, Full> {
        let mut taken = self.0.taken.lock();
        if taken
            .each
            .get(owner)
            .is_some_and(|each| *each >= self.0.most_each)
        {
            return Err(Full::Owner);
        }
        if taken.all >= self.0.most {
            return Err(Full::Host);
        }
        taken.all += 1;
        *taken.each.entry(owner.clone()).or_default() += 1;
        Ok(Slot {
            slots: self.clone(),
            owner: owner.clone(),
        })
    }

    /// One more where there is plenty: a second attempt beside the first one may take no more than half of what there
    /// is for all.
    pub(super) fn take_extra(&self, owner: &Arc<Owner>) -> Option<Slot> {
        if self.0.taken.lock().all >= self.0.most / 2 {
            return None;
        }
        self.take(owner).ok()
    }

    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        self.0.taken.lock().all
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.0.taken.lock();
        taken.all = taken.all.saturating_sub(1);
        if let Some(each) = taken.each.get_mut(&self.owner) {
            *each = each.saturating_sub(1);
            if *each == 0 {
                taken.each.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(tenant: &str) -> Arc<Owner> {
        Arc::new(Owner {
            tenant: Some(Arc::from(tenant)),
            plugin: Arc::from("p"),
        })
    }

    #[test]
    fn slots_are_bounded_per_owner_and_overall() {
        let slots = Slots::new(3, 2);
        let (a, b) = (owner("a"), owner("b"));
        let held = [slots.take(&a), slots.take(&a)];
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(slots.take(&a).err(), Some(Full::Owner));
        let third = slots.take(&b);
        assert_eq!(slots.take(&b).err(), Some(Full::Host));
        drop(third);
        assert!(slots.take(&b).is_ok(), "given back");
        drop(held);
        assert_eq!(slots.taken(), 0);
        assert!(
            slots.0.taken.lock().each.is_empty(),
            "no owner is remembered"
        );
    }

    #[test]
    fn extra_slots_leave_half_of_all() {
        let slots = Slots::new(4, 4);
        let one = owner("a");
        let held = [slots.take_extra(&one), slots.take_extra(&one)];
        assert!(held.iter().all(Option::is_some));
        assert!(slots.take_extra(&one).is_none());
        assert!(slots.take(&one).is_ok());
    }
}
