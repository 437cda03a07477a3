//! Texts for operators in two thirds of their size.
//!
//! Most of the component's data is sentences. The compiler packs them, [`packed!`], and they are unpacked where one is
//! used, which is on errors and in the guard, never in a send that is accepted.
//!
//! | byte | stands for |
//! |---|---|
//! | 0x00 | the three bytes after it, as they are |
//! | 0x01 to 0x1F, 0xD2 to 0xFF | a fragment |
//! | 0x20 to 0x7E | itself |
//! | 0x7F | the two bytes after it, as they are |
//! | 0x80 to 0xD1 | with the byte after it, U+4E00 to U+9FFF |

use alloc::string::String;
use alloc::vec::Vec;

/// What the texts repeat most, longest first: chosen one by one, each the one that saves most after those before. A text
/// that is changed needs no other choice, it only packs a little less well.
#[rustfmt::skip]
const FRAGMENTS: [&str; 77] = ["\"type\":[\"string\",\"", "国际/港澳台", "国家(地区)", "tcloudapi.com", "eOnly\":true", "p-guangzhou", "n\":\"^\\\\s*", "控制台", ",例如 ", "null\"],\"", "\"type\":", "signatu", "templat", "999999", "\\\\s*$\"", "accoun", "countr", "imum\":", "messag", "填写", "密钥", "模板", " the ", "ation", "and ", "cipi", "heck", "numb", "patt", "prov", "such", "cod", "dig", "doe", "ed ", "or ", "sol", "、", "。", "号", "用", "的", "请", " a", " s", ", ", ",\"", ". ", "ID", "Th", "ac", "al", "an", "ar", "e ", "e.", "en", "er", "es", "ic", "in", "it", "ke", "ma", "no", "of", "on", "or", "ou", "re", "s ", "t ", "te", "th", "to", "wi", "y "];

/// The fragments from this one on are numbered from [`HIGH`].
const LOW_COUNT: usize = 0x1f;
const HIGH: usize = 0xd2;

const THREE: u8 = 0x00;
const TWO: u8 = 0x7f;
const FIRST_LEAD: u8 = 0x80;
const FIRST_IDEOGRAPH: u32 = 0x4e00;
const LAST_IDEOGRAPH: u32 = 0x9fff;

/// A packed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    pub(crate) bytes: &'static [u8],
}

/// A [`Packed`] of a text that is known when this is compiled.
macro_rules! packed {
    ($text:expr) => {
        $crate::packed::Packed {
            bytes: &const { $crate::packed::pack::<{ $crate::packed::packed_len($text) }>($text) },
        }
    };
}
pub(crate) use packed;

impl Packed {
    /// Whether there is no text.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The text.
    #[must_use]
    pub fn text(self) -> String {
        // Twice the size is what most texts have: the buffer grows once or not at all.
        let mut text = Vec::with_capacity(2 * self.bytes.len());
        let mut bytes = self.bytes.iter().copied();
        while let Some(byte) = bytes.next() {
            match byte {
                THREE | TWO => {
                    for _ in 0..if byte == TWO { 2 } else { 3 } {
                        text.push(bytes.next().unwrap_or_default());
                    }
                }
                b' '..=b'~' => text.push(byte),
                FIRST_LEAD..0xd2 => {
                    let low = bytes.next().unwrap_or_default();
                    let character =
                        FIRST_IDEOGRAPH + u32::from(u16::from_be_bytes([byte - FIRST_LEAD, low]));
                    for (shift, mark) in [(12, 0xe0), (6, 0x80), (0, 0x80)] {
                        text.push(mark | (character >> shift & 0x3f) as u8);
                    }
                }
                _ => text.extend_from_slice(fragment(byte.into())),
            }
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

impl From<Packed> for String {
    fn from(packed: Packed) -> Self {
        packed.text()
    }
}

/// The fragment that a byte stands for.
fn fragment(byte: usize) -> &'static [u8] {
    let index = byte
        .checked_sub(HIGH)
        .map_or(byte.wrapping_sub(1), |high| high + LOW_COUNT);
    match STARTS.get(index..index + 2) {
        Some([start, end]) => JOINED.get(usize::from(*start)..usize::from(*end)),
        _ => None,
    }
    .unwrap_or_default()
}

/// Where each fragment starts in [`JOINED`], and where the last one ends: a table of texts would be 460 bytes larger.
static STARTS: [u16; FRAGMENTS.len() + 1] = starts();
static JOINED: [u8; LENGTH] = joined();

#[allow(
    clippy::indexing_slicing,
    reason = "the compiler evaluates it, and an index beyond the end is an error of the build"
)]
mod compile_time {
    use super::*;

    /// How long all fragments are.
    pub(super) const LENGTH: usize = starts()[FRAGMENTS.len()] as usize;

    pub(super) const fn starts() -> [u16; FRAGMENTS.len() + 1] {
        let mut starts = [0; FRAGMENTS.len() + 1];
        let mut index = 0;
        while index < FRAGMENTS.len() {
            starts[index + 1] = starts[index] + FRAGMENTS[index].len() as u16;
            index += 1;
        }
        starts
    }

    pub(super) const fn joined<const N: usize>() -> [u8; N] {
        let mut joined = [0; N];
        let (mut index, mut at) = (0, 0);
        while index < FRAGMENTS.len() {
            let (fragment, mut of) = (FRAGMENTS[index].as_bytes(), 0);
            while of < fragment.len() {
                joined[at] = fragment[of];
                (of, at) = (of + 1, at + 1);
            }
            index += 1;
        }
        joined
    }

    /// How many bytes a text takes.
    pub const fn packed_len(text: &str) -> usize {
        let (mut at, mut length) = (0, 0);
        while at < text.len() {
            let (taken, _, given) = symbol(text.as_bytes(), at);
            (at, length) = (at + taken, length + given);
        }
        length
    }

    /// Packs a text into [`packed_len`] bytes.
    pub const fn pack<const N: usize>(text: &str) -> [u8; N] {
        let mut packed = [0; N];
        let (mut at, mut length) = (0, 0);
        while at < text.len() {
            let (taken, bytes, given) = symbol(text.as_bytes(), at);
            let mut index = 0;
            while index < given {
                packed[length + index] = bytes[index];
                index += 1;
            }
            (at, length) = (at + taken, length + given);
        }
        packed
    }

    /// How many bytes [`pack_two`] needs.
    pub const fn packed_len_of_two(first: &str, second: &str) -> usize {
        1 + packed_len(first) + packed_len(second)
    }

    /// Packs two texts into one block, after a byte that says how long the first one is in it.
    pub const fn pack_two<const N: usize>(first: &str, second: &str) -> [u8; N] {
        let length = packed_len(first);
        assert!(length <= 255, "the first of two texts is too long");
        let mut both = [0; N];
        both[0] = length as u8;
        let (one, two) = (pack::<N>(first), pack::<N>(second));
        let mut index = 1;
        while index < N {
            both[index] = if index <= length {
                one[index - 1]
            } else {
                two[index - 1 - length]
            };
            index += 1;
        }
        both
    }

    /// How much of the text from `at` on is taken next, and the bytes that stand for it, the first so many of four.
    const fn symbol(text: &[u8], at: usize) -> (usize, [u8; 4], usize) {
        let mut index = 0;
        while index < FRAGMENTS.len() {
            let fragment = FRAGMENTS[index].as_bytes();
            if starts_with(text, at, fragment) {
                let code = if index < LOW_COUNT {
                    index + 1
                } else {
                    index - LOW_COUNT + HIGH
                };
                return (fragment.len(), [code as u8, 0, 0, 0], 1);
            }
            index += 1;
        }
        let first = text[at];
        if first.is_ascii() {
            assert!(
                !first.is_ascii_control(),
                "control characters stand for fragments"
            );
            return (1, [first, 0, 0, 0], 1);
        }
        let second = text[at + 1];
        if first >> 5 == 0b110 {
            return (2, [TWO, first, second, 0], 3);
        }
        assert!(
            first >> 4 == 0b1110,
            "characters of four bytes cannot be packed"
        );
        let third = text[at + 2];
        let character =
            (first as u32 & 0xf) << 12 | (second as u32 & 0x3f) << 6 | (third as u32 & 0x3f);
        if FIRST_IDEOGRAPH <= character && character <= LAST_IDEOGRAPH {
            let [high, low] = ((character - FIRST_IDEOGRAPH) as u16).to_be_bytes();
            (3, [FIRST_LEAD + high, low, 0, 0], 2)
        } else {
            (3, [THREE, first, second, third], 4)
        }
    }

    const fn starts_with(text: &[u8], at: usize, fragment: &[u8]) -> bool {
        if text.len() - at < fragment.len() {
            return false;
        }
        let mut index = 0;
        while index < fragment.len() {
            if text[at + index] != fragment[index] {
                return false;
            }
            index += 1;
        }
        true
    }
}
use compile_time::{LENGTH, joined, starts};
pub(crate) use compile_time::{pack, pack_two, packed_len, packed_len_of_two};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_text_is_the_text() {
        macro_rules! same {
            ($($text:literal)*) => {
                $(assert_eq!(packed!($text).text(), $text);)*
            };
        }
        same! {
            "" " " "~" "a" "the the" "\u{80}" "\u{e9}\u{7ff}" "\u{800}" "\u{4e00}" "\u{9fff}" "\u{4dff}" "\u{a000}" "\u{3001}\u{ff0c}\u{ffff}"
            "Use ap-guangzhou; nothing else."
            "该地域没有短信服务。请使用 ap-guangzhou;国际站使用 ap-singapore。"
            r#""type":["string","null"],"pattern":"^\\s*([!-~]{0,15}|<.*>)\\s*$""#
        }
    }

    #[test]
    fn a_fragment_takes_one_byte_and_the_longest_is_taken() {
        for (index, fragment) in FRAGMENTS.iter().enumerate() {
            assert_eq!(packed_len(fragment), 1, "{fragment:?}");
            let packed = pack::<1>(fragment);
            let code = usize::from(packed[0]);
            assert_eq!(super::fragment(code), fragment.as_bytes(), "{fragment:?}");
            assert!(
                FRAGMENTS[..index]
                    .iter()
                    .all(|longer| longer.len() >= fragment.len())
            );
        }
    }

    #[test]
    fn characters_of_four_bytes_and_control_characters_do_not_compile() {
        for text in ["\u{1f600}", "\n", "\u{7f}"] {
            assert!(std::panic::catch_unwind(|| packed_len(text)).is_err());
        }
    }
}
