use crate::service::running::{Answer, Running, http};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

pub const WHSEC: &str = "v1,whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
pub const SECRET: &str = "a-secret-of-an-example";

/// Every platform that posts a message with a code.
pub const PLATFORMS: [&str; 14] = [
    "supabase",
    "logto",
    "zitadel",
    "kratos",
    "authgear",
    "generic",
    "authentik",
    "fusionauth",
    "casdoor",
    "keycloak",
    "auth0",
    "supertokens",
    "better-auth",
    "clerk",
];

/// Platforms whose proof is a signature with a timestamp.
pub const TIMED: [&str; 3] = ["supabase", "zitadel", "clerk"];

pub fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Headers of Standard Webhooks, as specified by standardwebhooks.com.
pub fn standard(
    prefix: &str,
    secret: &str,
    id: &str,
    time_s: i64,
    body: &str,
) -> Vec<(String, String)> {
    let key = STANDARD.decode(secret.rsplit('_').next().unwrap()).unwrap();
    let signature = STANDARD.encode(mac(&key, &format!("{id}.{time_s}.{body}")));
    vec![
        (format!("{prefix}-id"), id.to_owned()),
        (format!("{prefix}-timestamp"), time_s.to_string()),
        (format!("{prefix}-signature"), format!("v1,{signature}")),
    ]
}

/// A webhook of a platform.
#[derive(Clone)]
pub struct Hook {
    pub platform: &'static str,
    pub path: String,
    pub secret: String,
}

impl Hook {
    /// Creates one through the administrator's API.
    pub fn put(host: &Running, platform: &'static str, more: &Value) -> Self {
        Self::put_for(host, "default", platform, more)
    }

    pub fn put_for(host: &Running, tenant: &str, platform: &'static str, more: &Value) -> Self {
        let secret = match platform {
            "supabase" => WHSEC,
            "clerk" => WHSEC.trim_start_matches("v1,"),
            "logto" => "Bearer a-secret-of-an-example",
            _ => SECRET,
        };
        let mut body = json!({"platform": platform, "secrets": [secret]});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let path = format!("/admin/tenants/{tenant}/webhooks/{platform}");
        let shown = host.admin("PUT", &path, &host.host_key, &body).expect(200);
        assert!(shown.get("secret").is_none(), "{shown}");
        Self {
            platform,
            path: shown["path"].as_str().unwrap().to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// The headers of the platform's request with a body.
    pub fn headers(&self, body: &str, time_s: i64) -> Vec<(String, String)> {
        let one = |name: &str, value: String| vec![(name.to_owned(), value)];
        match self.platform {
            "supabase" => {
                // GoTrue makes a new identifier for each attempt.
                let id = format!(
                    "attempt-{}",
                    hex(&mac(b"id", &format!("{body}{:?}", SystemTime::now())))
                );
                standard("webhook", &self.secret, &id, time_s, body)
            }
            "clerk" => {
                let id = format!("msg_{}", hex(&mac(b"id", body)));
                standard("svix", &self.secret, &id, time_s, body)
            }
            "logto" => one("Authorization", self.secret.clone()),
            "zitadel" => {
                let signature = hex(&mac(self.secret.as_bytes(), &format!("{time_s}.{body}")));
                one("ZITADEL-Signature", format!("t={time_s},v1={signature}"))
            }
            "kratos" => one("X-Api-Key", self.secret.clone()),
            "authgear" => one(
                "x-authgear-body-signature",
                hex(&mac(self.secret.as_bytes(), body)),
            ),
            _ => one("Authorization", format!("Bearer {}", self.secret)),
        }
    }

    pub fn post(&self, host: &Running, body: &str) -> Answer {
        self.post_with(host, body, &[])
    }

    pub fn post_with(&self, host: &Running, body: &str, more: &[(&str, &str)]) -> Answer {
        self.post_at(host, body, now_s(), more)
    }

    pub fn post_at(
        &self,
        host: &Running,
        body: &str,
        time_s: i64,
        more: &[(&str, &str)],
    ) -> Answer {
        let signed = self.headers(body, time_s);
        let mut headers: Vec<(&str, &str)> = signed
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let kind = ("Content-Type", "application/json");
        if !more.iter().any(|(name, _)| *name == kind.0) {
            headers.push(kind);
        }
        headers.extend(more);
        http(&host.process.api, "POST", &self.path, &headers, body).unwrap()
    }
}

/// Body that a platform posts to send a code to a number in E.164 form.
pub fn message(platform: &str, to: &str, code: &str) -> String {
    let bare = to.trim_start_matches('+');
    let text = format!("{code} is your code.\n@login.example.com #{code}");
    let body = match platform {
        "supabase" => json!({
            "metadata": {"uuid": format!("uuid-{bare}-{code}"), "name": "send-sms", "ip_address": "203.0.113.9"},
            "user": {"id": "0d3c4f7e", "aud": "authenticated", "phone": bare, "phone_confirmed_at": "2026-11-28T14:00:00Z"},
            "sms": {"otp": code, "phone": bare},
        }),
        "logto" => json!({
            "to": bare, "type": "SignIn", "payload": {"code": code, "locale": "zh-CN"}, "ip": "203.0.113.9",
        }),
        "zitadel" => json!({
            "contextInfo": {"eventType": "session.otp.sms.challenged", "provider": {"id": "1"}, "recipientPhoneNumber": to},
            "templateData": {"title": "VerifySMSOTP.Title", "text": text},
            "args": {"oTP": code, "expiry": 300_000_000_000_u64, "verifiedPhone": to, "lastPhone": to},
        }),
        "kratos" => json!({
            "to": to, "template_type": "login_code_valid", "code": code, "expires_in_minutes": 60, "locale": null,
            "accept_language": "fr-CH, fr;q=0.9", "client_ip": "203.0.113.9",
        }),
        "authgear" => json!({
            "to": to, "body": text, "app_id": "demo", "template_name": "verification_sms.txt", "language_tag": "zh-CN",
            "template_variables": {"app_name": "Demo", "code": code, "host": "demo.example.com"},
        }),
        "authentik" => json!({"From": "authentik", "To": to, "Body": code, "Message": text}),
        "fusionauth" => json!({
            "code": code, "phoneNumber": to, "textMessage": text, "message": text, "type": "SMS", "userId": "0d3c4f7e",
        }),
        "casdoor" => json!({"phoneNumber": to, "code": code}),
        "keycloak" => json!({
            "uuid": format!("uuid-{bare}-{code}"), "message": text, "receiver": to, "sender": "keycloak",
        }),
        "auth0" => json!({
            "recipient": to, "code": code, "message_type": "otp_verify", "delivery_method": "text", "locale": "en_US",
            "ip": "203.0.113.9",
        }),
        "supertokens" => {
            json!({"type": "PASSWORDLESS_LOGIN", "phoneNumber": to, "userInputCode": code})
        }
        "better-auth" => json!({"phoneNumber": to, "code": code}),
        "clerk" => json!({
            "type": "sms.created",
            "data": {"id": "sms_1", "to_phone_number": to, "message": format!("{code} is your code."), "status": "queued"},
        }),
        _ => json!({"to": to, "code": code}),
    };
    body.to_string()
}

/// Routes German numbers to a connector whose provider is down: nothing listens at its port.
pub fn serve_germany_by_nobody(host: &Running) {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap()
        .port();
    let nowhere = format!("http://127.0.0.1:{port}");
    let wasm = crate::support::component();
    let url = host.simulator.url();
    let add = [
        "plugin",
        "add",
        wasm.to_str().unwrap(),
        "--name",
        "sms",
        "--unsigned",
        "--allow",
        &url,
        "--allow",
        &nowhere,
    ];
    host.command(&add, "").unwrap();
    let put = [
        "connector",
        "put",
        "nobody",
        "--plugin",
        "sms",
        "--config",
        "-",
    ];
    host.command(&put, &crate::service::running::config(&nowhere).to_string())
        .unwrap();
    host.change(&["flow", "put", "--country", "DE", "nobody"], "");
}
