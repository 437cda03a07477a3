//! Changes of a webhook's settings, and what settings have to be like.

use crate::form::is_usage;
use crate::number::Bare;
use crate::platforms::auth::Auth;
use crate::platforms::presets;
use crate::platforms::settings::{Fields, Settings};
use crate::problem::Problem;

/// Settings with a JSON merge patch (RFC 7396) laid over them.
///
/// # Errors
///
/// [`Problem`] that names the setting.
pub fn patched(before: &Settings, patch: &serde_json::Value) -> Result<Settings, Problem> {
    let mut document =
        serde_json::to_value(before).map_err(|error| Problem::invalid("", format!("{error}.")))?;
    merge(&mut document, patch);
    let settings: Settings = serde_path_to_error::deserialize(document).map_err(|error| {
        let place = error.path().to_string().replace('.', "/");
        let why = error.into_inner().to_string();
        Problem::invalid(
            &format!("/{place}"),
            format!("The settings cannot be used: {why}."),
        )
    })?;
    check(&settings)?;
    Ok(settings)
}

fn check(settings: &Settings) -> Result<(), Problem> {
    let auth = Auth::parse(&settings.auth).ok_or_else(|| {
        Problem::invalid(
            "/auth",
            "Requests prove where they come from by standard-webhooks, svix, zitadel, hmac:HEADER, authorization, bearer, \
            basic:USER or header:HEADER.",
        )
    })?;
    if !presets::takes(settings.platform, &auth) {
        return Err(Problem::invalid(
            "/auth",
            "The platform does not prove where its requests come from in this way. Leave it out for the platform's own.",
        ));
    }
    if Bare::parse(&settings.bare_digits).is_none() {
        return Err(Problem::invalid(
            "/bare_digits",
            "Digits without + are read as refuse, e164, or national:XX with a country of two letters.",
        ));
    }
    for (pointer, usage) in std::iter::once(("/usage".to_owned(), &settings.usage)).chain(
        settings
            .usages
            .iter()
            .map(|(kind, usage)| (format!("/usages/{}", kind.replace('/', "~1")), usage)),
    ) {
        if !is_usage(usage) {
            return Err(Problem::invalid(
                &pointer,
                "A usage is 1 to 64 letters and digits, such as SignIn, Register, ForgotPassword or Generic.",
            ));
        }
    }
    if !(1000..=10_000).contains(&settings.answer_within_ms) {
        return Err(Problem::invalid(
            "/answer_within_ms",
            "A platform waits 1000 to 10000 milliseconds.",
        ));
    }
    let least = presets::of(settings.platform).window_s;
    if !(least..=86_400).contains(&settings.window_s) {
        return Err(Problem::invalid(
            "/window_s",
            format!(
                "The platform may post a message again for {least} seconds, so the window is {least} to 86400."
            ),
        ));
    }
    check_fields(settings)
}

fn check_fields(settings: &Settings) -> Result<(), Problem> {
    let fields = &settings.fields;
    for (name, pointer) in [
        ("to", &fields.to),
        ("code", &fields.code),
        ("text", &fields.text),
        ("type", &fields.r#type),
        ("locale", &fields.locale),
        ("ip", &fields.ip),
        ("id", &fields.id),
        ("channel", &fields.channel),
    ] {
        if pointer.as_ref().is_some_and(|p| !p.starts_with('/')) {
            return Err(Problem::invalid(
                &format!("/fields/{name}"),
                "A place is a JSON Pointer, such as /to or /data/to.",
            ));
        }
    }
    let is_read_by_fields = presets::of(settings.platform).fields != Fields::default();
    if is_read_by_fields && fields.to.is_none() {
        return Err(Problem::invalid(
            "/fields/to",
            "The place of the number is missing.",
        ));
    }
    if is_read_by_fields && fields.code.is_none() && fields.text.is_none() {
        return Err(Problem::invalid(
            "/fields/code",
            "The place of the code is missing, or of a text with the code in it.",
        ));
    }
    if !is_read_by_fields && *fields != Fields::default() {
        return Err(Problem::invalid(
            "/fields",
            "The platform's messages have one form, so no places are set.",
        ));
    }
    Ok(())
}

fn merge(document: &mut serde_json::Value, patch: &serde_json::Value) {
    match (document, patch) {
        (serde_json::Value::Object(object), serde_json::Value::Object(changes)) => {
            for (name, value) in changes {
                if value.is_null() {
                    object.insert(name.clone(), serde_json::Value::Null);
                } else {
                    merge(
                        object
                            .entry(name.clone())
                            .or_insert(serde_json::Value::Null),
                        value,
                    );
                }
            }
        }
        (document, patch) => *document = patch.clone(),
    }
}
