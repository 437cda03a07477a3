//! Phone numbers: what people type, read into E.164.
//!
//! | accepted | refused |
//! |---|---|
//! | `+8613800138000`, `+86 138-0013-8000`, `(+86) 138 0013 8000` | `13800138000`: digits without a prefix name different people in different countries |
//! | `008613800138000`, `0044 7911 123456` | `+44 (0)7911 123456`: the zero is dialled at home only |
//! | `+85268326366`, `+1 (415) 555-2671` | letters, extensions, full-width digits |
//! | | a calling code that the ITU has not assigned; a length that the country does not have |
//!
//! Lengths are E.164's (at most 15 digits), and exact for +86 and +1, where a wrong digit costs a stranger a
//! message. Elsewhere the provider knows better than a table that ages.

use alloc::format;
use alloc::string::String;

use crate::contract::Failure;
use crate::redact::Masked;

/// A number in E.164. Its `Debug` output shows no digit.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    /// Calling code and national number, 7 to 15 ASCII digits.
    digits: String,
    calling_code_digits: usize,
}

impl core::fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_tuple("PhoneNumber").field(&Masked).finish()
    }
}

/// Why a number was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneError {
    /// Nothing but white space and punctuation.
    Empty,
    /// Digits that begin with neither `+` nor `00`.
    NoPrefix,
    /// A character that is neither an ASCII digit nor punctuation between digits.
    Character,
    /// `(0)`, a digit that is dialled within the country only.
    TrunkZero,
    /// No country has this calling code.
    CallingCode,
    /// Fewer or more digits than E.164, +1 or +86 allows.
    Length,
    /// +86, but not 11 digits that begin with 13 to 19: only mobile numbers get SMS.
    NotMobile,
}

impl PhoneError {
    /// What was wrong, what was expected and what to do, without a digit of the number.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "The recipient's number is empty. Pass + and E.164 digits.",
            Self::NoPrefix => {
                "The recipient's number has neither + nor 00 in front. The same digits name different people in \
                 different countries, so the code could reach a stranger. Pass + and the country's calling code."
            }
            Self::Character => {
                "The recipient's number holds a character that is not a digit, such as a letter, an extension \
                 or a full-width digit. Pass + and ASCII digits; spaces, dashes, dots and brackets are ignored."
            }
            Self::TrunkZero => {
                "The recipient's number holds (0), which is dialled within the country only. Leave it out."
            }
            Self::CallingCode => {
                "The recipient's number begins with a country calling code that is not assigned. Check the digits \
                 after the +."
            }
            Self::Length => {
                "The recipient's number has too few or too many digits for E.164 or for its country. Check it."
            }
            Self::NotMobile => {
                "The recipient's number begins with +86 but is not a mainland mobile number: 11 digits that begin \
                 with 13 to 19. Check it; Hong Kong, Macao and Taiwan have +852, +853 and +886."
            }
        }
    }
}

impl From<PhoneError> for Failure {
    fn from(error: PhoneError) -> Self {
        Self::invalid_message(error.message())
    }
}

impl PhoneNumber {
    /// Reads a number as people write it.
    ///
    /// # Errors
    /// [`PhoneError`], which never holds a digit of the number.
    ///
    /// # Examples
    /// ```
    /// use connector_kit::phone::{PhoneError, PhoneNumber};
    ///
    /// let number = PhoneNumber::parse("00 86 138-0013-8000").unwrap();
    /// assert_eq!(number.e164(), "+8613800138000");
    /// assert_eq!(number.calling_code(), "86");
    /// assert_eq!(number.masked(), "+86138****8000");
    /// assert_eq!(PhoneNumber::parse("13800138000"), Err(PhoneError::NoPrefix));
    /// ```
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        if text.contains("(0)") {
            return Err(PhoneError::TrunkZero);
        }
        let mut written = String::with_capacity(text.len().min(32));
        for character in text.chars() {
            match character {
                ' ' | '\t' | '\u{a0}' | '-' | '.' | '(' | ')' | '[' | ']' => {}
                '+' if written.is_empty() => written.push('+'),
                '0'..='9' => written.push(character),
                _ => return Err(PhoneError::Character),
            }
        }
        let digits = match (written.strip_prefix('+'), written.strip_prefix("00")) {
            (Some(digits), _) | (None, Some(digits)) => digits,
            (None, None) if written.is_empty() => return Err(PhoneError::Empty),
            (None, None) => return Err(PhoneError::NoPrefix),
        };
        if digits.is_empty() {
            return Err(PhoneError::Empty);
        }
        let calling_code_digits = calling_code_length(digits).ok_or(PhoneError::CallingCode)?;
        let (calling_code, national) = digits
            .split_at_checked(calling_code_digits)
            .ok_or(PhoneError::Length)?;
        match calling_code {
            "86" if !is_mainland_mobile(national) => return Err(PhoneError::NotMobile),
            // North American Numbering Plan: 10 digits, and no area code begins with 0 or 1.
            "1" if national.len() != 10 || national.starts_with(['0', '1']) => {
                return Err(PhoneError::Length);
            }
            // The shortest numbers with a calling code in use are Niue's and Saint Helena's.
            _ if !(7..=15).contains(&digits.len()) => return Err(PhoneError::Length),
            _ => {}
        }
        Ok(Self {
            digits: digits.into(),
            calling_code_digits,
        })
    }

    /// `+` and the digits.
    #[must_use]
    pub fn e164(&self) -> String {
        format!("+{}", self.digits)
    }

    /// The digits without `+`.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// The digits after the calling code.
    #[must_use]
    pub fn national(&self) -> &str {
        self.digits
            .get(self.calling_code_digits..)
            .unwrap_or_default()
    }

    /// The country calling code, without `+`.
    #[must_use]
    pub fn calling_code(&self) -> &str {
        self.digits
            .get(..self.calling_code_digits)
            .unwrap_or_default()
    }

    /// A form for logs: calling code, a few digits, `****`, a few digits. At least four digits are hidden, so that
    /// the rest of a short number does not give it away.
    #[must_use]
    pub fn masked(&self) -> String {
        let national = self.national();
        let shown = national.len().saturating_sub(4);
        let tail = if shown < 6 { shown / 2 } else { 4 };
        let head = (shown - tail).min(3);
        format!(
            "+{}{}****{}",
            self.calling_code(),
            national.get(..head).unwrap_or_default(),
            national.get(national.len() - tail..).unwrap_or_default(),
        )
    }
}

fn is_mainland_mobile(national: &str) -> bool {
    let mut digits = national.bytes();
    national.len() == 11
        && digits.next() == Some(b'1')
        && matches!(digits.next(), Some(b'3'..=b'9'))
}

/// How many of the leading digits are the country calling code; `None` when they begin with none. Source: ITU-T
/// E.164's list of assigned codes, annex to Operational Bulletin 1114, with later assignments. No code is the
/// beginning of another.
#[must_use]
pub fn calling_code_length(digits: &str) -> Option<usize> {
    let mut bytes = digits.bytes().map(|byte| byte.wrapping_sub(b'0'));
    let (first, second, third) = (bytes.next()?, bytes.next(), bytes.next());
    if matches!(first, 1 | 7) {
        return Some(1);
    }
    let two = first * 10 + second?;
    if matches!(
        two,
        20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98
    ) {
        return Some(2);
    }
    let three = u16::from(two) * 10 + u16::from(third?);
    matches!(
        three,
        211..=213 | 216 | 218 | 220..=258 | 260..=269 | 290 | 291 | 297..=299
            | 350..=359 | 370..=383 | 385..=387 | 389
            | 420 | 421 | 423
            | 500..=509 | 590..=599
            | 670 | 672..=683 | 685..=692
            | 800 | 808 | 850 | 852 | 853 | 855 | 856 | 870 | 878 | 880..=883 | 886 | 888
            | 960..=968 | 970..=977 | 979 | 992..=996 | 998
    )
    .then_some(3)
}

#[cfg(test)]
mod tests;
