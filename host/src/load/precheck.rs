//! Checks before compiling: the amount of work that a component's sections make for the compiler.
//!
//! Compiling cannot be interrupted, and its cost is not that of the file's size:
//!
//! | refused | why |
//! |---|---|
//! | a function of more than [`FUNCTION_BYTES`] | optimising one function costs more than in proportion to its length |
//! | components that instantiate each other into more than [`EXPANDED_BYTES`] | Wasmtime compiles every instance of a nested component again: thirty components that hold the next one twice are 2 KB of file and a billion instances |
//!
//! This does not bound time. Straight code of [`FUNCTION_BYTES`] costs 4 ms for each KB, and 250 MB while compiling.
//! With many branches over many live locals, the cost of register allocation grows with the third power of their number
//! and more: 500 blocks over 500 locals, 12 KB, take it to half a minute. `tests/sandbox/loading.rs` has such a component.
//! Such a function differs from one that a compiler wrote in which locals are alive where, so a bound would need half of
//! a compiler, or would refuse honest code. [`crate::HostOptions::compile`] is for hosts to which that matters.
//!
//! The sections are read by the parser that Wasmtime itself uses, so no file means one thing here and another there.

use auth_connector_egress::{Phrase, phrase};
use auth_connector_package::LoadError;
use wasmparser::{Encoding, Parser, Payload};

/// The longest body of a function, in bytes. The reference connector's longest has 18 KiB.
const FUNCTION_BYTES: u64 = 128 << 10;

/// Cap on the bytes of component-level sections, counted for every instance of a component. The reference connector
/// has about 93 KB.
const EXPANDED_BYTES: u64 = 8 << 20;

/// How deep components may nest. Composing two connectors makes three levels.
const DEPTH: usize = 16;

/// Refuses what would hold up the compiler.
pub(super) fn check(bytes: &[u8]) -> Result<(), LoadError> {
    check_preamble(bytes)?;
    let malformed = || LoadError::Invalid(phrase!("wasm-sections", "its sections do not add up"));
    let shape = Shape::read(bytes).ok_or_else(malformed)?;
    if shape.depth > DEPTH {
        return Err(LoadError::Invalid(phrase!(
            "wasm-depth",
            "it nests too deep"
        )));
    }
    let too_complex = |what, found, limit| LoadError::TooComplex { what, found, limit };
    if shape.longest_function > FUNCTION_BYTES {
        let what = phrase!("wasm-function", "bytes in one function");
        return Err(too_complex(what, shape.longest_function, FUNCTION_BYTES));
    }
    let expanded = shape.own_bytes.saturating_mul(shape.copies);
    if expanded > EXPANDED_BYTES {
        let what = phrase!(
            "wasm-nested",
            "bytes once its nested components are instantiated"
        );
        return Err(too_complex(what, expanded, EXPANDED_BYTES));
    }
    Ok(())
}

/// Distinguishes a component from a core module and from everything else by its first eight bytes.
fn check_preamble(bytes: &[u8]) -> Result<(), LoadError> {
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const CORE_MODULE: &[u8] = b"\0asm\x01\0\0\0";
    if bytes.starts_with(COMPONENT) {
        return Ok(());
    }
    if bytes.starts_with(CORE_MODULE) {
        return Err(LoadError::CoreModule);
    }
    let first: Vec<u8> = bytes.iter().copied().take(8).collect();
    let starts = if first.is_empty() {
        phrase!("wasm-nothing", "nothing")
    } else if first
        .iter()
        .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
    {
        phrase!("wasm-text", "text")
    } else {
        let hex: Vec<_> = first.iter().map(|b| format!("{b:02x}")).collect();
        Phrase::verbatim(hex.join(" "))
    };
    Err(LoadError::NotWebAssembly { starts })
}

#[derive(Debug, Default)]
struct Shape {
    longest_function: u64,
    /// Bytes of component-level sections, core modules left out.
    own_bytes: u64,
    /// An upper bound for how often any component is instantiated: each one is reached from its instantiators, so
    /// the paths to it are at most the product of one more than each component's instantiations.
    copies: u64,
    /// How deep components nest.
    depth: usize,
}

impl Shape {
    /// `None` when the sections are malformed.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut shape = Self {
            copies: 1,
            ..Self::default()
        };
        // The components and modules around a section, the innermost last: instantiations so far, of a component.
        let mut around: Vec<Option<u64>> = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.ok()?;
            let range = payload.as_section().map_or(0..0, |(_, range)| range);
            // The parser ends a nested module or component with the file, even if it was to be longer.
            if range.end > bytes.len() {
                return None;
            }
            match payload {
                Payload::Version { encoding, .. } => {
                    if encoding == Encoding::Component {
                        shape.depth = shape.depth.max(around.len());
                    }
                    around.push((encoding == Encoding::Component).then_some(0));
                }
                Payload::End(_) => {
                    let instances = around.pop().flatten().unwrap_or(0);
                    shape.copies = shape.copies.saturating_mul(instances + 1);
                }
                Payload::CodeSectionEntry(body) => {
                    let length = body.range().len() as u64;
                    shape.longest_function = shape.longest_function.max(length);
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {}
                other => {
                    let Some(Some(instances)) = around.last_mut() else {
                        continue;
                    };
                    shape.own_bytes += range.len() as u64;
                    if let Payload::ComponentInstanceSection(section) = other {
                        *instances += u64::from(section.count());
                    }
                }
            }
        }
        Some(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A section: id, length, payload.
    fn section(id: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![id];
        bytes.extend(leb(payload.len()));
        bytes.extend(payload);
        bytes
    }

    fn leb(mut value: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }

    fn module_with(body: usize) -> Vec<u8> {
        let mut code = vec![1];
        code.extend(leb(body));
        code.extend(vec![0; body]);
        let functions = section(3, &[1, 0]);
        let module = b"\0asm\x01\0\0\0".to_vec();
        [module, functions, section(10, &code)].concat()
    }

    fn component(sections: &[Vec<u8>]) -> Vec<u8> {
        [b"\0asm\x0d\0\x01\0".to_vec(), sections.concat()].concat()
    }

    #[test]
    fn function_may_reach_but_not_exceed_length_limit() {
        for (body, fits) in [(FUNCTION_BYTES, true), (FUNCTION_BYTES + 1, false)] {
            let bytes = component(&[section(1, &module_with(body as usize))]);
            assert_eq!(check(&bytes).is_ok(), fits, "{body}");
        }
    }

    #[test]
    fn instances_of_instances_multiply() {
        let mut bytes = component(&[]);
        for _ in 0..5 {
            bytes = component(&[section(4, &bytes), section(5, &[2])]);
        }
        assert_eq!(Shape::read(&bytes).unwrap().copies, 3_u64.pow(5));
    }

    #[test]
    fn cut_overlong_or_deep_component_is_invalid() {
        let whole = component(&[section(1, &module_with(10)), section(5, &[0])]);
        assert!(check(&whole).is_ok());
        for length in 1..whole.len() {
            // Whole sections may be missing; a part of one may not.
            let short = Shape::read(&whole[..length]);
            let cut_between = [8, whole.len() - 3].contains(&length);
            assert_eq!(short.is_some(), cut_between, "{length}");
        }
        let overlong = component(&[vec![0, 0x80, 0x80, 0x80, 0x80, 0x80, 0]]);
        assert!(check(&overlong).is_err());
        let mut deep = component(&[]);
        for _ in 0..=DEPTH {
            deep = component(&[section(4, &deep)]);
        }
        assert!(check(&deep).is_err());
    }
}
