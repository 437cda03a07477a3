//! The auth host's service: the program itself, over HTTP, with a database on the disk and a simulator behind it.
//!
//! | file | subject of its tests |
//! |---|---|
//! | `bodies` | the body for messages, by the schema that the gateway shares |
//! | `verifications` | start, check, resend, cancel, and responses that reveal nothing |
//! | `idempotency` | repeated requests |
//! | `failover` | the next connector, and cases without one |
//! | `guide` | the commands of docs/auth-host.md |
//! | `granted` | limits that an operator grants one plugin |
//! | `hostile` | plugins that trap, hang or lie |
//! | `limits` | refusals, and their counts |
//! | `connections` | silent connections, too many of them, and a hangup |
//! | `console` | the pages for operators: access, actions, and the cost of a page |
//! | `editor` | the editor of a connector: conflicts, origins, forms that are too large |
//! | `once` | repeated forms of the console |
//! | `timeline` | the timeline of a message: reports, look-ups, advice |
//! | `calls` | the last requests to a webhook, and its trial |
//! | `tls` | a certificate, and its successor |
//! | `tenants` | keys, scopes, and other tenants' things |
//! | `operating` | effects of the other pages of the console |
//! | `origins` | destinations that a config names |
//! | `reviews` | the review of a plugin in the console |
//! | `secrets` | values that are in no log, metric, response or file |
//! | `demo_pages` | the pages that `cargo xtask demo --serve` opens |
//! | `crashes` | exits of the process at each point of a message's life |
//! | `killed` | verifications while the service is killed every two seconds |
//! | `transactions` | the transactions of a verification |
//! | `webhooks` | auth platforms that post their messages, receipts, events, and Twilio's shape |
//! | `people` | texts for people, in their language |
//! | `sample` | the sample sign-in |
//! | `start` | starts and refused starts, rotation of keys, backups, a lost database |

mod bodies;
mod calls;
mod connections;
mod console;
mod crashes;
mod demo_pages;
mod editor;
mod failover;
mod granted;
mod guide;
mod hostile;
mod idempotency;
mod killed;
mod limits;
mod once;
mod operating;
mod origins;
mod people;
mod reviews;
mod running;
mod sample;
mod secrets;
mod start;
mod tenants;
mod timeline;
mod tls;
mod transactions;
mod verifications;
mod visitor;
mod webhooks;
