//! One write at a time, through the real binary: who comes second waits, gives up in time, or has nothing to wait for.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use support::{PROJECT, Run, Tree, World};

const ADD: [&str; 5] = ["skill", "add", "codex", "--no-build", "--yes"];

fn sample() -> World {
    World::of(&Path::new(PROJECT).join("fixtures/sample"))
}

fn ends(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    for word in words {
        assert!(run.stderr.contains(word), "no `{word}` in {run:?}");
    }
}

#[test]
fn a_hundred_adds_at_once_end_in_one_installation() {
    let world = sample();
    let mut running = Vec::new();
    for number in 0..100 {
        let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
        command.args(ADD).stdin(Stdio::null()).stdout(Stdio::null());
        let said = File::create(world.base().join(format!("said-{number}"))).expect("a file");
        running.push(command.stderr(said).spawn().expect("the program"));
    }
    let mut wrote = 0;
    for (number, mut child) in running.into_iter().enumerate() {
        let status = child.wait().expect("an end");
        let said = fs::read_to_string(world.base().join(format!("said-{number}")));
        let said = said.expect("words");
        assert!(status.success(), "{status}: {said}");
        wrote += usize::from(said.contains("codex is installed"));
    }
    assert_eq!(wrote, 1, "installations");
    ends(
        &world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]),
        0,
        &[],
    );
    assert_eq!(
        fs::read_dir(world.root.join(".git/nanoclaw"))
            .expect("a folder")
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("undo-"))
            .count(),
        1
    );
}

#[test]
fn who_waits_for_the_lock_names_its_holder_and_gives_up_in_time() {
    let world = sample();
    let state = world.root.join(".git/nanoclaw");
    fs::create_dir_all(&state).expect("a folder");
    let held = File::create(state.join("lock")).expect("a lock");
    fs::write(
        state.join("lock"),
        "process 7 (nanoclaw skill add codex)\n1\n",
    )
    .expect("a holder");
    held.lock().expect("the lock");
    let before = Tree::read(&world.root);
    let none = world.nanoclaw(&[&ADD[..], &["--lock-timeout", "0"]].concat());
    ends(
        &none,
        2,
        &[
            "is locked by process 7 (nanoclaw skill add codex)",
            "hint: ",
        ],
    );
    let one = world.nanoclaw(&[&ADD[..], &["--lock-timeout", "1"]].concat());
    ends(
        &one,
        2,
        &["waiting  for the lock of process 7", "is locked by"],
    );
    let different = Tree::read(&world.root).differences(&before);
    assert!(different.is_empty(), "{different:?}");
    for undo in [["skill", "undo"], ["skill", "undo"]] {
        let run = world.nanoclaw(&[&undo[..], &["--lock-timeout", "0"]].concat());
        ends(&run, 2, &["is locked by process 7"]);
    }
    // Who only looks waits for nobody.
    for look in [
        &["skill", "status", "codex"][..],
        &["skill", "add", "codex", "-n"],
    ] {
        assert_ne!(world.nanoclaw(look).code, 2, "{look:?}");
    }
    drop(held);
    ends(&world.nanoclaw(&ADD), 0, &["codex is installed"]);
}

#[test]
fn linked_work_trees_do_not_wait_for_each_other() {
    let world = sample();
    world.git(
        &world.root,
        &["worktree", "add", "--quiet", "--detach", "../linked"],
    );
    let linked = world.base().join("linked");
    let state = world.root.join(".git/nanoclaw");
    fs::create_dir_all(&state).expect("a folder");
    let held = File::create(state.join("lock")).expect("a lock");
    held.lock().expect("the lock");
    let linked_folder = linked.to_string_lossy().into_owned();
    let add = [&["-C", &linked_folder][..], &ADD, &["--lock-timeout", "0"]].concat();
    ends(&world.nanoclaw(&add), 0, &["codex is installed"]);
    let own = world.root.join(".git/worktrees/linked/nanoclaw");
    assert!(own.join("undo-0001").is_file(), "its records are elsewhere");
    let undo = ["-C", &linked_folder, "skill", "undo", "--yes"];
    ends(&world.nanoclaw(&undo), 0, &["is undone"]);
}
