//! Short names for what only the component's own parts call by name, and nothing that is never called.
//!
//! A core module's imports and exports are matched by the component around it and seen by nobody else. Each core
//! instance gives its exports names of their own, in the order in which it has them; so does each instantiation to
//! what it is given.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportKind, ExportSection, ImportSection, Module, RawSection};
use wasmparser::{Export, Import, Parser, Payload};

use crate::fold::letters;
use crate::graph::{Graph, Id, Item};
use crate::{Result, part};

/// New names by old.
type Names = BTreeMap<String, String>;

/// Gives the names, in the modules and around them. `live` is what is needed of the component.
pub fn shorten(graph: &mut Graph<'_>, live: &BTreeSet<Id>) -> Result {
    let used = used(graph, live)?;
    let mut instantiated = BTreeSet::new();
    let mut names: BTreeMap<Id, Names> = BTreeMap::new();
    let nothing = BTreeSet::new();
    for &id in live {
        let used = used.get(&id).unwrap_or(&nothing);
        let exported: Vec<String> = match graph.item(id)? {
            Item::CoreExports(exports) => exports.iter().map(|(name, _, _)| name.clone()).collect(),
            Item::CoreInstantiate { module, .. } => {
                if !instantiated.insert(*module) {
                    return Err("a core module is instantiated twice".to_owned());
                }
                contents(graph, *module)?
                    .exports
                    .iter()
                    .map(|export| export.name.to_owned())
                    .collect()
            }
            _ => continue,
        };
        if let Some(missing) = used.iter().find(|name| !exported.contains(name)) {
            return Err(format!("a core instance does not export `{missing}`"));
        }
        let kept = exported.into_iter().filter(|name| used.contains(name));
        let short = kept
            .enumerate()
            .map(|(place, name)| (name, short(place)))
            .collect();
        names.insert(id, short);
    }
    for &id in live {
        rename(graph, id, &names)?;
    }
    Ok(())
}

/// The shortest name for a place.
fn short(place: usize) -> String {
    letters(
        place,
        b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    )
}

/// Which names of each core instance are called.
fn used(graph: &Graph<'_>, live: &BTreeSet<Id>) -> Result<BTreeMap<Id, BTreeSet<String>>> {
    let mut used: BTreeMap<Id, BTreeSet<String>> = BTreeMap::new();
    for &id in live {
        match graph.item(id)? {
            Item::CoreAlias { instance, name, .. } => {
                used.entry(*instance).or_default().insert(name.clone());
            }
            Item::CoreInstantiate { module, with } => {
                for import in contents(graph, *module)?.imports {
                    let instance = given(with, import.module)?;
                    used.entry(instance)
                        .or_default()
                        .insert(import.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(used)
}

/// What an instantiation is given under a name.
fn given(with: &[(String, Id)], module: &str) -> Result<Id> {
    with.iter()
        .find(|(name, _)| name == module)
        .map(|(_, id)| *id)
        .ok_or_else(|| format!("a core module imports from `{module}`, which is not given"))
}

fn rename(graph: &mut Graph<'_>, id: Id, names: &BTreeMap<Id, Names>) -> Result {
    let renamed = |instance: Id, name: &str| -> Result<String> {
        names
            .get(&instance)
            .and_then(|names| names.get(name))
            .cloned()
            .ok_or_else(|| format!("`{name}` was given no short name"))
    };
    let item = match graph.item(id)?.clone() {
        Item::CoreAlias {
            instance,
            kind,
            name,
        } => Item::CoreAlias {
            instance,
            kind,
            name: renamed(instance, &name)?,
        },
        Item::CoreExports(exports) => Item::CoreExports(
            exports
                .into_iter()
                .filter_map(|(name, kind, of)| Some((renamed(id, &name).ok()?, kind, of)))
                .collect(),
        ),
        Item::CoreInstantiate { module, with } => {
            let contents = contents(graph, module)?;
            let imported: BTreeSet<&str> = contents
                .imports
                .iter()
                .map(|import| import.module)
                .collect();
            let with: Vec<(String, Id)> = with
                .into_iter()
                .filter(|(name, _)| imported.contains(name.as_str()))
                .collect();
            let place = |module: &str| {
                with.iter()
                    .position(|(name, _)| name == module)
                    .ok_or_else(|| format!("`{module}` is not given"))
            };
            let bytes = contents.write(
                |module, name| Ok((short(place(module)?), renamed(given(&with, module)?, name)?)),
                |name| renamed(id, name).ok(),
            )?;
            let with = with
                .iter()
                .enumerate()
                .map(|(place, (_, id))| (short(place), *id))
                .collect();
            if let Some(item) = graph.items.get_mut(module) {
                *item = Item::CoreModule(bytes);
            }
            Item::CoreInstantiate { module, with }
        }
        _ => return Ok(()),
    };
    if let Some(place) = graph.items.get_mut(id) {
        *place = item;
    }
    Ok(())
}

/// A core module: what it imports and exports, and its sections.
struct Contents<'a> {
    imports: Vec<Import<'a>>,
    exports: Vec<Export<'a>>,
    sections: Vec<(u8, &'a [u8])>,
}

fn contents<'a>(graph: &'a Graph<'_>, module: Id) -> Result<Contents<'a>> {
    let Item::CoreModule(bytes) = graph.item(module)? else {
        return Err("what is instantiated is not a core module".to_owned());
    };
    let broken = |error: wasmparser::BinaryReaderError| format!("a core module: {error}");
    let mut contents = Contents {
        imports: Vec::new(),
        exports: Vec::new(),
        sections: Vec::new(),
    };
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(broken)?;
        // Names and producers, which say nothing to a runtime.
        if let Payload::CustomSection(_) = payload {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let section = part(bytes, range)?;
            contents.sections.push((id, section));
        }
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    contents.imports.push(import.map_err(broken)?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    contents.exports.push(export.map_err(broken)?);
                }
            }
            _ => {}
        }
    }
    Ok(contents)
}

impl Contents<'_> {
    /// The module with other names, and without exports that have none.
    fn write(
        &self,
        import_name: impl Fn(&str, &str) -> Result<(String, String)>,
        export_name: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<u8>> {
        const IMPORTS: u8 = 2;
        const EXPORTS: u8 = 7;
        let mut imports = ImportSection::new();
        for import in &self.imports {
            let (module, name) = import_name(import.module, import.name)?;
            let ty = RoundtripReencoder
                .entity_type(import.ty)
                .map_err(|error| format!("an import cannot be written: {error}"))?;
            imports.import(&module, &name, ty);
        }
        let mut exports = ExportSection::new();
        for export in &self.exports {
            if let Some(name) = export_name(export.name) {
                exports.export(&name, ExportKind::from(export.kind), export.index);
            }
        }
        let mut module = Module::new();
        for &(id, data) in &self.sections {
            match id {
                IMPORTS => module.section(&imports),
                EXPORTS if exports.is_empty() => continue,
                EXPORTS => module.section(&exports),
                // A list of nothing.
                _ if data == [0] && (1..=11).contains(&id) && id != 8 => continue,
                _ => module.section(&RawSection { id, data }),
            };
        }
        Ok(module.finish())
    }
}
