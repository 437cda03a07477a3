//! Definitions to a component's bytes: those that are needed, once each, and in few sections.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection,
    ComponentExportKind, ComponentExportSection, ComponentImportSection, ComponentInstanceSection,
    ComponentOuterAliasKind, ComponentSectionId, ComponentTypeRef, ComponentTypeSection, Encode,
    ExportKind, InstanceSection, ModuleArg, NestedComponentSection, RawSection,
};
use wasmparser::{ComponentExternalKind, ComponentType};

use crate::Result;
use crate::fold::kebab;
use crate::graph::{Graph, Id, Item, Space};

/// What is needed: imports, exports, core instances for what starting them does, and whatever these refer to.
pub fn live(graph: &Graph<'_>) -> Result<BTreeSet<Id>> {
    let mut live = BTreeSet::new();
    let mut next: Vec<Id> = (0..graph.items.len())
        .filter(|id| {
            matches!(
                graph.items.get(*id),
                Some(Item::Import { .. } | Item::Export { .. } | Item::CoreInstantiate { .. })
            )
        })
        .collect();
    while let Some(id) = next.pop() {
        if live.insert(id) {
            next.extend(graph.references(id)?);
        }
    }
    Ok(live)
}

/// Which definition stands for each: the first of those that say the same. A type that has a name is its own, because
/// two names for one type are an alias to whoever reads the interface.
pub fn same(graph: &Graph<'_>) -> Result<Vec<Id>> {
    let named: BTreeSet<Id> = graph
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Exports(exports) => Some(exports.iter().map(|(_, _, id)| *id)),
            _ => None,
        })
        .flatten()
        .collect();
    let mut first: BTreeMap<Vec<u8>, Id> = BTreeMap::new();
    let mut same: Vec<Id> = Vec::new();
    for id in 0..graph.items.len() {
        let stands = |id: &Id| same.get(*id).copied().unwrap_or(*id);
        let key = match graph.item(id)? {
            Item::Type { ty, .. } if !named.contains(&id) && !graph.is_nominal(id) => {
                if matches!(ty, ComponentType::Instance(_)) {
                    None
                } else {
                    let mut section = ComponentTypeSection::new();
                    graph.write_type(id, &mut section, |id| number(stands(&id)))?;
                    let mut key = Vec::new();
                    section.encode(&mut key);
                    Some(key)
                }
            }
            Item::Alias {
                instance,
                kind,
                name,
            } => Some(format!("alias {} {kind:?} {name}", stands(instance)).into_bytes()),
            Item::CoreAlias {
                instance,
                kind,
                name,
            } => Some(format!("core alias {instance} {kind:?} {name}").into_bytes()),
            _ => None,
        };
        let stands = key.map_or(id, |key| *first.entry(key).or_insert(id));
        same.push(stands);
    }
    Ok(same)
}

fn number(id: usize) -> Result<u32> {
    u32::try_from(id).map_err(|error| error.to_string())
}

/// Puts what stands for each definition in its place, everywhere.
pub fn replace(graph: &mut Graph<'_>, same: &[Id]) -> Result {
    let stands = |id: &mut Id| {
        if let Some(first) = same.get(*id) {
            *id = *first;
        }
    };
    for item in &mut graph.items {
        match item {
            Item::CoreModule(_) | Item::Type { .. } => {}
            Item::CoreInstantiate { module, with } => {
                stands(module);
                with.iter_mut().for_each(|(_, id)| stands(id));
            }
            Item::CoreExports(exports) => exports.iter_mut().for_each(|(_, _, id)| stands(id)),
            Item::Exports(exports) => exports.iter_mut().for_each(|(_, _, id)| stands(id)),
            Item::CoreAlias { instance, .. }
            | Item::Alias { instance, .. }
            | Item::Export { instance, .. } => stands(instance),
            Item::Import { ty, .. } | Item::Drop(ty) => stands(ty),
            Item::Again(types) => types.iter_mut().for_each(stands),
            Item::Instantiate(component) => stands(component),
            Item::Lift { func, ty, options } => {
                stands(func);
                stands(ty);
                replace_in_options(options, same)?;
            }
            Item::Lower { func, options } => {
                stands(func);
                replace_in_options(options, same)?;
            }
        }
    }
    for scope in &mut graph.scopes {
        // Components are counted by their own places, and no type refers to one.
        scope.each(Space::Type, stands);
    }
    Ok(())
}

fn replace_in_options(options: &mut [CanonicalOption], same: &[Id]) -> Result {
    for option in options {
        if let CanonicalOption::Memory(id)
        | CanonicalOption::Realloc(id)
        | CanonicalOption::PostReturn(id) = option
            && let Some(first) = usize::try_from(*id).ok().and_then(|id| same.get(id))
        {
            *id = number(*first)?;
        }
    }
    Ok(())
}

/// An order with few sections: of the kinds of which something can be written, always the one of which most can.
/// Exports are last, as everywhere.
fn order(graph: &Graph<'_>, live: &BTreeSet<Id>) -> Result<Vec<Id>> {
    let mut waits: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    let mut last: BTreeMap<u8, Id> = BTreeMap::new();
    for &id in live {
        let mut waits_for = graph.references(id)?;
        // Imports and exports stay in their order, which is seen from outside. Instances start in theirs.
        let ordered = matches!(
            graph.item(id)?,
            Item::Import { .. } | Item::Export { .. } | Item::CoreInstantiate { .. }
        );
        if ordered && let Some(before) = last.insert(section(graph.item(id)?), id) {
            waits_for.push(before);
        }
        waits.insert(id, waits_for);
    }
    let mut written = BTreeSet::new();
    let mut order = Vec::new();
    while !waits.is_empty() {
        let mut best: Vec<Id> = Vec::new();
        let exports = u8::from(ComponentSectionId::Export);
        for kind in (0..exports).chain([exports]) {
            let ready = ready(graph, &waits, &written, kind)?;
            if ready.len() > best.len() && (kind != exports || best.is_empty()) {
                best = ready;
            }
        }
        if best.is_empty() {
            return Err("definitions refer to each other in a circle".to_owned());
        }
        for id in best {
            waits.remove(&id);
            written.insert(id);
            order.push(id);
        }
    }
    Ok(order)
}

/// What one section of a kind can hold, after what is written.
fn ready(
    graph: &Graph<'_>,
    waits: &BTreeMap<Id, Vec<Id>>,
    written: &BTreeSet<Id>,
    kind: u8,
) -> Result<Vec<Id>> {
    let mut ready = Vec::new();
    let mut with = BTreeSet::new();
    loop {
        let before = ready.len();
        for (id, waits_for) in waits {
            if !with.contains(id)
                && section(graph.item(*id)?) == kind
                && waits_for
                    .iter()
                    .all(|id| written.contains(id) || with.contains(id))
            {
                with.insert(*id);
                ready.push(*id);
            }
        }
        // A module or component is a section by itself.
        if ready.len() == before {
            return Ok(ready);
        }
    }
}

/// The section that a definition stands in.
fn section(item: &Item<'_>) -> u8 {
    match item {
        Item::CoreModule(_) => ComponentSectionId::CoreModule,
        Item::CoreInstantiate { .. } | Item::CoreExports(_) => ComponentSectionId::CoreInstance,
        Item::Again(_) => ComponentSectionId::Component,
        Item::Instantiate(_) | Item::Exports(_) => ComponentSectionId::Instance,
        Item::CoreAlias { .. } | Item::Alias { .. } => ComponentSectionId::Alias,
        Item::Type { .. } => ComponentSectionId::Type,
        Item::Lift { .. } | Item::Lower { .. } | Item::Drop(_) => {
            ComponentSectionId::CanonicalFunction
        }
        Item::Import { .. } => ComponentSectionId::Import,
        Item::Export { .. } => ComponentSectionId::Export,
    }
    .into()
}

/// Where a definition is counted.
fn space(item: &Item<'_>) -> Result<Space> {
    Ok(match item {
        Item::CoreModule(_) => Space::CoreModule,
        Item::CoreInstantiate { .. } | Item::CoreExports(_) => Space::CoreInstance,
        Item::CoreAlias { kind, .. } => Space::of_core(*kind)?,
        Item::Type { .. } => Space::Type,
        Item::Import { .. } | Item::Export { .. } | Item::Exports(_) | Item::Instantiate(_) => {
            Space::Instance
        }
        Item::Alias { kind, .. } => Space::of(*kind)?,
        Item::Again(_) => Space::Component,
        Item::Lift { .. } => Space::Func,
        Item::Lower { .. } | Item::Drop(_) => Space::CoreFunc,
    })
}

/// Writes what is needed of a component.
pub fn component(graph: &Graph<'_>, live: &BTreeSet<Id>) -> Result<Vec<u8>> {
    let mut writer = Writer {
        graph,
        indexes: BTreeMap::new(),
        counts: BTreeMap::new(),
    };
    let mut component = Component::new();
    let order = order(graph, live)?;
    let mut rest = order.as_slice();
    while let Some(first) = rest.first() {
        let kind = section(graph.item(*first)?);
        let alone = kind == u8::from(ComponentSectionId::CoreModule)
            || kind == u8::from(ComponentSectionId::Component);
        let mut length = 0;
        for id in rest {
            if section(graph.item(*id)?) != kind || (alone && length == 1) {
                break;
            }
            length += 1;
        }
        let (group, after) = rest
            .split_at_checked(length)
            .ok_or("a section is longer than what is left")?;
        writer.section(&mut component, group)?;
        rest = after;
    }
    Ok(component.finish())
}

struct Writer<'g, 'a> {
    graph: &'g Graph<'a>,
    indexes: BTreeMap<Id, u32>,
    counts: BTreeMap<Space, u32>,
}

impl Writer<'_, '_> {
    fn index(&self, id: Id) -> Result<u32> {
        self.indexes
            .get(&id)
            .copied()
            .ok_or_else(|| format!("definition {id} is used before it is written"))
    }

    fn section(&mut self, component: &mut Component, group: &[Id]) -> Result {
        let mut types = ComponentTypeSection::new();
        let mut imports = ComponentImportSection::new();
        let mut exports = ComponentExportSection::new();
        let mut aliases = ComponentAliasSection::new();
        let mut functions = CanonicalFunctionSection::new();
        let mut core_instances = InstanceSection::new();
        let mut instances = ComponentInstanceSection::new();
        for &id in group {
            match self.graph.item(id)? {
                Item::CoreModule(module) => {
                    component.section(&RawSection {
                        id: ComponentSectionId::CoreModule.into(),
                        data: module,
                    });
                }
                Item::Again(types) => {
                    component.section(&NestedComponentSection(&self.again(types)?));
                }
                Item::CoreInstantiate { module, with } => {
                    let with = with
                        .iter()
                        .map(|(name, id)| Ok((name, ModuleArg::Instance(self.index(*id)?))))
                        .collect::<Result<Vec<_>>>()?;
                    core_instances.instantiate(self.index(*module)?, with);
                }
                Item::CoreExports(exports) => {
                    let exports = exports
                        .iter()
                        .map(|(name, kind, id)| {
                            Ok((name, ExportKind::from(*kind), self.index(*id)?))
                        })
                        .collect::<Result<Vec<_>>>()?;
                    core_instances.export_items(exports);
                }
                Item::CoreAlias {
                    instance,
                    kind,
                    name,
                } => {
                    aliases.alias(Alias::CoreInstanceExport {
                        instance: self.index(*instance)?,
                        kind: ExportKind::from(*kind),
                        name,
                    });
                }
                Item::Alias {
                    instance,
                    kind,
                    name,
                } => {
                    aliases.alias(Alias::InstanceExport {
                        instance: self.index(*instance)?,
                        kind: (*kind).into(),
                        name,
                    });
                }
                Item::Type { .. } => {
                    self.graph.write_type(id, &mut types, |id| self.index(id))?;
                }
                Item::Import { name, ty } => {
                    imports.import(*name, ComponentTypeRef::Instance(self.index(*ty)?));
                }
                Item::Export { name, instance } => {
                    let instance = self.index(*instance)?;
                    exports.export(*name, ComponentExportKind::Instance, instance, None);
                }
                Item::Exports(exports) => {
                    instances.export_items(self.exports(exports)?);
                }
                Item::Instantiate(component) => {
                    let component = self.index(*component)?;
                    instances
                        .instantiate(component, Vec::<(&str, ComponentExportKind, u32)>::new());
                }
                Item::Lift { func, ty, options } => {
                    functions.lift(self.index(*func)?, self.index(*ty)?, self.options(options)?);
                }
                Item::Lower { func, options } => {
                    functions.lower(self.index(*func)?, self.options(options)?);
                }
                Item::Drop(ty) => {
                    functions.resource_drop(self.index(*ty)?);
                }
            }
            let count = self.counts.entry(space(self.graph.item(id)?)?).or_default();
            self.indexes.insert(id, *count);
            *count += 1;
        }
        // All but one are empty, and two kinds have been written above.
        if !types.is_empty() {
            component.section(&types);
        }
        if !imports.is_empty() {
            component.section(&imports);
        }
        if !exports.is_empty() {
            component.section(&exports);
        }
        if !aliases.is_empty() {
            component.section(&aliases);
        }
        if !functions.is_empty() {
            component.section(&functions);
        }
        if !core_instances.is_empty() {
            component.section(&core_instances);
        }
        if !instances.is_empty() {
            component.section(&instances);
        }
        Ok(())
    }

    fn exports<'e>(
        &self,
        exports: &'e [(String, ComponentExternalKind, Id)],
    ) -> Result<Vec<(&'e str, ComponentExportKind, u32)>> {
        exports
            .iter()
            .map(|(name, kind, id)| Ok((name.as_str(), (*kind).into(), self.index(*id)?)))
            .collect()
    }

    fn options(&self, options: &[CanonicalOption]) -> Result<Vec<CanonicalOption>> {
        let find = |id: u32| self.index(usize::try_from(id).map_err(|error| error.to_string())?);
        options
            .iter()
            .map(|option| {
                Ok(match option {
                    CanonicalOption::Memory(id) => CanonicalOption::Memory(find(*id)?),
                    CanonicalOption::Realloc(id) => CanonicalOption::Realloc(find(*id)?),
                    CanonicalOption::PostReturn(id) => CanonicalOption::PostReturn(find(*id)?),
                    other => *other,
                })
            })
            .collect()
    }

    /// The component that exports types once more: see `fold.rs`.
    fn again(&self, types: &[Id]) -> Result<Component> {
        let mut needed: BTreeSet<Id> = types.iter().copied().collect();
        let mut next: Vec<Id> = types.to_vec();
        let mut seen = BTreeSet::new();
        while let Some(id) = next.pop() {
            if seen.insert(id) {
                if self.graph.is_nominal(id) {
                    needed.insert(id);
                }
                next.extend(self.graph.references(id)?);
            }
        }
        let needed: Vec<Id> = needed.into_iter().collect();
        let mut component = Component::new();
        let mut aliases = ComponentAliasSection::new();
        let mut named = Vec::new();
        for (place, id) in needed.iter().enumerate() {
            aliases.alias(Alias::Outer {
                kind: ComponentOuterAliasKind::Type,
                count: 1,
                index: self.index(*id)?,
            });
            if self.graph.is_nominal(*id) {
                let name = kebab(named.len());
                named.push((name, ComponentExportKind::Type, number(place)?));
            }
        }
        component.section(&aliases);
        let mut exports = ComponentExportSection::new();
        if !named.is_empty() {
            let mut instances = ComponentInstanceSection::new();
            instances.export_items(
                named
                    .iter()
                    .map(|(name, kind, index)| (name.as_str(), *kind, *index)),
            );
            component.section(&instances);
            let name = kebab(types.len());
            exports.export(name.as_str(), ComponentExportKind::Instance, 0, None);
        }
        for (place, ty) in types.iter().enumerate() {
            let index = needed
                .iter()
                .position(|id| id == ty)
                .ok_or("a type to export again is not there")?;
            let name = kebab(place);
            exports.export(
                name.as_str(),
                ComponentExportKind::Type,
                number(index)?,
                None,
            );
        }
        component.section(&exports);
        Ok(component)
    }
}
