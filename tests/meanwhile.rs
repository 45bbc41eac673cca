//! What others did to the checkout while a command waited, for the lock or for an answer: nothing is written on what is no longer so.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;
#[path = "interrupt/terminal.rs"]
mod terminal;

use std::fs::{self, File};
use std::path::Path;

use support::{PROJECT, Run, Tree, World};
use terminal::Terminal;

const ADD: [&str; 4] = ["skill", "add", "codex", "--no-build"];
const COPIED: &str = "src/providers/codex.ts";
const BARREL: &str = "src/providers/index.ts";

/// A checkout with the skill, and its barrel as it was before.
fn with_a_lost_import() -> World {
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    let before = fs::read(world.root.join(BARREL)).expect("a barrel");
    let added = yes(&world);
    assert_eq!(added.code, 0, "{added:?}");
    fs::write(world.root.join(BARREL), before).expect("a barrel");
    world
}

fn yes(world: &World) -> Run {
    world.nanoclaw(&[&ADD[..], &["--yes"]].concat())
}

fn at_terminal(world: &World, arguments: &[&str]) -> Terminal {
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(arguments);
    Terminal::start(command)
}

#[test]
fn what_is_taken_away_while_the_lock_is_waited_for_is_missing() {
    let world = with_a_lost_import();
    let lock = File::open(world.root.join(".git/nanoclaw/lock")).expect("the lock");
    lock.lock().expect("the lock");
    let waiting = at_terminal(&world, &[&ADD[..], &["--yes"]].concat());
    waiting.shows(" for the lock of");
    fs::remove_file(world.root.join(COPIED)).expect("a copy");
    drop(lock);
    let left = waiting.left();
    assert_eq!(left.code, 0, "{}", left.text);
    assert!(world.root.join(COPIED).is_file(), "{}", left.text);
}

/// A copy holds beside those that the branch brings, and not beside those that are there.
#[test]
fn what_holds_only_with_what_is_written_is_no_change() {
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    assert_eq!(yes(&world).code, 0);
    let older = "container/agent-runner/src/providers/codex-app-server.ts";
    fs::write(world.root.join(older), "export const older = 1;\n").expect("a copy");
    let run = yes(&world);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn what_is_taken_away_at_the_question_makes_the_answer_void() {
    let world = with_a_lost_import();
    let asked = at_terminal(&world, &ADD);
    asked.shows("\x1b[?25l");
    fs::remove_file(world.root.join(COPIED)).expect("a copy");
    let before = Tree::read(&world.root);
    asked.types(b"y");
    let left = asked.left();
    assert_eq!(left.code, 3, "{}", left.text);
    for words in [
        COPIED,
        "has changed since the plan was made",
        "nothing was written",
    ] {
        assert!(left.text.contains(words), "no `{words}` in {}", left.text);
    }
    assert!(Tree::read(&world.root).differences(&before).is_empty());
    assert_eq!(yes(&world).code, 0);
}
