//! A component as definitions that refer to each other, rather than to places in its index spaces: so that one can go
//! or move, and what remains is numbered when it is written.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{Error, Reencode, ReencodeComponent};
use wasm_encoder::{CanonicalOption, ComponentTypeSection};
use wasmparser::{
    ComponentDefinedType, ComponentExternName, ComponentExternalKind, ComponentType, ExternalKind,
};

use crate::Result;

/// A definition's place in [`Graph::items`], which are in an order in which each refers to earlier ones only.
pub type Id = usize;

/// A name, what it is of, and the definition.
pub type Named<Kind> = (String, Kind, Id);

/// What is counted separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    CoreModule,
    CoreInstance,
    CoreFunc,
    CoreTable,
    CoreMemory,
    CoreGlobal,
    Component,
    Instance,
    Func,
    Type,
}

impl Space {
    /// Where a core definition of this kind is counted.
    pub fn of_core(kind: ExternalKind) -> Result<Self> {
        match kind {
            ExternalKind::Func => Ok(Self::CoreFunc),
            ExternalKind::Table => Ok(Self::CoreTable),
            ExternalKind::Memory => Ok(Self::CoreMemory),
            ExternalKind::Global => Ok(Self::CoreGlobal),
            ExternalKind::Tag | ExternalKind::FuncExact => {
                Err(format!("a core {kind:?} is not expected"))
            }
        }
    }

    /// Where a definition of this kind is counted.
    pub fn of(kind: ComponentExternalKind) -> Result<Self> {
        match kind {
            ComponentExternalKind::Func => Ok(Self::Func),
            ComponentExternalKind::Type => Ok(Self::Type),
            ComponentExternalKind::Instance => Ok(Self::Instance),
            ComponentExternalKind::Component
            | ComponentExternalKind::Module
            | ComponentExternalKind::Value => Err(format!("a {kind:?} is not expected")),
        }
    }
}

/// The index spaces of one component.
#[derive(Default)]
pub struct Scope(BTreeMap<Space, Vec<Id>>);

impl Scope {
    /// The definition at an index.
    pub fn get(&self, space: Space, index: u32) -> Result<Id> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.0.get(&space)?.get(index).copied())
            .ok_or_else(|| format!("nothing is at {space:?} {index}"))
    }

    /// Does something with each definition of a space.
    pub fn each(&mut self, space: Space, change: impl FnMut(&mut Id)) {
        self.0.entry(space).or_default().iter_mut().for_each(change);
    }

    /// Gives the next index to a definition.
    pub fn push(&mut self, space: Space, id: Id) {
        self.0.entry(space).or_default().push(id);
    }
}

/// A definition, or an import or export.
#[derive(Clone)]
pub enum Item<'a> {
    /// A core module's bytes.
    CoreModule(Vec<u8>),
    /// An instance of one, and the instances given to it under the module names of its imports.
    CoreInstantiate {
        /// The module.
        module: Id,
        /// What it is given.
        with: Vec<(String, Id)>,
    },
    /// An instance made of what is at hand.
    CoreExports(Vec<Named<ExternalKind>>),
    /// What a core instance exports.
    CoreAlias {
        /// The instance.
        instance: Id,
        /// What it is.
        kind: ExternalKind,
        /// Its name there.
        name: String,
    },
    /// A type, whose indexes are those of a scope.
    Type {
        /// The scope's place in [`Graph::scopes`].
        scope: usize,
        /// The type.
        ty: ComponentType<'a>,
    },
    /// An imported instance.
    Import {
        /// Its name.
        name: ComponentExternName<'a>,
        /// Its type.
        ty: Id,
    },
    /// An exported instance, which is one more definition of it.
    Export {
        /// Its name.
        name: ComponentExternName<'a>,
        /// The instance.
        instance: Id,
    },
    /// What an instance exports.
    Alias {
        /// The instance.
        instance: Id,
        /// What it is.
        kind: ComponentExternalKind,
        /// Its name there.
        name: String,
    },
    /// An instance made of what is at hand.
    Exports(Vec<Named<ComponentExternalKind>>),
    /// A component whose instance exports these types once more, as `use` does: see `fold.rs`.
    Again(Vec<Id>),
    /// An instance of it.
    Instantiate(Id),
    /// A core function as a function.
    Lift {
        /// The core function.
        func: Id,
        /// The type.
        ty: Id,
        /// Memory, allocator, encoding. Indexes are [`Id`]s.
        options: Vec<CanonicalOption>,
    },
    /// A function as a core function.
    Lower {
        /// The function.
        func: Id,
        /// Memory, allocator, encoding. Indexes are [`Id`]s.
        options: Vec<CanonicalOption>,
    },
    /// The core function that gives up a handle to a resource.
    Drop(Id),
}

/// A component.
#[derive(Default)]
pub struct Graph<'a> {
    /// Its definitions.
    pub items: Vec<Item<'a>>,
    /// What the indexes in the types of `items` mean.
    pub scopes: Vec<Scope>,
}

impl<'a> Graph<'a> {
    /// Adds a definition.
    pub fn add(&mut self, item: Item<'a>) -> Id {
        self.items.push(item);
        self.items.len() - 1
    }

    /// A definition.
    pub fn item(&self, id: Id) -> Result<&Item<'a>> {
        self.items
            .get(id)
            .ok_or_else(|| format!("there is no definition {id}"))
    }

    /// The index spaces of a component, nested or not.
    pub fn scope(&mut self, scope: usize) -> Result<&mut Scope> {
        self.scopes
            .get_mut(scope)
            .ok_or_else(|| format!("there is no scope {scope}"))
    }

    /// What is at an index in a scope.
    pub fn find(&self, scope: usize, space: Space, index: u32) -> Result<Id> {
        self.scopes
            .get(scope)
            .ok_or_else(|| format!("there is no scope {scope}"))?
            .get(space, index)
    }

    /// What a definition refers to.
    pub fn references(&self, id: Id) -> Result<Vec<Id>> {
        Ok(match self.item(id)? {
            Item::CoreModule(_) => Vec::new(),
            Item::CoreInstantiate { module, with } => std::iter::once(*module)
                .chain(with.iter().map(|(_, id)| *id))
                .collect(),
            Item::CoreExports(exports) => exports.iter().map(|(_, _, id)| *id).collect(),
            Item::CoreAlias { instance, .. }
            | Item::Alias { instance, .. }
            | Item::Export { instance, .. } => vec![*instance],
            Item::Type { .. } => {
                let mut found = Vec::new();
                self.write_type(id, &mut ComponentTypeSection::new(), |id| {
                    found.push(id);
                    Ok(0)
                })?;
                found
            }
            Item::Import { ty, .. } => vec![*ty],
            Item::Exports(exports) => exports.iter().map(|(_, _, id)| *id).collect(),
            Item::Again(types) => types.clone(),
            Item::Instantiate(component) => vec![*component],
            Item::Lift { func, ty, options } => {
                let mut found = vec![*func, *ty];
                found.extend(options.iter().filter_map(named_by_option));
                found
            }
            Item::Lower { func, options } => {
                let mut found = vec![*func];
                found.extend(options.iter().filter_map(named_by_option));
                found
            }
            Item::Drop(ty) => vec![*ty],
        })
    }

    /// Writes a type, with the indexes that `index` gives to the types that it refers to.
    pub fn write_type(
        &self,
        id: Id,
        section: &mut ComponentTypeSection,
        mut index: impl FnMut(Id) -> Result<u32>,
    ) -> Result {
        let Item::Type { scope, ty } = self.item(id)? else {
            return Err(format!("definition {id} is not a type"));
        };
        let mut renumber = Renumber {
            index: &mut |old| index(self.find(*scope, Space::Type, old)?),
            depth: 0,
            failure: None,
        };
        renumber
            .parse_component_type(section.ty(), ty.clone())
            .map_err(|error| format!("a type cannot be written: {error}"))?;
        renumber.failure.map_or(Ok(()), Err)
    }

    /// Whether a type has to have a name where it is used: records and their like do, lists and their like do not.
    pub fn is_nominal(&self, id: Id) -> bool {
        matches!(
            self.items.get(id),
            Some(Item::Type {
                ty: ComponentType::Defined(
                    ComponentDefinedType::Record(_)
                        | ComponentDefinedType::Variant(_)
                        | ComponentDefinedType::Enum(_)
                        | ComponentDefinedType::Flags(_)
                ),
                ..
            })
        )
    }
}

/// The definition that an option names.
fn named_by_option(option: &CanonicalOption) -> Option<Id> {
    match option {
        CanonicalOption::Memory(id)
        | CanonicalOption::Realloc(id)
        | CanonicalOption::PostReturn(id) => usize::try_from(*id).ok(),
        _ => None,
    }
}

/// Rewrites the indexes of types. Inside an instance type they are its own, and only an alias reaches outside.
struct Renumber<'f> {
    index: &'f mut dyn FnMut(u32) -> Result<u32>,
    depth: u32,
    failure: Option<String>,
}

impl Renumber<'_> {
    fn outside(&mut self, old: u32) -> u32 {
        (self.index)(old).unwrap_or_else(|failure| {
            self.failure = Some(failure);
            old
        })
    }
}

impl Reencode for Renumber<'_> {
    type Error = std::convert::Infallible;

    fn type_index(&mut self, index: u32) -> std::result::Result<u32, Error<Self::Error>> {
        self.failure = Some("a core type is not expected".to_owned());
        Ok(index)
    }
}

impl ReencodeComponent for Renumber<'_> {
    fn component_type_index(&mut self, index: u32) -> u32 {
        if self.depth == 0 {
            self.outside(index)
        } else {
            index
        }
    }

    fn outer_component_type_index(&mut self, count: u32, index: u32) -> u32 {
        if count == self.depth {
            return self.outside(index);
        }
        if count > self.depth {
            self.failure = Some("a type refers outside of its component".to_owned());
        }
        index
    }

    fn push_depth(&mut self) {
        self.depth += 1;
    }

    fn pop_depth(&mut self) {
        self.depth -= 1;
    }
}
