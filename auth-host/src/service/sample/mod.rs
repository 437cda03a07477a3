//! Sample sign-in: an application on its own listener, which uses the verification API as any other would.
//!
//! | module | purpose |
//! |---|---|
//! | `routes`, `codes` | handlers of the pages |
//! | `visit` | checks of every request; its session and its form |
//! | `session` | sessions and their steps; the cookie, protection against forged requests |
//! | `users` | accounts, in memory alone |
//! | `pace` | delay of the response for a message that is not sent |
//! | `state` | state that the routes share |
//! | `api` | the verification API, over HTTP with a key |
//! | `pages`, `countries` | HTML of the pages by templates, and the countries to choose from |
//!
//! A person registers, signs in and resets a password with a number and a code. Responses do not reveal to others which
//! numbers have an account.

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

/// Settings of the sample.
pub struct Sample {
    /// Address of the verification API.
    pub api: SocketAddr,
    /// A key with the scope `verify`.
    pub key: String,
    /// URL of the page where codes arrive, if anybody may open it.
    pub inbox: Option<String>,
}

/// Opens the listener. Anybody who reaches it could send messages, and it has no TLS.
///
/// # Errors
///
/// A message of one line, also if the address is not a loopback address.
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
