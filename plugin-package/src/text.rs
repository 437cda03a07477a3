//! Forms of a manifest's texts.
//!
//! `docs/manifest.schema.json` has them as regular expressions, and `tests/manifest.rs` compares the two.

use auth_connector_egress::{Phrase, phrase};

/// A text's form: the test, and its description as it stands in an error.
pub(crate) struct Form {
    pub(crate) fits: fn(&str) -> bool,
    pub(crate) expected: fn() -> Phrase,
}

pub(crate) const SCHEMA: Form = Form {
    fits: |text| text.chars().count() <= 500,
    expected: || {
        phrase!(
            "form-schema",
            "the address of a JSON Schema, of at most 500 characters"
        )
    },
};

pub(crate) const ID: Form = Form {
    fits: is_id,
    expected: || {
        phrase!(
            "form-id",
            "an id: lower-case letters and digits, in groups joined by single dots, dashes or underscores, at most 64 in all, such as example-sms"
        )
    },
};

pub(crate) const VERSION: Form = Form {
    fits: is_version,
    expected: || {
        phrase!(
            "form-version",
            "a semantic version of at most 64 characters, such as 1.4.0"
        )
    },
};

pub(crate) const CONTRACT: Form = Form {
    fits: |text| {
        text.split_once('@').is_some_and(|(name, version)| {
            name.split_once(':')
                .is_some_and(|(space, package)| is_word(space) && is_word(package))
                && is_version(version)
        })
    },
    expected: || {
        phrase!(
            "form-contract",
            "a package of WIT with its version, such as auth:connector@0.1.0"
        )
    },
};

pub(crate) const FILE: Form = Form {
    fits: |text| {
        (1..=100).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            && !text.starts_with(['.', '-'])
    },
    expected: || {
        phrase!(
            "form-file",
            "the name of a file in the manifest's folder, in letters, digits, dots, dashes and underscores, such as example_sms.wasm"
        )
    },
};

pub(crate) const SHA256: Form = Form {
    fits: |text| {
        text.len() == 64
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    },
    expected: || {
        phrase!(
            "form-sha256",
            "a SHA-256 in 64 lower-case hexadecimal digits, as sha256sum prints it"
        )
    },
};

pub(crate) const CONFIG_ORIGIN: Form = Form {
    fits: |text| {
        let is_escaped = |key: &str| {
            key.split('~')
                .skip(1)
                .all(|rest| rest.starts_with(['0', '1']))
        };
        text.len() <= 200
            && text.bytes().all(|b| b.is_ascii_graphic())
            && text.strip_prefix('/').is_some_and(|keys| {
                keys.split('/')
                    .all(|key| !key.is_empty() && is_escaped(key))
            })
    },
    expected: || {
        phrase!(
            "form-config-origin",
            "a JSON Pointer to a URL in the config, in visible ASCII and of at most 200 characters, such as /url"
        )
    },
};

pub(crate) const NAME: Form = Form {
    fits: |text| is_shown(text, 100),
    expected: || {
        phrase!(
            "form-name",
            "a name of 1 to 100 characters on one line, without control or direction marks"
        )
    },
};

pub(crate) const DESCRIPTION: Form = Form {
    fits: |text| is_shown(text, 500),
    expected: || {
        phrase!(
            "form-description",
            "a text of 1 to 500 characters on one line, without control or direction marks"
        )
    },
};

pub(crate) const LICENSE: Form = Form {
    fits: |text| {
        (1..=100).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b" .+()-:".contains(&b))
    },
    expected: || {
        phrase!(
            "form-license",
            "an SPDX licence expression, such as Apache-2.0"
        )
    },
};

pub(crate) const HOMEPAGE: Form = Form {
    fits: |text| {
        text.strip_prefix("https://").is_some_and(|rest| {
            (1..=200).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_graphic())
        })
    },
    expected: || {
        phrase!(
            "form-homepage",
            "an https address of at most 208 characters, such as https://example.com/sms"
        )
    },
};

pub(crate) const ANNOTATION_KEY: Form = Form {
    fits: |text| text.len() <= 64 && is_id(text),
    expected: || {
        phrase!(
            "form-annotation-key",
            "written like an id, such as source-revision"
        )
    },
};

pub(crate) const ANNOTATION: Form = Form {
    fits: |text| is_shown(text, 500),
    expected: DESCRIPTION.expected,
};

fn is_id(text: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 64
        && text
            .split(['.', '-', '_'])
            .all(|group| !group.is_empty() && group.bytes().all(lower))
}

/// A word of WIT: groups of lower-case letters and digits that begin with a letter, joined by dashes.
fn is_word(text: &str) -> bool {
    text.len() <= 64
        && text.split('-').all(|group| {
            group.starts_with(|c: char| c.is_ascii_lowercase())
                && group
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// <https://semver.org>, 2.0.0, with numbers of at most 19 digits: these fit in 64 bits, by which versions are compared.
fn is_version(text: &str) -> bool {
    let (rest, build) = match text.split_once('+') {
        Some((rest, build)) => (rest, Some(build)),
        None => (text, None),
    };
    let (core, pre) = match rest.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (rest, None),
    };
    let word = |group: &str| {
        !group.is_empty()
            && group
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let number = |group: &str| {
        !group.is_empty() && digits(group) && (group == "0" || !group.starts_with('0'))
    };
    text.len() <= 64
        && core.split('.').count() == 3
        && core.split('.').all(|part| part.len() <= 19 && number(part))
        && pre.is_none_or(|pre| {
            pre.split('.')
                .all(|group| word(group) && (!digits(group) || number(group)))
        })
        && build.is_none_or(|build| build.split('.').all(word))
}

/// A text for people: on one line, without marks that change how it is displayed, and without invisible characters.
fn is_shown(text: &str, most: usize) -> bool {
    let deceives = |c: char| {
        c.is_control()
            || matches!(c,
                '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
    };
    (1..=most).contains(&text.chars().count()) && !text.contains(deceives)
}
