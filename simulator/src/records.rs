//! Records of every number of every `SendSms` that reached the backend, for the actions that query the past.
//!
//! Keeps as many as the inbox and drops older ones. Texts are kept with their values hidden, as in the service.

use std::collections::VecDeque;

use crate::delivery::Receipt;

/// One number of one request. No `Debug`, since it holds the number.
#[derive(Clone)]
pub struct Record {
    /// `SmsSdkAppId`.
    pub app_id: String,
    /// E.164, or as given if it could not be parsed.
    pub to: String,
    /// Empty if it was refused.
    pub serial_no: String,
    /// `Ok` or the code.
    pub code: String,
    /// Country.
    pub iso_code: String,
    /// Text with its values hidden; empty if it was refused.
    pub content: String,
    /// Copy of the request's.
    pub session_context: String,
    /// Billed segments.
    pub fee: u32,
    /// Time in Unix milliseconds.
    pub time_ms: i64,
    /// The due time of the delivery report in Unix milliseconds, and the report.
    pub report: Option<(i64, Receipt)>,
    /// True if `PullSmsSendStatus` has returned the report.
    pub pulled: bool,
    /// True if the report was taken for the callback, whether or not the receiver accepted it.
    pub called_back: bool,
}

impl Record {
    /// The report, if it is due.
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

    /// The same, mutable.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.records.iter_mut()
    }
}
