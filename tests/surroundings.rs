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

#[test]
fn a_demo_is_the_same_in_every_surrounding() {
    let world = World::empty();
    let home = world.base().join("my home");
    fs::create_dir_all(&home).expect("a folder");
    let configuration = "[init]\n\tdefaultRefFormat = reftable\n\tdefaultObjectFormat = sha256\n\
        [clone]\n\tdefaultRemoteName = elsewhere\n[commit]\n\tgpgSign = true\n[core]\n\tautocrlf = true\n";
    let global = home.join(".gitconfig");
    fs::write(&global, configuration).expect("a configuration");
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let run = with(
        &world,
        &[
            ("HOME", Some(&path(&home))),
            ("TMPDIR", Some(&path(&home))),
            ("GIT_CONFIG_GLOBAL", Some(&path(&global))),
            ("GIT_DEFAULT_HASH", Some("sha256")),
            ("GIT_DEFAULT_REF_FORMAT", Some("reftable")),
            ("NANOCLAW_CHANNELS_REMOTE", Some("/nowhere")),
        ],
        &["skill", "add", "codex", "--demo"],
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("codex is installed"), "{run:?}");
    // Quoted, so that the shell does not take away a folder called `my`.
    let remove = run.stderr.lines().find(|line| line.contains("rm -r "));
    let quoted = format!("rm -r '{}/nanoclaw-demo-", home.display());
    assert!(remove.is_some_and(|line| line.contains(&quoted)), "{run:?}");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_leaves_nothing() {
    let world = sample();
    let before = Tree::read(&world.root);
    let mut command = world.command("sh", &world.root);
    let limited = r#"ulimit -f 1 && exec "$0" skill add codex --no-build --yes --offline"#;
    let limited = run(command.args(["-c", limited, env!("CARGO_BIN_EXE_nanoclaw")]));
    assert_eq!(limited.code, 2, "{limited:?}");
    let words = "every file is as it was before: failed to write the journal";
    assert!(limited.stderr.contains(words), "{limited:?}");
    assert_eq!(before.differences(&Tree::read(&world.root)), [""; 0]);
    let left = fs::read_dir(world.root.join(".git/nanoclaw")).expect("the folder");
    for entry in left {
        let name = entry.expect("an entry").file_name();
        assert!(name == "store" || name == "lock", "{}", name.display());
    }
}
