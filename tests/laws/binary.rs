//! The laws through the real binary.

use std::fs;
use std::path::{Path, PathBuf};

use super::Judged;
use super::support::grown::INSERTED;
use super::support::{Mark, Run, Tree, World};
use super::written::inserted_alone;

/// Laws 1, 2, 3 and 8, and that a refusal writes nothing. Gives the exit code of `add`.
pub fn through_the_binary(world: &World, mends: bool) -> Result<i32, String> {
    let before = Tree::read(&world.root);
    let user_file = |path: &str| fs::read(world.root.join(path)).ok();
    let inserted_before = INSERTED.map(user_file);
    let untouched = marks(world);
    let same = |words: &str| -> Judged {
        let changed = differences(&untouched, &marks(world));
        hold!(changed.is_empty(), "{words} changed {changed:?}");
        let mut left = fs::read_dir(world.base().join("tmp")).map_err(|error| error.to_string())?;
        hold!(
            left.next().is_none(),
            "{words} left something in the temporary folder"
        );
        Ok(())
    };
    let verify = || world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
    let verified = verify();
    same("verify")?;
    let preview = world.nanoclaw(&["skill", "add", "codex", "--dry-run", "--no-build"]);
    same("the dry run")?;
    let pending = world.nanoclaw(&["skill", "add", "codex", "--check", "--no-build"]);
    same("--check")?;
    let added = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    hold!(
        preview.code == added.code,
        "the dry run: {preview:?}; the add: {added:?}"
    );
    let changed = differences(&untouched, &marks(world));
    let foreign = changed.iter().find(|path| {
        path.starts_with("checkout/.git")
            && !path.starts_with("checkout/.git/nanoclaw")
            && *path != Path::new("checkout/.git")
            || !path.starts_with("checkout")
    });
    hold!(foreign.is_none(), "the add changed {foreign:?}");
    if added.code != 0 {
        let refused = added.code == 3;
        hold!(refused || added.code == 2, "add: {added:?}");
        hold!(
            verified.code == if refused { 1 } else { 2 },
            "verify: {verified:?}"
        );
        hold!(pending.code == added.code, "--check: {pending:?}");
        hold!(
            preview.stdout.is_empty(),
            "a refused dry run prints a patch"
        );
        let written = changed
            .iter()
            .find(|path| !path.starts_with("checkout/.git"));
        hold!(written.is_none(), "refused, and {written:?} changed");
        return Ok(added.code);
    }
    let after = Tree::read(&world.root);
    let installs = changes_a_file(&preview);
    hold!(
        installs == (before != after),
        "the patch and the tree disagree whether something changed"
    );
    hold!(
        verified.code == i32::from(installs),
        "verify before: {verified:?}"
    );
    hold!(pending.code == i32::from(installs), "--check: {pending:?}");
    let verified = verify();
    hold!(verified.code == 0, "verify after: {verified:?}");
    for (path, before) in INSERTED.iter().zip(&inserted_before) {
        inserted_alone(path, before.as_deref(), user_file(path).as_deref(), mends)?;
    }
    twice(world)?;
    patch_equals_add(world, &preview, &before, &after)?;
    Ok(0)
}

/// Marks of all that a run must leave alone, by folder.
pub fn marks(world: &World) -> Vec<(&'static str, Mark)> {
    let folders = ["checkout", "home", "origin", "outside"].into_iter();
    let there = folders.filter(|name| world.base().join(name).is_dir());
    there
        .map(|name| (name, Mark::of(&world.base().join(name))))
        .collect()
}

pub fn differences(was: &[(&str, Mark)], is: &[(&str, Mark)]) -> Vec<PathBuf> {
    let pairs = was.iter().zip(is);
    pairs
        .flat_map(|((name, was), (_, is))| {
            was.differences(is)
                .into_iter()
                .map(move |path| Path::new(name).join(path))
        })
        .collect()
}

/// The ids of the blobs before and after, for each file of a patch: by them `--3way` finds what the patch was made from.
pub fn blob_ids(preview: &Run) -> Vec<(String, String)> {
    let patch = String::from_utf8_lossy(&preview.stdout).into_owned();
    let heads = patch.lines().filter_map(|line| {
        line.strip_prefix("index ")?
            .split_whitespace()
            .next()?
            .split_once("..")
    });
    heads
        .map(|(was, is)| (was.to_owned(), is.to_owned()))
        .collect()
}

pub fn changes_a_file(preview: &Run) -> bool {
    preview
        .stdout
        .split(|byte| *byte == b'\n')
        .any(|line| line.starts_with(b"diff --git "))
}

/// Law 2.
pub fn twice(world: &World) -> Judged {
    let was = marks(world);
    let again = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    let changed = differences(&was, &marks(world));
    hold!(changed.is_empty(), "a second add changed {changed:?}");
    hold!(
        again.code == 0 && again.stderr.contains("already installed"),
        "a second add: {again:?}"
    );
    hold!(
        !again.stderr.contains("run  "),
        "a second add ran a task: {}",
        again.stderr
    );
    let preview = world.nanoclaw(&["skill", "add", "codex", "--dry-run", "--no-build"]);
    hold!(!changes_a_file(&preview), "a second dry run: {preview:?}");
    Ok(())
}

/// Law 3: what `git apply` makes of the patch is what the add wrote, and `-R` takes it back.
pub fn patch_equals_add(world: &World, preview: &Run, before: &Tree, after: &Tree) -> Judged {
    let base = world.base();
    let patch = base.join("add.patch");
    fs::write(&patch, &preview.stdout).map_err(|error| error.to_string())?;
    let patch = patch.to_string_lossy().into_owned();
    let (was, is) = (before.clone().in_git(), after.clone().in_git());
    let apply = |folder: &Path, options: &[&str], expected: &Tree| -> Judged {
        let ended = world.try_git(
            folder,
            &[&["apply", "--allow-empty"], options, &[&patch]].concat(),
        );
        hold!(ended.code == 0, "git apply {options:?}: {}", ended.stderr);
        let applied = Tree::read(folder).in_git();
        hold!(
            applied == *expected,
            "git apply {options:?}: {:?}",
            applied.differences(expected)
        );
        Ok(())
    };
    let plain = base.join("plain");
    before.write(&plain);
    apply(&plain, &[], &is)?;
    apply(&plain, &["-R"], &was)?;
    let indexed = base.join("indexed");
    before.write(&indexed);
    world.git(&indexed, &["init", "--quiet"]);
    world.git(&indexed, &["add", "--all", "--force"]);
    let known = || world.git(&indexed, &["ls-files", "--stage"]);
    let (known_before, ids) = (known(), blob_ids(preview));
    apply(&indexed, &["--3way"], &is)?;
    let known_after = known();
    let wrong = ids.iter().find(|(was, is)| {
        let there =
            |known: &str, id: &str| id.bytes().all(|digit| digit == b'0') || known.contains(id);
        !there(&known_before, was) || !there(&known_after, is)
    });
    hold!(
        wrong.is_none(),
        "a patch's ids are not those of the files: {wrong:?}"
    );
    let behind = world.git(&indexed, &["diff", "--name-only"]);
    hold!(
        behind.is_empty(),
        "--3way leaves the index behind: {behind}"
    );
    apply(&world.root, &["-R"], &was)
}
