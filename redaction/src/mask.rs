//! Masks in place of what was taken out of a text.

/// Replacement for the text that was taken out.
pub const MASK: &str = "****";

/// Replaces a whole text.
pub fn mask_whole(text: &mut String) {
    if !text.is_empty() {
        *text = MASK.to_owned();
    }
}

/// The first `cap` bytes of a text at most, in whole characters.
pub(crate) fn prefix(text: &str, cap: usize) -> &str {
    text.get(..text.floor_char_boundary(cap))
        .unwrap_or_default()
}

/// A text without these places.
pub(crate) fn masked(text: &str, found: &[(usize, usize)], cut: bool) -> String {
    let mut clean = String::with_capacity(text.len() + MASK.len());
    let mut at = 0;
    for (nth, (start, end)) in found.iter().enumerate() {
        if *start >= text.len() {
            break;
        }
        // Adjacent ranges are masked once.
        if *start > at || nth == 0 {
            clean.push_str(text.get(at..*start).unwrap_or_default());
            clean.push_str(MASK);
        }
        at = at.max(*end);
    }
    clean.push_str(text.get(at..).unwrap_or_default());
    if cut {
        clean.push('…');
    }
    clean
}
