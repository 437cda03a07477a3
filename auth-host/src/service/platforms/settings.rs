//! Settings of a webhook: its platform, its proof of origin, and the reading of its messages.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    pub const ALL: [Self; 15] = [
        Self::Supabase,
        Self::Logto,
        Self::Zitadel,
        Self::Kratos,
        Self::Authgear,
        Self::Generic,
        Self::Authentik,
        Self::Fusionauth,
        Self::Casdoor,
        Self::Keycloak,
        Self::Auth0,
        Self::Supertokens,
        Self::BetterAuth,
        Self::Clerk,
        Self::TwilioVerify,
    ];

    /// Its name, as in settings and addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supabase => "supabase",
            Self::Logto => "logto",
            Self::Zitadel => "zitadel",
            Self::Kratos => "kratos",
            Self::Authgear => "authgear",
            Self::Generic => "generic",
            Self::Authentik => "authentik",
            Self::Fusionauth => "fusionauth",
            Self::Casdoor => "casdoor",
            Self::Keycloak => "keycloak",
            Self::Auth0 => "auth0",
            Self::Supertokens => "supertokens",
            Self::BetterAuth => "better-auth",
            Self::Clerk => "clerk",
            Self::TwilioVerify => "twilio-verify",
        }
    }

    /// Parses a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.as_str() == name)
    }
}

/// Places of a message in a body, as JSON Pointers. A form's fields are members of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fields {
    /// The number.
    pub to: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// A text with the code in it, where the platform sends no code by itself.
    pub text: Option<String>,
    /// The platform's type of the message.
    pub r#type: Option<String>,
    /// The person's language.
    pub locale: Option<String>,
    /// The person's address.
    pub ip: Option<String>,
    /// An identifier that is the same whenever the platform posts the message again.
    pub id: Option<String>,
    /// The channel. If it is present and not `sms`, the message is refused.
    pub channel: Option<String>,
}

/// Settings. Omitted ones have the platform's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The platform.
    pub platform: Platform,
    /// How requests prove their origin: `standard-webhooks`, `svix`, `zitadel`, `hmac:HEADER`, `authorization`,
    /// `bearer`, `basic:USER`, `header:HEADER`.
    pub auth: String,
    /// The usage of messages whose type has none.
    pub usage: String,
    /// Usages by the platform's types. A type that carries no code is sent only if it is listed here.
    pub usages: BTreeMap<String, String>,
    /// How digits without `+` are read: `refuse`, `e164`, `national:XX`.
    pub bare_digits: String,
    /// How long the platform waits for an answer, in milliseconds: 2,000 to 10,000, and for Supabase to 5,000. The next
    /// connector of a flow has 1,500 of them.
    pub answer_within_ms: u32,
    /// How long a repeated message is recognised without an identifier of its own, in seconds: at least the time in
    /// which the platform repeats, at most a day.
    pub window_s: u32,
    /// The source of the person's address: none, `body`, or the header that your proxy sets.
    pub ip_from: Option<String>,
    /// The language of sentences for people where a message names none.
    pub locale: String,
    /// Places of the message, for the platforms that are read by fields.
    pub fields: Fields,
}
