//! Names of a component's imports and exports.

use crate::Result;
use wasmparser::{Encoding, Parser, Payload};

/// Imports and exports of the outermost component, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// Names of its imports.
    pub imports: Vec<String>,
    /// Names of its exports.
    pub exports: Vec<String>,
}

/// Reads the names from a component's bytes.
///
/// # Errors
///
/// When the bytes are not a component.
pub fn read(component: &[u8]) -> Result<Interfaces> {
    let wrong = |error: wasmparser::BinaryReaderError| format!("not a component: {error}.");
    let mut found = Interfaces::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(wrong)? {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => return Err("a core module, not a component.".to_owned()),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    found
                        .imports
                        .push(import.map_err(wrong)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    found
                        .exports
                        .push(export.map_err(wrong)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    found.imports.sort();
    found.exports.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_module_and_noise_are_refused() {
        assert!(
            read(b"\0asm\x01\0\0\0")
                .unwrap_err()
                .contains("core module")
        );
        assert!(read(b"hello").is_err());
        assert_eq!(read(b"\0asm\x0d\0\x01\0").unwrap(), Interfaces::default());
    }
}
