//! Everything that the sample's routes use.

use super::api::Api;
use super::pace::Pace;
use super::session::Sessions;
use super::users::Users;
use std::net::SocketAddr;

/// The application.
pub struct State {
    /// The verification API.
    pub api: Api,
    /// Where codes arrive, if it is a page that anybody may open.
    pub inbox: Option<String>,
    /// Browsers.
    pub sessions: Sessions,
    /// How long messages took.
    pub pace: Pace,
    /// Accounts.
    pub users: Users,
    /// The address that it listens at.
    pub host: SocketAddr,
}
