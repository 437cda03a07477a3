//! API gateway: checks that precede every service.
//!
//! | step | refuses with |
//! |---|---|
//! | 0 method, size, repeated headers | `UnsupportedProtocol`, `RequestSizeLimitExceeded`, `InvalidParameter` |
//! | 1 to 4 common parameters | `MissingParameter`, `InvalidParameter`, `NoSuchVersion`, `InvalidAction` |
//! | 5 to 9 credentials | the `AuthFailure.*` family, in [`signature`] |
//! | 10 to 12 source, policy, rate | `IpNotInWhitelist`, `IpInBlacklist`, `AuthFailure.UnauthorizedOperation`, `RequestLimitExceeded` |
//! | 13 region | `MissingParameter`, `UnsupportedRegion` |
//! | 14 and 15 shape of the parameters | `InvalidParameter`, `UnknownParameter`, `MissingParameter`, in [`crate::parameters`] |
//!
//! The first failing check decides the response. Published responses of the service show that 1 to 4 precede the signature; the
//! finer order of 5 to 14 is inference.

mod canonical;
mod diagnosis;
pub mod signature;

use std::time::Instant;

use http::{HeaderMap, HeaderName, header};
use serde_json::{Map, Value};

use crate::action::Action;
use crate::catalogue::{Account, Catalogue, Credential};
use crate::codes;
use crate::parameters;
use crate::rates::Rates;
use crate::request::{ApiRequest, Refusal};
use signature::Verified;

/// Bodies above this are refused: the documented limit of a TC3 POST, 10 MiB.
pub const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// Queries above this are refused: the documented limit of a GET, 32 KiB.
pub const QUERY_LIMIT: usize = 32 * 1024;

/// The only version of the API that is simulated.
pub const VERSION: &str = "2021-01-11";

/// Returns a header that identifies the caller or the request and occurs more than once: proxies disagree on which
/// counts.
fn repeated(headers: &HeaderMap) -> Option<&HeaderName> {
    let is_decisive = |name: &&HeaderName| {
        [header::HOST, header::CONTENT_TYPE, header::AUTHORIZATION].contains(name)
            || name.as_str().starts_with("x-tc-")
    };
    let is_repeated = |name: &&HeaderName| headers.get_all(*name).iter().nth(1).is_some();
    headers.keys().filter(is_decisive).find(is_repeated)
}

/// Returns true if the parameters have a signature of version 1, in the query or in a form.
fn has_old_signature(request: &ApiRequest) -> bool {
    let form = std::str::from_utf8(&request.body).unwrap_or_default();
    [request.query.as_str(), form].iter().any(|pairs| {
        let has = |start| pairs.split('&').any(|pair| pair.starts_with(start));
        has("Action=") && has("Signature=")
    })
}

/// `InvalidAction`, with the requested name if it has the form of a name: anything else may be a misplaced secret.
fn unknown_action(asked: &str) -> Refusal {
    let is_name = asked.len() <= 40 && asked.bytes().all(|byte| byte.is_ascii_alphabetic());
    let shown = match (asked.is_empty(), is_name) {
        (true, _) => "is empty".to_owned(),
        (_, true) => format!("is `{asked}`"),
        _ => "is no name".to_owned(),
    };
    let known = Action::ALL.map(Action::name).join(", ");
    Refusal::new(&codes::INVALID_ACTION).explain(format!(
        "`X-TC-Action` {shown}; the simulator answers {known}, in this spelling"
    ))
}

/// A request that passed the gateway.
pub struct Admitted<'c> {
    /// The caller's account.
    pub account: &'c Account,
    /// The caller's key; `None` if a lenient simulator accepted an unknown one.
    pub credential: Option<&'c Credential>,
    /// The parameters, of the right names and types.
    pub parameters: Map<String, Value>,
}

/// Data that the gateway needs beside the request.
pub struct Gateway<'c> {
    /// Accounts, keys, regions, rates.
    pub catalogue: &'c Catalogue,
    /// Now, in Unix milliseconds.
    pub now_ms: i64,
}

impl<'c> Gateway<'c> {
    /// Steps 0 to 4: checks the request before the credentials.
    ///
    /// # Errors
    ///
    /// The refusal of the first failing step.
    pub fn common(&self, request: &ApiRequest, complete: bool) -> Result<Action, Refusal> {
        if !matches!(request.method.as_str(), "GET" | "POST") {
            return Err(Refusal::new(&codes::UNSUPPORTED_PROTOCOL)
                .explain("the method must be GET or POST"));
        }
        if !complete || request.query.len() > QUERY_LIMIT {
            return Err(Refusal::new(&codes::REQUEST_SIZE_LIMIT_EXCEEDED));
        }
        if let Some(name) = repeated(&request.headers) {
            return Err(Refusal::with(
                &codes::INVALID_PARAMETER,
                format!("The request header `{name}` occurs more than once."),
            ));
        }
        let common = |name: &str| {
            request.header(&format!("X-TC-{name}")).ok_or_else(|| {
                let why = match has_old_signature(request) {
                    true => "it is signed with HmacSHA1 or HmacSHA256 in its parameters; the simulator takes TC3-HMAC-SHA256 alone, the default of Tencent's SDKs".to_owned(),
                    false => format!("the request has no header `X-TC-{name}`"),
                };
                Refusal::missing(name).explain(why)
            })
        };
        let (action, timestamp, version) =
            (common("Action")?, common("Timestamp")?, common("Version")?);
        if timestamp.is_empty() || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
            // By analogy with the observed text for `Nonce`.
            return Err(Refusal::with(
                &codes::INVALID_PARAMETER,
                "Parameter `Timestamp` type error.",
            )
            .explain("`X-TC-Timestamp` must be Unix seconds, in digits"));
        }
        if version != VERSION {
            return Err(Refusal::with(
                &codes::NO_SUCH_VERSION,
                format!("The specified api version=`{version}` does not exist in service=`sms`."),
            )
            .explain(format!("`X-TC-Version` must be {VERSION}")));
        }
        Action::from_name(action).ok_or_else(|| unknown_action(action))
    }

    /// Steps 10 to 15, after the signature.
    ///
    /// # Errors
    ///
    /// The refusal of the first failing step.
    pub fn admit(
        &self,
        request: &ApiRequest,
        action: Action,
        who: &Verified<'c>,
        request_id: &str,
        rates: &mut Rates,
    ) -> Result<Admitted<'c>, Refusal> {
        let name = action.name();
        if let Some(credential) = who.credential {
            if !credential.ip_allow.is_empty() && !credential.ip_allow.contains(&request.peer) {
                return Err(Refusal::new(&codes::IP_NOT_IN_WHITELIST));
            }
            if credential.ip_block.contains(&request.peer) {
                return Err(Refusal::new(&codes::IP_IN_BLACKLIST));
            }
            if !credential.allows(name) {
                return Err(Refusal::with(
                    &codes::AUTH_FAILURE_UNAUTHORIZED_OPERATION,
                    format!(
                        "[request id:{request_id}]you are not authorized to perform operation (sms:{name})\nresource (*) has no permission\n"
                    ),
                )
                .explain(format!("the policy of this key does not list sms:{name}")));
            }
        }
        let limit = self
            .catalogue
            .requests_per_second
            .get(name)
            .copied()
            .flatten();
        if let Some(limit) = limit {
            let count = rates.count(
                &who.account.name,
                action.name(),
                self.now_ms,
                Instant::now(),
            );
            if count > limit {
                return Err(Refusal::with(
                    &codes::REQUEST_LIMIT_EXCEEDED,
                    format!(
                        "Your current request times equals to `{count}` in a second, which exceeds the frequency limit `{limit}` for a second. Please reduce the frequency of calls."
                    ),
                )
                .explain("the catalogue's `requests_per_second` has this limit; a second ends by real time, or when the simulator's clock moves on"));
            }
        }
        let region = request
            .header("X-TC-Region")
            .ok_or_else(|| Refusal::missing("Region"))?;
        if !self.catalogue.regions.iter().any(|known| known == region) {
            return Err(Refusal::new(&codes::UNSUPPORTED_REGION).explain(format!(
                "the SMS service has {}",
                self.catalogue.regions.join(", ")
            )));
        }
        let chinese = request.header("X-TC-Language") == Some("zh-CN");
        let given = parameters::read(request, action.schema())?;
        let parameters = parameters::check(given, action.schema(), chinese)?;
        Ok(Admitted {
            account: who.account,
            credential: who.credential,
            parameters,
        })
    }
}
