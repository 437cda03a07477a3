//! The sample sign-in: an application on a listener of its own, which uses the verification API as any other would.
//!
//! | module | purpose |
//! |---|---|
//! | `routes`, `codes` | what each page does |
//! | `visit` | what is asked of every request; its session and its form |
//! | `session` | who is at which step; the cookie, forged requests |
//! | `users` | accounts, in memory alone |
//! | `pace` | how late a message is answered that is not sent |
//! | `state` | all of it, for the routes |
//! | `api` | the verification API, over HTTP with a key |
//! | `pages`, `countries` | what a person reads |
//!
//! Register, sign in and reset a password with a number and a code. It tells nobody which numbers have an account.

mod api;
mod codes;
mod countries;
mod pace;
mod pages;
mod routes;
mod session;
mod state;
mod users;
mod visit;

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What the sample needs.
pub struct Sample {
    /// Where the verification API listens.
    pub api: SocketAddr,
    /// A key with the scope `verify`.
    pub key: String,
    /// Where codes arrive, if it is a page that anybody may open.
    pub inbox: Option<String>,
}

/// Opens its listener. Anybody who can reach it could have messages sent, and it has no TLS.
///
/// # Errors
///
/// One line, also when the address is not a loopback one.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    if !address.ip().is_loopback() {
        return Err(format!(
            "--sample {address} can be reached by others, and the sample has no TLS. Use a loopback address"
        ));
    }
    TcpListener::bind(address).await.map_err(|error| {
        format!("{address} cannot be listened on: {error}. Choose another address by --sample")
    })
}

/// Serves the sample until the program ends.
pub fn start(listener: TcpListener, host: SocketAddr, sample: Sample) {
    let state = Arc::new(state::State {
        api: api::Api {
            address: sample.api,
            key: sample.key,
        },
        inbox: sample.inbox,
        sessions: session::Sessions::default(),
        pace: pace::Pace::default(),
        users: users::Users::default(),
        host,
    });
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes::router(state)).await {
            tracing::error!(%error, "the sample ended");
        }
    });
}
