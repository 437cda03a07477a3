//! An auth host built on auth-connector-host: inspect, validate, preview and send.
fn main() {}
