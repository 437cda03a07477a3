//! Search of an answer for what must not be in it, by the [rule](crate).

use crate::mask::{mask_whole, masked, prefix};
use crate::numbers::{Group, LONG, Numbers, Source};
use crate::readings::{BASE64, HEX, Reading};
use crate::secrets::{SecretText, Secrets};
use memchr::memmem;

/// How far beyond a cut what begins before it is looked for: a piece of a secret with each byte as `\u00xx`, or a number
/// in groups.
const BEYOND: usize = 128;

/// The most bytes that one byte takes in an escape, and the longest variable of the contract so escaped.
const ESCAPE: usize = 6;
const BEYOND_MOST: usize = ESCAPE << 10;

/// The most bytes that are searched for one answer. The longest honest one, some hundred findings about a config, has
/// about 40 KiB.
const SEARCHED: usize = 128 << 10;

/// How often escapes within escapes are read.
const ESCAPED: usize = 2;

/// The most variables that are looked for, which is the contract's bound.
const VARIABLES: usize = 64;

/// The shortest variable that is looked for, and the shortest code.
const VARIABLE: usize = 4;
const CODE: usize = 2;

/// How a text is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text for people.
    Text,
    /// An identifier of a provider's, which keeps short codes.
    Identifier,
    /// One of the message's variables, returned on purpose. It keeps the number and the variables, and no secret.
    Parameter,
}

/// A search through the texts of one answer.
pub struct Search<'a> {
    secrets: &'a Secrets,
    numbers: Numbers,
    /// Variables that are not codes, in lower case: as they are, and as ASCII where that differs.
    words: Vec<Vec<u8>>,
    /// How far beyond a cut they are looked for: a variable is found as a whole.
    beyond: usize,
    /// The shortest of everything that is found in encoded texts.
    shortest: usize,
    /// True if nothing can be searched.
    blind: bool,
    /// How many bytes may still be searched.
    left: usize,
    /// True if a text was masked because it could not be searched.
    left_out: bool,
    /// Memory for one text after the other.
    reading: Reading,
    decoded: Reading,
    lower: Vec<u8>,
    group: Group,
    hits: Vec<(usize, usize)>,
}

impl<'a> Search<'a> {
    /// A search for the secrets of a config, a recipient's number, and the variables of a message by their names.
    pub fn new(config: &'a SecretText, to: &str, variables: &[(String, String)]) -> Self {
        let secrets = config.secrets();
        let mut numbers = Numbers::of(to);
        let mut words = Vec::new();
        for (name, value) in variables.iter().take(VARIABLES) {
            let least = if name == "code" { CODE } else { VARIABLE };
            if value.len() < least {
                continue;
            }
            let plain = Reading::plain(value);
            let folded = plain.unescaped().map(|reading| reading.bytes);
            if numbers.add_code(folded.as_ref().unwrap_or(&plain.bytes)) {
                continue;
            }
            words.push(value.to_ascii_lowercase().into_bytes());
            words.extend(folded.map(|bytes| bytes.to_ascii_lowercase()));
        }
        let longest = words.iter().map(Vec::len).max().unwrap_or_default();
        Self {
            beyond: (longest * ESCAPE).clamp(BEYOND, BEYOND_MOST),
            shortest: secrets.shortest().min(LONG),
            blind: secrets.are_too_many() || variables.len() > VARIABLES,
            secrets,
            numbers,
            words,
            left: SEARCHED,
            left_out: false,
            reading: Reading::default(),
            decoded: Reading::default(),
            lower: Vec::new(),
            group: Group::default(),
            hits: Vec::new(),
        }
    }

    /// How many bytes may still be searched.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Returns true if a text was masked as a whole because it could not be searched: for its length, for the time, or
    /// beside more secrets than are looked for. A masked identifier no longer identifies anything.
    pub fn left_out(&self) -> bool {
        self.left_out
    }

    /// Ends the search: every further text is masked.
    pub fn stop(&mut self) {
        self.left = 0;
    }

    /// Returns true if a figure is or contains a secret, the number or a code, or if nothing can be searched.
    pub fn reveals(&self, figure: u64) -> bool {
        let mut is_secret = self.blind;
        let digits = figure.to_string();
        self.secrets
            .find(digits.as_bytes(), |_, _| is_secret = true);
        is_secret || self.numbers.are_in(figure)
    }

    /// Cuts a text to at most `cap` bytes, and masks everything in it that its kind must not contain.
    pub fn clean(&mut self, text: &mut String, kind: Kind, cap: usize) {
        let looked_at = prefix(text, cap + self.beyond);
        if looked_at.is_empty() {
            return;
        }
        if self.blind || looked_at.len() > self.left {
            self.left = self.left.saturating_sub(looked_at.len());
            self.left_out = true;
            mask_whole(text);
            return;
        }
        self.left -= looked_at.len();
        let found = self.found(looked_at, kind);
        if found.is_empty() && text.len() <= cap {
            return;
        }
        *text = masked(prefix(text, cap), &found, text.len() > cap);
        // The text taken out may have joined a code to another word: `…EXAMPLE1918273`.
        let again = self.found(text, kind);
        if !again.is_empty() {
            *text = masked(text, &again, false);
        }
    }

    /// Ranges of everything that must be masked, by start, possibly overlapping.
    fn found(&mut self, text: &str, kind: Kind) -> Vec<(usize, usize)> {
        let mut found = Found::default();
        let source = match kind {
            Kind::Identifier => Source::Identifier,
            Kind::Text | Kind::Parameter => Source::Text,
        };
        // Most texts are short, and making three pieces of memory for each costs more than searching them.
        let mut reading = std::mem::take(&mut self.reading);
        let mut decoded = std::mem::take(&mut self.decoded);
        reading.become_plain(text);
        for _ in 0..=ESCAPED {
            self.lower.clear();
            let lower = reading.bytes.iter().map(u8::to_ascii_lowercase);
            self.lower.extend(lower);
            self.search(kind, source);
            found.add(&self.hits, &reading);
            for alphabet in [&HEX, &BASE64] {
                reading.decode_lower(alphabet, self.shortest, &mut self.lower);
                self.search(kind, Source::Decoded);
                if !self.hits.is_empty() {
                    reading.decode(alphabet, self.shortest, &mut decoded);
                    found.add(&self.hits, &decoded);
                }
            }
            match reading.unescaped() {
                Some(unescaped) => reading = unescaped,
                None => break,
            }
        }
        (self.reading, self.decoded) = (reading, decoded);
        let mut found = found.0;
        for (start, end) in &mut found {
            // A piece of a secret may begin or end within a character.
            *start = text.floor_char_boundary(*start);
            *end = text.ceil_char_boundary(*end);
        }
        found.sort_unstable();
        found
    }

    /// Lists where the bytes in `lower` have something that must not show.
    fn search(&mut self, kind: Kind, source: Source) {
        let (lower, hits) = (&self.lower, &mut self.hits);
        hits.clear();
        let mut report = |start, end| hits.push((start, end));
        self.secrets.find(lower, &mut report);
        if kind != Kind::Parameter {
            self.numbers
                .find(lower, source, &mut self.group, &mut report);
            for word in &self.words {
                if word.len() <= lower.len() && (source == Source::Text || word.len() >= LONG) {
                    words(lower, word, source, &mut report);
                }
            }
        }
    }
}

/// Places, of which those that follow each other and overlap are one.
#[derive(Default)]
struct Found(Vec<(usize, usize)>);

impl Found {
    fn add(&mut self, hits: &[(usize, usize)], reading: &Reading) {
        for (start, end) in hits {
            let (start, end) = reading.place(*start, *end);
            match self.0.last_mut() {
                Some(last) if last.0 <= start && start <= last.1 => last.1 = last.1.max(end),
                _ => self.0.push((start, end)),
            }
        }
    }
}

/// Reports where a variable is not part of a longer word. Decoded bytes have no words.
fn words(text: &[u8], variable: &[u8], source: Source, report: &mut impl FnMut(usize, usize)) {
    let joins = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .is_some_and(u8::is_ascii_alphanumeric)
    };
    let mut from = 0;
    // memchr's own iterator prepares each search for a text that is much longer than these.
    while let Some(at) = text
        .get(from..)
        .and_then(|rest| memmem::find(rest, variable))
    {
        let (start, end) = (from + at, from + at + variable.len());
        from = end;
        if source == Source::Decoded || (!joins(start.checked_sub(1)) && !joins(Some(end))) {
            report(start, end);
        }
    }
}

#[cfg(test)]
mod tests;
