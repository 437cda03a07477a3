//! Limits that a manifest may ask for.

use std::collections::BTreeMap;

/// A limit that a manifest may ask for. A host's other limits are about all plugins together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// The longest a call may take, in milliseconds.
    CallTimeout,
    /// How long it may compute, in milliseconds.
    Compute,
    /// Linear memory, in bytes.
    Memory,
    /// Elements of each table.
    TableElements,
    /// Handles that it may hold: requests, bodies, streams, pollables, fields.
    Handles,
    /// HTTP requests.
    Requests,
    /// Bytes of each request body.
    RequestBody,
    /// Bytes of each response body.
    ResponseBody,
}

impl Limit {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::CallTimeout,
        Self::Compute,
        Self::Memory,
        Self::TableElements,
        Self::Handles,
        Self::Requests,
        Self::RequestBody,
        Self::ResponseBody,
    ];

    /// Its key in a manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallTimeout => "callTimeoutMs",
            Self::Compute => "computeMs",
            Self::Memory => "memoryBytes",
            Self::TableElements => "tableElements",
            Self::Handles => "handles",
            Self::Requests => "requests",
            Self::RequestBody => "requestBodyBytes",
            Self::ResponseBody => "responseBodyBytes",
        }
    }

    /// The limit of a key.
    pub fn named(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.as_str() == key)
    }
}

/// The most that calls may use of each limit, in the unit of its key. One that is not named has no cap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps(BTreeMap<Limit, u64>);

impl Caps {
    /// The cap on a limit.
    pub fn of(&self, limit: Limit) -> u64 {
        self.0.get(&limit).copied().unwrap_or(u64::MAX)
    }

    /// Lowers the cap on a limit, and never raises it.
    pub fn lower(&mut self, limit: Limit, to: u64) {
        let cap = self.0.entry(limit).or_insert(to);
        *cap = to.min(*cap);
    }
}

impl FromIterator<(Limit, u64)> for Caps {
    fn from_iter<I: IntoIterator<Item = (Limit, u64)>>(caps: I) -> Self {
        Self(caps.into_iter().collect())
    }
}
