//! Stored responses as HTTP responses.

use crate::service::verification::Answer;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let content = (header::CONTENT_TYPE, "application/json");
        let mut response = (status, [content], self.body).into_response();
        if self.is_replay {
            let replayed = HeaderValue::from_static("true");
            response
                .headers_mut()
                .insert("idempotency-replayed", replayed);
        }
        response
    }
}

/// A value as JSON.
pub struct Shown<T>(pub T);

impl<T: serde::Serialize> IntoResponse for Shown<T> {
    fn into_response(self) -> Response {
        let body = serde_json::to_string(&self.0).unwrap_or_default();
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}
