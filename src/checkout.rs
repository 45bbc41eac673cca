//! The user's tree: where it is, which layout it has, and every read of it. Never writes, and never follows a path out of the tree.

mod git;
mod line_ends;
mod owner;
mod pipes;
mod place;
mod root;
mod rules;
mod sources;
mod sparse;
mod state;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use memchr::memmem;

pub use git::{Git, Head};
pub use line_ends::LineEnds;
pub use root::BARRELS;

use place::Place;

use crate::problem::Problem;
use crate::shown;
use crate::skill::Layout;

/// A NanoClaw v2 checkout.
pub struct Checkout {
    root: PathBuf,
    layout: Option<Layout>,
    git: OnceCell<Git>,
    config: OnceCell<Option<git2::Config>>,
    git_directory: OnceCell<Option<PathBuf>>,
    /// The same relative to the root, where it is inside.
    git_directory_inside: OnceCell<Option<PathBuf>>,
    state: OnceCell<Option<PathBuf>>,
    prefix: OnceCell<PathBuf>,
    line_end_config: OnceCell<line_ends::Config>,
    /// What git does with the line ends of the paths that were asked for: attributes cost reads of many files.
    line_ends: RefCell<BTreeMap<OsString, LineEnds>>,
    /// Whether git ignores the paths that were asked for.
    ignored: RefCell<BTreeMap<OsString, bool>>,
    /// Git's files of rules that were looked at, relative to the top of the work tree.
    rules: RefCell<BTreeMap<OsString, rules::Stands>>,
    /// Whether attributes may stand elsewhere than in the work tree.
    attributes_elsewhere: OnceCell<bool>,
    /// Folders, relative to the root, that were looked at: they and all above them are there and no symlinks.
    plain: RefCell<BTreeSet<OsString>>,
    /// The names in the folders that were looked at for twins, by their paths relative to the root.
    names: RefCell<BTreeMap<OsString, Vec<OsString>>>,
    /// What a sparse checkout leaves out, where it is one.
    sparse: OnceCell<Option<sparse::Sparse>>,
}

/// A file's content: whole bytes and permission bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The bytes as they are on the disk.
    pub bytes: Vec<u8>,
    /// The permission bits, such as `0o644`; never a file type.
    pub mode: u32,
}

impl File {
    /// Whether it is the same as another one to git: the bytes and the executable bit.
    #[must_use]
    pub fn is_to_git(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.is_executable() == other.is_executable()
    }

    /// Whether its owner may execute it.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        self.mode & 0o100 != 0
    }
}

/// What stands at a path of the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Nothing; a file would really lie at `real`.
    Absent {
        /// The path with its symlinks resolved, relative to the root.
        real: PathBuf,
    },
    /// A regular file.
    File {
        /// The path with its symlinks resolved, relative to the root.
        real: PathBuf,
        /// Its content.
        file: File,
    },
    /// Something that must not be read or written: the reason, a clause.
    Refused(String),
}

impl Checkout {
    /// Finds the checkout that holds `from`: the nearest folder upward with a provider barrel.
    /// None found is a [`Problem`] that says what was looked for.
    pub fn find(from: &Path) -> Result<Self> {
        let mut checkout = Self {
            root: root::find(from)?,
            layout: None,
            git: OnceCell::new(),
            config: OnceCell::new(),
            git_directory: OnceCell::new(),
            git_directory_inside: OnceCell::new(),
            state: OnceCell::new(),
            prefix: OnceCell::new(),
            line_end_config: OnceCell::new(),
            line_ends: RefCell::default(),
            ignored: RefCell::default(),
            rules: RefCell::default(),
            attributes_elsewhere: OnceCell::new(),
            plain: RefCell::default(),
            names: RefCell::default(),
            sparse: OnceCell::new(),
        };
        checkout.layout = checkout.find_layout();
        Ok(checkout)
    }

    /// The root: absolute, with no symlink in it.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The generation of the checkout; `None` where neither form of it is there.
    #[must_use]
    pub fn layout(&self) -> Option<Layout> {
        self.layout
    }

    fn find_layout(&self) -> Option<Layout> {
        // What stands there and is no file is a matter of the fact that is about it.
        let stands = |path| fs::symlink_metadata(self.root.join(path)).is_ok();
        if stands("container/cli-tools.json") {
            Some(Layout::CliTools)
        } else if stands("container/Dockerfile") {
            Some(Layout::Dockerfile)
        } else {
            None
        }
    }

    /// Reads what stands at a path relative to the root. An error is the disk's; what must not be touched is [`Entry::Refused`], and so is
    /// what is not there where another name on the way differs from its own by case alone.
    pub fn entry(&self, path: &Path) -> Result<Entry> {
        let entry = self.read(path)?;
        let Entry::Absent { real } = &entry else {
            return Ok(entry);
        };
        let look = || {
            let twin = self.twin(path)?;
            let is_elsewhere = twin.is_none() && real != path;
            if is_elsewhere {
                self.twin(real)
            } else {
                Ok(twin)
            }
        };
        let twin = look().with_context(|| failed_to_read(path))?;
        Ok(twin.map_or(entry, Entry::Refused))
    }

    fn read(&self, path: &Path) -> Result<Entry> {
        let context = || failed_to_read(path);
        let Place {
            real,
            target,
            metadata,
        } = match self.resolve(path).with_context(context)? {
            Ok(place) => place,
            Err(reason) => return Ok(Entry::Refused(reason)),
        };
        let Some(metadata) = metadata else {
            return Ok(Entry::Absent { real });
        };
        if !metadata.is_file() {
            let what = if metadata.is_dir() {
                "a folder"
            } else {
                "a special file"
            };
            return Ok(Entry::Refused(format!("{what} is where a file should be")));
        }
        let bytes = fs::read(target).with_context(context)?;
        Ok(Entry::File {
            real,
            file: File {
                bytes,
                mode: metadata.permissions().mode() & 0o7777,
            },
        })
    }

    /// The bytes of the regular file at a path relative to the root, where there is one that may be read.
    #[must_use]
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        match self.read(path) {
            Ok(Entry::File { file, .. }) => Some(file.bytes),
            _ => None,
        }
    }

    /// Whether a regular file stands at a path relative to the root.
    #[must_use]
    pub fn is_file(&self, path: &Path) -> bool {
        let Ok(Ok(place)) = self.resolve(path) else {
            return false;
        };
        place.metadata.is_some_and(|metadata| metadata.is_file())
    }

    /// Where something stands at a path relative to the root: absolute, with no symlink in it, and what it is. A [`Problem`]
    /// where it must not be used.
    pub fn standing(&self, path: &Path) -> Result<Option<(PathBuf, fs::Metadata)>> {
        match self.resolve(path).with_context(|| failed_to_read(path))? {
            Ok(place) => Ok(place.metadata.map(|metadata| (place.target, metadata))),
            Err(reason) => {
                let found = format!("`{}` is not used: {reason}", shown::line(path));
                Err(Problem::refused(found).into())
            }
        }
    }

    /// Forgets which folders were looked at, so that every path is resolved anew: before something is written.
    pub fn look_again(&self) {
        self.plain.borrow_mut().clear();
    }

    /// Whether anything stands at a path relative to the root.
    #[must_use]
    pub fn exists(&self, path: &Path) -> bool {
        self.root.join(path).exists()
    }

    /// The container engine that the host runs: `CONTAINER_RUNTIME_BIN` of `src/container-runtime.ts`, `docker` where that is not there to
    /// be read. A plain program name: a path would let a checkout choose what a mere look at it starts.
    #[must_use]
    pub fn engine(&self) -> String {
        let source = self.bytes(Path::new("src/container-runtime.ts"));
        let found = source.as_deref().and_then(named_engine);
        found.unwrap_or("docker").to_owned()
    }
}

/// What the first line gives the constant `CONTAINER_RUNTIME_BIN` that gives it a plain name in quotes.
fn named_engine(source: &[u8]) -> Option<&str> {
    let name = "CONTAINER_RUNTIME_BIN";
    let mut found = memmem::find_iter(source, name);
    found.find_map(|at| {
        let rest = source.get(at + name.len()..)?;
        // A type may stand between the name and what it is given.
        let end = memchr::memchr2(b'=', b'\n', rest)?;
        let (between, value) = rest.split_at_checked(end)?;
        let is_longer = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if between.first().is_some_and(is_longer) {
            return None;
        }
        let value = value.strip_prefix(b"=")?.trim_ascii_start();
        let [b'\'' | b'"', value @ ..] = value else {
            return None;
        };
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        let (plain, after) = value.split_at(value.iter().take_while(|byte| is_plain(byte)).count());
        let is_whole = matches!(after, [b'\'' | b'"', ..]) && !plain.is_empty();
        std::str::from_utf8(plain).ok().filter(|_| is_whole)
    })
}

fn failed_to_read(path: &Path) -> String {
    format!("failed to read `{}`", shown::line(path))
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::{BARRELS, Checkout, named_engine};

    #[test]
    fn the_engine_is_what_the_constant_is_given() {
        for (source, engine) in [
            ("export const CONTAINER_RUNTIME_BIN = 'docker';\n", "docker"),
            (
                "const CONTAINER_RUNTIME_BIN: string =\n  \"podman\"",
                "podman",
            ),
            ("CONTAINER_RUNTIME_BIN='a.b_c-9'", "a.b_c-9"),
            // Another name, another line, and no name in quotes: the next one counts.
            (
                "CONTAINER_RUNTIME_BINARY = 'no'; CONTAINER_RUNTIME_BIN = 'x'",
                "x",
            ),
            (
                "CONTAINER_RUNTIME_BIN\n= 'no'; CONTAINER_RUNTIME_BIN = 'x'",
                "x",
            ),
            (
                "CONTAINER_RUNTIME_BIN = x; CONTAINER_RUNTIME_BIN = 'y'",
                "y",
            ),
            ("CONTAINER_RUNTIME_BIN = '/bin/sh'", ""),
            ("CONTAINER_RUNTIME_BIN = 'a b'", ""),
            ("CONTAINER_RUNTIME_BIN = ''", ""),
            ("CONTAINER_RUNTIME_BIN = 'docker", ""),
            ("CONTAINER_RUNTIME_BIN", ""),
            ("CONTAINER_RUNTIME_BIN =", ""),
            ("", ""),
        ] {
            let found = named_engine(source.as_bytes()).unwrap_or_default();
            assert_eq!(found, engine, "{source}");
        }
    }

    #[test]
    fn every_folder_of_a_checkout_leads_to_its_root() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        for barrel in BARRELS {
            fs::create_dir_all(root.join(barrel).parent().unwrap()).unwrap();
            fs::write(root.join(barrel), "").unwrap();
        }
        for inside in [
            "",
            "src",
            "container",
            "container/agent-runner",
            "container/agent-runner/src/providers",
        ] {
            let found = Checkout::find(&root.join(inside)).unwrap();
            assert_eq!(found.root(), root, "{inside}");
        }
    }
}
