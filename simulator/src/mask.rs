//! Masks for values that identify or authorise: enough to recognise one's own, no more.
//!
//! Used for all output of the simulator, except the responses of the API itself and the inbox, whose purpose is to show
//! the message.

use crate::phone::Number;

/// First and last four characters of a SecretId: `AKID****MPLE`. Shorter than 12 characters: nothing.
pub fn secret_id(id: &str) -> String {
    let length = id.chars().count();
    if length < 12 {
        return "****".to_owned();
    }
    let printable = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    let mut shown = String::with_capacity(12);
    id.chars().take(4).for_each(|c| shown.push(printable(c)));
    shown.push_str("****");
    let tail = id.chars().skip(length - 4);
    tail.for_each(|c| shown.push(printable(c)));
    shown
}

/// A phone number as `+86138****8000`: calling code, up to three digits, the last four. Text that is not a number shows
/// its length only.
pub fn phone_number(given: &str) -> String {
    // Separators must not affect whether digits are shown.
    let compact: String = given
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '+')
        .collect();
    let Ok(number) = Number::parse(&compact) else {
        return format!("****({} characters)", given.chars().count());
    };
    number.masked()
}

/// A template value with its letters and digits hidden.
pub fn value(value: &str) -> String {
    value
        .chars()
        .map(|c| if c.is_alphanumeric() { '*' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_id_keeps_its_ends() {
        assert_eq!(
            secret_id("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"),
            "AKID****MPLE"
        );
        assert_eq!(secret_id("AKID12345678"), "AKID****5678");
        assert_eq!(secret_id("AKID1234567"), "****");
        assert_eq!(secret_id("ключключключ\u{7}"), "????****????");
    }

    #[test]
    fn a_hidden_value_keeps_only_its_shape() {
        assert_eq!(value("12 a-码"), "** *-*");
    }

    #[test]
    fn masked_number_keeps_calling_code_and_ends() {
        assert_eq!(phone_number("+8613800138000"), "+86138****8000");
        assert_eq!(phone_number("13800138000"), "+86138****8000");
        assert_eq!(phone_number("+86 138-0013-8000"), "+86138****8000");
        assert_eq!(phone_number("(+86)\u{200b}13800138000\n"), "+86138****8000");
        assert_eq!(phone_number("+14155550123"), "+141****0123");
        assert_eq!(phone_number("+447700900123"), "+4477****0123");
        assert_eq!(phone_number("call me 13800138000"), "****(19 characters)");
    }
}
