//! Addresses in a config: user, password and query are masked for display, and restored when an editor sends them
//! masked.

use super::secrets::walk;
use crate::mask;
use serde_json::Value;

/// The masked form of an address, if it differs from the address.
fn masked(value: &Value) -> Option<String> {
    // Plugins trim texts.
    let written = value.as_str()?;
    let text = written.trim();
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    if !is_scheme || text.contains(char::is_whitespace) {
        return None;
    }
    let shown = mask::url(text);
    (shown != text).then(|| written.replacen(text, &shown, 1))
}

/// Masks every address of a config.
pub fn mask_all(config: &mut Value) {
    match config {
        Value::Object(object) => object.values_mut().for_each(mask_all),
        Value::Array(list) => list.iter_mut().for_each(mask_all),
        value => {
            if let Some(shown) = masked(value) {
                *value = shown.into();
            }
        }
    }
}

/// Restores the stored addresses where the new config has them masked, and returns their places. `entries` pairs the
/// new and the old place of each list entry.
///
/// # Errors
///
/// The place of a masked address that matches none of those stored there.
pub fn unmask(
    old: &Value,
    new: &mut Value,
    entries: &[(String, String)],
) -> Result<Vec<String>, String> {
    let mut stored = Vec::new();
    walk(old, String::new(), &mut |place, value| {
        if let Some(shown) = masked(value) {
            stored.push((place.to_owned(), shown, value.clone()));
        }
    });
    let mut typed = Vec::new();
    walk(new, String::new(), &mut |place, value| {
        let is_masked = value.as_str().is_some_and(|text| text.contains("****"));
        if is_masked && mask_of(value).is_some_and(|shown| value == shown.as_str()) {
            typed.push((place.to_owned(), value.clone()));
        }
    });
    let mut places = Vec::new();
    for (place, shown) in typed {
        let same_field = |of: &str| any_entry(of, old) == any_entry(&place, new);
        let mut found: Vec<_> = stored
            .iter()
            .filter(|(of, masked, _)| shown == masked.as_str() && same_field(of))
            .collect();
        // An entry of a list is never identified by its index.
        let before = before(&place, entries);
        let is_listed = before.is_none() && any_entry(&place, new) != place;
        let before = before.unwrap_or_else(|| place.clone());
        if let Some(exact) = found
            .iter()
            .position(|(of, ..)| *of == before && !is_listed)
        {
            found = vec![found.swap_remove(exact)];
        }
        let (_, _, value) = found.first().ok_or_else(|| place.clone())?;
        if found.iter().any(|(_, _, other)| other != value) {
            return Err(place);
        }
        if let Some(here) = new.pointer_mut(&place) {
            *here = value.clone();
        }
        places.push(place);
    }
    Ok(places)
}

/// The old place of a value in a list's entry.
fn before(place: &str, entries: &[(String, String)]) -> Option<String> {
    entries.iter().find_map(|(now, before)| {
        let rest = place.strip_prefix(now.as_str())?;
        rest.starts_with('/').then(|| format!("{before}{rest}"))
    })
}

fn mask_of(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    text.contains("://").then(|| mask::url(text))
}

/// A place with `-` for each index of a list, because entries move.
fn any_entry(place: &str, config: &Value) -> String {
    let mut here = String::new();
    let mut shape = String::new();
    for key in place.split('/').skip(1) {
        let is_entry = config.pointer(&here).is_some_and(Value::is_array);
        shape.push('/');
        shape.push_str(if is_entry { "-" } else { key });
        here = format!("{here}/{key}");
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn query_and_user_of_an_address_are_masked() {
        let mut config = json!({
            "url": "https://a.example/x?access_token=T", "list": [{"url": "https://u:p@b.example"}],
            "plain": "https://a.example/x", "text": "see https://a.example/?a=1", "number": 1,
            "words": "验证码{{code}}https://a.example/?a=1",
        });
        mask_all(&mut config);
        let shown = json!({
            "url": "https://a.example/x?access_token=****", "list": [{"url": "https://****@b.example"}],
            "plain": "https://a.example/x", "text": "see https://a.example/?a=1", "number": 1,
            "words": "验证码{{code}}https://a.example/?a=1",
        });
        assert_eq!(config, shown);
    }

    #[test]
    fn masked_address_comes_back_to_its_own_field() {
        let old = json!({"url": "https://a.example/?t=T", "list": [
            {"url": "https://b.example/?t=1"}, {"url": "https://c.example/?t=2"}]});
        let mut same = old.clone();
        mask_all(&mut same);
        same["list"].as_array_mut().unwrap().reverse();
        let places = unmask(&old, &mut same, &[]).unwrap();
        assert_eq!(places.len(), 3);
        assert_eq!(same["url"], old["url"]);
        assert_eq!(same["list"][0], old["list"][1]);
        assert_eq!(same["list"][1], old["list"][0]);
        let mut typed = json!({"url": "https://other.example/?t=U", "text": "****"});
        assert_eq!(unmask(&old, &mut typed, &[]).unwrap(), [""; 0]);
        for (moved, place) in [
            (json!({"text": "https://a.example/?t=****"}), "/text"),
            (json!({"url": "https://evil.example/?t=****"}), "/url"),
            (json!({"url": "https://a.example/?u=****"}), "/url"),
        ] {
            assert_eq!(unmask(&old, &mut moved.clone(), &[]).unwrap_err(), place);
        }
    }

    #[test]
    fn masked_address_that_may_be_one_of_two_is_refused() {
        let old =
            json!({"list": [{"url": "https://a.example/?t=1"}, {"url": "https://a.example/?t=2"}]});
        let mut moved = json!({"list": [{"url": "https://a.example/?t=****"}]});
        assert_eq!(unmask(&old, &mut moved, &[]).unwrap_err(), "/list/0/url");
        let second = [("/list/0".to_owned(), "/list/1".to_owned())];
        unmask(&old, &mut moved, &second).unwrap();
        assert_eq!(moved["list"][0], old["list"][1]);
    }
}
