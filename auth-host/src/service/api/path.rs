//! Parameters of paths and queries, whose refusals are problem details.

use crate::service::problem::Problem;
use axum::extract::{FromRequestParts, rejection};
use axum::http::StatusCode;
use axum::http::request::Parts;

/// The parameters of a path.
pub struct Path<T>(pub T);

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    axum::extract::Path<T>: FromRequestParts<S, Rejection = rejection::PathRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(parameters)) => Ok(Self(parameters)),
            // Identifiers of this program are ASCII only.
            Err(_) => Err(Problem::not_found("path")),
        }
    }
}

/// The parameters of a query.
pub struct Query<T>(pub T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    axum::extract::Query<T>: FromRequestParts<S, Rejection = rejection::QueryRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(parameters)) => Ok(Self(parameters)),
            Err(_) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "query",
                "The query cannot be used",
                "A parameter of the query is not known, or its value has another form. Correct it, or leave it out.",
            )),
        }
    }
}
