//! Audit of a list: how each number of an export would be read.

use super::{Bare, Number, NumberError, Reading};
use serde::Serialize;
use std::collections::BTreeMap;

/// Finding of an audit about one line of a list.
#[derive(Debug, Serialize)]
pub struct Line {
    /// The line, from 1.
    pub line: usize,
    /// The problem with the line.
    pub problem: String,
}

/// Result of an audit of a list.
#[derive(Debug, Default, Serialize)]
pub struct Audit {
    /// Number of phone numbers in the list.
    pub numbers: usize,
    /// Numbers with `+`, `00`, or their country's prefix for calls abroad.
    pub international: usize,
    /// Numbers whose `+` was added.
    pub plus_added: usize,
    /// Numbers that were read as national numbers of the named country.
    pub national: usize,
    /// National numbers that would be another country's valid mobile number with a `+`. Each of them may reach a
    /// stranger.
    pub ambiguous: usize,
    /// Numbers that cannot get a message.
    pub unusable: usize,
    /// Count of numbers in each country.
    pub countries: BTreeMap<String, usize>,
    /// The lines of ambiguous numbers, the first hundred.
    pub ambiguous_lines: Vec<usize>,
    /// The lines of unusable numbers, with their problems.
    pub lines: Vec<Line>,
}

/// Reading of a list's digits without `+`.
#[derive(Clone, Debug)]
pub enum ListReading {
    /// As people of the country write them; refused if no country is named.
    People(Option<String>),
    /// As a webhook reads them.
    Platform(Bare),
}

impl ListReading {
    fn read(&self, text: &str) -> Result<(Number, Reading), NumberError> {
        match self {
            Self::People(country) => Number::parse_of_people(text, country.as_deref()),
            Self::Platform(bare) => Number::parse_bare(text, bare),
        }
    }
}

/// The most lines of ambiguous numbers that are shown.
const SHOWN: usize = 100;

/// Reads a list of numbers, one in a line, and counts how each would be read. For the numbers that a platform has
/// stored.
pub fn audit_list(list: &str, reading: &ListReading) -> Audit {
    let mut audit = Audit::default();
    let lines = (1_usize..).zip(list.lines());
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        audit.numbers += 1;
        match reading.read(text) {
            Ok((number, how)) => {
                audit.count(&number, how);
                if how == Reading::National && is_ambiguous(&number, text) {
                    audit.ambiguous += 1;
                    audit.ambiguous_lines.push(line);
                }
            }
            Err(error) => {
                audit.unusable += 1;
                let problem = format!("{error}.");
                audit.lines.push(Line { line, problem });
            }
        }
    }
    audit.ambiguous_lines.truncate(SHOWN);
    audit
}

impl Audit {
    fn count(&mut self, number: &Number, how: Reading) {
        *match how {
            Reading::International => &mut self.international,
            Reading::PlusAdded => &mut self.plus_added,
            Reading::National => &mut self.national,
        } += 1;
        let country = number.country().to_owned();
        *self.countries.entry(country).or_default() += 1;
    }
}

/// Returns true if a national number's digits are another valid number with a `+`.
fn is_ambiguous(number: &Number, text: &str) -> bool {
    let other = Number::parse_bare(text, &Bare::E164);
    other.is_ok_and(|(other, _)| other.is_valid() && other.e164() != number.e164())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A single 0 is a national prefix; `00`, the signs around a copied number and the prefix for calls abroad are none.
    #[test]
    fn audit_reads_national_prefix_as_national() {
        for (text, country, counts) in [
            ("0171 1234567", "DE", (0, 0, 1)),
            ("171 1234567", "DE", (0, 0, 1)),
            ("0049 171 1234567", "DE", (1, 0, 0)),
            ("+49 171 1234567", "DE", (1, 0, 0)),
            ("\u{202d}+49 171 1234567\u{202c}", "DE", (1, 0, 0)),
            ("8613911112222", "CN", (0, 1, 0)),
            ("011 44 7911 123456", "US", (1, 0, 0)),
            ("011 1 415 555 2671", "US", (1, 0, 0)),
            ("1 415 555 2671", "US", (0, 1, 0)),
            ("415 555 2671", "US", (0, 0, 1)),
            ("010 44 7911 123456", "JP", (1, 0, 0)),
            ("8 10 44 7911 123456", "RU", (1, 0, 0)),
            ("0011 44 7911 123456", "AU", (1, 0, 0)),
            ("001 65 9123 4567", "HK", (1, 0, 0)),
            ("0044 7911 123456", "US", (1, 0, 0)),
            ("090 1234 5678", "JP", (0, 0, 1)),
        ] {
            let audit = audit_list(text, &ListReading::People(Some(country.to_owned())));
            assert_eq!(
                (audit.international, audit.plus_added, audit.national),
                counts,
                "{text}"
            );
        }
    }

    #[test]
    fn audit_counts_readings_and_repeats_no_number() {
        let list = "+8613911112222\n\n13911112222\nabc\n8613911112222\n13125550123\n";
        for (reading, counts, ambiguous, unusable) in [
            (ListReading::People(None), (1, 0, 0), 0, vec![3, 4, 5, 6]),
            (
                ListReading::Platform(Bare::Refuse),
                (1, 0, 0),
                0,
                vec![3, 4, 5, 6],
            ),
            (ListReading::Platform(Bare::E164), (1, 3, 0), 0, vec![4]),
            (
                ListReading::Platform(Bare::National("CN".into())),
                (1, 1, 2),
                1,
                vec![4],
            ),
        ] {
            let audit = audit_list(list, &reading);
            let lines: Vec<_> = audit.lines.iter().map(|line| line.line).collect();
            assert_eq!(audit.numbers, 5);
            assert_eq!(
                (audit.international, audit.plus_added, audit.national),
                counts,
                "{reading:?}"
            );
            assert_eq!(
                (audit.ambiguous, lines),
                (ambiguous, unusable),
                "{reading:?}"
            );
            let shown = serde_json::to_string(&audit).unwrap();
            assert!(
                !shown.contains("5550123") && !shown.contains("11112222"),
                "{shown}"
            );
        }
    }
}
