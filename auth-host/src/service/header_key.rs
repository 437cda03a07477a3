//! Identifiers of requests in headers: `Idempotency-Key`, and those of signed requests.

use axum::http::HeaderMap;

/// The header is present and contains no usable identifier: ignoring it would risk a second message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusable;

/// The identifier in a header: 1 to 255 visible ASCII characters, or a string in quotation marks as in the IETF draft,
/// which may contain spaces.
///
/// # Errors
///
/// [`Unusable`] where it has another form or is there twice.
pub fn read(headers: &HeaderMap, name: &str) -> Result<Option<String>, Unusable> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| Unusable)?.trim();
    let key = match text.strip_prefix('"') {
        Some(rest) => quoted(rest),
        None => {
            let is_bare = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
            text.bytes().all(is_bare).then(|| text.to_owned())
        }
    };
    let key = key.filter(|key| (1..=255).contains(&key.len()) && values.next().is_none());
    key.map(Some).ok_or(Unusable)
}

/// The rest of a string after its first quotation mark (RFC 8941, section 3.3.3). Its parameters are not used.
fn quoted(rest: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => break,
            '\\' => text.push(characters.next().filter(|c| matches!(c, '"' | '\\'))?),
            c if matches!(c, ' '..='~') => text.push(c),
            _ => return None,
        }
    }
    let after = characters.as_str().trim_start();
    (after.is_empty() || after.starts_with(';')).then_some(text)
}
