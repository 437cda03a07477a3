//! Entry point for fuzzers: reads bytes as a request and runs every check, without a network.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::catalogue::Catalogue;
use crate::clock::{Clock, ClockMode};
use crate::gateway::signature::Leniency;
use crate::random::Random;
use crate::request::ApiRequest;
use crate::service::Service;
use crate::state::State;

/// The arrival time of fuzzed requests, in Unix seconds: that of Tencent's published examples.
pub const MOMENT: i64 = 1_551_113_065;

/// Reads `METHOD QUERY`, header lines, an empty line and a body. Decides the request twice: strictly, and overlooking
/// credentials, to reach the checks behind them. Panics are the findings.
pub fn request(data: &[u8]) {
    static SERVICES: OnceLock<[Service; 2]> = OnceLock::new();
    let services = SERVICES.get_or_init(|| [false, true].map(service));
    let request = parse(data);
    for service in services {
        let answer = service.process(&request, true, None);
        let text = answer.to_json();
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
        assert!(
            parsed.is_ok_and(|v| v.pointer("/Response/RequestId").is_some()),
            "{text}"
        );
    }
}

/// A service without a network.
pub(crate) fn service(lenient: bool) -> Service {
    Service::new(
        Catalogue::default(),
        Clock::new(ClockMode::Frozen {
            unix_ms: MOMENT * 1000,
        }),
        Leniency {
            any_credentials: lenient,
            derived_service: lenient,
        },
        State::new(Random::new(0), 100),
        None,
    )
}

fn parse(data: &[u8]) -> ApiRequest {
    let split = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = match split {
        Some(at) => (
            data.get(..at).unwrap_or_default(),
            data.get(at + 2..).unwrap_or_default(),
        ),
        None => (data, &[][..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (method, query) = first.split_once(' ').unwrap_or((&first, ""));
    let mut headers = HeaderMap::new();
    for line in lines.take(100) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (name, value) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name),
            HeaderValue::from_bytes(value.trim_ascii()),
        ) {
            headers.append(name, value);
        }
    }
    ApiRequest {
        method: method.to_owned(),
        query: query.to_owned(),
        headers,
        body: Bytes::copy_from_slice(body),
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const SEEDS: [&str; 3] = [
        "POST \nHost: sms.tencentcloudapi.com\nContent-Type: application/json\nX-TC-Action: SendSms\nX-TC-Version: 2021-01-11\nX-TC-Timestamp: 1551113065\nX-TC-Region: ap-guangzhou\nAuthorization: TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/sms/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168\n\n{\"PhoneNumberSet\":[\"+8613800138000\",\"+441632960123\"],\"SmsSdkAppId\":\"1400006666\",\"TemplateId\":\"1110000\",\"SignName\":\"腾讯云\",\"TemplateParamSet\":[\"123456\"]}",
        "GET PhoneNumberSet.0=%2B8613800138000&SmsSdkAppId=1400006666&TemplateId=1110004&TemplateParamSet.0=x\nHost: x:1\nContent-Type: application/x-www-form-urlencoded\nX-TC-Action: SendSms\nX-TC-Version: 2021-01-11\nX-TC-Timestamp: 1551113065\nX-TC-Region: ap-guangzhou\nAuthorization: TC3-HMAC-SHA256 Credential=AKIDnew/2019-02-25/sms/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168\n\n",
        "POST \nHost: localhost\nContent-Type: application/json\nX-TC-Action: SendStatusStatistics\nX-TC-Version: 2021-01-11\nX-TC-Timestamp: 1551113065\nX-TC-Region: ap-guangzhou\nAuthorization: TC3-HMAC-SHA256 Credential=AKIDnew/2019-02-25/sms/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168\n\n{\"SmsSdkAppId\":\"1400006666\",\"Limit\":0,\"Offset\":0,\"BeginTime\":\"2019022500\",\"EndTime\":\"2019022600\"}",
    ];

    /// A short run of the fuzzer without coverage, as part of the tests.
    #[test]
    fn mutated_requests_are_all_answered() {
        let mut random = Random::new(20_190_225);
        let mut pick = |below: usize| (random.next_u64() % below.max(1) as u64) as usize;
        for round in 0..6000 {
            let mut bytes = SEEDS[round % SEEDS.len()].as_bytes().to_vec();
            for _ in 0..=pick(6) {
                let at = pick(bytes.len());
                match pick(4) {
                    0 => bytes[at] = pick(256) as u8,
                    1 => {
                        bytes.remove(at);
                    }
                    2 => bytes.insert(at, b"{}[]\",:;=&%+/0\n\xff"[pick(16)]),
                    _ => {
                        let copy = bytes[at..(at + pick(40)).min(bytes.len())].to_vec();
                        let to = pick(bytes.len());
                        bytes.splice(to..to, copy);
                    }
                }
            }
            request(&bytes);
        }
    }

    #[test]
    fn the_seeds_reach_the_actions() {
        let reached = |seed: &str| service(true).process(&parse(seed.as_bytes()), true, None);
        for seed in SEEDS {
            let verdict = reached(seed).payload.verdict().to_owned();
            let gateway = [
                "AuthFailure",
                "InvalidParameter",
                "MissingParameter",
                "Unknown",
            ];
            assert!(
                !gateway.iter().any(|code| verdict.starts_with(code)),
                "{verdict}"
            );
        }
    }
}
