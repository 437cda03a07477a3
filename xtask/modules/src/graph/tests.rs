//! Cycles in small crates.

use super::*;

/// The cycles of a crate that is one file.
fn cycles(text: &str) -> Vec<Vec<String>> {
    let mut graph = Graph {
        modules: vec![Module::default()],
    };
    let parsed = syn::parse_file(text).unwrap();
    graph.add_items(0, &parsed.items, None).unwrap();
    let names = |cycle: Cycle| cycle.names().into_iter().map(str::to_owned).collect();
    graph.cycles().into_iter().map(names).collect()
}

#[test]
fn cycle_is_found() {
    for text in [
        "mod a { use crate::b::B; pub struct A; } mod b { use crate::a::A; pub struct B; }",
        // Inline, in a macro's arguments, and through a `use` of the module.
        "mod a { pub fn f() { crate::b::g() } } mod b { pub fn g() { super::a::f() } }",
        "mod a { pub fn f() { println!(\"{}\", crate::b::g()) } } mod b { use super::a; pub fn g() { a::f() } }",
        "mod a { pub struct A(super::b::B); } mod b { impl crate::a::A {} pub struct B; }",
        "mod a { pub fn f() { use crate::b::*; } } mod b { use crate::a::*; }",
    ] {
        assert_eq!(cycles(text), [["a", "b"]], "{text}");
    }
    let three = "mod a { use crate::b::B; pub struct A; } mod b { use crate::c::C; pub struct B; }
        mod c { use crate::a::A; pub struct C; }";
    assert_eq!(cycles(three), [["a", "b", "c"]]);
}

#[test]
fn no_cycle_is_none() {
    for text in [
        "mod a { use crate::b::B; } mod b { pub struct B; }",
        "mod a { use crate::b::B; pub struct A; #[cfg(test)] mod tests {} }
         mod b { pub struct B; #[cfg(test)] mod tests { use crate::a::A; } }",
        "mod a { use crate::b::B; pub struct A; } mod b { #[cfg(test)] use crate::a::A; pub struct B; }",
        // Another crate's module of the same name.
        "mod http { use crate::b::B; pub struct A; } mod b { use ::http::A; pub struct B; fn f(_: http::A) {} }",
        "mod a { pub struct A; pub(in crate::b) fn f(_: crate::b::B) {} } mod b { pub struct B; }",
    ] {
        assert!(cycles(text).is_empty(), "{text}");
    }
}

#[test]
fn reexport_by_a_parent_is_none() {
    for text in [
        "mod a { mod b; pub use b::B; } ",
        "mod a { pub use b::B; mod b { pub struct B; } mod c { use super::B; } }",
        "mod a { pub use b::*; pub use c::C; mod b { pub struct B; } mod c { use super::B; pub struct C; } }",
        "pub use a::A; mod a { pub struct A; } mod b { use crate::A; }",
    ] {
        let text = text.replace("mod b;", "mod b { pub struct B; }");
        assert!(cycles(&text).is_empty(), "{text}");
    }
}

#[test]
fn child_using_parents_helper_is_a_cycle() {
    for text in [
        "mod a { pub use b::B; fn help() {} mod b { pub struct B; fn f() { super::help() } } }",
        "mod a { pub use b::B; fn help() {} mod b { use super::*; pub struct B; } }",
        "mod a { pub use b::B; macro_rules! help { () => {} } mod b { pub struct B; fn f() { help!() } } }",
    ] {
        assert_eq!(cycles(text), [["a", "a::b"]], "{text}");
    }
}

#[test]
fn folders_that_use_each_other_are_a_cycle() {
    let text = "mod a { pub mod one { use crate::b::two::T; } pub mod four { pub struct F; } }
        mod b { pub mod two { pub struct T; } pub mod three { use crate::a::four::F; } }";
    assert_eq!(cycles(text), [["a", "b"]]);
}

#[test]
fn complaint_names_the_modules() {
    let mut graph = Graph {
        modules: vec![Module::default()],
    };
    let text = "mod a { use crate::b::B; pub struct A; } mod b { use crate::a::A; pub struct B; }";
    let parsed = syn::parse_file(text).unwrap();
    graph.add_items(0, &parsed.items, None).unwrap();
    let shown: Vec<_> = graph.cycles().iter().map(Cycle::shown).collect();
    assert_eq!(shown, ["  a -> (crate::b::B)\n  b -> (crate::a::A)\n  a"]);
}

#[test]
fn workspace_has_no_cycle() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    crate::check(root).unwrap();
}
