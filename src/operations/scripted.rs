//! A service for tests: answers by action, and remembers what it was asked.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::api::Request;
use crate::connector::{Host, HttpAnswer};
use crate::contract::{Failure, FailureKind, SendError, Turn};

pub const NOW: u64 = 1_551_113_065;

/// What one look-up asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub action: String,
    pub key: String,
    pub authority: String,
    pub timestamp: u64,
    pub body: Value,
    pub deadline_ms: u32,
}

type Script = dyn FnMut(&Asked) -> Result<HttpAnswer, SendError>;

pub struct Service {
    pub now: u64,
    pub asked: Vec<Asked>,
    script: alloc::boxed::Box<Script>,
}

impl Service {
    pub fn new(script: impl FnMut(&Asked) -> Result<HttpAnswer, SendError> + 'static) -> Self {
        Self {
            now: NOW,
            asked: Vec::new(),
            script: alloc::boxed::Box::new(script),
        }
    }

    pub fn actions(&self) -> Vec<&str> {
        self.asked
            .iter()
            .map(|asked| asked.action.as_str())
            .collect()
    }
}

impl Host for Service {
    fn unix_time_s(&mut self) -> u64 {
        self.now
    }

    fn exchange(
        &mut self,
        request: &Request<'_>,
        deadline_ms: u32,
    ) -> Result<HttpAnswer, SendError> {
        let header = |name: &str| {
            let found = request.headers.iter().find(|(key, _)| *key == name);
            found.map_or_else(String::new, |(_, value)| value.to_string())
        };
        let authorization = header("authorization");
        let key = authorization.split(['=', '/']).nth(1).unwrap_or_default();
        let asked = Asked {
            action: header("x-tc-action"),
            key: key.into(),
            authority: request.authority.into(),
            timestamp: header("x-tc-timestamp").parse().unwrap(),
            body: serde_json::from_slice(request.body).unwrap(),
            deadline_ms,
        };
        self.asked.push(asked.clone());
        (self.script)(&asked)
    }
}

/// An answer of the service, with its time.
#[allow(clippy::unnecessary_wraps, reason = "it is one side of a script")]
pub fn answer(response: &Value) -> Result<HttpAnswer, SendError> {
    let mut response = response.clone();
    response["RequestId"] = "a0aabda6-cf91-4f3e-a81f-9198114a2279".into();
    Ok(HttpAnswer {
        status: 200,
        date: None,
        body: json!({ "Response": response }).to_string().into_bytes(),
    })
}

pub fn refusal(code: &str) -> Result<HttpAnswer, SendError> {
    answer(&json!({"Error": {"Code": code, "Message": "to +8613800138000"}}))
}

pub fn unreachable() -> Result<HttpAnswer, SendError> {
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
        "accessKeyId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "accessKeySecret": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "signName": "\u{817e}\u{8baf}\u{4e91}",
        "sdkAppId": "1400006666",
        "region": "ap-guangzhou",
        "templates": templates,
    });
    change(&mut config);
    config.to_string()
}
