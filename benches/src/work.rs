//! The work that all sides do: one config, one message after another, and a processor's time for it.

use std::time::Duration;

/// Result of a step: an error's text is printed and ends the benchmark.
pub type Result<T = ()> = std::result::Result<T, String>;

/// An error of any kind as text.
pub fn as_text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Machine that measured the figures: kind and number of processors, the kernel.
pub fn machine() -> serde_json::Value {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo");
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    serde_json::json!({
        "cpu": model.unwrap_or_default().trim_start_matches([' ', '\t', ':']),
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "load": read("/proc/loadavg").trim(),
    })
}

/// Folder for results, below `target/`.
pub fn out() -> Result<std::path::PathBuf> {
    let out = std::env::var_os("BENCH_OUT").map(std::path::PathBuf::from);
    out.ok_or_else(|| "BENCH_OUT is not set".to_owned())
}

/// The repository's documents, for those that are written by a run.
pub fn docs() -> Option<std::path::PathBuf> {
    std::env::var_os("BENCH_DOCS").map(std::path::PathBuf::from)
}

/// The key pair that Tencent's documentation prints.
pub const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
/// Its other half.
pub const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";

/// The config that a tenant stores: Logto's own fields, four templates, and the simulator as the endpoint.
pub fn config(endpoint: &str, tenant: usize) -> String {
    let templates: Vec<_> = ["SignIn", "Register", "ForgotPassword", "Generic"]
        .iter()
        .map(|usage| serde_json::json!({"usageType": usage, "templateCode": "1110000"}))
        .collect();
    serde_json::json!({
        "accessKeyId": SECRET_ID,
        "accessKeySecret": SECRET_KEY,
        "signName": "腾讯云",
        "sdkAppId": "1400006666",
        "region": "ap-guangzhou",
        "endpoint": endpoint,
        // Tenants differ, so that nothing can be shared between them by accident.
        "timeoutMs": 8000 - tenant % 1000,
        "templates": templates,
    })
    .to_string()
}

/// A number of mainland China that no other call of this run has: the service's limits are for each number.
pub fn number(index: u64) -> String {
    format!("+86{}", 13_800_000_000 + index)
}

/// The code that is sent.
pub const CODE: &str = "918273";

/// Sends in flight at once where throughput is compared.
pub const AT_ONCE: u64 = 16;

/// The answer of a service that accepted the message to `number`.
pub fn accepted(number: &str) -> String {
    format!(
        r#"{{"Response":{{"SendStatusSet":[{{"SerialNo":"5000:1045710669157053657849499619","PhoneNumber":"{number}","Fee":1,"SessionContext":"","Code":"Ok","Message":"send success","IsoCode":"CN"}}],"RequestId":"a0aabda6-cf91-4f3e-a81f-9198114a2279"}}}}"#
    )
}

/// User and system time of this process so far, all threads together.
pub fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// Resident memory of this process in bytes, from the kernel; 0 where there is no `/proc`.
pub fn resident() -> u64 {
    status("VmRSS:") * 1024
}

/// Memory of this process in bytes with shared pages counted once, from the kernel; 0 where there is no `/proc`.
/// [`resident`] counts a page as often as it is mapped, and all instances map the same image of their component.
pub fn proportional() -> u64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    number_after(&rollup, "Pss:") * 1024
}

/// Open file descriptors of this process; 0 where there is no `/proc`.
pub fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    number_after(&status, key)
}

/// The number that follows a key in a text of the kernel's; 0 where there is none.
pub fn number_after(text: &str, key: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

/// The value below which the given hundredths of the values lie. The values are sorted in place.
pub fn percentile(values: &mut [f64], hundredths: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let index = (last * hundredths).div_ceil(100).min(last);
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// The median.
pub fn median(values: &[f64]) -> f64 {
    percentile(&mut values.to_vec(), 50)
}
