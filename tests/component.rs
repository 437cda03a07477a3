//! What the release component may do and how large it is: read from the file, before a line of it runs.

use crate::support::{component, host, load};

/// Everything that it can ask a host for. This list is the README's.
const IMPORTS: [&str; 7] = [
    "wasi:clocks/monotonic-clock@0.2.6",
    "wasi:clocks/wall-clock@0.2.6",
    "wasi:http/outgoing-handler@0.2.6",
    "wasi:http/types@0.2.6",
    "wasi:io/error@0.2.6",
    "wasi:io/poll@0.2.6",
    "wasi:io/streams@0.2.6",
];

/// The largest that the release component may be, in bytes.
const MAX_BYTES: u64 = 160_000;

#[test]
fn it_imports_http_io_and_clocks_of_one_version_and_nothing_else() {
    assert_eq!(load(host()).description().imports, IMPORTS);
}

#[test]
fn it_exports_both_interfaces_of_the_contract() {
    assert_eq!(
        load(host()).description().exports,
        [
            "auth:connector/sms-operations@0.1.0",
            "auth:connector/sms@0.1.0"
        ]
    );
}

#[test]
fn it_is_no_larger_than_promised() {
    let size = std::fs::metadata(component()).unwrap().len();
    assert!(size <= MAX_BYTES, "{size} bytes, {MAX_BYTES} are promised");
}
