//! Canned answers without a network, for an embedder's tests and measurements.

use super::request_body::RequestBody;
use crate::options::CannedAnswer;
use crate::report::Entry;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::{Error, WasiBody};

/// Takes the whole request, waits, and returns the answer.
pub(super) async fn answer(
    canned: &CannedAnswer,
    request: Request<RequestBody>,
    cap: u64,
    entry: Entry,
) -> Result<Response<WasiBody>, Error> {
    let mut body = request.into_body();
    body.open();
    body.collect().await?;
    if !canned.delay.is_zero() {
        tokio::time::sleep(canned.delay).await;
    }
    entry.update(|exchange| {
        exchange.status = Some(canned.status);
        exchange.first_byte = Some(entry.start.elapsed());
    });
    if canned.body.len() as u64 > cap {
        return Err(Error::HttpResponseBodySize(Some(cap)));
    }
    let body = Full::new(canned.body.clone()).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() =
        StatusCode::from_u16(canned.status).map_err(|_| Error::HttpProtocolError)?;
    Ok(response)
}
