//! The properties that are fuzzed, held of the corpus that the fuzzers left and of changes to it. The fuzzers: `tests/fuzz/README.md`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

#[path = "fuzz/properties/mod.rs"]
mod properties;
#[allow(dead_code, reason = "only the fixtures' texts are taken from here")]
#[path = "oracle/soup.rs"]
mod soup;

use std::cell::Cell;
use std::fs;
use std::path::Path;

use nanoclaw::skills::{self, Document};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

#[test]
fn barrels_stay_what_they_are() {
    check("barrel", 1500, properties::barrel);
}

#[test]
fn dockerfiles_stay_what_they_are() {
    check("dockerfile", 1000, properties::dockerfile);
}

#[test]
fn documents_are_skills_or_have_a_line_that_is_wrong() {
    check("document", 2000, properties::document);
}

/// Pieces that repeat. What time much longer texts take is known to the fuzzer, and to the rows beside the readers.
#[test]
fn long_texts_are_read_to_their_end() {
    let corpus = corpus("long");
    eprintln!("long: {} files of the corpus", corpus.len());
    for (name, bytes) in corpus {
        let held = std::panic::catch_unwind(|| properties::repeated(&bytes, 8 * 1024));
        assert!(held.is_ok(), "long: {name}");
    }
}

/// Holds the property of every file of the corpus and of so many changed ones, the same in every run.
fn check(target: &str, changes: u32, property: fn(&[u8])) {
    let mut corpus = corpus(target);
    let kept = corpus.len();
    corpus.extend(seeds(target));
    for (name, bytes) in &corpus {
        let held = std::panic::catch_unwind(|| property(bytes));
        assert!(held.is_ok(), "{target}: {name}");
    }
    let ran = Cell::new(0);
    let config = ProptestConfig {
        cases: changes,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let dice = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let files = corpus.into_iter().map(|(_, bytes)| bytes).collect();
    let held =
        TestRunner::new_with_rng(config, dice).run(&changed(files, words(target)), |bytes| {
            ran.set(ran.get() + 1);
            property(&bytes);
            Ok(())
        });
    if let Err(error) = held {
        panic!("{target}: {error}");
    }
    eprintln!(
        "{target}: {kept} files of the corpus, {} changes of them",
        ran.get()
    );
}

/// The files of a target's corpus, with their names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = folder().join("corpus").join(target);
    let entries = fs::read_dir(folder).expect("a corpus");
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, fs::read(path).expect("a file of the corpus"))
    };
    let mut files: Vec<_> = entries.map(read).collect();
    files.sort();
    assert!(files.len() > 20, "{target}: few files");
    files
}

/// The project's own files of a target's kind.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let name = match target {
        "barrel" => "index.ts",
        "dockerfile" => "Dockerfile",
        _ => {
            let one = |document: &Document| (document.path.to_owned(), document.text.into());
            return skills::DOCUMENTS.iter().map(one).collect();
        }
    };
    let texts = soup::fixtures(|path| path.ends_with(name)).into_iter();
    texts
        .map(|text| (text.name, text.text.into_bytes()))
        .collect()
}

/// The words of a target's dictionary, in libFuzzer's form: each in quotes, `\xHH` for a byte.
fn words(target: &str) -> Vec<Vec<u8>> {
    let path = folder().join("words").join(format!("{target}.txt"));
    let text = fs::read_to_string(path).expect("a dictionary");
    text.lines().map(word).collect()
}

fn word(line: &str) -> Vec<u8> {
    let quoted = line
        .strip_prefix('"')
        .and_then(|line| line.strip_suffix('"'));
    let mut rest = quoted.expect("a word in quotes");
    let mut word = Vec::new();
    while let Some(next) = rest.chars().next() {
        let (byte, length) = match rest.strip_prefix('\\') {
            Some(escaped) if escaped.starts_with('x') => {
                let byte = u8::from_str_radix(&escaped[1..3], 16);
                (byte.expect("two hexadecimal digits"), 4)
            }
            Some(escaped) => (escaped.as_bytes()[0], 2),
            None => (u8::try_from(next).expect("ASCII"), 1),
        };
        word.push(byte);
        rest = &rest[length..];
    }
    word
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

/// One change of a text.
#[derive(Clone, Debug)]
enum Change {
    /// Bytes in place of those between two places.
    Replace(Index, Index, Vec<u8>),
    /// What stands between two places once more, at a third.
    Repeat(Index, Index, Index),
    /// Another text's end from its place on, in place of this one's.
    Cross(Index, Index, Vec<u8>),
}

/// Files of the corpus with a few changes each.
fn changed(files: Vec<Vec<u8>>, words: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let places = || (any::<Index>(), any::<Index>());
    let file = prop::sample::select(files);
    let bytes = prop_oneof![
        prop::sample::select(words),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    let insert = (any::<Index>(), bytes.clone());
    let change = prop_oneof![
        3 => insert.prop_map(|(at, bytes)| Change::Replace(at, at, bytes)),
        2 => (places(), bytes).prop_map(|((from, to), bytes)| Change::Replace(from, to, bytes)),
        1 => (places(), any::<Index>()).prop_map(|((from, to), at)| Change::Repeat(from, to, at)),
        1 => (places(), file.clone()).prop_map(|((at, from), other)| Change::Cross(at, from, other)),
    ];
    let changes = prop::collection::vec(change, 1..4);
    (file, changes).prop_map(|(file, changes)| changes.into_iter().fold(file, apply))
}

fn apply(mut text: Vec<u8>, change: Change) -> Vec<u8> {
    let place = |text: &[u8], index: Index| index.index(text.len() + 1);
    let range = |from: Index, to: Index| {
        let (one, other) = (place(&text, from), place(&text, to));
        one.min(other)..one.max(other)
    };
    match change {
        Change::Replace(from, to, bytes) => {
            let range = range(from, to);
            text.splice(range, bytes);
        }
        Change::Repeat(from, to, at) => {
            let (piece, at) = (text[range(from, to)].to_vec(), place(&text, at));
            text.splice(at..at, piece);
        }
        Change::Cross(at, from, other) => {
            text.truncate(place(&text, at));
            text.extend_from_slice(&other[place(&other, from)..]);
        }
    }
    text
}
