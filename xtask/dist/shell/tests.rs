use std::collections::BTreeSet;

use wasmparser::Parser;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::*;

const WIT: &str = "
    package a:b@0.1.0;
    interface log {
        resource line { length: func() -> u32; }
        write: func(text: string) -> list<u8>;
    }
    interface first {
        type pairs = list<tuple<string, string>>;
        enum kind { one, other }
        record failure { kind: kind, pairs: pairs }
        run: func(words: list<string>) -> result<string, failure>;
    }
    interface second {
        use first.{pairs, failure};
        record found { pairs: pairs, words: list<string> }
        look: func(words: list<string>) -> result<found, failure>;
    }
    world sample { import log; export first; export second; }
";

const MODULE: &str = r#"(module
    (import "a:b/log@0.1.0" "write" (func (param i32 i32 i32)))
    (import "a:b/log@0.1.0" "[method]line.length" (func (param i32) (result i32)))
    (import "a:b/log@0.1.0" "[resource-drop]line" (func (param i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8)
    (func (export "nobody-calls-this"))
    (func (export "a:b/first@0.1.0#run") (param i32 i32) (result i32) i32.const 16)
    (func (export "a:b/second@0.1.0#look") (param i32 i32) (result i32) i32.const 16)
)"#;

/// As wit-component makes it.
fn sample() -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("sample.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(MODULE).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

fn says(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

fn refused(text: &str, why: &str) {
    let message = without_shell(&wat::parse_str(text).unwrap()).unwrap_err();
    assert!(message.contains(why), "{message}");
}

#[test]
fn names_of_the_interface_stay_and_names_between_the_parts_go() {
    let (before, after) = (sample(), without_shell(&sample()).unwrap());
    for name in [
        "a:b/log@0.1.0",
        "a:b/first@0.1.0",
        "a:b/second@0.1.0",
        "[method]line.length",
        "failure",
        "kind",
        "look",
    ] {
        assert!(says(&after, name), "{name}");
    }
    for name in [
        "a:b/first@0.1.0#run",
        "[resource-drop]line",
        "cabi_realloc",
        "memory",
        "nobody-calls-this",
        "import-type-",
        "$imports",
        "producers",
    ] {
        assert!(says(&before, name), "{name}");
        assert!(!says(&after, name), "{name}");
    }
    assert!(after.len() * 3 < before.len() * 2, "{} bytes", after.len());
}

#[test]
fn whoever_reads_the_interface_reads_the_same() {
    let text = interface(&without_shell(&sample()).unwrap()).unwrap();
    assert_eq!(text, interface(&sample()).unwrap());
    assert!(text.contains("use first.{pairs, failure};"), "{text}");
}

#[test]
fn doing_it_twice_changes_nothing() {
    let once = without_shell(&sample()).unwrap();
    assert_eq!(without_shell(&once), Ok(once));
}

#[test]
fn what_is_cut_short_is_refused() {
    let whole = sample();
    // Where a section ends, what is before it may be a component.
    let ends: BTreeSet<u64> = Parser::new(0)
        .parse_all(&whole)
        .filter_map(|payload| payload.unwrap().as_section())
        .map(|(_, range)| range.end)
        .chain([8])
        .collect();
    for length in 0..whole.len() {
        if !ends.contains(&u64::try_from(length).unwrap()) {
            assert!(without_shell(&whole[..length]).is_err(), "{length}");
        }
    }
}

#[test]
fn what_is_not_known_here_is_refused() {
    refused("(module)", "it is not a component");
    refused("(component (import \"f\" (func)))", "is not an instance");
    refused("(component (component (component)))", "one of its own");
    refused(
        "(component (component (core module)))",
        "a nested component has a core module",
    );
    refused(
        "(component (core module $m) (core instance (instantiate $m)) (core instance (instantiate $m)))",
        "instantiated twice",
    );
    refused(
        "(component (type (resource (rep i32))))",
        "a resource of its own",
    );
}

#[test]
fn names_are_one_letter_and_then_two() {
    let names: Vec<String> = [0, 25, 26, 27, 51, 52, 701, 702].map(fold::kebab).into();
    assert_eq!(names, ["a", "z", "aa", "ab", "az", "ba", "zz", "aaa"]);
}
