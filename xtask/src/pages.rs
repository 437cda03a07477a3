//! Addresses of the pages, in the text that `auth-host serve --dev` prints.
//!
//! It uses nothing else of this crate: `tests/service/demo_pages.rs` includes this file and reads a running service with
//! it.

/// Text that stands before an address, and the name of the page.
pub const PAGES: [(&str, &str); 3] = [
    ("console at ", "console"),
    ("sample sign-in at ", "sample sign-in"),
    ("codes arrive at ", "inbox"),
];

/// The name and the URL of the page that a line announces.
pub fn page(line: &str) -> Option<(&'static str, String)> {
    PAGES.into_iter().find_map(|(before, name)| {
        let (_, rest) = line.split_once(before)?;
        // A sentence may follow the URL.
        let url = rest.split_whitespace().next()?;
        Some((name, url.to_owned()))
    })
}
