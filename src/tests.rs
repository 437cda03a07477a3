//! A scripted service for tests: answers by a closure, and records each request.

use connector_kit::contract::{Failure, FailureKind, Message, SendError, Turn};
use connector_kit::http::{Request, Response, Transport};
use serde_json::{Value, json};

pub use connector_kit::testing::NOW;

pub const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
pub const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
pub const REQUEST_ID: &str = "a0aabda6-cf91-4f3e-a81f-9198114a2279";

pub type Reply = Result<Response, SendError>;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub action: String,
    /// The key's id.
    pub key: String,
    pub authority: String,
    pub tls: bool,
    pub timestamp: u64,
    pub headers: Vec<(&'static str, String)>,
    /// The body as it was sent.
    pub text: String,
    /// The body as JSON.
    pub body: Value,
    pub deadline_ms: u32,
}

impl Asked {
    /// The value of a header; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| *key == name);
        found.map_or("", |(_, value)| value)
    }
}

type Script = dyn FnMut(&Asked) -> Reply;

pub struct Service {
    pub now: u64,
    pub asked: Vec<Asked>,
    script: Box<Script>,
}

impl Service {
    pub fn new(script: impl FnMut(&Asked) -> Reply + 'static) -> Self {
        Self {
            now: NOW,
            asked: Vec::new(),
            script: Box::new(script),
        }
    }

    /// Gives these answers in their order. A request beyond them fails the test.
    pub fn with(answers: impl IntoIterator<Item = Reply>) -> Self {
        let mut answers = answers.into_iter().collect::<Vec<_>>().into_iter();
        Self::new(move |_| answers.next().expect("no request beyond the script"))
    }

    pub fn actions(&self) -> Vec<&str> {
        let actions = self.asked.iter().map(|asked| asked.action.as_str());
        actions.collect()
    }
}

impl Transport for Service {
    fn unix_time_s(&mut self) -> u64 {
        self.now
    }

    fn exchange(&mut self, request: &Request<'_>, deadline_ms: u32) -> Reply {
        let header = |name: &str| request.header(name).unwrap_or_default().to_string();
        let authorization = header("authorization");
        let key = authorization.split(['=', '/']).nth(1).unwrap_or_default();
        let headers = request.headers.iter();
        let asked = Asked {
            action: header("x-tc-action"),
            key: key.into(),
            authority: request.url.authority.clone(),
            tls: request.url.tls,
            timestamp: header("x-tc-timestamp").parse().unwrap(),
            headers: headers
                .map(|(name, value)| (*name, value.to_string()))
                .collect(),
            text: String::from_utf8(request.body.clone()).unwrap(),
            body: serde_json::from_slice(&request.body).unwrap(),
            deadline_ms,
        };
        self.asked.push(asked.clone());
        (self.script)(&asked)
    }
}

/// A response with this body.
#[allow(clippy::unnecessary_wraps, reason = "it is one side of a script")]
pub fn raw(status: u16, body: &str) -> Reply {
    Ok(Response::new(status, body))
}

/// The same with a `Date` header.
pub fn dated(reply: Reply, date: &str) -> Reply {
    reply.map(|response| Response {
        date: Some(date.into()),
        ..response
    })
}

/// An answer of the service.
pub fn answer(response: &Value) -> Reply {
    let mut response = response.clone();
    response["RequestId"] = REQUEST_ID.into();
    raw(200, &json!({ "Response": response }).to_string())
}

pub fn refusal(code: &str) -> Reply {
    answer(&json!({"Error": {"Code": code, "Message": "to +8613800138000"}}))
}

pub fn unreachable() -> Reply {
    Err(SendError::NotSent(Failure::new(
        FailureKind::Unreachable,
        Turn::Host,
        "No route.",
    )))
}

/// Logto's config with a code for each route.
pub fn config_with(change: impl FnOnce(&mut Value)) -> String {
    let template = |usage: &str| json!({"usageType": usage, "templateCode": {"mainland": "11", "international": "12"}});
    let templates = ["SignIn", "Register", "ForgotPassword", "Generic"].map(template);
    let mut config = json!({
        "accessKeyId": SECRET_ID,
        "accessKeySecret": SECRET_KEY,
        "signName": "\u{817e}\u{8baf}\u{4e91}",
        "sdkAppId": "1400006666",
        "region": "ap-guangzhou",
        "templates": templates,
    });
    change(&mut config);
    config.to_string()
}

/// A sign-in code for a mainland number.
pub fn message() -> Message {
    Message {
        to: "+86 138 0013 8000".into(),
        usage: "SignIn".into(),
        variables: vec![("code".into(), "123456".into())],
        ..Message::default()
    }
}
