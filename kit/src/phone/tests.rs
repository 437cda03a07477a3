use super::*;
use alloc::format;

const MAINLAND: bool = true;
const ABROAD: bool = false;

#[test]
fn numbers_with_a_prefix_are_read_however_they_are_written() {
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
fn everything_else_is_refused_with_its_own_reason() {
    use PhoneError::{CallingCode, Character, Empty, Length, NoPrefix, NotMobile, TrunkZero};
    for (written, expected) in [
        ("", Empty),
        ("   ", Empty),
        ("+", Empty),
        ("00", Empty),
        ("()", Empty),
        // The traps: a New Jersey number that reads as a Chinese one, and its family.
        ("18624017194", NoPrefix),
        ("15551234567", NoPrefix),
        ("13800138000", NoPrefix),
        ("8613800138000", NoPrefix),
        ("8613612345678", NoPrefix),
        ("14155552671", NoPrefix),
        ("4155552671", NoPrefix),
        ("85268326366", NoPrefix),
        ("6598765432", NoPrefix),
        ("0138 0013 8000", NoPrefix),
        ("011 44 7911 123456", NoPrefix),
        ("+0086 13800138000", CallingCode),
        ("+0 13800138000", CallingCode),
        ("000 8613800138000", CallingCode),
        ("+210912345678", CallingCode),
        ("+999123456789", CallingCode),
        ("+384123456789", CallingCode),
        ("+8", CallingCode),
        ("+85", CallingCode),
        ("+1 415 555 2671 x12", Character),
        ("+1 415 555 2671 ext. 12", Character),
        ("+1 415 555 2671,12", Character),
        ("+1 415 555 2671;ext=12", Character),
        ("+1-800-FLOWERS", Character),
        ("tel:+14155552671", Character),
        ("++14155552671", Character),
        ("1+4155552671", Character),
        ("+1415+5552671", Character),
        ("\u{ff0b}8613800138000", Character),
        ("+86\u{ff11}\u{ff13}800138000", Character),
        ("+86\u{661}3800138000", Character),
        ("+8613800138000\n", Character),
        ("+8613800138000\u{200b}", Character),
        ("+44 (0)7911 123456", TrunkZero),
        ("+86(0)13800138000", TrunkZero),
        ("+1415555267", Length),
        ("+141555526711", Length),
        ("+10155552671", Length),
        ("+11155552671", Length),
        ("+1", Length),
        ("+47", Length),
        ("+683400", Length),
        ("+4912345678901234", Length),
        ("+491234567890123456789012345678901234567890", Length),
        ("+86", NotMobile),
        ("+861380013800", NotMobile),
        ("+86138001380000", NotMobile),
        ("+86013800138000", NotMobile),
        ("+861012345678", NotMobile),
        ("+8612800138000", NotMobile),
        ("+8611012345678", NotMobile),
        ("+8623800138000", NotMobile),
        ("+8685268326366", NotMobile),
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
fn the_assigned_calling_codes_are_those_of_an_independent_list() {
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
fn a_number_splits_into_calling_code_and_national_number() {
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
    assert_eq!(format!("{number:?}"), "PhoneNumber(****)");
}

#[test]
fn each_refusal_says_what_is_wrong_and_what_to_write() {
    for (written, words) in [
        ("", "empty"),
        ("13800138000", "neither + nor 00"),
        ("+1 415 555 2671 x12", "not a digit"),
        ("+44 (0)7911 123456", "(0)"),
        ("+999123456789", "not assigned"),
        ("+1415555267", "too few or too many"),
        ("+861012345678", "13 to 19"),
    ] {
        let message = PhoneNumber::parse(written).unwrap_err().message();
        assert!(message.contains(words), "{written:?}: {message}");
        assert!(message.starts_with("The recipient's number "), "{message}");
    }
}
