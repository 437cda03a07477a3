//! The recipient's number and codes among the digits of a text, however they are grouped.

use memchr::memmem;

/// How many of a number's last digits give it away. Eight make a whole national number in most countries.
const TAIL: usize = 8;

/// The fewest digits of a number that is looked for.
const SHORTEST: usize = 5;

/// How many characters may stand between two digits of one number: `(0)-`, ` - `.
const GAP: usize = 3;

/// The fewest digits of a code that is found in groups. Shorter ones would be found in every time of day.
const GROUPED: usize = 4;

/// The fewest digits of a code that is taken out of an identifier, and of a text that was decoded. In a serial number
/// of thirty digits every code of four turns up once in four hundred messages.
pub(crate) const LONG: usize = 6;

/// Digits to look for. Without `Debug`, for that.
#[derive(Default)]
pub(crate) struct Numbers {
    /// All digits of the recipient's number that matter, the last ones.
    recipient: Vec<u8>,
    codes: Vec<Vec<u8>>,
}

/// Origin of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A text as people read it.
    Text,
    /// An identifier of the provider's.
    Identifier,
    /// Bytes that were decoded, in which no word has a beginning.
    Decoded,
}

impl Numbers {
    /// The digits of a recipient's number, without a code yet.
    pub(crate) fn of(to: &str) -> Self {
        const MOST: usize = 32;
        let mut digits: Vec<u8> = to
            .chars()
            .rev()
            .filter_map(crate::readings::digit)
            .map(|digit| digit + b'0')
            .take(MOST)
            .collect();
        digits.reverse();
        if digits.len() < SHORTEST {
            digits.clear();
        }
        Self {
            recipient: digits,
            codes: Vec::new(),
        }
    }

    /// Adds a code, if this is one: only digits. `folded` is in ASCII.
    pub(crate) fn add_code(&mut self, folded: &[u8]) -> bool {
        let is_code = !folded.is_empty() && folded.iter().all(u8::is_ascii_digit);
        if is_code {
            self.codes.push(folded.to_vec());
        }
        is_code
    }

    fn tail(&self) -> &[u8] {
        let skipped = self.recipient.len().saturating_sub(TAIL);
        self.recipient.get(skipped..).unwrap_or_default()
    }

    /// Reports where a text has the number or a code.
    pub(crate) fn find(
        &self,
        text: &[u8],
        source: Source,
        group: &mut Group,
        mut report: impl FnMut(usize, usize),
    ) {
        // Most texts have too few digits for any of them.
        let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
        let codes = self.codes.iter().map(Vec::len);
        let tail = Some(self.tail().len()).filter(|length| *length > 0);
        if codes.chain(tail).min().is_none_or(|fewest| digits < fewest) {
            return;
        }
        group.clear();
        let mut gap = 0;
        for (at, byte) in text.iter().enumerate() {
            if byte.is_ascii_digit() {
                group.digits.push(*byte);
                group.places.push(at);
                gap = 0;
            } else if !group.digits.is_empty() {
                gap += 1;
                if gap > GAP || byte.is_ascii_alphabetic() || !byte.is_ascii() {
                    self.check(group, text, source, &mut report);
                    group.clear();
                    gap = 0;
                }
            }
        }
        self.check(group, text, source, &mut report);
    }

    fn check(
        &self,
        group: &Group,
        text: &[u8],
        source: Source,
        report: &mut impl FnMut(usize, usize),
    ) {
        let tail = self.tail();
        if !tail.is_empty() && group.digits.len() >= tail.len() {
            for at in memmem::find_iter(&group.digits, tail) {
                // As much of the number before its tail as stands there.
                let before = group.digits.get(..at).unwrap_or_default();
                let head = self.recipient.len() - tail.len();
                let head = self.recipient.get(..head).unwrap_or_default();
                let more = before.iter().rev().zip(head.iter().rev());
                let more = more.take_while(|(a, b)| a == b).count();
                // And the digits that touch it: a code may follow at once.
                let (mut start, mut end) = (at - more, at + tail.len());
                while group.follows(start) {
                    start -= 1;
                }
                while group.follows(end) {
                    end += 1;
                }
                group.report(start, end, report);
            }
        }
        for code in &self.codes {
            if code.len() > group.digits.len() || (source != Source::Text && code.len() < LONG) {
                continue;
            }
            for at in memmem::find_iter(&group.digits, code) {
                let end = at + code.len();
                let fits = match source {
                    Source::Decoded => group.is_together(at, end),
                    Source::Text => {
                        !group.follows(at)
                            && !group.follows(end)
                            && (code.len() >= GROUPED || group.is_together(at, end))
                    }
                    Source::Identifier => {
                        group.is_together(at, end) && group.is_word(at, end, text)
                    }
                };
                if fits {
                    group.report(at, end, report);
                }
            }
        }
    }

    /// Returns true if a figure's decimal digits contain the number or a code, or are a short code.
    pub(crate) fn are_in(&self, figure: u64) -> bool {
        let figure = figure.to_string();
        let holds = |wanted: &[u8], least: usize| {
            // A figure has no zeros before it.
            let zeros = wanted.iter().take_while(|digit| **digit == b'0').count();
            let wanted = wanted.get(zeros..).unwrap_or_default();
            match wanted.len() {
                0 => false,
                length if length < least => figure.as_bytes() == wanted,
                _ => memmem::find(figure.as_bytes(), wanted).is_some(),
            }
        };
        holds(self.tail(), SHORTEST) || self.codes.iter().any(|code| holds(code, GROUPED))
    }
}

/// Digits with little between them.
#[derive(Default)]
pub(crate) struct Group {
    digits: Vec<u8>,
    places: Vec<usize>,
}

impl Group {
    fn clear(&mut self) {
        self.digits.clear();
        self.places.clear();
    }

    /// Returns true if a digit stands right behind the one before it.
    fn follows(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.places.get(before));
        match (before, self.places.get(at)) {
            (Some(before), Some(place)) => *place == before + 1,
            _ => false,
        }
    }

    /// Returns true if nothing stands between these digits.
    fn is_together(&self, start: usize, end: usize) -> bool {
        match (self.places.get(start), self.places.get(end - 1)) {
            (Some(first), Some(last)) => last - first == end - 1 - start,
            _ => false,
        }
    }

    /// Returns true if no letter and no digit stands beside them.
    fn is_word(&self, start: usize, end: usize, text: &[u8]) -> bool {
        let joins = |at: Option<usize>| {
            at.and_then(|at| text.get(at))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        let before = self.places.get(start).and_then(|at| at.checked_sub(1));
        let after = self.places.get(end - 1).map(|at| at + 1);
        !joins(before) && !joins(after)
    }

    fn report(&self, start: usize, end: usize, report: &mut impl FnMut(usize, usize)) {
        if let (Some(first), Some(last)) = (self.places.get(start), self.places.get(end - 1)) {
            report(*first, last + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::string_slice, reason = "the texts are ASCII")]

    use super::*;

    fn found(text: &str, to: &str, code: &str, source: Source) -> Vec<String> {
        let mut numbers = Numbers::of(to);
        numbers.add_code(code.as_bytes());
        let mut found = Vec::new();
        numbers.find(
            text.as_bytes(),
            source,
            &mut Group::default(),
            |start, end| {
                found.push(text[start..end].to_owned());
            },
        );
        found
    }

    #[test]
    fn number_is_found_in_any_grouping_and_prefix() {
        for (text, part) in [
            ("to +8613800138000.", "8613800138000"),
            ("to (138) 0013-8000.", "138) 0013-8000"),
            ("0.0.1.3.8.0.0.0", "0.0.1.3.8.0.0.0"),
            ("x13800138000", "13800138000"),
            ("9900138000", "9900138000"),
            ("+8613800138000918273", "8613800138000918273"),
        ] {
            assert_eq!(
                found(text, "+86 138-0013-8000", "", Source::Text),
                [part],
                "{text}"
            );
        }
        for text in ["138****8000", "0013800", "00138a000", "0013    8000"] {
            let found = found(text, "+86 138-0013-8000", "", Source::Text);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn code_within_longer_number_is_not_found() {
        for (text, code, there) in [
            ("918273", "918273", true),
            ("918 273, 9-1-8-2-7-3", "918273", true),
            ("a918273b", "918273", true),
            ("1918273 9182730", "918273", false),
            ("12:34", "1234", true),
            ("1 2", "12", false),
            ("in 12 s", "12", true),
        ] {
            let found = found(text, "", code, Source::Text);
            assert_eq!(!found.is_empty(), there, "{text}: {found:?}");
        }
    }

    /// A short code stays, and so does one within a longer word.
    #[test]
    fn identifier_loses_long_code_that_is_word() {
        for (text, code, there) in [
            ("9246:59", "9246", false),
            ("924611:59", "924611", true),
            ("9246-11", "924611", false),
            ("a924611", "924611", false),
        ] {
            let found = found(text, "", code, Source::Identifier);
            assert_eq!(!found.is_empty(), there, "{text}: {found:?}");
        }
    }

    #[test]
    fn figure_holding_number_or_code_is_found() {
        for (figure, code, there) in [
            (918_273, "918273", true),
            (918_273_000, "918273", true),
            (12_345, "012345", true),
            (12_300, "123", false),
            (123, "123", true),
            (30_000, "918273", false),
            (138_000, "", true),
            (13_800, "", false),
            (0, "000000", false),
        ] {
            let mut numbers = Numbers::of("+8613800138000");
            numbers.add_code(code.as_bytes());
            assert_eq!(numbers.are_in(figure), there, "{figure} {code}");
        }
    }
}
