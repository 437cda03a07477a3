//! Reports an acceptance without a request.

use crate::answers::{Ending, accepted};
use crate::scene::Scene;

pub fn run(_: &Scene) -> Ending {
    accepted("made up")
}
