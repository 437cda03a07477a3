//! The console over HTTP, without a browser. `tests/browser` has the rest.
//!
//! | file | subject of its tests |
//! |---|---|
//! | `access` | set-up, sign-in and sessions, roles, forged requests |
//! | `actions` | trials, unknown outcomes, webhooks |
//! | `cost` | the bytes of a page and its processor time |

mod access;
mod actions;
mod cost;

/// The form that stops the tenant.
const STOP: &[(&str, &str)] = &[("of", "tenant"), ("to", "stop")];
