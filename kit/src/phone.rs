//! Phone numbers in E.164: the crate `auth-connector-phone-number`, whose errors are failures of the message.

use alloc::string::ToString;

pub use auth_connector_phone_number::{ParseError, PhoneNumber, calling_code_length, is_country};

use crate::contract::Failure;

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::invalid_message(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_invisible;
    use alloc::format;

    #[test]
    fn invisible_characters_of_texts_are_ignored_in_numbers() {
        for character in ('\0'..=char::MAX).filter(|each| is_invisible(*each)) {
            let written = format!("+86{character}13800138000");
            assert!(PhoneNumber::parse(&written).is_ok(), "{character:?}");
        }
    }

    #[test]
    fn refused_number_fails_the_message() {
        let failure = Failure::from(ParseError::NoPrefix);
        assert_eq!(
            failure,
            Failure::invalid_message(ParseError::NoPrefix.to_string())
        );
    }
}
