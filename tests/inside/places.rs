//! Paths and names that lead elsewhere than they say.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::support::Mark;
use crate::{COPY, fifo, refused, sample};

const BARREL: &str = "src/providers/index.ts";

/// Makes something of a checkout, whose root it is given.
type Make = fn(&Path);

#[test]
fn what_no_file_should_be_written_over_or_through_is_refused() {
    let rows: [(Make, &str); 13] = [
        (
            |root| fs::create_dir(root.join(COPY)).expect("a folder"),
            "a folder is where a file should be",
        ),
        (
            |root| fifo(&root.join(COPY)),
            "a special file is where a file should be",
        ),
        (
            |root| drop(UnixListener::bind(root.join(COPY)).expect("a socket")),
            "a special file is where a file should be",
        ),
        (
            |root| symlink("/dev/null", root.join(COPY)).expect("a symlink"),
            "a symlink leads out of the checkout, to /dev/null",
        ),
        (
            |root| symlink("../../../origin/x", root.join(COPY)).expect("a symlink"),
            "a symlink leads to nothing",
        ),
        (
            |root| symlink("codex.ts", root.join(COPY)).expect("a symlink"),
            "a symlink leads in a circle",
        ),
        (
            |root| symlink("../../.git/config", root.join(COPY)).expect("a symlink"),
            "git's own directory",
        ),
        (
            |root| {
                fs::write(root.join("src/a\nhint: x\u{1b}[2J"), "x").expect("a file");
                symlink("../a\nhint: x\u{1b}[2J", root.join(COPY)).expect("a symlink");
            },
            "`src/a\\nhint: x\\u{1b}[2J`: the path holds control characters",
        ),
        (
            |root| {
                let target = OsStr::from_bytes(b"caf\xe9.ts");
                fs::write(root.join("src/providers").join(target), "x").expect("a file");
                symlink(target, root.join(COPY)).expect("a symlink");
            },
            "`src/providers/caf\\xe9.ts`: the path is not UTF-8",
        ),
        (
            |root| fs::write(root.join("src/providers/Codex.ts"), "x").expect("a file"),
            "`src/providers/Codex.ts` is there, which differs from `src/providers/codex.ts` by case alone",
        ),
        (
            |root| fs::create_dir(root.join("Src")).expect("a folder"),
            "`Src` is there, which differs from `src` by case alone",
        ),
        (
            |root| {
                fs::remove_file(root.join(BARREL)).expect("the barrel");
                fifo(&root.join(BARREL));
            },
            "a special file is where a file should be",
        ),
        (
            |root| {
                fs::remove_dir_all(root.join("src/providers")).expect("a folder");
                fs::write(root.join("src/providers"), "x").expect("a file");
            },
            "`src/providers`, which should be a folder, is none",
        ),
    ];
    for (make, words) in rows {
        let world = sample();
        make(&world.root);
        refused(
            &world,
            &["skill", "add", "codex", "--no-build"],
            3,
            &[words],
        );
        refused(&world, &["skill", "add", "codex", "-n"], 3, &[words]);
        let run = world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
        assert_eq!(run.code, 1, "{run:?}");
    }
}

#[test]
fn a_checkout_that_no_line_can_name_is_named_safely() {
    for (name, shown) in [
        (&b"a\nhint: run this"[..], "a\\nhint: run this"),
        (b"a\x1b]0;x\x07", "a\\u{1b}]0;x\\u{7}"),
        (b"caf\xe9", "caf\\xe9"),
    ] {
        let world = sample();
        let root = world.base().join(OsStr::from_bytes(name));
        fs::rename(&world.root, &root).expect("another name");
        for arguments in [["add", "codex"], ["verify", "codex"], ["status", "codex"]] {
            let before = Mark::of(&root);
            let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &root);
            let ended = command.arg("skill").args(arguments).output();
            let ended = ended.expect("the program");
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(2), "{said}");
            assert!(said.contains(shown) && said.lines().count() == 2, "{said}");
            assert!(before.differences(&Mark::of(&root)).is_empty(), "{said}");
        }
    }
}

/// What the checkout calls its engine is asked whether it runs, also by a dry run: only engines are.
#[test]
fn a_checkout_does_not_choose_which_program_a_look_at_it_starts() {
    for look in [&["--dry-run"][..], &["--check"], &["--yes"]] {
        let world = sample();
        let source = world.root.join("src/container-runtime.ts");
        fs::write(source, "export const CONTAINER_RUNTIME_BIN = 'sh';\n").expect("a source");
        fs::write(world.root.join("info"), ": > ../started\n").expect("a script");
        let run = world.nanoclaw(&[&["skill", "add", "codex"], look].concat());
        assert!(!world.base().join("started").exists(), "{look:?}: {run:?}");
        if look != ["--check"] {
            let words = "`sh`, which this host runs, is no container engine";
            assert!(run.stderr.contains(words), "{look:?}: {run:?}");
        }
    }
}

#[test]
fn names_are_no_options_and_no_refspecs_to_git() {
    let world = sample();
    let pwned = world.base().join("pwned");
    let pack = format!("--upload-pack=touch {};", pwned.display());
    for name in [
        pack.as_str(),
        "-x",
        "+main",
        "a:b",
        "main:refs/heads/x",
        "^main",
        "a..b",
        "a\nb",
    ] {
        let reference = format!("--ref={name}");
        for more in [None, Some("--offline"), Some("-n")] {
            let add = ["skill", "add", "codex", "--no-build", &reference];
            let add = add.into_iter().chain(more).collect::<Vec<_>>();
            refused(
                &world,
                &add,
                2,
                &["expected a commit, branch or tag, found `"],
            );
        }
    }
    for name in [pack.as_str(), "-x", "--", ""] {
        let remote = format!("--remote={name}");
        let add = ["skill", "add", "codex", "--no-build", &remote];
        refused(&world, &add, 2, &[]);
    }
    // A remote of the checkout that is called like an option.
    let origin = world.base().join("origin");
    let instead = format!("url.{}.insteadOf", origin.display());
    let url = "https://github.com/qwibitai/nanoclaw";
    world.git(&world.root, &["config", &instead, url]);
    world.git(&world.root, &["config", &format!("remote.{pack}.url"), url]);
    let run = world.nanoclaw(&["skill", "add", "codex", "--no-build", "-n"]);
    assert!(
        run.stderr
            .contains("from     https://github.com/qwibitai/nanoclaw"),
        "{run:?}"
    );
    assert!(!pwned.exists(), "{run:?}");
}
