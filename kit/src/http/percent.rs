//! Percent-encoding (RFC 3986, section 2) for paths, queries and signatures, and the reading of forms.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A text for a segment of a path, a query or a string to sign: everything but letters, digits and `-._~` is escaped.
///
/// # Examples
/// ```
/// use connector_kit::http::percent_encode;
///
/// assert_eq!(percent_encode("+86 a/b~"), "%2B86%20a%2Fb~");
/// ```
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The pairs of a form (`application/x-www-form-urlencoded`), such as a callback's body, in their order.
///
/// # Examples
/// ```
/// use connector_kit::http::form_pairs;
///
/// let pairs = form_pairs(b"To=%2B8613800138000&MessageStatus=is+delivered");
/// assert_eq!(pairs, [
///     ("To".to_string(), "+8613800138000".to_string()),
///     ("MessageStatus".to_string(), "is delivered".to_string()),
/// ]);
/// ```
pub fn form_pairs(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}
