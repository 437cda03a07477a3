//! Replays the corpora: texts to start from, and inputs that fuzzers found and that were kept.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

#[path = "properties.rs"]
mod properties;

use std::path::Path;

fn replay(target: &str, property: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 5, "{} has {}", folder.display(), files.len());
    for file in files {
        // Named first, so that a panic is known by its file.
        println!("{}", file.display());
        property(&std::fs::read(&file).unwrap());
    }
}

#[test]
fn corpus_of_configs_holds_its_property() {
    replay("config", properties::config);
}

#[test]
fn corpus_of_responses_holds_its_property() {
    replay("response", properties::response);
}

#[test]
fn corpus_of_numbers_holds_its_property() {
    replay("phone", properties::phone);
}

#[test]
fn corpus_of_callbacks_holds_its_property() {
    replay("callback", properties::callback);
}
