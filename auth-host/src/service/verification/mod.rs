//! Verifications: start, check, resend, cancel, and single messages.

mod begin;
mod check;
mod deliver;
mod message;
mod repeat;
mod request;
mod rules;
mod runner;
mod start;
mod views;

pub use check::{CheckRequest, Checked, cancel, check};
pub use deliver::{Delivery, Once, Order, deliver};
pub use message::{MessageRequest, send, verified};
pub use request::StartRequest;
pub use rules::{Caller, TRIES, check_usage, is_live};
pub(crate) use runner::{Carried, WRITING, carry_out};
pub use start::{resend, start};
pub use views::{Answer, MessageView, VerificationView, current, free_at, message_view, view};
