//! Files of the commands.

use auth_connector_host::Phrase;
use auth_connector_registry::RegistryError;
use std::path::Path;

/// The bytes of a file that the command line names.
pub fn read(file: &Path) -> Result<Vec<u8>, RegistryError> {
    std::fs::read(file).map_err(|error| failed(file, error))
}

/// What went wrong with a file.
pub fn failed(path: &Path, reason: impl ToString) -> RegistryError {
    RegistryError::File {
        path: path.display().to_string(),
        reason: Phrase::verbatim(reason.to_string()),
    }
}
