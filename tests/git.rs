//! Git as it is in the wild: checkouts, repositories and remotes of every kind, and what an add makes of each. `tests/README.md` lists them.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails there"
)]

#[path = "git/clones.rs"]
mod clones;
#[path = "git/files.rs"]
mod files;
#[path = "bench/http.rs"]
mod http;
#[path = "git/remotes.rs"]
mod remotes;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use support::{Mark, PROJECT, Run, Tree, World};

/// What an add makes of a plain clone of the sample: its work tree, and the patch without the words above it.
static PLAIN: LazyLock<(Tree, String)> = LazyLock::new(|| {
    let world = sample();
    let preview = world.nanoclaw(&["skill", "add", "codex", "--dry-run", "--no-build"]);
    let added = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    assert_eq!(added.code, 0, "{added:?}");
    (Tree::read(&world.root).in_git(), patch(&preview))
});

fn sample() -> World {
    World::of(&Path::new(PROJECT).join("fixtures/sample"))
}

/// The patch of a dry run, without the words above it.
fn patch(preview: &Run) -> String {
    let text = String::from_utf8_lossy(&preview.stdout).into_owned();
    let (_, patch) = text.split_once("diff --git ").unwrap_or_default();
    patch.to_owned()
}

/// Makes a clone of the origin by these words, and gives its folder.
fn clone(world: &World, options: &[&str], name: &str) -> PathBuf {
    let url = url(world);
    let words = [&["clone", "--quiet"], options, &[&url, name]].concat();
    world.git(&world.base(), &words);
    world.base().join(name)
}

/// The origin's address with the protocol that is for files.
fn url(world: &World) -> String {
    format!("file://{}", world.base().join("origin").display())
}

/// A clone that knows nothing of the skill's branch, and has this address for its origin.
fn away(world: &World, address: &str) -> PathBuf {
    let folder = clone(world, &["--single-branch"], "away");
    world.git(&folder, &["remote", "set-url", "origin", address]);
    folder
}

/// All that the world holds but for temporary files.
fn marks(world: &World) -> Vec<(PathBuf, Mark)> {
    let entries = fs::read_dir(world.base()).expect("the world");
    let folders = entries.map(|entry| entry.expect("a folder").path());
    let folders = folders.filter(|path| path.is_dir() && !path.ends_with("tmp"));
    let mut marks = folders
        .map(|folder| (folder.clone(), Mark::of(&folder)))
        .collect::<Vec<_>>();
    marks.sort_by(|(one, _), (other, _)| one.cmp(other));
    marks
}

/// The paths at which two looks at the world differ, whole.
fn differences(one: &[(PathBuf, Mark)], other: &[(PathBuf, Mark)]) -> Vec<PathBuf> {
    let pairs = one.iter().zip(other);
    let found = pairs.flat_map(|((folder, one), (same, other))| {
        assert_eq!(folder, same);
        let paths = one.differences(other).into_iter();
        paths.map(|path| folder.join(path))
    });
    found.collect()
}

/// The skill is added there as to a plain clone: the dry run changes nothing and shows the same patch, the add writes the same files and of
/// git's only its own folder, which is the work tree's own; a second add has nothing to do, and `verify` passes.
fn works(world: &World, checkout: &Path, options: &[&str]) -> Run {
    let run = |arguments: &[&str]| world.nanoclaw_in(checkout, arguments);
    let git_directory = world.git(checkout, &["rev-parse", "--absolute-git-dir"]);
    let git_directory = Path::new(git_directory.trim_end());
    let state = git_directory.join("nanoclaw");
    let before = marks(world);
    let preview = ["skill", "add", "codex", "--dry-run", "--no-build"];
    let preview = run(&[&preview, options].concat());
    assert_eq!(preview.code, 0, "{preview:?}");
    assert_eq!(patch(&preview), PLAIN.1, "the patch is another");
    let changed = differences(&before, &marks(world));
    assert!(changed.is_empty(), "a dry run changed {changed:?}");
    let added = run(&[&["skill", "add", "codex", "--no-build"], options].concat());
    assert_eq!(added.code, 0, "{added:?}");
    let there = Tree::read(checkout).in_git();
    assert_eq!(there.differences(&PLAIN.0), Vec::<String>::new());
    let after = marks(world);
    let foreign = |path: &PathBuf| {
        let own = path.starts_with(&state) || path == git_directory;
        let of_git = path.starts_with(git_directory) || !path.starts_with(checkout);
        !own && of_git
    };
    let changed = differences(&before, &after);
    assert!(changed.iter().any(|path| path.starts_with(&state)));
    let foreign = changed.into_iter().filter(foreign).collect::<Vec<_>>();
    assert!(foreign.is_empty(), "an add changed {foreign:?}");
    let again = run(&["skill", "add", "codex", "--no-build"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stderr.contains("already installed"), "{again:?}");
    let verified = run(&["skill", "verify", "codex", "--no-tests"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let changed = differences(&after, &marks(world));
    assert!(changed.is_empty(), "what came after changed {changed:?}");
    added
}

/// The add is refused with this exit code and these words, and changes nothing at all.
fn refused(world: &World, checkout: &Path, options: &[&str], code: i32, words: &[&str]) {
    let before = marks(world);
    for kind in ["--dry-run", "--no-build"] {
        let add = ["skill", "add", "codex", kind];
        let run = world.nanoclaw_in(checkout, &[&add, options].concat());
        assert_eq!(run.code, code, "{run:?}");
        for words in words {
            assert!(run.stderr.contains(words), "no `{words}` in {run:?}");
        }
    }
    let mut changed = differences(&before, &marks(world));
    // The lock stays, and what came and went leaves its folder's time.
    let own = [".git", ".git/nanoclaw", ".git/nanoclaw/lock"];
    changed.retain(|path| !own.iter().any(|own| path.ends_with(own)));
    assert!(changed.is_empty(), "a refused add changed {changed:?}");
}

/// `verify` needs no git, and so passes where a copy of the checkout's files does.
fn verifies(world: &World, checkout: &Path) {
    PLAIN.0.write(checkout);
    let verified = world.nanoclaw_in(checkout, &["skill", "verify", "codex", "--no-tests"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

/// What the table must have a row for, as its first column says it.
const SITUATIONS: [&str; 34] = [
    "linked worktree",
    "submodule",
    "folder of a repository",
    "git directory elsewhere",
    "shallow clone",
    "shallow clone behind",
    "single-branch clone",
    "partial clone",
    "partial clone, `--offline`",
    "sparse checkout with both halves",
    "sparse checkout without one",
    "sparse checkout that leaves a copy out",
    "split or sparse index",
    "sha256 or reftable",
    "alternates",
    "`core.autocrlf`",
    "`safe.directory`",
    "detached HEAD",
    "unborn HEAD",
    "remote by path",
    "`file://`",
    "`http://`",
    "ssh config alias",
    "`insteadOf`",
    "bundle file",
    "no remote",
    "dead remote",
    "slow remote",
    "force-pushed between the plan and the write",
    "LFS pointers in the payload",
    "no `git` program",
    "hook of another repository",
    "pipe in the place of a file of git's",
    "symlinked `.gitattributes` or `.gitignore`, or a pipe there",
];

#[test]
fn the_table_has_a_row_for_every_situation_and_a_test_for_every_row() {
    let table = fs::read_to_string(Path::new(PROJECT).join("tests/README.md")).expect("the table");
    let (_, table) = table
        .split_once("## Git as it is in the wild\n")
        .expect("the heading");
    let table = table.split("\n## ").next().unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    let rows = rows.map(|row| {
        row.trim_matches('|')
            .split(" | ")
            .map(str::trim)
            .collect::<Vec<_>>()
    });
    let rows = rows.collect::<Vec<_>>();
    let mut situations = Vec::new();
    for row in &rows {
        let [situation, happens, test] = row.as_slice() else {
            panic!("no row of three columns: {row:?}");
        };
        situations.push(*situation);
        let said = happens.starts_with("works") || happens.starts_with("refused, ");
        assert!(said, "{situation}: works, or is refused? {happens}");
        assert!(
            test.contains("` in `tests/"),
            "{situation}: no test in {test}"
        );
    }
    assert_eq!(situations, SITUATIONS);
}
