//! Credentials for a registry: from the environment, or from docker's config file.
//!
//! Credential helpers are programs that the file names, and are not run.

use crate::RegistryError;
use auth_connector_egress::phrase;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use serde_json::Value;
use std::path::PathBuf;

/// The environment variables with a name and a password.
pub const ENVIRONMENT: [&str; 2] = ["OCI_USERNAME", "OCI_PASSWORD"];

/// The environment variable with the host of the registry that these are for.
pub const REGISTRY: &str = "OCI_REGISTRY";

/// Source of a registry's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// Whoever set the environment: on a command line.
    Person,
    /// A document, such as a catalogue. Its author would get the password of another registry.
    Document,
}

/// The longest config file, in bytes.
const CONFIG_BYTES: u64 = 1 << 20;

/// A name and a password. They appear in no error, log or debug output.
#[derive(Clone)]
pub struct Credentials(HeaderValue);

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(****)")
    }
}

impl Credentials {
    /// A name and a password.
    ///
    /// # Errors
    ///
    /// Never, unless the encoding is too long for a header.
    pub fn new(name: &str, password: &str) -> Result<Self, RegistryError> {
        Self::encoded(&BASE64_STANDARD.encode(format!("{name}:{password}")))
    }

    fn encoded(text: &str) -> Result<Self, RegistryError> {
        let mut value = HeaderValue::try_from(format!("Basic {text}")).map_err(|_| {
            RegistryError::Credentials(phrase!(
                "credentials-header",
                "the credentials cannot be put into a header"
            ))
        })?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.0
    }

    /// Reads the credentials for a registry's host from the environment, then from docker's config file. Those of the
    /// environment are for the host in [`REGISTRY`]. Without it they are for any host that a person named, and for none
    /// that a document named.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or leaves the credentials to a helper.
    pub fn find(host: &str, named_by: NamedBy) -> Result<Option<Self>, RegistryError> {
        let pair = ENVIRONMENT.map(|name| std::env::var(name).ok());
        let registry = std::env::var(REGISTRY).ok();
        match pair {
            [Some(name), Some(password)] if is_meant(registry.as_deref(), host, named_by) => {
                return Self::new(&name, &password).map(Some);
            }
            [Some(_), Some(_)] | [None, None] => {}
            _ => {
                return Err(RegistryError::Credentials(phrase!(
                    "credentials-half",
                    "of {name} and {password} one is set and the other is not. Set both or none",
                    name = ENVIRONMENT[0],
                    password = ENVIRONMENT[1]
                )));
            }
        }
        let Some(file) = config_file().filter(|file| file.exists()) else {
            return Ok(None);
        };
        let text = crate::layout::read(&file, CONFIG_BYTES)?;
        let config: Value = serde_json::from_slice(&text)
            .map_err(|_| RegistryError::file(&file, phrase!("file-json", "it is not JSON")))?;
        in_config(&config, host)
    }
}

/// Returns true if the environment's name and password are for a host.
fn is_meant(registry: Option<&str>, host: &str, named_by: NamedBy) -> bool {
    match registry {
        Some(registry) => registry == host,
        None => named_by == NamedBy::Person,
    }
}

/// docker's config file: in `$DOCKER_CONFIG`, or in the home's `.docker`.
fn config_file() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".docker")))?;
    Some(folder.join("config.json"))
}

/// The entry of a host. The Docker Hub's has an address of version 1 for a name.
fn in_config(config: &Value, host: &str) -> Result<Option<Credentials>, RegistryError> {
    let names = match host {
        "docker.io" | "registry-1.docker.io" => vec!["https://index.docker.io/v1/", "docker.io"],
        _ => vec![host],
    };
    let entry = |section: &str, name: &str| config.get(section)?.get(name);
    for name in &names {
        let auth = entry("auths", name).and_then(|entry| entry.get("auth")?.as_str());
        if let Some(auth) = auth.filter(|auth| !auth.is_empty()) {
            return Credentials::encoded(auth).map(Some);
        }
    }
    let has_store = config.get("credsStore").is_some();
    let is_helped = names.iter().any(|name| {
        entry("credHelpers", name).is_some() || (has_store && entry("auths", name).is_some())
    });
    if is_helped {
        return Err(RegistryError::Credentials(phrase!(
            "credentials-helper",
            "docker's config file leaves the credentials of {host} to a helper, which is a program and is not run. Set {registry}, {name} and {password}",
            host = host,
            registry = REGISTRY,
            name = ENVIRONMENT[0],
            password = ENVIRONMENT[1]
        )));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn host_finds_its_own_entry_alone() {
        let config = json!({"auths": {"ghcr.io": {"auth": "YTpi"}}});
        let found = in_config(&config, "ghcr.io").unwrap().unwrap();
        assert_eq!(found.header(), "Basic YTpi");
        assert_eq!(format!("{found:?}"), "Credentials(****)");
        assert!(in_config(&config, "ghcr.io:5000").unwrap().is_none());
        let hub = json!({"auths": {"https://index.docker.io/v1/": {"auth": "YTpi"}}});
        assert!(in_config(&hub, "docker.io").unwrap().is_some());
    }

    /// Whoever writes a catalogue does not get the password of another registry.
    #[test]
    fn environment_is_for_the_registry_that_it_names() {
        use NamedBy::{Document, Person};
        for (registry, named_by, meant) in [
            (None, Person, true),
            (None, Document, false),
            (Some("ghcr.io"), Person, true),
            (Some("ghcr.io"), Document, true),
            (Some("quay.io"), Person, false),
            (Some("quay.io"), Document, false),
        ] {
            let found = is_meant(registry, "ghcr.io", named_by);
            assert_eq!(found, meant, "{registry:?} {named_by:?}");
        }
    }

    #[test]
    fn helper_is_named_and_not_run() {
        for config in [
            json!({"credHelpers": {"ghcr.io": "evil"}}),
            json!({"credsStore": "evil", "auths": {"ghcr.io": {}}}),
        ] {
            let error = in_config(&config, "ghcr.io").unwrap_err().to_string();
            assert!(error.contains("not run"), "{error}");
        }
        let unrelated = json!({"credsStore": "evil"});
        assert!(in_config(&unrelated, "ghcr.io").unwrap().is_none());
    }
}
