//! The service behind `auth-host serve`: verification codes, messages, webhooks and their administration.
//!
//! A request goes down this table, and answers come back up:
//!
//! | module | purpose |
//! |---|---|
//! | `serve` | listeners, settings, background tasks, start and stop |
//! | `api`, `problem`, `access`, `request_body` | HTTP: routes, bodies and keys; refusals as problem documents; scopes of keys |
//! | `webhooks`, `platforms`, `twilio`, `header_key` | requests of auth platforms, in their forms and by their signatures |
//! | `console`, `form`, `sample` | pages for operators, fields of usages; a sign-in that shows how to use the API |
//! | `admin`, `merge_patch`, `expected` | operators' actions, for the API, the console and the command line |
//! | `verification`, `limits`, `number` | verifications and their codes; limits; phone numbers |
//! | `send`, `leases`, `outcomes`, `recovery` | at most one message: intent, call, outcome, and what a crash leaves open |
//! | `receipts`, `events`, `event_target`, `post` | delivery reports of providers; events for tenants |
//! | `app`, `catalog`, `calls` | open resources; configuration and the last calls of webhooks, in memory |
//! | `store`, `folder`, `private_files`, `crypt`, `passwords`, `ids` | the database and its folder; encryption at rest; hashes of passwords; identifiers |
//! | `texts`, `phrases` | sentences for operators, in two languages, and for people, in six |

pub(crate) mod access;
pub(crate) mod admin;
pub(crate) mod api;
pub mod app;
pub(crate) mod calls;
pub(crate) mod catalog;
pub(crate) mod console;
pub(crate) mod crypt;
pub(crate) mod event_target;
pub(crate) mod events;
pub(crate) mod expected;
pub(crate) mod folder;
pub(crate) mod form;
pub(crate) mod header_key;
pub(crate) mod ids;
pub(crate) mod leases;
pub(crate) mod limits;
pub(crate) mod merge_patch;
pub(crate) mod number;
pub(crate) mod outcomes;
pub(crate) mod passwords;
pub(crate) mod phrases;
pub(crate) mod platforms;
pub(crate) mod post;
pub(crate) mod private_files;
pub(crate) mod problem;
pub(crate) mod receipts;
pub(crate) mod recovery;
pub(crate) mod request_body;
pub(crate) mod sample;
pub(crate) mod send;
pub mod serve;
pub(crate) mod store;
#[cfg(test)]
mod test_app;
pub(crate) mod texts;
pub(crate) mod twilio;
pub(crate) mod verification;
pub(crate) mod webhooks;
