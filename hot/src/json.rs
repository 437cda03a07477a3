//! JSON text into a borrowed document, within stated bounds.
//!
//! RFC 8259, all of it, and nothing more. Strings borrow from the text (a config is read once per send, and most
//! of it is never used), keys stand in the order of the text, and repeated keys are kept, so that they can be
//! reported. Errors carry a place and never a value.
//!
//! Ours, although serde_json writes the request: reading through it cost 12 KB of the component, most of it for
//! numbers and messages that nothing here needs. The tests hold the two against each other.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::text::trim;

/// The longest text that is read, in bytes: configs and answers alike. A config with every optional field and
/// a hundred templates takes 12 KB; an answer of the service for one number takes 400 bytes.
pub const MAX_BYTES: usize = 65_536;

/// The deepest nesting that is read. A config needs 4 levels, an answer needs 4. The bound keeps the recursive
/// descent within the component's 16 KiB stack.
pub const MAX_DEPTH: usize = 16;

/// A list of a document. In the component, whose allocator frees nothing, it is not dropped either: the compiler does not
/// see that a walk through a document does nothing, and kept it for every way out of every function.
#[cfg(target_arch = "wasm32")]
pub type Kept<T> = core::mem::ManuallyDrop<T>;
/// A list of a document; in the component one that is not dropped.
#[cfg(not(target_arch = "wasm32"))]
pub type Kept<T> = T;

#[cfg(target_arch = "wasm32")]
fn keep<T>(list: T) -> Kept<T> {
    core::mem::ManuallyDrop::new(list)
}
#[cfg(not(target_arch = "wasm32"))]
fn keep<T>(list: T) -> Kept<T> {
    list
}

/// A JSON document that borrows from its text.
#[derive(Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number from 0 to 2^64 - 1.
    Integer(u64),
    /// Any other number: negative, fractional or huge. No field here takes one.
    OtherNumber,
    /// A string; owned only where it held an escape.
    String(Cow<'a, str>),
    /// An array.
    Array(Kept<Vec<Json<'a>>>),
    /// An object, in the order of the text, repeated keys included.
    Object(Kept<Vec<(Cow<'a, str>, Json<'a>)>>),
}

impl<'a> Json<'a> {
    /// The value of `key` if this is an object that has it. Of repeated keys the last counts, as in
    /// JavaScript's `JSON.parse`, which is what Logto reads configs with.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => members
                .iter()
                .rev()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The string, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// Whether this is a string of nothing but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.as_str().is_some_and(|text| trim(text).is_empty())
    }

    /// Returns true for a value that says nothing: `null`, a blank string, `{}` or `[]`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Json::Null => true,
            Json::String(_) => self.is_blank(),
            Json::Array(items) => items.is_empty(),
            Json::Object(members) => members.is_empty(),
            Json::Bool(_) | Json::Integer(_) | Json::OtherNumber => false,
        }
    }

    /// Whether this is a string in angle brackets, as forms show examples.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        self.as_str().is_some_and(|text| {
            let text = trim(text);
            text.starts_with('<') && text.ends_with('>')
        })
    }

    /// The items, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }
}

/// Why a text was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Longer than [`MAX_BYTES`].
    TooLong,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Not JSON, or not UTF-8. The place is where reading stopped.
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Byte within the line, from 1.
        column: usize,
    },
}

/// Reads one JSON document.
///
/// # Errors
/// [`ParseError`] when the text is longer or deeper than the bounds, not UTF-8, or not JSON.
///
/// # Examples
/// ```
/// use connector_hot::json;
///
/// let document = json::parse(br#"{"region": "ap-guangzhou"}"#).unwrap();
/// assert_eq!(document.get("region").and_then(json::Json::as_str), Some("ap-guangzhou"));
/// ```
pub fn parse(text: &[u8]) -> Result<Json<'_>, ParseError> {
    if text.len() > MAX_BYTES {
        return Err(ParseError::TooLong);
    }
    match core::str::from_utf8(text) {
        Ok(text) => parse_text(text),
        Err(error) => Err(syntax_error(text, error.valid_up_to())),
    }
}

/// [`parse`] for what is UTF-8 already.
///
/// # Errors
/// As [`parse`].
pub fn parse_text(text: &str) -> Result<Json<'_>, ParseError> {
    if text.len() > MAX_BYTES {
        return Err(ParseError::TooLong);
    }
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    match reader.document() {
        Some(document) => Ok(document),
        None if reader.depth > MAX_DEPTH => Err(ParseError::TooDeep),
        None => Err(syntax_error(text.as_bytes(), reader.at)),
    }
}

fn syntax_error(text: &[u8], at: usize) -> ParseError {
    let (mut line, mut column) = (1, 1);
    for byte in text.iter().take(at) {
        if *byte == b'\n' {
            (line, column) = (line + 1, 0);
        }
        column += 1;
    }
    ParseError::Syntax { line, column }
}

/// A recursive descent. Every function returns `None` where the text is not what it reads, and leaves `at` there.
struct Reader<'a> {
    text: &'a str,
    /// The next byte; always between two characters.
    at: usize,
    /// Brackets that are open. Beyond the bound when that is why reading stopped.
    depth: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Option<Json<'a>> {
        let value = self.value()?;
        (self.at == self.text.len()).then_some(value)
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes the next byte if it is this one.
    #[inline(always)]
    fn take(&mut self, byte: u8) -> Option<()> {
        if self.peek() != Some(byte) {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Most configs have none, which is told without a call.
    #[inline(always)]
    fn white_space(&mut self) {
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.skip_white_space();
        }
    }

    #[inline(never)]
    fn skip_white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A value and the white space around it.
    fn value(&mut self) -> Option<Json<'a>> {
        self.white_space();
        let value = match self.peek()? {
            b'{' => self.object()?,
            b'[' => self.array()?,
            b'"' => Json::String(self.string()?),
            b't' => self.word("true", Json::Bool(true))?,
            b'f' => self.word("false", Json::Bool(false))?,
            b'n' => self.word("null", Json::Null)?,
            _ => self.number()?,
        };
        self.white_space();
        Some(value)
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Option<Json<'a>> {
        word.bytes().try_for_each(|byte| self.take(byte))?;
        Some(value)
    }

    /// Takes an opening bracket; after it the white space, and the closing one if the brackets are empty.
    fn open(&mut self, open: u8, close: u8) -> Option<bool> {
        self.take(open)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.white_space();
        Some(self.close(close))
    }

    fn close(&mut self, close: u8) -> bool {
        let closed = self.take(close).is_some();
        self.depth -= usize::from(closed);
        closed
    }

    fn array(&mut self) -> Option<Json<'a>> {
        let mut items = Vec::new();
        let mut closed = self.open(b'[', b']')?;
        while !closed {
            items.push(self.value()?);
            closed = self.close(b']');
            if !closed {
                self.take(b',')?;
            }
        }
        Some(Json::Array(keep(items)))
    }

    fn object(&mut self) -> Option<Json<'a>> {
        let mut members = Vec::new();
        let mut closed = self.open(b'{', b'}')?;
        while !closed {
            self.white_space();
            let key = self.string()?;
            self.white_space();
            self.take(b':')?;
            members.push((key, self.value()?));
            closed = self.close(b'}');
            if !closed {
                self.take(b',')?;
            }
        }
        Some(Json::Object(keep(members)))
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.take(b'"')?;
        let plain = self.plain()?;
        if self.take(b'"').is_some() {
            return Some(Cow::Borrowed(plain));
        }
        self.escaped(plain).map(Cow::Owned)
    }

    /// The rest of a string that holds an escape, after what it begins with.
    #[inline(never)]
    fn escaped(&mut self, start: &str) -> Option<String> {
        let mut unescaped = String::from(start);
        while self.take(b'"').is_none() {
            self.take(b'\\')?;
            unescaped.push(self.escape()?);
            unescaped.push_str(self.plain()?);
        }
        Some(unescaped)
    }

    /// What stands before the next quote, backslash or control character.
    fn plain(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let length = plain_length(rest.as_bytes());
        self.at += length;
        rest.get(..length)
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Option<char> {
        let escaped = match self.peek()? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => return None,
        };
        self.at += 1;
        Some(escaped)
    }

    /// `uXXXX`, or a surrogate pair of them. Half a pair is no character.
    fn code_point(&mut self) -> Option<char> {
        let high = self.code_unit()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high);
        }
        self.take(b'\\')?;
        let low = self
            .code_unit()?
            .checked_sub(0xdc00)
            .filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + low)
    }

    fn code_unit(&mut self) -> Option<u32> {
        self.take(b'u')?;
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(self.peek()?).to_digit(16)?;
            self.at += 1;
        }
        Some(unit)
    }

    fn number(&mut self) -> Option<Json<'a>> {
        let start = self.at;
        let negative = self.take(b'-').is_some();
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        let whole = self.text.get(start..self.at)?;
        let fraction = self.take(b'.').is_some();
        if fraction {
            self.digits()?;
        }
        let exponent = self.take(b'e').or_else(|| self.take(b'E')).is_some();
        if exponent {
            let _ = self.take(b'+').or_else(|| self.take(b'-'));
            self.digits()?;
        }
        let integer = whole
            .bytes()
            .try_fold(0u64, |number, digit| {
                number
                    .checked_mul(10)?
                    .checked_add(u64::from(digit.wrapping_sub(b'0')))
            })
            .filter(|_| !(negative || fraction || exponent));
        Some(integer.map_or(Json::OtherNumber, Json::Integer))
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// How many bytes stand before the first quote, backslash or control character. Eight at a time, which takes a
/// quarter of the fuel of one at a time: strings are most of a config.
fn plain_length(text: &[u8]) -> usize {
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_first_chunk() {
        let special = special(u64::from_le_bytes(*chunk));
        if special != 0 {
            return text.len() - rest.len() + special.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    let mut last = [b'"'; 8];
    if let Some(start) = last.get_mut(..rest.len()) {
        start.copy_from_slice(rest);
    }
    text.len() - rest.len() + special(u64::from_le_bytes(last)).trailing_zeros() as usize / 8
}

/// Sets the high bit of each byte that is a quote, a backslash or below a space. Bytes above the lowest such one may
/// be wrong: the subtraction borrows from them. The classic test for a zero byte, three times.
#[inline(always)]
fn special(bytes: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);
    let quote = bytes ^ QUOTES;
    let backslash = bytes ^ BACKSLASHES;
    let control = bytes.wrapping_sub(ONES * 0x20) & !bytes;
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    (control | quote | backslash) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_without_escapes_borrow_from_the_text() {
        let Json::Array(items) = parse(br#"["plain", "esc\u0061ped"]"#).unwrap() else {
            panic!("an array was given")
        };
        assert!(matches!(&items[0], Json::String(Cow::Borrowed("plain"))));
        assert!(matches!(&items[1], Json::String(Cow::Owned(text)) if text == "escaped"));
    }

    /// Strings are looked through eight bytes at a time, and what ends one may stand at any of them.
    #[test]
    fn a_string_ends_where_serde_json_ends_it_wherever_in_a_word_that_is() {
        let fillers = [
            "a",
            " ",
            "!",
            "#",
            "[",
            "]",
            "\u{7f}",
            "\u{a2}",
            "\u{77ed}",
            "\u{1f600}",
        ];
        let ends = ["", "\"", "\\\"", "\\n", "\u{1f}", "\n", "\\"];
        for length in 0..20 {
            for filler in fillers {
                for end in ends {
                    let text = format!("\"{}{end}tail\"", filler.repeat(length));
                    let ours = parse_text(&text);
                    let theirs = serde_json::from_str::<String>(&text);
                    assert_eq!(
                        ours.as_ref().ok().and_then(Json::as_str),
                        theirs.as_deref().ok(),
                        "{text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn numbers_are_kept_only_when_they_are_whole_and_not_negative() {
        for (text, expected) in [
            ("1400006666", Json::Integer(1_400_006_666)),
            ("18446744073709551615", Json::Integer(u64::MAX)),
            ("18446744073709551616", Json::OtherNumber),
            ("-1", Json::OtherNumber),
            ("1.5", Json::OtherNumber),
        ] {
            assert!(parse(text.as_bytes()).unwrap() == expected, "{text}");
        }
    }

    #[test]
    fn of_repeated_keys_all_are_kept_and_the_last_counts() {
        let document = parse(br#"{"a": 1, "a": 2}"#).unwrap();
        assert!(document.get("a") == Some(&Json::Integer(2)));
        assert!(matches!(&document, Json::Object(members) if members.len() == 2));
    }

    #[test]
    fn a_text_at_the_depth_bound_is_read_and_one_level_more_is_refused() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
        assert!(parse(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(
            parse(&nested(MAX_DEPTH + 1)).err(),
            Some(ParseError::TooDeep)
        );
    }

    #[test]
    fn a_text_that_breaks_off_at_the_depth_bound_is_no_json_and_not_too_deep() {
        let column = MAX_DEPTH + 1;
        assert_eq!(
            parse(&[b'['; MAX_DEPTH]).err(),
            Some(ParseError::Syntax { line: 1, column })
        );
    }

    #[test]
    fn brackets_inside_strings_are_not_depth() {
        let text = [br#"["\""#.as_slice(), &[b'['; 40], br#"\\"]"#].concat();
        assert!(parse(&text).is_ok());
    }

    #[test]
    fn a_text_at_the_length_bound_is_read_and_one_byte_more_is_refused() {
        let padded = |bytes: usize| [vec![b' '; bytes - 2], b"[]".to_vec()].concat();
        assert!(parse(&padded(MAX_BYTES)).is_ok());
        assert_eq!(
            parse(&padded(MAX_BYTES + 1)).err(),
            Some(ParseError::TooLong)
        );
    }

    #[test]
    fn a_syntax_error_says_where_and_not_what() {
        assert_eq!(
            parse(b"{\n  \"accessKeySecret\": \"hunter2\",\n  oops\n}").err(),
            Some(ParseError::Syntax { line: 3, column: 3 })
        );
        assert_eq!(
            parse(b"").err(),
            Some(ParseError::Syntax { line: 1, column: 1 })
        );
        assert_eq!(
            parse(b"[\"\xff\"]").err(),
            Some(ParseError::Syntax { line: 1, column: 3 })
        );
        assert_eq!(
            parse(b"{} {}").err(),
            Some(ParseError::Syntax { line: 1, column: 4 })
        );
        assert_eq!(
            parse(b"{\n\"a\": 1,\n}").err(),
            Some(ParseError::Syntax { line: 3, column: 1 })
        );
    }

    /// Texts at the edges of the grammar, and every text that lacks or repeats one byte of them.
    #[test]
    fn what_is_json_and_what_it_holds_is_what_serde_json_says() {
        let texts = [
            r#"{"a":[1,-1,0,-0,1.5,1e5,1E+5,2e-7,01,1.,.5,-,+1,0x1,NaN]}"#,
            r#" [ true , false , null , tru , nul ] "#,
            r#""\"\\\/\b\f\n\r\t\u00e9\u77ed\ud83d\ude00""#,
            r#"["\ud83d","\ude00","\ud83d\u0041","\ud83d\udfff","\ud83d\ue000","\u12g4","\u123","\x"]"#,
            "[\"\u{77ed}\u{4fe1}\", \"\u{1f600}\", \"\t\", \"\u{7f}\"]",
            r#"{"a":1,"a":{"b":[]},"":"",}"#,
            "\u{feff}[]",
            "18446744073709551616",
            "-9223372036854775808",
            "1e400",
        ];
        let mut compared = 0;
        for text in texts {
            // Each element alone as well, because one that is wrong would hide the others.
            let elements = text.trim_matches(['[', ']', ' ']).split(',');
            for text in std::iter::once(text).chain(elements).map(str::as_bytes) {
                for place in 0..=text.len() {
                    let without =
                        [&text[..place], text.get(place + 1..).unwrap_or_default()].concat();
                    let doubled = [
                        &text[..place],
                        text.get(place..=place).unwrap_or_default(),
                        &text[place..],
                    ]
                    .concat();
                    for variant in [without, doubled] {
                        let ours = parse(&variant).ok();
                        let theirs = serde_json::from_slice::<serde_json::Value>(&variant).ok();
                        // A number too large for a float is JSON, and serde_json has nowhere to put it.
                        let huge = variant
                            .windows(4)
                            .any(|window| window == b"e400" || window == b"e440");
                        if !huge {
                            assert_eq!(
                                ours.as_ref().map(to_value),
                                theirs.map(without_other_numbers),
                                "{:?}",
                                String::from_utf8_lossy(&variant)
                            );
                            compared += 1;
                        }
                    }
                }
            }
        }
        assert!(compared > 1_000, "{compared}");
    }

    fn to_value(json: &Json<'_>) -> serde_json::Value {
        match json {
            Json::Null | Json::OtherNumber => serde_json::Value::Null,
            Json::Bool(value) => (*value).into(),
            Json::Integer(value) => (*value).into(),
            Json::String(text) => text.as_ref().into(),
            Json::Array(items) => items.iter().map(to_value).collect(),
            Json::Object(members) => members
                .iter()
                .map(|(key, value)| (key.to_string(), to_value(value)))
                .collect(),
        }
    }

    fn without_other_numbers(value: serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::Number(number) if !number.is_u64() => Value::Null,
            Value::Array(items) => items.into_iter().map(without_other_numbers).collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(key, value)| (key, without_other_numbers(value)))
                .collect(),
            other => other,
        }
    }
}
