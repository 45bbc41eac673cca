//! The commands that an add prints, above a patch and under `Next`, run as they stand.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{PROJECT, Tree, World};

/// The tree after the preamble's command of this name, run in a folder of the checkout.
fn follow(world: &World, folder: &str, name: &str) -> Tree {
    let patch = world.base().join("codex patch");
    let text = fs::read_to_string(&patch).expect("the patch");
    let command = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .expect("the command");
    let command = command.replace("PATCH", &format!("'{}'", patch.display()));
    let ended = Command::new("sh")
        .args(["-c", &command])
        .current_dir(world.root.join(folder))
        .output()
        .expect("a shell");
    assert!(ended.status.success(), "{command}: {ended:?}");
    Tree::read(&world.root)
}

#[test]
fn the_commands_work_from_every_folder_of_the_checkout() {
    for folder in ["", "container/agent-runner"] {
        let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
        let before = Tree::read(&world.root);
        let preview = world.nanoclaw(&["skill", "add", "codex", "--dry-run"]);
        fs::write(world.base().join("codex patch"), &preview.stdout).expect("the patch");
        let applied = follow(&world, folder, "apply: ");
        let back = follow(&world, folder, "take back: ");
        assert_eq!(before.differences(&back), Vec::<String>::new());
        world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
        let added = Tree::read(&world.root);
        assert_eq!(applied.differences(&added), Vec::<String>::new());
    }
}

#[test]
fn next_begins_where_its_commands_run() {
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    let elsewhere = ["-C", "src/providers", "skill", "add", "codex", "--no-build"];
    let said = world.nanoclaw(&elsewhere).stderr;
    assert!(!said.contains("\n  cd "), "{said}");
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    let mut command = world.command(
        env!("CARGO_BIN_EXE_nanoclaw"),
        &world.root.join("container"),
    );
    let ended = command
        .args(["skill", "add", "codex", "--no-build"])
        .output()
        .expect("an add");
    let said = String::from_utf8_lossy(&ended.stderr);
    let steps = said.lines().skip_while(|line| *line != "Next");
    let enter = steps
        .clone()
        .find(|line| line.starts_with("  cd "))
        .expect("the way there");
    let commit = steps.skip_while(|line| *line != "  # commit").skip(1);
    let commit = commit
        .take_while(|line| !line.starts_with("  #"))
        .collect::<Vec<_>>();
    let script = format!("set -e\n{enter}\n{}", commit.join("\n"));
    let script = script.replace(
        "git commit",
        "git -c user.name=a -c user.email=a@localhost commit",
    );
    let mut shell = world.command("sh", &world.root.join("container"));
    let ended = shell.args(["-c", &script]).output().expect("a shell");
    assert!(ended.status.success(), "{script}: {ended:?}");
}
