//! The commands of the README: demo, test.
fn main() {}
