//! The config: the fields that an operator fills in, and the findings about them.
//!
//! | accepted | error | warning |
//! |---|---|---|
//! | Logto's config, unchanged | a required field absent, blank or still its `<placeholder>` | a placeholder, blank or malformed code of a template that no usage requires |
//! | numeric ids as numbers, white space around values | a value of another type, or malformed | a template that repeats usage, locale and routes: the first wins |
//! | further keys and usages; blank optional fields | one of the four required usages without a usable template | unlisted region, unknown key, unregistered usage |

mod accounts;
mod checks;
mod endpoint;
mod fields;
mod templates;
mod types;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use connector_kit::config::{Form, Object, Rule};
use connector_kit::json::Json;
use connector_kit::phone;
use connector_kit::text::Text;

pub(crate) use types::is_digits;
pub use types::{Account, Config, Credentials, Route, Template};

pub use fields::{FIELDS, REGIONS, REQUIRED_USAGES, SCHEMA_RULES, USAGES, VARIABLES};

const COUNTRIES: Text = Text::new(
    "an array of at most 300 countries such as \"CN\" or \"86\"",
    "至多 300 个国家(地区)的数组,例如 \"CN\" 或 \"86\"",
);
const LANGUAGE: Form = Form::new(
    |text| matches!(text, "en-US" | "zh-CN"),
    "en-US or zh-CN",
    "en-US 或 zh-CN",
);
/// An ISO 3166-1 code in capitals, a calling code that the ITU assigned, or one with up to six digits after it, such as
/// 1876 for Jamaica.
const COUNTRY: Form = Form::new(
    |text| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let is_prefix = is_digits(digits, 9)
            && phone::calling_code_length(digits).is_some_and(|length| digits.len() <= length + 6);
        is_prefix || phone::is_country(text)
    },
    "a country's ISO code such as CN, its calling code such as 86, or the beginning of its numbers such as 1876",
    "国家(地区)的 ISO 代码,例如 CN,电话区号,例如 86,或号码开头,例如 1876",
);
/// The most entries of a list of countries; there are fewer calling codes.
const MAX_COUNTRIES: usize = 300;

/// Reads the config's fields, and reports everything that is wrong with them.
pub fn read<'a>(config: &Object<'a, '_>) -> Option<Config<'a>> {
    let reader = config.reader;
    let templates = templates::read(config);
    let needs_signature = templates.as_deref().is_none_or(accounts::need_signature);
    let mainland = accounts::mainland(config, needs_signature);
    let international = accounts::international(config, mainland.as_ref());
    let language = config.optional_text("language", &LANGUAGE);
    let accepts_without_echo = config.switch("acceptWithoutEcho");
    let config = Config {
        allowed: countries(config, "allowedCountries").unwrap_or_default(),
        denied: countries(config, "deniedCountries").unwrap_or_default(),
        language: language.unwrap_or("en-US"),
        accepts_without_echo: accepts_without_echo.unwrap_or(false),
        mainland: mainland?,
        international,
        templates: templates?,
    };
    // Gaps are looked for once the errors are corrected.
    if !reader.has_error() {
        checks::look_for_gaps(reader, &config);
    }
    Some(config)
}

/// ISO codes in capitals, and digits of calling codes without `+`.
fn countries(config: &Object<'_, '_>, key: &str) -> Option<Vec<String>> {
    let list = config.at(key);
    let entries = match config.filled(key)? {
        Json::Array(entries) if entries.len() <= MAX_COUNTRIES => entries,
        _ => return config.reject(key, Rule::wrong_type(COUNTRIES)),
    };
    let mut countries = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let text = match entry {
            Json::Integer(number) => Some(number.to_string()),
            Json::String(text) => Some(text.trim().to_ascii_uppercase()),
            _ => None,
        };
        let rule = match text {
            Some(text) if (COUNTRY.valid)(&text) => {
                countries.push(text.trim_start_matches('+').into());
                continue;
            }
            Some(_) => Rule::malformed(COUNTRY.expected),
            None => Rule::wrong_type(COUNTRY.expected),
        };
        config.reader.reject::<()>(list.entry(index), rule);
    }
    Some(countries)
}

#[cfg(test)]
mod tests;
