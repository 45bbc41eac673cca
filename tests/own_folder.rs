//! The program's own folder, where anything may have taken the place of its files: what is no file of the program's is neither followed, waited
//! for nor written through.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use support::{PROJECT, Run, Tree, World};

const ADD: [&str; 5] = ["skill", "add", "codex", "--no-build", "--yes"];
const UNDO: [&str; 3] = ["skill", "undo", "--yes"];
const COPIED: &str = "src/providers/codex.ts";

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

/// What stands in the place of a file of the program's is neither followed nor waited for; a run that cannot do without the file says so.
#[test]
fn what_is_no_file_in_the_programs_folder_is_not_followed_or_waited_for() {
    for name in [
        "lock",
        "journal",
        "journal.new",
        "undo-0001",
        "pending-codex",
        "installed-codex",
    ] {
        for kind in ["symlink", "pipe", "folder"] {
            let world = sample();
            add(&world);
            let place = state(&world).join(name);
            let _ = fs::remove_file(&place);
            let outside = world.base().join("outside.txt");
            fs::write(&outside, "theirs\n").expect("a file");
            match kind {
                "symlink" => symlink(&outside, &place).expect("a symlink"),
                "folder" => fs::create_dir(&place).expect("a folder"),
                _ => {
                    let made = world.command("mkfifo", &world.base()).arg(&place).status();
                    assert!(made.expect("mkfifo").success());
                }
            }
            fs::remove_file(world.root.join(COPIED)).expect("a copy");
            for command in [&ADD[..], &UNDO, &["skill", "verify", "codex", "--no-tests"]] {
                let program = env!("CARGO_BIN_EXE_nanoclaw");
                let mut limited = world.command("timeout", &world.root);
                let ended = limited
                    .args(["-k", "5", "60", program])
                    .args(command)
                    .output();
                let code = ended.expect("timeout").status.code().unwrap_or(-1);
                assert!(
                    (0..=3).contains(&code),
                    "{kind} {name}: {command:?}: {code}"
                );
            }
            let theirs = fs::read_to_string(&outside).expect("a file");
            assert_eq!(theirs, "theirs\n", "{kind} {name}");
        }
    }
}

/// A checkout that came with its git directory may have anything there: what would lead a write elsewhere stops every command that writes.
#[test]
fn what_leads_out_of_the_programs_folder_stops_every_write() {
    for name in [
        "",
        "lock",
        "kept",
        "logs",
        "logs/codex-image.log",
        "store",
        "store/objects",
        "store/tips",
        "below",
        "anything",
    ] {
        let world = sample();
        let outside = world.base().join("elsewhere");
        fs::create_dir(&outside).expect("a folder");
        fs::write(outside.join("file"), "theirs\n").expect("a file");
        let place = state(&world).join(name);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        let is_file = ["lock", "logs/codex-image.log"].contains(&name);
        let target = if is_file {
            outside.join("file")
        } else {
            outside.clone()
        };
        symlink(
            target,
            world
                .root
                .join(".git/nanoclaw")
                .join(name)
                .components()
                .collect::<PathBuf>(),
        )
        .expect("a symlink");
        for command in [&ADD[..], &UNDO, &["skill", "build", "codex"]] {
            let run = world.nanoclaw(command);
            ends(
                &run,
                2,
                &["nothing was written", "hint: look at it, and move it away"],
            );
        }
        assert_eq!(
            fs::read_dir(&outside).expect("a folder").count(),
            1,
            "{name}"
        );
        let theirs = fs::read_to_string(outside.join("file")).expect("a file");
        assert_eq!(theirs, "theirs\n", "{name}");
    }
}

#[test]
fn nothing_is_written_through_a_hard_link() {
    let world = sample();
    add(&world);
    ends(&world.nanoclaw(&UNDO), 0, &["is undone"]);
    let files = Tree::read(&state(&world));
    let backup = world.base().join("backup");
    let linked = std::process::Command::new("cp")
        .arg("-al")
        .args([&state(&world), &backup])
        .status();
    assert!(linked.expect("cp").success());
    let log = state(&world).join("logs/codex-host-build.log");
    fs::create_dir_all(log.parent().expect("a folder")).expect("a folder");
    let other = world.base().join("precious");
    fs::write(&other, "precious\n").expect("a file");
    fs::hard_link(&other, &log).expect("a hard link");
    // The branch is fetched anew, and so its tip remembered anew.
    world.git(
        &world.base().join("origin"),
        &["checkout", "--quiet", "providers"],
    );
    let newer = ["commit", "--quiet", "--allow-empty", "--message", "Newer"];
    world.git(&world.base().join("origin"), &newer);
    let run = world.nanoclaw(&["skill", "add", "codex", "--yes", "--no-image"]);
    assert!(run.stderr.contains("commit "), "{run:?}");
    add(&world);
    assert_eq!(files.differences(&Tree::read(&backup)), [""; 0]);
    assert_eq!(fs::read_to_string(&other).expect("a file"), "precious\n");
}

#[test]
fn a_record_of_builds_that_cannot_be_read_is_not_taken_for_none() {
    let world = sample();
    add(&world);
    let record = state(&world).join("pending-codex");
    for harm in [
        (|file: &Path| fs::write(file, b"image\xff\n").expect("a file")) as fn(&Path),
        |file| {
            fs::remove_file(file).expect("a file");
            fs::create_dir(file).expect("a folder");
        },
    ] {
        harm(&record);
        for command in [
            &["skill", "add", "codex", "-y"][..],
            &["skill", "add", "codex", "--check"],
            &["skill", "status", "codex"],
        ] {
            let run = world.nanoclaw(command);
            ends(&run, 2, &["which names the builds that are pending"]);
        }
    }
}
