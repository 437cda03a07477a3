//! The sandbox, set up as the operator granted.

use crate::cli::{Common, GrantArgs, Network, PackageArgs};
use crate::exit::{self, Stop};
use crate::{cache, files, mask, output};
use auth_connector_host::{
    ConnectorHost, Egress, Grants, HostBuilder, Origin, Package, Plugin, Proxy, TrustedKey,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Networks in which a proxy may be: the user names a proxy on purpose, and companies have theirs inside.
const PROXY_NETWORKS: [&str; 5] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "fc00::/7",
];

/// A builder with the cache and the keys that the arguments name and no egress, for everything that needs no network.
pub fn builder(common: &Common) -> Result<HostBuilder, Stop> {
    let builder = ConnectorHost::builder().with(|options| {
        options.limits.concurrent_calls = 4;
        options.allow_unsigned = common.package.unsigned;
        options.cache_dir = cache::folder(common);
    });
    trusting(builder, &common.package.trust)
}

/// Adds the keys of `--trust`.
pub fn trusting(builder: HostBuilder, keys: &[String]) -> Result<HostBuilder, Stop> {
    let mut keys = keys.iter().map(|key| trusted(key));
    keys.try_fold(builder, |builder, key| Ok(builder.trust_key(key?)))
}

/// A key as its text, or as the file that contains it.
pub fn trusted(key: &str) -> Result<TrustedKey, Stop> {
    const LARGEST: u64 = 4096;
    if let Ok(key) = TrustedKey::parse(key) {
        return Ok(key);
    }
    let path = Path::new(key);
    let text = files::read(path, LARGEST).map(String::from_utf8);
    let text = match text {
        Ok(Ok(text)) => text,
        _ => {
            return Err(Stop::usage(
                "--trust takes a public key of minisign, 56 characters that begin with RW, or a file that holds one",
            ));
        }
    };
    let shown = mask::path(path);
    TrustedKey::parse(&text).map_err(|error| Stop::usage(format!("{shown} is {error}")))
}

/// Grants the operator's origins.
pub fn grant(builder: HostBuilder, origins: &[String]) -> Result<HostBuilder, Stop> {
    let mut origins = origins.iter();
    Ok(origins.try_fold(builder, |builder, origin| builder.allow(origin))?)
}

/// Loads the component or the package with the network access that the arguments grant: origins, authorities,
/// addresses.
pub fn connect(common: &Common, network: &Network) -> Result<Plugin, Stop> {
    let mut builder = grant(builder(common)?, &network.grants.allow)?;
    if let Some(path) = &network.ca {
        builder = builder.trust_pem(&files::pem(path)?);
    }
    if let Some(proxy) = proxy(network)? {
        builder = builder.with(|options| options.proxy = Some(proxy));
    }
    for entry in &network.resolve {
        builder = builder.resolve(entry)?;
    }
    load(builder, common, &network.grants)
}

/// The proxy, if there is one. An argument is visible to every user of the machine, so no password is accepted from it.
///
/// Without an option it is that of the environment: `HTTPS_PROXY` or `https_proxy`, unless `NO_PROXY` or `no_proxy`
/// names a granted host. The library itself reads no environment.
fn proxy(network: &Network) -> Result<Option<Proxy>, Stop> {
    let url = match (&network.proxy, &network.proxy_from_env) {
        (Some(url), _) if url.contains('@') => {
            return Err(Stop::usage(
                "--proxy takes no credentials, as arguments are visible to every user of this machine. Put the URL \
                into an environment variable and name that: --proxy-from-env HTTPS_PROXY",
            ));
        }
        (Some(url), _) => url.clone(),
        (None, Some(name)) => std::env::var(name).map_err(|_| {
            Stop::usage("the environment variable of --proxy-from-env is not set, or is not text")
        })?,
        (None, None) => match environment(["HTTPS_PROXY", "https_proxy"]) {
            Some(url) if !is_direct(&network.grants) => url,
            _ => return Ok(None),
        },
    };
    let proxy = Proxy::parse(&url).map_err(|error| {
        Stop::usage(format!(
            "{error}. It comes from --proxy, --proxy-from-env or HTTPS_PROXY; NO_PROXY=* goes without the last"
        ))
    })?;
    Ok(Some(permitted(proxy)))
}

/// The proxy, which may be inside a private network.
fn permitted(proxy: Proxy) -> Proxy {
    let networks = PROXY_NETWORKS.iter().filter_map(|text| text.parse().ok());
    networks.fold(proxy, Proxy::permit_network)
}

/// The first of some environment variables that has a non-empty value.
fn environment(names: [&str; 2]) -> Option<String> {
    let values = names
        .into_iter()
        .filter_map(|name| std::env::var(name).ok());
    values
        .map(|text| text.trim().to_owned())
        .find(|text| !text.is_empty())
}

/// Returns true if `NO_PROXY` names a granted host: exactly, as a domain above it, or by `*`.
fn is_direct(grants: &GrantArgs) -> bool {
    let origins = grants.allow.iter().chain(&grants.allow_beyond);
    let hosts: Vec<_> = origins.filter_map(|origin| host_of(origin)).collect();
    are_direct(&hosts)
}

/// The proxy of the environment for the host of a registry, with or without its port.
#[cfg(feature = "registry")]
pub fn registry_proxy(host: &str) -> Result<Option<Proxy>, auth_connector_host::NetworkError> {
    let hosts: Vec<_> = host_of(&format!("https://{host}")).into_iter().collect();
    match environment(["HTTPS_PROXY", "https_proxy"]).filter(|_| !are_direct(&hosts)) {
        Some(url) => Ok(Some(permitted(Proxy::parse(&url)?))),
        None => Ok(None),
    }
}

fn are_direct(hosts: &[String]) -> bool {
    let Some(list) = environment(["NO_PROXY", "no_proxy"]) else {
        return false;
    };
    list.split(',')
        .map(str::trim)
        .any(|entry| entry == "*" || hosts.iter().any(|host| is_named_by(host, entry)))
}

fn host_of(origin: &str) -> Option<String> {
    let authority = origin.split_once("://")?.1.split('/').next()?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    Some(host.to_ascii_lowercase())
}

fn is_named_by(host: &str, entry: &str) -> bool {
    let domain = entry.trim_start_matches('.').to_ascii_lowercase();
    !domain.is_empty()
        && host
            .strip_suffix(domain.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Loads the component or the package for a command that needs no network, or returns one line with the reason.
pub fn load_offline(common: &Common) -> Result<Plugin, Stop> {
    let host = builder(common)?.build()?;
    let _within = Within::begin(common);
    match package(common)? {
        Some(package) => Ok(host.load_package(package, &nothing(&common.package))?),
        None => bare(&host, common, Egress::default()),
    }
}

/// Loads the component or the package with its grants, or returns one line with the reason.
fn load(builder: HostBuilder, common: &Common, args: &GrantArgs) -> Result<Plugin, Stop> {
    let host = builder.build()?;
    let _within = Within::begin(common);
    match package(common)? {
        Some(package) => {
            let egress = host.options().egress.clone();
            let grants = grants(&common.package, egress, args)?;
            Ok(host.load_package(package, &grants)?)
        }
        None => bare(&host, common, host.options().egress.clone()),
    }
}

/// Ends the process unless it is dropped in time.
struct Within(Arc<AtomicBool>);

impl Within {
    fn begin(common: &Common) -> Option<Self> {
        let seconds = common.load_within?;
        let over = Arc::new(AtomicBool::new(false));
        let loaded = over.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds));
            if !loaded.load(Ordering::Acquire) {
                output::complain(&format!(
                    "refused: loading took longer than the {seconds} s of --load-within"
                ));
                std::process::exit(exit::REFUSED.number());
            }
        });
        Some(Self(over))
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn bare(host: &ConnectorHost, common: &Common, egress: Egress) -> Result<Plugin, Stop> {
    let component = common.component.clone().unwrap_or_default();
    let sha256 = common.sha256.as_deref().map(without_algorithm);
    // A text that is not a digest is not repeated as one.
    if sha256.is_some_and(|hex| hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err(Stop::usage(
            "--sha256 takes 64 hexadecimal digits, as sha256sum prints them, or sha256: before them",
        ));
    }
    Ok(host.load_with(component, egress, sha256)?)
}

/// The package that the arguments name.
pub fn package(common: &Common) -> Result<Option<Package<'static>>, Stop> {
    let Some(manifest) = &common.package.manifest else {
        return Ok(None);
    };
    #[cfg(feature = "registry")]
    if let Some(text) = manifest.to_str()
        && auth_connector_registry::Reference::is_meant(text)
    {
        let host = builder(common)?.build()?;
        let checks = (&host, &nothing(&common.package));
        return crate::registry::package(&common.package.registry, text, checks, registry_proxy)
            .map(Some);
    }
    let package = Package::open(manifest)?;
    Ok(Some(match &common.component {
        Some(component) => package.with_component(component.clone()),
        None => package,
    }))
}

/// No origin at all, whatever the package requests.
pub fn nothing(args: &PackageArgs) -> Grants {
    Grants {
        accept_less: true,
        id: args.id.clone(),
        ..Grants::default()
    }
}

/// Returns the grants of the arguments for a package.
pub fn grants(args: &PackageArgs, egress: Egress, more: &GrantArgs) -> Result<Grants, Stop> {
    let mut beyond = Egress::default();
    for origin in &more.allow_beyond {
        let origin = Origin::parse(origin).map_err(auth_connector_host::BuildError::from)?;
        beyond.allow(origin);
    }
    Ok(Grants {
        egress,
        beyond,
        accept_less: args.accept_less,
        id: args.id.clone(),
        ..Grants::default()
    })
}

/// A digest without the name of its algorithm, which registries write before it.
fn without_algorithm(digest: &str) -> &str {
    match digest.split_at_checked(7) {
        Some((name, hex)) if name.eq_ignore_ascii_case("sha256:") => hex,
        _ => digest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_names_hosts_and_domains() {
        for (host, entry, named) in [
            ("sms.example.com", "sms.example.com", true),
            ("sms.example.com", "example.com", true),
            ("sms.example.com", ".Example.com", true),
            ("sms.example.com", "ple.com", false),
            ("sms.example.com", "", false),
            ("sms.example.com", "other.com", false),
            ("10.0.0.1", "10.0.0.1", true),
        ] {
            assert_eq!(is_named_by(host, entry), named, "{host} {entry}");
        }
        assert_eq!(
            host_of("https://SMS.example.com:8443/").unwrap(),
            "sms.example.com"
        );
        assert_eq!(host_of("https://[::1]:8443").unwrap(), "[::1]");
        assert_eq!(host_of("sms.example.com"), None);
    }

    #[test]
    fn digest_may_name_its_algorithm() {
        assert_eq!(without_algorithm("sha256:ab"), "ab");
        assert_eq!(without_algorithm("SHA256:ab"), "ab");
        assert_eq!(without_algorithm("ab"), "ab");
        assert_eq!(without_algorithm("sha512:ab"), "sha512:ab");
    }
}
