//! Reads a [`Catalogue`] from YAML, or reports each place that is wrong, with the expected value and a remedy.
//!
//! Two passes: the shape (serde, line and column), then the values, in [`check`](super::check). Messages quote no
//! values, since values may be secrets.

use std::fmt;
use std::path::Path;

use super::check::{Finding, check};
use super::types::{Catalogue, NumberLimits, default_rates, default_regions};

/// Error for a catalogue that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueError {
    /// The file, if there is one.
    pub file: Option<String>,
    /// The mistakes; only the first if the shape is wrong.
    pub mistakes: Vec<Finding>,
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or("catalogue");
        for (at, mistake) in self.mistakes.iter().enumerate() {
            let line_feed = if at == 0 { "" } else { "\n" };
            write!(f, "{line_feed}{file}: {mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogueError {}

impl Catalogue {
    /// The text of `simulator/catalogue.yaml`.
    pub const BUILT_IN: &'static str = include_str!("../../catalogue.yaml");

    /// Reads a catalogue from YAML.
    ///
    /// # Errors
    ///
    /// The first place whose shape is wrong, or all places whose values are.
    pub fn from_yaml(text: &str) -> Result<Self, CatalogueError> {
        let mistakes = match serde_saphyr::from_str::<Self>(text) {
            Ok(catalogue) => {
                let mistakes = check(&catalogue).mistakes;
                if mistakes.is_empty() {
                    return Ok(catalogue);
                }
                mistakes
            }
            Err(error) => vec![wrong_shape(error.without_snippet())],
        };
        Err(CatalogueError {
            file: None,
            mistakes,
        })
    }

    /// Reads a catalogue from a YAML file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or [`Catalogue::from_yaml`] refuses its text.
    pub fn from_file(path: &Path) -> Result<Self, CatalogueError> {
        let file = Some(path.display().to_string());
        let text = std::fs::read_to_string(path).map_err(|error| CatalogueError {
            file: file.clone(),
            mistakes: vec![Finding {
                place: "the file".to_owned(),
                problem: format!("it cannot be read: {error}"),
                remedy: "Check the path and its permissions".to_owned(),
            }],
        })?;
        Self::from_yaml(&text).map_err(|error| CatalogueError { file, ..error })
    }
}

/// A mistake of the YAML, phrased for the author of the file: the library's messages are for its callers.
fn wrong_shape(error: &serde_saphyr::Error) -> Finding {
    let place = error.location().map_or_else(
        || "the document".to_owned(),
        |at| format!("line {}, column {}", at.line(), at.column()),
    );
    let (problem, remedy) = match error {
        serde_saphyr::Error::MultipleDocuments { .. } => (
            "a second document begins".to_owned(),
            "Keep one, and remove the line `---` before the other",
        ),
        serde_saphyr::Error::DuplicateMappingKey { .. } => (
            "this key stands here for the second time".to_owned(),
            "Keep one of the two",
        ),
        other => {
            let text = other.to_string();
            let line = text.lines().next().unwrap_or_default();
            // The place is part of the finding already.
            let problem = line.rsplit_once(" at line ").map_or(line, |(what, _)| what);
            (
                problem.to_owned(),
                "Compare with the built-in catalogue (`--print-catalogue`), which explains every key",
            )
        }
    };
    Finding {
        place,
        problem,
        remedy: remedy.to_owned(),
    }
}

impl Default for Catalogue {
    /// The built-in catalogue, `simulator/catalogue.yaml`.
    fn default() -> Self {
        // A test reads the same text and requires it to parse, so the empty catalogue is never reached.
        Self::from_yaml(Self::BUILT_IN).unwrap_or(Self {
            accounts: Vec::new(),
            limits: NumberLimits::default(),
            requests_per_second: default_rates(),
            regions: default_regions(),
            sensitive_words: Vec::new(),
            refuse_signature_of_other_route: false,
            unreachable_countries: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_catalogue_matches_its_comments() {
        let catalogue = Catalogue::from_yaml(Catalogue::BUILT_IN).unwrap();
        let (account, key) = catalogue
            .credential("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE")
            .unwrap();
        assert_eq!(key.secret_key, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE");
        assert_eq!(catalogue.app("1400006666").unwrap().0.name, account.name);
        assert!(catalogue.app("2400006666").is_some());
        assert_eq!(account.templates.len(), 7);
        assert_eq!(catalogue.limits.per_day, Some(10));
    }

    /// A catalogue that leaves these keys out has the values that the built-in one prints.
    #[test]
    fn defaults_are_values_of_built_in_catalogue() {
        let catalogue = Catalogue::from_yaml(Catalogue::BUILT_IN).unwrap();
        assert_eq!(catalogue.limits, NumberLimits::default());
        assert_eq!(catalogue.requests_per_second, default_rates());
        assert_eq!(catalogue.regions, default_regions());
    }

    /// Clients that mask parts of a key, from 8 characters, would mask such words in responses.
    #[test]
    fn built_in_keys_share_no_words_with_answers() {
        let names = crate::codes::ALL.iter();
        let mut texts: Vec<String> = names.map(|c| format!("{} {}", c.name, c.message)).collect();
        texts.push("1000000000 temporary sub-account readonly disabled".to_owned());
        let texts = texts.join(" ").to_lowercase();
        let catalogue = Catalogue::default();
        let keys = catalogue.accounts.iter().flat_map(|a| &a.credentials);
        let values = keys.flat_map(|key| {
            [
                Some(&key.secret_id),
                Some(&key.secret_key),
                key.token.as_ref(),
            ]
        });
        for value in values.flatten() {
            for piece in value.to_lowercase().as_bytes().windows(8) {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!texts.contains(piece), "{value} has {piece}");
            }
        }
    }

    #[test]
    fn wrong_shape_is_reported_by_line_and_column() {
        let error =
            Catalogue::from_yaml("accounts:\n  - name: a\n    enterprize: true\n").unwrap_err();
        assert!(error.mistakes[0].place.starts_with("line 3"), "{error}");
        assert!(error.mistakes[0].problem.contains("enterprize"), "{error}");
        let error = Catalogue::from_yaml("accounts: [").unwrap_err();
        assert!(error.mistakes[0].place.starts_with("line "), "{error}");
        assert!(!error.mistakes[0].remedy.is_empty());
    }

    #[test]
    fn secret_of_wrong_type_is_not_quoted() {
        let yaml = "accounts:\n  - name: a\n    credentials:\n      - {secret_id: AKIDx, secret_key: [hush-hush]}\n";
        let error = Catalogue::from_yaml(yaml).unwrap_err();
        assert!(!error.to_string().contains("hush-hush"), "{error}");
    }

    /// The library's own messages advise its callers.
    #[test]
    fn repeated_key_or_document_is_told_to_author() {
        for (yaml, place, words) in [
            ("accounts: []\naccounts: []\n", "line 2", "second time"),
            (
                "accounts: []\n---\naccounts: []\n",
                "line ",
                "second document",
            ),
        ] {
            let error = Catalogue::from_yaml(yaml).unwrap_err();
            let mistake = &error.mistakes[0];
            assert!(mistake.place.starts_with(place), "{error}");
            assert!(mistake.problem.contains(words), "{error}");
            let text = error.to_string();
            assert!(
                !text.contains("from_str") && !text.contains("Policy"),
                "{text}"
            );
        }
    }

    #[test]
    fn each_mistake_has_its_line() {
        let yaml = "accounts: [{name: a, apps: [{id: x1}, {id: x2}]}]";
        let text = Catalogue::from_yaml(yaml).unwrap_err().to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        for (at, line) in lines.iter().enumerate() {
            assert!(line.starts_with(&format!(
                "catalogue: accounts[0].apps[{at}].id: expected digits. "
            )));
        }
    }
}
