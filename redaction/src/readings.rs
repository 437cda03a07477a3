//! Readings of a text: as it stands, without escapes, out of hexadecimal, out of base64.
//!
//! Secrets have one form and texts are decoded, in place of searching a text for many forms of each secret. Parts of a
//! secret are therefore found in every encoding, in upper and in lower case, and wherever an encoding begins.

use crate::literals;

/// Bytes that a text may be read as, and the position of each in the text.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) bytes: Vec<u8>,
    /// Start and end in the text for each byte. Empty where the bytes are the text's own.
    spans: Vec<(u32, u32)>,
}

impl Reading {
    /// The text as it stands.
    pub(crate) fn plain(text: &str) -> Self {
        let mut reading = Self::default();
        reading.become_plain(text);
        reading
    }

    /// The same, in the memory of this one.
    pub(crate) fn become_plain(&mut self, text: &str) {
        self.clear();
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
    }

    /// Position of these bytes in the text.
    pub(crate) fn place(&self, start: usize, end: usize) -> (usize, usize) {
        if self.spans.is_empty() {
            return (start, end);
        }
        let last = end.saturating_sub(1);
        let first = self.spans.get(start).map_or(0, |span| span.0);
        let end = self.spans.get(last).map_or(0, |span| span.1);
        (first as usize, end as usize)
    }

    fn push(&mut self, byte: u8, place: (usize, usize)) {
        let place_of = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.bytes.push(byte);
        self.spans.push((place_of(place.0), place_of(place.1)));
    }

    /// The same without percent encoding and escapes, with other digits and wide letters as ASCII's, and without
    /// invisible characters. None where it is the same.
    pub(crate) fn unescaped(&self) -> Option<Self> {
        let is_plain = |byte: &u8| byte.is_ascii() && !b"%\\&".contains(byte);
        if self.bytes.iter().all(is_plain) {
            return None;
        }
        let mut out = Self::default();
        let mut at = 0;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let (decoded, length) = decode(rest);
            let place = self.place(at, at + length);
            match decoded {
                Decoded::Byte(byte) => out.push(byte, place),
                Decoded::Char(c) => {
                    if let Some(c) = folded(c) {
                        let mut buffer = [0; 4];
                        for byte in c.encode_utf8(&mut buffer).bytes() {
                            out.push(byte, place);
                        }
                    }
                }
            }
            at += length;
        }
        (out.bytes != self.bytes).then_some(out)
    }

    /// Decodes its runs of an alphabet's characters, from each of the first few. Runs that hold fewer than `shortest`
    /// bytes are left out.
    pub(crate) fn decode(&self, alphabet: &Alphabet, shortest: usize, out: &mut Self) {
        out.clear();
        self.each(alphabet, shortest, |decoded| match decoded {
            Some((byte, first, last)) => {
                let (start, end) = (self.place(first, first + 1).0, self.place(last, last + 1).1);
                out.push(byte, (start, end));
            }
            None => out.push(RUN_END, (0, 0)),
        });
    }

    /// The same bytes in lower case and without their places, for most texts have nothing in them.
    pub(crate) fn decode_lower(&self, alphabet: &Alphabet, shortest: usize, out: &mut Vec<u8>) {
        out.clear();
        self.each(alphabet, shortest, |decoded| {
            out.push(decoded.map_or(RUN_END, |(byte, ..)| byte.to_ascii_lowercase()));
        });
    }

    /// Reports each decoded byte with the first and the last character that it stands in, and the end of each run.
    fn each(
        &self,
        alphabet: &Alphabet,
        shortest: usize,
        mut report: impl FnMut(Option<(u8, usize, usize)>),
    ) {
        let least = shortest.saturating_mul(8).div_ceil(alphabet.width as usize);
        let least = least.max(1);
        if self.bytes.len() < least {
            return;
        }
        let mut flush = |start: usize, end: usize, count: usize| {
            if count < least {
                return;
            }
            let run = self.bytes.get(start..end).unwrap_or_default();
            let run = run.iter().enumerate();
            let run = run.filter_map(|(at, byte)| Some((alphabet.value(*byte)?, start + at)));
            for phase in 0..alphabet.phases {
                let (mut held, mut bits, mut first) = (0_u32, 0, 0);
                for (value, at) in run.clone().skip(phase) {
                    if bits == 0 {
                        first = at;
                    }
                    held = (held << alphabet.width | u32::from(value)) & 0xffff;
                    bits += alphabet.width;
                    if bits >= 8 {
                        bits -= 8;
                        report(Some(((held >> bits & 0xff) as u8, first, at)));
                        first = at;
                    }
                }
                report(None);
            }
        };
        let (mut start, mut count, mut gap) = (0, 0, false);
        for (at, byte) in self.bytes.iter().enumerate() {
            if alphabet.value(*byte).is_some() {
                start = if count == 0 { at } else { start };
                count += 1;
                gap = false;
            } else if !gap && count > 0 && alphabet.between.contains(byte) {
                gap = true;
            } else {
                flush(start, at, count);
                (count, gap) = (0, false);
            }
        }
        flush(start, self.bytes.len(), count);
    }
}

/// Stands between two runs, so that nothing is found across them.
const RUN_END: u8 = b'\n';

/// Characters that encode `width` bits each.
pub(crate) struct Alphabet {
    width: u32,
    /// From how many of a run's first characters an encoding may begin.
    phases: usize,
    /// Value of each character; [`NONE`] if it has none.
    values: [u8; 256],
    /// One of these may stand between two characters of a run.
    between: &'static [u8],
}

const NONE: u8 = 0xff;

/// Hexadecimal digits.
pub(crate) static HEX: Alphabet = Alphabet::new(
    4,
    2,
    &[b"0123456789abcdef", b"0123456789ABCDEF"],
    b" :-_\r\n",
);

/// Base64 of either alphabet.
pub(crate) static BASE64: Alphabet = Alphabet::new(
    6,
    4,
    &[
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    ],
    b"\r\n",
);

impl Alphabet {
    #[allow(clippy::indexing_slicing, reason = "evaluated when this is compiled")]
    const fn new(width: u32, phases: usize, spellings: &[&[u8]], between: &'static [u8]) -> Self {
        let mut values = [NONE; 256];
        let mut spelling = 0;
        while spelling < spellings.len() {
            let mut value = 0;
            while value < spellings[spelling].len() {
                values[spellings[spelling][value] as usize] = value as u8;
                value += 1;
            }
            spelling += 1;
        }
        Self {
            width,
            phases,
            values,
            between,
        }
    }

    fn value(&self, character: u8) -> Option<u8> {
        let value = self.values.get(usize::from(character));
        value.copied().filter(|value| *value != NONE)
    }
}

enum Decoded {
    Byte(u8),
    Char(char),
}

/// The first byte or character of a text, which may be written as an escape, and how many bytes it takes.
fn decode(rest: &[u8]) -> (Decoded, usize) {
    match rest {
        [b'%', high, low, ..] | [b'\\', b'x' | b'X', high, low, ..]
            if byte(*high, *low).is_some() =>
        {
            let length = if rest.first() == Some(&b'%') { 3 } else { 4 };
            (Decoded::Byte(byte(*high, *low).unwrap_or_default()), length)
        }
        [b'\\', after @ ..] if !after.is_empty() => {
            let head = after.get(..after.len().min(12)).unwrap_or_default();
            let valid = match std::str::from_utf8(head) {
                Ok(text) => text,
                Err(error) => {
                    std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default())
                        .unwrap_or_default()
                }
            };
            let (character, length) = literals::escape(valid);
            (Decoded::Char(character), length + 1)
        }
        [b'&', b'#', ..] => entity(rest).unwrap_or((Decoded::Char('&'), 1)),
        [first, ..] if first.is_ascii() => (Decoded::Char(char::from(*first)), 1),
        _ => {
            let head = rest.get(..rest.len().min(4)).unwrap_or_default();
            let first = head.utf8_chunks().next();
            match first.and_then(|chunk| chunk.valid().chars().next()) {
                Some(character) => (Decoded::Char(character), character.len_utf8()),
                None => (Decoded::Byte(rest.first().copied().unwrap_or_default()), 1),
            }
        }
    }
}

/// A character as a number in HTML: `&#71;`, `&#x47;`.
fn entity(rest: &[u8]) -> Option<(Decoded, usize)> {
    let end = rest.iter().take(10).position(|byte| *byte == b';')?;
    let number = std::str::from_utf8(rest.get(2..end)?).ok()?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((Decoded::Char(char::from_u32(code)?), end + 1))
}

/// The byte that two hexadecimal digits encode.
pub(crate) fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// A character as ASCII writes it, where that has the same: wide letters, digits of other scripts, spaces and
/// punctuation. None for an invisible character.
fn folded(c: char) -> Option<char> {
    match c {
        _ if c.is_ascii() => Some(c),
        _ if is_invisible(c) => None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        _ => Some(match digit(c) {
            Some(digit) => char::from(b'0' + digit),
            None if c.is_alphanumeric() => c,
            None => ' ',
        }),
    }
}

/// Characters without a width: joiners, marks of direction, tags, selectors.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The value of a decimal digit of any common script, raised, lowered or in a circle.
pub(crate) fn digit(c: char) -> Option<u8> {
    /// The zeros of Unicode's decimal digits; nine follow each.
    const ZEROS: &[u32] = &[
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
        0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
        0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0x2080, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50,
        0xabf0, 0xff10, 0x104a0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1fbf0,
    ];
    let code = u32::from(c);
    let value = match c {
        '⁰' | '⓪' => 0,
        '¹' => 1,
        '²' => 2,
        '³' => 3,
        '⁴'..='⁹' => code - 0x2070,
        '①'..='⑨' => code - 0x2460 + 1,
        _ => ZEROS
            .iter()
            .find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10))?,
    };
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, alphabet: &Alphabet) -> Reading {
        let mut out = Reading::default();
        let plain = Reading::plain(text);
        plain.decode(alphabet, 4, &mut out);
        let mut lower = Vec::new();
        plain.decode_lower(alphabet, 4, &mut lower);
        assert_eq!(lower, out.bytes.to_ascii_lowercase(), "{text}");
        out
    }

    fn shown(reading: &Reading) -> String {
        String::from_utf8_lossy(&reading.bytes).into_owned()
    }

    /// Each decoded byte has its place in the text.
    #[test]
    fn base64_is_read_at_any_offset_with_places() {
        // RFC 4648, section 10: `foobar` is Zm9vYmFy. `xfoobar` is eGZvb2Jhcg==, `xyfoobar` is eHlmb29iYXI=.
        for text in [
            "Zm9vYmFy",
            "xZm9vYmFy",
            "xyzZm9vYmFy",
            "eGZvb2Jhcg==",
            "eHlmb29iYXI=",
        ] {
            let text = format!("(é {text})");
            let read = decoded(&text, &BASE64);
            let at = read.bytes.windows(6).position(|six| six == b"foobar");
            let at = at.unwrap_or_else(|| panic!("{text}"));
            let (start, end) = read.place(at, at + 6);
            assert!((8..=9).contains(&(end - start)), "{text}: {start}..{end}");
            assert!(start >= 4 && end < text.len(), "{text}: {start}..{end}");
        }
    }

    #[test]
    fn hex_is_read_from_any_digit_across_separators() {
        for text in [
            "666f6f626172",
            "0666F6F626172",
            "66:6f:6f:62:61:72",
            "666f 6f62 6172",
        ] {
            let read = decoded(text, &HEX);
            let at = read.bytes.windows(6).position(|six| six == b"foobar");
            let at = at.unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.place(at, at + 6).1, text.len(), "{text}");
        }
        assert!(decoded("666f6f", &HEX).bytes.is_empty(), "too short");
    }

    #[test]
    fn escapes_wide_and_invisible_characters_are_decoded() {
        for text in [
            "%66%6Foo",
            "\\u0066oo\\u006f",
            "\\x66ooo",
            "ｆｏｏｏ",
            "f\u{200b}o\u{202e}oo",
            "&#102;o&#x6f;o",
        ] {
            let read = Reading::plain(text).unescaped().unwrap();
            assert_eq!(shown(&read), "fooo", "{text}");
            assert_eq!(read.place(0, 4), (0, text.len()), "{text}");
        }
        let read = Reading::plain("٣۴५৬０𝟏²③–x\u{a0}y").unescaped().unwrap();
        assert_eq!(shown(&read), "34560123 x y");
        assert!(Reading::plain("plain").unescaped().is_none());
        assert!(Reading::plain("100 % é\\").unescaped().is_none());
    }
}
