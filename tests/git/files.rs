//! Files of git's in the repository and the work tree that are not what they mostly are.

use std::fs;
use std::path::Path;

use crate::support::{Run, World};
use crate::{PLAIN, sample};

/// A pipe that nobody writes into: to open it for reading waits.
fn pipe(world: &World, path: &Path) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    let made = world.command("mkfifo", &world.base()).arg(path).status();
    assert!(made.expect("mkfifo").success());
}

/// The add in a checkout with a pipe; one that hangs is ended after a while, with another exit code.
fn add_with_pipe(world: &World, checkout: &Path, command: &[&str]) -> Run {
    let program = env!("CARGO_BIN_EXE_nanoclaw");
    let mut limited = world.command("timeout", checkout);
    let ended = limited.args(["60", program]).args(command).output();
    let ended = ended.expect("timeout");
    Run {
        code: ended.status.code().unwrap_or(-1),
        stdout: ended.stdout,
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
    }
}

#[test]
fn a_dockerfile_that_was_deleted_comes_back_by_the_command_that_is_told() {
    let world = sample();
    fs::remove_file(world.root.join("container/Dockerfile")).expect("a file");
    let add = ["skill", "add", "codex", "--no-build", "-y"];
    let refused = world.nanoclaw(&add);
    assert_eq!(refused.code, 3, "{refused:?}");
    let mend = refused
        .stderr
        .lines()
        .find_map(|line| line.trim().strip_prefix("by hand: "));
    let mend = mend.expect("what to do by hand");
    let mended = world
        .command("sh", &world.base())
        .args(["-c", mend])
        .status();
    assert!(mended.expect("sh").success(), "{mend}");
    assert_eq!(world.nanoclaw(&add).code, 0);
}

#[test]
fn a_pipe_in_the_place_of_a_file_of_gits_is_named_and_not_opened() {
    for file in [
        ".git/info/attributes",
        ".git/info/exclude",
        ".git/index",
        ".git/config",
        ".git/HEAD",
        "../home/.gitconfig",
        "../home/.config/git/attributes",
        "../home/.config/git/ignore",
    ] {
        let world = sample();
        let path = world.root.join(file);
        let _ = fs::remove_file(&path);
        pipe(&world, &path);
        let add = ["skill", "add", "codex", "--no-build"];
        let run = add_with_pipe(&world, &world.root, &add);
        assert_eq!(run.code, 2, "{file}: {run:?}");
        let name = path.file_name().expect("a name").to_string_lossy();
        for words in [&*name, "a pipe", "hint: put a regular file in the place"] {
            assert!(
                run.stderr.contains(words),
                "{file}: no `{words}` in {run:?}"
            );
        }
        assert!(!world.root.join("src/providers/codex.ts").exists());
        PLAIN.0.write(&world.root);
        let verify = ["skill", "verify", "codex", "--no-tests"];
        let run = add_with_pipe(&world, &world.root, &verify);
        assert_eq!(run.code, 0, "{file}: {run:?}");
    }
}

#[test]
fn a_pipe_in_the_place_of_rules_in_the_work_tree_is_passed_over() {
    for file in [".gitattributes", "src/.gitignore"] {
        let world = sample();
        pipe(&world, &world.root.join(file));
        let add = ["skill", "add", "codex", "--no-build"];
        let run = add_with_pipe(&world, &world.root, &add);
        assert_eq!(run.code, 0, "{file}: {run:?}");
    }
    // The one above a symlink counts on.
    let world = sample();
    fs::write(world.root.join(".gitattributes"), "*.ts text eol=crlf\n").unwrap();
    fs::write(world.base().join("elsewhere"), "* -text\n").unwrap();
    let link = world.root.join("src/.gitattributes");
    std::os::unix::fs::symlink("../../elsewhere", link).unwrap();
    let run = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    assert_eq!(run.code, 0, "{run:?}");
    let copy = fs::read(world.root.join("src/providers/codex.ts")).unwrap();
    assert!(copy.ends_with(b"\r\n"), "LF alone");
}

#[test]
fn an_index_that_is_split_or_sparse_keeps_the_attributes_in_force() {
    for kind in ["split", "sparse"] {
        let world = sample();
        let git = |words: &[&str]| world.git(&world.root, words);
        fs::write(world.root.join(".gitattributes"), "*.ts text eol=crlf\n").unwrap();
        git(&["add", ".gitattributes"]);
        git(&["commit", "--quiet", "--message", "Line ends"]);
        if kind == "split" {
            git(&["update-index", "--split-index"]);
        } else {
            let set = ["sparse-checkout", "set", "--cone", "--sparse-index"];
            git(&[&set[..], &["src", "container"]].concat());
        }
        let add = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
        assert_eq!(add.code, 0, "{kind}: {add:?}");
        let copy = fs::read(world.root.join("src/providers/codex.ts")).unwrap();
        assert!(copy.ends_with(b"\r\n"), "{kind}: LF alone");
    }
}
