//! Records of every number of every `SendSms` that reached the backend, for the actions that look back.
//!
//! Keeps as many as the inbox and drops the oldest beyond. Texts are kept with their values hidden, as the
//! service keeps them.

use std::collections::VecDeque;

use crate::delivery::Receipt;

/// One number of one request. No `Debug`, since it holds the number.
#[derive(Clone)]
pub struct Record {
    /// `SmsSdkAppId`.
    pub app_id: String,
    /// E.164, or as given when it was not understood.
    pub to: String,
    /// Empty when it was refused.
    pub serial_no: String,
    /// `Ok` or the code.
    pub code: String,
    /// Country.
    pub iso_code: String,
    /// Text with its values hidden; empty when it was refused.
    pub content: String,
    /// Echo of the request's.
    pub session_context: String,
    /// Billed segments.
    pub fee: u32,
    /// When, in Unix milliseconds.
    pub time_ms: i64,
    /// What the carrier will say, and when.
    pub report: Option<(i64, Receipt)>,
    /// Whether the queue of reports has handed it out.
    pub pulled: bool,
    /// Whether the callback got it.
    pub called_back: bool,
}

impl Record {
    /// The report, if it has come by now.
    pub fn reported(&self, now_ms: i64) -> Option<(i64, Receipt)> {
        self.report.filter(|(due_ms, _)| *due_ms <= now_ms)
    }
}

/// The newest records.
pub struct Records {
    records: VecDeque<Record>,
    retention: usize,
}

impl Records {
    /// Capacity for this many.
    pub fn new(retention: usize) -> Self {
        Self {
            records: VecDeque::new(),
            retention,
        }
    }

    /// Adds one and drops the oldest beyond the retention.
    pub fn push(&mut self, record: Record) {
        self.records.push_back(record);
        while self.records.len() > self.retention {
            self.records.pop_front();
        }
    }

    /// From the oldest to the newest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.iter()
    }

    /// The same, to be marked.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.records.iter_mut()
    }
}
