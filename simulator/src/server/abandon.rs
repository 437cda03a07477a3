//! End of a connection without a response.

/// Error that ends a connection without a response. hyper drops the connection on it.
#[derive(Debug)]
pub struct Abandon;

impl std::fmt::Display for Abandon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is abandoned")
    }
}

impl std::error::Error for Abandon {}
