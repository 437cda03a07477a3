//! Phone numbers: parsing, country, calling code, and kind.

pub mod list;

use crate::service::texts::{Sentence, about};
use auth_connector_host::{Phrase, phrase};
use rlibphonenumber::enums::Region;
use rlibphonenumber::{CountryCodeSource, PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType};
use std::fmt;

/// The longest text that is read as a number, in bytes. E.164 has 15 digits; the rest is punctuation.
const LONGEST: usize = 64;

/// A number that a message can be sent to. `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    e164: String,
    country: String,
    prefix: String,
    is_mobile: bool,
    is_valid: bool,
}

/// How digits without `+` or `00` are read.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Bare {
    /// They are refused: a code must never go to a stranger.
    #[default]
    Refuse,
    /// They are an E.164 number whose `+` the platform left out.
    E164,
    /// A valid mobile number of this country (ISO 3166, two letters) is that number; everything else is read as
    /// [`Bare::E164`].
    National(String),
}

impl Bare {
    /// Reads `refuse`, `e164` or `national:XX`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "refuse" => Some(Self::Refuse),
            "e164" => Some(Self::E164),
            _ => {
                let country = text.strip_prefix("national:")?;
                is_country(country).then(|| Self::National(country.to_owned()))
            }
        }
    }

    /// A warning for the operator about the choice.
    pub fn warning(&self) -> Option<Sentence> {
        match self {
            Self::National(country) => Some(about("warn-national", country)),
            Self::Refuse | Self::E164 => None,
        }
    }
}

/// How a number was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It had `+`, `00`, or its country's prefix for calls abroad.
    International,
    /// Its `+` was added.
    PlusAdded,
    /// It was read as a number of the country that was named.
    National,
}

/// The reason for which a text is not a number that a message can be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// It has no calling code, and no default country is set.
    #[error(
        "The number has no calling code. Write it with + and the calling code, as in +8613800138000. In requests of the API a tenant's default country completes it"
    )]
    NoCallingCode,
    /// It is a number of two countries.
    #[error(
        "The number could be one of two countries. Write it with + and the calling code, as in +8613800138000"
    )]
    TwoNumbers,
    /// It is not a number.
    #[error("This is no phone number. Write it with + and the calling code, as in +8613800138000")]
    NotANumber,
    /// No number of its country has its length.
    #[error("The number has too few or too many digits for its country")]
    Length,
    /// A kind of number that accepts no messages.
    #[error(
        "The number belongs to a service that charges or that takes no messages: premium rate, shared cost, toll free or voice mail"
    )]
    Service,
}

impl NumberError {
    /// The identifier of its text for operators.
    pub const fn id(self) -> &'static str {
        match self {
            Self::NoCallingCode => "refusal-number-no-code",
            Self::TwoNumbers => "refusal-number-two",
            Self::NotANumber => "refusal-number-none",
            Self::Length => "refusal-number-length",
            Self::Service => "refusal-number-service",
        }
    }

    /// The error as a part of another sentence.
    pub fn phrase(self) -> Phrase {
        match self {
            Self::NoCallingCode => phrase!("number-no-code", of self),
            Self::TwoNumbers => phrase!("number-two", of self),
            Self::NotANumber => phrase!("number-none", of self),
            Self::Length => phrase!("number-length", of self),
            Self::Service => phrase!("number-service", of self),
        }
    }
}

impl Number {
    /// Parses a number: with `+` or `00` and a calling code, or as people of the default country write it, its prefix
    /// for calls abroad included.
    ///
    /// # Errors
    ///
    /// [`NumberError`] when no message can be sent to it.
    pub fn parse(text: &str, default_country: Option<&str>) -> Result<Self, NumberError> {
        Self::parse_of_people(text, default_country).map(|(number, _)| number)
    }

    /// As [`Number::parse`]. Returns how it was read.
    ///
    /// # Errors
    ///
    /// [`NumberError`] when no message can be sent to it.
    pub fn parse_of_people(
        text: &str,
        default_country: Option<&str>,
    ) -> Result<(Self, Reading), NumberError> {
        let text = bare_text(text);
        // libphonenumber would find a number in a sentence, and dial an extension's main number.
        let is_number = text.chars().any(char::is_numeric)
            && !text.contains(|c: char| c.is_alphabetic() || "#;,*=".contains(c));
        if text.len() > LONGEST || !is_number {
            return Err(NumberError::NotANumber);
        }
        if text.starts_with(['+', '\u{ff0b}']) {
            return Self::read(text, None);
        }
        let region = default_country.and_then(|code| Region::from_code(code).ok());
        let dialled = region.map(|region| Self::read(text, Some(region)));
        match (dialled, text.strip_prefix("00")) {
            (None, Some(rest)) => Self::read(&format!("+{rest}"), None),
            (Some(dialled), Some(rest)) => {
                Self::only_one(dialled, Self::read(&format!("+{rest}"), None))
            }
            (Some(dialled), None) => dialled,
            (None, None) => Err(NumberError::NoCallingCode),
        }
    }

    /// Returns the one number that a text with `00` is: as people of the default country dial, 0011 in Australia and
    /// 001 in Hong Kong, or with 00 for a plus. If both are numbers, one of them is a stranger's.
    fn only_one(
        dialled: Result<(Self, Reading), NumberError>,
        plus: Result<(Self, Reading), NumberError>,
    ) -> Result<(Self, Reading), NumberError> {
        match (dialled, plus) {
            (Ok((dialled, _)), Ok(plus)) if dialled == plus.0 => Ok(plus),
            (Ok(dialled), Ok(plus)) => match (dialled.0.is_valid, plus.0.is_valid) {
                (true, false) => Ok(dialled),
                (false, true) => Ok(plus),
                _ => Err(NumberError::TwoNumbers),
            },
            (Ok(number), Err(_)) | (Err(_), Ok(number)) => Ok(number),
            (Err(_), Err(error)) => Err(error),
        }
    }

    /// Parses a number with `+`, or one of a region. Returns how it was read.
    fn read(text: &str, region: Option<Region>) -> Result<(Self, Reading), NumberError> {
        let number = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(text, region);
        let number = number.map_err(|_| NumberError::NotANumber)?;
        if number.is_possible_with_reason().is_err() {
            return Err(NumberError::Length);
        }
        let kind = number.get_type();
        if matches!(
            kind,
            PhoneNumberType::TollFree
                | PhoneNumberType::PremiumRate
                | PhoneNumberType::SharedCost
                | PhoneNumberType::VoiceMail
        ) {
            return Err(NumberError::Service);
        }
        let country = number
            .get_region_code()
            .map(|region| region.as_region_str().to_string())
            .or_else(|| main_country(number.country_code))
            .unwrap_or_default();
        let how = match number.country_code_source() {
            CountryCodeSource::FromNumberWithPlusSign | CountryCodeSource::FromNumberWithIdd => {
                Reading::International
            }
            CountryCodeSource::FromNumberWithoutPlusSign => Reading::PlusAdded,
            CountryCodeSource::FromDefaultCountry | CountryCodeSource::Unspecified => {
                Reading::National
            }
        };
        let read = Self {
            e164: number.format_as(PhoneNumberFormat::E164).into_owned(),
            country,
            prefix: format!("+{}", number.country_code),
            is_valid: number.is_valid(),
            is_mobile: matches!(
                kind,
                PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile
            ),
        };
        Ok((read, how))
    }

    /// Parses a number of a platform. Digits without `+` are read as its operator set. Returns how it was read.
    ///
    /// # Errors
    ///
    /// [`NumberError`] when no message can be sent to it.
    pub fn parse_bare(text: &str, bare: &Bare) -> Result<(Self, Reading), NumberError> {
        let trimmed = bare_text(text);
        if is_international(trimmed) {
            let home = match bare {
                Bare::National(country) => Some(country.as_str()),
                Bare::Refuse | Bare::E164 => None,
            };
            return Self::parse_of_people(trimmed, home);
        }
        if let Bare::National(country) = bare
            && let Ok((number, how)) = Self::parse_of_people(trimmed, Some(country))
            && number.is_mobile
            && number.country == *country
        {
            return Ok((number, how));
        }
        match bare {
            Bare::Refuse => Self::parse_of_people(trimmed, None),
            Bare::E164 | Bare::National(_) => {
                // No calling code begins with a zero.
                if !trimmed.starts_with(|c: char| matches!(c, '1'..='9')) {
                    return Err(NumberError::NotANumber);
                }
                Ok((
                    Self::parse(&format!("+{trimmed}"), None)?,
                    Reading::PlusAdded,
                ))
            }
        }
    }

    /// `+` and digits.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// The country (ISO 3166, two letters); empty if a calling code has none.
    pub fn country(&self) -> &str {
        &self.country
    }

    /// The calling code, with `+`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns true for a mobile number that is, or may be, assigned.
    pub fn is_mobile(&self) -> bool {
        self.is_mobile
    }

    /// Returns true if its country assigns it, by libphonenumber's metadata.
    pub fn is_valid(&self) -> bool {
        self.is_valid
    }

    /// With its middle hidden.
    pub fn masked(&self) -> String {
        crate::mask::number(&self.e164)
    }
}

/// Returns true if a text begins with `+` or `00`.
fn is_international(trimmed: &str) -> bool {
    trimmed.starts_with(['+', '\u{ff0b}']) || trimmed.starts_with("00")
}

/// A text without the characters around a copied number: spaces, and marks of the direction of writing.
fn bare_text(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || crate::clean::is_deceptive(c))
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// The country of a calling code for a number that no country assigns (yet): the main one of those that share it.
fn main_country(calling_code: i32) -> Option<String> {
    PHONE_NUMBER_UTIL
        .get_region_for_country_code(calling_code)
        .map(|region| region.as_region_str().to_string())
}

/// Returns true if a text is a country in which numbers are assigned.
pub fn is_country(code: &str) -> bool {
    code.len() == 2
        && code.bytes().all(|b| b.is_ascii_uppercase())
        && Region::from_code(code).is_ok_and(|region| {
            PHONE_NUMBER_UTIL
                .get_country_code_for_region(region)
                .is_some_and(|code| code > 0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_parses_in_common_written_forms() {
        for (text, default, e164, country, prefix) in [
            ("+8613800138000", None, "+8613800138000", "CN", "+86"),
            ("008613800138000", None, "+8613800138000", "CN", "+86"),
            ("138 0013 8000", Some("CN"), "+8613800138000", "CN", "+86"),
            ("+44 (0)7400 123456", None, "+447400123456", "GB", "+44"),
            ("+1 (415) 555-2671", None, "+14155552671", "US", "+1"),
            ("+1 604 555 2671", None, "+16045552671", "CA", "+1"),
            ("+852 5123 4567", Some("CN"), "+85251234567", "HK", "+852"),
            (
                "\u{202d}+1 415 555 2671\u{202c}",
                None,
                "+14155552671",
                "US",
                "+1",
            ),
        ] {
            let number = Number::parse(text, default).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(
                (number.e164(), number.country(), number.prefix()),
                (e164, country, prefix)
            );
        }
    }

    /// The prefixes for calls abroad of ITU-T's list "Dialling procedures (international prefix)": 0011, 001, 011, 010, 810.
    #[test]
    fn number_abroad_is_read_as_people_of_the_country_dial_it() {
        for (text, country, e164) in [
            ("0011 64 21 123 456", "AU", "+6421123456"),
            ("0011 44 7400 123456", "AU", "+447400123456"),
            ("001 65 9123 4567", "HK", "+6591234567"),
            ("001 86 138 0013 8000", "HK", "+8613800138000"),
            ("001 65 9123 4567", "KR", "+6591234567"),
            ("001 65 9123 4567", "TH", "+6591234567"),
            ("001 64 21 123 456", "SG", "+6421123456"),
            ("011 44 7400 123456", "US", "+447400123456"),
            ("010 44 7400 123456", "JP", "+447400123456"),
            ("8 10 44 7400 123456", "RU", "+447400123456"),
            ("0044 7400 123456", "DE", "+447400123456"),
            ("0086 138 0013 8000", "CN", "+8613800138000"),
            // Not a prefix there, and not a number of that country.
            ("0044 7400 123456", "US", "+447400123456"),
            ("0044 7400 123456", "AU", "+447400123456"),
            ("00 1 415 555 2671", "HK", "+14155552671"),
        ] {
            let number = Number::parse(text, Some(country));
            let number = number.unwrap_or_else(|e| panic!("{text} {country}: {e}"));
            assert_eq!(number.e164(), e164, "{text} {country}");
        }
        // The prefix of the country includes a digit of the calling code, and the rest is a number too.
        for (text, country) in [
            ("0081 90 1234 5678", "HK"),
            ("0081 90 1234 5678", "SG"),
            ("0081 90 1234 5678", "KR"),
            ("0091 98456 78901", "HK"),
            ("0091 98456 78901", "TW"),
            ("0055 51 99123 4567", "BR"),
        ] {
            let found = Number::parse(text, Some(country));
            assert_eq!(found, Err(NumberError::TwoNumbers), "{text} {country}");
        }
        let home = Bare::National("AU".into());
        let (number, _) = Number::parse_bare("0011 64 21 123 456", &home).unwrap();
        assert_eq!(number.e164(), "+6421123456");
    }

    #[test]
    fn text_around_a_number_is_refused() {
        for text in [
            "my number is 13800138000",
            "abc +14155552671",
            "+86 138 0013 8000 ext 5",
            "+86 138 0013 8000 #5",
            "+8613800138000;ext=5",
            "+8613800138000,,5",
            "1-800-FLOWERS",
        ] {
            let found = Number::parse(text, Some("CN"));
            assert_eq!(found, Err(NumberError::NotANumber), "{text}");
        }
    }

    #[test]
    fn text_without_number_or_calling_code_is_refused() {
        for (text, error) in [
            ("13800138000", NumberError::NoCallingCode),
            ("", NumberError::NotANumber),
            ("+", NumberError::NotANumber),
            ("hello", NumberError::NotANumber),
            ("+86138", NumberError::Length),
            ("+861380013800099", NumberError::Length),
            ("+18005551234", NumberError::Service),
        ] {
            assert_eq!(Number::parse(text, None), Err(error), "{text}");
        }
        assert!(Number::parse(&"1".repeat(65), Some("CN")).is_err());
    }

    /// 13125550123 is eleven digits: a Chinese mobile number, and a US number without its plus.
    #[test]
    fn bare_digits_are_read_as_the_operator_said() {
        use Reading::{International, National, PlusAdded};
        let cn = || Bare::National("CN".into());
        let de = || Bare::National("DE".into());
        for (text, bare, read) in [
            ("13800138000", Bare::Refuse, None),
            ("8613800138000", Bare::Refuse, None),
            (
                "+8613800138000",
                Bare::Refuse,
                Some(("+8613800138000", International)),
            ),
            (
                "8613800138000",
                Bare::E164,
                Some(("+8613800138000", PlusAdded)),
            ),
            (
                "86 138-0013-8000",
                Bare::E164,
                Some(("+8613800138000", PlusAdded)),
            ),
            (
                "0013125550123",
                Bare::E164,
                Some(("+13125550123", International)),
            ),
            ("013800138000", Bare::E164, None),
            // Possible and not assigned: a platform that strips the plus had one.
            ("13800138000", Bare::E164, Some(("+13800138000", PlusAdded))),
            ("13800138000", cn(), Some(("+8613800138000", National))),
            ("13125550123", cn(), Some(("+8613125550123", National))),
            ("13125550123", Bare::E164, Some(("+13125550123", PlusAdded))),
            ("8613800138000", cn(), Some(("+8613800138000", PlusAdded))),
            ("447400123456", cn(), Some(("+447400123456", PlusAdded))),
            ("+13125550123", cn(), Some(("+13125550123", International))),
            ("01512 3456789", de(), Some(("+4915123456789", National))),
            ("hello", Bare::E164, None),
            ("1-800-FLOWERS", Bare::E164, None),
            ("", Bare::E164, None),
        ] {
            let found = Number::parse_bare(text, &bare).ok();
            let found = found.as_ref().map(|(number, how)| (number.e164(), *how));
            assert_eq!(found, read, "{text} {bare:?}");
        }
    }

    #[test]
    fn reading_of_bare_digits_has_three_forms() {
        assert_eq!(Bare::parse("refuse"), Some(Bare::Refuse));
        assert_eq!(Bare::parse("e164"), Some(Bare::E164));
        assert_eq!(
            Bare::parse("national:CN"),
            Some(Bare::National("CN".into()))
        );
        for wrong in [
            "",
            "E164",
            "national",
            "national:",
            "national:cn",
            "national:XX",
        ] {
            assert_eq!(Bare::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn debug_shows_no_number() {
        let number = Number::parse("+8613800138000", None).unwrap();
        assert!(!format!("{number:?}").contains("13800138000"));
    }

    #[test]
    fn countries_are_two_capital_letters() {
        for (code, known) in [
            ("CN", true),
            ("US", true),
            ("cn", false),
            ("XX", false),
            ("*", false),
        ] {
            assert_eq!(is_country(code), known, "{code}");
        }
    }
}
