//! Returns a receipt of four million characters.

use crate::answers::{Ending, accepted};
use crate::scene::Scene;

pub fn run(_: &Scene) -> Ending {
    accepted("m".repeat(4_000_000))
}
