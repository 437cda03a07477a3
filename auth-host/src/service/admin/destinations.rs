//! Destinations that an administrator sets. None may be a listener of the service itself.

use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::texts::about;
use auth_connector_host::Origin;
use std::time::Duration;

/// The longest time for resolving a name. A name that resolves later is checked again when it is dialled.
const RESOLVE: Duration = Duration::from_secs(2);

/// Refuses an origin at which the service itself listens, under whatever name. Connectors and events would reach the
/// administrators' API from loopback.
///
/// # Errors
///
/// [`Problem`] at `pointer`.
pub async fn check_not_own(app: &App, pointer: &str, origin: &str) -> Result<(), Problem> {
    match Origin::parse(origin) {
        Ok(parsed) if app.outbound.is_own(&parsed, RESOLVE).await => {
            let detail = about("refusal-own-listener", parsed.to_string());
            Err(Problem::invalid(pointer, detail))
        }
        // Another text is refused where it is read.
        _ => Ok(()),
    }
}
