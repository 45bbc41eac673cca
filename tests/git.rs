//! Git as it is in the wild: checkouts, repositories and remotes of every kind, and what an add makes of each. `tests/README.md` lists them.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails there"
)]

#[path = "bench/http.rs"]
mod http;
mod support;

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use support::{Mark, PROJECT, Run, Tree, World, overlay};

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
            .join(".git/worktrees/linked/nanoclaw/store")
            .is_dir()
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
        let mend = "git sparse-checkout add container";
        let layout = "leaves `container/Dockerfile` out";
        refused(&world, &world.root, &[], 3, &[layout, mend]);
        set("container");
        let mend = "git sparse-checkout add src/providers";
        let barrel = "leaves `src/providers/index.ts` out";
        refused(&world, &world.root, &[], 3, &[barrel, mend]);
        let verified = world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
        assert_eq!(verified.code, 1, "{verified:?}");
        let said = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert!(said.contains(mend), "{said}");
        set("nothing");
        let mend = "git sparse-checkout add src container";
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
        let mend = "git sparse-checkout add src/providers";
        refused(&world, &world.root, &[], 3, &[copy, mend]);
    }
}

/// `verify` needs no git, and so passes where a copy of the checkout's files does.
fn verifies(world: &World, checkout: &Path) {
    PLAIN.0.write(checkout);
    let verified = world.nanoclaw_in(checkout, &["skill", "verify", "codex", "--no-tests"]);
    assert_eq!(verified.code, 0, "{verified:?}");
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
        world.git(&world.base(), &["init", "--quiet", format, "other"]);
        fill(&folder);
        let words = ["git itself reads", "git clone --ref-format=files"];
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
fn a_remote_by_path_works() {
    let world = sample();
    let away = away(&world, "../origin");
    works(&world, &away, &[]);
    let world = sample();
    let away = clone(&world, &["--single-branch"], "away");
    works(&world, &away, &["--remote", "../origin"]);
}

#[test]
fn a_remote_by_file_works() {
    let world = sample();
    let address = url(&world);
    let away = away(&world, &address);
    works(&world, &away, &[]);
}

#[test]
fn a_remote_by_http_works() {
    let world = sample();
    let port = http::serve(&world.base());
    let away = away(&world, &format!("http://127.0.0.1:{port}/origin/.git"));
    works(&world, &away, &[]);
}

#[test]
fn a_host_alias_of_ssh_works() {
    let world = sample();
    let origin = world.base().join("origin");
    let away = away(&world, &format!("alias:{}", origin.display()));
    let ssh = world.base().join("ssh");
    // The last word is the command for the other end, and the one before it the host.
    let script = "#!/bin/sh\ncase \" $* \" in *\" alias \"*) ;; *) exit 255 ;; esac\nfor word; do :; done\nexec sh -c \"$word\"\n";
    executable(&ssh, script);
    let ssh = ssh.to_string_lossy().into_owned();
    world.git(&away, &["config", "core.sshCommand", &ssh]);
    works(&world, &away, &[]);
}

fn executable(path: &Path, script: &str) {
    fs::write(path, script).expect("a script");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("a mode");
}

#[test]
fn an_address_in_the_stead_of_another_works() {
    let world = sample();
    let away = away(&world, "https://github.com/nanocoai/nanoclaw.git");
    let instead = format!("url.{}.insteadOf", url(&world));
    world.git(
        &away,
        &[
            "config",
            "--global",
            &instead,
            "https://github.com/nanocoai/nanoclaw.git",
        ],
    );
    let added = works(&world, &away, &[]);
    let own = "remote `origin` is NanoClaw's own repository";
    assert!(added.stderr.contains(own), "{added:?}");
}

#[test]
fn a_bundle_file_works() {
    let world = sample();
    let away = away(&world, "../nowhere");
    let bundle = world.base().join("skills.bundle");
    let bundle = bundle.to_string_lossy().into_owned();
    let origin = world.base().join("origin");
    world.git(
        &origin,
        &["bundle", "create", "--quiet", &bundle, "providers"],
    );
    works(&world, &away, &["--remote", &bundle]);
}

#[test]
fn a_remote_that_is_not_there_is_said_in_gits_words() {
    let world = sample();
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("a port").port()
    };
    let away = away(&world, &format!("http://127.0.0.1:{port}/origin"));
    let words = ["git could not fetch:", "hint: what git says above"];
    refused(&world, &away, &[], 2, &words);
    world.git(&away, &["remote", "set-url", "origin", "../nowhere"]);
    refused(&world, &away, &[], 2, &words);
    assert!(!away.join(".git/nanoclaw/store").exists());
}

#[test]
fn a_branch_that_is_forced_elsewhere_meanwhile_is_written_as_planned() {
    let mut world = sample();
    let away = clone(&world, &["--single-branch"], "away");
    let origin = world.base().join("origin");
    let planned = world.git(&origin, &["rev-parse", "providers"]);
    world.git(&origin, &["checkout", "--quiet", "--orphan", "forced"]);
    world.git(
        &origin,
        &["commit", "--quiet", "--allow-empty", "--message", "Another"],
    );
    world.git(&origin, &["checkout", "--quiet", "main"]);
    let bin = world.base().join("bin");
    fs::create_dir(&bin).expect("a folder");
    let path = std::env::var("PATH").expect("a path");
    // When the fetch has ended the branch is another, and what it was is gone from there.
    let script = format!(
        "#!/bin/sh\nPATH='{path}'\ngit \"$@\" || exit\ncase \" $* \" in *' fetch '*)\n  unset GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n  cd '{}' &&\n  git branch --quiet --force providers forced &&\n  git reflog expire --expire=now --all &&\n  git gc --quiet --prune=now || exit 1 ;;\nesac\n",
        origin.display()
    );
    executable(&bin.join("git"), &script);
    let first = ("PATH", format!("{}:{path}", bin.display()));
    world.environment.push(first);
    let added = world.nanoclaw_in(&away, &["skill", "add", "codex", "--no-build"]);
    world.environment.clear();
    assert_eq!(added.code, 0, "{added:?}");
    let said = format!("commit   {} of", &planned[..7]);
    assert!(added.stderr.contains(&said), "no `{said}` in {added:?}");
    let there = Tree::read(&away).in_git();
    assert_eq!(there.differences(&PLAIN.0), Vec::<String>::new());
    let gone = world.try_git(&origin, &["cat-file", "-e", planned.trim_end()]);
    assert_ne!(gone.code, 0, "the origin has it still");
    let now = world.git(&origin, &["rev-parse", "providers"]);
    assert_ne!(now, planned);
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

#[test]
fn a_pointer_of_git_lfs_is_not_copied_as_content() {
    let world = sample();
    let origin = world.base().join("origin");
    let path = "src/providers/codex.ts";
    world.git(&origin, &["checkout", "--quiet", "providers"]);
    fs::write(origin.join(path), POINTER).expect("a pointer");
    world.git(
        &origin,
        &["commit", "--quiet", "--all", "--message", "To LFS"],
    );
    world.git(&origin, &["checkout", "--quiet", "main"]);
    let words = [path, "pointer of git-lfs", "git lfs pull"];
    let away = clone(&world, &["--single-branch"], "away");
    let run = world.nanoclaw_in(&away, &["skill", "add", "codex", "--no-build"]);
    assert_eq!(run.code, 3, "{run:?}");
    for words in words {
        assert!(run.stderr.contains(words), "no `{words}` in {run:?}");
    }
    assert!(!away.join(path).exists());
    // Nor does one in the work tree hold.
    verifies(&world, &away);
    fs::write(away.join(path), POINTER).expect("a pointer");
    let verified = world.nanoclaw_in(&away, &["skill", "verify", "codex", "--no-tests"]);
    assert_eq!(verified.code, 1, "{verified:?}");
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(said.contains("git lfs pull"), "{said}");
}

#[test]
fn without_the_program_git_what_is_known_here_works() {
    let mut world = sample();
    let away = clone(&world, &["--single-branch"], "away");
    let nothing = world.base().join("nothing").to_string_lossy().into_owned();
    world.environment.push(("PATH", nothing.clone()));
    let words = ["the program `git` was not found", "hint: install git"];
    refused(&world, &away, &[], 2, &words);
    world.environment.clear();
    world.git(
        &away,
        &[
            "fetch",
            "--quiet",
            "origin",
            "+providers:refs/remotes/origin/providers",
        ],
    );
    world.environment.push(("PATH", nothing));
    let run = |words: &[&str]| world.nanoclaw_in(&away, words);
    let added = run(&["skill", "add", "codex", "--no-build", "--offline"]);
    assert_eq!(added.code, 0, "{added:?}");
    let again = run(&["skill", "add", "codex", "--no-build"]);
    assert_eq!(again.code, 0, "{again:?}");
    let verified = run(&["skill", "verify", "codex", "--no-tests"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let there = Tree::read(&away).in_git();
    assert_eq!(there.differences(&PLAIN.0), Vec::<String>::new());
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
