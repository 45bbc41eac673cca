//! The files of a folder, read whole, compared and written elsewhere; and the mark that shows whether anything there was touched. Runs nothing.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::PROJECT;

/// What stands at a path.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder,
    /// A regular file: bytes and permission bits.
    File(Vec<u8>, u32),
    /// A symlink: its target.
    Link(PathBuf),
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder => write!(f, "folder"),
            Self::File(bytes, mode) => write!(f, "{mode:o} {:?}", String::from_utf8_lossy(bytes)),
            Self::Link(target) => write!(f, "-> {}", target.display()),
        }
    }
}

/// A tree's files, folders and symlinks, by path relative to its top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<PathBuf, Node>);

impl Tree {
    /// Reads a tree, but for a `.git` at its top.
    pub fn read(top: &Path) -> Self {
        let mut tree = Self::default();
        walk(top, &mut |path, target| {
            let metadata = fs::symlink_metadata(target).expect("metadata");
            let node = if metadata.is_symlink() {
                Node::Link(fs::read_link(target).expect("a symlink"))
            } else if metadata.is_dir() {
                Node::Folder
            } else {
                Node::File(
                    fs::read(target).expect("a file"),
                    metadata.permissions().mode() & 0o7777,
                )
            };
            tree.0.insert(path.to_path_buf(), node);
        });
        tree
    }

    /// The same tree as git would keep it: no folders, and of the permission bits only the owner's to execute.
    pub fn in_git(mut self) -> Self {
        self.0.retain(|_, node| *node != Node::Folder);
        for node in self.0.values_mut() {
            if let Node::File(_, mode) = node {
                *mode = if *mode & 0o100 == 0 { 0o644 } else { 0o755 };
            }
        }
        self
    }

    /// The sample's checkout.
    pub fn sample() -> Self {
        let mut tree = Self::read(&Path::new(PROJECT).join("fixtures/sample/checkout"));
        for node in tree.0.values_mut() {
            if let Node::File(_, mode) = node {
                *mode = plain_mode(*mode);
            }
        }
        tree
    }

    /// Puts a file of mode 644 at a path.
    pub fn put(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0
            .insert(PathBuf::from(path), Node::File(bytes.into(), 0o644));
    }

    /// The bytes of the file at a path.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        match self.0.get(Path::new(path))? {
            Node::File(bytes, _) => Some(bytes),
            _ => None,
        }
    }

    /// Writes the tree into a folder.
    pub fn write(&self, top: &Path) {
        for (path, node) in &self.0 {
            let target = top.join(path);
            fs::create_dir_all(target.parent().expect("a parent")).expect("folders");
            match node {
                Node::Folder => fs::create_dir_all(&target).expect("a folder"),
                Node::File(bytes, mode) => {
                    fs::write(&target, bytes).expect("a file");
                    fs::set_permissions(&target, Permissions::from_mode(*mode)).expect("a mode");
                }
                Node::Link(to) => symlink(to, &target).expect("a symlink"),
            }
        }
    }

    /// The paths at which two trees differ, for messages.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let paths: std::collections::BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        paths
            .into_iter()
            .filter(|path| self.0.get(*path) != other.0.get(*path))
            .map(|path| {
                format!(
                    "{}: {:?} and {:?}",
                    path.display(),
                    self.0.get(path),
                    other.0.get(path)
                )
            })
            .collect()
    }
}

/// Everything that can be seen of a folder without reading its files' content twice: type, mode, length, time of the last change, bytes.
/// Two equal marks mean that nothing in it was written, `.git` included.
#[derive(Debug, PartialEq, Eq)]
pub struct Mark(BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)>);

impl Mark {
    /// Marks all that lies in a folder.
    pub fn of(top: &Path) -> Self {
        let mut marks = BTreeMap::new();
        walk_all(top, top, &mut |path, target| {
            let metadata = fs::symlink_metadata(target).expect("metadata");
            let bytes = if metadata.is_file() {
                fs::read(target).expect("a file")
            } else {
                Vec::new()
            };
            marks.insert(
                path.to_path_buf(),
                (
                    metadata.mode(),
                    metadata.mtime(),
                    metadata.mtime_nsec(),
                    bytes,
                ),
            );
        });
        Self(marks)
    }

    /// The paths at which two marks differ, for messages.
    pub fn differences(&self, other: &Self) -> Vec<PathBuf> {
        let paths: std::collections::BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        paths
            .into_iter()
            .filter(|path| self.0.get(*path) != other.0.get(*path))
            .cloned()
            .collect()
    }
}

/// Copies a folder over another one: whole bytes, modes as git has them, symlinks as they are. Nothing where there is no such folder.
pub fn overlay(from: &Path, to: &Path) {
    if !from.is_dir() {
        return;
    }
    let mut tree = Tree::read(from);
    for (path, node) in &mut tree.0 {
        let target = to.join(path);
        let there = fs::symlink_metadata(&target).ok();
        if there.is_some_and(|there| {
            there.is_symlink() != matches!(node, Node::Link(_))
                || (there.is_dir() != (*node == Node::Folder))
                || there.is_symlink()
        }) {
            let _ = fs::remove_file(&target).or_else(|_| fs::remove_dir_all(&target));
        }
        if let Node::File(_, mode) = node {
            *mode = plain_mode(*mode);
        }
    }
    // A symlink may stand where the sample has a file.
    for (path, _) in tree
        .0
        .iter()
        .filter(|(_, node)| matches!(node, Node::Link(_)))
    {
        let _ = fs::remove_file(to.join(path));
    }
    fs::create_dir_all(to).expect("a folder");
    tree.write(to);
}

/// Copies a work tree; the copy has the same git directory.
pub fn copy_work_tree(from: &Path, to: &Path) {
    Tree::read(from).write(to);
    let git = from.join(".git");
    let link = fs::read_to_string(&git).unwrap_or(format!("gitdir: {}\n", git.display()));
    fs::write(to.join(".git"), link).expect("a link to the git directory");
}

fn plain_mode(mode: u32) -> u32 {
    if mode & 0o100 == 0 { 0o644 } else { 0o755 }
}

fn walk(top: &Path, see: &mut dyn FnMut(&Path, &Path)) {
    walk_all(top, top, &mut |path, target| {
        if !path.starts_with(".git") {
            see(path, target);
        }
    });
}

fn walk_all(top: &Path, folder: &Path, see: &mut dyn FnMut(&Path, &Path)) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let target = entry.expect("an entry").path();
        see(target.strip_prefix(top).expect("a path inside"), &target);
        if fs::symlink_metadata(&target).expect("metadata").is_dir() {
            walk_all(top, &target, see);
        }
    }
}
