//! Count of the billed segments of a text, which is the `Fee` of an accepted message.
//!
//! | route, alphabet | one segment holds | several hold, each |
//! |---|---|---|
//! | mainland China, any text | 70 characters | 67 |
//! | international, GSM 7-bit | 160 septets | 153 |
//! | international, anything else (UCS-2) | 70 UTF-16 units | 67 |
//!
//! Source: Tencent Cloud SMS, *Length calculation rule*; the alphabet is 3GPP TS 23.038, section 6.2.1.
//! Characters of its extension table take two septets.

/// Route of a message, which selects the rule that counts the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// +86.
    Mainland,
    /// Everything else, Hong Kong, Macao and Taiwan included.
    International,
}

const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// The number of segments; an empty text takes one.
pub fn count(text: &str, route: Route) -> u32 {
    let (length, single, multi) = match (route, septets(text)) {
        (Route::Mainland, _) => (text.chars().count(), 70, 67),
        (Route::International, Some(septets)) => (septets, 160, 153),
        (Route::International, None) => (text.encode_utf16().count(), 70, 67),
    };
    let segments = if length <= single {
        1
    } else {
        length.div_ceil(multi)
    };
    u32::try_from(segments).unwrap_or(u32::MAX)
}

/// The length in septets, if the text can be written in the GSM 7-bit alphabet.
fn septets(text: &str) -> Option<usize> {
    text.chars().try_fold(0, |sum, c| {
        if GSM_BASIC.contains(c) {
            Some(sum + 1)
        } else if GSM_EXTENSION.contains(c) {
            Some(sum + 2)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mainland_segment_holds_70_then_67_characters() {
        for (length, segments) in [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3)] {
            assert_eq!(
                count(&"码".repeat(length), Route::Mainland),
                segments,
                "{length}"
            );
            assert_eq!(
                count(&"a".repeat(length), Route::Mainland),
                segments,
                "{length} latin"
            );
        }
    }

    #[test]
    fn gsm_segment_holds_160_then_153_septets() {
        for (length, segments) in [(160, 1), (161, 2), (306, 2), (307, 3)] {
            assert_eq!(
                count(&"a".repeat(length), Route::International),
                segments,
                "{length}"
            );
        }
    }

    #[test]
    fn an_extension_character_takes_two_septets() {
        assert_eq!(count(&"€".repeat(80), Route::International), 1);
        assert_eq!(count(&"€".repeat(81), Route::International), 2);
    }

    #[test]
    fn character_outside_alphabet_makes_text_ucs2() {
        assert_eq!(
            count(&format!("{}ç", "a".repeat(69)), Route::International),
            1
        );
        assert_eq!(
            count(&format!("{}ç", "a".repeat(70)), Route::International),
            2
        );
        // An emoji is two UTF-16 units.
        assert_eq!(count(&"😀".repeat(35), Route::International), 1);
        assert_eq!(count(&"😀".repeat(36), Route::International), 2);
    }
}
