//! Cleaning of a component's text for a terminal.

/// Returns a component's text for one line of a terminal. A space replaces each control character, so that there are no
/// escape sequences. It also replaces each mark that shows a reader a different text from the actual one.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if is_deceptive(c) { ' ' } else { c })
        .collect()
}

/// Control characters of both sets, line separators, marks of direction, and characters without a width.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_cannot_drive_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\r\nc\u{9b}d"), "a [2Jb  c d");
        assert_eq!(
            clean("a\u{202e}b\u{200b}c\u{2066}d\u{85}e\u{feff}f"),
            "a b c d e f"
        );
        assert_eq!(clean("短信 é 😀"), "短信 é 😀");
    }
}
