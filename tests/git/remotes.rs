//! Remotes of every kind, and branches that are not what they were.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Tree, World};
use crate::{PLAIN, away, clone, http, refused, sample, url, verifies, works};

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
fn a_remote_by_path_is_looked_for_from_where_the_command_runs() {
    let world = sample();
    let away = clone(&world, &["--single-branch"], "away");
    let add = ["skill", "add", "codex", "--dry-run", "--remote"];
    let found = |folder: &Path, before: &[&str], path: &str| {
        let run = world.nanoclaw_in(folder, &[before, &add, &[path]].concat());
        assert_eq!(run.code, 0, "{run:?}");
    };
    found(&away.join("src/providers"), &[], "../../../origin");
    found(&world.base(), &["-C", "away/src"], "../../origin");
    found(&away, &["-C", "."], "../origin");
}

#[test]
fn of_several_urls_the_one_counts_that_git_fetches_from() {
    let world = sample();
    let away = clone(&world, &["--single-branch"], "away");
    let upstream = "https://github.com/nanocoai/nanoclaw.git";
    world.git(&away, &["remote", "set-url", "--add", "origin", upstream]);
    let run = world.nanoclaw_in(&away, &["skill", "add", "codex", "--dry-run"]);
    let from = format!("from     {} (", url(&world));
    assert!(run.code == 0 && run.stderr.contains(&from), "{run:?}");
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
    for knows_porcelain in [true, false] {
        forced_elsewhere(knows_porcelain);
    }
}

/// An old git is asked before it fetches. What it was asked for may be gone then.
#[test]
fn a_branch_that_is_forced_elsewhere_before_an_old_git_fetches_is_said_to_be() {
    let (world, away) = forcing(false, "*' ls-remote '*");
    let said = "`providers` of";
    let words = [
        said,
        "was moved while it was fetched",
        "hint: run the command again",
    ];
    let run = world.nanoclaw_in(&away, &["skill", "add", "codex", "--no-build"]);
    assert_eq!(run.code, 2, "{run:?}");
    for words in words {
        assert!(run.stderr.contains(words), "no `{words}` in {run:?}");
    }
    assert!(!away.join("src/providers/codex.ts").exists());
}

/// A world whose git forces the branch elsewhere when a command like this has ended, and a clone that knows nothing of the branch. A git
/// before 2.41 knows no `fetch --porcelain`.
fn forcing(knows_porcelain: bool, after: &str) -> (World, PathBuf) {
    let mut world = sample();
    let away = clone(&world, &["--single-branch"], "away");
    let origin = world.base().join("origin");
    world.git(&origin, &["checkout", "--quiet", "--orphan", "forced"]);
    world.git(
        &origin,
        &["commit", "--quiet", "--allow-empty", "--message", "Another"],
    );
    world.git(&origin, &["checkout", "--quiet", "main"]);
    let bin = world.base().join("bin");
    fs::create_dir(&bin).expect("a folder");
    let path = std::env::var("PATH").expect("a path");
    let usage = if knows_porcelain {
        ""
    } else {
        "case \" $* \" in *' --porcelain '*) exit 129 ;; esac\n"
    };
    // What the branch was is gone from there.
    let script = format!(
        "#!/bin/sh\nPATH='{path}'\n{usage}git \"$@\" || exit\ncase \" $* \" in {after})\n  unset GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n  cd '{}' &&\n  git branch --quiet --force providers forced &&\n  git reflog expire --expire=now --all &&\n  git gc --quiet --prune=now || exit 1 ;;\nesac\n",
        origin.display()
    );
    executable(&bin.join("git"), &script);
    let first = ("PATH", format!("{}:{path}", bin.display()));
    world.environment.push(first);
    (world, away)
}

fn forced_elsewhere(knows_porcelain: bool) {
    let (mut world, away) = forcing(knows_porcelain, "*' fetch '*");
    let origin = world.base().join("origin");
    let planned = world.git(&origin, &["rev-parse", "providers"]);
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
