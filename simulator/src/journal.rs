//! The journal: what each API request asked, what was verified, and how it was answered.
//!
//! Fit to be shown to anybody: numbers and keys are masked, and of canonical request and string to sign the
//! hashes are replaced by a description, because a hash of a body whose only unknown is a six-digit code
//! can be reversed by trying them all.

use std::collections::VecDeque;

use serde::Serialize;

/// One request that reached the simulator's API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// Counts requests, from 1; never reused.
    pub sequence: u64,
    /// When, on the simulator's clock, in Unix milliseconds.
    pub time_unix_ms: i64,
    /// What `X-TC-Action` held, if it names an action of the service.
    pub action: Option<String>,
    /// `Ok`, or the code of the refusal: of the request, else of the first number that was refused. Empty
    /// when a fault kept the request from being processed.
    pub verdict: String,
    /// `RequestId` of the answer; empty when there was none.
    pub request_id: String,
    /// The SecretId, masked: `AKID****MPLE`.
    pub credential: Option<String>,
    /// The account that the key belongs to, by its name in the catalogue.
    pub account: Option<String>,
    /// How its signature fared; `None` when no check came that far.
    pub signature: Option<SignatureVerdict>,
    /// What the simulator hashed, with the payload's hash described instead of shown.
    pub canonical_request: Option<String>,
    /// What the simulator signed, with the hash described instead of shown.
    pub string_to_sign: Option<String>,
    /// Whether headers and whole body arrived.
    pub complete: bool,
    /// How many bytes of body arrived.
    pub body_bytes: usize,
    /// Each recipient, masked, with its own verdict, which is empty when a fault kept the request from being
    /// processed.
    pub recipients: Vec<RecipientVerdict>,
    /// What a developer should know: the rule that was broken, the likeliest cause.
    pub detail: Vec<String>,
    /// The fault that was injected, by its name.
    pub fault: Option<String>,
}

/// How the signature of a request fared, key and token included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureVerdict {
    /// As the service would verify it.
    Right,
    /// The service would refuse it; a lenient simulator did not.
    Overlooked,
    /// Refused.
    Refused,
}

/// How one recipient of a `SendSms` fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecipientVerdict {
    /// Masked: `+86138****8000`.
    pub number: String,
    /// `Ok` or the code.
    pub verdict: String,
}

/// The newest entries.
#[derive(Debug)]
pub struct Journal {
    entries: VecDeque<JournalEntry>,
    retention: usize,
    count: u64,
}

impl Journal {
    /// A journal that keeps this many entries.
    pub fn new(retention: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            retention,
            count: 0,
        }
    }

    /// A journal without entries that goes on counting.
    pub fn emptied(self) -> Self {
        Self {
            count: self.count,
            ..Self::new(self.retention)
        }
    }

    /// The number that the next entry gets.
    pub fn next_sequence(&self) -> u64 {
        self.count + 1
    }

    /// Numbers and adds an entry, and drops the oldest beyond the retention. Returns the number.
    pub fn push(&mut self, mut entry: JournalEntry) -> u64 {
        self.count = self.next_sequence();
        entry.sequence = self.count;
        self.entries.push_back(entry);
        while self.entries.len() > self.retention {
            self.entries.pop_front();
        }
        self.count
    }

    /// From the oldest to the newest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &JournalEntry> + ExactSizeIterator {
        self.entries.iter()
    }
}
