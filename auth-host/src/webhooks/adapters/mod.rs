//! Adapters: what each platform posts, as one form.

mod authgear;
mod clerk;
mod generic;
mod kratos;
mod logto;
mod supabase;
mod zitadel;

use super::wanted::{Unreadable, Wanted};
use crate::platforms::settings::{Platform, Settings};
use serde_json::Value;

/// Reads a platform's message. None where the platform tells of something that nobody has to send.
///
/// # Errors
///
/// [`Unreadable`] with the place and what was expected there.
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
