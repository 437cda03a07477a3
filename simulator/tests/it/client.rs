//! A raw HTTP/1.1 client and a TC3 signer, written for the tests alone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

pub const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
pub const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

/// A parsed response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    /// `Response.Error.Code`, else the code of the first number.
    pub fn code(&self) -> String {
        let response = &self.json()["Response"];
        let error = &response["Error"]["Code"];
        let code = if error.is_null() {
            &response["SendStatusSet"][0]["Code"]
        } else {
            error
        };
        code.as_str().expect("a code").to_owned()
    }

    pub fn error(&self) -> (String, String) {
        let error = &self.json()["Response"]["Error"];
        (
            error["Code"].as_str().unwrap().to_owned(),
            error["Message"].as_str().unwrap().to_owned(),
        )
    }

    pub fn status_of(&self, at: usize) -> Value {
        self.json()["Response"]["SendStatusSet"][at].clone()
    }
}

/// A request of a correct client, which a test changes in one place.
#[derive(Clone)]
pub struct Call {
    pub addr: SocketAddr,
    pub method: String,
    pub target: String,
    pub host: String,
    pub action: Option<String>,
    pub version: Option<String>,
    pub timestamp: i64,
    /// Sent in place of the signed timestamp.
    pub timestamp_header: Option<String>,
    pub region: Option<String>,
    pub content_type: String,
    pub secret_id: String,
    pub secret_key: String,
    pub service: String,
    /// Date of the scope; the UTC date of the timestamp unless a test sets another.
    pub date: Option<String>,
    pub signed: Vec<&'static str>,
    /// Sent in place of the computed header.
    pub authorization: Option<String>,
    pub extra: Vec<(String, String)>,
    /// Headers that were signed but are not sent.
    pub dropped: Vec<&'static str>,
    pub body: Vec<u8>,
    /// Sent in place of the signed body.
    pub sent_body: Option<Vec<u8>>,
    /// Signed host, if it differs from the one sent.
    pub signed_host: Option<String>,
}

pub fn good_body() -> Value {
    json!({
        "PhoneNumberSet": ["+8613800138000"],
        "SmsSdkAppId": "1400006666",
        "TemplateId": "1110000",
        "SignName": "腾讯云",
        "TemplateParamSet": ["123456"],
    })
}

/// `good_body` with some keys changed; `null` removes one.
pub fn body_with(changes: Value) -> Value {
    let mut body = good_body();
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(key);
        } else {
            body[key] = value.clone();
        }
    }
    body
}

impl Call {
    pub fn new(addr: SocketAddr) -> Self {
        Self {
            addr,
            method: "POST".to_owned(),
            target: "/".to_owned(),
            host: addr.to_string(),
            action: Some("SendSms".to_owned()),
            version: Some("2021-01-11".to_owned()),
            timestamp: now_s(),
            timestamp_header: None,
            region: Some("ap-guangzhou".to_owned()),
            content_type: "application/json; charset=utf-8".to_owned(),
            secret_id: SECRET_ID.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
            service: "sms".to_owned(),
            date: None,
            signed: vec!["content-type", "host"],
            authorization: None,
            extra: Vec::new(),
            dropped: Vec::new(),
            body: good_body().to_string().into_bytes(),
            sent_body: None,
            signed_host: None,
        }
    }

    pub fn body(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self
    }

    pub fn at(mut self, unix_s: i64) -> Self {
        self.timestamp = unix_s;
        self
    }

    fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Host".to_owned(), self.host.clone()),
            ("Content-Type".to_owned(), self.content_type.clone()),
        ];
        let stamp = self
            .timestamp_header
            .clone()
            .unwrap_or_else(|| self.timestamp.to_string());
        for (name, value) in [
            ("X-TC-Action", self.action.clone()),
            ("X-TC-Version", self.version.clone()),
            ("X-TC-Timestamp", Some(stamp)),
            ("X-TC-Region", self.region.clone()),
        ] {
            headers.extend(value.map(|value| (name.to_owned(), value)));
        }
        headers.extend(self.extra.iter().cloned());
        headers
    }

    /// The header that a correct client computes, from the published description.
    pub fn authorization(&self) -> String {
        self.sign(str::to_lowercase)
    }

    /// The header of a client that does not lower-case header values.
    pub fn authorization_without_lower_case(&self) -> String {
        self.sign(str::to_owned)
    }

    fn sign(&self, value_case: fn(&str) -> String) -> String {
        let headers = self.headers();
        let date = self
            .date
            .clone()
            .unwrap_or_else(|| utc_date(self.timestamp));
        let mut canonical = format!("{}\n/\n", self.method);
        if self.method == "GET" {
            canonical += self.target.split_once('?').map_or("", |(_, query)| query);
        }
        canonical += "\n";
        for name in &self.signed {
            let value = match (*name, &self.signed_host) {
                ("host", Some(host)) => host.clone(),
                _ => headers
                    .iter()
                    .find(|(n, _)| n.eq_ignore_ascii_case(name))
                    .map(|(_, v)| v.clone())
                    .unwrap_or_default(),
            };
            canonical += &format!("{name}:{}\n", value_case(value.trim()));
        }
        let unsigned = headers.iter().any(|(_, value)| value == "UNSIGNED-PAYLOAD");
        let payload: &[u8] = match (unsigned, self.method.as_str()) {
            (true, _) => b"UNSIGNED-PAYLOAD",
            (false, "GET") => b"",
            _ => &self.body,
        };
        let signed = self.signed.join(";");
        canonical += &format!("\n{signed}\n{}", hex::encode(Sha256::digest(payload)));
        let scope = format!("{date}/{}/tc3_request", self.service);
        let to_sign = format!(
            "TC3-HMAC-SHA256\n{}\n{scope}\n{}",
            self.timestamp,
            hex::encode(Sha256::digest(canonical))
        );
        let key = mac(format!("TC3{}", self.secret_key).as_bytes(), &date);
        let signature = hex::encode(mac(
            &mac(&mac(&key, &self.service), "tc3_request"),
            &to_sign,
        ));
        format!(
            "TC3-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={signature}",
            self.secret_id
        )
    }

    /// The bytes on the wire.
    pub fn wire(&self) -> Vec<u8> {
        let body = self.sent_body.as_ref().unwrap_or(&self.body);
        let authorization = self
            .authorization
            .clone()
            .unwrap_or_else(|| self.authorization());
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in self.headers() {
            if !self.dropped.iter().any(|d| d.eq_ignore_ascii_case(&name)) {
                head += &format!("{name}: {value}\r\n");
            }
        }
        if !authorization.is_empty() {
            head += &format!("Authorization: {authorization}\r\n");
        }
        if self.method != "GET" {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        head += "\r\n";
        let mut wire = head.into_bytes();
        if self.method != "GET" {
            wire.extend_from_slice(body);
        }
        wire
    }

    pub fn send(&self) -> Answer {
        self.try_send().expect("an answer")
    }

    /// The response, or `None` if the connection ended before a complete one.
    pub fn try_send(&self) -> Option<Answer> {
        exchange(self.addr, &self.wire())
    }
}

pub fn connect(addr: SocketAddr) -> TcpStream {
    try_connect(addr).expect("connect")
}

fn try_connect(addr: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, Duration::from_secs(5))?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
        .set_write_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    Ok(stream)
}

/// Sends bytes on a new connection and reads one response. A connection that is reset while it is opened has no
/// response either.
pub fn exchange(addr: SocketAddr, wire: &[u8]) -> Option<Answer> {
    let mut stream = try_connect(addr).ok()?;
    stream.write_all(wire).ok()?;
    read_answer(&mut stream)
}

/// One response, or `None` if the connection ends before it is complete.
pub fn read_answer(stream: &mut impl Read) -> Option<Answer> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map_or(0, |(_, v)| v.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(n) => body.extend_from_slice(&chunk[..n]),
        }
    }
    Some(Answer {
        status,
        headers,
        body,
    })
}

pub fn get(addr: SocketAddr, path: &str) -> Answer {
    control(addr, "GET", path, None)
}

pub fn control(addr: SocketAddr, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let body = body.map(Value::to_string).unwrap_or_default();
    let wire = format!(
        "{method} {path} HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(addr, wire.as_bytes()).expect("an answer")
}

pub fn now_s() -> i64 {
    i64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs(),
    )
    .unwrap()
}

pub fn utc_date(unix_s: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_s)
        .unwrap()
        .date()
        .to_string()
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
