//! Runs in poor surroundings: no home, no temporary folder, a folder that is gone.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs;
use std::path::Path;

use support::{PROJECT, Run, Tree, World, run};

const COMMANDS: [&[&str]; 5] = [
    &["skill", "status", "codex"],
    &["skill", "add", "codex", "--dry-run"],
    &["skill", "add", "codex", "--no-build", "--yes"],
    &["skill", "verify", "codex", "--no-tests"],
    &["skill", "undo", "--yes"],
];

fn sample() -> World {
    World::of(&Path::new(PROJECT).join("fixtures/sample"))
}

/// Runs the program with variables taken away, or set.
fn with(world: &World, variables: &[(&str, Option<&str>)], arguments: &[&str]) -> Run {
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    run(command.args(arguments))
}

#[test]
fn a_home_and_a_temporary_folder_are_not_needed() {
    let none: [(&str, Option<&str>); 3] = [
        ("HOME", None),
        ("TMPDIR", None),
        ("GIT_CONFIG_GLOBAL", None),
    ];
    let nowhere = [
        ("HOME", Some("/nowhere")),
        ("XDG_CONFIG_HOME", Some("/nowhere")),
    ];
    for variables in [&none[..], &nowhere] {
        let world = sample();
        for arguments in COMMANDS {
            let run = with(&world, variables, arguments);
            let expected = i32::from(arguments.contains(&"status"));
            assert_eq!(run.code, expected, "{arguments:?}: {run:?}");
        }
    }
}

#[test]
fn a_dry_run_without_a_place_for_what_it_fetches_says_so() {
    let world = sample();
    let before = Tree::read(&world.root);
    let variables = [("TMPDIR", Some("/nowhere"))];
    let run = with(&world, &variables, &["skill", "add", "codex", "--dry-run"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("/nowhere"), "{run:?}");
    assert!(run.stdout.is_empty(), "{run:?}");
    assert_eq!(Tree::read(&world.root), before);
    // What is written is staged in its own place.
    let added = with(&world, &variables, &["skill", "add", "codex", "--no-build"]);
    assert_eq!(added.code, 0, "{added:?}");
}

#[test]
fn a_working_folder_that_is_gone_is_an_error() {
    let world = sample();
    let gone = world.base().join("gone");
    fs::create_dir(&gone).expect("a folder");
    let program = env!("CARGO_BIN_EXE_nanoclaw");
    let script = format!("rmdir ../gone && exec {program} skill status codex");
    let mut command = world.command("sh", &gone);
    let run = run(command.args(["-c", &script]));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.starts_with("error:"), "{run:?}");
}
