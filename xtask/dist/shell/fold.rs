//! What takes the place of a nested component.
//!
//! wit-component writes one for each exported interface. It imports every type and function of the interface, defines
//! each type a second time, and exports all of it. An instance that is made of the same types and functions is the
//! same to whoever looks from outside, and a few bytes an item.
//!
//! But for a type that the interface has by `use` of another: that has to be a new name for the same type, which only
//! a component can make. So one remains, of nothing else: it takes the types from outside and exports them again. A
//! type may be exported where all records that it has inside have names, which an exported instance of them gives.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    ComponentAlias, ComponentExport, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentType, ComponentTypeRef, Payload, TypeBounds,
};

use crate::Result;
use crate::graph::{Graph, Id, Item, Scope, Space};
use crate::read::{OUTERMOST, accept, plain};

/// A nested component that only says which types and functions an interface has.
pub struct Nested<'a> {
    steps: Vec<Step<'a>>,
}

enum Step<'a> {
    Type(ComponentType<'a>),
    Import(&'a str, ComponentTypeRef),
    Export(ComponentExport<'a>),
    /// A type of the component around it.
    Outer(Id),
    /// An instance of such types, whose export names them.
    Names,
}

impl<'a> Nested<'a> {
    /// Reads what is inside of one. `graph` is what came before it.
    pub fn read(graph: &Graph<'_>, payloads: Vec<Payload<'a>>) -> Result<Self> {
        let broken = |error: wasmparser::BinaryReaderError| format!("it cannot be parsed: {error}");
        let mut steps = Vec::new();
        for payload in payloads {
            match payload {
                Payload::Version { .. } | Payload::CustomSection(_) => {}
                Payload::ComponentTypeSection(types) => {
                    for ty in types {
                        let ty = ty.map_err(broken)?;
                        accept(&ty)?;
                        steps.push(Step::Type(ty));
                    }
                }
                Payload::ComponentImportSection(imports) => {
                    for import in imports {
                        let import = import.map_err(broken)?;
                        plain(&import.name)?;
                        steps.push(Step::Import(import.name.name, import.ty));
                    }
                }
                Payload::ComponentExportSection(exports) => {
                    for export in exports {
                        steps.push(Step::Export(export.map_err(broken)?));
                    }
                }
                Payload::ComponentAliasSection(aliases) => {
                    for alias in aliases {
                        let ComponentAlias::Outer {
                            kind: ComponentOuterAliasKind::Type,
                            count: 1,
                            index,
                        } = alias.map_err(broken)?
                        else {
                            return Err("a nested component has an alias".to_owned());
                        };
                        steps.push(Step::Outer(graph.find(OUTERMOST, Space::Type, index)?));
                    }
                }
                Payload::ComponentInstanceSection(instances) => {
                    for instance in instances {
                        let ComponentInstance::FromExports(_) = instance.map_err(broken)? else {
                            return Err("a nested component instantiates another".to_owned());
                        };
                        steps.push(Step::Names);
                    }
                }
                other => return Err(format!("{other:?} is not expected in a nested component")),
            }
        }
        Ok(Self { steps })
    }

    /// The definition to have in place of an instance of it.
    pub fn instantiate(
        &self,
        graph: &mut Graph<'a>,
        arguments: &BTreeMap<&str, Id>,
    ) -> Result<Item<'a>> {
        if self.steps.iter().any(|step| matches!(step, Step::Outer(_))) {
            return self.again(graph);
        }
        let scope = graph.scopes.len();
        graph.scopes.push(Scope::default());
        let given: BTreeSet<Id> = arguments.values().copied().collect();
        // First the types that only get another name, because one component makes all of these.
        let again = self.given_again(graph, scope, arguments, &given)?;
        let instance = if again.is_empty() {
            None
        } else {
            let component = graph.add(Item::Again(again.clone()));
            Some(graph.add(Item::Instantiate(component)))
        };
        *graph.scope(scope)? = Scope::default();
        let mut exports = Vec::new();
        for step in &self.steps {
            match step {
                Step::Export(export) => {
                    let id = graph.find(scope, Space::of(export.kind)?, export.index)?;
                    let id = match (export.kind, export.ty, instance) {
                        (ComponentExternalKind::Type, _, Some(instance)) if given.contains(&id) => {
                            let place = again
                                .iter()
                                .position(|again| *again == id)
                                .ok_or("a type that is exported again was not found")?;
                            graph.add(Item::Alias {
                                instance,
                                kind: ComponentExternalKind::Type,
                                name: kebab(place),
                            })
                        }
                        (ComponentExternalKind::Type, _, _) => id,
                        (ComponentExternalKind::Func, Some(ComponentTypeRef::Func(ty)), _) => {
                            let ty = graph.find(scope, Space::Type, ty)?;
                            let Item::Lift { func, options, .. } = graph.item(id)?.clone() else {
                                return Err(format!("`{}` is not lifted", export.name.name));
                            };
                            graph.add(Item::Lift { func, ty, options })
                        }
                        _ => return Err(format!("`{}` has no type", export.name.name)),
                    };
                    graph.scope(scope)?.push(Space::of(export.kind)?, id);
                    exports.push((plain(&export.name)?, export.kind, id));
                }
                step => define(graph, scope, step, arguments)?,
            }
        }
        let types: BTreeSet<Id> = exports.iter().map(|(_, _, id)| *id).collect();
        if types.len() != exports.len() {
            return Err("an interface has a type under two names".to_owned());
        }
        Ok(Item::Exports(exports))
    }

    /// The exported types that were given from outside.
    fn given_again(
        &self,
        graph: &mut Graph<'a>,
        scope: usize,
        arguments: &BTreeMap<&str, Id>,
        given: &BTreeSet<Id>,
    ) -> Result<Vec<Id>> {
        let mut again = Vec::new();
        for step in &self.steps {
            match step {
                Step::Export(export) => {
                    let space = Space::of(export.kind)?;
                    let id = graph.find(scope, space, export.index)?;
                    if export.kind == ComponentExternalKind::Type && given.contains(&id) {
                        again.push(id);
                    }
                    graph.scope(scope)?.push(space, id);
                }
                step => define(graph, scope, step, arguments)?,
            }
        }
        Ok(again)
    }

    /// A component that was made here earlier.
    fn again(&self, graph: &mut Graph<'a>) -> Result<Item<'a>> {
        let mut types = Vec::new();
        let mut again = Vec::new();
        for step in &self.steps {
            match step {
                Step::Outer(id) => types.push(*id),
                Step::Names => {}
                Step::Export(export) if export.kind == ComponentExternalKind::Instance => {}
                Step::Export(export) if export.kind == ComponentExternalKind::Type => {
                    if plain(&export.name)? != kebab(again.len()) {
                        return Err(format!("`{}` is not expected", export.name.name));
                    }
                    let id = usize::try_from(export.index)
                        .ok()
                        .and_then(|index| types.get(index))
                        .ok_or("an exported type is not one from outside")?;
                    again.push(*id);
                    // The export is a type too.
                    types.push(*id);
                }
                _ => return Err("a nested component does two things".to_owned()),
            }
        }
        let component = graph.add(Item::Again(again));
        Ok(Item::Instantiate(component))
    }
}

/// A type or import of a nested component, in the terms of the component around it.
fn define<'a>(
    graph: &mut Graph<'a>,
    scope: usize,
    step: &Step<'a>,
    arguments: &BTreeMap<&str, Id>,
) -> Result {
    let (space, id) = match step {
        Step::Type(ty) => {
            let ty = ty.clone();
            (Space::Type, graph.add(Item::Type { scope, ty }))
        }
        Step::Import(name, ty) => {
            let id = *arguments
                .get(name)
                .ok_or_else(|| format!("`{name}` is not given"))?;
            match ty {
                ComponentTypeRef::Func(_) => (Space::Func, id),
                ComponentTypeRef::Type(TypeBounds::Eq(_)) => (Space::Type, id),
                _ => return Err(format!("the import `{name}` is not a type or function")),
            }
        }
        Step::Export(_) | Step::Outer(_) | Step::Names => {
            return Err("a nested component does two things".to_owned());
        }
    };
    graph.scope(scope)?.push(space, id);
    Ok(())
}

/// The shortest name for a place, of those that a component's exports may have.
pub fn kebab(place: usize) -> String {
    letters(place, b"abcdefghijklmnopqrstuvwxyz")
}

/// The shortest name for a place: one letter, then two.
pub fn letters(mut place: usize, alphabet: &[u8]) -> String {
    let mut name = String::new();
    loop {
        if let Some(letter) = alphabet.get(place % alphabet.len()) {
            name.insert(0, char::from(*letter));
        }
        place /= alphabet.len();
        if place == 0 {
            return name;
        }
        place -= 1;
    }
}
