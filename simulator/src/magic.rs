//! Recipient numbers that provoke an error code, for tests that cannot script faults.
//!
//! `+1500555NNNN` and `+861000000NNNN`, where `NNNN` is [`Code::magic`]: the number that the code had in the
//! old API (1023 for the 30-second limit), 20xx for the codes of SMS that had none, 30xx for the gateway's.
//! Neither range belongs to anybody: 500 is not geographic, and no mainland mobile number begins with 100.
//!
//! The rest of the request is checked as usual and comes first. A code of the gateway or the access layer
//! refuses the whole request; one of the backend stands beside its number. `NNNN` that is no code's is an
//! ordinary number.

use crate::codes::{self, Code};

/// Prefixes, calling code included.
pub const PREFIXES: [&str; 2] = ["+1500555", "+861000000"];

/// The code that a number in E.164 form provokes.
pub fn code(number: &str) -> Option<&'static Code> {
    let digits = PREFIXES
        .iter()
        .find_map(|prefix| number.strip_prefix(prefix))?;
    codes::by_magic((digits.len() == 4).then(|| digits.parse().ok())??)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::Number;

    #[test]
    fn every_code_has_a_number_on_both_routes_and_the_service_would_accept_both() {
        for known in codes::ALL.iter().filter(|code| code.magic != 0) {
            for prefix in PREFIXES {
                let number = format!("{prefix}{:04}", known.magic);
                assert_eq!(Number::parse(&number).unwrap().e164(), number);
                assert_eq!(code(&number).unwrap().name, known.name);
            }
        }
    }

    #[test]
    fn other_numbers_provoke_nothing() {
        for number in [
            "+15005550000",
            "+15005559999",
            "+8613800138000",
            "+150055510233",
            "+1500555",
        ] {
            assert_eq!(code(number), None, "{number}");
        }
    }
}
