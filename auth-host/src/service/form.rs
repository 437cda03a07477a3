//! Forms of usages and languages, and the `Accept-Language` header.

/// The usages that the contract names. Others may be used as well.
pub const USAGES: [&str; 9] = [
    "SignIn",
    "Register",
    "ForgotPassword",
    "OrganizationInvitation",
    "Generic",
    "UserPermissionValidation",
    "BindNewIdentifier",
    "MfaVerification",
    "BindMfa",
];

/// Returns true if a text can be a usage: the registry is open, so only its form is checked.
pub fn is_usage(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Returns true if a text can be a language's BCP 47 tag.
pub fn is_locale(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The languages of an `Accept-Language` header (RFC 9110, section 12.5.4), best first. At most eight.
pub fn languages(header: &str) -> Vec<String> {
    let weighted = header.split(',').filter_map(|part| {
        let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
        let weight = rest.trim().strip_prefix("q=");
        let weight: f32 = weight.map_or(Some(1.0), |text| text.trim().parse().ok())?;
        let tag = tag.trim();
        let is_wanted = weight > 0.0 && is_locale(tag);
        is_wanted.then(|| (tag.to_owned(), weight))
    });
    let mut tags: Vec<(String, f32)> = weighted.take(32).collect();
    tags.sort_by(|a, b| b.1.total_cmp(&a.1));
    tags.into_iter().map(|(tag, _)| tag).take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_ordered_by_their_weights() {
        for (header, tags) in [
            (
                "de-CH, fr;q=0.9, en;q=0.95, *;q=0.1",
                vec!["de-CH", "en", "fr"],
            ),
            ("zh-CN", vec!["zh-CN"]),
            ("fr;q=0, de", vec!["de"]),
            ("fr;q=x, de", vec!["de"]),
            ("", vec![]),
        ] {
            assert_eq!(languages(header), tags, "{header}");
        }
    }
}
