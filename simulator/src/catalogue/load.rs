//! From YAML to a [`Catalogue`], or the place that is wrong, what was expected there and what to do.
//!
//! Two passes: the shape (serde, line and column), then the sense (a path such as
//! `accounts[0].templates[2].text`). Messages quote no values, since values may be secrets.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use serde::de::{self, Deserializer, Visitor};

use super::Catalogue;

/// Why a catalogue was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueError {
    /// The file, where there is one.
    pub file: Option<String>,
    /// `line 12, column 5`, or a path such as `accounts[0].apps[1].id`.
    pub place: String,
    /// What is wrong and what was expected.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_deref().unwrap_or("catalogue");
        write!(
            f,
            "{file}: {}: {}. {}",
            self.place, self.problem, self.remedy
        )
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
    /// The first place whose shape or sense is wrong.
    pub fn from_yaml(text: &str) -> Result<Self, CatalogueError> {
        let catalogue: Self = serde_saphyr::from_str(text).map_err(|error| {
            let error = error.without_snippet();
            let place = error.location().map_or_else(
                || "the document".to_owned(),
                |at| format!("line {}, column {}", at.line(), at.column()),
            );
            let problem = error.to_string();
            let problem = problem.lines().next().unwrap_or_default();
            // The place is said already.
            let problem = problem.rsplit_once(" at line ").map_or(problem, |(what, _)| what).to_owned();
            CatalogueError {
                file: None,
                place,
                problem,
                remedy: "Compare with the built-in catalogue (`--print-catalogue`), which explains every key"
                    .to_owned(),
            }
        })?;
        check(&catalogue)?;
        Ok(catalogue)
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
            place: "the file".to_owned(),
            problem: format!("it cannot be read: {error}"),
            remedy: "Check the path and its permissions".to_owned(),
        })?;
        Self::from_yaml(&text).map_err(|error| CatalogueError { file, ..error })
    }
}

/// Accepts `1400006666` and `"1400006666"` alike, since YAML makes a number of the first.
pub(super) fn number_or_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    struct Id;
    impl Visitor<'_> for Id {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id, as a number or a string")
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<String, E> {
            Ok(value.to_string())
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<String, E> {
            u64::try_from(value)
                .map(|v| v.to_string())
                .map_err(|_| E::custom("expected a positive id"))
        }

        fn visit_str<E: de::Error>(self, value: &str) -> Result<String, E> {
            Ok(value.to_owned())
        }
    }
    deserializer.deserialize_any(Id)
}

fn check(catalogue: &Catalogue) -> Result<(), CatalogueError> {
    let mut keys = HashSet::new();
    let mut apps = HashSet::new();
    if catalogue.accounts.is_empty() {
        return Err(wrong(
            "accounts",
            "there is no account",
            "Add one with a credential and an app",
        ));
    }
    for (a, account) in catalogue.accounts.iter().enumerate() {
        for (i, credential) in account.credentials.iter().enumerate() {
            let place = format!("accounts[{a}].credentials[{i}]");
            if credential.secret_id.is_empty() || credential.secret_key.is_empty() {
                return Err(wrong(
                    &place,
                    "secret_id or secret_key is empty",
                    "Fill in both",
                ));
            }
            if !keys.insert(credential.secret_id.as_str()) {
                return Err(wrong(
                    &format!("{place}.secret_id"),
                    "this SecretId appears twice",
                    "Give each credential its own",
                ));
            }
            if credential.expires_at.is_some() && credential.token.is_none() {
                return Err(wrong(
                    &format!("{place}.expires_at"),
                    "only temporary keys expire, and this one has no token",
                    "Add `token`, or remove `expires_at`",
                ));
            }
        }
        for (i, app) in account.apps.iter().enumerate() {
            let place = format!("accounts[{a}].apps[{i}].id");
            if app.id.is_empty() || !app.id.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong(
                    &place,
                    "expected digits",
                    "Write an id such as 1400006666",
                ));
            }
            if !apps.insert(app.id.as_str()) {
                return Err(wrong(
                    &place,
                    "this app appears twice",
                    "One account owns an app, once",
                ));
            }
        }
        let mut templates = HashSet::new();
        for (i, template) in account.templates.iter().enumerate() {
            let place = format!("accounts[{a}].templates[{i}]");
            if template.id.is_empty() || !template.id.bytes().all(|b| b.is_ascii_digit()) {
                return Err(wrong(
                    &format!("{place}.id"),
                    "expected digits",
                    "Write an id such as 1110000",
                ));
            }
            if !templates.insert(template.id.as_str()) {
                return Err(wrong(
                    &format!("{place}.id"),
                    "this template appears twice",
                    "Give each template of an account its own id",
                ));
            }
            if let Err(problem) = template.variables() {
                return Err(wrong(
                    &format!("{place}.text"),
                    problem,
                    "Number the variables {1}, {2}, … in order, with text between them",
                ));
            }
        }
    }
    Ok(())
}

fn wrong(place: &str, problem: &str, remedy: &str) -> CatalogueError {
    CatalogueError {
        file: None,
        place: place.to_owned(),
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
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

    #[test]
    fn wrong_shape_is_reported_by_line_and_column() {
        let error =
            Catalogue::from_yaml("accounts:\n  - name: a\n    enterprize: true\n").unwrap_err();
        assert!(error.place.starts_with("line 3"), "{error}");
        assert!(error.problem.contains("enterprize"), "{error}");
        let error = Catalogue::from_yaml("accounts: [").unwrap_err();
        assert!(error.place.starts_with("line "), "{error}");
        assert!(!error.remedy.is_empty());
    }

    #[test]
    fn secret_of_wrong_type_is_not_quoted() {
        let yaml = "accounts:\n  - name: a\n    credentials:\n      - {secret_id: AKIDx, secret_key: [hush-hush]}\n";
        let error = Catalogue::from_yaml(yaml).unwrap_err();
        assert!(!error.to_string().contains("hush-hush"), "{error}");
    }

    #[test]
    fn each_breach_of_sense_names_its_path() {
        for (yaml, place) in [
            ("accounts: []", "accounts"),
            (
                "accounts: [{name: a, apps: [{id: x1}]}]",
                "accounts[0].apps[0].id",
            ),
            (
                "accounts: [{name: a, apps: [{id: 1}]}, {name: b, apps: [{id: 1}]}]",
                "accounts[1].apps[0].id",
            ),
            (
                "accounts: [{name: a, credentials: [{secret_id: A, secret_key: b}, {secret_id: A, secret_key: c}]}]",
                "accounts[0].credentials[1].secret_id",
            ),
            (
                "accounts: [{name: a, credentials: [{secret_id: A, secret_key: b, expires_at: 5}]}]",
                "accounts[0].credentials[0].expires_at",
            ),
            (
                "accounts: [{name: a, templates: [{id: 1, route: both, kind: otp, text: 'x{2}'}]}]",
                "accounts[0].templates[0].text",
            ),
        ] {
            let error = Catalogue::from_yaml(yaml).unwrap_err();
            assert_eq!(error.place, place, "{error}");
        }
    }

    #[test]
    fn id_may_be_number_or_string_not_negative() {
        for yaml in [
            "accounts: [{name: a, apps: [{id: 14}]}]",
            "accounts: [{name: a, apps: [{id: '14'}]}]",
        ] {
            assert_eq!(
                Catalogue::from_yaml(yaml).unwrap().accounts[0].apps[0].id,
                "14"
            );
        }
        assert!(Catalogue::from_yaml("accounts: [{name: a, apps: [{id: -14}]}]").is_err());
    }
}
