//! Scripts and styles that are compiled into the program.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const FILES: [(&str, &str, &str); 3] = [
    (
        "console.css",
        "text/css; charset=utf-8",
        include_str!("../../../assets/console.css"),
    ),
    (
        "console.js",
        "text/javascript; charset=utf-8",
        include_str!("../../../assets/console.js"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("../../../assets/icon.svg"),
    ),
];

/// The size in bytes of the files that every page loads.
pub fn bytes() -> usize {
    FILES.iter().map(|(.., text)| text.len()).sum()
}

/// Returns a file.
pub async fn show(Path(name): Path<String>) -> Response {
    let file = FILES.iter().find(|(known, ..)| *known == name);
    match file {
        Some((_, kind, text)) => ([(header::CONTENT_TYPE, *kind)], *text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
