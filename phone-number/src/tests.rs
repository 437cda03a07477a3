use super::*;
use alloc::string::ToString;

const MAINLAND: bool = true;
const ABROAD: bool = false;

#[test]
fn numbers_with_a_prefix_are_read() {
    let table = [
        ("+8613800138000", "+8613800138000", MAINLAND),
        ("+86 138 0013 8000", "+8613800138000", MAINLAND),
        ("+86-138-0013-8000", "+8613800138000", MAINLAND),
        ("(+86) 13800138000", "+8613800138000", MAINLAND),
        ("  +8613800138000  ", "+8613800138000", MAINLAND),
        ("008613012345678", "+8613012345678", MAINLAND),
        ("00 86 130 1234 5678", "+8613012345678", MAINLAND),
        ("+8619900000000", "+8619900000000", MAINLAND),
        ("+85268326366", "+85268326366", ABROAD),
        ("+853 6612 3456", "+85366123456", ABROAD),
        ("+886 912 345 678", "+886912345678", ABROAD),
        ("+1 (415) 555-2671", "+14155552671", ABROAD),
        ("+1.415.555.2671", "+14155552671", ABROAD),
        ("+1 [415] 555 2671", "+14155552671", ABROAD),
        ("+1\u{a0}415\u{a0}555\u{a0}2671", "+14155552671", ABROAD),
        ("+18624017194", "+18624017194", ABROAD),
        ("001 415 555 2671", "+14155552671", ABROAD),
        ("+442079460958", "+442079460958", ABROAD),
        ("0044 7911 123456", "+447911123456", ABROAD),
        ("+6598765432", "+6598765432", ABROAD),
        ("+81 90-1234-5678", "+819012345678", ABROAD),
        ("+79161234567", "+79161234567", ABROAD),
        ("+77011234567", "+77011234567", ABROAD),
        ("+39 06 1234 5678", "+390612345678", ABROAD),
        ("+2250701234567", "+2250701234567", ABROAD),
        ("+6834000", "+6834000", ABROAD),
        ("+29022222", "+29022222", ABROAD),
        ("+99361234567", "+99361234567", ABROAD),
        ("+38344123456", "+38344123456", ABROAD),
        ("+211912345678", "+211912345678", ABROAD),
        ("+881612345678", "+881612345678", ABROAD),
        ("+49 123 456789 0123", "+491234567890123", ABROAD),
        ("+852 6832-6366", "+85268326366", ABROAD),
        ("+52 55 1234 5678", "+525512345678", ABROAD),
        ("+5511987654321", "+5511987654321", ABROAD),
        ("+61 412 345 678", "+61412345678", ABROAD),
        ("+91 98765-43210", "+919876543210", ABROAD),
        ("+971501234567", "+971501234567", ABROAD),
        ("\u{ff0b}8613800138000", "+8613800138000", MAINLAND),
        ("+8613800138000\n", "+8613800138000", MAINLAND),
        (
            "\u{202a}+86 138\u{2013}0013\u{2011}8000\u{202c}",
            "+8613800138000",
            MAINLAND,
        ),
        ("+86\u{200b}138\u{feff}00138000", "+8613800138000", MAINLAND),
        (
            "+86\u{3000}138\u{2009}0013\u{2212}8000",
            "+8613800138000",
            MAINLAND,
        ),
        ("\u{ff08}+86\u{ff09}13800138000", "+8613800138000", MAINLAND),
    ];
    for zone in '1'..='9' {
        let served = table
            .iter()
            .any(|(_, e164, _)| e164.chars().nth(1) == Some(zone));
        assert!(served, "ITU zone {zone}");
    }
    for (written, e164, is_mainland) in table {
        let number =
            PhoneNumber::parse(written).unwrap_or_else(|error| panic!("{written}: {error:?}"));
        assert_eq!(
            (number.e164().as_str(), number.calling_code() == "86"),
            (e164, is_mainland),
            "{written}"
        );
    }
}

#[test]
fn other_texts_are_refused_with_a_reason() {
    for (written, expected) in [
        ("", ParseError::Empty),
        ("   ", ParseError::Empty),
        ("+", ParseError::Empty),
        ("00", ParseError::Empty),
        ("()", ParseError::Empty),
        // The traps: a New Jersey number that reads as a Chinese one, and its family.
        ("18624017194", ParseError::NoPrefix),
        ("15551234567", ParseError::NoPrefix),
        ("13800138000", ParseError::NoPrefix),
        ("8613800138000", ParseError::NoPrefix),
        ("8613612345678", ParseError::NoPrefix),
        ("14155552671", ParseError::NoPrefix),
        ("4155552671", ParseError::NoPrefix),
        ("85268326366", ParseError::NoPrefix),
        ("6598765432", ParseError::NoPrefix),
        ("0138 0013 8000", ParseError::NoPrefix),
        ("011 44 7911 123456", ParseError::NoPrefix),
        ("+0086 13800138000", ParseError::CallingCode),
        ("+0 13800138000", ParseError::CallingCode),
        ("000 8613800138000", ParseError::CallingCode),
        ("+210912345678", ParseError::CallingCode),
        ("+999123456789", ParseError::CallingCode),
        ("+384123456789", ParseError::CallingCode),
        ("+8", ParseError::CallingCode),
        ("+85", ParseError::CallingCode),
        ("+1 415 555 2671 x12", ParseError::Character),
        ("+1 415 555 2671 ext. 12", ParseError::Character),
        ("+1 415 555 2671,12", ParseError::Character),
        ("+1 415 555 2671;ext=12", ParseError::Character),
        ("+1-800-FLOWERS", ParseError::Character),
        ("tel:+14155552671", ParseError::Character),
        ("++14155552671", ParseError::Character),
        ("1+4155552671", ParseError::Character),
        ("+1415+5552671", ParseError::Character),
        ("+86\u{ff11}\u{ff13}800138000", ParseError::Character),
        ("+86\u{661}3800138000", ParseError::Character),
        ("+34 0612 345 678", ParseError::TrunkZero),
        ("+34 (0)612 345 678", ParseError::TrunkZero),
        ("+10155552671", ParseError::TrunkZero),
        ("+44 00 7911 123456", ParseError::TrunkZero),
        ("+36 0 20 123 4567", ParseError::TrunkZero),
        ("+852 0 6832 6366", ParseError::TrunkZero),
        ("+7 0916 123 45 67", ParseError::TrunkZero),
        ("+1415555267", ParseError::Length),
        ("+141555526711", ParseError::Length),
        ("+11155552671", ParseError::Length),
        ("+1", ParseError::Length),
        ("+47", ParseError::Length),
        ("+683400", ParseError::Length),
        ("+4912345678901234", ParseError::Length),
        (
            "+491234567890123456789012345678901234567890",
            ParseError::Length,
        ),
        ("+86", ParseError::NotMobile),
        ("+861380013800", ParseError::NotMobile),
        ("+86138001380000", ParseError::NotMobile),
        ("+861012345678", ParseError::NotMobile),
        ("+8612800138000", ParseError::NotMobile),
        ("+8611012345678", ParseError::NotMobile),
        ("+8623800138000", ParseError::NotMobile),
        ("+8685268326366", ParseError::NotMobile),
    ] {
        assert_eq!(PhoneNumber::parse(written), Err(expected), "{written:?}");
    }
}

/// The calling codes of libphonenumber 9.0.43, `sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)` in Python.
const LIBPHONENUMBER: [(u16, u16); 49] = [
    (1, 1),
    (7, 7),
    (20, 20),
    (27, 27),
    (30, 34),
    (36, 36),
    (39, 41),
    (43, 49),
    (51, 58),
    (60, 66),
    (81, 82),
    (84, 84),
    (86, 86),
    (90, 95),
    (98, 98),
    (211, 213),
    (216, 216),
    (218, 218),
    (220, 258),
    (260, 269),
    (290, 291),
    (297, 299),
    (350, 359),
    (370, 378),
    (380, 383),
    (385, 387),
    (389, 389),
    (420, 421),
    (423, 423),
    (500, 509),
    (590, 599),
    (670, 670),
    (672, 683),
    (685, 692),
    (800, 800),
    (808, 808),
    (850, 850),
    (852, 853),
    (855, 856),
    (870, 870),
    (878, 878),
    (880, 883),
    (886, 886),
    (888, 888),
    (960, 968),
    (970, 977),
    (979, 979),
    (992, 996),
    (998, 998),
];

#[test]
fn calling_codes_match_an_independent_list() {
    for code in 1..=999u16 {
        let listed = LIBPHONENUMBER
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&code));
        // The ITU assigns 379 to the Vatican, which uses 39 so far; libphonenumber leaves it out.
        let expected = listed || code == 379;
        let digits = format!("{code}");
        let assigned = calling_code_length(&format!("{code}0000000")) == Some(digits.len());
        assert_eq!(assigned, expected, "+{code}");
    }
}

#[test]
fn number_splits_into_calling_code_and_national_part() {
    for (written, code, national) in [
        ("+8613800138000", "86", "13800138000"),
        ("+14155552671", "1", "4155552671"),
        ("+85268326366", "852", "68326366"),
    ] {
        let number = PhoneNumber::parse(written).unwrap();
        assert_eq!((number.calling_code(), number.national()), (code, national));
    }
}

#[test]
fn a_masked_number_hides_four_digits_at_least() {
    for (written, masked) in [
        ("+8613800138000", "+86138****8000"),
        ("+14155552671", "+141****2671"),
        ("+85268326366", "+85268****66"),
        ("+6834000", "+683****"),
        ("+491234567890123", "+49123****0123"),
    ] {
        assert_eq!(PhoneNumber::parse(written).unwrap().masked(), masked);
    }
}

#[test]
fn debug_output_holds_no_digit() {
    let number = PhoneNumber::parse("+8613800138000").unwrap();
    assert_eq!(format!("{number:?}"), "PhoneNumber { .. }");
}

#[test]
fn refusals_say_what_to_write() {
    for (written, words) in [
        ("", "empty"),
        ("13800138000", "neither + nor 00"),
        ("+1 415 555 2671 x12", "not a digit"),
        ("+34 (0)612 345 678", "no number of that country"),
        ("+999123456789", "not assigned"),
        ("+1415555267", "too few or too many"),
        ("+861012345678", "13 to 19"),
    ] {
        let message = PhoneNumber::parse(written).unwrap_err().to_string();
        assert!(message.contains(words), "{written:?}: {message}");
        assert!(message.starts_with("The recipient's number "), "{message}");
    }
}

/// Values checked with libphonenumber 9.0.43: `format_number(parse(text), E164)`.
#[test]
fn trunk_zero_is_removed_where_country_has_one() {
    for (written, e164) in [
        ("+61 0412 345 678", "+61412345678"),
        ("+44 07911 123456", "+447911123456"),
        ("+44 (0)7911 123456", "+447911123456"),
        ("0044 (0) 7911 123456", "+447911123456"),
        ("+81 090-1234-5678", "+819012345678"),
        ("+90 0532 123 45 67", "+905321234567"),
        ("+49 0151 23456789", "+4915123456789"),
        ("+33 06 12 34 56 78", "+33612345678"),
        ("+36 06 20 123 4567", "+36201234567"),
        ("+62 0812 3456 789", "+628123456789"),
        ("+86 (0)138 0013 8000", "+8613800138000"),
        ("+886 0912 345 678", "+886912345678"),
        ("+353 085 012 3456", "+353850123456"),
        ("+380 050 123 4567", "+380501234567"),
    ] {
        let number = PhoneNumber::parse(written);
        assert_eq!(
            number.map(|number| number.e164()),
            Ok(e164.into()),
            "{written}"
        );
    }
}

#[test]
fn zero_that_is_part_of_the_number_stays() {
    for written in [
        "+39 06 1234 5678",
        "+39 (0)6 1234 5678",
        "+378 0549 123456",
        "+225 07 01 23 45 67",
        "+229 01 95 12 34 56",
        "+242 06 612 3456",
        "+241 06 03 12 34",
    ] {
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        let number = PhoneNumber::parse(written);
        assert_eq!(
            number.map(|number| number.digits().into()),
            Ok(digits),
            "{written}"
        );
    }
}

/// Regions by libphonenumber 9.0.43: `region_code_for_number`. Premium and toll-free numbers of the North American plan
/// belong to no region.
#[test]
fn countries_have_the_longest_beginning() {
    for (written, countries) in [
        ("+14155552671", &["US"][..]),
        ("+16135550100", &["CA"]),
        ("+18095550100", &["DO"]),
        ("+17875550100", &["PR"]),
        ("+18765550100", &["JM"]),
        ("+8613800138000", &["CN"]),
        ("+85268326366", &["HK"]),
        ("+447911223456", &["GB"]),
        ("+447781123456", &["GG"]),
        ("+447797712345", &["JE"]),
        ("+79161234567", &["RU"]),
        ("+77011234567", &["KZ"]),
        ("+4915123456789", &["DE"]),
        ("+590690123456", &["BL", "GP", "MF"]),
        ("+212612345678", &["EH", "MA"]),
        ("+18005550100", &[]),
        ("+18885550100", &[]),
        ("+19005550100", &[]),
    ] {
        let number = PhoneNumber::parse(written).unwrap();
        assert_eq!(number.countries(), countries, "{written}");
    }
    assert!(is_country("US") && is_country("ZW"));
    assert!(!is_country("us") && !is_country("XX") && !is_country("#") && !is_country(""));
}
