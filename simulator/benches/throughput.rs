//! Throughput of the simulator with every check on, as a fraction of the same server with an empty handler in the same
//! run. Also checks that memory stays flat once the retention is full.
//!
//! `cargo bench --profile host --package tencent-sms-simulator`. Clients and server share the machine and the
//! process, so absolute figures say little; the ratio is what counts. Ends with a non-zero code when the ratio
//! is below a third, or memory grows by more than a fifth: a leak of 50 bytes a request would make it grow by a
//! third, while the allocator's own steps stay below a tenth.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark may fail loudly"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tencent_sms_simulator::{Catalogue, Simulator};
use time::OffsetDateTime;

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keep-alive connections, each with a thread of its own.
const CLIENTS: usize = 4;

/// Requests per measurement of the rate. The two servers take turns, so that noise affects both.
const ROUND: usize = 10_000;
const ROUNDS: usize = 5;

/// Requests over which memory is measured.
const WATCHED: usize = 200_000;

/// Messages and journal entries that the simulator keeps.
const RETENTION: usize = 10_000;

/// The least ratio.
const WANTED: f64 = 1.0 / 3.0;

fn main() -> ExitCode {
    let checked = start(false);
    let empty = start(true);
    let requests = |addr| {
        (0..500)
            .map(|i| signed_request(addr, i))
            .collect::<Vec<_>>()
    };
    let (checked_requests, empty_requests) = (requests(checked.addr()), requests(empty.addr()));

    // Warm up both, and fill everything that is retained to its bound.
    run(empty.addr(), &empty_requests, ROUND);
    run(checked.addr(), &checked_requests, 2 * RETENTION);

    let (mut with_checks, mut without) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        without += run(empty.addr(), &empty_requests, ROUND);
        with_checks += run(checked.addr(), &checked_requests, ROUND);
    }
    let rate = |time: Duration| (ROUND * ROUNDS) as f64 / time.as_secs_f64();
    let ratio = rate(with_checks) / rate(without);
    println!("empty handler        {:>8.0} requests/s", rate(without));
    println!("every check          {:>8.0} requests/s", rate(with_checks));
    println!("ratio                {ratio:>8.2}   (wanted: at least {WANTED:.2})");
    drop(empty);

    let mut resident = Vec::new();
    let step = WATCHED / 10;
    // Timestamps are valid for 300 seconds; signing again for each step keeps them fresh.
    for _ in 0..10 {
        run(checked.addr(), &requests(checked.addr()), step);
        resident.push(resident_kb());
    }
    let accepted = checked.messages().len();
    assert_eq!(accepted, RETENTION, "the inbox holds what it should");
    let (least, most) = (
        resident.iter().min().unwrap(),
        resident.iter().max().unwrap(),
    );
    let growth = *resident.last().unwrap() as f64 / resident[0] as f64;
    println!("resident, kB         {resident:?} every {step} requests");
    println!(
        "                     least {least}, most {most}, last/first {growth:.3}   (wanted: at most 1.20)"
    );
    if ratio >= WANTED && growth <= 1.2 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn start(empty: bool) -> Simulator {
    // Limits would refuse what the benchmark repeats; every check still runs.
    let yaml = Catalogue::BUILT_IN
        .replace("same_content_interval_s: 30", "same_content_interval_s: 0")
        .replace("per_day: 10 ", "per_day: 1000000 ")
        .replace("SendSms: 3000", "SendSms: 100000000");
    Simulator::builder()
        .catalogue(Catalogue::from_yaml(&yaml).unwrap())
        .retention(RETENTION)
        // A record whose report is still to come stays beyond the retention: as many as arrive within the delay.
        .delivery_delay(Duration::ZERO)
        .empty_handler(empty)
        .start_blocking()
        .unwrap()
}

/// Sends this many requests over all connections and returns how long it took.
fn run(addr: SocketAddr, requests: &[Vec<u8>], count: usize) -> Duration {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let mut stream = TcpStream::connect(addr).unwrap();
                stream.set_nodelay(true).unwrap();
                let mut buffer = vec![0; 16 * 1024];
                for i in 0..count / CLIENTS {
                    stream
                        .write_all(&requests[(i * CLIENTS + client) % requests.len()])
                        .unwrap();
                    read_answer(&mut stream, &mut buffer);
                }
            });
        }
    });
    begun.elapsed()
}

fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let n = stream.read(&mut buffer[filled..]).unwrap();
        assert!(n > 0, "the server closed the connection");
        filled += n;
        let Some(head) = buffer[..filled].windows(4).position(|w| w == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).unwrap();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .unwrap();
        let body = &buffer[head + 4..filled];
        if body.len() == length.parse::<usize>().unwrap() {
            let ok = body == b"{}" || body.windows(11).any(|w| w == b"\"Code\":\"Ok\"");
            assert!(ok, "{}", String::from_utf8_lossy(body));
            return;
        }
    }
}

/// A request to a unique number, with the current time in its signature.
fn signed_request(addr: SocketAddr, number: usize) -> Vec<u8> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let date = OffsetDateTime::from_unix_timestamp(now as i64)
        .unwrap()
        .date();
    let body = format!(
        r#"{{"PhoneNumberSet":["+86138{number:08}"],"SmsSdkAppId":"1400006666","TemplateId":"1110000","SignName":"腾讯云","TemplateParamSet":["123456"]}}"#
    );
    let canonical = format!(
        "POST\n/\n\ncontent-type:application/json\nhost:{addr}\n\ncontent-type;host\n{}",
        hex::encode(Sha256::digest(&body))
    );
    let to_sign = format!(
        "TC3-HMAC-SHA256\n{now}\n{date}/sms/tc3_request\n{}",
        hex::encode(Sha256::digest(canonical))
    );
    let key = [date.to_string().as_str(), "sms", "tc3_request", &to_sign]
        .iter()
        .fold(
            b"TC3Gu5t9xGARNpq86cd98joQYCN3EXAMPLE".to_vec(),
            |key, message| mac(&key, message),
        );
    format!(
        "POST / HTTP/1.1\r\nHost: {addr}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nX-TC-Action: SendSms\r\nX-TC-Version: 2021-01-11\r\nX-TC-Timestamp: {now}\r\nX-TC-Region: ap-guangzhou\r\nAuthorization: TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/{date}/sms/tc3_request, SignedHeaders=content-type;host, Signature={}\r\n\r\n{body}",
        body.len(),
        hex::encode(key)
    )
    .into_bytes()
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Resident memory of this process, from the kernel.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or_default()
}
