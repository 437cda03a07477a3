//! Adapters: what each platform posts, as one form.

mod authgear;
mod generic;
mod kratos;
mod logto;
mod supabase;
mod zitadel;

use super::wanted::{Unreadable, Wanted};
use crate::platforms::settings::{Platform, Settings};
use serde_json::Value;

/// Reads a platform's message.
///
/// # Errors
///
/// [`Unreadable`] with the place and what was expected there.
pub fn read(settings: &Settings, body: &Value) -> Result<Wanted, Unreadable> {
    match settings.platform {
        Platform::Supabase => supabase::read(body),
        Platform::Logto => logto::read(body),
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
        | Platform::Clerk
        | Platform::TwilioVerify => generic::read(&settings.fields, body),
    }
}
