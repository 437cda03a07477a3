//! Webhooks of auth platforms: what each posts, what it is answered, and what reaches the provider.
//!
//! | file | what it holds the service to |
//! |---|---|
//! | `platforms` | requests and signatures of each platform, made here and not by the product |
//! | `answers` | each row of the table of answers, for each platform |
//! | `retries` | requests that come again |
//! | `messages` | types, languages, codes and numbers |
//! | `receipts` | what providers call back, and what they are told |
//! | `events` | what a tenant is told |
//! | `twilio` | Twilio Verify's shape |

mod answers;
mod events;
mod messages;
pub(super) mod platforms;
mod receipts;
mod retries;
mod twilio;
