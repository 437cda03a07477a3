//! The auth host's service: the program itself, over HTTP, with a database on the disk and a simulator behind it.
//!
//! | file | what it holds the service to |
//! |---|---|
//! | `bodies` | the body for messages, by the schema that the gateway shares |
//! | `verifications` | start, check, resend, cancel, and answers that tell nothing |
//! | `idempotency` | repeated requests |
//! | `failover` | the next connector, and when there is none |
//! | `guide` | the commands of docs/auth-host.md |
//! | `granted` | limits that an operator grants one plugin |
//! | `hostile` | plugins that trap, hang or lie |
//! | `limits` | what is refused, and that it is counted |
//! | `connections` | silent connections, too many of them, and a hangup |
//! | `console` | the pages for operators: what is refused, and what a page costs |
//! | `once` | forms of the console that come twice |
//! | `timeline` | what an operator reads of a message: reports, look-ups, what to do |
//! | `calls` | the last requests to a webhook, and its trial |
//! | `tls` | a certificate, and its successor |
//! | `tenants` | keys, scopes, and other tenants' things |
//! | `operating` | what the other pages of the console change |
//! | `origins` | destinations that a config names |
//! | `secrets` | what is in no log, metric, answer or file |
//! | `crashes` | the process ended at each point of a message's life, and many times over |
//! | `killed` | verifications while the service is killed every two seconds |
//! | `transactions` | how often a verification waits for the disk |
//! | `webhooks` | auth platforms that post their messages, receipts, events, and Twilio's shape |
//! | `people` | what people are told, in their language |
//! | `sample` | the sample sign-in |
//! | `start` | what a service refuses to start with |

mod bodies;
mod calls;
mod connections;
mod console;
mod crashes;
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
