//! TC3-HMAC-SHA256 on the receiving side, written from the published scheme.
//!
//! No code is shared with the connector, so that a mistake on one side cannot confirm itself.
//!
//! Accepts one form of the `Authorization` header (see [`Authorization::parse`]) and reports the part that is
//! wrong otherwise. Signatures are compared in constant time.
//!
//! Source: Tencent Cloud API, *Signature Method v3*; both of its worked examples are the tests below.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The only algorithm of this scheme, first word of the header and first line of the string to sign.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// Value of `X-TC-Content-SHA256` for an unsigned payload, which the client signs instead of the payload.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// Maximum of bytes in the list of signed headers. The canonical request has a line for each.
const SIGNED_HEADERS_LIMIT: usize = 1024;

/// The parsed `Authorization` header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// Public half of the key pair.
    pub secret_id: &'a str,
    /// Date of the credential scope, `yyyy-mm-dd`.
    pub date: &'a str,
    /// Service of the credential scope, `sms` from a client of the real service.
    pub service: &'a str,
    /// Names of the signed headers as the client listed them, joined by `;`.
    pub signed_headers: &'a str,
    /// 64 lower-case hexadecimal digits.
    pub signature: &'a str,
}

impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("secret_id", &crate::mask::secret_id(self.secret_id))
            .field("scope", &self.scope())
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

/// The part of an `Authorization` header that does not have the documented form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It does not begin with `TC3-HMAC-SHA256` and at least one space.
    Algorithm,
    /// `Credential=` is missing or is not `<SecretId>/<yyyy-mm-dd>/<service>/tc3_request`.
    Credential,
    /// `SignedHeaders=` is missing, too long, or holds something other than lower-case names joined by `;`.
    SignedHeaders,
    /// `Signature=` is missing or is not 64 lower-case hexadecimal digits.
    Signature,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "the header must begin with `TC3-HMAC-SHA256 `",
            Self::Credential => {
                "expected `Credential=<SecretId>/<yyyy-mm-dd>/<service>/tc3_request, `"
            }
            Self::SignedHeaders => "expected `SignedHeaders=<lower-case names joined by ;>, `",
            Self::Signature => "expected `Signature=<64 lower-case hexadecimal digits>` at the end",
        })
    }
}

impl<'a> Authorization<'a> {
    /// Parses the header. Spaces may follow the algorithm, at least one, since Tencent's .NET SDK sends two; one may
    /// follow each comma; nothing else may vary. The service is any text without white space.
    ///
    /// # Errors
    ///
    /// The first part that does not have the documented form.
    pub fn parse(header: &'a str) -> Result<Self, Malformed> {
        let rest = header
            .strip_prefix(ALGORITHM)
            .filter(|rest| rest.starts_with(' '))
            .ok_or(Malformed::Algorithm)?
            .trim_start_matches(' ');
        let (credential, rest) = rest
            .strip_prefix("Credential=")
            .and_then(|rest| rest.split_once(','))
            .ok_or(Malformed::Credential)?;
        let mut scope = credential.split('/');
        let (Some(secret_id), Some(date), Some(service), Some("tc3_request"), None) = (
            scope.next(),
            scope.next(),
            scope.next(),
            scope.next(),
            scope.next(),
        ) else {
            return Err(Malformed::Credential);
        };
        let service_ok = !service.is_empty() && !service.contains(char::is_whitespace);
        if secret_id.is_empty() || !is_date(date) || !service_ok {
            return Err(Malformed::Credential);
        }
        let (signed_headers, rest) = rest
            .strip_prefix(' ')
            .unwrap_or(rest)
            .strip_prefix("SignedHeaders=")
            .and_then(|rest| rest.split_once(','))
            .ok_or(Malformed::SignedHeaders)?;
        let name_byte =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b';';
        if !(1..=SIGNED_HEADERS_LIMIT).contains(&signed_headers.len())
            || !signed_headers.bytes().all(name_byte)
        {
            return Err(Malformed::SignedHeaders);
        }
        let signature = rest
            .strip_prefix(' ')
            .unwrap_or(rest)
            .strip_prefix("Signature=")
            .ok_or(Malformed::Signature)?;
        let hex_byte = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if signature.len() != 64 || !signature.bytes().all(hex_byte) {
            return Err(Malformed::Signature);
        }
        Ok(Self {
            secret_id,
            date,
            service,
            signed_headers,
            signature,
        })
    }

    /// The names of the signed headers, one by one, in the client's order.
    pub fn header_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.signed_headers.split(';')
    }

    /// `<date>/<service>/tc3_request`.
    pub fn scope(&self) -> String {
        scope(self.date, self.service)
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| {
            if i == 4 || i == 7 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        })
}

/// `<date>/<service>/tc3_request`.
pub fn scope(date: &str, service: &str) -> String {
    format!("{date}/{service}/tc3_request")
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The canonical request, which both sides hash. `headers` are the signed ones in the client's order, as they arrived;
/// names and values are lower-cased and trimmed here. The path is `/`, whatever was requested.
pub fn canonical_request(
    method: &str,
    query: &str,
    headers: &[(&str, &str)],
    signed_headers: &str,
    payload_hash: &str,
) -> String {
    let mut text = String::with_capacity(256 + query.len());
    for part in [method, "\n/\n", query, "\n"] {
        text.push_str(part);
    }
    for (name, value) in headers {
        push_lowercase(&mut text, name);
        text.push(':');
        push_lowercase(&mut text, value.trim());
        text.push('\n');
    }
    text.push('\n');
    text.push_str(signed_headers);
    text.push('\n');
    text.push_str(payload_hash);
    text
}

fn push_lowercase(text: &mut String, part: &str) {
    let start = text.len();
    text.push_str(part);
    match text.get_mut(start..) {
        Some(pushed) if pushed.is_ascii() => pushed.make_ascii_lowercase(),
        _ => text.replace_range(start.., &part.to_lowercase()),
    }
}

/// The four lines whose HMAC is the signature. `timestamp` is the text of `X-TC-Timestamp`.
pub fn string_to_sign(timestamp: &str, scope: &str, canonical_request: &str) -> String {
    format!(
        "{ALGORITHM}\n{timestamp}\n{scope}\n{}",
        sha256_hex(canonical_request.as_bytes())
    )
}

/// The key that signs, derived for one day and one service.
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// Derives the key of one day and one service from the long-lived secret.
    pub fn new(secret_key: &str, date: &str, service: &str) -> Self {
        let [.., signing] = chain(format!("TC3{secret_key}").as_bytes(), date, service);
        Self(signing)
    }

    /// The key of a client that omitted the prefix, for diagnosis.
    pub fn without_prefix(secret_key: &str, date: &str, service: &str) -> Self {
        let [.., signing] = chain(secret_key.as_bytes(), date, service);
        Self(signing)
    }

    /// The signature of a string to sign, as 32 bytes.
    pub fn sign(&self, string_to_sign: &str) -> [u8; 32] {
        hmac(&self.0, string_to_sign.as_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// The keys that are derived one from another: the date's, the service's and the signing key.
fn chain(first: &[u8], date: &str, service: &str) -> [[u8; 32]; 3] {
    let date = hmac(first, date.as_bytes());
    let service = hmac(&date, service.as_bytes());
    [date, service, hmac(&service, b"tc3_request")]
}

/// Returns true if the hexadecimal signature of a client equals the one computed here. The time it takes depends on the
/// length alone.
pub fn signatures_match(computed: &[u8; 32], claimed_hex: &str) -> bool {
    let computed = hex::encode(computed);
    computed.as_bytes().ct_eq(claimed_hex.as_bytes()).into()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so the error arm cannot be reached; an all-zero key would only
    // make the comparison fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A published worked example. Every value below was printed by the documentation or recomputed from it with a
    /// different implementation.
    struct Vector {
        secret_id: &'static str,
        secret_key: &'static str,
        signed_headers: &'static str,
        headers: &'static [(&'static str, &'static str)],
        canonical_request: &'static str,
        hashed_canonical_request: &'static str,
        secret_date: &'static str,
        secret_service: &'static str,
        secret_signing: &'static str,
        signature: &'static str,
    }

    const PAYLOAD: &str =
        r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
    const PAYLOAD_HASH: &str = "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064";

    const VECTORS: [Vector; 2] = [
        Vector {
            secret_id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            secret_key: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            signed_headers: "content-type;host",
            headers: &[
                ("Content-Type", "application/json; charset=utf-8"),
                ("Host", "cvm.tencentcloudapi.com"),
            ],
            canonical_request: "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:cvm.tencentcloudapi.com\n\ncontent-type;host\n35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064",
            hashed_canonical_request: "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031",
            secret_date: "d1308c81fe71cfd4e06437bbc067b2b8a3d2d8c0e375d547f15c41d5214b395a",
            secret_service: "3c7cb7c7795393edc14fd2e0e6434a518564b4504b88e94f5d11bf59ba3e7050",
            secret_signing: "ac658d5dde49e9bfdd14e04e062f66b05d9f637d44b8a8d845327d4a77f666b1",
            signature: "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
        },
        Vector {
            secret_id: "AKID********************************",
            secret_key: "********************************",
            signed_headers: "content-type;host;x-tc-action",
            headers: &[
                ("Content-Type", "application/json; charset=utf-8"),
                ("Host", "cvm.tencentcloudapi.com"),
                ("X-TC-Action", "DescribeInstances"),
            ],
            canonical_request: "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:cvm.tencentcloudapi.com\nx-tc-action:describeinstances\n\ncontent-type;host;x-tc-action\n35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064",
            hashed_canonical_request: "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84",
            secret_date: "da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0",
            secret_service: "8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f",
            secret_signing: "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af",
            signature: "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
        },
    ];

    #[test]
    fn both_published_examples_match_at_every_step() {
        for v in VECTORS {
            assert_eq!(sha256_hex(PAYLOAD.as_bytes()), PAYLOAD_HASH);
            let canonical =
                canonical_request("POST", "", v.headers, v.signed_headers, PAYLOAD_HASH);
            assert_eq!(canonical, v.canonical_request);
            assert_eq!(sha256_hex(canonical.as_bytes()), v.hashed_canonical_request);
            let sts = string_to_sign("1551113065", &scope("2019-02-25", "cvm"), &canonical);
            assert_eq!(
                sts,
                format!(
                    "TC3-HMAC-SHA256\n1551113065\n2019-02-25/cvm/tc3_request\n{}",
                    v.hashed_canonical_request
                )
            );
            let first = format!("TC3{}", v.secret_key);
            assert_eq!(
                chain(first.as_bytes(), "2019-02-25", "cvm").map(hex::encode),
                [v.secret_date, v.secret_service, v.secret_signing]
            );
            let key = SigningKey::new(v.secret_key, "2019-02-25", "cvm");
            assert_eq!(hex::encode(key.sign(&sts)), v.signature);
            assert!(signatures_match(&key.sign(&sts), v.signature));
        }
    }

    #[test]
    fn published_header_parses_into_its_five_parts() {
        for v in VECTORS {
            let header = format!(
                "TC3-HMAC-SHA256 Credential={}/2019-02-25/cvm/tc3_request, SignedHeaders={}, Signature={}",
                v.secret_id, v.signed_headers, v.signature
            );
            let parsed = Authorization::parse(&header).unwrap();
            assert_eq!(parsed.secret_id, v.secret_id);
            assert_eq!(parsed.scope(), "2019-02-25/cvm/tc3_request");
            assert_eq!(parsed.signed_headers, v.signed_headers);
            assert_eq!(parsed.signature, v.signature);
        }
    }

    #[test]
    fn signature_one_digit_off_or_short_fails() {
        let key = SigningKey::new("k", "2019-02-25", "cvm");
        let right = hex::encode(key.sign("x"));
        let last = if right.ends_with('0') { '1' } else { '0' };
        let wrong: String = right.chars().take(63).chain([last]).collect();
        assert!(!signatures_match(&key.sign("x"), &wrong));
        assert!(!signatures_match(
            &key.sign("x"),
            right
                .strip_suffix(&right.chars().last().unwrap().to_string())
                .unwrap()
        ));
        assert!(!signatures_match(&key.sign("x"), ""));
    }

    #[test]
    fn several_spaces_may_follow_only_the_algorithm() {
        let sig = "0".repeat(64);
        let tight = format!(
            "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/sms/tc3_request,SignedHeaders=content-type;host,Signature={sig}"
        );
        assert!(Authorization::parse(&tight).is_ok());
        let dotnet = tight.replace("256 ", "256  ");
        assert_eq!(Authorization::parse(&dotnet), Authorization::parse(&tight));
        let loose = tight.replace(",S", ",  S");
        assert_eq!(Authorization::parse(&loose), Err(Malformed::SignedHeaders));
    }

    #[test]
    fn each_malformed_part_is_named() {
        let sig = "0".repeat(64);
        let good = format!(
            "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/sms/tc3_request, SignedHeaders=content-type;host, Signature={sig}"
        );
        for (from, to, part) in [
            ("TC3-HMAC-SHA256 ", "tc3-hmac-sha256 ", Malformed::Algorithm),
            ("TC3-HMAC-SHA256 ", "TC3-HMAC-SHA256", Malformed::Algorithm),
            ("Credential=AKID/", "Credential=/", Malformed::Credential),
            ("2019-02-25", "2019-2-25", Malformed::Credential),
            ("2019-02-25", "20190225xx", Malformed::Credential),
            ("/sms/", "//", Malformed::Credential),
            ("/sms/", "/s ms/", Malformed::Credential),
            ("/tc3_request", "/tc3_request/more", Malformed::Credential),
            (
                "content-type;host",
                "Content-Type;Host",
                Malformed::SignedHeaders,
            ),
            (
                "SignedHeaders=content-type;host",
                "SignedHeaders=",
                Malformed::SignedHeaders,
            ),
            ("Signature=0", "Signature=", Malformed::Signature),
            ("Signature=0", "Signature=A", Malformed::Signature),
            ("Signature=0", "Signature=00", Malformed::Signature),
        ] {
            assert_eq!(
                Authorization::parse(&good.replace(from, to)),
                Err(part),
                "{from} -> {to}"
            );
        }
        assert_eq!(Authorization::parse(""), Err(Malformed::Algorithm));
    }

    /// Values are normalised by lower-casing and trimming.
    #[test]
    fn values_are_normalised_and_client_order_is_kept() {
        let text = canonical_request(
            "GET",
            "A=1",
            &[("Host", " SMS.example "), ("Content-Type", "X/Y")],
            "host;content-type",
            "h",
        );
        assert_eq!(
            text,
            "GET\n/\nA=1\nhost:sms.example\ncontent-type:x/y\n\nhost;content-type\nh"
        );
    }
}
