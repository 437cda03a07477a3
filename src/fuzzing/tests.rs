//! Replays the corpora of `fuzz/`: the texts to start from, and what fuzzers found worth keeping.

use std::path::Path;
use std::vec::Vec;

fn replay(target: &str, property: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(
        files.len() >= 10,
        "{} has {}",
        folder.display(),
        files.len()
    );
    for file in files {
        // Named first, so that a panic is known by its file.
        std::println!("{}", file.display());
        property(&std::fs::read(&file).unwrap());
    }
}

#[test]
fn every_config_of_the_corpus_is_read_or_refused_and_none_of_it_shows() {
    replay("config", super::config);
}

#[test]
fn no_answer_of_the_corpus_is_a_false_success_or_shows_what_was_sent() {
    replay("response", super::response);
}

#[test]
fn every_number_of_the_corpus_is_e164_or_refused() {
    replay("phone", super::phone);
}
