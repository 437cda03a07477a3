//! Each platform's defaults: proof of origin, pointers, usages, and the time in which it posts again.

use super::auth::Auth;
use super::settings::{Fields, Platform, Settings};
use std::collections::BTreeMap;

/// How long a second click is recognised for a platform that never posts again, in seconds.
const ONCE_S: u32 = 30;

/// How long platforms with retries try again, in seconds.
const RETRIES_S: u32 = 600;

/// The platform's defaults.
pub fn of(platform: Platform) -> Settings {
    let (auth, window_s) = match platform {
        // Three attempts within 5 s; 30 s cover a slow clock.
        Platform::Supabase => ("standard-webhooks", ONCE_S),
        Platform::Logto => ("authorization", ONCE_S),
        Platform::Zitadel => ("zitadel", RETRIES_S),
        Platform::Kratos => ("header:x-api-key", RETRIES_S),
        Platform::Authgear => ("hmac:x-authgear-body-signature", ONCE_S),
        Platform::Auth0 => ("bearer", RETRIES_S),
        Platform::Clerk => ("svix", RETRIES_S),
        Platform::TwilioVerify => ("basic:", ONCE_S),
        Platform::Generic
        | Platform::Authentik
        | Platform::Fusionauth
        | Platform::Casdoor
        | Platform::Keycloak
        | Platform::Supertokens
        | Platform::BetterAuth => ("bearer", ONCE_S),
    };
    Settings {
        platform,
        auth: auth.to_owned(),
        usage: "Generic".to_owned(),
        usages: usages(platform),
        bare_digits: if strips_plus(platform) {
            "e164"
        } else {
            "refuse"
        }
        .to_owned(),
        answer_within_ms: 4000,
        window_s,
        ip_from: None,
        locale: "en".to_owned(),
        fields: fields(platform),
    }
}

/// The shortest time for a response, in milliseconds: the next connector of a flow has 1,500 of them (`send.rs`).
pub const LEAST_MS: u32 = 2000;

/// How long the platform waits for a response at most, in milliseconds. GoTrue ends all its attempts after five seconds
/// (supabase/auth `internal/hooks`); for the others it is the most that a webhook may set.
pub fn waits_ms(platform: Platform) -> u32 {
    match platform {
        Platform::Supabase => 5000,
        _ => 10_000,
    }
}

/// Returns true if the platform writes numbers without `+`.
pub fn strips_plus(platform: Platform) -> bool {
    matches!(platform, Platform::Supabase | Platform::Logto)
}

/// Returns true if the platform supports this proof of origin.
pub fn takes(platform: Platform, auth: &Auth) -> bool {
    match platform {
        Platform::Supabase => matches!(auth, Auth::StandardWebhooks),
        Platform::Logto => matches!(auth, Auth::Authorization),
        Platform::Zitadel => matches!(auth, Auth::Zitadel),
        Platform::Kratos => matches!(auth, Auth::Header(_) | Auth::Basic(_)),
        Platform::Authgear => matches!(auth, Auth::Hmac(_)),
        Platform::Clerk => matches!(auth, Auth::Svix),
        Platform::TwilioVerify => matches!(auth, Auth::Basic(_)),
        Platform::Generic => true,
        Platform::Authentik
        | Platform::Fusionauth
        | Platform::Casdoor
        | Platform::Keycloak
        | Platform::Auth0
        | Platform::Supertokens
        | Platform::BetterAuth => !matches!(auth, Auth::Zitadel | Auth::Svix),
    }
}

/// Returns true if the platform's own form has a field for the person's address.
pub fn has_ip(platform: Platform) -> bool {
    matches!(
        platform,
        Platform::Supabase | Platform::Logto | Platform::Kratos | Platform::TwilioVerify
    )
}

/// Usages by the platform's types.
fn usages(platform: Platform) -> BTreeMap<String, String> {
    let pairs: &[(&str, &str)] = match platform {
        // The types are this adapter's own names for states of the hook's body.
        Platform::Supabase => &[
            ("sign-in", "SignIn"),
            ("register", "Register"),
            ("phone-change", "BindNewIdentifier"),
            ("mfa", "MfaVerification"),
        ],
        Platform::Zitadel => &[
            ("user.human.password.code.added", "ForgotPassword"),
            ("user.human.phone.code.added", "BindNewIdentifier"),
            ("session.otp.sms.challenged", "MfaVerification"),
            ("user.human.mfa.otp.sms.code.added", "MfaVerification"),
        ],
        Platform::Kratos => &[
            ("login_code_valid", "SignIn"),
            ("registration_code_valid", "Register"),
            ("recovery_code_valid", "ForgotPassword"),
            ("verification_code_valid", "BindNewIdentifier"),
        ],
        Platform::Authgear => &[
            ("authenticate_primary_oob_sms.txt", "SignIn"),
            ("setup_primary_oob_sms.txt", "Register"),
            ("forgot_password_oob_sms.txt", "ForgotPassword"),
            ("verification_sms.txt", "BindNewIdentifier"),
            ("authenticate_secondary_oob_sms.txt", "MfaVerification"),
            ("setup_secondary_oob_sms.txt", "BindMfa"),
        ],
        Platform::Auth0 => &[("otp_verify", "SignIn"), ("otp_enroll", "BindMfa")],
        Platform::Logto
        | Platform::Generic
        | Platform::Authentik
        | Platform::Fusionauth
        | Platform::Casdoor
        | Platform::Keycloak
        | Platform::Supertokens
        | Platform::BetterAuth
        | Platform::Clerk
        | Platform::TwilioVerify => &[],
    };
    let owned = |(kind, usage): &(&str, &str)| ((*kind).to_owned(), (*usage).to_owned());
    pairs.iter().map(owned).collect()
}

/// Pointers of the message, for the platforms that are read by fields.
fn fields(platform: Platform) -> Fields {
    let at = |place: &str| Some(place.to_owned());
    let none = Fields::default();
    match platform {
        Platform::Generic => Fields {
            to: at("/to"),
            code: at("/code"),
            r#type: at("/type"),
            locale: at("/locale"),
            ip: at("/ip"),
            ..none
        },
        Platform::Authentik => Fields {
            to: at("/To"),
            code: at("/Body"),
            ..none
        },
        Platform::Fusionauth => Fields {
            to: at("/phoneNumber"),
            code: at("/code"),
            channel: at("/type"),
            ..none
        },
        Platform::Casdoor => Fields {
            to: at("/phoneNumber"),
            code: at("/code"),
            ..none
        },
        Platform::Keycloak => Fields {
            to: at("/receiver"),
            text: at("/message"),
            id: at("/uuid"),
            ..none
        },
        Platform::Auth0 => Fields {
            to: at("/recipient"),
            code: at("/code"),
            r#type: at("/message_type"),
            locale: at("/locale"),
            ip: at("/ip"),
            channel: at("/delivery_method"),
            ..none
        },
        Platform::Supertokens => Fields {
            to: at("/phoneNumber"),
            code: at("/userInputCode"),
            r#type: at("/type"),
            ..none
        },
        Platform::BetterAuth => Fields {
            to: at("/phoneNumber"),
            code: at("/code"),
            locale: at("/locale"),
            ..none
        },
        Platform::Clerk => Fields {
            to: at("/data/to_phone_number"),
            code: at("/data/data/otp_code"),
            text: at("/data/message"),
            r#type: at("/data/slug"),
            ..none
        },
        Platform::Supabase
        | Platform::Logto
        | Platform::Zitadel
        | Platform::Kratos
        | Platform::Authgear
        | Platform::TwilioVerify => none,
    }
}
