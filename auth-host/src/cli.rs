//! The command line.
//!
//! No option takes a secret: arguments are visible to every user of the machine, and stay in shell histories. The types
//! that contain a recipient, a code or a config's path have no `Debug`, so that none of it gets into a log.

#[cfg(feature = "registry")]
use auth_connector_registry::IpNet;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

#[cfg(feature = "serve")]
mod plugin;
#[cfg(feature = "serve")]
mod service;
#[cfg(feature = "serve")]
pub use plugin::*;
#[cfg(feature = "serve")]
pub use service::*;

/// Run an SMS connector: a WebAssembly component that speaks auth:connector.
#[derive(Parser)]
#[command(name = "auth-host", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 this machine failed, 2 wrong usage, 3 certainly not sent, \
    4 unknown whether sent, or not to be found out, 5 component refused, 6 config cannot work, 7 component misbehaved.\n\
    Secrets come from a file, from standard input or from the environment, never from an argument."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Show what a component may do, who it is and which config it wants
    Inspect(Inspect),
    /// Check a config without a network
    Validate(Validate),
    /// Show what would be sent, without a network
    Preview(Preview),
    /// Send one message
    Send(Send),
    /// Ask the provider, without sending, whether a config would work
    Check(Check),
    /// Look up what became of a message, above all after exit code 4
    Find(Find),
    /// Read a provider's delivery callback, without a network
    Callback(Callback),
    /// Tell the provider that a code was used
    Report(Report),
    /// Make a catalogue of published plugins, a JSON file to be hosted anywhere
    #[cfg(feature = "registry")]
    Catalogue(MakeCatalogue),
    #[cfg(feature = "serve")]
    #[command(flatten)]
    Service(Service),
}

/// The component and how to show things: for every command.
#[derive(Args)]
pub struct Common {
    /// The connector, a .wasm file; with --manifest it may be left out
    #[arg(required_unless_present = "manifest")]
    pub component: Option<PathBuf>,
    #[command(flatten)]
    pub package: PackageArgs,
    /// Print JSON with stable fields instead of text
    #[arg(long)]
    pub json: bool,
    /// A language for the connector's texts, best first (repeatable): en, zh-CN
    #[arg(long = "locale", value_name = "TAG")]
    pub locales: Vec<String>,
    /// Refuse the component unless its SHA-256 is this: 64 digits, sha256: before them or not
    #[arg(long, value_name = "HEX", conflicts_with = "manifest")]
    pub sha256: Option<String>,
    /// Where compiled components are kept [default: the user's cache directory]
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache_dir: Option<PathBuf>,
    /// End this process when loading takes longer. Compiling cannot be interrupted, and a component may be made to take
    /// minutes
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub load_within: Option<u64>,
    /// Compile anew and keep nothing
    #[arg(long)]
    pub no_cache: bool,
}

/// A plugin as it was published: a manifest, its signature and the component that it pins.
#[derive(Args)]
pub struct PackageArgs {
    /// Load the package of this manifest, in this folder or at this reference (oci://HOST/NAME:TAG): signed, unchanged,
    /// and within what is granted
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Believe signatures by this minisign key (repeatable): its 56 characters, or its file
    #[arg(long, value_name = "KEY", requires = "manifest")]
    pub trust: Vec<String>,
    /// Load the package although nobody who is trusted has signed it
    #[arg(long, requires = "manifest")]
    pub unsigned: bool,
    /// Load the package although it asks for more than is granted
    #[arg(long, requires = "manifest")]
    pub accept_less: bool,
    /// Refuse the package unless its plugin has this id
    #[arg(long, value_name = "ID", requires = "manifest")]
    pub id: Option<String>,
    #[cfg(feature = "registry")]
    #[command(flatten)]
    pub registry: RegistryArgs,
}

/// A package in a registry: oci://HOST/NAME:TAG, or oci-layout:FOLDER:TAG, in the place of a file.
#[cfg(feature = "registry")]
#[derive(Args)]
pub struct RegistryArgs {
    /// Refuse a package from a registry without provenance by this key, a PEM file
    #[arg(long, value_name = "FILE", requires = "manifest")]
    pub provenance_key: Option<PathBuf>,
    /// Keep the package from a registry in this folder, which must not exist
    #[arg(long, value_name = "DIR", requires = "manifest")]
    pub save: Option<PathBuf>,
    /// Trust this authority as well for the registry, a PEM file
    #[arg(long, value_name = "FILE", requires = "manifest")]
    pub registry_ca: Option<PathBuf>,
    /// Reach a registry in this network although it is not public (repeatable): 10.20.0.0/16
    #[arg(long, value_name = "CIDR", requires = "manifest")]
    pub registry_network: Vec<IpNet>,
    /// Reach a registry on this machine by plain http, for tests
    #[arg(long, requires = "manifest")]
    pub loopback_http: bool,
}

/// `catalogue`
#[cfg(feature = "registry")]
#[derive(Args)]
pub struct MakeCatalogue {
    /// The list, a file with a reference in each line: oci://HOST/NAME:TAG or oci-layout:FOLDER:TAG. Lines with # are
    /// left out
    pub list: PathBuf,
    /// Where to write it
    #[arg(long, value_name = "FILE", default_value = "catalogue.json")]
    pub out: PathBuf,
    /// Believe signatures by this minisign key (repeatable): its 56 characters, or its file
    #[arg(long, value_name = "KEY")]
    pub trust: Vec<String>,
    /// Verify provenance by this key, and list nothing without: a PEM file
    #[arg(long, value_name = "FILE")]
    pub provenance_key: Option<PathBuf>,
    /// List plugins that nobody who is trusted has signed, too
    #[arg(long)]
    pub unsigned: bool,
    /// Trust this authority as well, a PEM file
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Reach a registry in this network although it is not public (repeatable): 10.20.0.0/16
    #[arg(long, value_name = "CIDR")]
    pub registry_network: Vec<IpNet>,
    /// Reach a registry on this machine by plain http, for tests
    #[arg(long)]
    pub loopback_http: bool,
}

/// What is granted.
#[derive(Args)]
pub struct GrantArgs {
    /// An origin that the connector may reach (repeatable): https://sms.example.com:8443
    #[arg(long, value_name = "ORIGIN")]
    pub allow: Vec<String>,
    /// An origin that it may reach although its manifest does not name it (repeatable)
    #[arg(long, value_name = "ORIGIN", requires = "manifest")]
    pub allow_beyond: Vec<String>,
}

/// Where the config comes from.
#[derive(Args)]
pub struct ConfigArgs {
    /// The config, a JSON file; `-` for standard input [default: the text in $AUTH_HOST_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// Put an environment variable's text into the config (repeatable): /accessKeySecret=SMS_SECRET; as a number, list
    /// or object with json: before the name: /timeoutMs=json:SMS_TIMEOUT
    #[arg(long = "set-from-env", value_name = "POINTER=[json:]NAME")]
    pub set_from_env: Vec<String>,
}

/// The message.
#[derive(Args)]
pub struct MessageArgs {
    /// The recipient, with + and country code: +8613800138000
    #[arg(long, value_name = "NUMBER")]
    pub to: String,
    /// Why it is sent: SignIn, Register, ForgotPassword, Generic, ...
    #[arg(long, default_value = "Generic")]
    pub usage: String,
    /// A template variable (repeatable): code=918273
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub vars: Vec<String>,
    /// A template variable from the environment (repeatable): code=MY_CODE
    #[arg(long = "var-from-env", value_name = "NAME=ENV")]
    pub vars_from_env: Vec<String>,
    /// Make up a random code of so many digits and send it as `code`; it is not printed
    #[arg(long, value_name = "DIGITS", value_parser = clap::value_parser!(u8).range(1..=6))]
    pub generate_code: Option<u8>,
    /// Your own identifier of this message, another one for each send, passed to the provider
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub correlation_id: Option<String>,
    /// The longest to wait, in milliseconds
    #[arg(long, value_name = "MS")]
    pub timeout_ms: Option<u32>,
}

/// `inspect`
#[derive(Args)]
pub struct Inspect {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub grants: GrantArgs,
}

/// `validate`
#[derive(Args)]
pub struct Validate {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// `preview`
#[derive(Args)]
pub struct Preview {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub message: MessageArgs,
    /// Show the template's parameters, the code among them
    #[arg(long)]
    pub show_parameters: bool,
}

/// `send`
#[derive(Args)]
pub struct Send {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub message: MessageArgs,
    #[command(flatten)]
    pub network: Network,
    /// Show where the time went
    #[arg(long)]
    pub report: bool,
    /// Write the host's figures to a file, as Prometheus text; `-` for standard output
    #[cfg(feature = "observe")]
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// Show what the host does, on standard error
    #[cfg(feature = "observe")]
    #[arg(long)]
    pub trace: bool,
    /// Print the code that --generate-code made up
    #[arg(long, requires = "generate_code")]
    pub show_code: bool,
}

/// The way out: for every command that needs one.
#[derive(Args)]
pub struct Network {
    #[command(flatten)]
    pub grants: GrantArgs,
    /// Trust this authority as well, a PEM file
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Dial this address for a host and port (repeatable): sms.example.com:443:127.0.0.1:8443
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    pub resolve: Vec<String>,
    /// Go through this HTTP proxy [default: $HTTPS_PROXY, but for the hosts of $NO_PROXY]; one with a password goes
    /// into --proxy-from-env
    #[arg(long, value_name = "URL", conflicts_with = "proxy_from_env")]
    pub proxy: Option<String>,
    /// The same, with the URL in an environment variable: http://user:password@proxy.example.com:3128
    #[arg(long, value_name = "NAME")]
    pub proxy_from_env: Option<String>,
}

/// A question to the provider: for every command that asks one.
#[derive(Args)]
pub struct Query {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub network: Network,
    /// The longest to wait, in milliseconds
    #[arg(long, value_name = "MS")]
    pub timeout_ms: Option<u32>,
}

/// `check`
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    pub query: Query,
}

/// `find`
#[derive(Args)]
pub struct Find {
    #[command(flatten)]
    pub query: Query,
    /// The recipient, with + and country code: +8613800138000
    #[arg(long, value_name = "NUMBER")]
    pub to: String,
    /// How far back to look, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub max_age_s: u32,
    /// Your own identifier that the message was sent with
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub correlation_id: Option<String>,
    /// The provider's serial number, from the receipt
    #[arg(long, value_name = "ID")]
    pub message_id: Option<String>,
}

/// `callback`
#[derive(Args)]
pub struct Callback {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The callback's body, a file; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub body: String,
    /// A header of the callback (repeatable): content-type:application/json
    #[arg(long = "header", value_name = "NAME:VALUE")]
    pub headers: Vec<String>,
    /// The address that the provider called, which some sign
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// `report`
#[derive(Args)]
pub struct Report {
    #[command(flatten)]
    pub query: Query,
    /// The provider's serial number of the message, from the receipt
    #[arg(long, value_name = "ID")]
    pub message_id: String,
    /// The recipient, which decides which account sent the message [default: a number at home]
    #[arg(long, value_name = "NUMBER")]
    pub to: Option<String>,
    /// How long ago the code was used, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub age_s: u32,
}

/// Detects an attempt to pass a secret as an argument and returns what to do instead. The argument's value is not
/// repeated.
pub fn secret_in_arguments(arguments: impl Iterator<Item = String>) -> Option<String> {
    const WORDS: &[&str] = &[
        "secret",
        "accesskey",
        "access-key",
        "password",
        "credential",
        "apikey",
        "api-key",
    ];
    const ADVICE: &str = "Arguments are visible to every user of this machine. Put the config into a file \
        (--config FILE), pipe it in (--config -), set AUTH_HOST_CONFIG to its text, or name the environment \
        variable that holds the secret: --set-from-env /accessKeySecret=SMS_SECRET";
    let mut previous = String::new();
    for argument in arguments {
        let (name, value) = argument.split_once('=').unwrap_or((argument.as_str(), ""));
        let lower = name.to_ascii_lowercase();
        let value_of_config = previous == "--config" || name == "--config";
        let given = if name == "--config" {
            value
        } else {
            argument.as_str()
        };
        if value_of_config && given.trim_start().starts_with('{') {
            return Some(format!(
                "--config takes a file name, and a config holds secrets. {ADVICE}"
            ));
        }
        // Names a variable, and the value is read from there.
        let names_a_variable = name == "--secret-from-env";
        if lower.starts_with("--")
            && !names_a_variable
            && WORDS.iter().any(|word| lower.contains(word))
        {
            return Some(format!("there is no option for a secret. {ADVICE}"));
        }
        let variable = value
            .split_once('=')
            .map_or(value, |(name, _)| name)
            .to_ascii_lowercase();
        let is_variable = previous == "--var" || name == "--var";
        let named = if name == "--var" { variable } else { lower };
        if is_variable && WORDS.iter().any(|word| named.contains(word)) {
            return Some(format!("a secret is no template variable. {ADVICE}"));
        }
        previous = argument;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn refusal(line: &str) -> Option<String> {
        secret_in_arguments(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Reports if a type has `Debug`: an inherent constant takes precedence over a trait's.
    struct Probe<T>(std::marker::PhantomData<T>);

    trait Otherwise {
        const HAS_DEBUG: bool = false;
    }

    impl<T> Otherwise for Probe<T> {}

    impl<T: std::fmt::Debug> Probe<T> {
        const HAS_DEBUG: bool = true;
    }

    #[test]
    fn arguments_with_personal_data_have_no_debug() {
        let probed = [
            Probe::<String>::HAS_DEBUG,
            Probe::<MessageArgs>::HAS_DEBUG,
            Probe::<ConfigArgs>::HAS_DEBUG,
            Probe::<Send>::HAS_DEBUG,
            Probe::<Preview>::HAS_DEBUG,
            Probe::<Cli>::HAS_DEBUG,
            Probe::<Find>::HAS_DEBUG,
            Probe::<Callback>::HAS_DEBUG,
            Probe::<Report>::HAS_DEBUG,
        ];
        let (string, ours) = probed.split_first().unwrap();
        assert!(*string && !ours.contains(&true), "{probed:?}");
    }

    #[test]
    fn secret_argument_is_refused_without_repeating_it() {
        for line in [
            "send x.wasm --access-key-secret hunter2",
            "send x.wasm --accessKeySecret=hunter2",
            "send x.wasm --secret hunter2",
            "validate x.wasm --config {\"accessKeySecret\":\"hunter2\"}",
            "validate x.wasm --config={\"accessKeySecret\":\"hunter2\"}",
            "send x.wasm --var accessKeySecret=hunter2",
            "send x.wasm --var=accessKeySecret=hunter2",
        ] {
            let refusal = refusal(line).unwrap_or_else(|| panic!("let through: {line}"));
            assert!(
                !refusal.contains("hunter2") && refusal.contains("--set-from-env"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn an_honest_command_line_is_let_through() {
        for line in [
            "send x.wasm --config c.json --to +8613800138000 --var code=123456",
            "send x.wasm --config - --set-from-env /accessKeySecret=SMS_SECRET",
            "inspect secrets/x.wasm",
            "webhook put a --platform zitadel --secret-from-env ZITADEL_KEY",
        ] {
            assert_eq!(refusal(line), None, "{line}");
        }
    }
}
