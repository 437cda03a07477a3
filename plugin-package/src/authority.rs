//! Authority of a component in words: the requests that each import permits.

/// The words for an import, or nothing for one that no connector may have.
///
/// ```
/// use auth_connector_package::authority;
///
/// assert_eq!(authority("wasi:io/poll@0.2.9"), "wait");
/// assert_eq!(authority("wasi:filesystem/types@0.2.9"), "");
/// ```
pub fn authority(import: &str) -> &'static str {
    match import.split('@').next().unwrap_or_default() {
        "wasi:http/outgoing-handler" => "send HTTP requests, where the host lets it",
        "wasi:http/types" => "build those requests, read the answers",
        "wasi:clocks/wall-clock" => "read the time of day",
        "wasi:clocks/monotonic-clock" => "measure time and set deadlines",
        "wasi:io/poll" => "wait",
        "wasi:io/streams" | "wasi:io/error" => "carry bodies",
        _ => "",
    }
}
