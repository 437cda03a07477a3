//! Webhooks of auth platforms: the requests of each, their responses, and the messages at the provider.
//!
//! | file | subject of its tests |
//! |---|---|
//! | `platforms` | requests and signatures of each platform, made here and not by the product |
//! | `answers` | each row of the table of responses, for each platform |
//! | `retries` | repeated requests |
//! | `messages` | types, languages, codes and numbers |
//! | `receipts` | callbacks of providers, and conversions reported to them |
//! | `events` | events posted to a tenant |
//! | `twilio` | the API of Twilio Verify |

mod answers;
mod events;
mod messages;
pub(super) mod platforms;
mod receipts;
mod retries;
mod twilio;
