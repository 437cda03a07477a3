//! Phone numbers as the service reads them.
//!
//! | given | read as |
//! |---|---|
//! | `+<calling code><number>` | itself; after `+86` a leading 0 is dropped |
//! | `0086…`, `86…`, or 11 digits that begin with 1 | mainland China |
//! | anything else | `InvalidParameterValue.IncorrectPhoneNumber` |
//!
//! A mainland mobile number is 11 digits and begins with 1. Elsewhere the calling code must be assigned and the rest
//! has 4 to 13 digits, 15 in all: E.164's limit. Source: SendSms reference, field `PhoneNumberSet`. It is inference
//! that lengths are not checked per country.
//!
//! A zero after another calling code is refused as well, unless numbers of that country begin with one. That is
//! inference: the service documents the zero after +86 alone, and no carrier routes a national prefix.

use crate::countries::{self, Country};

/// The number does not have a form that the service accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incorrect;

/// A parsed number.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    digits: String,
    country: &'static Country,
}

impl Number {
    /// Reads a number.
    ///
    /// # Errors
    ///
    /// [`Incorrect`] for a form that the table above does not list.
    pub fn parse(given: &str) -> Result<Self, Incorrect> {
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let digits = if let Some(rest) = given.strip_prefix('+') {
            if !all_digits(rest) {
                return Err(Incorrect);
            }
            match rest.strip_prefix("860") {
                Some(national) => format!("86{national}"),
                None => rest.to_owned(),
            }
        } else {
            if !all_digits(given) {
                return Err(Incorrect);
            }
            let national = if is_mainland_mobile(given) {
                given
            } else {
                // 00 stands for +, so a calling code follows: `0012125550123` is a number of New York.
                let rest = given.strip_prefix("00").unwrap_or(given);
                rest.strip_prefix("86").ok_or(Incorrect)?
            };
            format!("86{national}")
        };
        let country = countries::find(&digits).ok_or(Incorrect)?;
        let number = Self { digits, country };
        let fits = if number.is_mainland() {
            is_mainland_mobile(number.national())
        } else {
            number.digits.len() <= 15
                && (4..=13).contains(&number.national().len())
                && (!number.national().starts_with('0') || has_numbers_with_zero(country))
        };
        if fits { Ok(number) } else { Err(Incorrect) }
    }

    /// `+` and all digits.
    pub fn e164(&self) -> String {
        format!("+{}", self.digits)
    }

    /// The calling code, without `+`.
    pub fn calling_code(&self) -> &'static str {
        self.country.calling_code()
    }

    /// The digits after the calling code.
    pub fn national(&self) -> &str {
        self.digits
            .get(self.calling_code().len()..)
            .unwrap_or_default()
    }

    /// Returns true for a mainland China number. Hong Kong, Macao and Taiwan are not mainland.
    pub fn is_mainland(&self) -> bool {
        self.calling_code() == "86"
    }

    /// ISO 3166-1 alpha-2 code of the country.
    pub fn iso_code(&self) -> &'static str {
        self.country.iso
    }

    /// English name of the country.
    pub fn country_name(&self) -> &'static str {
        self.country.name
    }

    /// The masked number: calling code, up to three digits, the last four.
    pub fn masked(&self) -> String {
        let national: Vec<char> = self.national().chars().collect();
        let tail: String = national
            .iter()
            .skip(national.len().saturating_sub(4))
            .collect();
        let head: String = national
            .iter()
            .take(3.min(national.len().saturating_sub(8)))
            .collect();
        format!("+{}{head}****{tail}", self.calling_code())
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Number({})", self.masked())
    }
}

/// Calling codes whose national numbers may begin with 0. libphonenumber's metadata (9.0.43) has fixed or mobile
/// numbers of them that do.
const NUMBERS_WITH_ZERO: [&str; 9] = ["39", "225", "226", "229", "241", "242", "250", "378", "992"];

fn has_numbers_with_zero(country: &Country) -> bool {
    NUMBERS_WITH_ZERO.contains(&country.calling_code())
}

fn is_mainland_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_mainland_forms_parse_to_same_number() {
        for given in [
            "+8613800138000",
            "+86013800138000",
            "008613800138000",
            "8613800138000",
            "13800138000",
        ] {
            assert_eq!(
                Number::parse(given).unwrap().e164(),
                "+8613800138000",
                "{given}"
            );
        }
    }

    #[test]
    fn numbers_outside_the_mainland_need_the_plus() {
        let number = Number::parse("+14155550123").unwrap();
        assert_eq!(
            (number.calling_code(), number.national()),
            ("1", "4155550123")
        );
        assert!(!number.is_mainland());
        assert_eq!(Number::parse("447700900123"), Err(Incorrect));
        assert_eq!(Number::parse("00447700900123"), Err(Incorrect));
        // 00 and 11 digits that begin with 1: zone 1, not the mainland.
        for given in ["0013800138000", "0012125550123", "0000861380013800"] {
            assert_eq!(Number::parse(given), Err(Incorrect), "{given}");
        }
    }

    #[test]
    fn hong_kong_macao_and_taiwan_are_not_mainland() {
        for (given, iso) in [
            ("+85261234567", "HK"),
            ("+85366123456", "MO"),
            ("+886912345678", "TW"),
        ] {
            let number = Number::parse(given).unwrap();
            assert_eq!((number.is_mainland(), number.iso_code()), (false, iso));
        }
    }

    #[test]
    fn lengths_at_and_past_their_bounds() {
        assert!(
            Number::parse("+861380013800").is_err(),
            "10 mainland digits"
        );
        assert!(
            Number::parse("+86138001380000").is_err(),
            "12 mainland digits"
        );
        assert!(
            Number::parse("+8623800138000").is_err(),
            "mainland mobiles begin with 1"
        );
        assert!(Number::parse("+441234").is_ok(), "4 national digits");
        assert!(Number::parse("+44123").is_err(), "3 national digits");
        assert!(
            Number::parse("+441234567890123").is_ok(),
            "15 digits in all"
        );
        assert!(
            Number::parse("+4412345678901234").is_err(),
            "16 digits in all"
        );
    }

    #[test]
    fn impossible_zero_after_calling_code_is_refused() {
        for given in [
            "+6104123456789",
            "+4407911123456",
            "+81090123456789",
            "+9005321234567",
            "+340612345678",
        ] {
            assert_eq!(Number::parse(given), Err(Incorrect), "{given}");
        }
        for given in [
            "+390612345678",
            "+2250700123456",
            "+3780549882000",
            "+24106123456",
        ] {
            assert_eq!(Number::parse(given).unwrap().e164(), given);
        }
        let mainland = Number::parse("+86013800138000").unwrap();
        assert_eq!(mainland.e164(), "+8613800138000", "documented");
    }

    #[test]
    fn what_is_not_a_number_is_incorrect() {
        for given in [
            "",
            "+",
            "abc",
            "+86 13800138000",
            "+86-138-0013-8000",
            "+9991234567",
            "１３８００１３８０００",
        ] {
            assert_eq!(Number::parse(given), Err(Incorrect), "{given}");
        }
    }
}
