//! Module cycles: finds modules of a crate that depend on each other.
//!
//! An own program over `syn`, because no maintained tool checks this rule: `cargo-modules` draws the graph through
//! rust-analyzer, which is compiled for minutes and analyses one crate at a time, and its `--acyclic` takes a parent and
//! a child that re-exports through it for a cycle.
//!
//! A module depends on another one where a path in it, in a `use` or inline, leads to an item that the other one defines.
//! Re-exports are followed, so a path through a parent's `pub use` counts for the module that defines the item. Code
//! under `#[cfg(test)]` does not count, nor do the names of traits' methods, which no path spells out.
//!
//! Two rules hold: no module depends on itself through others, and of the modules in one folder, each taken with all
//! that lies below it, none does.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers of modules that were added, and none is ever removed"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use syn::visit::{self, Visit};

use crate::build::Workspace;
use crate::process::{Result, output};

/// The reason of a known dependency where a child uses its parent's types.
const IN_PARENT: &str = "the types of the folder stand in its parent module";

/// Dependencies that make a cycle and are known: package, module, the module that it depends on, and the reason.
const KNOWN: &[(&str, &str, &str, &str)] = &[
    (
        "tencent-sms-simulator",
        "actions::send_sms::accept",
        "actions::send_sms",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "actions::send_sms::access",
        "actions::send_sms",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "actions::send_sms::content",
        "actions::send_sms",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "actions::send_sms::recipient",
        "actions::send_sms",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "builder",
        "simulator",
        "`build` returns a simulator",
    ),
    (
        "tencent-sms-simulator",
        "catalogue::load",
        "catalogue",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "control::access",
        "control",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "control::messages",
        "control",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "control::query",
        "control",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "control::steer",
        "control",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "gateway",
        "actions",
        "it dispatches to the actions, which use its parameters",
    ),
    (
        "tencent-sms-simulator",
        "phone",
        "mask",
        "`Debug` of a number is masked",
    ),
    (
        "tencent-sms-simulator",
        "server",
        "control",
        "it serves the control API, which uses its replies",
    ),
    (
        "tencent-sms-simulator",
        "server",
        "control::access",
        "the same",
    ),
    (
        "tencent-sms-simulator",
        "server::replies",
        "server",
        IN_PARENT,
    ),
    (
        "tencent-sms-simulator",
        "spoil",
        "service",
        "it spoils the answers of the service",
    ),
];

/// Checks every crate of the workspace, and returns what was checked.
pub fn check(root: &Path) -> Result<String> {
    let mut complaints = Vec::new();
    let (mut crates, mut modules) = (0, 0);
    let mut stale: Vec<_> = KNOWN.iter().collect();
    for (package, entry) in roots(root)? {
        let graph = Graph::read(&entry)?;
        crates += 1;
        modules += graph.modules.len();
        let known = KNOWN.iter().filter(|(of, ..)| *of == package);
        let known: Vec<_> = known.map(|(_, from, to, _)| (*from, *to)).collect();
        for cycle in graph.cycles(&known) {
            complaints.push(format!(
                "{package} has a cycle of modules:\n{}",
                cycle.shown()
            ));
        }
        stale.retain(|(of, from, to, _)| *of != package || !graph.depends(from, to));
    }
    for (package, from, to, _) in stale {
        complaints.push(format!(
            "{package} has no dependency of {from} on {to} any more. Remove it from the list in xtask/src/modules.rs."
        ));
    }
    if complaints.is_empty() {
        return Ok(format!(
            "{modules} modules of {crates} crates; {} known dependencies make a cycle.",
            KNOWN.len()
        ));
    }
    complaints.push("Move what both modules need into one that both may use.".to_owned());
    Err(complaints.join("\n"))
}

/// The packages of the workspace, each with the root files of its libraries and programs.
fn roots(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let metadata = output(Command::new("cargo").current_dir(root).args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--locked",
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata)
        .map_err(|error| format!("`cargo metadata` printed something unexpected: {error}."))?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut roots = Vec::new();
    for package in list(&metadata["packages"]) {
        for target in list(&package["targets"]) {
            let is_code =
                |kind: &Value| ["lib", "rlib", "cdylib", "bin"].contains(&text(kind).as_str());
            if list(&target["kind"]).iter().any(is_code) {
                roots.push((text(&package["name"]), text(&target["src_path"]).into()));
            }
        }
    }
    Ok(roots)
}

/// The command.
pub fn run() -> Result {
    let workspace = Workspace::open()?;
    println!("{}", check(&workspace.root)?);
    Ok(())
}

/// A crate's modules. The first is its root.
struct Graph {
    modules: Vec<Module>,
}

#[derive(Default)]
struct Module {
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
struct Cycle(Vec<(String, String)>);

impl Cycle {
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    fn shown(&self) -> String {
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
    fn read(entry: &Path) -> Result<Self> {
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

    /// What the rest of a path leads to within a module.
    fn follow(&self, module: usize, path: &[String], depth: usize) -> Option<usize> {
        match path.split_first() {
            None => Some(module),
            // What no item has as its name comes from a macro, and is the module's own.
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

    fn depends(&self, from: &str, to: &str) -> bool {
        let edges = self.edges();
        edges
            .keys()
            .any(|edge| self.shown(edge.0) == from && self.shown(edge.1) == to)
    }

    fn parents(&self, module: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.modules[module].parent, |up| self.modules[*up].parent)
    }

    /// The cycles: one for each group of modules that depend on each other.
    fn cycles(&self, known: &[(&str, &str)]) -> Vec<Cycle> {
        let mut edges = self.edges();
        edges.retain(|(from, to), _| {
            let names = (self.shown(*from), self.shown(*to));
            !known.contains(&(names.0.as_str(), names.1.as_str()))
        });
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

/// Collects the paths of an item.
#[derive(Default)]
struct Collector {
    uses: Vec<(String, Vec<String>)>,
    globs: Vec<Vec<String>>,
    paths: Vec<Vec<String>>,
}

impl Collector {
    fn use_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| {
            let mut path = before.to_vec();
            // `{self, Other}` names the module before the braces.
            if before.is_empty() || name != "self" {
                path.push(name.to_string());
            }
            path
        };
        match tree {
            syn::UseTree::Path(path) => self.use_tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => {
                group
                    .items
                    .iter()
                    .for_each(|tree| self.use_tree(tree, before));
            }
            syn::UseTree::Glob(_) => self.globs.push(before.to_vec()),
            syn::UseTree::Name(name) => self.bring_in(with(&name.ident), None),
            syn::UseTree::Rename(name) => self.bring_in(with(&name.ident), Some(&name.rename)),
        }
    }

    fn bring_in(&mut self, path: Vec<String>, rename: Option<&syn::Ident>) {
        let name = rename
            .map(ToString::to_string)
            .or_else(|| path.last().cloned());
        self.paths.push(path.clone());
        self.uses.extend(name.map(|name| (name, path)));
    }

    /// Paths in a macro's arguments.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    self.end_path(&mut path);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.paths.push(path);
        }
    }
}

impl<'a> Visit<'a> for Collector {
    fn visit_item(&mut self, item: &'a syn::Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'a syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(item) => item.attrs.as_slice(),
            syn::ImplItem::Const(item) => item.attrs.as_slice(),
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.use_tree(&item.tree, &[]);
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        let names: Vec<_> = names.collect();
        if path.leading_colon.is_none() && names.len() > 1 {
            self.paths.push(names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        let name = call
            .path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.paths.push(name.collect());
        self.tokens(call.tokens.clone());
    }

    // Who may use an item is no dependency, and attributes are other crates'.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}
    fn visit_attribute(&mut self, _: &'a syn::Attribute) {}
}

/// Whether an item is compiled for tests alone: `cfg(test)` or `cfg(all(test, …))`.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        let text = list.tokens.to_string();
        list.path.is_ident("cfg") && (text == "test" || text.starts_with("all (test"))
    })
}

/// The file that `#[path = "…"]` names.
fn path_attribute(attributes: &[syn::Attribute]) -> Option<PathBuf> {
    attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(meta) if meta.path.is_ident("path") => match &meta.value {
                syn::Expr::Lit(literal) => match &literal.lit {
                    syn::Lit::Str(text) => Some(text.value().into()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The name that an item defines.
fn name(item: &syn::Item) -> Option<String> {
    if is_for_tests(attributes(item)) {
        return None;
    }
    let ident = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        syn::Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn macro_name(item: &syn::Item) -> Option<String> {
    match item {
        syn::Item::Macro(item) => item.ident.as_ref().map(ToString::to_string),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
