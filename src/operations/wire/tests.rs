//! Variables in the text of a template.

use super::*;

#[test]
fn variables_are_counted_by_the_largest_number() {
    for (content, count) in [
        ("", 0),
        ("no variables", 0),
        ("{1}", 1),
        ("您的验证码是{1}, {2} minutes", 2),
        ("{2} {1}", 2),
        ("{1} and {1}", 1),
        ("{12}", 12),
        ("{", 0),
        ("{1", 0),
        ("{}", 0),
        ("{x} {1x} {-1} {+1}", 0),
        ("{{1}}", 1),
        ("{1000}", 0),
    ] {
        assert_eq!(variables(content), count, "{content}");
    }
}
