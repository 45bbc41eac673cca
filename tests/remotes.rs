//! Checkouts whose git has not what an add looks for: what is said of it, and which command mends it.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs;
use std::path::Path;

use support::{PROJECT, Run, World, overlay};

fn sample() -> World {
    World::of(&Path::new(PROJECT).join("fixtures/sample"))
}

/// Puts the sample's files into a repository.
fn fill(work_tree: &Path) {
    overlay(
        &Path::new(PROJECT).join("fixtures/sample/checkout"),
        work_tree,
    );
}

/// The command ends with an error and a hint, which both hold these words.
fn check(run: &Run, error: &str, hint: &str) {
    assert_eq!(run.code, 2, "{run:?}");
    let (found, mend) = run.stderr.split_once("\nhint: ").unwrap_or_default();
    assert!(found.contains(error), "no `{error}` in {}", run.stderr);
    assert!(mend.contains(hint), "no `{hint}` in {}", run.stderr);
}

/// The store borrows what the checkout has: with that `git gc` may do away.
#[test]
fn what_the_store_had_borrowed_and_is_gone_is_fetched_anew() {
    let world = sample();
    let git = |words: &[&str]| world.git(&world.root, words);
    let origin = world.base().join("origin");
    world.git(&origin, &["checkout", "--quiet", "providers"]);
    fs::write(origin.join("newer.txt"), "newer\n").expect("a file");
    world.git(&origin, &["add", "newer.txt"]);
    world.git(&origin, &["commit", "--quiet", "--message", "Newer"]);
    let tip = world.git(&origin, &["rev-parse", "HEAD"]);
    let add = ["skill", "add", "codex", "--no-build", "--yes"];
    let installed = |words: &[&str]| {
        let run = world.nanoclaw(&[&add[..], words].concat());
        assert!(
            run.code == 0 && run.stderr.contains("is installed"),
            "{run:?}"
        );
        let undone = world.nanoclaw(&["skill", "undo", "--yes"]);
        assert_eq!(undone.code, 0, "{undone:?}");
    };
    let lose = || {
        git(&["update-ref", "-d", "refs/remotes/origin/providers"]);
        git(&["reflog", "expire", "--expire=now", "--all"]);
        git(&["gc", "--quiet", "--prune=now"]);
    };
    installed(&[]);
    lose();
    check(
        &world.nanoclaw(&[&add[..], &["--offline"]].concat()),
        "are not here any more",
        "nanoclaw skill add codex, without --offline",
    );
    let preview = world.nanoclaw(&["skill", "add", "codex", "--dry-run"]);
    assert!(
        preview.code == 0 && !preview.stdout.is_empty(),
        "{preview:?}"
    );
    installed(&["--ref", tip.trim()]);
    // Now the store has all by itself.
    for words in [&[][..], &["--offline"]] {
        installed(words);
    }
}

#[test]
fn a_partial_clone_offline_is_told_that_the_files_are_not_here() {
    for filter in ["blob:none", "tree:0"] {
        let world = sample();
        let origin = world.base().join("origin");
        world.git(&origin, &["config", "uploadpack.allowFilter", "true"]);
        let url = format!("file://{}", origin.display());
        let filter = format!("--filter={filter}");
        let clone = [
            "clone",
            "--quiet",
            "--no-checkout",
            &filter,
            &url,
            "partial",
        ];
        world.git(&world.base(), &clone);
        let partial = world.base().join("partial");
        fill(&partial);
        let partial = partial.to_string_lossy();
        let add = ["-C", &partial, "skill", "add", "codex", "--offline", "-n"];
        check(
            &world.nanoclaw(&add),
            "a partial clone, and files of `providers` are not in it",
            "nanoclaw skill add codex, without --offline",
        );
    }
}

#[test]
fn a_shallow_clone_takes_the_newest_of_its_commits_that_fits() {
    let world = sample();
    let origin = world.base().join("origin");
    world.git(&origin, &["checkout", "--quiet", "providers"]);
    let file = origin.join("src/providers/codex.ts");
    for line in ["// one", "// two", "import './absent.js';"] {
        let text = fs::read_to_string(&file).expect("a payload file");
        fs::write(&file, format!("{text}{line}\n")).expect("a payload file");
        world.git(&origin, &["commit", "--quiet", "--all", "--message", line]);
    }
    world.git(&origin, &["checkout", "--quiet", "main"]);
    let url = format!("file://{}", origin.display());
    let clone = [
        "clone",
        "--quiet",
        "--depth=3",
        "--no-single-branch",
        &url,
        "shallow",
    ];
    world.git(&world.base(), &clone);
    let shallow = world.base().join("shallow");
    let path = shallow.to_string_lossy();
    let add = ["-C", &path, "skill", "add", "codex", "--no-build"];
    let run = world.nanoclaw(&add);
    assert_eq!(run.code, 0, "{run:?}");
    let written = fs::read_to_string(shallow.join("src/providers/codex.ts")).expect("a copy");
    assert!(written.ends_with("// two\n"), "{written}");
    // What the oldest commit has that is here is nobody's edit.
    let older = written.replace("// two\n", "");
    fs::write(shallow.join("src/providers/codex.ts"), older).expect("a copy");
    fs::remove_file(shallow.join("container/agent-runner/src/providers/codex.ts")).expect("a copy");
    let run = world.nanoclaw(&add);
    assert!(
        run.stderr.contains("replace  src/providers/codex.ts\n"),
        "{run:?}"
    );
}

#[test]
fn a_store_that_lost_its_objects_is_filled_anew() {
    let world = sample();
    let url = format!("file://{}", world.base().join("origin").display());
    let clone = ["clone", "--quiet", "--single-branch", &url, "single"];
    world.git(&world.base(), &clone);
    let single = world.base().join("single");
    let path = single.to_string_lossy();
    let add = || world.nanoclaw(&["-C", &path, "skill", "add", "codex", "--no-build"]);
    assert_eq!(add().code, 0);
    fs::remove_file(single.join("src/providers/codex.ts")).expect("a copy");
    fs::remove_dir_all(single.join(".git/nanoclaw/store/objects")).expect("the store");
    let run = add();
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_file_of_the_branch_whose_object_is_damaged_is_not_taken() {
    let world = sample();
    let git = |arguments: &[&str]| world.git(&world.root, arguments).trim().to_owned();
    let file = "src/providers/codex.ts";
    let id = git(&["rev-parse", &format!("origin/providers:{file}")]);
    let other = git(&["rev-parse", &format!("HEAD:{}", "src/providers/index.ts")]);
    let object = |id: &str| {
        let (folder, name) = id.split_at(2);
        world.root.join(".git/objects").join(folder).join(name)
    };
    let pack = git(&["rev-parse", "--git-path", "objects/pack"]);
    let pack = fs::read_dir(world.root.join(pack)).expect("the packs");
    assert_eq!(pack.count(), 0, "the objects are loose");
    fs::remove_file(object(&id)).expect("the object");
    fs::copy(object(&other), object(&id)).expect("the object");
    check(
        &world.nanoclaw(&["skill", "add", "codex", "--offline", "-n"]),
        &format!("object {id}, `{file}` of"),
        "git fsck",
    );
}

#[test]
fn remotes_of_other_names_are_named() {
    let world = sample();
    let add = || world.nanoclaw(&["skill", "add", "codex"]);
    world.git(&world.root, &["remote", "rename", "origin", "myfork"]);
    world.git(&world.root, &["remote", "set-url", "myfork", "../fork"]);
    check(
        &add(),
        "none of the checkout's remotes is NanoClaw's own repository or called `origin`: myfork (../fork)",
        "nanoclaw skill add codex --remote myfork",
    );
    world.git(
        &world.root,
        &["remote", "add", "other", "https://me:secret@example.com/x"],
    );
    check(
        &add(),
        "myfork (../fork), other (https://***@example.com/x)",
        "nanoclaw skill add codex --remote NAME takes one of them, or: nanoclaw skill add codex --remote https://",
    );
    world.git(&world.root, &["remote", "remove", "myfork"]);
    world.git(&world.root, &["remote", "remove", "other"]);
    check(
        &add(),
        "the checkout has no remote",
        "nanoclaw skill add codex --remote https://",
    );
}
