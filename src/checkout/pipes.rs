//! Pipes in the place of files that libgit2 reads: to open one waits for its other end, which may never come. Opens none of them.

use std::env;
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use git2::Config;

/// What is read in a git directory and in the one that linked worktrees share (gitrepository-layout(5)).
const FILES: [&str; 11] = [
    "HEAD",
    "commondir",
    "gitdir",
    "config",
    "config.worktree",
    "index",
    "packed-refs",
    "shallow",
    "info/attributes",
    "info/exclude",
    "objects/info/alternates",
];

/// The first pipe that would be opened with the repository that holds a folder.
pub(super) fn in_repository(folder: &Path) -> Option<PathBuf> {
    let directory = folder
        .ancestors()
        .find_map(|folder| git_directory(&folder.join(".git")));
    let directories = directory.iter().flat_map(|directory| {
        let shared = linked(&directory.join("commondir"), "");
        [Some(directory.clone()), shared].into_iter().flatten()
    });
    let mut files =
        directories.flat_map(|directory| FILES.map(|file| directory.join(file)).into_iter());
    files.find(|file| is_pipe(file)).or_else(of_user)
}

/// The first pipe among the user's files of rules.
pub(super) fn among_rules(config: &Config) -> Option<PathBuf> {
    let rules = [
        attributes_of_user(config),
        rules(config, "core.excludesFile", "ignore"),
    ];
    rules.into_iter().flatten().find(|file| is_pipe(file))
}

/// The user's file of attributes.
pub(super) fn attributes_of_user(config: &Config) -> Option<PathBuf> {
    rules(config, "core.attributesFile", "attributes")
}

/// A file of rules that the opened repository's configuration names, else the one of the usual name.
fn rules(config: &Config, key: &str, usual: &str) -> Option<PathBuf> {
    let named = config.get_path(key).ok();
    named.or_else(|| Some(of_git()?.join(usual)))
}

fn of_user() -> Option<PathBuf> {
    let found = [
        Config::find_global(),
        Config::find_xdg(),
        Config::find_system(),
    ];
    found.into_iter().flatten().find(|file| is_pipe(file))
}

/// Where git looks for a user's files that the configuration does not name (git-config(1), "FILES").
fn of_git() -> Option<PathBuf> {
    let folder = |name| env::var_os(name).filter(|folder| !folder.is_empty());
    let folder = folder("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&folder("HOME")?).join(".config")));
    Some(folder?.join("git"))
}

/// The git directory that `.git` is, or names.
fn git_directory(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        let head = fs::symlink_metadata(dot_git.join("HEAD"));
        return head.is_ok().then(|| dot_git.to_path_buf());
    }
    linked(dot_git, "gitdir:")
}

/// The folder that a file names behind a word: relative to the file's own, or absolute.
fn linked(file: &Path, word: &str) -> Option<PathBuf> {
    if !file.is_file() {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    let named = text.strip_prefix(word)?.trim();
    Some(file.parent()?.join(named))
}

fn is_pipe(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|file| file.file_type().is_fifo())
}
