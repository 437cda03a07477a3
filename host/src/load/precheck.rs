//! How much work a component makes for the compiler, judged from its sections before the compiler sees it.
//!
//! Compiling cannot be interrupted, and its cost is not that of the file's size:
//!
//! | refused | why |
//! |---|---|
//! | a function of more than [`FUNCTION_BYTES`] | optimising one function costs more than in proportion to its length |
//! | components that instantiate each other into more than [`EXPANDED_BYTES`] | Wasmtime compiles every instance of a nested component anew: thirty components that hold the next one twice are 2 KB of file and a billion instances |
//!
//! It is no bound on time. Straight code of [`FUNCTION_BYTES`] costs 4 ms for each KB, and 250 MB while it is compiled.
//! Where many branches meet and many locals are alive, the compiler's register allocation grows with the third power
//! and more: 120 loops in each other over 120 locals, 1.7 KB, take 2 s, and 500 blocks over 500 locals, 12 KB, half a
//! minute (`connector-bench part compile blocks 500 0`).
//! What tells such a function from one that a compiler wrote is which locals are alive where, so a bound would be half
//! of a compiler, or would refuse honest code. [`crate::HostOptions::compile`] is for hosts to which that matters.
//!
//! What is malformed is refused here too, so that nothing passes because two readers disagree.

use super::error::LoadError;

/// The longest body of a function, in bytes. The reference connector's longest has under 8 KiB.
const FUNCTION_BYTES: u64 = 128 << 10;

/// What component-level sections may come to once every instance of a component is counted. The reference
/// connector comes to about 60 KB.
const EXPANDED_BYTES: u64 = 8 << 20;

/// How deep components may nest. Composing two connectors makes three levels.
const DEPTH: usize = 16;

/// Refuses what would hold up the compiler.
pub(super) fn check(bytes: &[u8]) -> Result<(), LoadError> {
    check_preamble(bytes)?;
    let Some(shape) = Shape::read(bytes) else {
        return Err(LoadError::Invalid(
            "its sections do not add up, or it nests too deep".to_owned(),
        ));
    };
    let too_complex = |what, found, limit| LoadError::TooComplex { what, found, limit };
    if shape.longest_function > FUNCTION_BYTES {
        let what = "bytes in one function";
        return Err(too_complex(what, shape.longest_function, FUNCTION_BYTES));
    }
    let expanded = shape.own_bytes.saturating_mul(shape.copies);
    if expanded > EXPANDED_BYTES {
        let what = "bytes once its nested components are instantiated";
        return Err(too_complex(what, expanded, EXPANDED_BYTES));
    }
    Ok(())
}

/// Tells a component from a core module and from everything else by its first eight bytes.
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
        "nothing".to_owned()
    } else if first
        .iter()
        .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
    {
        "text".to_owned()
    } else {
        first
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    Err(LoadError::NotWebAssembly { starts })
}

#[derive(Debug)]
struct Shape {
    longest_function: u64,
    /// Bytes of component-level sections, core modules left out.
    own_bytes: u64,
    /// An upper bound for how often any component is instantiated: each one is reached from its instantiators, so
    /// the ways to reach it are at most the product of one more than each component's instantiations.
    copies: u64,
}

impl Shape {
    /// `None` when the sections are malformed.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut shape = Self {
            longest_function: 0,
            own_bytes: 0,
            copies: 1,
        };
        shape.component(bytes, 0)?;
        Some(shape)
    }

    fn component(&mut self, bytes: &[u8], depth: usize) -> Option<()> {
        const CORE_MODULE: u8 = 1;
        const COMPONENT: u8 = 4;
        const INSTANCE: u8 = 5;
        if depth > DEPTH {
            return None;
        }
        let mut rest = Reader(bytes.get(PREAMBLE..)?);
        let mut instances = 0_u64;
        while !rest.0.is_empty() {
            let (id, payload) = rest.section()?;
            match id {
                CORE_MODULE => self.module(payload)?,
                COMPONENT => self.component(payload, depth + 1)?,
                INSTANCE => {
                    instances += u64::from(Reader(payload).u32()?);
                    self.own_bytes += payload.len() as u64;
                }
                _ => self.own_bytes += payload.len() as u64,
            }
        }
        self.copies = self.copies.saturating_mul(instances + 1);
        Some(())
    }

    fn module(&mut self, bytes: &[u8]) -> Option<()> {
        const CODE: u8 = 10;
        let mut rest = Reader(bytes.get(PREAMBLE..)?);
        while !rest.0.is_empty() {
            let (id, payload) = rest.section()?;
            if id == CODE {
                let mut code = Reader(payload);
                for _ in 0..code.u32()? {
                    let length = code.u32()?;
                    code.take(length)?;
                    self.longest_function = self.longest_function.max(u64::from(length));
                }
            }
        }
        Some(())
    }
}

/// The magic number and the version, of modules and components alike.
const PREAMBLE: usize = 8;

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn section(&mut self) -> Option<(u8, &'a [u8])> {
        let (id, rest) = self.0.split_first()?;
        self.0 = rest;
        let length = self.u32()?;
        Some((*id, self.take(length)?))
    }

    fn take(&mut self, length: u32) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    /// LEB128, at most five bytes, as WebAssembly writes all its lengths.
    fn u32(&mut self) -> Option<u32> {
        let mut value = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return u32::try_from(value).ok();
            }
        }
        None
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
        [b"\0asm\x01\0\0\0".to_vec(), section(10, &code)].concat()
    }

    fn component(sections: &[Vec<u8>]) -> Vec<u8> {
        [b"\0asm\x0d\0\x01\0".to_vec(), sections.concat()].concat()
    }

    #[test]
    fn a_function_may_be_as_long_as_the_limit_and_no_longer() {
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
    fn what_does_not_add_up_is_invalid_and_not_waved_through() {
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
