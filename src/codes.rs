//! The meaning of the provider's codes for a caller. The documentation prints the same table.
//!
//! `codes.txt` has the codes, their classes and the sources.
//!
//! A code is *not sent* only if the service documents a refusal. If it reports its own failure
//! (`InternalError` and kin, `ServiceUnavailable`, an answer too large to return), the message may already be on
//! its way, and the class is unknown, even where others call a retry safe.

use alloc::format;

use connector_kit::contract::{FailureKind, Turn};

/// The meaning of a code for the caller.
#[derive(Debug)]
pub struct Class {
    /// The class in the contract.
    pub kind: FailureKind,
    /// The proof that the service did not act, or the lack of one.
    pub certainty: Certainty,
    /// The party that has to act.
    pub turn: Turn,
    /// The time before a new attempt is sane.
    pub wait: Wait,
    /// The failure in words, and the remedy.
    pub hint: &'static str,
}

/// The proof that a refusal gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Nothing was sent.
    NotSent,
    /// The message may be on its way.
    Unknown,
}

/// The time before a new attempt is sane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Waiting does not help, or the time to wait is unknown.
    Never,
    /// After this number of milliseconds.
    Ms(u32),
    /// Until the clock next shows this hour in China; hour 0 begins a new day of quotas.
    UntilHourInChina(u8),
}

macro_rules! classes {
    ($($name:ident: $kind:ident, $certainty:ident, $turn:ident, $wait:expr, $hint:literal;)*) => {
        $(pub(crate) static $name: Class = Class {
            kind: FailureKind::$kind,
            certainty: Certainty::$certainty,
            turn: Turn::$turn,
            wait: $wait,
            hint: $hint,
        };)*

        impl Class {
            /// The class of this name in the table of codes.
            fn named(name: &str) -> Option<&'static Self> {
                match name {
                    $(stringify!($name) => Some(&$name),)*
                    _ => None,
                }
            }
        }
    };
}

classes! {
    CREDENTIALS: Authentication, NotSent, Operator, Wait::Never,
        "The service does not accept the credentials. Check accessKeyId and accessKeySecret: copy both again from Access Management > API Keys, and check that the key is enabled.";
    TOKEN: Authentication, NotSent, Operator, Wait::Never,
        "The service does not accept the temporary credentials' token. Get new ones and set all three: accessKeyId, accessKeySecret and sessionToken.";
    CLOCK: Authentication, NotSent, Host, Wait::Never,
        "The signature's time differs from the service's by more than it allows. Set the host's clock.";
    PERMISSION: Denied, NotSent, Operator, Wait::Never,
        "The account's policies forbid it. Grant the key the CAM action sms:SendSms on resource *, and check IP allow lists.";
    APP: InvalidConfig, NotSent, Operator, Wait::Never,
        "The service does not accept sdkAppId. Check that the application exists, is enabled and belongs to the account of the key.";
    SIGNATURE: InvalidConfig, NotSent, Operator, Wait::Never,
        "The service does not accept signName. It must be the text of an approved signature, not its ID, without brackets, and of this product: mainland and international signatures are separate.";
    TEMPLATE: InvalidConfig, NotSent, Operator, Wait::Never,
        "The service does not accept the template. Check that the template ID is approved, that it belongs to this application's account and to the recipient's route, and that params has one entry for each of its variables.";
    ROUTE: InvalidConfig, NotSent, Operator, Wait::Never,
        "The template or signature belongs to the other product: mainland and international ones are separate. Give templateCode one ID for each route.";
    REGION: InvalidConfig, NotSent, Operator, Wait::Never,
        "The service does not serve SMS in this region. Use ap-guangzhou, ap-beijing or ap-nanjing, or ap-singapore for accounts of the international site.";
    PARAMETER: InvalidMessage, NotSent, Caller, Wait::Never,
        "The service does not accept a template parameter: verification templates take up to 6 digits, other templates up to 12 characters (6 on newer accounts) and no URL.";
    PHONE: InvalidMessage, NotSent, Caller, Wait::Never,
        "The service does not accept the recipient's number. Check it.";
    CONTENT: InvalidMessage, NotSent, Caller, Wait::Never,
        "The service does not accept the message's content: too long, or with words that it blocks.";
    OPTED_OUT: RecipientRejected, NotSent, Recipient, Wait::Never,
        "The recipient has opted out or is blocked by the carrier. Only SMS Helper in the console can lift that.";
    DESTINATION: RecipientRejected, NotSent, Operator, Wait::Never,
        "The service or the application's settings do not deliver to the recipient's country or region. Check the allowed countries in the console.";
    NUMBER_30_SECONDS: RateLimited, NotSent, Caller, Wait::Ms(30_000),
        "The recipient got a message less than 30 seconds ago. Wait, or raise the limit in the console.";
    NUMBER_HOUR: RateLimited, NotSent, Caller, Wait::Ms(3_600_000),
        "The recipient got as many messages as the account allows within an hour. Wait, or raise the limit in the console.";
    NUMBER_DAY: RateLimited, NotSent, Caller, Wait::UntilHourInChina(0),
        "The recipient got as many messages as the account allows within a day. Wait for the next day in China, or raise the limit in the console.";
    NUMBER_FREQUENCY: RateLimited, NotSent, Caller, Wait::Ms(30_000),
        "The recipient got messages faster than the service's policy allows. Wait.";
    REQUESTS: RateLimited, NotSent, Caller, Wait::Ms(1_000),
        "Too many requests within a second. Wait a moment.";
    MARKETING_HOURS: RateLimited, NotSent, Caller, Wait::UntilHourInChina(8),
        "Marketing messages are sent from 8:00 to 22:00 in China only. Use a verification template for codes.";
    MARKETING: Denied, NotSent, Operator, Wait::Never,
        "Personal accounts may not send marketing messages. Use a verification template for codes.";
    QUOTA_DAY: Quota, NotSent, Operator, Wait::UntilHourInChina(0),
        "The account or application used up its messages for today. Raise the limit in the console, or wait for the next day in China.";
    BALANCE: Quota, NotSent, Operator, Wait::Never,
        "The account's SMS package or balance is used up. Buy a package or pay what is due.";
    LIMIT: RateLimited, NotSent, Caller, Wait::Never,
        "A limit of the service or the account is exceeded. The provider's code says which.";
    UNSUPPORTED: Unsupported, NotSent, Operator, Wait::Never,
        "The service does not offer this operation to this account or no longer offers it. Check endpoint and account type.";
    REQUEST: Other, NotSent, Provider, Wait::Never,
        "The service could not read the request. This is likely a fault of the connector or of a change at the service; report it with the request id.";
    DRY_RUN: Other, NotSent, Provider, Wait::Never,
        "The service only rehearsed the request.";
    TROUBLE: Provider, Unknown, Provider, Wait::Never,
        "The service reports trouble of its own.";
    UNFAMILIAR: Other, Unknown, Provider, Wait::Never,
        "The service answered with a code that this version does not know.";
}

/// The table: a code, or the name of a family and `.*`, and a class in each line.
const TABLE: &str = include_str!("codes.txt");

/// The class of a code and, if it is documented, its spelling in the table. Older spellings differ in upper and lower
/// case, so case does not count. No documented code has a digit in it.
pub fn classify(code: &str) -> (&'static Class, Option<&'static str>) {
    let find = |code: &str| entries().find(|(name, _)| name.eq_ignore_ascii_case(code));
    if let Some((name, class)) = find(code) {
        return (class, Some(name));
    }
    let family = code.split('.').next().unwrap_or_default();
    let family = find(&format!("{family}.*"));
    (family.map_or(&UNFAMILIAR, |(_, class)| class), None)
}

/// Every documented code, in the order of the table.
pub fn known_codes() -> impl Iterator<Item = &'static str> {
    let names = entries().map(|(name, _)| name);
    names.filter(|name| !name.ends_with(".*"))
}

/// The lines of the table that are not comments. A test requires that each of them is an entry.
fn entries() -> impl Iterator<Item = (&'static str, &'static Class)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let (name, class) = line.split_once(' ')?;
        Some((name, Class::named(class)?))
    })
}

/// Milliseconds from a moment until the clock in China next shows `hour`:00. A moment at exactly that hour waits a whole
/// day.
pub fn ms_until_hour_in_china(unix_s: u64, hour: u8) -> u32 {
    const DAY_S: u64 = 86_400;
    let second_of_day = unix_s.saturating_add(8 * 3600) % DAY_S;
    let target = (u64::from(hour) * 3600) % DAY_S;
    let wait = (target + DAY_S - second_of_day - 1) % DAY_S + 1;
    u32::try_from(wait * 1000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
