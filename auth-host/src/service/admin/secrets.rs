//! Secrets of a config: their places, the stored ones that a new config takes over, and the values that decide a
//! destination.

use crate::pointer::{escaped, place};
use crate::service::problem::Problem;
use crate::service::texts::say;
use serde_json::Value;
use std::collections::BTreeMap;

/// The places of secrets in a config. `-` in a pointer stands for each index of a list.
pub fn concrete(pointers: &[String], config: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for pointer in pointers {
        expand(config, String::new(), pointer, &mut found);
    }
    found
}

fn expand(value: &Value, done: String, rest: &str, found: &mut Vec<String>) {
    let Some(rest) = rest.strip_prefix('/') else {
        return found.push(done);
    };
    let (key, after) = match rest.find('/') {
        Some(end) => rest.split_at(end),
        None => (rest, ""),
    };
    match value {
        Value::Array(list) if key == "-" => {
            for (index, entry) in list.iter().enumerate() {
                expand(entry, format!("{done}/{index}"), after, found);
            }
        }
        value => {
            let pointer = format!("/{key}");
            let inner = value.pointer(&pointer).unwrap_or(&Value::Null);
            expand(inner, format!("{done}{pointer}"), after, found);
        }
    }
}

/// Conditions for taking secrets over.
pub struct Kept<'a> {
    /// Places of secrets, by the plugin.
    pub pointers: &'a [String],
    /// Places of further hidden values of the stored config. A value is taken over if the new config has null, and
    /// removed if an editor leaves it out.
    pub hidden: &'a [String],
    /// Places of addresses that were taken over already.
    pub addresses: &'a [String],
    /// The new and the old place of each list entry.
    pub entries: &'a [(String, String)],
    /// Places of addresses, by the manifest.
    pub named: Option<&'a [String]>,
    /// True if the plugin is the one that the secrets were entered for.
    pub is_same_plugin: bool,
}

/// Puts the stored secrets where the new config has none.
///
/// Otherwise a user who may edit a config could change its address and have the stored secret sent there. Stored
/// secrets are therefore taken over only while the plugin and every value that decides a destination stay the same.
///
/// An entry of a list is never identified by its index: the editor names its old place, or everything else in it is
/// equal.
///
/// # Errors
///
/// [`Problem`] at the first secret that must be entered again.
pub fn keep(old: &Value, new: &mut Value, kept: &Kept<'_>) -> Result<(), Problem> {
    let mut missing = Vec::new();
    let mut unclear = Vec::new();
    for from in concrete(kept.pointers, old) {
        if is_blank(old.pointer(&from)) {
            continue;
        }
        let Some(to) = new_place(&from, old, new, kept) else {
            continue;
        };
        let has_parent = to.rsplit_once('/').is_some_and(|(parent, _)| {
            new.pointer(parent)
                .is_some_and(|v| v.is_object() || v.is_array())
        });
        if has_parent && is_blank(new.pointer(&to)) {
            missing.push((from, to));
        }
    }
    for from in concrete(kept.hidden, old) {
        if is_blank(old.pointer(&from)) {
            continue;
        }
        match new_place(&from, old, new, kept) {
            Some(to) if new.pointer(&to) == Some(&Value::Null) => missing.push((from, to)),
            Some(_) => {}
            None => unclear.extend(nulls(&from, old, new, kept)),
        }
    }
    // The entry was changed, and its null would be saved in place of the hidden value.
    unclear.retain(|place| !missing.iter().any(|(_, to)| to == place));
    if let Some(place) = unclear.first() {
        return Err(again(place));
    }
    let first = missing.first().map(|(_, to)| to);
    let Some(first) = first.or(kept.addresses.first()) else {
        return Ok(());
    };
    let first = first.clone();
    let mut whole = new.clone();
    for (from, to) in missing {
        if let (Some(value), Some(place)) = (old.pointer(&from), place(&mut whole, &to)) {
            *place = value.clone();
        }
    }
    let named = kept.named.unwrap_or_default();
    // Another plugin reaches other origins, and may send them the secret. A hidden value may itself be an address.
    if !kept.is_same_plugin || destinations(old, named) != destinations(&whole, named) {
        return Err(again(&first));
    }
    *new = whole;
    Ok(())
}

fn again(place: &str) -> Problem {
    Problem::invalid(&format!("/config{place}"), say("refusal-secret-again"))
}

/// Places where a list has null instead of a value that was hidden in one of its entries. None if the editor identified
/// the entries, because then that entry is gone.
fn nulls(from: &str, old: &Value, new: &Value, kept: &Kept<'_>) -> Vec<String> {
    let Some((list, _, rest)) = in_list(from, old).filter(|_| kept.entries.is_empty()) else {
        return Vec::new();
    };
    let entries = new.pointer(list).and_then(Value::as_array);
    let places = (0..entries.map_or(0, Vec::len)).map(|index| format!("{list}/{index}{rest}"));
    places
        .filter(|place| new.pointer(place) == Some(&Value::Null))
        .collect()
}

/// Returns true if a value is absent, null or an empty string.
pub(super) fn is_blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

/// The place of a stored secret in the new config: the same place, or that of its list's entry.
fn new_place(from: &str, old: &Value, new: &Value, kept: &Kept<'_>) -> Option<String> {
    let Some((list, index, rest)) = in_list(from, old) else {
        return Some(from.to_owned());
    };
    let entry = format!("{list}/{index}");
    let said = kept.entries.iter().find(|(_, before)| *before == entry);
    if let Some((now, _)) = said {
        return Some(format!("{now}{rest}"));
    }
    if !kept.entries.is_empty() {
        return None;
    }
    let masked = |value: &Value, place: &str, hidden: &[String]| {
        let mut whole = value.clone();
        let hidden = concrete(hidden, value).into_iter();
        for pointer in concrete(kept.pointers, value).into_iter().chain(hidden) {
            if let Some(secret) = whole.pointer_mut(&pointer) {
                *secret = Value::Null;
            }
        }
        without_nulls(whole.pointer(place).cloned().unwrap_or_default())
    };
    let wanted = masked(old, &entry, kept.hidden);
    let entries = new.pointer(list)?.as_array()?;
    let same = |index: &usize| masked(new, &format!("{list}/{index}"), &[]) == wanted;
    let found = (0..entries.len()).find(same)?;
    Some(format!("{list}/{found}{rest}"))
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(object) = &mut value {
        object.retain(|_, value| !value.is_null());
    }
    value
}

/// The outermost list on the path to a value: its pointer, the index, and the rest of the path.
fn in_list<'a>(pointer: &'a str, config: &Value) -> Option<(&'a str, &'a str, &'a str)> {
    let slashes: Vec<usize> = pointer.match_indices('/').map(|(at, _)| at).collect();
    slashes.iter().find_map(|at| {
        let (list, after) = pointer.split_at(*at);
        config.pointer(list).filter(|value| value.is_array())?;
        let after = after.strip_prefix('/')?;
        let end = after.find('/').unwrap_or(after.len());
        let (index, rest) = after.split_at(end);
        Some((list, index, rest))
    })
}

/// Every value that may decide the destination of requests. The manifest names it, it looks like a URL, or its key ends
/// like that of an address.
fn destinations(config: &Value, named: &[String]) -> BTreeMap<String, String> {
    const NAMES: [&str; 8] = [
        "endpoint", "url", "uri", "host", "hostname", "domain", "region", "proxy",
    ];
    let mut found = BTreeMap::new();
    walk(config, String::new(), &mut |pointer, value| {
        let key = pointer
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_address = named.iter().any(|n| n == pointer)
            || NAMES.iter().any(|name| key.ends_with(name))
            || value.as_str().is_some_and(|text| text.contains("://"));
        if is_address && !value.is_null() {
            found.insert(pointer.to_owned(), value.to_string());
        }
    });
    found
}

/// Visits every value that is neither an object nor a list, with its place.
pub(super) fn walk(value: &Value, pointer: String, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                walk(value, format!("{pointer}/{}", escaped(key)), visit);
            }
        }
        Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                walk(value, format!("{pointer}/{index}"), visit);
            }
        }
        _ => visit(&pointer, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn destinations_are_addresses_by_name_form_or_manifest() {
        let config = json!({
            "secretKey": "s", "endpoint": "sms.example.com", "webhookUrl": "x", "text": "https://a.example",
            "list": [{"region": "r"}], "target": "t", "label": "l",
        });
        let found: Vec<_> = destinations(&config, &["/target".to_owned()])
            .into_keys()
            .collect();
        assert_eq!(
            found,
            [
                "/endpoint",
                "/list/0/region",
                "/target",
                "/text",
                "/webhookUrl"
            ]
        );
    }

    #[test]
    fn secret_is_put_where_its_object_is() {
        let mut config = json!({"a": {}, "list": [1]});
        for (pointer, found) in [
            ("/a/b", true),
            ("/c/d", false),
            ("/list/0", true),
            ("/list/9", false),
        ] {
            assert_eq!(place(&mut config, pointer).is_some(), found, "{pointer}");
        }
    }

    fn keeps(old: Value, mut new: Value, entries: &[(&str, &str)]) -> Result<Value, String> {
        let entries: Vec<_> = entries
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect();
        let kept = Kept {
            pointers: &["/key".to_owned(), "/accounts/-/key".to_owned()],
            hidden: &["/old".to_owned(), "/accounts/1/old".to_owned()],
            addresses: &[],
            entries: &entries,
            named: None,
            is_same_plugin: true,
        };
        keep(&old, &mut new, &kept)
            .map(|()| new)
            .map_err(|problem| problem.pointer.unwrap_or_default())
    }

    #[test]
    fn secrets_of_a_list_follow_their_entry() {
        let old =
            json!({"key": "k", "accounts": [{"id": "a", "key": "1"}, {"id": "b", "key": "2"}]});
        // In reverse order: each entry is found by its other values.
        let turned = json!({"key": null, "accounts": [{"id": "b", "key": null}, {"id": "a"}]});
        assert_eq!(
            keeps(old.clone(), turned, &[]).unwrap(),
            json!({"key": "k", "accounts": [{"id": "b", "key": "2"}, {"id": "a", "key": "1"}]})
        );
        // Another entry in the place of the first does not inherit its secret.
        let other = json!({"accounts": [{"id": "c", "key": ""}]});
        assert_eq!(
            keeps(old.clone(), other.clone(), &[]).unwrap()["accounts"][0]["key"],
            ""
        );
        // The editor identifies it as the second, renamed.
        let renamed = keeps(old.clone(), other, &[("/accounts/0", "/accounts/1")]);
        assert_eq!(renamed.unwrap()["accounts"][0]["key"], "2");
        // After a change of its address, the secret must be typed again.
        let moved = json!({"accounts": [{"id": "b", "url": "https://evil.example"}]});
        let moved = keeps(old.clone(), moved, &[("/accounts/0", "/accounts/1")]);
        assert_eq!(moved.unwrap_err(), "/config/key");
        let gone = json!({"key": "new"});
        assert_eq!(keeps(old, gone.clone(), &[]).unwrap(), gone);
    }

    /// An editor gets null for a hidden value.
    #[test]
    fn hidden_value_is_kept_where_it_is_null_and_removed_where_it_is_left_out() {
        let old =
            json!({"old": "o", "url": "u", "accounts": [{"id": "a"}, {"id": "b", "old": "2"}]});
        let kept = json!({"old": null, "url": "u", "accounts": [{"id": "b", "old": null}]});
        let whole = json!({"old": "o", "url": "u", "accounts": [{"id": "b", "old": "2"}]});
        assert_eq!(keeps(old.clone(), kept, &[]).unwrap(), whole);
        let gone = json!({"url": "u", "accounts": []});
        assert_eq!(keeps(old.clone(), gone.clone(), &[]).unwrap(), gone);
        // The entry was changed, so that its old place is unclear.
        let changed = json!({"url": "u", "accounts": [{"id": "c", "old": null}]});
        assert_eq!(
            keeps(old.clone(), changed.clone(), &[]).unwrap_err(),
            "/config/accounts/0/old"
        );
        let said = keeps(old.clone(), changed, &[("/accounts/0", "/accounts/1")]);
        assert_eq!(said.unwrap()["accounts"][0]["old"], "2");
        let new_entry = json!({"url": "u", "accounts": [{"id": "b", "old": null}, {"id": "c"}]});
        assert!(keeps(old.clone(), new_entry, &[]).is_ok());
        let typed = json!({"old": "new", "url": "u"});
        assert_eq!(keeps(old.clone(), typed.clone(), &[]).unwrap(), typed);
        let moved = json!({"old": null, "url": "https://evil.example"});
        assert_eq!(keeps(old, moved, &[]).unwrap_err(), "/config/old");
    }

    /// A hidden value may itself be an address.
    #[test]
    fn hidden_address_is_kept_and_a_changed_one_is_another_destination() {
        let old = json!({"key": "k", "old": {"url": "https://a.example"}});
        let null = json!({"key": null, "old": null});
        assert_eq!(keeps(old.clone(), null, &[]).unwrap(), old);
        let changed = json!({"key": null, "old": {"url": "https://evil.example"}});
        assert_eq!(keeps(old.clone(), changed, &[]).unwrap_err(), "/config/key");
        let removed = json!({"key": null});
        assert_eq!(keeps(old, removed, &[]).unwrap_err(), "/config/key");
    }

    #[test]
    fn dash_stands_for_every_index() {
        let config = json!({"a": [{"k": 1}, {}], "b": {"k": 2}});
        let pointers = ["/a/-/k", "/b/k", "/c", "/b/-/k"].map(str::to_owned);
        assert_eq!(
            concrete(&pointers, &config),
            ["/a/0/k", "/a/1/k", "/b/k", "/c", "/b/-/k"]
        );
    }
}
