//! Verifications: start, check, resend, cancel, and single messages.

mod begin;
mod check;
mod deliver;
mod message;
mod repeat;
mod rules;
mod start;
mod views;

pub use check::{CheckRequest, Checked, cancel, check};
pub use deliver::{Delivery, Once, Order, deliver};
pub use message::{MessageRequest, send, verified};
pub(crate) use repeat::{WRITING, outlast};
pub use rules::{Caller, TRIES, check_usage, is_live};
pub use start::{StartRequest, resend, start};
pub use views::{Answer, MessageView, VerificationView, current, free_at, message_view, view};
