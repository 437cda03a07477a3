//! The conversation of a lane, as `benches/src/lane.rs` describes it, with the crate `tencentcloud-sms`.

use std::error::Error;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tencentcloud_sms::{ClientConfig, Credential, Endpoint, SendSmsRequest, SmsClient};

type Failed = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let url = std::env::var("BENCH_URL")?;
    let host = url
        .strip_prefix("http://")
        .ok_or("BENCH_URL is not plain HTTP")?;
    let config = ClientConfig::builder()
        .endpoint(Endpoint::Custom(host.to_owned()))
        .is_https(false)
        .build();
    let key = Credential::long_term(
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
    );
    let client = SmsClient::new(key, config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    for line in std::io::stdin().lock().lines() {
        let order: Value = serde_json::from_str(&line?)?;
        println!("{}", runtime.block_on(run(client.clone(), order))?);
    }
    Ok(())
}

async fn run(client: SmsClient, order: Value) -> Result<Value, Failed> {
    let number = |key: &str, default| order[key].as_u64().unwrap_or(default);
    let (count, first) = (number("count", 1), number("first", 0));
    let next = Arc::new(AtomicU64::new(0));
    let (cpu, wall) = (cpu_time(), Instant::now());
    let mut workers = Vec::new();
    for _ in 0..number("concurrency", 1) {
        let (client, next) = (client.clone(), next.clone());
        workers.push(tokio::spawn(async move {
            let mut times = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return Ok::<_, Failed>(times);
                }
                let begun = Instant::now();
                send(&client, format!("+86{}", 13_800_000_000 + first + index)).await?;
                times.push(begun.elapsed().as_secs_f64() * 1e6);
            }
        }));
    }
    let mut times = Vec::new();
    for worker in workers {
        times.append(&mut worker.await??);
    }
    let (cpu, wall) = (cpu_time() - cpu, wall.elapsed());
    times.sort_by(f64::total_cmp);
    let at = |hundredths: usize| times[((times.len() - 1) * hundredths).div_ceil(100)];
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    Ok(json!({
        "cpu_us": each(cpu), "wall_us": each(wall), "p50_us": at(50), "p99_us": at(99), "resident": resident(),
    }))
}

async fn send(client: &SmsClient, to: String) -> Result<(), Failed> {
    let request = SendSmsRequest::builder()
        .phone_number_set(vec![to])
        .sms_sdk_app_id("1400006666")
        .template_id("1110000")
        .sign_name("腾讯云")
        .template_param_set(vec!["918273".to_owned()])
        .build();
    let answer = client.send_sms(request).await?;
    match answer.first() {
        Some(status) if status.is_success() => Ok(()),
        _ => Err("the message was not accepted".into()),
    }
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .unwrap_or_default()
        * 1024
}
