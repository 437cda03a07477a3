//! Settings of a new webhook, by its platform's row.

use super::settings::{Fields, Settings};
use super::table::Platform;

/// The shortest time for a response, in milliseconds: the next connector of a flow has 1,500 of them (`send.rs`).
pub const LEAST_MS: u32 = 2000;

/// The platform's defaults.
pub fn of(platform: Platform) -> Settings {
    let row = platform.row();
    let owned = |(kind, usage): &(&str, &str)| ((*kind).to_owned(), (*usage).to_owned());
    Settings {
        platform,
        auth: row.auth.to_owned(),
        usage: "Generic".to_owned(),
        usages: row.usages.iter().map(owned).collect(),
        bare_digits: if row.strips_plus { "e164" } else { "refuse" }.to_owned(),
        answer_within_ms: 4000,
        window_s: row.window_s,
        ip_from: None,
        locale: "en".to_owned(),
        fields: fields(platform),
    }
}

/// Pointers of the message, for the platforms that are read by fields.
fn fields(platform: Platform) -> Fields {
    let places = &platform.row().places;
    let owned = |place: Option<&str>| place.map(str::to_owned);
    Fields {
        to: owned(places.to),
        code: owned(places.code),
        text: owned(places.text),
        r#type: owned(places.r#type),
        locale: owned(places.locale),
        ip: owned(places.ip),
        id: owned(places.id),
        channel: owned(places.channel),
    }
}
