//! Returns a text that is not UTF-8.

use crate::answers::{Ending, accepted};
use crate::scene::Scene;
use alloc::string::String;
use alloc::vec;

pub fn run(_: &Scene) -> Ending {
    // SAFETY: there is none; the host must detect it.
    accepted(unsafe { String::from_utf8_unchecked(vec![b'm', 0xff, 0xfe]) })
}
