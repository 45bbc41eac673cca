//! What an undo, or a recovery, makes of files that are not as the write left them.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use support::{PROJECT, Run, Tree, World};

const ADD: [&str; 5] = ["skill", "add", "codex", "--no-build", "--yes"];
const UNDO: [&str; 3] = ["skill", "undo", "--yes"];
const COPIED: &str = "src/providers/codex.ts";
const BARREL: &str = "src/providers/index.ts";

fn sample() -> World {
    World::of(&Path::new(PROJECT).join("fixtures/sample"))
}

fn state(world: &World) -> PathBuf {
    world.root.join(".git/nanoclaw")
}

fn ends(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    for word in words {
        assert!(run.stderr.contains(word), "no `{word}` in {run:?}");
    }
}

fn add(world: &World) {
    ends(&world.nanoclaw(&ADD), 0, &["codex is installed"]);
}

/// An add that was ended just before it was done: every file is in its place, and the journal is there.
fn break_off(world: &World) {
    add(world);
    let state = state(world);
    fs::rename(state.join("undo-0001"), state.join("journal")).expect("a journal");
}

fn append(world: &World, path: &str, text: &str) {
    let file = world.root.join(path);
    let was = fs::read_to_string(&file).expect("a file");
    fs::write(file, format!("{was}{text}")).expect("a file");
}

fn chmod(world: &World, path: &str, mode: u32) {
    let file = world.root.join(path);
    fs::set_permissions(file, Permissions::from_mode(mode)).expect("a mode");
}

fn mode(world: &World, path: &str) -> u32 {
    let file = world.root.join(path).metadata().expect("a file");
    file.permissions().mode() & 0o777
}

#[test]
fn a_barrel_that_is_left_keeps_the_files_that_it_imports() {
    let world = sample();
    break_off(&world);
    append(&world, BARREL, "// mine\n");
    let undone = world.nanoclaw(&UNDO);
    let left = |path: &str| format!("left     {path}: changed since, and left as it is");
    ends(&undone, 1, &[&left(BARREL), "src/providers/codex.ts"]);
    let barrel = fs::read_to_string(world.root.join(BARREL)).expect("a barrel");
    assert!(barrel.contains("import './codex.js'"), "{barrel}");
    assert!(world.root.join(COPIED).is_file(), "{undone:?}");
    add(&world);
}

/// Every regular file below a folder that holds just this.
fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    let files = Tree::read(folder).0.into_keys();
    let files = files.map(|path| folder.join(path));
    files
        .filter(|file| fs::read(file).is_ok_and(|bytes| bytes == text.as_bytes()))
        .collect()
}

#[test]
fn what_a_copy_was_written_over_outlives_a_recovery_that_leaves_something() {
    // The barrel is edited and the copy stays for it; the copy itself is edited.
    for edited in [BARREL, COPIED] {
        let world = sample();
        fs::write(world.root.join(COPIED), "// precious\n").expect("a file");
        break_off(&world);
        append(&world, edited, "// mine\n");
        let undone = world.nanoclaw(&UNDO);
        let kept = holding(&state(&world).join("kept"), "// precious\n");
        let [kept] = &kept[..] else {
            panic!("{edited}: kept in {kept:?}: {undone:?}");
        };
        let place = format!("what it was before is {}", kept.display());
        ends(&undone, 1, &[&place]);
        assert!(undone.stderr.contains(&format!("left     {COPIED}: ")));
    }
    // Nothing is left: nothing is kept.
    let world = sample();
    fs::write(world.root.join(COPIED), "// precious\n").expect("a file");
    break_off(&world);
    ends(&world.nanoclaw(&UNDO), 0, &["was broken off here"]);
    let copy = fs::read_to_string(world.root.join(COPIED)).expect("a file");
    assert_eq!(copy, "// precious\n");
    assert!(!state(&world).join("kept").exists());
}

#[test]
fn a_barrel_that_no_line_has_come_to_keeps_nothing() {
    let world = sample();
    let start = fs::read(world.root.join(BARREL)).expect("a barrel");
    break_off(&world);
    // The new barrel waits beside its place.
    let waits = world.root.join("src/providers/.index.ts.nanoclaw-new");
    fs::rename(world.root.join(BARREL), &waits).expect("a barrel");
    let mine = [&start[..], b"// mine\n"].concat();
    fs::write(world.root.join(BARREL), &mine).expect("a barrel");
    ends(
        &world.nanoclaw(&UNDO),
        1,
        &["left     src/providers/index.ts"],
    );
    assert!(!world.root.join(COPIED).exists() && !waits.exists());
    assert_eq!(fs::read(world.root.join(BARREL)).expect("a barrel"), mine);
}

#[test]
fn a_recovery_that_was_broken_off_amid_a_barrel_is_not_taken_for_a_write_that_was() {
    let world = sample();
    let start = fs::read(world.root.join(BARREL)).expect("a barrel");
    break_off(&world);
    // What the barrel was before waits beside it, when somebody edits the barrel.
    let waits = world.root.join("src/providers/.index.ts.nanoclaw-new");
    fs::write(&waits, &start).expect("a file");
    append(&world, BARREL, "// mine\n");
    ends(
        &world.nanoclaw(&UNDO),
        1,
        &[
            "left     src/providers/index.ts",
            "what is left may import it",
        ],
    );
    assert!(world.root.join(COPIED).is_file() && !waits.exists());
}

#[test]
fn a_mode_alone_is_no_edit() {
    let world = sample();
    let start = fs::read(world.root.join(BARREL)).expect("a barrel");
    chmod(&world, BARREL, 0o600);
    add(&world);
    // As git would check it out.
    fs::write(world.root.join(BARREL), &start).expect("a barrel");
    chmod(&world, BARREL, 0o644);
    ends(&world.nanoclaw(&UNDO), 0, &["is undone"]);
    assert!(!world.root.join(COPIED).exists());
    assert_eq!(mode(&world, BARREL), 0o644);
    add(&world);
    chmod(&world, BARREL, 0o600);
    ends(&world.nanoclaw(&UNDO), 0, &["is undone"]);
    assert_eq!(fs::read(world.root.join(BARREL)).expect("a barrel"), start);
    assert_eq!(mode(&world, BARREL), 0o600);
}

#[test]
fn an_edited_copy_that_git_does_not_know_is_to_be_moved_away() {
    let world = sample();
    add(&world);
    append(&world, COPIED, "// mine\n");
    let path = world.root.join(COPIED);
    let hint = format!(
        "move these away, if you would keep them: {}",
        path.display()
    );
    ends(&world.nanoclaw(&UNDO), 3, &[&hint]);
    fs::rename(world.root.join(COPIED), world.base().join("mine.ts")).expect("a file");
    ends(&world.nanoclaw(&UNDO), 0, &["is undone"]);
}

#[test]
fn an_edit_that_is_committed_is_no_matter_of_a_diff() {
    let world = sample();
    add(&world);
    append(&world, "container/Dockerfile", "# mine\n");
    let refused = world.nanoclaw(&UNDO);
    ends(&refused, 3, &["git -C ", " diff -- container/Dockerfile"]);
    world.git(&world.root, &["add", "--all"]);
    world.git(&world.root, &["commit", "--quiet", "--message", "Mine"]);
    let refused = world.nanoclaw(&UNDO);
    let by_hand = "container/Dockerfile is committed as it is: take the skill's lines out by hand, and then its files; nanoclaw skill show codex names both";
    ends(&refused, 3, &[by_hand]);
    assert!(!refused.stderr.contains(" diff -- "), "{refused:?}");
}

#[test]
fn an_undo_on_another_branch_takes_nothing_back_and_forgets_nothing() {
    let world = sample();
    let git = |words: &[&str]| world.git(&world.root, words);
    let start = Tree::read(&world.root);
    git(&["checkout", "--quiet", "-b", "with-codex"]);
    add(&world);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "Add codex"]);
    git(&["checkout", "--quiet", "main"]);
    ends(&world.nanoclaw(&UNDO), 0, &["nothing to take back"]);
    git(&["checkout", "--quiet", "with-codex"]);
    ends(&world.nanoclaw(&UNDO), 0, &["is undone"]);
    assert!(Tree::read(&world.root).differences(&start).is_empty());
}

/// An undo that was killed when all of its files were in place, just before its journal went.
fn break_off_undo() -> World {
    let undo = |world: &World, call: usize| {
        let log = world.base().join("calls");
        let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
        command.args(UNDO);
        command.env("NANOCLAW_FAULT", format!("{call}:kill:{}", log.display()));
        support::run(&mut command);
        fs::read_to_string(log).expect("a log")
    };
    let world = sample();
    add(&world);
    let calls = undo(&world, 0);
    let is_end = |line: &str| line.starts_with("unlink") && line.ends_with("/journal");
    let end = calls.lines().position(is_end).expect("the journal's end");
    let world = sample();
    add(&world);
    undo(&world, end + 1);
    assert!(state(&world).join("journal").exists());
    assert!(!world.root.join(COPIED).exists());
    world
}

#[test]
fn an_undo_that_is_taken_back_leaves_no_import_without_its_file() {
    for commands in [&[UNDO.as_slice()][..], &[ADD.as_slice()]] {
        let world = break_off_undo();
        fs::write(world.root.join(COPIED), "// mine\n").expect("a file");
        for command in commands {
            let run = world.nanoclaw(command);
            assert!(
                run.stderr.contains("`skill undo` was broken off"),
                "{run:?}"
            );
        }
        let barrel = fs::read_to_string(world.root.join(IN_CONTAINER)).expect("a barrel");
        let is_there = world
            .root
            .join(IN_CONTAINER)
            .with_file_name("codex.ts")
            .is_file();
        assert_eq!(barrel.contains("./codex.js"), is_there);
        let mine = fs::read_to_string(world.root.join(COPIED)).expect("a file");
        let kept = fs::read_dir(state(&world).join("kept"))
            .into_iter()
            .flatten()
            .count();
        assert!(mine == "// mine\n" || kept > 0, "{mine}");
    }
}

const IN_CONTAINER: &str = "container/agent-runner/src/providers/index.ts";

#[test]
fn an_undo_goes_behind_a_change_of_which_nothing_is_left_by_a_yes_alone() {
    let world = sample();
    let start = Tree::read(&world.root);
    add(&world);
    world.git(&world.root, &["add", "--all"]);
    world.git(
        &world.root,
        &["commit", "--quiet", "--message", "Add codex"],
    );
    let installed = Tree::read(&world.root);
    let pin = ["--set", "CODEX_VERSION=9.9.9"];
    ends(
        &world.nanoclaw(&[&ADD[..], &pin].concat()),
        0,
        &["is installed"],
    );
    world.git(
        &world.root,
        &["checkout", "--quiet", "container/Dockerfile"],
    );
    let unasked = world.nanoclaw(&["skill", "undo"]);
    let words = [
        "every file is as it was before `skill add codex`",
        "nothing was written",
        "hint: nanoclaw skill undo --yes",
    ];
    ends(&unasked, 3, &words);
    assert!(Tree::read(&world.root).differences(&installed).is_empty());
    ends(&world.nanoclaw(&UNDO), 0, &["is undone"]);
    assert!(Tree::read(&world.root).differences(&start).is_empty());
    // The change that was passed over is forgotten: it is not in the way of what comes.
    ends(&world.nanoclaw(&UNDO), 0, &["nothing to undo"]);
    add(&world);
    ends(&world.nanoclaw(&["skill", "undo"]), 0, &["is undone"]);
    ends(&world.nanoclaw(&["skill", "undo"]), 0, &["nothing to undo"]);
    assert!(Tree::read(&world.root).differences(&start).is_empty());
}
