//! Verifications: start, check, resend, cancel, and single messages.

mod check;
mod message;
mod repeat;
mod rules;
mod start;
mod views;

pub use check::{CheckRequest, Checked, cancel, check};
pub use message::{MessageRequest, send, verified};
pub use rules::{Caller, check_usage};
pub use start::{StartRequest, resend, start};
pub use views::{Answer, MessageView, VerificationView, message_view, rfc3339, view};
