//! State that the sample's routes share.

use super::api::Api;
use super::pace::Pace;
use super::session::Sessions;
use super::users::Users;
use std::net::SocketAddr;

/// The application.
pub struct State {
    /// The verification API.
    pub api: Api,
    /// URL of the page where codes arrive, if anybody may open it.
    pub inbox: Option<String>,
    /// Sessions of the browsers.
    pub sessions: Sessions,
    /// Durations of sent messages.
    pub pace: Pace,
    /// Accounts.
    pub users: Users,
    /// Address of the listener.
    pub host: SocketAddr,
}
