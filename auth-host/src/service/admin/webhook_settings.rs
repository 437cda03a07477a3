//! Changes and checks of a webhook's settings.

use crate::pointer::escaped;
use crate::service::expected::expected;
use crate::service::form::is_usage;
use crate::service::merge_patch::merge;
use crate::service::number::Bare;
use crate::service::platforms::auth::Auth;
use crate::service::platforms::presets;
use crate::service::platforms::settings::{Fields, Settings};
use crate::service::problem::Problem;
use crate::service::texts::{about, say};
use axum::http::HeaderName;

/// Settings with a JSON merge patch (RFC 7396) laid over them.
///
/// # Errors
///
/// [`Problem`] that names the setting.
pub fn patched(before: &Settings, patch: &serde_json::Value) -> Result<Settings, Problem> {
    let mut document = serde_json::to_value(before)
        .map_err(|error| Problem::invalid("", about("refusal-settings", error.to_string())))?;
    merge(&mut document, patch);
    let settings: Settings = serde_path_to_error::deserialize(document).map_err(|error| {
        let place = error.path().to_string().replace('.', "/");
        let why = format!("expected was {}", expected(&error.into_inner().to_string()));
        Problem::invalid(&format!("/{place}"), about("refusal-settings", why))
    })?;
    check(before, &settings)?;
    Ok(settings)
}

fn check(before: &Settings, settings: &Settings) -> Result<(), Problem> {
    let auth = Auth::parse(&settings.auth)
        .ok_or_else(|| Problem::invalid("/auth", say("refusal-proofs")))?;
    if !(settings.platform.row().takes)(&auth) {
        return Err(Problem::invalid("/auth", say("refusal-proof-platform")));
    }
    // A setting from before a rule stays until it is changed.
    if settings.auth != before.auth && !auth.can_be_sent() {
        return Err(Problem::invalid("/auth", say("refusal-proof-header")));
    }
    let ip_before = (&before.ip_from, &before.fields.ip);
    if ip_before != (&settings.ip_from, &settings.fields.ip) && !finds_ip(settings) {
        return Err(Problem::invalid("/ip_from", say("refusal-ip-from")));
    }
    if Bare::parse(&settings.bare_digits).is_none() {
        return Err(Problem::invalid("/bare_digits", say("refusal-bare-digits")));
    }
    for (pointer, usage) in std::iter::once(("/usage".to_owned(), &settings.usage)).chain(
        settings
            .usages
            .iter()
            .map(|(kind, usage)| (format!("/usages/{}", escaped(kind)), usage)),
    ) {
        if !is_usage(usage) {
            return Err(Problem::invalid(&pointer, say("refusal-usage")));
        }
    }
    let most = settings.platform.row().waits_ms;
    // A value from before these bounds is limited to them where it is used.
    let is_changed = settings.answer_within_ms != before.answer_within_ms;
    if is_changed && !(presets::LEAST_MS..=most).contains(&settings.answer_within_ms) {
        return Err(Problem::invalid(
            "/answer_within_ms",
            about("refusal-answer-within", u64::from(most)),
        ));
    }
    let least = settings.platform.row().window_s;
    if !(least..=86_400).contains(&settings.window_s) {
        return Err(Problem::invalid(
            "/window_s",
            about("refusal-window", u64::from(least)),
        ));
    }
    check_fields(before, settings)
}

/// Returns true if the settings name a possible place of the person's address: a header, or a body that has one.
fn finds_ip(settings: &Settings) -> bool {
    match settings.ip_from.as_deref() {
        None => true,
        Some("body") => settings.platform.row().has_ip || settings.fields.ip.is_some(),
        Some(name) => HeaderName::try_from(name).is_ok(),
    }
}

/// Returns true if a text is a JSON Pointer (RFC 6901) below the root.
fn is_pointer(text: &str) -> bool {
    let mut after_tildes = text.split('~').skip(1);
    text.starts_with('/') && after_tildes.all(|rest| rest.starts_with(['0', '1']))
}

fn check_fields(before: &Settings, settings: &Settings) -> Result<(), Problem> {
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
        let is_changed = *fields != before.fields;
        if is_changed && pointer.as_ref().is_some_and(|p| !is_pointer(p)) {
            return Err(Problem::invalid(
                &format!("/fields/{name}"),
                say("refusal-pointer"),
            ));
        }
    }
    let is_read_by_fields = presets::of(settings.platform).fields != Fields::default();
    if is_read_by_fields && fields.to.is_none() {
        return Err(Problem::invalid("/fields/to", say("refusal-place-number")));
    }
    if is_read_by_fields && fields.code.is_none() && fields.text.is_none() {
        return Err(Problem::invalid("/fields/code", say("refusal-place-code")));
    }
    if !is_read_by_fields && *fields != Fields::default() {
        return Err(Problem::invalid("/fields", say("refusal-places")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::platforms::settings::Platform;
    use serde_json::json;

    #[test]
    fn null_removes_a_member_or_resets_a_setting() {
        let before = presets::of(Platform::Generic);
        let mapped = json!({"usages": {"mfa": "SignIn", "login": "SignIn"}, "ip_from": "body"});
        let mapped = patched(&before, &mapped).unwrap();
        let patch = json!({"usages": {"mfa": null, "none": null}, "ip_from": null});
        let unmapped = patched(&mapped, &patch).unwrap();
        assert!(!unmapped.usages.contains_key("mfa"));
        assert_eq!(unmapped.usages["login"], "SignIn");
        assert_eq!(unmapped.ip_from, None);
        let missing = patched(&mapped, &json!({"usage": null})).unwrap_err();
        assert_eq!(missing.status, 422);
    }

    #[test]
    fn setting_that_can_never_work_is_refused() {
        for (platform, patch, pointer) in [
            (
                Platform::Generic,
                json!({"ip_from": "x y"}),
                Some("/ip_from"),
            ),
            (Platform::Generic, json!({"ip_from": ""}), Some("/ip_from")),
            (Platform::Generic, json!({"ip_from": "X-Real-IP"}), None),
            (Platform::Generic, json!({"ip_from": "body"}), None),
            (
                Platform::Generic,
                json!({"ip_from": "body", "fields": {"ip": null}}),
                Some("/ip_from"),
            ),
            (
                Platform::Zitadel,
                json!({"ip_from": "body"}),
                Some("/ip_from"),
            ),
            (Platform::Kratos, json!({"ip_from": "body"}), None),
            (
                Platform::Generic,
                json!({"auth": "header:Host"}),
                Some("/auth"),
            ),
            (
                Platform::Generic,
                json!({"auth": "header:content-length"}),
                Some("/auth"),
            ),
            (
                Platform::Generic,
                json!({"auth": "hmac:transfer-encoding"}),
                Some("/auth"),
            ),
            (Platform::Generic, json!({"auth": "header:x-key"}), None),
            (Platform::Generic, json!({"auth": "basic:user"}), None),
            (
                Platform::Generic,
                json!({"fields": {"to": "/a~2"}}),
                Some("/fields/to"),
            ),
            (
                Platform::Generic,
                json!({"fields": {"id": "/a~"}}),
                Some("/fields/id"),
            ),
            (
                Platform::Generic,
                json!({"fields": {"to": "/a~0~1/b"}}),
                None,
            ),
            (
                Platform::Generic,
                json!({"fields": {"to": "a"}}),
                Some("/fields/to"),
            ),
        ] {
            let changed = patched(&presets::of(platform), &patch);
            let found = changed.err().and_then(|problem| problem.pointer);
            assert_eq!(found.as_deref(), pointer, "{platform:?} {patch}");
        }
    }

    /// A webhook with such an earlier setting can still be changed otherwise.
    #[test]
    fn setting_from_before_its_rule_holds_up_no_other() {
        let mut before = presets::of(Platform::Generic);
        before.ip_from = Some("x y".to_owned());
        before.auth = "header:host".to_owned();
        before.fields.ip = Some("/a~2".to_owned());
        let changed = patched(&before, &json!({"usage": "SignIn"})).unwrap();
        assert_eq!(changed.usage, "SignIn");
    }

    /// A longer wait answers nobody, and the platform's next attempt arrives while the first is under way.
    #[test]
    fn answer_takes_no_longer_than_platform_waits() {
        for (platform, ms, is_taken) in [
            (Platform::Supabase, 1999, false),
            (Platform::Supabase, 2000, true),
            (Platform::Supabase, 5000, true),
            (Platform::Supabase, 5001, false),
            (Platform::Supabase, 10_000, false),
            (Platform::Kratos, 10_000, true),
            (Platform::Kratos, 10_001, false),
        ] {
            let changed = patched(&presets::of(platform), &json!({"answer_within_ms": ms}));
            let pointer = changed.err().map(|problem| problem.pointer.unwrap());
            let expected = (!is_taken).then(|| "/answer_within_ms".to_owned());
            assert_eq!(pointer, expected, "{platform:?} {ms}");
        }
    }
}
