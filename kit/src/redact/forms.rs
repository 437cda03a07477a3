//! The forms in which a provider may repeat a value: as in a form or a URL, and within base64.

use alloc::vec::Vec;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Reads what a cut leaves of base64: without padding, and with bits that lead nowhere.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The length in bytes of the value at the beginning of a text, plain or as forms and URLs write it. Every kind of space
/// and a line break stand for a space.
pub fn written(value: &str, text: &str) -> Option<usize> {
    let mut rest = text;
    for character in value.chars() {
        rest = after(character, rest)?;
    }
    Some(text.len() - rest.len()).filter(|length| *length > 0)
}

/// The rest after the character, in one of its forms.
fn after(character: char, text: &str) -> Option<&str> {
    let is_space = |each: char| each.is_whitespace() || each.is_control();
    if is_space(character)
        && let Some(rest) = text.strip_prefix(|next| is_space(next) || next == '+')
    {
        return Some(rest);
    }
    if let Some(rest) = text.strip_prefix(character) {
        return Some(rest);
    }
    let mut bytes = [0; 4];
    let mut rest = text;
    for byte in character.encode_utf8(&mut bytes).bytes() {
        let (escape, after) = rest.strip_prefix('%')?.split_at_checked(2)?;
        let escaped = u8::from_str_radix(escape, 16).ok()?;
        rest = Some(after).filter(|_| escaped == byte)?;
    }
    Some(rest)
}

/// True if a character is one of base64, of either alphabet.
pub fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+/-_".contains(character)
}

/// The characters of base64 at the beginning of a text, without padding.
pub fn base64_run(text: &str) -> &str {
    let end = text.find(|next| !is_base64(next)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The bytes that a text in base64 stands for. Its groups of four may begin at any of the first four characters.
pub fn decoded(text: &str) -> [Vec<u8>; 4] {
    let standard: Vec<u8> = text
        .bytes()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    [0, 1, 2, 3].map(|start| {
        let groups = standard.get(start..).unwrap_or_default();
        // A last group of one character stands for nothing.
        let length = groups.len() - usize::from(groups.len() % 4 == 1);
        let groups = groups.get(..length).unwrap_or_default();
        LENIENT.decode(groups).unwrap_or_default()
    })
}
