//! Destinations that an administrator sets. None may be a listener of the service itself.

use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::texts::about;
use auth_connector_host::Origin;
use std::time::Duration;
use tokio::task::JoinSet;

/// The longest time for resolving all names. A name that resolves later is checked again when it is dialled.
const RESOLVE: Duration = Duration::from_secs(2);

/// Refuses an origin at which the service itself listens, under whatever name. Connectors and events would reach the
/// administrators' API from loopback.
///
/// # Errors
///
/// [`Problem`] at `pointer`.
pub async fn check_not_own(app: &App, pointer: &str, origin: &str) -> Result<(), Problem> {
    check_none_own(app, pointer, &[origin.to_owned()]).await
}

/// Refuses origins if the service itself listens at one of them. Their names are resolved at the same time.
///
/// # Errors
///
/// [`Problem`] at `pointer`.
pub async fn check_none_own(app: &App, pointer: &str, origins: &[String]) -> Result<(), Problem> {
    // Another text is refused where it is read.
    let parsed = origins.iter();
    let parsed = parsed.filter_map(|origin| Origin::parse(origin).ok());
    let is_own = |origin: Origin| {
        let outbound = app.outbound.clone();
        async move { outbound.is_own(&origin, RESOLVE).await.then_some(origin) }
    };
    match any(parsed.map(is_own).collect()).await {
        Some(own) => {
            let detail = about("refusal-own-listener", own.to_string());
            Err(Problem::invalid(pointer, detail))
        }
        None => Ok(()),
    }
}

/// The first result of tasks.
async fn any<T: 'static>(mut running: JoinSet<Option<T>>) -> Option<T> {
    while let Some(done) = running.join_next().await {
        if let Ok(Some(found)) = done {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;
    use std::time::Instant;

    /// Names of a resolver that does not respond cost their time once.
    #[tokio::test]
    async fn slow_names_are_resolved_together() {
        let begun = Instant::now();
        let slow = |nth: u32| async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            (nth == 7).then_some(nth)
        };
        assert_eq!(any((0..20).map(slow).collect()).await, Some(7));
        assert_eq!(any((8..20).map(slow).collect()).await, None);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(3), "{took:?}");
    }

    #[tokio::test]
    async fn own_listener_among_origins_is_refused() {
        let test = TestApp::new().await;
        let own = std::net::SocketAddr::from(([127, 0, 0, 1], 8421));
        test.app.listens_at(vec![own]).await;
        let others = ["https://a.example.invalid", "not an origin"];
        for (origins, is_refused) in [
            (vec![], false),
            (others.to_vec(), false),
            ([&others[..], &["http://127.0.0.1:8421"]].concat(), true),
        ] {
            let origins: Vec<String> = origins.into_iter().map(str::to_owned).collect();
            let checked = check_none_own(&test.app, "/origins", &origins).await;
            let pointer = checked.err().and_then(|problem| problem.pointer);
            let expected = is_refused.then(|| "/origins".to_owned());
            assert_eq!(pointer, expected, "{origins:?}");
        }
    }
}
