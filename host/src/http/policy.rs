//! Outbound request policy. Every request of a guest is checked here, immediately before it is sent.
//!
//! No earlier layer is trusted: earlier Wasmtime 48 releases let a guest name one host in the authority and
//! address another with an absolute-form path, or send two content lengths.
//!
//! | refused | the guest's error |
//! |---|---|
//! | an origin that was not granted, or that is spelled in another way (`host:0443`), a user in the authority | `HTTP-request-denied` |
//! | every method but the seven that carry a request and nothing else: `CONNECT` opens tunnels, `TRACE` echoes, and servers may read `connect` as either | `HTTP-request-method-invalid` |
//! | a target that is not a path | `HTTP-request-URI-invalid` |
//! | more than one content length, one above the cap, one beside a transfer encoding | `HTTP-request-body-size`, `HTTP-protocol-error` |
//! | content of a `GET` or `HEAD` request | `HTTP-request-body-size` |
//! | any request of a function that makes none, such as `preview-message` and `read-callback` | `HTTP-request-denied` |
//! | more requests than a call may make | `HTTP-request-denied` |
//! | more requests at once than a call may have under way | `connection-limit-reached` |
//! | headers that belong to the connection, `host`, `expect`, `te`, `trailer` | the header itself is forbidden |

use super::client::Client;
use super::denied::Denied;
use super::slots::Caller;
use crate::limits::Limits;
use crate::report::{CallLog, Entry, HttpExchange, NO_TRUSTED_AUTHORITY};
use auth_connector_egress::{Egress, Origin};
use http::header::{CONTENT_LENGTH, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use std::sync::Arc;
use wasmtime_wasi::runtime;
use wasmtime_wasi_http::p2::types::HostFutureIncomingResponse;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody,
    WasiHttpHooks,
};

/// The outbound request policy of one call.
pub(crate) struct Policy {
    pub(crate) client: Arc<Client>,
    /// The party that its requests need connections for.
    pub(crate) caller: Caller,
    pub(crate) egress: Arc<Egress>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) log: CallLog,
    /// True if the function that was called may make requests.
    pub(crate) requests: bool,
}

fn is_forbidden(name: &HeaderName) -> bool {
    DEFAULT_FORBIDDEN_HEADERS.contains(name) || *name == EXPECT || *name == TE || *name == TRAILER
}

impl WasiHttpHooks for Policy {
    // Both return the same; the first is called for every header, and its default makes a filter for each.
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        is_forbidden(name)
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(is_forbidden)
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        // Two chunks wait in the host's memory for each body that a guest opens and does not send. A request and its
        // body are two of its 128 handles, so 64 bodies hold 2 MiB. Bodies of connectors have under 1 KiB.
        16 << 10
    }

    /// Requests come through [`Policy::send`]. If another import were ever linked, its requests would fail here.
    fn send_request(&mut self, _: Request<WasiBody>, _: Option<RequestOptions>, _: Io) -> Sending {
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sending = Box<dyn Future<Output = Result<(Response<WasiBody>, Io), Error>> + Send>;

impl Policy {
    /// Passes a request to the network, on a task of its own, or refuses it at once.
    pub(crate) fn send(
        &mut self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> HostFutureIncomingResponse {
        let (request, entry) = match self.admit(request) {
            Ok(admitted) => admitted,
            Err(refused) => return HostFutureIncomingResponse::Ready(Err(refused)),
        };
        // Before the guest goes on: noted on the task, a trap right after this call could be reported as *not sent*
        // while the task already sends.
        self.log.mark_left();
        let (client, limits) = (self.client.clone(), self.limits.clone());
        let caller = self.caller.clone();
        let target = request.uri().clone();
        // Boxed, because this is the guest's stack: moved into its task by value it takes so much of it that the engine
        // gives two pages back to the system after each call.
        let sending = runtime::spawn(Box::pin(async move {
            // Boxed again, so that what is made on the guest's stack holds no more than what it is given.
            let sent = client.send_within(limits, caller, request, options, entry.clone());
            Box::pin(sent)
                .await
                .map_err(|error| failed(error, &entry, &target))
        }));
        HostFutureIncomingResponse::Pending(sending)
    }

    /// Checks a request and takes a place for it.
    fn admit(&self, request: Request<WasiBody>) -> Result<(Request<WasiBody>, Entry), Error> {
        let asked_before = self.log.count();
        let mut entry = self.log.open(if self.log.describes() {
            describe(&request)
        } else {
            HttpExchange::default()
        });
        let uri = request.uri().clone();
        let checked = if !self.requests {
            Err(Denied::Function)
        } else if asked_before >= self.limits.requests as usize {
            Err(Denied::Count)
        } else {
            check(request, &self.egress, self.limits.request_body_bytes)
        };
        let admitted = checked.and_then(|request| {
            let place = self.log.place(self.limits.requests_at_once);
            entry.hold(place.ok_or(Denied::AtOnce)?);
            Ok(request)
        });
        match admitted {
            Ok(request) => Ok((request, entry)),
            Err(denied) => {
                note_refusal(&entry, denied, &uri);
                note_error(&entry, &denied.error());
                Err(denied.error())
            }
        }
    }
}

/// Traces name the origin of what was refused, also where nothing else is described.
fn note_refusal(entry: &Entry, denied: Denied, uri: &Uri) {
    entry.update(|exchange| {
        exchange.refused = Some(denied.as_str());
        exchange.origin = shown_origin(uri);
    });
}

fn note_error(entry: &Entry, error: &Error) {
    let shown = match error {
        // The dialler's `NoRoots`, and nothing else.
        Error::ConfigurationError => NO_TRUSTED_AUTHORITY.to_owned(),
        other => other.to_string(),
    };
    entry.update(|exchange| {
        exchange.error.get_or_insert(shown);
    });
}

/// Records why a request that the policy accepted failed.
fn failed(error: Error, entry: &Entry, target: &Uri) -> Error {
    note_error(entry, &error);
    if matches!(error, Error::DestinationIpProhibited) {
        note_refusal(entry, Denied::Address, target);
    }
    tracing::debug!(%error, "an outbound request failed");
    error
}

/// Methods that a request may use.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
    Method::OPTIONS,
];

/// Accepts a request, with the `host` header that its authority demands, or returns why not.
fn check(
    mut request: Request<WasiBody>,
    egress: &Egress,
    cap: u64,
) -> Result<Request<WasiBody>, Denied> {
    let uri = request.uri();
    let origin = Origin::of(uri).map_err(|_| Denied::Origin)?;
    if !egress.allows(&origin) {
        return Err(Denied::Origin);
    }
    if !METHODS.contains(request.method()) {
        return Err(Denied::Method);
    }
    if !uri.path().starts_with('/') {
        return Err(Denied::Target);
    }
    let authority = uri.authority().ok_or(Denied::Target)?.as_str();
    let host = HeaderValue::from_str(authority).map_err(|_| Denied::Target)?;
    check_length(request.headers(), cap)?;
    check_no_content(&request)?;
    request.headers_mut().insert(HOST, host);
    Ok(request)
}

/// Refuses content where it has no meaning (RFC 9110, section 9.3.1). Servers leave it unread, and take it for the
/// beginning of the next request on the connection.
fn check_no_content<T>(request: &Request<T>) -> Result<(), Denied> {
    let length = request.headers().get(CONTENT_LENGTH);
    let announces = length.is_some_and(|length| length.as_bytes().iter().any(|b| *b != b'0'));
    if announces && matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Denied::Length(0));
    }
    Ok(())
}

fn check_length(headers: &HeaderMap, cap: u64) -> Result<(), Denied> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err(Denied::Framing);
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let Some(length) = lengths.next() else {
        return Ok(());
    };
    if lengths.next().is_some() {
        return Err(Denied::Framing);
    }
    let digits = length.to_str().map_err(|_| Denied::Framing)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Denied::Framing);
    }
    match digits.parse::<u64>() {
        Ok(length) if length <= cap => Ok(()),
        _ => Err(Denied::Length(cap)),
    }
}

/// The longest name, and the most names, that a report repeats of what a plugin chose. A path can have 64 KiB.
const SHOWN_LENGTH: usize = 128;
const SHOWN_HEADERS: usize = 32;

/// Describes a request for the report: names and sizes, in limited amounts.
fn describe(request: &Request<WasiBody>) -> HttpExchange {
    let known = METHODS.contains(request.method());
    HttpExchange {
        method: if known {
            request.method().as_str()
        } else {
            "(other)"
        }
        .to_owned(),
        origin: shown_origin(request.uri()),
        path: shown(request.uri().path()),
        request_headers: request
            .headers()
            .keys()
            .take(SHOWN_HEADERS)
            .map(|name| shown(name.as_str()))
            .collect(),
        ..HttpExchange::default()
    }
}

/// A name that a plugin chose, without anything that looks like a number, a code or a key. The plugin receives all
/// three, and a report goes to logs. This is against echoes, not against a plugin that encodes what it was given.
fn shown(name: &str) -> String {
    let mut shown = String::new();
    let short: String = name.chars().take(SHOWN_LENGTH).collect();
    for run in short.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        match run.len() {
            20.. if digits > 0 => shown.push_str("****"),
            _ if digits >= 4 => shown.push_str(&run.replace(|c: char| c.is_ascii_digit(), "*")),
            _ => shown.push_str(run),
        }
    }
    shown
}

fn shown_origin(uri: &Uri) -> String {
    Origin::of(uri).map_or_else(
        |_| "(not an origin)".to_owned(),
        |origin| origin.to_string(),
    )
}

#[cfg(test)]
impl Policy {
    /// For tests: a call whose every request is refused.
    pub(super) fn granting_nothing() -> Self {
        let options = crate::options::HostOptions::default();
        Self {
            client: Client::for_tests(&options),
            caller: Caller::default(),
            egress: Arc::new([].into_iter().collect()),
            limits: Arc::new(options.limits),
            log: CallLog::default(),
            requests: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::{BodyExt, Empty};

    fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Request<WasiBody> {
        let mut builder = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder
            .body(
                Empty::<Bytes>::new()
                    .map_err(|never| match never {})
                    .boxed_unsync(),
            )
            .unwrap()
    }

    fn verdict(method: &str, uri: &str, headers: &[(&str, &str)]) -> String {
        let egress = [
            Origin::parse("https://sms.example.com").unwrap(),
            Origin::parse("http://127.0.0.1:8080").unwrap(),
        ]
        .into_iter()
        .collect();
        match check(request(method, uri, headers), &egress, 1000) {
            Ok(request) => format!("host {}", request.headers()[HOST].to_str().unwrap()),
            Err(denied) => format!("{:?}", denied.error()),
        }
    }

    #[test]
    fn only_granted_origins_pass_with_authority_as_host() {
        for (uri, expected) in [
            ("https://sms.example.com/", "host sms.example.com"),
            ("https://sms.example.com:443/", "host sms.example.com:443"),
            ("https://SMS.EXAMPLE.COM/", "host SMS.EXAMPLE.COM"),
            ("http://127.0.0.1:8080/x", "host 127.0.0.1:8080"),
            ("http://127.0.0.1:8081/", "HttpRequestDenied"),
            ("http://127.0.0.1/", "HttpRequestDenied"),
            ("http://sms.example.com/", "HttpRequestDenied"),
            ("https://sms.example.com:8443/", "HttpRequestDenied"),
            ("https://sms.example.com:0443/", "HttpRequestDenied"),
            ("https://sms.example.com:99999/", "HttpRequestDenied"),
            ("https://sms.example.com.evil.test/", "HttpRequestDenied"),
            ("https://evil.test/sms.example.com", "HttpRequestDenied"),
            ("https://sms.example.com@evil.test/", "HttpRequestDenied"),
            ("https://evil.test@sms.example.com/", "HttpRequestDenied"),
            ("https://169.254.169.254/", "HttpRequestDenied"),
            ("https://[::1]/", "HttpRequestDenied"),
        ] {
            assert_eq!(verdict("POST", uri, &[]), expected, "{uri}");
        }
    }

    #[test]
    fn request_counts_as_left_once_it_is_permitted() {
        for (uri, left) in [
            ("https://sms.example.com/", true),
            ("https://evil.test/", false),
        ] {
            let mut policy = Policy::granting_nothing();
            policy.egress = Arc::new(
                [Origin::parse("https://sms.example.com").unwrap()]
                    .into_iter()
                    .collect(),
            );
            let sent = policy.send(request("POST", uri, &[]), RequestOptions::default());
            assert_eq!(policy.log.may_have_left(), left, "{uri}");
            assert_eq!(
                matches!(sent, HostFutureIncomingResponse::Ready(Err(_))),
                !left,
                "{uri}"
            );
        }
    }

    /// The names are those that a plugin chose: paths and headers.
    #[test]
    fn report_names_hide_numbers_codes_and_keys() {
        for (name, expected) in [
            ("/", "/"),
            ("/v3/sms/send", "/v3/sms/send"),
            ("x-tc-timestamp", "x-tc-timestamp"),
            ("/8613800138000/918273", "/*************/******"),
            ("/to-13800138000?", "/to-***********?"),
            ("x-gu5t9xgarnpq86cd98joqycn3example", "x-****"),
        ] {
            assert_eq!(shown(name), expected);
        }
        assert_eq!(shown(&"/a".repeat(1000)).len(), SHOWN_LENGTH);
    }

    #[test]
    fn methods_that_open_tunnels_or_echo_are_refused() {
        for method in ["CONNECT", "TRACE", "connect", "Trace", "TRACK", "PRI"] {
            assert_eq!(
                verdict(method, "https://sms.example.com/", &[]),
                "HttpRequestMethodInvalid",
                "{method}"
            );
        }
        assert_eq!(
            verdict("GET", "https://sms.example.com/", &[]),
            "host sms.example.com"
        );
    }

    /// A target in absolute form is refused even where the authority was granted.
    #[test]
    fn absolute_target_is_refused_despite_a_granted_authority() {
        let mut absolute = request("POST", "https://sms.example.com/", &[]);
        *absolute.uri_mut() = Uri::builder()
            .scheme("https")
            .authority("sms.example.com")
            .path_and_query("http://evil.test/")
            .build()
            .unwrap_or_else(|_| Uri::from_static("http://evil.test/"));
        let egress = [Origin::parse("https://sms.example.com").unwrap()]
            .into_iter()
            .collect();
        assert!(check(absolute, &egress, 1000).is_err());
    }

    #[test]
    fn body_needs_one_length_within_cap_without_coding() {
        let uri = "https://sms.example.com/";
        let length = |value| verdict("POST", uri, &[("content-length", value)]);
        assert_eq!(length("0"), "host sms.example.com");
        assert_eq!(length("1000"), "host sms.example.com");
        assert_eq!(length("1001"), "HttpRequestBodySize(Some(1000))");
        assert_eq!(
            length("99999999999999999999"),
            "HttpRequestBodySize(Some(1000))"
        );
        for bad in ["+5", "5, 5", "", "0x5", " "] {
            assert_eq!(length(bad), "HttpProtocolError", "{bad:?}");
        }
        for (method, value, expected) in [
            ("GET", "0", "host sms.example.com"),
            ("GET", "1", "HttpRequestBodySize(Some(0))"),
            ("HEAD", "1", "HttpRequestBodySize(Some(0))"),
            ("DELETE", "1", "host sms.example.com"),
        ] {
            let found = verdict(method, uri, &[("content-length", value)]);
            assert_eq!(found, expected, "{method} {value}");
        }
        let both = [("content-length", "5"), ("content-length", "5")];
        assert_eq!(verdict("POST", uri, &both), "HttpProtocolError");
        let smuggled = [("content-length", "5"), ("transfer-encoding", "chunked")];
        assert_eq!(verdict("POST", uri, &smuggled), "HttpProtocolError");
    }
}
