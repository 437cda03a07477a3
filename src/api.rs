//! One signed request of Tencent Cloud's API 3.0: what every action of the service has in common.
//!
//! Source: <https://cloud.tencent.com/document/api/382/52071> (headers) and [`crate::tc3`] (signature).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::config::Account;
use crate::tc3::SigningInput;
use crate::text::decimal;

/// The API's version.
pub const VERSION: &str = "2021-01-11";
/// The service's short name in signatures.
pub const SERVICE: &str = "sms";
/// Signed and sent alike; in lower case, because the service lower-cases it before it verifies.
pub const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// Names this connector to the service. The allowed characters are letters, digits and `-_ ,;.`.
const REQUEST_CLIENT: &str = concat!("tencent-sms-connector_", env!("CARGO_PKG_VERSION"));

/// The language of the service's own words, `X-TC-Language`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProviderLanguage {
    /// `en-US`. Without the header the service answers in the language of the account.
    #[default]
    English,
    /// `zh-CN`.
    Chinese,
}

impl ProviderLanguage {
    /// The header's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::Chinese => "zh-CN",
        }
    }
}

/// An action of the API, such as `SendSms`, on behalf of an account.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Who asks, and where.
    pub account: &'a Account<'a>,
    /// `X-TC-Action`.
    pub action: &'static str,
    /// The language that the answer's messages should have.
    pub language: ProviderLanguage,
    /// JSON. These bytes are signed, and these bytes are sent.
    pub body: &'a [u8],
}

/// One signed request, ready for a transport.
pub struct Request<'a> {
    /// Whether to use TLS.
    pub tls: bool,
    /// Host, and port unless it is the scheme's own. The host's HTTP client makes the `Host` header from it.
    pub authority: &'a str,
    /// Header names in lower case, and values; no `host` and no `content-length`.
    pub headers: Vec<(&'static str, Cow<'a, str>)>,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Call<'a> {
    /// Signs the body for this second (unix time) and puts the headers around it.
    #[must_use]
    pub fn sign(&self, timestamp: u64) -> Request<'a> {
        let account = self.account;
        let signing = SigningInput {
            service: SERVICE,
            headers: &[
                ("content-type", CONTENT_TYPE),
                ("host", &account.endpoint.authority),
            ],
            payload: self.body,
            timestamp,
        };
        let authorization =
            signing.authorization(account.secret_id.reveal(), account.secret_key.reveal());
        let mut headers = alloc::vec![
            ("accept", "application/json".into()),
            ("authorization", authorization.into()),
            ("content-type", CONTENT_TYPE.into()),
            ("x-tc-action", self.action.into()),
            ("x-tc-language", self.language.as_str().into()),
            ("x-tc-region", account.region.into()),
            ("x-tc-requestclient", REQUEST_CLIENT.into()),
            ("x-tc-timestamp", decimal(timestamp).into()),
            ("x-tc-version", VERSION.into()),
        ];
        if let Some(token) = account.session_token {
            headers.push(("x-tc-token", token.reveal().into()));
        }
        Request {
            tls: account.endpoint.tls,
            authority: &account.endpoint.authority,
            headers,
            body: self.body,
        }
    }
}
