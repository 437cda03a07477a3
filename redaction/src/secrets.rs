//! Secret strings of a config, and one automaton that finds them.
//!
//! The plugin is not asked which strings are secret, because it is the one that is not trusted. See the
//! [rule](crate).

use crate::literals;
use crate::names::NAMED;
use crate::parts;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde::de::IgnoredAny;
use std::collections::HashSet;
use std::sync::OnceLock;

/// The bytes that are looked for at once. A longer secret is found by any of them that begins at a multiple of
/// [`STEP`], and by its last ones.
const PIECE: usize = 8;

/// How far apart pieces begin. A run of `PIECE + STEP - 1` bytes of a secret holds a whole piece.
const STEP: usize = 4;

/// The most bytes of secrets that one config may have. An RSA key of 4,096 bits has 3,300 as PEM, a config of this
/// connector some 70.
const BYTES: usize = 8 << 10;

/// The longest config that is read, in bytes: the contract's bound. Beside a longer one every text is masked.
pub const CONFIG_BYTES: usize = 65_536;

/// How many texts within texts are read: JSON that is a string in a config, and JSON in that.
const NESTED: usize = 2;

/// A text whose secrets are collected when they are first used.
pub struct SecretText {
    text: Box<str>,
    secrets: OnceLock<Secrets>,
}

impl SecretText {
    /// Stores a text as it is. If it is longer than [`CONFIG_BYTES`], every text beside it is masked whole.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self {
            text: text.into(),
            secrets: OnceLock::new(),
        }
    }

    /// No text, and secrets that were found elsewhere.
    pub(crate) fn of_parts(collect: impl FnOnce(&mut dyn FnMut(&str))) -> Self {
        let mut found = Found::default();
        collect(&mut |part| found.add(part));
        Self {
            text: Box::default(),
            secrets: OnceLock::from(Secrets::build(&found)),
        }
    }

    /// The text, secrets included.
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        self.secrets.get_or_init(|| Secrets::of(&self.text))
    }
}

/// Secret strings of a config. It has no `Debug`, so that they cannot be logged.
pub(crate) struct Secrets {
    automaton: Option<AhoCorasick>,
    /// Which pairs of neighbours occur in what is looked for.
    pairs: Pairs,
    /// The shortest that is looked for.
    shortest: usize,
    /// True if there are more than are looked for, so that no text can be searched for all of them.
    too_many: bool,
}

impl Secrets {
    /// The secrets of a config's text.
    pub(crate) fn of(config: &str) -> Self {
        let mut found = Found::default();
        if config.len() > CONFIG_BYTES {
            found.too_many = true;
        } else {
            found.take_in(config, false, 0);
            if serde_json::from_str::<IgnoredAny>(config).is_err() {
                parts::of(config, false, &mut |part| found.add(part));
            }
        }
        Self::build(&found)
    }

    fn build(found: &Found) -> Self {
        let none = Self {
            automaton: None,
            pairs: Pairs::default(),
            shortest: usize::MAX,
            too_many: found.too_many,
        };
        if found.too_many || found.secrets.is_empty() {
            return none;
        }
        let pieces: HashSet<&[u8]> = found.secrets.iter().flat_map(|text| pieces(text)).collect();
        let built = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            // Tables for whole states would be most of what is kept for an ordinary config.
            .dense_depth(1)
            .build(&pieces);
        match built {
            Ok(automaton) => Self {
                shortest: automaton.min_pattern_len(),
                automaton: Some(automaton),
                pairs: Pairs::of(&pieces),
                too_many: false,
            },
            Err(_) => Self {
                too_many: true,
                ..none
            },
        }
    }

    /// Returns true if no text may be shown at all.
    pub(crate) fn are_too_many(&self) -> bool {
        self.too_many
    }

    /// The length of the shortest.
    pub(crate) fn shortest(&self) -> usize {
        self.shortest
    }

    /// Reports where a text in lower case has a piece of one. At each place end at most five: a piece, and whole
    /// secrets of four to seven bytes.
    pub(crate) fn find(&self, lower: &[u8], mut report: impl FnMut(usize, usize)) {
        if let Some(automaton) = &self.automaton
            && lower.len() >= self.shortest
            && self.pairs.may_be_in(lower, self.shortest)
        {
            for hit in automaton.find_overlapping_iter(lower) {
                report(hit.start(), hit.end());
            }
        }
    }

    /// Size of the automaton and the pairs, in bytes.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        let automaton = self.automaton.as_ref();
        automaton.map_or(0, |automaton| automaton.memory_usage() + Pairs::BITS / 8)
    }
}

/// A set of pairs of neighbouring bytes, which may hold a few more: most texts have none of a secret's, and looking at
/// every third pair costs less than the automaton.
#[derive(Default)]
struct Pairs(Option<Box<[u64; Pairs::BITS / 64]>>);

impl Pairs {
    const BITS: usize = 8_192;

    fn of(pieces: &HashSet<&[u8]>) -> Self {
        let mut bits = Box::new([0_u64; Self::BITS / 64]);
        for pair in pieces.iter().flat_map(|piece| piece.windows(2)) {
            let (word, bit) = Self::place(pair);
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Self(Some(bits))
    }

    fn place(pair: &[u8]) -> (usize, u64) {
        let pair = pair
            .iter()
            .fold(0, |joined, byte| joined << 8 | u32::from(*byte));
        let hash = (pair.wrapping_mul(0x9e37_79b1) >> 19) as usize;
        (hash / 64, 1 << (hash % 64))
    }

    /// False if nothing of at least `shortest` bytes is in this text: it would hold one of the pairs that are looked at.
    fn may_be_in(&self, text: &[u8], shortest: usize) -> bool {
        self.0.as_ref().is_none_or(|bits| {
            // One byte has no neighbour; the rule has nothing that short.
            let Some(step) = shortest.checked_sub(1).filter(|step| *step > 0) else {
                return true;
            };
            text.windows(2).step_by(step).any(|pair| {
                let (word, bit) = Self::place(pair);
                bits.get(word).is_none_or(|word| word & bit != 0)
            })
        })
    }
}

/// A short secret as a whole; a longer one in pieces that overlap, its end among them.
fn pieces(secret: &str) -> impl Iterator<Item = &[u8]> {
    let bytes = secret.as_bytes();
    let last = bytes.len().saturating_sub(PIECE);
    let begin = (0..last).step_by(STEP).chain([last]);
    begin.filter_map(move |at| bytes.get(at..(at + PIECE).min(bytes.len())))
}

/// Secrets as they are collected, in lower case.
#[derive(Default)]
struct Found {
    secrets: HashSet<String>,
    bytes: usize,
    too_many: bool,
}

impl Found {
    fn take_in(&mut self, text: &str, telling: bool, nested: usize) {
        literals::scan(text, telling, &mut |value, telling| {
            self.value(&value, telling, nested);
        });
    }

    fn value(&mut self, value: &str, telling: bool, nested: usize) {
        let text = value.trim();
        if nested < NESTED && text.len() > 1 && text.starts_with(['{', '[']) {
            self.take_in(text, telling, nested + 1);
        }
        parts::of(text, telling, &mut |part| self.add(part));
    }

    /// Adds each line of a secret: a key in PEM is printed with other line ends, or with none.
    fn add(&mut self, secret: &str) {
        for line in secret.lines().map(str::trim) {
            if line.len() < NAMED || line.starts_with("-----") || self.too_many {
                continue;
            }
            if self.secrets.insert(line.to_ascii_lowercase()) {
                self.bytes += line.len();
                self.too_many = self.bytes > BYTES;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::string_slice, reason = "the texts are ASCII")]

    use super::*;

    fn has(config: &str, text: &str) -> bool {
        let mut found = false;
        Secrets::of(config).find(text.to_ascii_lowercase().as_bytes(), |_, _| found = true);
        found
    }

    /// The words are those that errors use, such as endpoints and ids of templates.
    #[test]
    fn telling_keys_and_tokens_are_secret_unlike_words() {
        let config = r#"{
            "accessKeySecret": "s3cr", "pin": {"password": [12345]}, "note": "AKIDz8krbsJ5yKBZ",
            "sessionToken": "xyz", "endpoint": "sms.ap-guangzhou2.example.com", "url": "https://127.0.0.1:38273",
            "usage": "ForgotPassword", "sdkAppId": "1400006666", "templateCode": "1110000", "params": ["{{code}}"],
            "placeholder": "VERIFICATION_CODE_TEMPLATE", "signature": "腾讯云", "signName": "example"
        }"#;
        for secret in ["s3cr", "12345", "AKIDz8krbsJ5yKBZ"] {
            assert!(has(config, secret), "{secret}");
        }
        for open in [
            "xyz",
            "sms.ap-guangzhou2.example.com",
            "https://127.0.0.1:38273",
            "ForgotPassword",
            "1400006666",
            "1110000",
            "{{code}}",
            "VERIFICATION_CODE_TEMPLATE",
            "腾讯云",
            "example",
        ] {
            assert!(!has(config, open), "{open}");
        }
    }

    #[test]
    fn non_json_config_is_searched_for_words() {
        let config = "secret=Gu5t9xGARNpq86cd98joQYCN3EXAMPLE; region = x\npassword = hunter2!";
        assert!(has(config, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"));
        assert!(has(config, "hunter2!"));
        assert!(!has(config, "region"));
    }

    #[test]
    fn json_within_a_string_is_read() {
        let inner = serde_json::json!({"private_key": "abcd\nefgh1", "name": "project"});
        let config = serde_json::json!({"account": inner.to_string()}).to_string();
        assert!(has(&config, "abcd") && has(&config, "efgh1"));
        assert!(!has(&config, "project"));
    }

    /// Its last eight bytes are found as well.
    #[test]
    fn any_eleven_bytes_of_secret_are_found() {
        let secret: String = ('a'..='z').chain('0'..='9').chain('A'..='K').collect();
        for length in [11, 12, 33, 40, 47] {
            let secret = &secret[..length];
            let config = serde_json::json!({ "password": secret }).to_string();
            for at in 0..=length - 11 {
                assert!(has(&config, &secret[at..at + 11]), "{length}: {at}");
            }
            assert!(has(&config, &secret[length - 8..]), "{length}");
            assert!(has(&config, &secret[..8]), "{length}");
        }
    }

    /// The pairs are a filter before the automaton: wherever a secret stands, it is found as without them.
    #[test]
    fn secret_is_found_at_every_offset() {
        for secret in [
            "a1b2",
            "a1b2c",
            "a1b2c3d",
            "a1b2c3d4e5f6",
            "\u{e9}\u{e9}",
            "1111",
        ] {
            let config = serde_json::json!({ "password": secret }).to_string();
            for before in 0..20 {
                for after in 0..4 {
                    let text = format!("{}{secret}{}", "x".repeat(before), "x".repeat(after));
                    assert!(has(&config, &text), "{text}");
                }
            }
            assert!(!has(&config, &"xyz ".repeat(20)));
        }
    }

    #[test]
    fn too_many_secrets_let_no_text_through() {
        let tokens: Vec<String> = (0..3_000).map(|n| format!("0123456789abcdef{n}")).collect();
        let secrets = Secrets::of(&serde_json::json!({ "a": tokens }).to_string());
        assert!(secrets.are_too_many() && secrets.heap() == 0);
        let few = serde_json::json!({ "secret": vec!["abcd"; 9_000] }).to_string();
        assert!(!Secrets::of(&few).are_too_many(), "one secret, many times");
        let long = serde_json::json!({ "password": "x1".repeat(CONFIG_BYTES) }).to_string();
        assert!(Secrets::of(&long).are_too_many());
    }

    /// The heap is counted by the automaton itself, and grows with the secrets and not with the config.
    #[test]
    fn what_is_kept_of_a_config_is_small() {
        let pair = r#"{"id":"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE","secret":"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"}"#;
        let kept = Secrets::of(pair).heap();
        assert!((1..8_000).contains(&kept), "{kept} bytes");
        let most: String = (0..1_000)
            .map(|n| format!("{:08x}", n * 2_654_435_761_u64 % 4_294_967_291))
            .collect();
        let secrets = Secrets::of(&serde_json::json!({ "secret": most }).to_string());
        assert!(!secrets.are_too_many());
        assert!(secrets.heap() < 350_000, "{} bytes", secrets.heap());
    }

    /// Eight times the config may take eight times as long and some; a quadratic scan would take 64 times, however often
    /// it is measured.
    #[test]
    fn config_scan_time_grows_with_length() {
        let time = |config: &str| {
            let begun = std::time::Instant::now();
            std::hint::black_box(Secrets::of(config).are_too_many());
            begun.elapsed()
        };
        for unit in [
            "://",
            "secret=://",
            "secret=a ://",
            "secret=",
            "secret:",
            "\"",
            "'",
            "{\"secret\":",
            "[",
            " ",
            "\\u",
            "=",
            ":",
            "abc/0123456789",
            "https://a@b",
            "0123456789abcdef,",
            "a=b&",
            "\\\"secret\\\":",
            "é",
        ] {
            let text = |bytes: usize| unit.repeat(bytes / unit.len());
            let quoted = |bytes| serde_json::json!({ "secret": text(bytes) }).to_string();
            for (short, long) in [
                (text(8 << 10), text(64 << 10)),
                (quoted(4 << 10), quoted(32 << 10)),
            ] {
                let is_linear = || time(&long) < 30 * time(&short);
                assert!((0..50).any(|_| is_linear()), "{unit}");
            }
        }
    }
}
