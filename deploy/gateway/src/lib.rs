//! The gateway: a component that accepts messages over HTTP and passes them to the connector it is linked with.
//!
//! It keeps nothing between requests, so it cannot recognise a caller's retry: README.md has the consequences.
//!
//! | module | content |
//! |---|---|
//! | `routes` | the handler of each request |
//! | `message` | `POST /v1/messages`, and the three outcomes as 200, 422 and 502 |
//! | `deliveries` | `POST /v1/deliveries/find` |
//! | `settings` | the environment: keys and config |
//! | `problem` | RFC 9457 |
//! | `body` | JSON, with the place of a mistake |
//! | `http` | `wasi:http` |

mod bindings;
mod body;
mod deliveries;
mod http;
mod message;
mod problem;
mod routes;
mod settings;

use bindings::auth::connector::sms::{self, Diagnostic, Failure, Message, Receipt, SendError};
use bindings::auth::connector::sms_operations::{self, Deliveries, DeliveryQuery};
use bindings::exports::wasi::http::incoming_handler::Guest;
use bindings::wasi::http::types::{IncomingRequest, ResponseOutparam};
use settings::Settings;

struct Gateway;

/// The connector that an engine links, or that `wac` composed the gateway with.
struct Linked;

impl routes::Connector for Linked {
    fn validate_config(&self, config: &str) -> Vec<Diagnostic> {
        sms::validate_config(config, &[])
    }

    fn send_message(&self, config: &str, message: &Message) -> Result<Receipt, SendError> {
        sms::send_message(config, message)
    }

    fn find_deliveries(&self, config: &str, query: &DeliveryQuery) -> Result<Deliveries, Failure> {
        sms_operations::find_deliveries(config, query, None)
    }
}

impl Guest for Gateway {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let settings = Settings::read(|name| std::env::var(name).ok());
        let head = http::head(&request);
        let read = |most| http::body(&request, most);
        let answer = routes::answer(&head, read, &settings, &Linked);
        http::respond(out, &answer);
    }
}
