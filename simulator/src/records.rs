//! Records of every number of every `SendSms` that reached the backend, for the actions that query the past.
//!
//! Keeps as many as the inbox and drops older ones, except those whose delivery report is still to come. Texts are kept
//! with their values hidden, as in the service.

use std::collections::VecDeque;

use crate::delivery::Receipt;

/// Maximum of records with a report to come, as a multiple of the retention, and at least.
const WAITING_FACTOR: usize = 10;
const WAITING_LEAST: usize = 1000;

/// One number of one request. No `Debug`, since it holds the number.
#[derive(Clone)]
pub struct Record {
    /// `SmsSdkAppId`.
    pub app_id: String,
    /// E.164; empty if it could not be parsed.
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
    /// True if reports are posted to a callback.
    pub has_callback: bool,
    records: VecDeque<Record>,
    retention: usize,
}

impl Records {
    /// Capacity for this many.
    pub fn new(retention: usize) -> Self {
        Self {
            has_callback: false,
            records: VecDeque::new(),
            retention,
        }
    }

    /// No records, with the same settings.
    pub fn emptied(self) -> Self {
        Self {
            records: VecDeque::new(),
            ..self
        }
    }

    /// Adds one and drops the oldest beyond the retention. One whose report is still to come stays, with those after it,
    /// unless there are too many. Returns how many reports were dropped before they came.
    pub fn push(&mut self, record: Record, now_ms: i64) -> u64 {
        self.records.push_back(record);
        let most = WAITING_LEAST.max(self.retention.saturating_mul(WAITING_FACTOR));
        let mut dropped = 0;
        while self.records.len() > self.retention
            && let Some(oldest) = self.records.front()
        {
            let is_waiting = self.is_waiting(oldest, now_ms);
            if is_waiting && self.records.len() <= most {
                break;
            }
            dropped += u64::from(is_waiting);
            self.records.pop_front();
        }
        dropped
    }

    /// Returns true if the report is still to come: to the callback if there is one, else to be pulled.
    fn is_waiting(&self, record: &Record, now_ms: i64) -> bool {
        match record.report {
            None => false,
            Some(_) if self.has_callback => !record.called_back,
            Some((due_ms, _)) => due_ms > now_ms,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery;

    fn due_at(due_ms: i64) -> Record {
        Record {
            app_id: String::new(),
            to: String::new(),
            serial_no: String::new(),
            code: "Ok".to_owned(),
            iso_code: String::new(),
            content: String::new(),
            session_context: String::new(),
            fee: 0,
            time_ms: 0,
            report: delivery::receipt("+8613800138000").map(|receipt| (due_ms, receipt)),
            pulled: false,
            called_back: false,
        }
    }

    #[test]
    fn record_goes_when_its_report_came() {
        let mut records = Records::new(1);
        for _ in 0..3 {
            assert_eq!(records.push(due_at(5), 0), 0);
        }
        assert_eq!(records.iter().count(), 3);
        records.push(due_at(5), 5);
        assert_eq!(records.iter().count(), 1);
    }

    #[test]
    fn reports_beyond_the_bound_are_counted() {
        let mut records = Records::new(1);
        records.has_callback = true;
        let dropped: u64 = (0..WAITING_LEAST + 2)
            .map(|_| records.push(due_at(0), 5))
            .sum();
        assert_eq!((records.iter().count(), dropped), (WAITING_LEAST, 2));
    }
}
