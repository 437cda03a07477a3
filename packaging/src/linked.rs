//! Crates that are linked into a component, and which of them needs which.
//!
//! `cargo tree -e normal,no-proc-macro` for the component's target is the base: `cargo metadata` resolves features for
//! the whole workspace, and both it and cargo-cyclonedx 0.5.9 count procedural macros, which run in the compiler, as
//! dependencies.

use crate::Result;
use crate::command::output;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The target of components.
pub const TARGET: &str = "wasm32-wasip2";

/// Name and version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl std::fmt::Display for Crate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// Each linked crate, the connector itself among them, with those that it needs.
pub type Graph = BTreeMap<Crate, BTreeSet<Crate>>;

/// Reads the graph from cargo.
///
/// # Errors
///
/// When cargo fails, or prints something unexpected.
pub fn read(root: &Path, package: &str) -> Result<Graph> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = output(
        Command::new(cargo)
            .current_dir(root)
            .args(["tree", "--locked", "--package", package])
            .args(["--target", TARGET, "--edges", "normal,no-proc-macro"])
            .args(["--prefix", "depth", "--format", " {p}", "--no-dedupe"]),
    )?;
    parse(&tree)
}

/// Adds what a component that was composed into another one is linked of.
pub fn join(graph: &mut Graph, root: &Crate, other: Graph, of: Crate) {
    for (each, needs) in other {
        graph.entry(each).or_default().extend(needs);
    }
    graph.entry(root.clone()).or_default().insert(of);
}

/// Reads lines of `<depth> <name> v<version> (<place>)`.
fn parse(tree: &str) -> Result<Graph> {
    let mut graph = Graph::new();
    let mut above: Vec<Crate> = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let (depth, found) = entry(line)
            .ok_or_else(|| format!("`cargo tree` printed a line unlike others: {line}"))?;
        above.truncate(depth);
        graph.entry(found.clone()).or_default();
        if let Some(parent) = above.last() {
            graph
                .entry(parent.clone())
                .or_default()
                .insert(found.clone());
        }
        above.push(found);
    }
    Ok(graph)
}

fn entry(line: &str) -> Option<(usize, Crate)> {
    let mut words = line.split(' ');
    let depth = words.next()?.parse().ok()?;
    let name = words.next()?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    Some((depth, Crate { name, version }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tree_becomes_a_graph_without_paths() {
        let tree = "0 a v0.1.0 (/checkout/a)\n1 b v1.0.0 (/checkout/b)\n2 c v2.0.0\n1 c v2.0.0\n";
        let graph = parse(tree).unwrap();
        let shown: Vec<String> = graph
            .iter()
            .map(|(of, needs)| {
                format!(
                    "{of} {}",
                    needs.iter().map(Crate::to_string).collect::<String>()
                )
            })
            .collect();
        assert_eq!(
            shown,
            ["a@0.1.0 b@1.0.0c@2.0.0", "b@1.0.0 c@2.0.0", "c@2.0.0 "]
        );
        assert!(parse("a v0.1.0").is_err());
    }

    #[test]
    fn composed_component_is_needed_by_the_first() {
        let mut graph = parse("0 a v0.1.0\n1 c v2.0.0\n").unwrap();
        let other = parse("0 d v0.2.0\n1 c v2.0.0\n1 e v3.0.0\n").unwrap();
        let [a, c, d, e] = [
            ("a", "0.1.0"),
            ("c", "2.0.0"),
            ("d", "0.2.0"),
            ("e", "3.0.0"),
        ]
        .map(|(name, version)| Crate {
            name: name.into(),
            version: version.into(),
        });
        join(&mut graph, &a, other, d.clone());
        let expected = [
            (a, BTreeSet::from([c.clone(), d.clone()])),
            (c.clone(), BTreeSet::new()),
            (d, BTreeSet::from([c, e.clone()])),
            (e, BTreeSet::new()),
        ];
        assert_eq!(graph, Graph::from(expected));
    }
}
