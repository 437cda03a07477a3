//! The code of a source file, without the tests at its end.

/// The line, counted from 0, at which the tests of a file begin: `#[cfg(test)]` in front of a module with a body. A
/// `mod tests;` has its lines in another file, and what follows it is code.
pub fn tests_begin(text: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.windows(2).position(|pair| {
        matches!(pair, ["#[cfg(test)]", next] if next.starts_with("mod ") && next.ends_with('{'))
    })
}

/// The text before the tests.
pub fn before_tests(text: &str) -> &str {
    let lines = text
        .split_inclusive('\n')
        .take(tests_begin(text).unwrap_or(usize::MAX));
    let length = lines.map(str::len).sum();
    text.get(..length).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_after_a_module_s_name_counts() {
        for (text, expected) in [
            ("#[cfg(test)]\nmod tests;\ncode\n", None),
            ("code\n#[cfg(test)]\nmod tests {\n}\n", Some(1)),
            (
                "#[cfg(test)]\nmod tests;\ncode\n  #[cfg(test)]\n  mod more {\n",
                Some(3),
            ),
            ("#[cfg(test)]\nuse x;\ncode", None),
            ("", None),
        ] {
            assert_eq!(tests_begin(text), expected, "{text}");
            let code = before_tests(text);
            assert_eq!(
                code.lines().count(),
                expected.unwrap_or(text.lines().count())
            );
            assert!(text.starts_with(code));
        }
    }
}
