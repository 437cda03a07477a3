//! Recipient numbers that provoke an error code, for tests that cannot script faults.
//!
//! | route | number | the code's number |
//! |---|---|---|
//! | mainland | `+86154 0000 NNNN` | [`Code::magic`] |
//! | elsewhere | `+44 1632 960NNN` | its first and its last two digits: 123 for 1023 |
//!
//! [`Code::magic`] is the number that the code had in the old API (1023 for the 30-second limit), 20xx for the codes
//! of SMS that had none, 30xx for the gateway's.
//!
//! Neither range belongs to anybody, and connectors that check numbers accept both. No operator was assigned 154: it is
//! the only prefix from 150 to 159 that libphonenumber's metadata of China (9.0.43) does not list as mobile. Ofcom
//! keeps 01632 960000 to 960999 free ("Telephone numbers for use in TV and radio drama programmes").
//!
//! The rest of the request is checked as usual and comes first. A code whose place is `Response.Error` refuses
//! the whole request; another is the status of its number. A number without a code is ordinary.

use crate::codes::{self, Code};

const MAINLAND: &str = "+861540000";
const ELSEWHERE: &str = "+441632960";

/// The numbers that provoke a code, one for each route, in E.164 form.
pub fn numbers(code: &Code) -> [String; 2] {
    let (thousands, rest) = (code.magic / 1000, code.magic % 100);
    [
        format!("{MAINLAND}{:04}", code.magic),
        format!("{ELSEWHERE}{thousands}{rest:02}"),
    ]
}

/// The code that a number in E.164 form provokes.
pub fn code(number: &str) -> Option<&'static Code> {
    if !number.starts_with(MAINLAND) && !number.starts_with(ELSEWHERE) {
        return None;
    }
    let mut codes = codes::ALL.iter().filter(|code| code.magic != 0);
    codes
        .find(|code| numbers(code).iter().any(|magic| magic == number))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::Number;

    #[test]
    fn each_code_has_a_number_on_both_routes() {
        for known in codes::ALL.iter().filter(|code| code.magic != 0) {
            for number in numbers(known) {
                assert_eq!(Number::parse(&number).unwrap().e164(), number);
                assert_eq!(code(&number).unwrap().name, known.name);
            }
        }
        assert_eq!(
            numbers(&codes::PHONE_NUMBER_THIRTY_SECOND_LIMIT),
            ["+8615400001023", "+441632960123"]
        );
    }

    #[test]
    fn other_numbers_provoke_nothing() {
        for number in [
            "+8615400000000",
            "+8615400009999",
            "+8613800138000",
            "+441632960000",
            "+441632960999",
            "+4416329601230",
            "+441632960",
            "+447700900123",
        ] {
            assert_eq!(code(number), None, "{number}");
        }
    }
}
