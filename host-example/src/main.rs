//! Embeds [`auth_connector_host`]: loads a connector, checks its config, and sends one message with it.
//!
//! ```text
//! host-example connector.wasm --allow https://sms.example.com --config config.json --to +8613800138000 --code 918273
//! host-example plugin/manifest.json --trust publisher.pub --config config.json --to +8613800138000 --code 918273
//! ```
//!
//! A bare component reaches what `--allow` grants. A package names its origins in its manifest, and a trusted
//! publisher's are granted as they stand; a real host asks its operator first. `auth-host` is the whole product over the
//! same library.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | accepted |
//! | 1 | nothing was begun: a file, the plugin or the config is refused |
//! | 3 | certainly not sent |
//! | 4 | unknown: it may have been sent |

use auth_connector_host::{
    Config, ConnectorHost, DeliveryQuery, Egress, Grants, Manifest, Message, Package, Plugin,
    SendError, Severity, Tenant, TrustedKey,
};
use clap::Parser;
use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Send one code through a connector.
#[derive(Parser)]
struct Arguments {
    /// A component (.wasm), or the manifest of a package (.json)
    plugin: PathBuf,
    /// An origin that the connector may reach (repeatable)
    #[arg(long, value_name = "ORIGIN")]
    allow: Vec<String>,
    /// The publisher's minisign key, a file
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// The connector's config, a JSON file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The recipient, with + and calling code
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// Why it is sent: SignIn, Register, ForgotPassword, Generic
    #[arg(long, default_value = "Generic")]
    usage: String,
    /// The code. A real host makes it, and takes it from no argument
    #[arg(long)]
    code: String,
    /// The caller's own identifier of this send, by which it is looked up; another one for each. Random unless given
    #[arg(long, default_value_t = random_id())]
    correlation_id: String,
    /// On whose behalf: limits, connections and figures are kept apart by it
    #[arg(long, default_value = "example")]
    tenant: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("host-example: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let plugin = load(arguments)?.for_tenant(Tenant::new(arguments.tenant.as_str()));
    println!("loaded {}", plugin.metadata().await?.id);

    let config = Config::new(std::fs::read_to_string(&arguments.config)?);
    let findings = plugin.validate_config(&config, &[]).await?;
    for finding in &findings {
        let (severity, place) = (finding.severity.as_str(), &finding.pointer);
        println!("{severity} {place}: {}", finding.message);
    }
    if findings.iter().any(|one| one.severity == Severity::Error) {
        return Err("the config cannot work; correct what is an error above".into());
    }

    let message = Message::to(&arguments.to)
        .usage(&arguments.usage)
        .code(&arguments.code)
        .correlation_id(&arguments.correlation_id);
    // On a task of its own: a send whose future is dropped loses its outcome.
    let (sender, secrets) = (plugin.clone(), config.clone());
    let sending = tokio::spawn(async move { sender.send_message(&secrets, &message).await });
    let Ok(outcome) = sending.await else {
        // It broke off, and may have sent.
        println!("unknown: the send broke off");
        look_up(&plugin, &config, arguments).await;
        return Ok(ExitCode::from(4));
    };
    Ok(match outcome {
        Ok(receipt) => {
            println!("accepted as {}", receipt.message_id);
            ExitCode::SUCCESS
        }
        // Another connector may be tried.
        Err(SendError::NotSent(why)) => {
            println!("not sent: {why}");
            ExitCode::from(3)
        }
        // Nothing may be tried: the message may arrive.
        Err(SendError::Unknown(why)) => {
            println!("unknown: {why}");
            look_up(&plugin, &config, arguments).await;
            ExitCode::from(4)
        }
    })
}

/// Asks the provider what became of a message. Nothing found proves nothing: a record may take minutes to appear.
async fn look_up(plugin: &Plugin, config: &Config, arguments: &Arguments) {
    let query = DeliveryQuery {
        to: arguments.to.clone(),
        max_age_s: 600,
        correlation_id: Some(arguments.correlation_id.clone()),
        message_id: None,
    };
    match plugin.find_deliveries(config, &query, None).await {
        Ok(deliveries) if deliveries.found.is_empty() => println!("the provider has no record yet"),
        Ok(deliveries) => {
            for delivery in deliveries.found {
                println!("{}: {}", delivery.message_id, delivery.state.as_str());
            }
        }
        Err(why) => println!("it cannot be looked up: {why}"),
    }
}

fn random_id() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("example-{random:016x}")
}

/// Loads the plugin with what it may reach.
fn load(arguments: &Arguments) -> Result<Plugin, Box<dyn Error>> {
    let mut builder = ConnectorHost::builder();
    for origin in &arguments.allow {
        builder = builder.allow(origin)?;
    }
    if let Some(file) = &arguments.trust {
        builder = builder.trust_key(TrustedKey::parse(&std::fs::read_to_string(file)?)?);
    }
    let host = builder.build()?;
    if !is_manifest(&arguments.plugin) {
        return Ok(host.load(arguments.plugin.as_path())?);
    }
    let package = Package::open(&arguments.plugin)?;
    // The host refuses the package unless a trusted key signed this manifest, and the component that it pins.
    let examined = host.examine(&package, &Grants::default())?;
    let grants = Grants {
        egress: granted(&examined.manifest, &host.options().egress),
        ..Grants::default()
    };
    Ok(host.load_package(package, &grants)?)
}

fn is_manifest(plugin: &Path) -> bool {
    plugin
        .extension()
        .is_some_and(|extension| extension == "json")
}

/// The operator's origins and those that a manifest asks for.
fn granted(manifest: &Manifest, allowed: &Egress) -> Egress {
    let mut egress = allowed.clone();
    for origin in &manifest.origins {
        println!("granted {origin}");
        egress.allow(origin.clone());
    }
    egress
}
