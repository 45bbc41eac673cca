//! Hostile checkouts, documents, remotes and arguments: each is refused, named on a line of its own, and nothing is written.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails there"
)]

#[path = "inside/documents.rs"]
mod documents;
#[path = "inside/owner.rs"]
mod owner;
#[path = "inside/places.rs"]
mod places;
#[path = "inside/said.rs"]
mod said;
mod support;

use std::path::Path;

use support::{Mark, PROJECT, Run, World};

fn sample() -> World {
    World::of(&Path::new(PROJECT).join("fixtures/sample"))
}

/// The command ends with this code, says these words on lines that hold no control character, and leaves every byte, mode and time of the
/// checkout and its git directory.
fn refused(world: &World, arguments: &[&str], code: i32, words: &[&str]) -> Run {
    let before = Mark::of(&world.root);
    let run = world.nanoclaw(arguments);
    let what = arguments.join(" ");
    assert_eq!(run.code, code, "{what}: {run:?}");
    for word in words {
        assert!(run.stderr.contains(word), "{what}: no `{word}` in {run:?}");
    }
    let obeyed = |c: char| c.is_control() && c != '\n';
    assert!(!run.stderr.contains(obeyed), "{what}: {:?}", run.stderr);
    let written = before.differences(&Mark::of(&world.root));
    assert!(written.is_empty(), "{what}: {written:?}");
    run
}

fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo").success());
}

const COPY: &str = "src/providers/codex.ts";
