//! The config: from a file, from standard input or from the environment, with single values set over it.

use crate::cli::ConfigArgs;
use crate::exit::{INVALID_CONFIG, Stop};
use crate::pointer::place;
use crate::{files, mask};
use auth_connector_host::{CONFIG_BYTES, Config};
use serde_json::Value;
use std::io::Read;

/// The environment variable that contains a whole config.
const VARIABLE: &str = "AUTH_HOST_CONFIG";

/// Reads the config that the arguments name.
///
/// Without `--set-from-env` the text goes to the connector unchanged, so that its diagnosis is about the original text.
pub fn read(args: &ConfigArgs) -> Result<Config, Stop> {
    let text = text(args)?;
    if args.set_from_env.is_empty() {
        return Ok(Config::new(text));
    }
    let mut json: Value = serde_json::from_str(&text)
        .map_err(|error| Stop::not_json("the config, in which a value is to be set,", &error))?;
    for overlay in &args.set_from_env {
        set(&mut json, overlay)?;
    }
    Ok(Config::new(json.to_string()))
}

fn text(args: &ConfigArgs) -> Result<String, Stop> {
    match args.config.as_deref() {
        Some("-") => read_limited(std::io::stdin(), "standard input"),
        Some(path) => {
            let name = mask::path(path.as_ref());
            let file = files::open(path.as_ref());
            read_limited(file.map_err(|error| unreadable(&name, &error))?, &name)
        }
        None => {
            let text = std::env::var(VARIABLE).map_err(|_| {
                Stop::usage(format!("no config: name a file with --config FILE, pipe it in with --config -, or set {VARIABLE}"))
            })?;
            within(text, VARIABLE)
        }
    }
}

fn read_limited(source: impl Read, name: &str) -> Result<String, Stop> {
    let mut text = String::new();
    source
        .take(CONFIG_BYTES as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|error| unreadable(name, &error))?;
    // Some editors write a byte order mark, which is not part of JSON (RFC 8259, section 8.1).
    within(files::unmarked(text), name)
}

fn unreadable(name: &str, error: &std::io::Error) -> Stop {
    Stop::usage(format!("the config from {name} cannot be read: {error}"))
}

/// Refuses a config that is longer than the contract allows, before anything is loaded.
fn within(text: String, name: &str) -> Result<String, Stop> {
    if text.len() > CONFIG_BYTES {
        return Err(Stop {
            code: INVALID_CONFIG,
            message: format!(
                "the config from {name} has more than {CONFIG_BYTES} bytes, which the contract does not allow. Shorten it: a config holds credentials, templates and little else"
            ),
        });
    }
    Ok(text)
}

/// Sets `/pointer` to the value of an environment variable: its text as it is, or with `json:` before the name the
/// parsed JSON. A rule that guesses would turn a secret of digits into a number.
///
/// Neither part is repeated in errors beyond the pointer: a user who mistakes the form may have pasted the secret
/// itself.
fn set(json: &mut Value, overlay: &str) -> Result<(), Stop> {
    let form = "--set-from-env takes POINTER=NAME: a JSON Pointer into the config and the name of an environment variable, such as /accessKeySecret=SMS_SECRET; for numbers, lists and objects POINTER=json:NAME, such as /timeoutMs=json:SMS_TIMEOUT";
    let (pointer, name) = overlay.split_once('=').ok_or_else(|| Stop::usage(form))?;
    let (is_json, name) = match name.strip_prefix("json:") {
        Some(name) => (true, name),
        None => (false, name),
    };
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !pointer.starts_with('/') || !is_name {
        return Err(Stop::usage(form));
    }
    let text = std::env::var(name).map_err(|_| {
        Stop::usage(format!("the environment variable that --set-from-env names for {pointer} is not set; it takes the variable's name, not the secret"))
    })?;
    let value = if is_json {
        serde_json::from_str(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Stop::usage(format!("the environment variable that --set-from-env names for {pointer} is not JSON at line {line}, column {column}; leave out json: for a text"))
        })?
    } else {
        Value::String(text)
    };
    let target = place(json, pointer).ok_or_else(|| {
        Stop::usage(format!("--set-from-env: the config has no place {pointer}; its parent must exist and be an object, or an array with that element"))
    })?;
    *target = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn byte_order_mark_is_no_part_of_a_config() {
        let text = read_limited("\u{feff}{}".as_bytes(), "standard input");
        assert_eq!(text.unwrap(), "{}");
    }

    #[test]
    fn secret_in_place_of_name_is_not_repeated() {
        for overlay in [
            "/accessKeySecret=Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        ] {
            let stop = set(&mut json!({}), overlay).unwrap_err();
            assert!(!stop.message.contains("Gu5t9x"), "{}", stop.message);
        }
    }
}
