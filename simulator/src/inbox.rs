//! Inbox: every accepted message, as the phone would show it.
//!
//! Only the inbox shows whole numbers and codes, because that is its purpose. It keeps the newest messages up to the
//! retention and drops older ones.

use std::collections::VecDeque;
use std::fmt;

use serde::Serialize;

use crate::catalogue::TemplateKind;
use crate::mask;

/// One accepted message.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Counts accepted messages, from 1; never reused.
    pub sequence: u64,
    /// The request that contained it: `sequence` of its entry in the journal.
    pub request: u64,
    /// The recipient, E.164.
    pub to: String,
    /// The text with its signature, as the phone shows it.
    pub text: String,
    /// `SmsSdkAppId`.
    pub app_id: String,
    /// `TemplateId`.
    pub template_id: String,
    /// `SignName` as it was given.
    pub sign: String,
    /// `TemplateParamSet`.
    pub params: Vec<String>,
    /// `SerialNo` of the answer.
    pub serial_no: String,
    /// Time of acceptance, on the simulator's clock, in Unix milliseconds.
    pub time_unix_ms: i64,
    /// Billed segments, the `Fee`.
    pub segments: u32,
    /// Country of the recipient.
    pub iso_code: String,
    /// `SessionContext`.
    pub session_context: String,
    /// `ExtendCode`.
    pub extend_code: String,
    /// `SenderId`.
    pub sender_id: String,
    /// Purpose of its template.
    #[serde(skip)]
    pub kind: TemplateKind,
}

impl Message {
    /// The verification code: the longest parameter of a verification template, and the first of several. Minutes are
    /// shorter than a code, wherever they are.
    pub fn otp(&self) -> Option<&str> {
        if self.kind != TemplateKind::Otp {
            return None;
        }
        let longest = self.params.iter().rev().max_by_key(|param| param.len())?;
        (!longest.is_empty()).then_some(longest.as_str())
    }
}

impl fmt::Debug for Message {
    /// Omits number, text and parameters: debug output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("sequence", &self.sequence)
            .field("to", &mask::phone_number(&self.to))
            .field("template_id", &self.template_id)
            .field("serial_no", &self.serial_no)
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}

/// The newest messages.
#[derive(Debug)]
pub struct Inbox {
    messages: VecDeque<Message>,
    retention: usize,
}

impl Inbox {
    /// An inbox that keeps this many messages.
    pub fn new(retention: usize) -> Self {
        Self {
            messages: VecDeque::new(),
            retention,
        }
    }

    /// Adds a message and drops the oldest beyond the retention.
    pub fn push(&mut self, message: Message) {
        self.messages.push_back(message);
        while self.messages.len() > self.retention {
            self.messages.pop_front();
        }
    }

    /// From the oldest to the newest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.messages.iter()
    }

    /// Removes the messages to one number, or all of them, and returns how many there were.
    pub fn clear(&mut self, to: Option<&str>) -> usize {
        let before = self.messages.len();
        match to {
            Some(to) => self.messages.retain(|m| m.to != to),
            None => self.messages.clear(),
        }
        before - self.messages.len()
    }
}
