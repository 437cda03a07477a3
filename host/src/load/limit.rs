//! Limits that a manifest may ask for.

use crate::limits::Limits;
use std::time::Duration;

/// A limit that a manifest may ask for. The host's other limits are about all plugins together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::call_timeout`], in milliseconds.
    CallTimeout,
    /// [`Limits::compute`], in milliseconds.
    Compute,
    /// [`Limits::memory_bytes`].
    Memory,
    /// [`Limits::table_elements`].
    TableElements,
    /// [`Limits::handles`].
    Handles,
    /// [`Limits::requests`].
    Requests,
    /// [`Limits::request_body_bytes`].
    RequestBody,
    /// [`Limits::response_body_bytes`].
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

    /// Its value, in the key's unit.
    pub fn of(self, limits: &Limits) -> u64 {
        let wide = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::CallTimeout => millis(limits.call_timeout),
            Self::Compute => millis(limits.compute),
            Self::Memory => wide(limits.memory_bytes),
            Self::TableElements => wide(limits.table_elements),
            Self::Handles => wide(limits.handles),
            Self::Requests => limits.requests.into(),
            Self::RequestBody => limits.request_body_bytes,
            Self::ResponseBody => limits.response_body_bytes,
        }
    }

    /// Lowers it, and never raises it.
    pub(super) fn lower(self, limits: &mut Limits, to: u64) {
        if to >= self.of(limits) {
            return;
        }
        let narrow = || usize::try_from(to).unwrap_or(usize::MAX);
        match self {
            Self::CallTimeout => limits.call_timeout = Duration::from_millis(to),
            Self::Compute => limits.compute = Duration::from_millis(to),
            Self::Memory => limits.memory_bytes = narrow(),
            Self::TableElements => limits.table_elements = narrow(),
            Self::Handles => limits.handles = narrow(),
            Self::Requests => limits.requests = u32::try_from(to).unwrap_or(u32::MAX),
            Self::RequestBody => limits.request_body_bytes = to,
            Self::ResponseBody => limits.response_body_bytes = to,
        }
    }
}
