//! The sandbox, set up as the operator granted.

use crate::cli::Common;
use crate::exit::Stop;
use auth_connector_host::{ConnectorHost, HostBuilder, Plugin};
use std::path::PathBuf;

/// What a connector may reach unless more is granted: the documented endpoints of Tencent Cloud SMS.
const DEFAULT_ORIGINS: &[&str] = &[
    "https://sms.tencentcloudapi.com",
    "https://sms.intl.tencentcloudapi.com",
];

/// A builder with the cache that the arguments ask for and no egress, which suits all that needs no network.
pub fn builder(common: &Common) -> HostBuilder {
    let builder = ConnectorHost::builder().with(|options| options.limits.concurrent_calls = 4);
    match cache_dir(common) {
        Some(dir) => builder.cache_dir(dir),
        None => builder,
    }
}

/// Grants the default origins and the operator's own.
pub fn grant(mut builder: HostBuilder, origins: &[String]) -> Result<HostBuilder, Stop> {
    for origin in DEFAULT_ORIGINS
        .iter()
        .copied()
        .chain(origins.iter().map(String::as_str))
    {
        builder = builder.allow(origin)?;
    }
    Ok(builder)
}

/// Loads the component, or says in one line why not.
pub fn load(builder: HostBuilder, common: &Common) -> Result<Plugin, Stop> {
    let host = builder.build()?;
    let egress = host.options().egress.clone();
    Ok(host.load_with(common.component.clone(), egress, common.sha256.as_deref())?)
}

fn cache_dir(common: &Common) -> Option<PathBuf> {
    if common.no_cache {
        return None;
    }
    common.cache_dir.clone().or_else(|| {
        let base = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute());
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        base.or_else(home).map(|dir| dir.join("auth-host"))
    })
}
