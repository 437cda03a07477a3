//! Imports of the release component, read from its file before it runs.

use crate::support::{host, load};

/// Everything that it may import. The README has the same list.
const IMPORTS: [&str; 7] = [
    "wasi:clocks/monotonic-clock@0.2.6",
    "wasi:clocks/wall-clock@0.2.6",
    "wasi:http/outgoing-handler@0.2.6",
    "wasi:http/types@0.2.6",
    "wasi:io/error@0.2.6",
    "wasi:io/poll@0.2.6",
    "wasi:io/streams@0.2.6",
];

#[test]
fn it_imports_http_io_and_clocks_only() {
    assert_eq!(load(host()).description().imports, IMPORTS);
}

#[test]
fn it_exports_the_three_interfaces() {
    assert_eq!(
        load(host()).description().exports,
        [
            "auth:connector/sms-operations@0.1.0",
            "auth:connector/sms-receipts@0.1.0",
            "auth:connector/sms@0.1.0"
        ]
    );
}
