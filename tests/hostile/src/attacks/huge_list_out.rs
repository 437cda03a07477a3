//! Returns a receipt of 100,000 attributes. Each is empty, so that the list is small in the guest and large in the
//! host.

use crate::answers::{Ending, accepted};
use crate::scene::Scene;
use alloc::string::String;
use alloc::vec;

pub fn run(_: &Scene) -> Ending {
    accepted("m").map(|mut receipt| {
        receipt.attributes = vec![(String::new(), String::new()); 100_000];
        receipt
    })
}
