//! The user's tree: where it is, which layout it has, and every read of it. Never writes, and never follows a path out of the tree.

mod git;
mod line_ends;
mod pipes;
mod root;
mod rules;
mod sources;
mod sparse;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use regex::bytes::Regex;

pub use git::{Git, Head};
pub use line_ends::LineEnds;
pub use root::BARRELS;

use crate::skill::Layout;

/// A NanoClaw v2 checkout.
pub struct Checkout {
    root: PathBuf,
    layout: Option<Layout>,
    git: OnceCell<Git>,
    state: OnceCell<Option<PathBuf>>,
    prefix: OnceCell<PathBuf>,
    line_end_config: OnceCell<line_ends::Config>,
    /// What git does with the line ends of the paths that were asked for: attributes cost reads of many files.
    line_ends: RefCell<BTreeMap<PathBuf, LineEnds>>,
    /// Whether git ignores the paths that were asked for.
    ignored: RefCell<BTreeMap<PathBuf, bool>>,
    /// Git's files of rules that were looked at, relative to the top of the work tree: whether each is a regular file, or not there.
    rules: RefCell<BTreeMap<PathBuf, bool>>,
    /// Folders, relative to the root, that were looked at: they and all above them are there and no symlinks.
    plain: RefCell<BTreeSet<OsString>>,
    /// What a sparse checkout leaves out, where it is one.
    sparse: OnceCell<Option<sparse::Sparse>>,
}

/// Where a path of the checkout really lies.
struct Place {
    /// The path with its symlinks resolved, relative to the root.
    real: PathBuf,
    /// What stands there; `None` when nothing does.
    metadata: Option<Metadata>,
}

/// A file's content: whole bytes and permission bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The bytes as they are on the disk.
    pub bytes: Vec<u8>,
    /// The permission bits, such as `0o644`; never a file type.
    pub mode: u32,
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
    /// None found is a [`Problem`](crate::problem::Problem) that says what was looked for.
    pub fn find(from: &Path) -> Result<Self> {
        let mut checkout = Self {
            root: root::find(from)?,
            layout: None,
            git: OnceCell::new(),
            state: OnceCell::new(),
            prefix: OnceCell::new(),
            line_end_config: OnceCell::new(),
            line_ends: RefCell::default(),
            ignored: RefCell::default(),
            rules: RefCell::default(),
            plain: RefCell::default(),
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
        if self.is_file(Path::new("container/cli-tools.json")) {
            Some(Layout::CliTools)
        } else if self.is_file(Path::new("container/Dockerfile")) {
            Some(Layout::Dockerfile)
        } else {
            None
        }
    }

    /// Reads what stands at a path relative to the root. An error is the disk's; what must not be touched is [`Entry::Refused`].
    pub fn entry(&self, path: &Path) -> Result<Entry> {
        let context = || format!("failed to read `{}`", path.display());
        let Place { real, metadata } = match self.resolve(path).with_context(context)? {
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
        let bytes = fs::read(self.root.join(&real)).with_context(context)?;
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
        match self.entry(path) {
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

    /// Forgets which folders were looked at, so that every path is resolved anew: before something is written.
    pub fn look_again(&self) {
        self.plain.borrow_mut().clear();
    }

    /// Whether anything stands at a path relative to the root.
    #[must_use]
    pub fn exists(&self, path: &Path) -> bool {
        self.root.join(path).exists()
    }

    /// The place of `path` with its symlinks resolved, relative to the root; inside, the reason why it must not be used.
    fn resolve(&self, path: &Path) -> io::Result<std::result::Result<Place, String>> {
        let known = path.parent().filter(|folder| self.is_plain(folder));
        let rest = match (known, path.file_name()) {
            (Some(_), Some(name)) => Path::new(name),
            _ => path,
        };
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if !rest.components().all(plain) {
            return Ok(Err("the path is not a plain relative one".to_owned()));
        }
        let mut place = Place {
            real: known.unwrap_or(Path::new("")).to_path_buf(),
            metadata: None,
        };
        for part in rest {
            match self.step(place, part)? {
                Ok(next) => place = next,
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let own = |part: Component<'_>| part.as_os_str().eq_ignore_ascii_case(".git");
        if place.real.components().any(own) {
            return Ok(Err("the path leads into git's own directory".to_owned()));
        }
        Ok(Ok(place))
    }

    fn is_plain(&self, folder: &Path) -> bool {
        self.plain.borrow().contains(folder.as_os_str())
    }

    /// Goes from a folder to what has a name in it.
    fn step(
        &self,
        Place { mut real, .. }: Place,
        name: &OsStr,
    ) -> io::Result<std::result::Result<Place, String>> {
        let above = real.as_os_str().is_empty() || self.is_plain(&real);
        real.push(name);
        let target = self.root.join(&real);
        let metadata = match fs::symlink_metadata(&target) {
            Ok(metadata) => Some(metadata),
            Err(error) if is_absent(&error) => None,
            Err(error) => return Err(error),
        };
        if metadata.as_ref().is_some_and(Metadata::is_symlink) {
            return Ok(match self.follow(&target)? {
                Ok(inside) => Ok(Place {
                    metadata: Some(fs::metadata(self.root.join(&inside))?),
                    real: inside,
                }),
                Err(reason) => Err(reason),
            });
        }
        if above && metadata.as_ref().is_some_and(Metadata::is_dir) {
            self.plain.borrow_mut().insert(real.as_os_str().to_owned());
        }
        Ok(Ok(Place { real, metadata }))
    }

    fn follow(&self, link: &Path) -> io::Result<std::result::Result<PathBuf, String>> {
        let target = match fs::canonicalize(link) {
            Ok(target) => target,
            Err(error) if is_absent(&error) => {
                return Ok(Err("a symlink leads to nothing".to_owned()));
            }
            Err(error) => return Err(error),
        };
        let inside = target.strip_prefix(&self.root).map(Path::to_path_buf);
        Ok(inside.map_err(|_| {
            format!(
                "a symlink leads out of the checkout, to {}",
                target.display()
            )
        }))
    }

    /// The container engine that the host runs: `CONTAINER_RUNTIME_BIN` of `src/container-runtime.ts`, `docker` where that is not there to
    /// be read. A plain program name: a path would let a checkout choose what a mere look at it starts.
    #[must_use]
    pub fn engine(&self) -> String {
        let source = self.bytes(Path::new("src/container-runtime.ts"));
        let source = source.unwrap_or_default();
        let constant = r#"(?-u)CONTAINER_RUNTIME_BIN\b[^=\n]*=\s*['"]([A-Za-z0-9._-]+)['"]"#;
        let found = Regex::new(constant).ok().and_then(|constant| {
            let name = constant.captures(&source)?.get(1)?;
            Some(String::from_utf8_lossy(name.as_bytes()).into_owned())
        });
        found.unwrap_or_else(|| "docker".to_owned())
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{BARRELS, Checkout};

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

    #[test]
    fn paths_that_lead_out_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("checkout");
        fs::create_dir_all(root.join("src/providers")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(root.join(BARRELS[0]), "").unwrap();
        fs::write(folder.path().join("outside.ts"), "x").unwrap();
        std::os::unix::fs::symlink("../../outside.ts", root.join("src/out.ts")).unwrap();
        std::os::unix::fs::symlink("providers", root.join("src/inside")).unwrap();
        std::os::unix::fs::symlink("../.git", root.join("src/git")).unwrap();
        let checkout = Checkout::find(&root).unwrap();
        let refused = |path| {
            matches!(
                checkout.entry(Path::new(path)).unwrap(),
                super::Entry::Refused(_)
            )
        };
        for path in [
            "src/out.ts",
            "../outside.ts",
            "/etc/passwd",
            ".git/config",
            ".GIT/config",
            "src/git/config",
            "src",
        ] {
            assert!(refused(path), "{path}");
        }
        for path in [
            "src/inside/index.ts",
            "src/providers/index.ts",
            "src/new.ts",
        ] {
            assert!(!refused(path), "{path}");
        }
    }
}
