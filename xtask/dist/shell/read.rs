//! A component's bytes to its definitions. What wit-component does not write is refused.

use wasm_encoder::CanonicalOption;
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExport, ComponentExternName, ComponentImport,
    ComponentInstance, ComponentType, ComponentTypeRef, Instance, Parser, Payload,
};

use crate::fold::Nested;
use crate::graph::{Graph, Id, Item, Scope, Space};
use crate::{Result, part};

/// The scope of the component itself.
pub const OUTERMOST: usize = 0;

/// Reads a component.
pub fn component(bytes: &[u8]) -> Result<Graph<'_>> {
    let mut reader = Reader {
        graph: Graph {
            items: Vec::new(),
            scopes: vec![Scope::default()],
        },
        nested: Vec::new(),
    };
    let mut inside: Option<(usize, Vec<Payload<'_>>)> = None;
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| format!("it cannot be parsed: {error}"))?;
        // A module's payloads follow its own, as a nested component's do.
        match payload {
            Payload::ModuleSection {
                ref unchecked_range,
                ..
            } => {
                depth += 1;
                if depth == 1 {
                    let module = part(bytes, unchecked_range.clone())?;
                    reader.define(Space::CoreModule, Item::CoreModule(module.to_vec()))?;
                } else {
                    return Err("a nested component has a core module".to_owned());
                }
            }
            Payload::ComponentSection { .. } => {
                depth += 1;
                if depth > 1 {
                    return Err("a nested component has one of its own".to_owned());
                }
                inside = Some((depth, Vec::new()));
            }
            Payload::End(_) if depth > 0 => {
                depth -= 1;
                if let Some((_, payloads)) = inside.take() {
                    let nested = Nested::read(&reader.graph, payloads)?;
                    reader.nested(nested)?;
                }
            }
            payload if depth > 0 => {
                if let Some((_, payloads)) = &mut inside {
                    payloads.push(payload);
                }
            }
            payload => reader.payload(payload)?,
        }
    }
    Ok(reader.graph)
}

struct Reader<'a> {
    graph: Graph<'a>,
    /// The nested components, in the order of their indexes.
    nested: Vec<Nested<'a>>,
}

impl<'a> Reader<'a> {
    fn define(&mut self, space: Space, item: Item<'a>) -> Result<Id> {
        let id = self.graph.add(item);
        self.graph.scope(OUTERMOST)?.push(space, id);
        Ok(id)
    }

    fn find(&self, space: Space, index: u32) -> Result<Id> {
        self.graph.find(OUTERMOST, space, index)
    }

    /// A nested component is no definition until it is instantiated: what it does is done without it then.
    fn nested(&mut self, nested: Nested<'a>) -> Result {
        let place = self.nested.len();
        self.graph.scope(OUTERMOST)?.push(Space::Component, place);
        self.nested.push(nested);
        Ok(())
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result {
        let broken = |error: wasmparser::BinaryReaderError| format!("it cannot be parsed: {error}");
        match payload {
            Payload::Version { encoding, .. } => {
                if encoding != wasmparser::Encoding::Component {
                    return Err("it is not a component".to_owned());
                }
            }
            // Names and producers, which say nothing to a runtime.
            Payload::CustomSection(_) | Payload::End(_) => {}
            Payload::ComponentTypeSection(types) => {
                for ty in types {
                    self.ty(ty.map_err(broken)?)?;
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    self.import(import.map_err(broken)?)?;
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    self.export(export.map_err(broken)?)?;
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(alias.map_err(broken)?)?;
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    self.canonical(function.map_err(broken)?)?;
                }
            }
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    self.core_instance(instance.map_err(broken)?)?;
                }
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances {
                    self.instance(instance.map_err(broken)?)?;
                }
            }
            other => return Err(format!("{other:?} is not expected")),
        }
        Ok(())
    }

    fn ty(&mut self, ty: ComponentType<'a>) -> Result {
        accept(&ty)?;
        self.define(
            Space::Type,
            Item::Type {
                scope: OUTERMOST,
                ty,
            },
        )?;
        Ok(())
    }

    fn import(&mut self, import: ComponentImport<'a>) -> Result {
        let ComponentTypeRef::Instance(ty) = import.ty else {
            return Err(format!(
                "the import `{}` is not an instance",
                import.name.name
            ));
        };
        let ty = self.find(Space::Type, ty)?;
        let name = import.name;
        self.define(Space::Instance, Item::Import { name, ty })?;
        Ok(())
    }

    fn export(&mut self, export: ComponentExport<'a>) -> Result {
        if Space::of(export.kind)? != Space::Instance || export.ty.is_some() {
            return Err(format!(
                "the export `{}` is not just an instance",
                export.name.name
            ));
        }
        let instance = self.find(Space::Instance, export.index)?;
        let name = export.name;
        self.define(Space::Instance, Item::Export { name, instance })?;
        Ok(())
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) -> Result {
        match alias {
            ComponentAlias::InstanceExport {
                kind,
                instance_index,
                name,
            } => {
                let space = Space::of(kind)?;
                let mut instance = self.find(Space::Instance, instance_index)?;
                if let Item::Export { instance: of, .. } = self.graph.item(instance)? {
                    instance = *of;
                }
                // What an instance was made of needs no alias.
                if let Item::Exports(exports) = self.graph.item(instance)? {
                    let id = exports
                        .iter()
                        .find(|(export, _, _)| export == name)
                        .map(|(_, _, id)| *id)
                        .ok_or_else(|| format!("an instance does not export `{name}`"))?;
                    self.graph.scope(OUTERMOST)?.push(space, id);
                    return Ok(());
                }
                let name = name.to_owned();
                self.define(
                    space,
                    Item::Alias {
                        instance,
                        kind,
                        name,
                    },
                )?;
            }
            ComponentAlias::CoreInstanceExport {
                kind,
                instance_index,
                name,
            } => {
                let instance = self.find(Space::CoreInstance, instance_index)?;
                let name = name.to_owned();
                self.define(
                    Space::of_core(kind)?,
                    Item::CoreAlias {
                        instance,
                        kind,
                        name,
                    },
                )?;
            }
            ComponentAlias::Outer { .. } => {
                return Err("the component refers outside of itself".to_owned());
            }
        }
        Ok(())
    }

    fn canonical(&mut self, function: CanonicalFunction) -> Result {
        match function {
            CanonicalFunction::Lift {
                core_func_index,
                type_index,
                options,
            } => {
                let item = Item::Lift {
                    func: self.find(Space::CoreFunc, core_func_index)?,
                    ty: self.find(Space::Type, type_index)?,
                    options: self.options(&options)?,
                };
                self.define(Space::Func, item)?;
            }
            CanonicalFunction::Lower {
                func_index,
                options,
            } => {
                let item = Item::Lower {
                    func: self.find(Space::Func, func_index)?,
                    options: self.options(&options)?,
                };
                self.define(Space::CoreFunc, item)?;
            }
            CanonicalFunction::ResourceDrop { resource } => {
                let item = Item::Drop(self.find(Space::Type, resource)?);
                self.define(Space::CoreFunc, item)?;
            }
            other => return Err(format!("{other:?} is not expected")),
        }
        Ok(())
    }

    fn options(&self, options: &[wasmparser::CanonicalOption]) -> Result<Vec<CanonicalOption>> {
        let find = |space, index| {
            u32::try_from(self.find(space, index)?).map_err(|error| error.to_string())
        };
        options
            .iter()
            .map(|option| {
                Ok(match option {
                    wasmparser::CanonicalOption::UTF8 => CanonicalOption::UTF8,
                    wasmparser::CanonicalOption::Memory(index) => {
                        CanonicalOption::Memory(find(Space::CoreMemory, *index)?)
                    }
                    wasmparser::CanonicalOption::Realloc(index) => {
                        CanonicalOption::Realloc(find(Space::CoreFunc, *index)?)
                    }
                    wasmparser::CanonicalOption::PostReturn(index) => {
                        CanonicalOption::PostReturn(find(Space::CoreFunc, *index)?)
                    }
                    other => return Err(format!("the option {other:?} is not expected")),
                })
            })
            .collect()
    }

    fn core_instance(&mut self, instance: Instance<'a>) -> Result {
        let item = match instance {
            Instance::Instantiate { module_index, args } => Item::CoreInstantiate {
                module: self.find(Space::CoreModule, module_index)?,
                with: args
                    .iter()
                    .map(|arg| {
                        let instance = self.find(Space::CoreInstance, arg.index)?;
                        Ok((arg.name.to_owned(), instance))
                    })
                    .collect::<Result<_>>()?,
            },
            Instance::FromExports(exports) => Item::CoreExports(
                exports
                    .iter()
                    .map(|export| {
                        let id = self.find(Space::of_core(export.kind)?, export.index)?;
                        Ok((export.name.to_owned(), export.kind, id))
                    })
                    .collect::<Result<_>>()?,
            ),
        };
        self.define(Space::CoreInstance, item)?;
        Ok(())
    }

    fn instance(&mut self, instance: ComponentInstance<'a>) -> Result {
        let item = match instance {
            ComponentInstance::Instantiate {
                component_index,
                args,
            } => {
                let place = self.find(Space::Component, component_index)?;
                let arguments = args
                    .iter()
                    .map(|arg| Ok((arg.name, self.find(Space::of(arg.kind)?, arg.index)?)))
                    .collect::<Result<_>>()?;
                let nested = self
                    .nested
                    .get(place)
                    .ok_or_else(|| format!("there is no component {place}"))?;
                nested.instantiate(&mut self.graph, &arguments)?
            }
            ComponentInstance::FromExports(exports) => Item::Exports(
                exports
                    .iter()
                    .map(|export| {
                        let id = self.find(Space::of(export.kind)?, export.index)?;
                        Ok((plain(&export.name)?, export.kind, id))
                    })
                    .collect::<Result<_>>()?,
            ),
        };
        self.define(Space::Instance, item)?;
        Ok(())
    }
}

/// Refuses kinds of types that hold more than other types.
pub fn accept(ty: &ComponentType<'_>) -> Result {
    match ty {
        ComponentType::Defined(_) | ComponentType::Func(_) | ComponentType::Instance(_) => Ok(()),
        ComponentType::Component(_) | ComponentType::Resource { .. } => {
            Err("a component's type or a resource of its own is not expected".to_owned())
        }
    }
}

/// A name that nothing is attached to.
pub fn plain(name: &ComponentExternName<'_>) -> Result<String> {
    if name.implements.is_some() || name.version_suffix.is_some() || name.external_id.is_some() {
        return Err(format!("`{}` has more than a name", name.name));
    }
    Ok(name.name.to_owned())
}
