//! Phone numbers: parses numbers as people type them into E.164.
//!
//! | accepted | refused |
//! |---|---|
//! | `+8613800138000`, `+86 138-0013-8000`, `(+86) 138 0013 8000` | `13800138000`: digits without a prefix name different people in different countries |
//! | `008613800138000`, `0044 7911 123456` | letters, extensions, full-width digits |
//! | `+44 (0)7911 123456`, `+61 0412 345 678`: the trunk zero is removed | `+34 0612 345 678`: no number of the country has a zero there |
//! | `+39 06 1234 5678`: the zero is part of the number | a calling code that the ITU has not assigned |
//! | `+85268326366`, `+1 (415) 555-2671` | a length that the country does not have |
//!
//! White space, dashes of all kinds, dots, brackets and invisible characters are ignored.
//!
//! Lengths are E.164's (at most 15 digits), and exact for +86 and +1, where a wrong digit costs a stranger a
//! message. Elsewhere the provider checks better than a table that ages.

//!
//! | file of `data/` | source |
//! |---|---|
//! | `calling-codes.in` | ITU-T E.164's list of assigned codes |
//! | `countries.txt`, `own-zero.in`, `trunk-zero.in` | libphonenumber's metadata, by `generate.py` |
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A number in E.164. Its `Debug` output shows no digit.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    /// Calling code and national number, 7 to 15 ASCII digits.
    digits: String,
    calling_code_digits: usize,
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PhoneNumber")
            .finish_non_exhaustive()
    }
}

/// The reason for which a text is refused. Its `Display` output says what to write, and holds no digit of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// Nothing but white space and punctuation.
    Empty,
    /// Digits that begin with neither `+` nor `00`.
    NoPrefix,
    /// A character that is neither an ASCII digit nor punctuation between digits.
    Character,
    /// A zero after the calling code of a country whose numbers have none there.
    TrunkZero,
    /// No country has this calling code.
    CallingCode,
    /// Fewer or more digits than E.164, +1 or +86 allows.
    Length,
    /// +86, but not 11 digits that begin with 13 to 19: only mobile numbers get SMS.
    NotMobile,
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "The recipient's number is empty. Pass + and E.164 digits.",
            Self::NoPrefix => {
                "The recipient's number has neither + nor 00 in front. The same digits name different people in \
                 different countries, so the code could reach a stranger. Pass + and the country's calling code."
            }
            Self::Character => {
                "The recipient's number holds a character that is not a digit, such as a letter, an extension or a \
                 full-width digit. Pass + and ASCII digits; spaces, dashes, dots and brackets are ignored."
            }
            Self::TrunkZero => {
                "The recipient's number has a zero after the calling code, and no number of that country begins with \
                 one. Leave it out."
            }
            Self::CallingCode => {
                "The recipient's number begins with a country calling code that is not assigned. Check the digits \
                 after the +."
            }
            Self::Length => {
                "The recipient's number has too few or too many digits for E.164 or for its country. Check it."
            }
            Self::NotMobile => {
                "The recipient's number begins with +86 but is not a mainland mobile number: 11 digits that begin \
                 with 13 to 19. Check it; Hong Kong, Macao and Taiwan have +852, +853 and +886."
            }
        })
    }
}

impl core::error::Error for ParseError {}

impl PhoneNumber {
    /// Reads a number as people write it.
    ///
    /// # Errors
    /// The first reason for which the text is no number that can be sent to.
    ///
    /// # Examples
    /// ```
    /// use auth_connector_phone_number::PhoneNumber;
    ///
    /// let number = PhoneNumber::parse("00 86 138-0013-8000").unwrap();
    /// assert_eq!(number.e164(), "+8613800138000");
    /// assert_eq!(number.calling_code(), "86");
    /// assert_eq!(number.masked(), "+86138****8000");
    /// assert!(PhoneNumber::parse("13800138000").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut written = String::with_capacity(text.len().min(32));
        for character in text.chars() {
            match character {
                '+' | '\u{ff0b}' | '\u{fe62}' if written.is_empty() => written.push('+'),
                '0'..='9' => written.push(character),
                _ if is_ignored(character) => {}
                _ => return Err(ParseError::Character),
            }
        }
        let prefix = if written.starts_with('+') { "+" } else { "00" };
        let digits = match written.strip_prefix(prefix) {
            Some(digits) if !digits.is_empty() => digits,
            None if !written.is_empty() => return Err(ParseError::NoPrefix),
            _ => return Err(ParseError::Empty),
        };
        let calling_code_digits = calling_code_length(digits).ok_or(ParseError::CallingCode)?;
        let (calling_code, national) = digits
            .split_at_checked(calling_code_digits)
            .ok_or(ParseError::Length)?;
        let national = without_trunk_zero(calling_code, national)?;
        let digits = format!("{calling_code}{national}");
        match calling_code {
            "86" if !is_mainland_mobile(national) => return Err(ParseError::NotMobile),
            // North American Numbering Plan: 10 digits, and no area code begins with 0 or 1.
            "1" if national.len() != 10 || national.starts_with(['0', '1']) => {
                return Err(ParseError::Length);
            }
            // The shortest numbers with a calling code in use are Niue's and Saint Helena's.
            _ if !(7..=15).contains(&digits.len()) => return Err(ParseError::Length),
            _ => {}
        }
        Ok(Self {
            digits,
            calling_code_digits,
        })
    }

    /// `+` and the digits.
    pub fn e164(&self) -> String {
        format!("+{}", self.digits)
    }

    /// The digits without `+`.
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The digits after the calling code.
    pub fn national(&self) -> &str {
        self.digits
            .get(self.calling_code_digits..)
            .unwrap_or_default()
    }

    /// The country calling code, without `+`.
    pub fn calling_code(&self) -> &str {
        self.digits
            .get(..self.calling_code_digits)
            .unwrap_or_default()
    }

    /// The country of the number, by its ISO 3166-1 alpha-2 code in capitals; several where countries share a
    /// beginning, as Morocco and Western Sahara do. Numbers of the North American Numbering Plan are told apart by area
    /// code; `+1 800` and `+1 900` belong to no country.
    ///
    /// # Examples
    /// ```
    /// use auth_connector_phone_number::PhoneNumber;
    ///
    /// let dominican = PhoneNumber::parse("+1 809 555 0100").unwrap();
    /// assert_eq!(dominican.countries(), ["DO"]);
    /// ```
    pub fn countries(&self) -> Vec<&'static str> {
        // The longest beginning counts: Guernsey's lie among the United Kingdom's.
        let (mut longest, mut found) = (1, Vec::new());
        for (iso, beginnings) in countries() {
            let is_longest = |beginning: &&str| {
                beginning.len() >= longest && self.digits.starts_with(*beginning)
            };
            let Some(length) = beginnings.filter(is_longest).map(str::len).max() else {
                continue;
            };
            if length > longest {
                found.clear();
            }
            longest = length;
            found.push(iso);
        }
        found
    }

    /// A form for logs: calling code, a few digits, `****`, a few digits. At least four digits are hidden, so that
    /// the rest of a short number does not give it away.
    pub fn masked(&self) -> String {
        let national = self.national();
        let shown = national.len().saturating_sub(4);
        let tail = if shown < 6 { shown / 2 } else { 4 };
        let head = (shown - tail).min(3);
        format!(
            "+{}{}****{}",
            self.calling_code(),
            national.get(..head).unwrap_or_default(),
            national.get(national.len() - tail..).unwrap_or_default(),
        )
    }
}

/// Dots, brackets, dashes and the minus sign, small and full-width ones too.
const PUNCTUATION: &str = ".()[]-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{fe58}\u{fe63}\
    \u{ff08}\u{ff09}\u{ff0d}\u{ff0e}";

/// Soft hyphen, zero-width characters, directional marks and the byte order mark: what pasting leaves of Unicode's
/// format class.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_ignored(character: char) -> bool {
    character.is_whitespace() || PUNCTUATION.contains(character) || is_invisible(character)
}

/// The country calling codes that are assigned. No code is the beginning of another.
const CALLING_CODES: &[u16] = &include!("../data/calling-codes.in");

/// Countries that dial a zero before the national number, and only within the country.
const TRUNK_ZERO: &[u16] = &include!("../data/trunk-zero.in");

/// Countries where the zero is part of some numbers, and networks of no country, on which nothing is known.
const OWN_ZERO: &[u16] = &include!("../data/own-zero.in");

/// The national number without the zero that is dialled within the country only.
fn without_trunk_zero<'n>(calling_code: &str, national: &'n str) -> Result<&'n str, ParseError> {
    let code = calling_code.parse().unwrap_or_default();
    if !national.starts_with('0') || OWN_ZERO.contains(&code) {
        return Ok(national);
    }
    let rest = match code {
        // Hungary dials 06.
        36 => national.strip_prefix("06"),
        _ if TRUNK_ZERO.contains(&code) => national.strip_prefix('0'),
        _ => None,
    };
    // A second zero is none that anybody dials.
    rest.filter(|rest| !rest.starts_with('0'))
        .ok_or(ParseError::TrunkZero)
}

/// The numbers of each country, see the file.
const COUNTRIES: &str = include_str!("../data/countries.txt");

/// Each country's ISO 3166-1 alpha-2 code in capitals, and the beginnings of its numbers.
fn countries() -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str>)> {
    let lines = COUNTRIES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let (iso, beginnings) = line.split_once(' ')?;
        Some((iso, beginnings.split(' ')))
    })
}

/// True if an ISO 3166-1 alpha-2 code in capitals names a country with numbers.
pub fn is_country(iso: &str) -> bool {
    countries().any(|(name, _)| name == iso)
}

fn is_mainland_mobile(national: &str) -> bool {
    national.len() == 11 && matches!(national.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// The length of the country calling code that the digits begin with; `None` when they begin with none.
pub fn calling_code_length(digits: &str) -> Option<usize> {
    let is_code = |length: &usize| {
        let code = digits.get(..*length).filter(|code| !code.starts_with('0'));
        code.is_some_and(|code| {
            code.parse()
                .is_ok_and(|code| CALLING_CODES.binary_search(&code).is_ok())
        })
    };
    (1..=3).find(is_code)
}

#[cfg(test)]
mod tests;
