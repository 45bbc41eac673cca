//! A write through the real binary: whole or not at all, one at a time, taken back on request, and what others did to the files meanwhile left.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use nanoclaw::checkout::Checkout;
use nanoclaw::journal::{self, Change, Kind, Step};
use nanoclaw::plan::{Edit, Role};
use nanoclaw::sink::Sink;
use nanoclaw::sink::disk::{Disk, End, Writing};
use support::{PROJECT, Run, Tree, World};

const ADD: [&str; 5] = ["skill", "add", "codex", "--no-build", "--yes"];
const UNDO: [&str; 3] = ["skill", "undo", "--yes"];
const COPIED: &str = "container/agent-runner/src/providers/codex.ts";
const BARREL: &str = "src/providers/index.ts";

fn world(fixture: &str) -> World {
    World::of(&Path::new(PROJECT).join("fixtures").join(fixture))
}

fn ends(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    let all = format!("{}{}", String::from_utf8_lossy(&run.stdout), run.stderr);
    for word in words {
        assert!(all.contains(word), "no `{word}` in {run:?}");
    }
}

fn is(world: &World, expected: &Tree) {
    let different = Tree::read(&world.root).differences(expected);
    assert!(different.is_empty(), "{different:?}");
}

/// Breaks a write off after so many files: what a kill would leave.
fn break_off(world: &World, files: &[(&str, &str)], done: usize) {
    let checkout = Checkout::find(&world.root).expect("a checkout");
    break_off_in(&checkout, files, done);
}

fn break_off_in(checkout: &Checkout, files: &[(&str, &str)], done: usize) {
    let edit = |(path, after): &(&str, &str)| {
        let target = checkout.root().join(path);
        let file = |bytes: Vec<u8>| nanoclaw::checkout::File { bytes, mode: 0o644 };
        Edit {
            path: path.into(),
            before: fs::read(target).ok().map(file),
            after: Some(file(after.as_bytes().to_vec())),
            role: Role::Insert,
        }
    };
    let edits = files.iter().map(edit).collect::<Vec<_>>();
    let writing = Writing {
        command: "skill add codex".to_owned(),
        skill: "codex".to_owned(),
        called: "codex".to_owned(),
        builds: Vec::new(),
        edits: &edits,
        records: &[],
        end: End::Keep,
    };
    let mut disk = Disk::begin(checkout, writing).expect("a write");
    for edit in edits.iter().take(done) {
        disk.edit(edit).expect("an edit");
    }
    // As a kill: nothing is dropped.
    std::mem::forget(disk);
    assert!(journal::is_there(checkout));
}

#[test]
fn two_checkouts_in_one_repository_have_each_their_own_records() {
    let world = World::empty();
    world.git(&world.root, &["init", "--quiet"]);
    for name in ["a", "b"] {
        Tree::sample().write(&world.root.join(name));
    }
    each_has_its_own(&world, &world.root);
    world.git(&world.root, &["add", "."]);
    world.git(&world.root, &["commit", "--quiet", "--message", "Two"]);
    let linked = world.base().join("linked");
    let path = linked.to_string_lossy();
    world.git(&world.root, &["worktree", "add", "--quiet", &path]);
    each_has_its_own(&world, &linked);
}

/// What is broken off in the checkout `a` below a work tree's top is nothing to the checkout `b`.
fn each_has_its_own(world: &World, top: &Path) {
    let inside = |name: &str, arguments: &[&str]| {
        let folder = top.join(name).to_string_lossy().into_owned();
        world.nanoclaw(&[&["-C", &folder], arguments].concat())
    };
    let start = Tree::read(top);
    let a = Checkout::find(&top.join("a")).expect("a checkout");
    break_off_in(&a, &[("src/config.ts", "ours\n")], 1);
    ends(&inside("b", &UNDO), 0, &["nothing to undo"]);
    ends(&inside("b", &["skill", "status", "codex"]), 1, &[]);
    assert!(journal::is_there(&a), "b has taken back what is a's");
    ends(&inside("a", &UNDO), 0, &["was broken off here"]);
    let different = Tree::read(top).differences(&start);
    assert!(different.is_empty(), "{different:?}");
}

#[test]
fn an_undo_takes_back_one_installation_after_the_other() {
    let world = world("payload-edited-and-incomplete");
    let start = Tree::read(&world.root);
    ends(&world.nanoclaw(&ADD), 0, &["kept     "]);
    let installed = Tree::read(&world.root);
    ends(
        &world.nanoclaw(&[&ADD[..], &["--set", "CODEX_VERSION=9.9.9"]].concat()),
        0,
        &[],
    );
    assert_ne!(Tree::read(&world.root), installed);
    ends(
        &world.nanoclaw(&UNDO),
        0,
        &["restore  container/Dockerfile", "is undone"],
    );
    is(&world, &installed);
    let undone = world.nanoclaw(&UNDO);
    ends(
        &undone,
        0,
        &["builds: pending: host build, container types, image"],
    );
    is(&world, &start);
    ends(&world.nanoclaw(&UNDO), 0, &["nothing to undo"]);
    is(&world, &start);
    ends(&world.nanoclaw(&ADD), 0, &["codex is installed"]);
    is(&world, &installed);
}

#[test]
fn an_undo_writes_nothing_where_a_file_was_edited_since() {
    let world = world("sample");
    ends(&world.nanoclaw(&ADD), 0, &[]);
    for path in [BARREL, COPIED] {
        let was = fs::read(world.root.join(path)).expect("a file");
        let edited = [&was[..], b"// mine\n"].concat();
        fs::write(world.root.join(path), edited).expect("an edit");
        let before = Tree::read(&world.root);
        let said = format!("Changed since:\n  {path}");
        ends(
            &world.nanoclaw(&UNDO),
            3,
            &[&said, "nothing was written", "hint: "],
        );
        is(&world, &before);
        fs::write(world.root.join(path), was).expect("the file as it was");
    }
    fs::remove_file(world.root.join(COPIED)).expect("no file");
    // What is as it was before the installation needs nothing.
    ends(&world.nanoclaw(&UNDO), 0, &["is undone"]);
    let status = world.git(&world.root, &["status", "--porcelain"]);
    assert_eq!(status, "");
}

#[test]
fn folders_that_an_add_made_go_with_its_undo() {
    let world = world("sample");
    let start = Tree::read(&world.root);
    let made = [("src/new/deep/a.ts", "a\n"), ("src/new/b.ts", "b\n")];
    break_off(&world, &made, 1);
    ends(&world.nanoclaw(&UNDO), 0, &["was broken off here"]);
    is(&world, &start);
}

#[test]
fn a_folder_that_a_symlink_has_taken_the_place_of_is_left() {
    let world = world("sample");
    break_off(&world, &[("src/new/deep/a.ts", "a\n")], 0);
    fs::remove_dir_all(world.root.join("src/new")).expect("a folder");
    let outside = world.base().join("outside/deep");
    fs::create_dir_all(&outside).expect("a folder");
    symlink(world.base().join("outside"), world.root.join("src/new")).expect("a symlink");
    world.nanoclaw(&UNDO);
    assert!(outside.is_dir());
}

#[test]
fn a_file_edited_after_a_write_was_broken_off_is_left_and_named() {
    let world = world("sample");
    let start = Tree::read(&world.root);
    let [first, second] = [("src/config.ts", "ours\n"), (BARREL, "ours too\n")];
    break_off(&world, &[first, second], 2);
    fs::write(world.root.join(BARREL), "mine\n").expect("an edit");
    let undone = world.nanoclaw(&UNDO);
    ends(
        &undone,
        1,
        &[
            "undone   `skill add codex` was broken off here; 1 of its files",
            &format!("left     {BARREL}: changed since, and left as it is; what it was before is "),
        ],
    );
    let mut expected = start.clone();
    expected.put(BARREL, "mine\n");
    is(&world, &expected);
    let kept = undone
        .stderr
        .split("what it was before is ")
        .nth(1)
        .expect("a place");
    let kept = fs::read(kept.lines().next().expect("a line")).expect("what was kept");
    assert_eq!(Some(&kept[..]), start.bytes(BARREL));
}

#[test]
fn who_only_looks_reports_what_was_broken_off_and_leaves_it() {
    let world = world("sample");
    break_off(
        &world,
        &[("src/config.ts", "ours\n"), (BARREL, "ours\n")],
        1,
    );
    let before = Tree::read(&world.root);
    let found = "`skill add codex` was broken off here, and is half done";
    let mend = "nanoclaw skill undo takes it back";
    ends(
        &world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]),
        1,
        &[found, mend],
    );
    ends(
        &world.nanoclaw(&["skill", "status", "codex"]),
        1,
        &[found, mend],
    );
    ends(&world.nanoclaw(&["skill", "status"]), 0, &[found, mend]);
    ends(
        &world.nanoclaw(&["skill", "add", "codex", "--dry-run"]),
        0,
        &[found, mend],
    );
    ends(
        &world.nanoclaw(&["skill", "add", "codex", "--check"]),
        1,
        &[found, mend],
    );
    let json = world.nanoclaw(&["skill", "verify", "codex", "--no-tests", "--format", "json"]);
    ends(&json, 1, &["\"broken-off\""]);
    is(&world, &before);
    assert!(world.root.join(".git/nanoclaw/journal").is_file());
    ends(
        &world.nanoclaw(&ADD),
        0,
        &["was broken off here", "codex is installed"],
    );
}

#[test]
fn a_journal_that_cannot_be_read_stops_every_write_and_is_named() {
    let world = world("sample");
    break_off(&world, &[("src/config.ts", "ours\n")], 1);
    let journal = world.root.join(".git/nanoclaw/journal");
    let bytes = fs::read(&journal).expect("a journal");
    fs::write(&journal, bytes.split_at(bytes.len() / 2).0).expect("a torn one");
    let before = Tree::read(&world.root);
    for command in [&ADD[..], &UNDO] {
        ends(
            &world.nanoclaw(command),
            2,
            &["nanoclaw/journal` cannot be read", "hint: "],
        );
        is(&world, &before);
    }
}

/// A journal that somebody else has put there, with a symlink beside it.
#[test]
fn a_journal_that_a_power_cut_has_torn_before_it_had_its_name_stops_nothing() {
    let world = world("sample");
    let start = Tree::read(&world.root);
    ends(&world.nanoclaw(&ADD), 0, &[]);
    let state = world.root.join(".git/nanoclaw");
    let whole = fs::read(state.join("undo-0001")).expect("a journal");
    ends(&world.nanoclaw(&UNDO), 0, &[]);
    let waiting = state.join("journal.new");
    let halves = whole.split_at(whole.len() / 2);
    for torn in [&b""[..], halves.0, &vec![0; whole.len()]] {
        fs::write(&waiting, torn).expect("a torn journal");
        let status = ["skill", "status", "codex"];
        ends(&world.nanoclaw(&status), 1, &["the file is not there"]);
        ends(&world.nanoclaw(&UNDO), 0, &["nothing to undo"]);
        assert!(!waiting.exists());
        fs::write(&waiting, torn).expect("a torn journal");
        // What was put beside its place then is nobody's that is known.
        for folder in ["src/providers", "container/agent-runner/src/providers"] {
            fs::write(world.root.join(folder).join(".codex.ts.nanoclaw-new"), "").expect("a file");
        }
        let refused = world.nanoclaw(&ADD);
        ends(&refused, 3, &["are in the way; nothing was written", "rm "]);
        let mend = refused
            .stderr
            .lines()
            .find_map(|line| line.split_once("rm "));
        let mend = format!("rm {}", mend.expect("a command").1);
        let mended = world
            .command("sh", &world.root)
            .args(["-c", &mend])
            .status();
        assert!(mended.expect("sh").success(), "{mend}");
        is(&world, &start);
    }
    // A whole one is of a write that was killed: it is told, and taken back.
    fs::write(&waiting, &whole).expect("a journal");
    let status = world.nanoclaw(&["skill", "status", "codex"]);
    ends(&status, status.code, &["was broken off here"]);
    ends(&world.nanoclaw(&UNDO), 0, &["was broken off here"]);
    assert!(!waiting.exists());
    is(&world, &start);
    ends(&world.nanoclaw(&ADD), 0, &["codex is installed"]);
}

#[test]
fn a_recovery_does_not_follow_a_record_out_of_the_programs_folder() {
    let world = world("sample");
    let outside = world.base().join("elsewhere");
    fs::create_dir_all(&outside).expect("a folder");
    let change = Change {
        command: "skill add codex".to_owned(),
        skill: "codex".to_owned(),
        called: "codex".to_owned(),
        builds: Vec::new(),
        folders: Vec::new(),
        steps: vec![Step {
            kind: Kind::Record,
            path: "linked/keys".into(),
            before: Some(nanoclaw::checkout::File {
                bytes: b"theirs\n".to_vec(),
                mode: 0o600,
            }),
            after: None,
        }],
    };
    let state = world.root.join(".git/nanoclaw");
    fs::create_dir_all(&state).expect("a folder");
    std::os::unix::fs::symlink(&outside, state.join("linked")).expect("a symlink");
    fs::write(state.join("journal"), change.to_bytes().expect("bytes")).expect("a journal");
    ends(
        &world.nanoclaw(&UNDO),
        2,
        &["linked`, which this program", "nothing was written"],
    );
    let mut made = fs::read_dir(&outside).expect("the folder");
    assert!(made.next().is_none(), "something was written outside");
}

#[test]
fn an_undo_leaves_builds_that_can_be_run_alone() {
    let world = world("sample");
    ends(&world.nanoclaw(&ADD), 0, &[]);
    ends(&world.nanoclaw(&UNDO), 0, &["nanoclaw skill build codex"]);
    let status = world.nanoclaw(&["skill", "status", "codex"]);
    ends(&status, 1, &["pending: host build, container types, image"]);
    // Their needs are looked for: here there is no pnpm project, so that they are named and not run.
    let build = world.nanoclaw(&["skill", "build", "codex", "--no-image"]);
    ends(&build, 3, &["a build cannot run here", "host build: "]);
}

#[test]
fn modes_and_a_group_survive_and_new_files_get_the_umask() {
    let world = world("executable-barrel");
    let barrel = world
        .root
        .join("container/agent-runner/src/providers/index.ts");
    let before = fs::metadata(&barrel).expect("a barrel");
    let mut command = world.command("sh", &world.root);
    let program = env!("CARGO_BIN_EXE_nanoclaw");
    let add = format!("umask 077; exec {program} {}", ADD.join(" "));
    let status = command.args(["-c", &add]).stderr(Stdio::null()).status();
    assert!(status.expect("sh").success());
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&barrel), before.permissions().mode() & 0o777);
    assert_eq!(fs::metadata(&barrel).expect("a barrel").gid(), before.gid());
    assert_eq!(mode(&world.root.join(COPIED)), 0o600);
}

#[test]
fn a_file_in_the_way_of_a_new_one_is_left() {
    let world = world("sample");
    let staged = world.root.join("src/providers/.index.ts.nanoclaw-new");
    fs::write(&staged, "mine\n").expect("a file");
    let before = Tree::read(&world.root);
    ends(
        &world.nanoclaw(&ADD),
        3,
        &["is in the way; nothing was written"],
    );
    is(&world, &before);
}

/// Runs an add as a user who may not write everywhere: where the tests are root's, everything is given to nobody first.
fn add_as_a_user(world: &World) -> Run {
    const NOBODY: u32 = 65_534;
    let (_folder, program) = support::program_for_all();
    let mut command = world.command(program, &world.root);
    if rustix::process::geteuid().is_root() {
        let base = world.base();
        let all = world
            .command("chown", &base)
            .args(["-R", "nobody", "."])
            .status();
        assert!(all.expect("chown").success());
        command.uid(NOBODY);
    }
    support::run(command.args(ADD))
}

#[test]
fn a_read_only_checkout_or_git_directory_is_refused_with_nothing_written() {
    for folder in [
        "src/providers",
        ".git",
        ".git/nanoclaw",
        "container/Dockerfile",
    ] {
        let world = world("sample");
        let locked = world.root.join(folder);
        fs::create_dir_all(world.root.join(".git/nanoclaw")).expect("a folder");
        let before = Tree::read(&world.root);
        let mode = |mode| fs::set_permissions(&locked, Permissions::from_mode(mode));
        mode(0o555).expect("a mode");
        let run = add_as_a_user(&world);
        if folder == "container/Dockerfile" {
            // A file that may not be written is replaced all the same, as git does, and stays read-only.
            ends(&run, 0, &["codex is installed"]);
            continue;
        }
        mode(0o755).expect("a mode");
        if folder == ".git" {
            ends(&run, 0, &["codex is installed"]);
            continue;
        }
        ends(&run, 2, &["Permission denied"]);
        is(&world, &before);
        assert!(!world.root.join(".git/nanoclaw/journal").exists());
        ends(&add_as_a_user(&world), 0, &["codex is installed"]);
    }
}
