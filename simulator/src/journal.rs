//! Journal: each API request, the results of its verification, and its response.
//!
//! No entry has secrets: numbers and keys are masked. In the canonical request and the string to sign, descriptions
//! replace the hashes. A hash of a body whose only unknown is a six-digit code can be reversed by trying all codes.

use std::collections::VecDeque;

use serde::Serialize;

/// Maximum of characters in each text of an entry.
const TEXT_LIMIT: usize = 8 * 1024;

/// Maximum of characters in one line of `detail`.
const LINE_LIMIT: usize = 1024;

/// Maximum of lines in `detail`.
const LINES_LIMIT: usize = 200;

/// Lines at the end of `detail` that are kept: those about the whole message come after those about each number.
const LAST_LINES: usize = 20;

/// Maximum of recipients: as many numbers as one `SendSms` may have.
pub const RECIPIENTS_LIMIT: usize = 200;

/// One request that reached the simulator's API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// Counts requests, from 1; never reused.
    pub sequence: u64,
    /// Time on the simulator's clock, in Unix milliseconds.
    pub time_unix_ms: i64,
    /// `X-TC-Action`, if it names an action of the service.
    pub action: Option<String>,
    /// `Ok`, or the code of the refusal: of the request, else of the first number that was refused. Empty if a fault
    /// kept the request from being processed.
    pub verdict: String,
    /// `RequestId` of the response; empty if there was none.
    pub request_id: String,
    /// The SecretId, masked: `AKID****MPLE`.
    pub credential: Option<String>,
    /// The account that the key belongs to, by its name in the catalogue.
    pub account: Option<String>,
    /// The verdict on its signature; `None` if a check before it failed.
    pub signature: Option<SignatureVerdict>,
    /// The canonical request, with a description of the payload's hash.
    pub canonical_request: Option<String>,
    /// The string to sign, with a description of the hash.
    pub string_to_sign: Option<String>,
    /// True if the headers and the whole body arrived.
    pub complete: bool,
    /// Bytes of the body that arrived.
    pub body_bytes: usize,
    /// Each recipient, masked, with its own verdict, which is empty when a fault kept the request from being
    /// processed.
    pub recipients: Vec<RecipientVerdict>,
    /// Hints for a developer: the rule that was broken, the likeliest cause.
    pub detail: Vec<String>,
    /// The fault that was injected, by its name.
    pub fault: Option<String>,
}

impl JournalEntry {
    /// The same, with what a client sent cut to the limits of an entry.
    pub fn bounded(mut self) -> Self {
        for text in [&mut self.canonical_request, &mut self.string_to_sign] {
            text.iter_mut().for_each(|text| shorten(text, TEXT_LIMIT));
        }
        shorten_lines(&mut self.detail);
        for line in &mut self.detail {
            shorten(line, LINE_LIMIT);
        }
        self.recipients.truncate(RECIPIENTS_LIMIT);
        self
    }
}

/// Replaces the middle of too many lines by one that counts them.
fn shorten_lines(lines: &mut Vec<String>) {
    if lines.len() > LINES_LIMIT {
        let middle = LINES_LIMIT - LAST_LINES - 1..lines.len() - LAST_LINES;
        let mark = format!("… and {} lines more", middle.len());
        lines.splice(middle, [mark]);
    }
}

/// Cuts a text to so many characters, and says so.
fn shorten(text: &mut String, most: usize) {
    if let Some((end, _)) = text.char_indices().nth(most) {
        let rest = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("… and {rest} bytes more"));
    }
}

/// Verdict on the signature of a request, key and token included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureVerdict {
    /// The service would accept it.
    Right,
    /// The service would refuse it; a lenient simulator did not.
    Overlooked,
    /// Refused.
    Refused,
}

/// Verdict on one recipient of a `SendSms`.
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

    /// A journal without entries that continues the sequence.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_limit_are_left_out_of_middle() {
        for (count, left_out) in [(0, None), (LINES_LIMIT, None), (LINES_LIMIT + 1, Some(2))] {
            let detail: Vec<String> = (0..count).map(|line| line.to_string()).collect();
            let entry = JournalEntry {
                detail: detail.clone(),
                ..JournalEntry::default()
            };
            let kept = entry.bounded().detail;
            assert!(kept.len() <= LINES_LIMIT);
            assert_eq!((kept.first(), kept.last()), (detail.first(), detail.last()));
            let mark = left_out.map(|lines: usize| format!("… and {lines} lines more"));
            let found = kept.into_iter().find(|line| line.contains('…'));
            assert_eq!(found, mark);
        }
    }
}
