//! The table of platforms: one row for each, with its facts and the defaults of its webhooks.

use super::auth::Auth;
use auth_connector_host::{Phrase, phrase};
use serde::{Deserialize, Serialize};

/// The platform that posts, and with it the form of its messages and of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Supabase Auth's Send SMS hook.
    Supabase,
    /// Logto's connector `http-sms`.
    Logto,
    /// Zitadel's HTTP provider for SMS.
    Zitadel,
    /// Ory Kratos' courier.
    Kratos,
    /// Authgear's custom SMS provider.
    Authgear,
    /// Any other, by fields.
    Generic,
    /// authentik's SMS stage.
    Authentik,
    /// FusionAuth's generic messenger.
    Fusionauth,
    /// Casdoor's custom HTTP provider.
    Casdoor,
    /// keycloak-mfa-plugins.
    Keycloak,
    /// An Action of Auth0.
    Auth0,
    /// An override of SuperTokens.
    Supertokens,
    /// better-auth's phone number plugin.
    BetterAuth,
    /// Clerk's `sms.created`. Not verified with Clerk.
    Clerk,
    /// Twilio Verify's API, for programs that use Twilio's SDK.
    TwilioVerify,
}

impl Platform {
    /// Every platform.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.platform)
    }

    /// Its row.
    pub fn row(self) -> &'static Row {
        let found = ROWS.iter().find(|row| row.platform == self);
        found.unwrap_or(&BY_FIELDS)
    }

    /// Its name, as in settings and addresses.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Parses a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|platform| platform.as_str() == name)
    }
}

/// A platform's row.
pub struct Row {
    /// The platform.
    pub platform: Platform,
    /// Its name, as in settings and addresses.
    pub name: &'static str,
    /// The default proof of origin.
    pub auth: &'static str,
    /// Returns true for a proof of origin that it supports.
    pub takes: fn(&Auth) -> bool,
    /// The time in which it posts a message again, in seconds.
    pub window_s: u32,
    /// How long it waits for a response at most, in milliseconds; where that is not known, the most that a webhook may
    /// set.
    pub waits_ms: u32,
    /// True if it writes numbers without `+`.
    pub strips_plus: bool,
    /// True if its own form has a field for the person's address.
    pub has_ip: bool,
    /// The refusal to make a secret, for a platform that makes its own.
    pub makes_secret: Option<&'static str>,
    /// Usages by its types.
    pub usages: &'static [(&'static str, &'static str)],
    /// Pointers of the message, for the platforms that are read by fields.
    pub places: Places,
    /// Its setting for the length of codes.
    pub code_length: fn() -> Phrase,
}

/// Pointers of a message.
pub struct Places {
    /// The number.
    pub to: Option<&'static str>,
    /// The code.
    pub code: Option<&'static str>,
    /// A text with the code in it.
    pub text: Option<&'static str>,
    /// The platform's type of the message.
    pub r#type: Option<&'static str>,
    /// The person's language.
    pub locale: Option<&'static str>,
    /// The person's address.
    pub ip: Option<&'static str>,
    /// An identifier of the message.
    pub id: Option<&'static str>,
    /// The channel.
    pub channel: Option<&'static str>,
}

/// How long a second click is recognised for a platform that never posts again, in seconds.
const ONCE_S: u32 = 30;

/// How long platforms with retries try again, in seconds.
const RETRIES_S: u32 = 600;

const NOWHERE: Places = Places {
    to: None,
    code: None,
    text: None,
    r#type: None,
    locale: None,
    ip: None,
    id: None,
    channel: None,
};

/// The row of any platform that is read by fields; those below differ from it.
const BY_FIELDS: Row = Row {
    platform: Platform::Generic,
    name: "generic",
    auth: "bearer",
    takes: |auth| !matches!(auth, Auth::Zitadel | Auth::Svix),
    window_s: ONCE_S,
    waits_ms: 10_000,
    strips_plus: false,
    has_ip: false,
    makes_secret: None,
    usages: &[],
    places: NOWHERE,
    code_length: || {
        phrase!(
            "length-other",
            "let the platform make codes of at most six digits"
        )
    },
};

static ROWS: [Row; 15] = [
    Row {
        platform: Platform::Supabase,
        name: "supabase",
        auth: "standard-webhooks",
        takes: |auth| matches!(auth, Auth::StandardWebhooks),
        // Three attempts within 5 s; 30 s cover a slow clock.
        window_s: ONCE_S,
        // GoTrue ends all its attempts after five seconds (supabase/auth `internal/hooks`).
        waits_ms: 5000,
        strips_plus: true,
        has_ip: true,
        // The hook's `sms_type`; without it this adapter's names for states of the hook's body.
        usages: &[
            ("sign-in", "SignIn"),
            ("register", "Register"),
            ("phone-change", "BindNewIdentifier"),
            ("mfa", "MfaVerification"),
        ],
        code_length: || {
            phrase!(
                "length-supabase",
                "set GOTRUE_SMS_OTP_LENGTH=6, or in the dashboard the SMS OTP length of the phone provider to 6"
            )
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Logto,
        name: "logto",
        auth: "authorization",
        takes: |auth| matches!(auth, Auth::Authorization),
        strips_plus: true,
        has_ip: true,
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Zitadel,
        name: "zitadel",
        auth: "zitadel",
        takes: |auth| matches!(auth, Auth::Zitadel),
        window_s: RETRIES_S,
        makes_secret: Some("refusal-secret-zitadel"),
        usages: &[
            ("user.human.password.code.added", "ForgotPassword"),
            ("user.human.phone.code.added", "BindNewIdentifier"),
            ("session.otp.sms.challenged", "MfaVerification"),
            ("user.human.mfa.otp.sms.code.added", "MfaVerification"),
        ],
        code_length: || {
            phrase!(
                "length-zitadel",
                "set the secret generator OTPSMS to length 6, and PhoneVerificationCode to length 6 without letters"
            )
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Kratos,
        name: "kratos",
        auth: "header:x-api-key",
        takes: |auth| matches!(auth, Auth::Header(_) | Auth::Basic(_)),
        window_s: RETRIES_S,
        has_ip: true,
        usages: &[
            ("login_code_valid", "SignIn"),
            ("registration_code_valid", "Register"),
            ("recovery_code_valid", "ForgotPassword"),
            ("verification_code_valid", "BindNewIdentifier"),
        ],
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Authgear,
        name: "authgear",
        auth: "hmac:x-authgear-body-signature",
        takes: |auth| matches!(auth, Auth::Hmac(_)),
        makes_secret: Some("refusal-secret-authgear"),
        usages: &[
            ("authenticate_primary_oob_sms.txt", "SignIn"),
            ("setup_primary_oob_sms.txt", "Register"),
            ("forgot_password_oob_sms.txt", "ForgotPassword"),
            ("verification_sms.txt", "BindNewIdentifier"),
            ("authenticate_secondary_oob_sms.txt", "MfaVerification"),
            ("setup_secondary_oob_sms.txt", "BindMfa"),
        ],
        ..BY_FIELDS
    },
    Row {
        takes: |_| true,
        places: Places {
            to: Some("/to"),
            code: Some("/code"),
            r#type: Some("/type"),
            locale: Some("/locale"),
            ip: Some("/ip"),
            ..NOWHERE
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Authentik,
        name: "authentik",
        places: Places {
            to: Some("/To"),
            code: Some("/Body"),
            ..NOWHERE
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Fusionauth,
        name: "fusionauth",
        places: Places {
            to: Some("/phoneNumber"),
            code: Some("/code"),
            channel: Some("/type"),
            ..NOWHERE
        },
        code_length: || {
            phrase!(
                "length-fusionauth",
                "let FusionAuth make codes of digits alone, at most six"
            )
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Casdoor,
        name: "casdoor",
        places: Places {
            to: Some("/phoneNumber"),
            code: Some("/code"),
            ..NOWHERE
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Keycloak,
        name: "keycloak",
        places: Places {
            to: Some("/receiver"),
            text: Some("/message"),
            id: Some("/uuid"),
            ..NOWHERE
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Auth0,
        name: "auth0",
        window_s: RETRIES_S,
        usages: &[("otp_verify", "SignIn"), ("otp_enroll", "BindMfa")],
        places: Places {
            to: Some("/recipient"),
            code: Some("/code"),
            r#type: Some("/message_type"),
            locale: Some("/locale"),
            ip: Some("/ip"),
            channel: Some("/delivery_method"),
            ..NOWHERE
        },
        code_length: || phrase!("length-auth0", "set otp_length of the phone factor to 6"),
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Supertokens,
        name: "supertokens",
        places: Places {
            to: Some("/phoneNumber"),
            code: Some("/userInputCode"),
            r#type: Some("/type"),
            ..NOWHERE
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::BetterAuth,
        name: "better-auth",
        places: Places {
            to: Some("/phoneNumber"),
            code: Some("/code"),
            locale: Some("/locale"),
            ..NOWHERE
        },
        code_length: || phrase!("length-better-auth", "set otpLength of the plugin to 6"),
        ..BY_FIELDS
    },
    Row {
        platform: Platform::Clerk,
        name: "clerk",
        auth: "svix",
        takes: |auth| matches!(auth, Auth::Svix),
        window_s: RETRIES_S,
        makes_secret: Some("refusal-secret-clerk"),
        places: Places {
            to: Some("/data/to_phone_number"),
            code: Some("/data/data/otp_code"),
            text: Some("/data/message"),
            r#type: Some("/data/slug"),
            ..NOWHERE
        },
        ..BY_FIELDS
    },
    Row {
        platform: Platform::TwilioVerify,
        name: "twilio-verify",
        auth: "basic:",
        takes: |auth| matches!(auth, Auth::Basic(_)),
        has_ip: true,
        ..BY_FIELDS
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The match names a platform that has no row. Settings have the name of the row.
    #[test]
    fn each_platform_has_one_row() {
        for row in &ROWS {
            let name = serde_json::to_value(row.platform).unwrap();
            assert_eq!(name, row.name);
            match row.platform {
                Platform::Supabase
                | Platform::Logto
                | Platform::Zitadel
                | Platform::Kratos
                | Platform::Authgear
                | Platform::Generic
                | Platform::Authentik
                | Platform::Fusionauth
                | Platform::Casdoor
                | Platform::Keycloak
                | Platform::Auth0
                | Platform::Supertokens
                | Platform::BetterAuth
                | Platform::Clerk
                | Platform::TwilioVerify => {}
            }
        }
        let names: std::collections::BTreeSet<_> = ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ROWS.len());
    }

    /// A new webhook accepts its platform's own proof.
    #[test]
    fn default_proof_of_each_platform_is_supported() {
        for row in &ROWS {
            let auth = Auth::parse(row.auth).unwrap();
            assert!((row.takes)(&auth), "{}", row.name);
        }
    }
}
