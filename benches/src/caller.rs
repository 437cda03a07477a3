//! The client of `verifications`: requests to the servers, and codes from the simulator's inbox.

use crate::lanes::Simulator;
use crate::work::{Result, as_text};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A client of all servers and of the simulator's inbox, with kept connections.
pub struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    inbox: String,
}

impl Caller {
    /// A client beside a simulator.
    pub fn new(simulator: &Simulator) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            inbox: format!("{}/_sim/otp/latest", simulator.url),
        }
    }

    /// A request with a JSON body, and the answer if it has the status.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &Value,
        status: u16,
    ) -> Result<Value> {
        let mut request = Request::post(url).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::from(body.to_string()));
        self.answer(request.body(body).map_err(as_text)?, status)
            .await
    }

    /// The code that arrived last at a number.
    pub async fn code(&self, number: &str) -> Result<String> {
        let url = format!("{}?to=%2B{}", self.inbox, number.trim_start_matches('+'));
        let request = Request::get(url).body(Full::default()).map_err(as_text)?;
        let answer = self.answer(request, 200).await?;
        let code = answer.get("otp").and_then(Value::as_str);
        Ok(code.ok_or("no code arrived")?.to_owned())
    }

    async fn answer(&self, request: Request<Full<Bytes>>, status: u16) -> Result<Value> {
        let url = request.uri().to_string();
        let response = self.client.request(request).await.map_err(as_text)?;
        let found = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(as_text)?;
        let body = body.to_bytes();
        if found != status {
            let text = String::from_utf8_lossy(&body);
            return Err(format!("{url}: {found} {text}"));
        }
        serde_json::from_slice(&body).map_err(as_text)
    }
}
