//! Adapters: each platform's posted message, converted to one form.

mod authgear;
mod clerk;
mod generic;
mod kratos;
mod logto;
mod supabase;
mod zitadel;

use super::wanted::{Unreadable, Wanted};
use crate::service::platforms::settings::{Platform, Settings};
use serde_json::Value;

/// Reads a platform's message. None if the platform reports something that is not to be sent.
///
/// # Errors
///
/// [`Unreadable`] with the pointer and the expected value.
pub fn read(settings: &Settings, body: &Value) -> Result<Option<Wanted>, Unreadable> {
    let wanted = match settings.platform {
        Platform::Clerk => return clerk::read(settings, body),
        Platform::Supabase => supabase::read(body),
        Platform::Logto => logto::read(settings, body),
        Platform::Zitadel => zitadel::read(body),
        Platform::Kratos => kratos::read(body),
        Platform::Authgear => authgear::read(body),
        Platform::Generic
        | Platform::Authentik
        | Platform::Fusionauth
        | Platform::Casdoor
        | Platform::Keycloak
        | Platform::Auth0
        | Platform::Supertokens
        | Platform::BetterAuth
        | Platform::TwilioVerify => generic::read(settings, body),
    };
    wanted.map(Some)
}

#[cfg(test)]
mod tests;
