//! State of the repository that a build is made from: its revision, its date, and whether it has changes beside them.

use crate::Result;
use crate::command::output;
use std::path::Path;
use std::process::Command;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The environment variable that fixes dates: <https://reproducible-builds.org/specs/source-date-epoch/>.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// The commit that is built.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    /// The commit, unless files differ from it: then the build cannot be reproduced.
    pub revision: Option<String>,
    /// True if files differ from the commit.
    pub has_changes: bool,
    /// Seconds since 1970: `SOURCE_DATE_EPOCH`, or the commit's date.
    pub epoch: Option<i64>,
}

impl Repository {
    /// Reads the state of a working tree. Without git, or outside of a repository, it is unknown.
    ///
    /// # Errors
    ///
    /// When `SOURCE_DATE_EPOCH` is set to something else than a number.
    pub fn read(root: &Path) -> Result<Self> {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.current_dir(root).args(arguments);
            output(&mut command).map(|text| text.trim().to_owned())
        };
        let epoch = match std::env::var(EPOCH) {
            Ok(text) => Some(text.trim().parse().map_err(|_| {
                format!("{EPOCH} is not a number of seconds. Correct it, or leave it to the commit's date.")
            })?),
            Err(_) => git(&["log", "-1", "--format=%ct"])
                .ok()
                .and_then(|text| text.parse().ok()),
        };
        let has_changes = git(&["status", "--porcelain"]).is_ok_and(|text| !text.is_empty());
        let revision = git(&["rev-parse", "HEAD"]).ok().filter(|_| !has_changes);
        Ok(Self {
            revision,
            has_changes,
            epoch,
        })
    }

    /// The date as RFC 3339 writes it.
    pub fn date(&self) -> Option<String> {
        OffsetDateTime::from_unix_timestamp(self.epoch?)
            .ok()?
            .format(&Rfc3339)
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_written_in_utc() {
        let repository = Repository {
            epoch: Some(1_700_000_000),
            ..Repository::default()
        };
        assert_eq!(repository.date().unwrap(), "2023-11-14T22:13:20Z");
        assert_eq!(Repository::default().date(), None);
    }
}
