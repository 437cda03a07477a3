//! The graph of a crate's modules: their dependencies, and the cycles among them.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers of modules that were added, and none is ever removed"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use crate::paths::{Collector, is_for_tests, macro_name, name, path_attribute};
use syn::visit::Visit;

/// An error is a message for the terminal.
pub type Result<T = ()> = std::result::Result<T, String>;

/// A crate's modules. The first is its root.
pub(super) struct Graph {
    pub(super) modules: Vec<Module>,
}

#[derive(Default)]
pub(super) struct Module {
    /// Its name with those of its parents; empty for the root.
    path: Vec<String>,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// Names of what it defines.
    items: BTreeSet<String>,
    macros: BTreeSet<String>,
    /// Names that `use` brings in, with their paths.
    uses: Vec<(String, Vec<String>)>,
    /// Modules whose every name `use` brings in.
    globs: Vec<Vec<String>>,
    /// Every path in its code.
    paths: Vec<Vec<String>>,
}

/// A cycle: each step with the path that makes it.
pub(super) struct Cycle(Vec<(String, String)>);

impl Cycle {
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn shown(&self) -> String {
        let first = self.0.first().map_or("", |(name, _)| name);
        let steps = self
            .0
            .iter()
            .map(|(name, via)| format!("  {name} -> ({via})\n"));
        format!("{}  {first}", steps.collect::<String>())
    }
}

impl Graph {
    /// Reads a crate from its root file.
    pub(super) fn read(entry: &Path) -> Result<Self> {
        let mut graph = Self {
            modules: vec![Module::default()],
        };
        let folder = entry.parent().unwrap_or(Path::new("")).to_owned();
        graph.add_file(0, entry, &folder)?;
        Ok(graph)
    }

    /// Reads a module's file; its children's lie in `folder`.
    fn add_file(&mut self, module: usize, file: &Path, folder: &Path) -> Result {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{} cannot be read: {error}.", file.display()))?;
        let parsed = syn::parse_file(&text)
            .map_err(|error| format!("{} cannot be parsed: {error}.", file.display()))?;
        self.add_items(module, &parsed.items, Some(folder))
    }

    fn add_items(&mut self, module: usize, items: &[syn::Item], folder: Option<&Path>) -> Result {
        for item in items {
            if let syn::Item::Mod(child) = item {
                if !is_for_tests(&child.attrs) {
                    self.add_module(module, child, folder)?;
                }
                continue;
            }
            let mut collector = Collector::default();
            collector.visit_item(item);
            let module = &mut self.modules[module];
            module.items.extend(name(item));
            module.macros.extend(macro_name(item));
            module.uses.append(&mut collector.uses);
            module.globs.append(&mut collector.globs);
            module.paths.append(&mut collector.paths);
        }
        Ok(())
    }

    fn add_module(&mut self, parent: usize, item: &syn::ItemMod, folder: Option<&Path>) -> Result {
        let name = item.ident.to_string();
        let child = self.modules.len();
        let mut path = self.modules[parent].path.clone();
        path.push(name.clone());
        self.modules[parent].children.insert(name.clone(), child);
        self.modules.push(Module {
            path,
            parent: Some(parent),
            ..Module::default()
        });
        let below = folder.map(|folder| folder.join(&name));
        if let Some((_, items)) = &item.content {
            return self.add_items(child, items, below.as_deref());
        }
        let Some((folder, below)) = folder.zip(below) else {
            return Ok(());
        };
        let candidates = match path_attribute(&item.attrs) {
            Some(path) => vec![folder.join(path)],
            None => vec![folder.join(format!("{name}.rs")), below.join("mod.rs")],
        };
        let found = candidates.iter().find(|file| file.exists());
        let missing = || {
            format!(
                "the file of the module {name} is not in {}.",
                folder.display()
            )
        };
        self.add_file(child, found.ok_or_else(missing)?, &below)
    }

    /// The module that defines what a path leads to, as far as it is one of this crate.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<usize> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.follow(0, rest, depth),
            "self" => self.follow(from, rest, depth),
            "super" => {
                let parent = self.modules[from].parent?;
                match rest.first().map(String::as_str) {
                    Some("super") => self.resolve(parent, rest, depth),
                    _ => self.follow(parent, rest, depth),
                }
            }
            _ => self.lookup(from, first, rest, depth),
        }
    }

    /// Resolves the rest of a path within a module.
    fn follow(&self, module: usize, path: &[String], depth: usize) -> Option<usize> {
        match path.split_first() {
            None => Some(module),
            // A name without an item comes from a macro, and is the module's own.
            Some((first, rest)) => self.lookup(module, first, rest, depth).or(Some(module)),
        }
    }

    /// Finds a name in a module: a child, an item, or what `use` brings in.
    fn lookup(&self, module: usize, name: &str, rest: &[String], depth: usize) -> Option<usize> {
        let this = &self.modules[module];
        if let Some(child) = this.children.get(name) {
            return self.follow(*child, rest, depth);
        }
        if this.items.contains(name) {
            return Some(module);
        }
        // Two globs may lead to each other.
        let depth = depth.checked_sub(1)?;
        let named = this.uses.iter().filter(|(used, _)| used == name);
        for (_, target) in named {
            let whole: Vec<_> = target.iter().chain(rest).cloned().collect();
            // `use http::Uri as http` names another crate's.
            if target.first().map(String::as_str) == Some(name) && !this.children.contains_key(name)
            {
                continue;
            }
            if let Some(found) = self.resolve(module, &whole, depth) {
                return Some(found);
            }
        }
        this.globs.iter().find_map(|glob| {
            let target = self.resolve(module, glob, depth)?;
            (target != module).then(|| self.lookup(target, name, rest, depth))?
        })
    }

    /// Which module depends on which, and a path that shows it.
    fn edges(&self) -> BTreeMap<(usize, usize), String> {
        const DEPTH: usize = 16;
        let mut edges = BTreeMap::new();
        for (from, module) in self.modules.iter().enumerate() {
            for path in module.paths.iter().chain(&module.globs) {
                let target = match path.as_slice() {
                    // A macro that a parent defines is in scope without a path.
                    [name] if name != "super" => self
                        .parents(from)
                        .find(|up| self.modules[*up].macros.contains(name)),
                    _ => self.resolve(from, path, DEPTH),
                };
                if let Some(target) = target.filter(|target| *target != from) {
                    edges
                        .entry((from, target))
                        .or_insert_with(|| path.join("::"));
                }
            }
        }
        edges
    }

    fn parents(&self, module: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.modules[module].parent, |up| self.modules[*up].parent)
    }

    /// The cycles: one for each group of modules that depend on each other.
    pub(super) fn cycles(&self) -> Vec<Cycle> {
        let edges = self.edges();
        let mut cycles = self.cycles_of(&edges);
        for parent in 0..self.modules.len() {
            let below = |module: usize| {
                let chain = std::iter::once(module).chain(self.parents(module));
                chain
                    .into_iter()
                    .find(|up| self.modules[*up].parent == Some(parent))
            };
            let mut folded = BTreeMap::new();
            for ((from, to), via) in &edges {
                if let (Some(from), Some(to)) = (below(*from), below(*to))
                    && from != to
                {
                    folded.entry((from, to)).or_insert_with(|| via.clone());
                }
            }
            for cycle in self.cycles_of(&folded) {
                if cycles.iter().all(|known| known.names() != cycle.names()) {
                    cycles.push(cycle);
                }
            }
        }
        cycles
    }

    fn cycles_of(&self, edges: &BTreeMap<(usize, usize), String>) -> Vec<Cycle> {
        let mut done = BTreeSet::new();
        let mut cycles = Vec::new();
        for start in 0..self.modules.len() {
            if done.contains(&start) {
                continue;
            }
            if let Some(steps) = shortest(start, edges) {
                let steps = steps.iter().zip(steps.iter().cycle().skip(1));
                let named = steps.map(|(from, to)| {
                    done.insert(*from);
                    let via = edges.get(&(*from, *to)).cloned().unwrap_or_default();
                    (self.shown(*from), via)
                });
                cycles.push(Cycle(named.collect()));
            }
        }
        cycles
    }

    fn shown(&self, module: usize) -> String {
        match self.modules[module].path.as_slice() {
            [] => "crate".to_owned(),
            path => path.join("::"),
        }
    }
}

/// The shortest way from a module back to it.
fn shortest(start: usize, edges: &BTreeMap<(usize, usize), String>) -> Option<Vec<usize>> {
    let mut came_from = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(module) = queue.pop_front() {
        for (_, to) in edges.keys().filter(|(from, _)| *from == module) {
            if *to == start {
                let before =
                    std::iter::successors(Some(module), |step| came_from.get(step).copied());
                let mut steps: Vec<_> = before.collect();
                steps.reverse();
                return Some(steps);
            }
            if !came_from.contains_key(to) {
                came_from.insert(*to, module);
                queue.push_back(*to);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
