//! Delivery reports pushed to a URL, as the service pushes them: a JSON array by POST, not signed.
//!
//! One attempt per report; whether the receiver answered `{"result":0}` is counted. Plain HTTP only, since
//! the receiver of a test runs beside it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};
use tokio::net::TcpStream;

use crate::phone::Number;
use crate::service::Service;

/// Timeout for the receiver.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum of reports in one call.
const MAX_REPORTS: usize = 100;

/// Longest pause between two reads of the records, in milliseconds.
const POLL_LIMIT_MS: u64 = 60_000;

/// Receiver of the reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    authority: String,
    address: (String, u16),
    path: String,
}

impl Target {
    /// Reads `http://host:port/path`.
    ///
    /// # Errors
    ///
    /// The expected form.
    pub fn parse(url: &str) -> Result<Self, String> {
        let expected = || "expected a URL such as http://127.0.0.1:8080/reports".to_owned();
        let uri: Uri = url.parse().map_err(|_| expected())?;
        let authority = uri.authority().ok_or_else(expected)?;
        if uri.scheme_str() != Some("http") || authority.as_str().contains('@') {
            return Err(expected());
        }
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let path = uri
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned();
        Ok(Self {
            authority: authority.as_str().to_owned(),
            address: (host, authority.port_u16().unwrap_or(80)),
            path,
        })
    }
}

/// One report.
#[derive(Debug, Serialize)]
struct Report {
    user_receive_time: String,
    nationcode: String,
    mobile: String,
    report_status: &'static str,
    errmsg: &'static str,
    description: &'static str,
    sid: String,
    // Observed by some integrations, but not documented.
    #[serde(skip_serializing_if = "String::is_empty")]
    ext: String,
}

/// Called with a sentence when the receiver rejected reports.
pub type OnFailure = Box<dyn Fn(&str) + Send + Sync>;

/// Pushes reports as they fall due, until the task is dropped.
pub async fn run(service: Arc<Service>, target: Target, on_failure: Option<OnFailure>) {
    let mut changes = service.subscribe();
    loop {
        let (due, next_ms) = take_due(&service);
        if !due.is_empty() {
            let count = due.len() as u64;
            let pushed = tokio::time::timeout(RESPONSE_TIMEOUT, push(&target, &due)).await;
            match pushed.unwrap_or(Err("no answer came in time")) {
                Ok(()) => service.state().callbacks_accepted += count,
                Err(why) => {
                    service.state().callbacks_failed += count;
                    if let Some(tell) = &on_failure {
                        tell(&format!(
                            "{count} delivery report(s) did not reach the callback: {why}"
                        ));
                    }
                }
            }
            continue;
        }
        // On a frozen clock no time passes, so a change of the clock ends the pause.
        let nap = Duration::from_millis(next_ms.unwrap_or(POLL_LIMIT_MS).clamp(1, POLL_LIMIT_MS));
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(nap) => {}
        }
    }
}

/// The reports that are due, marked as pushed, and the time until the next.
fn take_due(service: &Service) -> (Vec<Report>, Option<u64>) {
    let now_ms = service.clock().now_ms();
    let mut state = service.state();
    let mut due = Vec::new();
    let mut next_ms: Option<u64> = None;
    for record in state.records.iter_mut().filter(|r| !r.called_back) {
        let Some((at_ms, receipt)) = record.report else {
            continue;
        };
        if at_ms > now_ms {
            let left = at_ms.abs_diff(now_ms);
            next_ms = Some(next_ms.map_or(left, |next| next.min(left)));
            continue;
        }
        if due.len() == MAX_REPORTS {
            break;
        }
        let Ok(number) = Number::parse(&record.to) else {
            continue;
        };
        record.called_back = true;
        due.push(Report {
            user_receive_time: china_time(at_ms),
            nationcode: number.calling_code().to_owned(),
            mobile: number.national().to_owned(),
            report_status: receipt.status(),
            errmsg: receipt.code,
            description: if receipt.delivered {
                "user receive message success"
            } else {
                receipt.code
            },
            sid: record.serial_no.clone(),
            ext: record.session_context.clone(),
        });
    }
    (due, next_ms)
}

/// Posts the reports.
///
/// # Errors
///
/// The reason why the receiver rejected them.
async fn push(target: &Target, reports: &[Report]) -> Result<(), &'static str> {
    const BROKEN: &str = "the connection broke before an answer";
    let body = serde_json::to_vec(reports).unwrap_or_default();
    let request = Request::post(target.path.as_str())
        .header(header::HOST, target.authority.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| "its URL cannot be asked for")?;
    let address = (target.address.0.as_str(), target.address.1);
    let stream = TcpStream::connect(address)
        .await
        .map_err(|_| "nobody listens at its address")?;
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| BROKEN)?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(|_| BROKEN)?;
        let body = Limited::new(response.into_body(), 64 * 1024);
        let body = body.collect().await.map_err(|_| BROKEN)?.to_bytes();
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let is_taken = answer.get("result").is_some_and(|result| result == 0);
        is_taken
            .then_some(())
            .ok_or("its answer is not JSON with `result` 0")
    };
    let mut answered = std::pin::pin!(answered);
    tokio::select! {
        answer = answered.as_mut() => answer,
        // The connection ends when the response is complete; the response can then be read.
        _ = connection => answered.await,
    }
}

/// `2015-10-17 08:03:04` in UTC+8.
fn china_time(unix_ms: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let offset = UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC);
    OffsetDateTime::from_unix_timestamp(unix_ms.div_euclid(1000))
        .ok()
        .and_then(|moment| moment.to_offset(offset).format(format).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_china() {
        assert_eq!(china_time(1_551_113_065_000), "2019-02-26 00:44:25");
    }

    #[test]
    fn only_plain_http_urls_are_targets() {
        let target = Target::parse("http://127.0.0.1:8080/reports?secret=1").unwrap();
        assert_eq!(target.address, ("127.0.0.1".to_owned(), 8080));
        assert_eq!(
            (target.authority.as_str(), target.path.as_str()),
            ("127.0.0.1:8080", "/reports?secret=1")
        );
        assert_eq!(
            Target::parse("http://[::1]:9").unwrap().address,
            ("::1".to_owned(), 9)
        );
        for url in [
            "",
            "https://127.0.0.1/",
            "127.0.0.1:8080",
            "http://user@host/",
            "ftp://x/",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
