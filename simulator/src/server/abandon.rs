//! The end of a connection instead of an answer.

/// Why a connection ends without an answer. hyper drops it when it sees this.
#[derive(Debug)]
pub struct Abandon;

impl std::fmt::Display for Abandon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is abandoned")
    }
}

impl std::error::Error for Abandon {}
