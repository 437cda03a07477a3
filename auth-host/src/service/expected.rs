//! Expectations of serde's errors, without what the errors repeat of the input, which may be a secret, a number or a code.

/// Returns the expected value at the end of a serde error: `a sequence`, `one of a, b`.
pub fn expected(message: &str) -> String {
    let text = message.split(" at line ").next().unwrap_or_default();
    let wanted = text.rsplit_once("expected ").map(|(_, wanted)| wanted);
    let wanted = match wanted {
        Some(wanted) if wanted.starts_with("struct ") => "an object",
        Some("u16" | "u32" | "u64" | "i64") => "a whole number",
        Some(wanted) => wanted,
        None if text.contains("socket address") => "an IP address with a port",
        None if text.contains("IP address") => "an IP address",
        None => "another value",
    };
    wanted.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_value_is_left_out() {
        for (message, wanted) in [
            (
                r#"invalid type: string "https://u:word@a.example", expected a sequence"#,
                "a sequence",
            ),
            (
                "invalid type: integer `8615987654321`, expected a string at line 1 column 2",
                "a string",
            ),
            (
                r#"invalid type: string "expected word", expected a boolean"#,
                "a boolean",
            ),
            ("unknown field `918273`, expected `a` or `b`", "a or b"),
            (
                "invalid type: string, expected struct Settings",
                "an object",
            ),
            ("invalid socket address syntax", "an IP address with a port"),
            ("918273", "another value"),
        ] {
            assert_eq!(expected(message), wanted, "{message}");
        }
    }
}
