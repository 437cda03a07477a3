//! Command line of the simulator. Prints one JSON line on standard output when it is ready, and logs each request on
//! standard error.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use serde::Serialize;
use tencent_sms_simulator::{Catalogue, Leniency, Simulator, StartError, console};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Tencent Cloud SMS on loopback: verifies signatures, enforces limits, shows messages in an inbox.
///
/// When it is ready it prints one JSON line on standard output:
/// {"url":"…","ca_file":…,"control":"…/_sim","control_token":…}. What it verified goes to standard error, and each accepted
/// message becomes one line there that begins with `inbox `.
///
/// Exit codes: 0 stopped as asked; 1 could not start; 2 wrong arguments; 3 wrong catalogue.
#[derive(Parser)]
#[command(name = "tencent-sms-simulator", version, verbatim_doc_comment)]
struct Arguments {
    /// Address to listen on; port 0 takes any free port
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,

    /// Speak TLS, under a local authority made for this run
    #[arg(long)]
    tls: bool,

    /// Write the local authority's certificate to this file (PEM), for clients to trust
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_out: Option<PathBuf>,

    /// Accounts, keys, applications, signatures, templates and limits, as YAML
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    /// Print the built-in catalogue, every key explained, and exit
    #[arg(long)]
    print_catalogue: bool,

    /// Let the clock run this many seconds off real time
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    clock_offset: Option<i64>,

    /// Stop the clock at this moment
    #[arg(
        long,
        value_name = "UNIX",
        conflicts_with = "clock_offset",
        allow_negative_numbers = true
    )]
    frozen_clock: Option<i64>,

    /// Accept unknown keys and wrong signatures, if they are well-formed, and the service names of --accept-derived-service.
    /// Everything else is checked as usual
    #[arg(long)]
    lenient: bool,

    /// Accept the service name that Tencent's SDKs, except those for Go and Python, derive from the endpoint (`127` from
    /// 127.0.0.1); signatures are still verified
    #[arg(long)]
    accept_derived_service: bool,

    /// How many messages, journal entries and send records to keep
    #[arg(long, value_name = "COUNT", default_value_t = tencent_sms_simulator::DEFAULT_RETENTION)]
    retention: usize,

    /// Make request ids and serial numbers repeat from run to run
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Milliseconds from acceptance to the delivery report, on the simulator's clock
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    delivery_delay: u64,

    /// Post delivery reports to this URL as they fall due
    #[arg(long, value_name = "http://HOST:PORT/PATH")]
    callback: Option<String>,

    /// Let the control plane answer to this name in `Host`, beside localhost and loopback addresses; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// Ask for this token at the control plane (`Authorization: Bearer TOKEN`). Off loopback one is made for the run
    /// unless it is given here
    #[arg(long, value_name = "TOKEN")]
    control_token: Option<String>,

    /// Say nothing about requests on standard error
    #[arg(long)]
    quiet: bool,

    /// List what rests on inference alone, not on documentation or observation, and exit
    #[arg(long)]
    explain: bool,

    /// Stop when standard input closes, so that a parent that dies never leaves this behind
    #[arg(long)]
    stop_on_stdin_close: bool,
}

/// The one line on standard output.
#[derive(Serialize)]
struct Ready<'a> {
    url: &'a str,
    ca_file: Option<&'a Path>,
    control: &'a str,
    control_token: Option<&'a str>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.print_catalogue {
        return print(Catalogue::BUILT_IN);
    }
    if arguments.explain {
        return print(&(tencent_sms_simulator::inferences().join("\n") + "\n"));
    }
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(1, &error.to_string()),
    };
    runtime.block_on(run(arguments))
}

async fn run(arguments: Arguments) -> ExitCode {
    let mut builder = Simulator::builder()
        .listen(arguments.listen)
        .tls(arguments.tls)
        .leniency(Leniency {
            any_credentials: arguments.lenient,
            derived_service: arguments.lenient || arguments.accept_derived_service,
        })
        .retention(arguments.retention)
        .delivery_delay(Duration::from_millis(arguments.delivery_delay));
    if !arguments.quiet {
        builder = builder.observer(|event| {
            // One write per request keeps the lines of concurrent requests together.
            let _ = std::io::stderr().write_all(console::render(event).as_bytes());
        });
    }
    for host in arguments.allow_host {
        builder = builder.allow_host(host);
    }
    if let Some(token) = arguments.control_token {
        builder = builder.control_token(token);
    }
    if let Some(seed) = arguments.seed {
        builder = builder.seed(seed);
    }
    if let Some(url) = arguments.callback {
        builder = builder.callback(url).on_callback_failure(warn);
    }
    if let Some(path) = &arguments.catalogue {
        match Catalogue::from_file(path) {
            Ok(catalogue) => {
                for finding in catalogue.warnings() {
                    warn(&format!("{}: {finding}", path.display()));
                }
                builder = builder.catalogue(catalogue);
            }
            Err(error) => return failed(3, &error.to_string()),
        }
    }
    if let Some(offset) = arguments.clock_offset {
        builder = builder.clock_offset_s(offset);
    }
    if let Some(moment) = arguments.frozen_clock {
        builder = builder.frozen_clock(moment);
    }
    let simulator = match builder.start().await {
        Ok(simulator) => simulator,
        Err(error) => return failed(exit_code(&error), &error.to_string()),
    };
    if let (Some(path), Some(pem)) = (&arguments.ca_out, simulator.ca_pem())
        && let Err(error) = std::fs::write(path, pem)
    {
        return failed(1, &format!("cannot write {}: {error}", path.display()));
    }
    if !simulator.addr().ip().is_loopback() {
        warn(&format!(
            "listening on {}, which others may reach. This simulator has published keys, and shows every message to whoever has the control plane's token; keep it on 127.0.0.1 unless the network is yours. Under a name of its own, reading and steering need --allow-host NAME",
            simulator.addr()
        ));
    }
    let signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return failed(1, &format!("cannot listen for signals: {error}")),
    };
    let ready = Ready {
        url: &simulator.url(),
        ca_file: arguments.ca_out.as_deref(),
        control: &format!("{}/_sim", simulator.url()),
        control_token: simulator.control_token(),
    };
    let ready = serde_json::to_string(&ready).unwrap_or_default();
    let mut stdout = std::io::stdout();
    if writeln!(stdout, "{ready}")
        .and_then(|()| stdout.flush())
        .is_err()
    {
        return failed(
            1,
            "standard output is closed, so nobody learned the address",
        );
    }
    wait_for_the_end(signals, arguments.stop_on_stdin_close).await;
    simulator.shutdown().await;
    ExitCode::SUCCESS
}

/// Returns on SIGINT, on SIGTERM, and on the end of standard input if that is requested.
async fn wait_for_the_end(mut signals: Signals, stdin_too: bool) {
    let (closed_sender, closed) = tokio::sync::oneshot::channel();
    if stdin_too {
        // On a separate thread: tokio's standard input would keep the runtime from ending.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            let _ = closed_sender.send(());
        });
    }
    tokio::select! {
        () = signals.any() => {}
        _ = closed, if stdin_too => {}
    }
}

/// The signals that end the program. Made before the ready line is printed, since a reader of that line may send one at
/// once.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn any(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(1, &error.to_string()),
    }
}

/// 2 for an invalid argument, 1 for an error of the machine.
fn exit_code(error: &StartError) -> u8 {
    match error {
        StartError::Callback(_) | StartError::Control(_) | StartError::Clock => 2,
        _ => 1,
    }
}

/// Writes to standard error, which may be closed.
fn warn(message: &str) {
    let _ = writeln!(std::io::stderr(), "warning: {message}");
}

fn failed(code: u8, message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {message}");
    ExitCode::from(code)
}
