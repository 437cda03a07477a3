//! Settings of the service: a TOML file, and an environment variable for each key.

use crate::mask;
use crate::service::expected::expected;
use auth_connector_host::Origin;
use axum::http::Uri;
use axum::http::uri::Authority;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One setting: its key in the file, its meaning, its default.
pub struct Explained {
    /// Its key.
    pub key: &'static str,
    /// Its default, or an example after `e.g.`
    pub default: &'static str,
    /// Its meaning.
    pub meaning: &'static str,
}

/// Every setting, as `auth-host config` explains it. `AUTH_HOST_` and the key in capitals sets it by environment.
pub const EXPLAINED: &[Explained] = &[
    Explained {
        key: "data",
        default: "auth-host-data",
        meaning: "The folder of the database, the key file and compiled plugins.",
    },
    Explained {
        key: "key_file",
        default: "auth-host.key in the data folder",
        meaning: "The key file. Made at the first start, readable by its owner alone. Back it up apart from the database.",
    },
    Explained {
        key: "listen",
        default: "127.0.0.1:8420",
        meaning: "The address of the API. One that others can reach needs TLS or a trusted proxy.",
    },
    Explained {
        key: "admin",
        default: "127.0.0.1:8421",
        meaning: "The address of the console, the administrator's API and the metrics, on loopback.",
    },
    Explained {
        key: "console_hosts",
        default: "[]",
        meaning: "Names beside those of loopback under which browsers reach the console, e.g. [\"console.example.com\"].",
    },
    Explained {
        key: "tls_certificate",
        default: "none",
        meaning: "The certificate chain of the API, a PEM file. Read again when it changes.",
    },
    Explained {
        key: "tls_key",
        default: "none",
        meaning: "The certificate's private key, a PEM file.",
    },
    Explained {
        key: "trusted_proxy",
        default: "false",
        meaning: "Whether a proxy in front of the API does TLS. Needs public_url.",
    },
    Explained {
        key: "public_url",
        default: "none",
        meaning: "The address under which others reach the API, e.g. https://sms.example.com. With trusted_proxy it has to be https.",
    },
    Explained {
        key: "answer_within_ms",
        default: "8000",
        meaning: "How long a caller waits for a message at most, 2000 to 10000: the next connector of a flow has 1500 of them.",
    },
    Explained {
        key: "ca",
        default: "none",
        meaning: "Authorities that connectors trust beside the system's, a PEM file.",
    },
    Explained {
        key: "permit_networks",
        default: "[]",
        meaning: "Networks that are not public and that connectors may reach all the same, e.g. [\"10.20.0.0/16\"].",
    },
    Explained {
        key: "registry_networks",
        default: "[]",
        meaning: "Networks that are not public and in which registries and catalogues may be, e.g. [\"10.20.0.0/16\"]. Connectors do not reach them by this.",
    },
    Explained {
        key: "catalogues",
        default: "[]",
        meaning: "Catalogues in which the console looks for plugins: https addresses or files, e.g. [\"https://plugins.example.com/catalogue.json\"].",
    },
    Explained {
        key: "registry_loopback_http",
        default: "false",
        meaning: "Whether the console reaches a registry or a catalogue on this machine by plain http, for tests.",
    },
    Explained {
        key: "log",
        default: "info",
        meaning: "The least level of what is logged: off, error, warn, info, debug, trace.",
    },
];

/// The most catalogues.
const MOST_CATALOGUES: usize = 16;

/// The values of `log`.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `data`
    pub data: PathBuf,
    /// True if a setting named it.
    #[serde(skip)]
    pub is_data_named: bool,
    /// `key_file`
    pub key_file: Option<PathBuf>,
    /// `listen`
    pub listen: SocketAddr,
    /// `admin`
    pub admin: SocketAddr,
    /// `console_hosts`
    pub console_hosts: Vec<String>,
    /// `tls_certificate`
    pub tls_certificate: Option<PathBuf>,
    /// `tls_key`
    pub tls_key: Option<PathBuf>,
    /// `trusted_proxy`
    pub trusted_proxy: bool,
    /// `public_url`
    pub public_url: Option<String>,
    /// `answer_within_ms`
    #[serde(deserialize_with = "answer_within")]
    pub answer_within_ms: u64,
    /// `ca`
    pub ca: Option<PathBuf>,
    /// `permit_networks`
    pub permit_networks: Vec<ipnet::IpNet>,
    /// `registry_networks`
    pub registry_networks: Vec<ipnet::IpNet>,
    /// `catalogues`
    pub catalogues: Vec<String>,
    /// `registry_loopback_http`
    pub registry_loopback_http: bool,
    /// `log`
    pub log: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: "auth-host-data".into(),
            is_data_named: false,
            key_file: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8420)),
            admin: SocketAddr::from(([127, 0, 0, 1], 8421)),
            console_hosts: Vec::new(),
            tls_certificate: None,
            tls_key: None,
            trusted_proxy: false,
            public_url: None,
            answer_within_ms: 8000,
            ca: None,
            permit_networks: Vec::new(),
            registry_networks: Vec::new(),
            catalogues: Vec::new(),
            registry_loopback_http: false,
            log: "info".to_owned(),
        }
    }
}

impl Settings {
    /// Reads the file, if one is named, and overrides it with the environment.
    ///
    /// # Errors
    ///
    /// One line that names the key, its line in the file or its variable, and what was expected.
    pub fn read(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("{} cannot be read: {error}", mask::path(path)))?,
            None => String::new(),
        };
        let shown = file.map(mask::path).unwrap_or_default();
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| {
            let line = line(&text, error.span());
            let message = mask::typed(&error.message().replace('\n', " "));
            format!("{shown} is not TOML at line {line}: {message}")
        })?;
        for setting in EXPLAINED {
            let name = variable(setting.key);
            if let Some(value) = environment(&name) {
                table.insert(setting.key.to_owned(), typed(setting.key, &value));
            }
        }
        let is_data_named = table.contains_key("data");
        let read = serde_path_to_error::deserialize(toml::Value::Table(table));
        let mut settings: Self =
            read.map_err(|error: serde_path_to_error::Error<toml::de::Error>| {
                let path = error.path().to_string();
                let key = path.split(['.', '[']).next().unwrap_or_default();
                let name = match environment(&variable(key)) {
                    Some(_) => variable(key),
                    None => {
                        let (line, key) = (line_of(&text, key), mask::typed(key));
                        format!("{key} at line {line} of {shown}")
                    }
                };
                // Its value may contain a password or a number.
                let wanted = expected(error.inner().message());
                format!(
                    "the setting {name} cannot be used: expected was {wanted}. `auth-host config` explains all of them"
                )
            })?;
        settings.is_data_named = is_data_named;
        for (key, path) in [
            ("data", Some(&settings.data)),
            ("key_file", settings.key_file.as_ref()),
            ("tls_certificate", settings.tls_certificate.as_ref()),
            ("tls_key", settings.tls_key.as_ref()),
            ("ca", settings.ca.as_ref()),
        ] {
            if path.is_some_and(|path| path.as_os_str().is_empty()) {
                return Err(format!("{key} is empty, expected was a path"));
            }
        }
        Ok(settings)
    }

    /// Refuses settings that would expose numbers and codes to a network.
    ///
    /// # Errors
    ///
    /// One line that names the setting to change.
    pub fn check(&self) -> Result<(), String> {
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            return Err("tls_certificate and tls_key belong together: set both".to_owned());
        }
        if self
            .public_url
            .as_deref()
            .is_some_and(|url| !is_address(url))
        {
            return Err(
                "public_url is no address, expected was one like https://sms.example.com: with a host, and without \
                user, query and fragment"
                    .to_owned(),
            );
        }
        let is_https = |url: &str| url.starts_with("https://");
        if self.trusted_proxy && !self.public_url.as_deref().is_some_and(is_https) {
            return Err(
                "trusted_proxy needs public_url, the https address under which others reach the proxy: \
                https://sms.example.com"
                    .to_owned(),
            );
        }
        let is_protected = self.tls_certificate.is_some() || self.trusted_proxy;
        if !self.listen.ip().is_loopback() && !is_protected {
            return Err(format!(
                "listen {} can be reached by others, and the API carries numbers and codes. Set tls_certificate and \
                tls_key, or trusted_proxy and public_url",
                self.listen
            ));
        }
        if !self.admin.ip().is_loopback() {
            return Err(format!(
                "admin {} can be reached by others. Use a loopback address, and a tunnel such as ssh -L from elsewhere",
                self.admin
            ));
        }
        if let Some(host) = self.console_hosts.iter().find(|host| !is_host(host)) {
            return Err(format!(
                "console_hosts has {}, expected was a name without scheme and port: console.example.com",
                mask::typed(host)
            ));
        }
        if self.catalogues.len() > MOST_CATALOGUES {
            return Err(format!(
                "catalogues has {} entries, expected were at most {MOST_CATALOGUES}",
                self.catalogues.len()
            ));
        }
        let is_plain = |place: &&String| place.starts_with("http://");
        if let Some(place) = self.catalogues.iter().find(is_plain)
            && !self.registry_loopback_http
        {
            return Err(format!(
                "catalogues has {}, expected was an https address or a file",
                mask::typed(place)
            ));
        }
        if !LEVELS
            .iter()
            .any(|level| level.eq_ignore_ascii_case(&self.log))
        {
            return Err(format!("log is {}", LEVELS.join(", ")));
        }
        Ok(())
    }
}

/// Reads `answer_within_ms`, under which commands send as the service does. The next connector of a flow gets 1.5 s of
/// it, and the first one at least 0.2 s (send.rs).
fn answer_within<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let read = u64::deserialize(deserializer)?;
    match (2000..=10_000).contains(&read) {
        true => Ok(read),
        false => Err(Error::invalid_value(
            Unexpected::Unsigned(read),
            &"2000 to 10000",
        )),
    }
}

/// The environment variable of a key.
pub fn variable(key: &str) -> String {
    format!("AUTH_HOST_{}", key.to_ascii_uppercase())
}

/// A variable's text as the key's type: a list as in the file or at commas, a number, a truth value, or the text.
fn typed(key: &str, text: &str) -> toml::Value {
    match (key, text) {
        ("permit_networks" | "registry_networks" | "console_hosts" | "catalogues", list) => {
            // `[::1]` is a host, not a list.
            let written = toml::from_str::<toml::Table>(&format!("list = {list}"));
            if let Some(list @ toml::Value::Array(_)) =
                written.ok().and_then(|mut t| t.remove("list"))
            {
                return list;
            }
            let entries = list.split(',').map(str::trim);
            let entries = entries.filter(|entry| !entry.is_empty());
            toml::Value::Array(entries.map(toml::Value::from).collect())
        }
        ("trusted_proxy" | "registry_loopback_http", "1" | "true") => true.into(),
        ("trusted_proxy" | "registry_loopback_http", "0" | "false") => false.into(),
        ("answer_within_ms", number) => number
            .parse::<i64>()
            .map_or_else(|_| number.into(), toml::Value::from),
        (_, text) => text.into(),
    }
}

/// Returns true if a path may be appended, as for callbacks: an address with a host, and without a password that logs
/// would show.
fn is_address(text: &str) -> bool {
    let address = text.parse::<Uri>();
    let is_usable = address.is_ok_and(|address| Origin::of(&address).is_ok());
    is_usable && !text.contains(['@', '?', '#'])
}

/// Returns true for a host alone, as a browser's `Host` header has it on the usual port.
fn is_host(text: &str) -> bool {
    let authority = text.parse::<Authority>();
    authority.is_ok_and(|authority| authority.host() == text) && !text.contains('*')
}

/// The number of the line on which a part of the text begins.
fn line(text: &str, part: Option<Range<usize>>) -> usize {
    let before = part.and_then(|part| text.get(..part.start));
    before.unwrap_or_default().matches('\n').count() + 1
}

/// The number of the line on which a key's value begins.
fn line_of(text: &str, key: &str) -> usize {
    let places: Result<BTreeMap<String, toml::Spanned<toml::Value>>, _> = toml::from_str(text);
    let place = places.ok().and_then(|places| Some(places.get(key)?.span()));
    line(text, place)
}

#[cfg(test)]
mod tests;
