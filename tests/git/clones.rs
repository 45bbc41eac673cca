//! Repositories and work trees of every kind.

use std::fs;
use std::path::Path;

use crate::support::{PROJECT, Tree, overlay};
use crate::{PLAIN, clone, differences, marks, refused, sample, url, verifies, works};

#[test]
fn a_linked_worktree_has_a_state_of_its_own() {
    let world = sample();
    let linked = world.base().join("linked");
    let path = linked.to_string_lossy().into_owned();
    world.git(
        &world.root,
        &["worktree", "add", "--quiet", "-b", "linked", &path],
    );
    works(&world, &linked, &[]);
    assert!(
        world
            .root
            .join(".git/worktrees/linked/nanoclaw/installed-codex")
            .is_file()
    );
    assert!(!world.root.join(".git/nanoclaw").exists());
    let main = world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
    assert_eq!(main.code, 1, "{main:?}");
}

#[test]
fn a_submodule_works() {
    let world = sample();
    let outer = world.base().join("outer");
    world.git(&world.base(), &["init", "--quiet", "outer"]);
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
    ];
    world.git(&outer, &[&add[..], &[&url(&world), "inner"]].concat());
    assert!(outer.join("inner/.git").is_file());
    works(&world, &outer.join("inner"), &[]);
}

#[test]
fn a_checkout_in_a_folder_of_a_repository_works() {
    let world = sample();
    let outer = world.base().join("outer");
    world.git(&world.base(), &["init", "--quiet", "outer"]);
    fill(&outer.join("inner"));
    world.git(&outer, &["remote", "add", "origin", &url(&world)]);
    let inner = outer.join("inner");
    let added = world.nanoclaw_in(&inner, &["skill", "add", "codex", "--no-build"]);
    assert_eq!(added.code, 0, "{added:?}");
    let there = Tree::read(&inner).in_git();
    assert_eq!(there.differences(&PLAIN.0), Vec::<String>::new());
    assert!(outer.join(".git/nanoclaw").is_dir());
}

#[test]
fn a_shallow_clone_works() {
    let world = sample();
    let shallow = clone(&world, &["--depth=1"], "shallow");
    assert!(shallow.join(".git/shallow").is_file());
    works(&world, &shallow, &[]);
}

#[test]
fn a_single_branch_clone_works() {
    let world = sample();
    let single = clone(&world, &["--single-branch"], "single");
    works(&world, &single, &[]);
}

#[test]
fn a_partial_clone_works() {
    let world = sample();
    let origin = world.base().join("origin");
    world.git(&origin, &["config", "uploadpack.allowFilter", "true"]);
    for filter in ["blob:none", "tree:0"] {
        let name = filter.replace(':', "-");
        let partial = clone(&world, &[&format!("--filter={filter}")], &name);
        works(&world, &partial, &[]);
    }
}

#[test]
fn a_sparse_checkout_with_both_halves_works() {
    for index in ["--no-sparse-index", "--sparse-index"] {
        let world = sample();
        let git = |words: &[&str]| world.git(&world.root, words);
        let elsewhere = world.root.join("docs/a/b.md");
        fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
        fs::write(&elsewhere, "").unwrap();
        git(&["add", "docs"]);
        git(&["commit", "--quiet", "--message", "A folder more"]);
        let folders = fs::read_dir(&world.root)
            .unwrap()
            .map(|entry| entry.unwrap());
        let folders = folders.filter(|entry| entry.path().is_dir());
        let folders = folders.map(|entry| entry.file_name().into_string().unwrap());
        let folders = folders.filter(|name| name != "docs" && name != ".git");
        let folders = folders.collect::<Vec<_>>();
        let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
        git(&[&["sparse-checkout", "set", "--cone", index], &folders[..]].concat());
        assert!(!elsewhere.exists());
        works(&world, &world.root, &[]);
    }
}

#[test]
fn a_sparse_checkout_is_told_what_it_leaves_out() {
    for index in ["--no-sparse-index", "--sparse-index"] {
        let world = sample();
        let git = |words: &[&str]| world.git(&world.root, words);
        let set = |folder| git(&["sparse-checkout", "set", "--cone", index, folder]);
        set("src");
        let mend = "sparse-checkout add container";
        let layout = "leaves `container/Dockerfile` out";
        refused(&world, &world.root, &[], 3, &[layout, mend]);
        set("container");
        let mend = "sparse-checkout add src/providers";
        let barrel = "leaves `src/providers/index.ts` out";
        refused(&world, &world.root, &[], 3, &[barrel, mend]);
        let verified = world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
        assert_eq!(verified.code, 1, "{verified:?}");
        let said = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert!(said.contains(mend), "{said}");
        set("nothing");
        let mend = "sparse-checkout add src container";
        refused(&world, &world.root, &[], 2, &["sparse", mend]);
        // What it says makes it go.
        git(&["sparse-checkout", "add", "src", "container"]);
        let added = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
        assert_eq!(added.code, 0, "{added:?}");
    }
}

/// A copy that was committed, and is left out now, is neither missing nor to be written anew.
#[test]
fn a_copy_that_a_sparse_checkout_leaves_out_is_not_written() {
    for index in ["--no-sparse-index", "--sparse-index"] {
        let world = sample();
        let git = |words: &[&str]| world.git(&world.root, words);
        world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "The skill"]);
        git(&["sparse-checkout", "set", "--cone", index, "container"]);
        let copy = "leaves `src/providers/codex.ts` out";
        let mend = "sparse-checkout add src/providers";
        refused(&world, &world.root, &[], 3, &[copy, mend]);
    }
}

/// Puts the sample's files into a folder.
fn fill(work_tree: &Path) {
    overlay(
        &Path::new(PROJECT).join("fixtures/sample/checkout"),
        work_tree,
    );
}

#[test]
fn a_repository_that_libgit2_does_not_read_is_refused_and_verified() {
    for format in ["--object-format=sha256", "--ref-format=reftable"] {
        let world = sample();
        let folder = world.base().join("other");
        let init = ["init", "--quiet", format, "other"];
        if world.try_git(&world.base(), &init).code != 0 {
            // A git that does not know the format yet: what says that a repository has it is known.
            world.git(&world.base(), &["init", "--quiet", "other"]);
            for (key, value) in [
                ("core.repositoryFormatVersion", "1"),
                ("extensions.refStorage", "reftable"),
            ] {
                let file = folder.join(".git/config").to_string_lossy().into_owned();
                let set = ["config", "--file", &file, key, value];
                world.git(&world.base(), &set);
            }
        }
        fill(&folder);
        let words = ["libgit2, does not open", "git clone --ref-format=files"];
        refused(&world, &folder, &[], 2, &words);
        verifies(&world, &folder);
    }
}

#[test]
fn a_clone_that_borrows_its_objects_works() {
    let world = sample();
    let base = world.base();
    let options = ["--shared", "--single-branch"];
    world.git(
        &base,
        &[&["clone", "--quiet"], &options[..], &["origin", "borrows"]].concat(),
    );
    let borrows = base.join("borrows");
    assert!(borrows.join(".git/objects/info/alternates").is_file());
    works(&world, &borrows, &[]);
}

#[test]
fn a_git_directory_elsewhere_works() {
    let world = sample();
    let folder = world
        .base()
        .join("git directory")
        .to_string_lossy()
        .into_owned();
    let separate = format!("--separate-git-dir={folder}");
    let away = clone(&world, &[&separate], "away");
    assert!(away.join(".git").is_file());
    works(&world, &away, &[]);
}

#[test]
fn a_repository_of_somebody_else_is_refused() {
    let mut world = sample();
    let single = clone(&world, &["--single-branch"], "single");
    let mend = "git config --global --add safe.directory";
    // Root alone can give a folder away, and is refused for what it would leave there; else git is made to think so, and speaks for itself.
    if std::os::unix::fs::chown(&single, Some(65_534), None).is_ok() {
        let look = world.nanoclaw_in(&single, &["skill", "add", "codex", "--dry-run"]);
        assert_eq!(look.code, 2, "{look:?}");
        for words in ["is refused by git", mend] {
            assert!(look.stderr.contains(words), "{look:?}");
        }
        // What would write is told whose the checkout is.
        let before = marks(&world);
        let add = world.nanoclaw_in(&single, &["skill", "add", "codex", "--no-build"]);
        assert_eq!(add.code, 3, "{add:?}");
        assert!(add.stderr.contains("sudo -u"), "{add:?}");
        let changed = differences(&before, &marks(&world));
        assert!(changed.is_empty(), "a refused add changed {changed:?}");
        std::os::unix::fs::chown(&single, Some(0), None).expect("an owner");
    }
    let different = ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1".to_owned());
    world.environment.push(different);
    let words = ["detected dubious ownership", mend];
    refused(&world, &single, &[], 2, &words);
    verifies(&world, &single);
}

#[test]
fn a_detached_head_works() {
    let world = sample();
    world.git(&world.root, &["checkout", "--quiet", "--detach"]);
    works(&world, &world.root, &[]);
}

#[test]
fn an_unborn_head_works() {
    let world = sample();
    let unborn = world.base().join("unborn");
    world.git(&world.base(), &["init", "--quiet", "unborn"]);
    fill(&unborn);
    world.git(&unborn, &["remote", "add", "origin", "../origin"]);
    works(&world, &unborn, &[]);
}

#[test]
fn a_run_in_a_hook_of_another_repository_works() {
    let mut world = sample();
    let away = clone(&world, &["--single-branch"], "away");
    let other = world.base().join("origin/.git");
    for name in ["GIT_DIR", "GIT_COMMON_DIR"] {
        let value = other.to_string_lossy().into_owned();
        world.environment.push((name, value));
    }
    let index = other.join("index").to_string_lossy().into_owned();
    world.environment.push(("GIT_INDEX_FILE", index));
    let added = world.nanoclaw_in(&away, &["skill", "add", "codex", "--no-build"]);
    assert_eq!(added.code, 0, "{added:?}");
    let there = Tree::read(&away).in_git();
    assert_eq!(there.differences(&PLAIN.0), Vec::<String>::new());
    assert!(!other.join("nanoclaw").exists());
    assert!(away.join(".git/nanoclaw").is_dir());
}
