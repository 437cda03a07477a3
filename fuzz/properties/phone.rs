//! Any text as a number.

use connector_kit::phone::PhoneNumber;
use tencent_sms_connector::config::Route;

/// See the parent module.
pub fn phone(data: &[u8]) {
    let Ok(written) = core::str::from_utf8(data) else {
        return;
    };
    let typed = digits(written);
    let number = match PhoneNumber::parse(written) {
        Ok(number) => number,
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty());
            assert!(typed.len() < 5 || !message.contains(&typed));
            return;
        }
    };
    let e164 = number.e164();
    let sent = digits(&e164);
    assert!(
        e164.strip_prefix('+') == Some(&sent),
        "{e164}: + and digits"
    );
    assert!(
        (7..=15).contains(&sent.len()) && !sent.starts_with('0'),
        "{e164}: E.164"
    );
    // Between calling code and number a zero that is dialled at home may have stood; Hungary dials 06.
    let was_typed = ["", "0", "06"].iter().any(|trunk| {
        let with_trunk = format!("{}{trunk}{}", number.calling_code(), number.national());
        typed == with_trunk || typed == format!("00{with_trunk}")
    });
    assert!(was_typed, "{e164}: the digits that were typed");
    assert!(
        written.contains(['+', '\u{ff0b}', '\u{fe62}']) || typed.starts_with("00"),
        "{e164}: a prefix was typed"
    );
    assert!(
        PhoneNumber::parse(&e164).as_ref() == Ok(&number),
        "{e164}: idempotent"
    );
    assert!(PhoneNumber::parse(&format!("00{sent}")).as_ref() == Ok(&number));
    assert_eq!(
        format!("{}{}", number.calling_code(), number.national()),
        sent
    );

    let mainland = e164.starts_with("+86");
    assert_eq!(Route::of(&number) == Route::Mainland, mainland, "{e164}");
    assert!(
        !mainland || sent.len() == 13,
        "{e164}: only mobile numbers get SMS"
    );

    let masked = number.masked();
    assert!(
        digits(&masked).len() + 4 <= sent.len(),
        "{masked}: four digits are hidden"
    );
    assert!(masked.contains("****"));
    assert!(digits(&format!("{number:?}")).is_empty());
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
