//! The ways in which a secret is commonly written.

/// Secrets that are longer are looked for piece by piece, so that parts of them are found as well.
const PIECE: usize = 32;

/// The longest form, in bytes: a piece with every byte escaped as `\u00xx`.
pub(super) const LONGEST: usize = PIECE * 6;

/// One way to write a secret. Without `Debug`, for that.
pub(crate) struct Form {
    pub(super) text: Box<str>,
    /// [`bytes_in`] it.
    bytes: u64,
}

impl Form {
    /// Whether it may be in a text of which this is known. Most forms of most secrets have a byte that a text lacks, and
    /// need no search: 2 % of a whole send.
    pub(super) fn may_be_in(&self, length: usize, bytes: u64) -> bool {
        self.text.len() <= length && self.bytes & !bytes == 0
    }
}

/// Which bytes a text has, modulo 64. That puts a few in one place, so it says for certain only what is not there.
pub(super) fn bytes_in(text: &str) -> u64 {
    text.bytes().fold(0, |bytes, byte| bytes | 1 << (byte & 63))
}

/// A secret as it is, escaped for JSON and URIs, and encoded.
pub(super) fn all(secret: &str, forms: &mut Vec<Form>) {
    for piece in pieces(secret) {
        push(forms, piece.to_owned());
        let json = serde_json::Value::from(piece).to_string();
        push(forms, json.trim_matches('"').to_owned());
        push(forms, percent(piece, hex::encode));
        push(forms, percent(piece, hex::encode_upper));
        encoded(piece, forms);
    }
}

/// A text in hexadecimal, and in base64 wherever it may begin in what was encoded.
pub(super) fn encoded(text: &str, forms: &mut Vec<Form>) {
    let hex = hex::encode(text);
    if hex.contains(|c: char| c.is_ascii_alphabetic()) {
        push(forms, hex.to_ascii_uppercase());
    }
    push(forms, hex);
    for shift in 0..3 {
        let standard = base64(text.as_bytes(), shift);
        if standard.contains(['+', '/']) {
            push(forms, standard.replace('+', "-").replace('/', "_"));
        }
        push(forms, standard);
    }
}

fn push(forms: &mut Vec<Form>, form: String) {
    if !form.is_empty() && !forms.iter().any(|known| *known.text == *form) {
        forms.push(Form {
            bytes: bytes_in(&form),
            text: form.into(),
        });
    }
}

fn pieces(secret: &str) -> impl Iterator<Item = &str> {
    let mut rest = secret;
    std::iter::from_fn(move || {
        // A short last piece would be found in too many places; what stands before it is masked.
        let is_first = rest.len() == secret.len();
        if rest.is_empty() || (!is_first && rest.len() < PIECE / 2) {
            return None;
        }
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = after;
        Some(piece)
    })
}

/// All but unreserved characters (RFC 3986) as `%XX`.
fn percent(text: &str, digits: impl Fn([u8; 1]) -> String) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&digits([byte]));
        }
    }
    out
}

/// The characters of base64 that depend on these bytes alone, when so many bytes (modulo 3) stand before them.
fn base64(bytes: &[u8], shift: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let first = (shift * 8).div_ceil(6);
    let mut letters = String::with_capacity((shift + bytes.len()) * 8 / 6);
    let (mut held, mut bits, mut group) = (0_u32, 0, 0);
    for byte in std::iter::repeat_n(&0, shift).chain(bytes) {
        held = (held << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 6 {
            bits -= 6;
            if let (true, Some(letter)) =
                (group >= first, ALPHABET.get((held >> bits) as usize & 63))
            {
                letters.push(char::from(*letter));
            }
            group += 1;
        }
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_recognised_wherever_it_begins() {
        // RFC 4648, section 10: `foobar` is Zm9vYmFy.
        assert_eq!(base64(b"foobar", 0), "Zm9vYmFy");
        // `xfoobar` is eGZvb2Jhcg==, `xyfoobar` is eHlmb29iYXI=.
        assert_eq!(base64(b"foobar", 1), "Zvb2Jhc");
        assert_eq!(base64(b"foobar", 2), "mb29iYX");
    }

    #[test]
    fn a_form_is_ruled_out_only_where_the_text_lacks_a_byte_of_it_or_is_too_short() {
        let mut forms = Vec::new();
        push(&mut forms, "k3y".to_owned());
        let may_be_in = |text: &str| {
            forms
                .iter()
                .any(|form| form.may_be_in(text.len(), bytes_in(text)))
        };
        assert!(may_be_in("k3y") && may_be_in("the k3y is é"));
        assert!(may_be_in("y3k"), "only a search tells the order");
        assert!(!may_be_in("k4y") && !may_be_in("k3"));
    }

    #[test]
    fn a_long_secret_is_looked_for_in_pieces() {
        let key = "0123456789".repeat(10);
        assert_eq!(pieces(&key).map(str::len).collect::<Vec<_>>(), [32, 32, 32]);
        assert_eq!(pieces("short").collect::<Vec<_>>(), ["short"]);
    }
}
