//! `wasi:http/outgoing-handler`: turns a guest's request into one of the host's and passes it to the policy.
//!
//! wasmtime-wasi-http has a handler too, which calls a hook for each request. It makes a task of every one, refused or
//! not, and tasks wait until their thread is free: a plugin that repeats a forbidden request without a pause had 43 MB
//! of paths waiting there. Here a refused request fails at once and holds nothing. wasmtime-wasi-http's setters of
//! method, authority and path keep 2 MiB of text for each handle. No setting bounds that, so three of them are
//! shadowed by bounded ones.
//!
//! Upstream: the hook came of [wasmtime 7259](https://github.com/bytecodealliance/wasmtime/issues/7259) and is for
//! connections, not for refusals. [wasmtime 12652](https://github.com/bytecodealliance/wasmtime/pull/12652) bounds one
//! host call's data and a request's fields, and is used here; bounds that a guest is told of, for fields, are asked for
//! in [WASI 889](https://github.com/WebAssembly/WASI/issues/889). A hook that may answer at once, and such bounds for
//! method, authority and path too, would make this module superfluous.

use super::policy::Policy;
use http::header::CONTENT_LENGTH;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Request, Uri, uri};
use http_body_util::{BodyExt, Empty};
use wasmtime::component::{Linker, Resource, ResourceTable, ResourceTableError};
use wasmtime_wasi_http::p2::bindings::http::types::{
    self, ErrorCode, HostOutgoingRequest as _, Method, Scheme,
};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttp, WasiHttpView};

/// The longest method, authority and path with query that a request may have, in bytes. wasmtime-wasi-http keeps the
/// texts in the host's memory, and takes all that crosses the boundary at once: 2 MiB each, for every handle. A name has
/// 253 at most; paths get what most servers take of a head in all.
const METHOD_BYTES: usize = 32;
const AUTHORITY_BYTES: usize = 272;
const PATH_BYTES: usize = 4 << 10;

/// Links `wasi:http` for stores whose state lends these two.
pub(crate) fn add_to_linker<T: WasiHttpView>(
    linker: &mut Linker<T>,
    lend: impl Fn(&mut T) -> (&mut Policy, &mut ResourceTable) + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    let unstable = types::LinkOptions::default();
    types::add_to_linker::<T, WasiHttp>(linker, &unstable, T::http)?;
    linker.allow_shadowing(true);
    let mut interface = linker.instance(TYPES)?;
    interface.func_wrap(
        "[method]outgoing-request.set-method",
        |mut store, (request, method): (Resource<HostOutgoingRequest>, Method)| {
            if matches!(&method, Method::Other(name) if name.len() > METHOD_BYTES) {
                return Ok((Err(()),));
            }
            Ok((store.data_mut().http().set_method(request, method)?,))
        },
    )?;
    interface.func_wrap(
        "[method]outgoing-request.set-authority",
        |mut store, (request, text): (Resource<HostOutgoingRequest>, Option<String>)| {
            if is_longer(&text, AUTHORITY_BYTES) {
                return Ok((Err(()),));
            }
            Ok((store.data_mut().http().set_authority(request, text)?,))
        },
    )?;
    interface.func_wrap(
        "[method]outgoing-request.set-path-with-query",
        |mut store, (request, text): (Resource<HostOutgoingRequest>, Option<String>)| {
            if is_longer(&text, PATH_BYTES) {
                return Ok((Err(()),));
            }
            let mut http = store.data_mut().http();
            Ok((http.set_path_with_query(request, text)?,))
        },
    )?;
    linker.allow_shadowing(false);
    let mut interface = linker.instance("wasi:http/outgoing-handler@0.2.12")?;
    interface.func_wrap("handle", move |mut store, (request, options)| {
        let (policy, table) = lend(store.data_mut());
        Ok((handle(policy, table, request, options)?,))
    })
}

/// The name under which wasmtime-wasi-http links its types. With another one a component would get theirs, without the
/// bounds, which a test would notice.
const TYPES: &str = "wasi:http/types@0.2.12";

fn is_longer(text: &Option<String>, bytes: usize) -> bool {
    text.as_ref().is_some_and(|text| text.len() > bytes)
}

/// The outer errors are handles that the guest does not hold, or one too many.
fn handle(
    policy: &mut Policy,
    table: &mut ResourceTable,
    request: Resource<HostOutgoingRequest>,
    options: Option<Resource<RequestOptions>>,
) -> Result<Result<Resource<HostFutureIncomingResponse>, ErrorCode>, ResourceTableError> {
    let options = options.map(|options| table.delete(options));
    let options = options.transpose()?.unwrap_or_default();
    let request = match compose(table.delete(request)?) {
        Ok(request) => request,
        Err(code) => return Ok(Err(code)),
    };
    table.push(policy.send(request, options)).map(Ok)
}

/// Builds one request from the guest's parts, or fails if they do not form one.
fn compose(asked: HostOutgoingRequest) -> Result<Request<WasiBody>, ErrorCode> {
    let scheme = match asked.scheme {
        None | Some(Scheme::Https) => uri::Scheme::HTTPS,
        Some(Scheme::Http) => uri::Scheme::HTTP,
        Some(Scheme::Other(_)) => return Err(ErrorCode::HttpProtocolError),
    };
    let mut target = uri::Parts::default();
    target.scheme = Some(scheme);
    target.authority = Some(
        Authority::try_from(asked.authority.unwrap_or_default())
            .map_err(|_| ErrorCode::HttpRequestUriInvalid)?,
    );
    target.path_and_query = Some(match asked.path_with_query {
        Some(path) if !path.is_empty() => {
            PathAndQuery::try_from(path).map_err(|_| ErrorCode::HttpRequestUriInvalid)?
        }
        // No path is the root's (RFC 9112, section 3.2.1).
        _ => PathAndQuery::from_static("/"),
    });
    let method = asked
        .method
        .try_into()
        .map_err(|_| ErrorCode::HttpRequestMethodInvalid)?;
    let headers = HeaderMap::from(asked.headers);
    let body = match asked.body {
        Some(body) => body,
        // A length without a body would leave the connection waiting for one.
        None if headers
            .get_all(CONTENT_LENGTH)
            .iter()
            .any(|length| length != "0") =>
        {
            return Err(ErrorCode::HttpRequestBodySize(Some(0)));
        }
        None => Empty::new().map_err(|never| match never {}).boxed_unsync(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_parts(target).map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
    *request.headers_mut() = headers;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use wasmtime_wasi_http::FieldMap;

    fn asked() -> HostOutgoingRequest {
        HostOutgoingRequest {
            method: Method::Post,
            scheme: Some(Scheme::Https),
            authority: Some("sms.example.com".to_owned()),
            path_with_query: Some("/send?a=b".to_owned()),
            headers: FieldMap::default(),
            body: None,
        }
    }

    /// Method and target, or the error.
    fn composed(change: impl FnOnce(&mut HostOutgoingRequest)) -> String {
        let mut request = asked();
        change(&mut request);
        match compose(request) {
            Ok(request) => format!("{} {}", request.method(), request.uri()),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn request_defaults_to_https_and_the_root_path() {
        assert_eq!(composed(|_| ()), "POST https://sms.example.com/send?a=b");
        assert_eq!(
            composed(|asked| asked.scheme = None),
            "POST https://sms.example.com/send?a=b"
        );
        for nothing in [None, Some(String::new())] {
            assert_eq!(
                composed(|asked| asked.path_with_query = nothing.clone()),
                "POST https://sms.example.com/"
            );
        }
        assert_eq!(
            composed(|asked| asked.method = Method::Other("PURGE".to_owned())),
            "PURGE https://sms.example.com/send?a=b",
            "checked later"
        );
    }

    #[test]
    fn invalid_request_error_names_invalid_part() {
        let uri = "ErrorCode::HttpRequestUriInvalid";
        assert_eq!(composed(|asked| asked.authority = None), uri);
        assert_eq!(
            composed(|asked| asked.authority = Some("a b".to_owned())),
            uri
        );
        assert_eq!(
            composed(|asked| asked.path_with_query = Some("/ /".to_owned())),
            uri
        );
        assert_eq!(
            composed(|asked| asked.scheme = Some(Scheme::Other("gopher".to_owned()))),
            "ErrorCode::HttpProtocolError"
        );
        assert_eq!(
            composed(|asked| asked.method = Method::Other("A B".to_owned())),
            "ErrorCode::HttpRequestMethodInvalid"
        );
    }

    #[test]
    fn nonzero_length_without_body_is_refused() {
        let with = |length: &'static str| {
            composed(|asked| {
                asked.headers.set_mutable(1_000);
                let length = HeaderValue::from_static(length);
                let name = HeaderName::from_static("content-length");
                assert_eq!(asked.headers.append_raw(name, length), Ok(false));
            })
        };
        assert_eq!(with("0"), "POST https://sms.example.com/send?a=b");
        assert_eq!(with("5"), "ErrorCode::HttpRequestBodySize(Some(0))");
    }

    #[test]
    fn handover_removes_options_and_request_from_table() {
        let mut table = ResourceTable::new();
        let request = table.push(asked()).unwrap();
        let options = table.push(RequestOptions::default()).unwrap();
        let mut policy = Policy::granting_nothing();
        let response = handle(&mut policy, &mut table, request, Some(options)).unwrap();
        table.delete(response.unwrap()).unwrap();
        assert!(table.is_empty());
    }
}
