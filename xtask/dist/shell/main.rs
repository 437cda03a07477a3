//! `shell FROM TO`: a component without what only wit-component had a use for. `cargo xtask dist` runs it.
//!
//! A component is a core module and a shell around it, and of the shell only the interface is seen from outside: the
//! names of imports and exports, and the types in them. What is done to the rest:
//!
//! - names by which core modules import and export get one letter or two, and exports that nobody calls go;
//! - the nested components of the exported interfaces become instances of what they export: see `fold.rs`;
//! - of types and aliases that are defined twice one stays, and none that nothing refers to;
//! - definitions are sorted into few sections;
//! - custom sections go, in the core modules too.
//!
//! It refuses a component that has anything that is not known here, and does not write one whose interface, printed as
//! WIT, is not the same text as before.

mod fold;
mod graph;
mod names;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::ops::Range;
use std::process::ExitCode;

use wasmparser::{Validator, WasmFeatures};
use wit_component::{DecodedWasm, WitPrinter};

/// What went wrong, in words that follow on "the component cannot be made smaller: ".
type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else {
        eprintln!("Usage: shell FROM TO");
        return ExitCode::from(2);
    };
    let outcome = std::fs::read(from)
        .map_err(|error| format!("{from}: {error}"))
        .and_then(|bytes| without_shell(&bytes))
        .and_then(|bytes| std::fs::write(to, bytes).map_err(|error| format!("{to}: {error}")));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("The component cannot be made smaller: {message}.");
            ExitCode::FAILURE
        }
    }
}

/// The component with the smallest shell that says the same.
fn without_shell(bytes: &[u8]) -> Result<Vec<u8>> {
    validate(bytes)?;
    let mut graph = read::component(bytes)?;
    let same = write::same(&graph)?;
    write::replace(&mut graph, &same)?;
    let live = write::live(&graph)?;
    names::shorten(&mut graph, &live)?;
    // What was exported to a core module that does not import it is not needed any more.
    let live = write::live(&graph)?;
    let smaller = write::component(&graph, &live)?;
    validate(&smaller).map_err(|error| format!("what came of it is wrong: {error}"))?;
    let (before, after) = (interface(bytes)?, interface(&smaller)?);
    if before != after {
        return Err(format!(
            "its interface would be another. Before:\n{before}\nAfter:\n{after}"
        ));
    }
    Ok(smaller)
}

fn validate(bytes: &[u8]) -> Result {
    Validator::new_with_features(WasmFeatures::default())
        .validate_all(bytes)
        .map(|_| ())
        .map_err(|error| format!("it is not valid: {error}"))
}

/// The interface as WIT.
fn interface(bytes: &[u8]) -> Result<String> {
    let broken = |error| format!("its interface cannot be read: {error:#}");
    let DecodedWasm::Component(resolve, world) = wit_component::decode(bytes).map_err(broken)?
    else {
        return Err("it is an interface and not a component".to_owned());
    };
    let main = resolve
        .worlds
        .get(world)
        .and_then(|world| world.package)
        .ok_or("its interface has no package")?;
    let others: Vec<_> = resolve
        .packages
        .iter()
        .map(|(id, _)| id)
        .filter(|id| *id != main)
        .collect();
    let mut printer = WitPrinter::default();
    printer.print(&resolve, main, &others).map_err(broken)?;
    Ok(printer.output.to_string())
}

/// A part of the bytes that were parsed.
fn part(bytes: &[u8], range: Range<u64>) -> Result<&[u8]> {
    usize::try_from(range.start)
        .ok()
        .zip(usize::try_from(range.end).ok())
        .and_then(|(start, end)| bytes.get(start..end))
        .ok_or_else(|| "it is cut short".to_owned())
}
