//! The request that starts a verification.

use serde::Deserialize;
use std::net::IpAddr;

/// A verification to be started.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartRequest {
    /// The number: with `+` and calling code, or as people of the default country write it.
    #[schema(example = "+8613800138000")]
    pub to: String,
    /// Why: `SignIn`, `Register`, `ForgotPassword`, `Generic` and others.
    #[schema(example = "SignIn")]
    pub usage: String,
    /// The person's languages, best first.
    #[serde(default)]
    pub locales: Vec<String>,
    /// The country of a number without a calling code, instead of the tenant's default.
    #[serde(default)]
    pub country: Option<String>,
    /// The person's address, for limits by network.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub ip: Option<IpAddr>,
    /// How long the code lives, in seconds: 300 by default, 600 at most.
    #[serde(default)]
    #[schema(minimum = 30, maximum = 600)]
    pub lifetime_s: Option<u32>,
    /// True when nobody with this number is known. Nothing is sent, it is counted like a message, and the answer has the
    /// same form, so that the back end need not tell the person.
    #[serde(default)]
    pub suppress: bool,
}
