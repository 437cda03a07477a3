//! `/callbacks/{connector}/{token}`: delivery reports from providers.

use super::path::Path;
use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::receipts::{self, NotTaken};
use crate::service::request_body::{self, Unread};
use auth_connector_host::Callback;
use axum::body::Body;
use axum::extract::State;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

/// The largest body, in bytes: the contract's own bound.
const BODY_BYTES: usize = 65_536;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// `POST /callbacks/{connector}/{token}`
pub async fn receive(
    State(app): State<Arc<App>>,
    Path((connector, token)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let connector = match receipts::connector(&app, &connector, &token) {
        Ok(connector) => connector,
        Err(not_taken) => return refused(not_taken),
    };
    let body = match request_body::read(body, BODY_BYTES, BODY_TIME).await {
        Ok(body) => body.to_vec(),
        Err(Unread::TooLarge) => return refused(NotTaken::TooLarge),
        Err(unread @ (Unread::Broken | Unread::TooSlow)) => {
            tracing::warn!(connector = %connector.row.id, why = ?unread, "a callback did not arrive whole");
            return refused(NotTaken::Malformed);
        }
    };
    let headers = headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let callback = Callback {
        url: called(&app, &uri),
        headers: headers.collect(),
        body,
    };
    match receipts::take(&app, &connector, &token, callback).await {
        Ok(content) => {
            let answer = content.acknowledgement;
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
            let kind = HeaderValue::try_from(answer.content_type)
                .unwrap_or(HeaderValue::from_static("text/plain"));
            (status, [(header::CONTENT_TYPE, kind)], answer.body).into_response()
        }
        Err(not_taken) => refused(not_taken),
    }
}

/// The address that was called, which some providers sign: path and query as received, below the public address.
fn called(app: &App, uri: &Uri) -> Option<String> {
    let address = app.public_address.get()?;
    let path = uri.path_and_query().map_or("", PathAndQuery::as_str);
    Some(format!("{address}{path}"))
}

fn refused(not_taken: NotTaken) -> Response {
    let problem = match not_taken {
        NotTaken::Token => return Problem::not_found("callback").into_response(),
        NotTaken::Unauthenticated => Problem::new(
            StatusCode::UNAUTHORIZED,
            "callback-signature",
            "The callback proves nothing",
            "The provider's signature is missing or wrong. Nothing of it counts.",
        ),
        NotTaken::Malformed => Problem::new(
            StatusCode::BAD_REQUEST,
            "callback-malformed",
            "This is no callback",
            "The connector refused it, and the log says why. Nothing of it counts.",
        ),
        NotTaken::TooLarge => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "The callback is too large",
            "A callback has at most 65,536 bytes and 1,000 entries. Nothing of it counts.",
        ),
        NotTaken::Unavailable => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "callback-unavailable",
            "The callback cannot be taken now",
            "Nothing of it counts. Call again.",
        ),
    };
    problem.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;

    /// Providers sign the address as they called it, with its query.
    #[tokio::test]
    async fn called_address_is_below_the_public_one() {
        let host = TestApp::new().await;
        let uri: Uri = "/callbacks/c/t?cid=m%2D1&b".parse().unwrap();
        assert_eq!(called(&host.app, &uri), None);
        host.app
            .public_address
            .set("https://sms.example.com/x".to_owned())
            .unwrap();
        assert_eq!(
            called(&host.app, &uri).unwrap(),
            "https://sms.example.com/x/callbacks/c/t?cid=m%2D1&b"
        );
    }

    #[test]
    fn wrong_signature_is_401() {
        assert_eq!(refused(NotTaken::Unauthenticated).status(), 401);
    }
}
