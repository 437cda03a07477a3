//! TC3-HMAC-SHA256, the signature of Tencent Cloud API 3.0.
//!
//! Source: <https://cloud.tencent.com/document/api/213/30654>. Every intermediate value has a function of its own,
//! because the published vectors state them all, and a wrong signature does not show which step is wrong.
//!
//! Only `POST /` without a query is signed, the one form that the SMS service needs.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use connector_kit::time;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// The algorithm's name on the wire.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// The bytes that will be sent, and the headers that they will be sent with.
pub struct SigningInput<'a> {
    /// The service's short name, `sms`.
    pub service: &'a str,
    /// Names and values of the signed headers, in lower case and sorted by name; `content-type` and `host` at
    /// least. The service lower-cases values before it compares, so a value must be lower case to be signed.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, byte for byte.
    pub payload: &'a [u8],
    /// Unix seconds, the same number as in `X-TC-Timestamp`.
    pub timestamp: u64,
}

impl SigningInput<'_> {
    /// The request in the form that both sides hash.
    pub fn canonical_request(&self) -> String {
        let lines = self.headers.iter();
        let parts = lines.flat_map(|(name, value)| [*name, ":", *value, "\n"]);
        let headers: String = parts.collect();
        let names = self.signed_headers();
        let payload = hex_sha256(self.payload);
        format!("POST\n/\n\n{headers}\n{names}\n{payload}")
    }

    /// The names of the signed headers, joined by semicolons.
    pub fn signed_headers(&self) -> String {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        names.join(";")
    }

    /// `date/service/tc3_request`, with the UTC date of the timestamp. A local date works most of the day and
    /// fails from midnight to 8 o'clock in China.
    pub fn credential_scope(&self) -> String {
        let date = time::utc_date(self.timestamp);
        format!("{date}/{}/tc3_request", self.service)
    }

    /// The text that the signing key is applied to.
    pub fn string_to_sign(&self) -> String {
        let request = hex_sha256(self.canonical_request().as_bytes());
        let scope = self.credential_scope();
        format!("{ALGORITHM}\n{}\n{scope}\n{request}", self.timestamp)
    }

    /// The value of the `Authorization` header. The signature in it has 64 lower-case hexadecimal digits.
    pub fn authorization(&self, secret_id: &str, secret_key: &str) -> String {
        let scope = self.credential_scope();
        let names = self.signed_headers();
        let date = scope.split('/').next().unwrap_or_default();
        let [.., key] = derived_keys(secret_key, date, self.service);
        let signature = hex::encode(hmac_sha256(&key, self.string_to_sign().as_bytes()));
        format!(
            "{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    }
}

/// The chain of keys from a secret to one day (`YYYY-MM-DD` in UTC) and one service: `HMAC("TC3" + secret key, date)`,
/// `HMAC(date key, service)` and `HMAC(service key, "tc3_request")`. Holders of the last can sign for that day and service
/// only.
pub fn derived_keys(secret_key: &str, date: &str, service: &str) -> [[u8; 32]; 3] {
    let of_date = hmac_sha256(format!("TC3{secret_key}").as_bytes(), date.as_bytes());
    let of_service = hmac_sha256(&of_date, service.as_bytes());
    let signing = hmac_sha256(&of_service, b"tc3_request");
    [of_date, of_service, signing]
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn hex_sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so this fails for none.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two vectors that Tencent published, with every intermediate value.
    fn published_vectors() -> Vec<serde_json::Value> {
        serde_json::from_str(include_str!("../tests/vectors/tc3.json")).unwrap()
    }

    fn text<'a>(vector: &'a serde_json::Value, key: &str) -> &'a str {
        vector[key].as_str().unwrap()
    }

    #[test]
    fn published_vectors_are_reproduced() {
        let vectors = published_vectors();
        assert_eq!(vectors.len(), 2);
        for vector in &vectors {
            let all = [
                ("content-type", text(vector, "content_type")),
                ("host", text(vector, "host")),
                ("x-tc-action", "describeinstances"),
            ];
            let signed = text(vector, "signed_headers");
            let headers = &all[..signed.split(';').count()];
            let input = SigningInput {
                service: text(vector, "service"),
                headers,
                payload: text(vector, "payload").as_bytes(),
                timestamp: vector["timestamp"].as_u64().unwrap(),
            };
            let secret_key = text(vector, "secret_key");

            assert_eq!(input.signed_headers(), signed);
            assert_eq!(hex_sha256(input.payload), text(vector, "hashed_payload"));
            assert_eq!(input.canonical_request(), text(vector, "canonical_request"));
            assert_eq!(
                hex_sha256(input.canonical_request().as_bytes()),
                text(vector, "hashed_canonical_request")
            );
            assert_eq!(input.string_to_sign(), text(vector, "string_to_sign"));
            let date = time::utc_date(input.timestamp);
            let keys = derived_keys(secret_key, &date, input.service);
            let names = ["secret_date", "secret_service", "secret_signing"];
            for (key, name) in keys.iter().zip(names) {
                assert_eq!(hex::encode(key), text(vector, name), "{name}");
            }
            assert_eq!(
                input.authorization(text(vector, "secret_id"), secret_key),
                text(vector, "authorization")
            );
        }
    }

    #[test]
    fn scope_has_the_utc_date() {
        let scope = |timestamp| {
            SigningInput {
                service: "sms",
                headers: &[],
                payload: b"",
                timestamp,
            }
            .credential_scope()
        };
        assert_eq!(scope(1_700_006_399), "2023-11-14/sms/tc3_request");
        assert_eq!(scope(1_700_006_400), "2023-11-15/sms/tc3_request");
        // 00:30 in China is still the day before in UTC.
        assert_eq!(scope(1_699_979_400), "2023-11-14/sms/tc3_request");
    }
}
