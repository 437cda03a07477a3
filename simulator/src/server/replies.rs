//! HTTP responses: plain, as a broken gateway sends them, or altered by a fault.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use time::OffsetDateTime;
use time::macros::format_description;

use super::abandon::Abandon;
use super::body::ReplyBody;
use crate::fault::{Fault, LARGEST_REPLY};
use crate::gzip;
use crate::reply::{Answer, json};
use crate::spoil;

/// Applies a fault to the response of a processed request.
pub async fn spoilt(
    mut answer: Answer,
    fault: &Fault,
    reset: &AtomicBool,
) -> Result<Response<ReplyBody>, Abandon> {
    spoil::payload(&mut answer, fault);
    let mut text = answer.to_json();
    match fault {
        Fault::Delay { ms } => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Fault::Hang => std::future::pending::<()>().await,
        Fault::AcceptThenClose => return Err(Abandon),
        Fault::AcceptThenReset => {
            reset.store(true, Ordering::Relaxed);
            return Err(Abandon);
        }
        Fault::AcceptThenStatus { status } => return Ok(page(*status)),
        Fault::Truncated => {
            let full = text.len();
            let half = Bytes::from(text.into_bytes()).slice(..full / 2);
            let mut response = json(String::new()).map(ReplyBody::from);
            *response.body_mut() = ReplyBody::truncated(half, full as u64);
            return Ok(response);
        }
        Fault::CutJson => {
            let bytes = Bytes::from(text.into_bytes());
            let half = bytes.slice(..bytes.len() / 2);
            return Ok(json(String::new()).map(|_| ReplyBody::from(half)));
        }
        Fault::EmptyBody => text.clear(),
        Fault::Oversized { bytes } => {
            // White space after the value: still valid JSON if the client reads all of it.
            let missing = (*bytes).min(LARGEST_REPLY).saturating_sub(text.len());
            text.extend(std::iter::repeat_n(' ', missing));
        }
        _ => {}
    }
    if *fault == Fault::Gzip {
        let zipped = Bytes::from(gzip::wrap(text.as_bytes()));
        let mut response = json(String::new()).map(|_| ReplyBody::from(zipped));
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return Ok(response);
    }
    let mut response = json(text).map(ReplyBody::from);
    if *fault == Fault::Charset {
        let value = HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    Ok(response)
}

/// The error page of a broken gateway.
pub fn page(status: u16) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::from(Bytes::from(spoil::html(status))));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let value = HeaderValue::from_static("text/html");
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

/// `Mon, 25 Feb 2019 16:44:25 GMT`, or `None` for a moment that HTTP cannot express.
pub fn http_date(now_ms: i64) -> Option<HeaderValue> {
    let moment = OffsetDateTime::from_unix_timestamp(now_ms.div_euclid(1000)).ok()?;
    if !(0..10_000).contains(&moment.year()) {
        return None;
    }
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    HeaderValue::from_str(&moment.format(format).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_wants_them() {
        assert_eq!(
            http_date(1_551_113_065_999).unwrap(),
            "Mon, 25 Feb 2019 16:44:25 GMT"
        );
        assert_eq!(http_date(0).unwrap(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(i64::MAX), None);
    }
}
