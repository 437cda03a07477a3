//! Guides and logo of a plugin, which its manifest pins by SHA-256 in annotations.
//!
//! | annotation | file | content |
//! |---|---|---|
//! | `guide.<language>`, in lower case | `guides/<language>.md` | how to set the provider up, in Markdown |
//! | `logo` | `logo.svg` | a picture |
//!
//! The manifest is signed, so the pins are. In a registry the files are layers of one referrer, [`crate::media::GUIDES`].
//! A layer that no pin names is not fetched.

use crate::part;
use crate::{Digest, RegistryError};
use auth_connector_egress::{Phrase, phrase};
use auth_connector_package::Manifest;

/// The largest guide, in bytes.
pub const GUIDE: u64 = 128 << 10;

/// The most guides of a plugin.
pub const GUIDES: usize = 32;

/// The largest logo, in bytes.
pub const LOGO: u64 = 8 << 10;

/// The logo's file beside the manifest.
pub const LOGO_FILE: &str = "logo.svg";

const PREFIX: &str = "guide.";

/// A plugin's guides and its logo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Languages and their guides, in Markdown.
    pub guides: Vec<(String, String)>,
    /// The logo, an SVG.
    pub logo: Option<Vec<u8>>,
}

/// Files that a manifest pins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(Vec<(String, String)>);

/// A file that a pin names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pinned {
    Guide(String),
    Logo,
}

impl Pins {
    /// The pins of a manifest.
    pub fn of(manifest: &Manifest) -> Self {
        let is_pin = |key: &str| key == "logo" || key.starts_with(PREFIX);
        let pins = manifest.annotations.iter().filter(|(key, _)| is_pin(key));
        Self(pins.take(GUIDES + 1).cloned().collect())
    }

    /// How many guides are pinned.
    pub fn guides(&self) -> usize {
        let is_guide = |pin: &&(String, String)| pin.0.starts_with(PREFIX);
        self.0.iter().filter(is_guide).count()
    }

    /// Returns true if nothing is pinned.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The digest of a language's guide.
    pub fn guide(&self, language: &str) -> Option<&str> {
        self.find(&format!("{PREFIX}{}", language.to_ascii_lowercase()))
    }

    /// The logo's digest.
    pub fn logo(&self) -> Option<&str> {
        self.find("logo")
    }

    fn find(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, digest)| digest.as_str())
    }

    /// The file of this name and digest, if a pin names it.
    pub(crate) fn file(&self, name: &str, digest: &Digest) -> Option<Pinned> {
        let (file, pin) = if name == LOGO_FILE {
            (Pinned::Logo, self.logo())
        } else {
            let language = language(name)?;
            (Pinned::Guide(language.to_owned()), self.guide(language))
        };
        (pin == Some(digest.hex())).then_some(file)
    }

    /// Refuses guides and a logo that are too large, too many, or differ from their pins. A file without a pin passes:
    /// it is as trustworthy as its sender.
    ///
    /// # Errors
    ///
    /// [`RegistryError::Malformed`] that names the file.
    pub fn check(&self, texts: &Texts) -> Result<(), RegistryError> {
        if texts.guides.len() > GUIDES {
            let reason = phrase!("guides-many", "there are more than {most}", most = GUIDES);
            return Err(RegistryError::malformed(part::guides(), reason));
        }
        for (language, text) in &texts.guides {
            let file = format!("guides/{language}.md");
            self.one(&file, text.as_bytes(), GUIDE, self.guide(language))?;
        }
        match &texts.logo {
            Some(logo) => self.one(LOGO_FILE, logo, LOGO, self.logo()),
            None => Ok(()),
        }
    }

    fn one(
        &self,
        file: &str,
        bytes: &[u8],
        limit: u64,
        pin: Option<&str>,
    ) -> Result<(), RegistryError> {
        if bytes.len() as u64 > limit {
            return Err(RegistryError::TooLarge {
                what: Phrase::verbatim(file),
                size: bytes.len() as u64,
                limit,
            });
        }
        let found = Digest::of(bytes);
        match pin {
            Some(pin) if pin != found.hex() => Err(RegistryError::malformed(
                Phrase::verbatim(file),
                phrase!(
                    "guides-digest",
                    "its SHA-256 is {found}, and the manifest pins {pin}",
                    found = found.hex(),
                    pin = pin
                ),
            )),
            _ => Ok(()),
        }
    }

    /// How many of these guides are those that the manifest pins.
    pub fn covered(&self, texts: &Texts) -> usize {
        let is_pinned = |guide: &&(String, String)| self.guide(&guide.0).is_some();
        texts.guides.iter().filter(is_pinned).count()
    }
}

/// The language that a guide's file is named by: `zh-CN` of `guides/zh-CN.md`.
pub fn language(file: &str) -> Option<&str> {
    let tag = file.rsplit(['/', '\\']).next()?.strip_suffix(".md")?;
    let is_tag = (2..=16).contains(&tag.len())
        && tag
            .split('-')
            .next()
            .is_some_and(|first| (2..=3).contains(&first.len()))
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_tag.then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins(pins: &[(&str, &str)]) -> Pins {
        let owned = |(key, text): &(&str, &str)| ((*key).to_owned(), Digest::of(text.as_bytes()));
        let hex = |(key, digest): (String, Digest)| (key, digest.hex().to_owned());
        Pins(pins.iter().map(owned).map(hex).collect())
    }

    fn texts(guides: &[(&str, &str)]) -> Texts {
        let owned = |(language, text): &(&str, &str)| ((*language).to_owned(), (*text).to_owned());
        Texts {
            guides: guides.iter().map(owned).collect(),
            logo: None,
        }
    }

    #[test]
    fn guide_is_named_by_its_language() {
        for (file, tag) in [
            ("en.md", Some("en")),
            ("guides/zh-CN.md", Some("zh-CN")),
            ("pt-BR.md", Some("pt-BR")),
            ("README.md", None),
            ("en.txt", None),
            ("e.md", None),
            ("en_US.md", None),
            (".md", None),
        ] {
            assert_eq!(language(file), tag, "{file}");
        }
    }

    #[test]
    fn file_counts_where_name_and_digest_are_pinned() {
        let pins = pins(&[("guide.zh-cn", "Chinese"), ("logo", "<svg/>")]);
        for (name, text, found) in [
            (
                "guides/zh-CN.md",
                "Chinese",
                Some(Pinned::Guide("zh-CN".into())),
            ),
            ("guides/zh-CN.md", "other", None),
            ("guides/en.md", "Chinese", None),
            ("logo.svg", "<svg/>", Some(Pinned::Logo)),
            ("logo.png", "<svg/>", None),
        ] {
            let digest = Digest::of(text.as_bytes());
            assert_eq!(pins.file(name, &digest), found, "{name} {text}");
        }
        assert_eq!(pins.guides(), 1);
    }

    #[test]
    fn other_guide_than_the_pinned_one_is_refused() {
        let pins = pins(&[("guide.en", "English")]);
        assert!(pins.check(&texts(&[("en", "English")])).is_ok());
        assert!(pins.check(&texts(&[("de", "Deutsch")])).is_ok());
        let refused = pins.check(&texts(&[("en", "Another")])).unwrap_err();
        assert!(refused.to_string().contains("guides/en.md"), "{refused}");
        assert_eq!(pins.covered(&texts(&[("en", "x"), ("de", "y")])), 1);
    }

    #[test]
    fn guides_are_bounded_by_size_and_number() {
        let none = Pins::default();
        let most = "x".repeat(GUIDE as usize);
        assert!(none.check(&texts(&[("en", &most)])).is_ok());
        assert!(none.check(&texts(&[("en", &format!("{most}x"))])).is_err());
        let logo = |size: u64| Texts {
            logo: Some(vec![b'x'; size as usize]),
            ..Texts::default()
        };
        assert!(none.check(&logo(LOGO)).is_ok());
        assert!(none.check(&logo(LOGO + 1)).is_err());
        let many = |count: usize| texts(&vec![("en", ""); count]);
        assert!(none.check(&many(GUIDES)).is_ok());
        assert!(none.check(&many(GUIDES + 1)).is_err());
    }
}
