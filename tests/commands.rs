//! The commands in the words above a patch, run as they stand.
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
