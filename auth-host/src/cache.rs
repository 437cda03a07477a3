//! The folder of the compile cache.

use crate::cli::Common;
use crate::mask;
use crate::output;
use std::path::{Path, PathBuf};

/// The folder that the arguments name, or the user's. `None` compiles again each time.
///
/// The user's folder is a convenience: if it cannot be written, the command logs a warning and continues. A folder that
/// was named is used, or the command ends with an error.
pub fn folder(common: &Common) -> Option<PathBuf> {
    if common.no_cache {
        return None;
    }
    if common.cache_dir.is_some() {
        return common.cache_dir.clone();
    }
    let folder = of_user()?;
    match try_writing(&folder) {
        Ok(()) => Some(folder),
        Err(reason) => {
            output::complain(&format!(
                "warning: the compile cache {} cannot be written: {reason}. Going on without it; --cache-dir DIR \
                names another folder, --no-cache silences this",
                mask::path(&folder)
            ));
            None
        }
    }
}

fn of_user() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    base.or_else(home).map(|folder| folder.join("auth-host"))
}

/// Writes and removes a file, because a folder's metadata shows neither effective permissions nor a read-only file
/// system.
fn try_writing(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    std::fs::File::create(&probe)?;
    std::fs::remove_file(&probe)
}
