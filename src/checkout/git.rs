//! What git knows of the checkout: its repository, HEAD, git directory and line ends. Never writes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use git2::{
    AttrCheckFlags, AttrValue, Config, ErrorClass, ErrorCode, Index, Repository,
    RepositoryOpenFlags, Tree, TreeEntry,
};
use memchr::memmem;

use super::rules::ATTRIBUTES;
use super::{Checkout, LineEnds, line_ends, pipes};
use crate::digest::blob_id;
use crate::names;
use crate::next::quoted;
use crate::problem::Problem;
use crate::shown;

/// What git says of the checkout.
pub enum Git {
    /// It opened.
    Open(Box<Repository>),
    /// There is no repository.
    Absent,
    /// There is one and it does not open: why, a clause about the root, and what mends it.
    Refused(String, String),
}

/// The files of HEAD.
pub struct Head<'a> {
    checkout: &'a Checkout,
    tree: Option<Tree<'a>>,
}

impl Head<'_> {
    /// The bytes that it has for a path, relative to the root, where it has that file.
    #[must_use]
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let repository = self.checkout.repository().ok()?;
        let object = self.entry(path)?.to_object(repository).ok()?;
        Some(object.as_blob()?.content().to_vec())
    }

    /// Says whether it has just this blob for a path, relative to the root.
    #[must_use]
    pub fn holds(&self, path: &Path, blob: &[u8]) -> bool {
        self.entry(path)
            .is_some_and(|entry| entry.id().to_string() == blob_id(blob))
    }

    /// Says whether it has something at a path, relative to the root.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        self.entry(path).is_some()
    }

    fn entry(&self, path: &Path) -> Option<TreeEntry<'static>> {
        let inside = self.checkout.prefix().join(path);
        self.tree.as_ref()?.get_path(&inside).ok()
    }
}

impl Checkout {
    /// What git says of the checkout: asked once, and only where it matters.
    pub fn git(&self) -> &Git {
        self.git.get_or_init(|| open_git(&self.root))
    }

    /// The repository, or the [`Problem`] that a command which needs one ends with.
    pub fn repository(&self) -> Result<&Repository> {
        match self.git() {
            Git::Open(repository) => Ok(repository),
            Git::Absent => Err(Problem::could_not_run(format!("{} is not a git repository", self.root.display()))
                .hint("`git clone` NanoClaw instead of unpacking it; `nanoclaw skill verify` works without git")
                .into()),
            Git::Refused(why, mend) => {
                let found = format!("{} {why}", self.root.display());
                Err(Problem::could_not_run(found).hint(mend.clone()).into())
            }
        }
    }

    /// Git's configuration as it was when it was first asked for: of the checkout, the user and the system. `None` where it cannot be read.
    #[must_use]
    pub fn config(&self) -> Option<&Config> {
        let Git::Open(repository) = self.git() else {
            return None;
        };
        let read = || repository.config()?.snapshot();
        self.config.get_or_init(|| read().ok()).as_ref()
    }

    /// What HEAD holds; nothing where there is no HEAD.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        let tree = match self.git() {
            Git::Open(repository) => repository.head().and_then(|head| head.peel_to_tree()).ok(),
            _ => None,
        };
        Head {
            checkout: self,
            tree,
        }
    }

    /// Whether git's ignore rules keep `git add` from taking a file, relative to the root, that is not tracked.
    #[must_use]
    pub fn is_ignored(&self, path: &Path) -> bool {
        let Git::Open(repository) = self.git() else {
            return false;
        };
        let inside = self.prefix().join(path);
        let look = || {
            let rules = self.rules(repository, ".gitignore", path);
            let ignored = rules.is_some_and(|rules| {
                let ignored = rules.repository().is_path_ignored(&inside);
                ignored.unwrap_or(false)
            });
            // The repository's own may be the empty one for attributes.
            let index = || Index::open(&repository.path().join("index"));
            ignored && index().map_or(true, |index| index.get_path(&inside, 0).is_none())
        };
        let mut known = self.ignored.borrow_mut();
        *known.entry(path.into()).or_insert_with(look)
    }

    /// The root relative to the repository's work tree: empty where they are the same.
    #[must_use]
    pub fn prefix(&self) -> PathBuf {
        let Git::Open(repository) = self.git() else {
            return PathBuf::new();
        };
        let found = self.prefix.get_or_init(|| {
            let workdir = repository.workdir();
            let workdir = workdir.and_then(|folder| fs::canonicalize(folder).ok());
            let prefix =
                workdir.and_then(|folder| Some(self.root.strip_prefix(folder).ok()?.to_path_buf()));
            prefix.unwrap_or_default()
        });
        found.clone()
    }

    /// What git does with the line ends of a file, relative to the root.
    #[must_use]
    pub fn line_ends(&self, path: &Path) -> LineEnds {
        let Git::Open(repository) = self.git() else {
            return LineEnds::AsTheyAre;
        };
        if let Some(known) = self.line_ends.borrow().get(path.as_os_str()) {
            return *known;
        }
        let config = self
            .line_end_config
            .get_or_init(|| self.config().map(line_end_config).unwrap_or_default());
        let inside = self.prefix().join(path);
        let rules = self
            .has_attributes(repository, path)
            .then(|| self.rules(repository, ATTRIBUTES, path))
            .flatten();
        let attribute = |name| {
            let Some(rules) = &rules else {
                return AttrValue::Unspecified;
            };
            let repository = rules.repository();
            let value = repository.get_attr_bytes(&inside, name, AttrCheckFlags::FILE_THEN_INDEX);
            AttrValue::from_bytes(value.ok().flatten())
        };
        let eol = attribute("eol");
        // Mostly nothing asks for CRLF, and one attribute is all there is to look up.
        let found = if config.crlf || eol == AttrValue::String("crlf") {
            let text = match attribute("text") {
                AttrValue::Unspecified => attribute("crlf"),
                text => text,
            };
            LineEnds::of(text, eol, *config)
        } else {
            LineEnds::AsTheyAre
        };
        self.line_ends.borrow_mut().insert(path.into(), found);
        found
    }
}

/// Gives the repository an empty index to look for attributes in, where its own names no `.gitattributes`: for one that is not in the work
/// tree, libgit2 would read all entries. So does one that libgit2 does not read, a split or a sparse one: those of the work tree count.
/// Says whether it did, or there is no index.
pub(super) fn pass_over_index(repository: &Repository) -> bool {
    let Ok(bytes) = fs::read(repository.path().join("index")) else {
        return true;
    };
    // Versions 2 and 3 hold whole paths, unless the index is split (gitformat-index(5)).
    let whole = matches!(
        bytes.as_slice(),
        [b'D', b'I', b'R', b'C', 0, 0, 0, 2 | 3, ..]
    );
    let signs = [".gitattributes", "link\0\0"];
    let mut signs = signs.iter();
    let nothing = signs.all(|sign| memmem::find(&bytes, sign.as_bytes()).is_none());
    let is_passed_over = (whole && nothing) || repository.index().is_err();
    if is_passed_over {
        // Where that fails, all entries are read.
        let _ = Index::new().and_then(|mut index| repository.set_index(&mut index));
    }
    is_passed_over
}

fn line_end_config(config: &Config) -> line_ends::Config {
    let autocrlf = config.get_bool("core.autocrlf").unwrap_or(false);
    let input = config.get_str("core.autocrlf") == Ok("input");
    let eol = config.get_str("core.eol") == Ok("crlf");
    line_ends::Config {
        autocrlf,
        crlf: autocrlf || (eol && !input),
    }
}

/// A repository, where messages and git's own variables can name it.
fn opened(repository: Repository) -> Git {
    let folders = [repository.path(), repository.commondir()];
    let found = folders
        .into_iter()
        .find_map(|folder| Some((folder, names::forged(folder)?)));
    let Some((folder, reason)) = found else {
        return Git::Open(Box::new(repository));
    };
    let why = format!(
        "has a git directory that cannot be named: {reason}: `{}`",
        shown::line(folder)
    );
    Git::Refused(why, "give the git directory another name".to_owned())
}

fn open_git(root: &Path) -> Git {
    if let Some(pipe) = pipes::in_repository(root) {
        return is_pipe(&pipe);
    }
    // As git itself, which does so in `git fsck` alone: by its slow SHA-1, each tree on the way to a file is a tenth of a millisecond.
    // What is copied is compared with its id in any case.
    git2::opts::strict_hash_verification(false);
    // To open what `discover` finds would lose the work tree of a git directory that is elsewhere.
    let none: [&Path; 0] = [];
    match Repository::open_ext(root, RepositoryOpenFlags::CROSS_FS, none) {
        Ok(repository) if repository.is_bare() => {
            let why = "has a git repository that is said to be bare, so that it has no work tree";
            let mend = "git config core.bare false makes it one that has";
            Git::Refused(why.to_owned(), mend.to_owned())
        }
        Ok(repository) => match among_rules(&repository) {
            Some(pipe) => is_pipe(&pipe),
            None => opened(repository),
        },
        Err(error)
            if error.code() == ErrorCode::NotFound && error.class() == ErrorClass::Repository =>
        {
            nothing_opened(root)
        }
        Err(error) if error.code() == ErrorCode::Owner => {
            let mend = format!(
                "if the checkout is yours: git config --global --add safe.directory {}",
                quoted(root)
            );
            Git::Refused(format!("is refused by git: {}", error.message()), mend)
        }
        Err(error) => {
            let mend = "git status says whether git opens it; if it does, this program needs one that libgit2 opens too: git clone --ref-format=files, with SHA-1 objects; verify and status work here as it is";
            let why = "is a repository that this program's reader, libgit2, does not open";
            Git::Refused(format!("{why}: {}", error.message()), mend.to_owned())
        }
    }
}

/// No repository was found: there is none, or there is one that is damaged, or that this user may not read.
fn nothing_opened(root: &Path) -> Git {
    if fs::symlink_metadata(root.join(".git")).is_err() {
        return Git::Absent;
    }
    let why = "has a `.git` that is no repository which this user can read";
    let mend = "git status says what is wrong with it; verify and status work here as it is";
    Git::Refused(why.to_owned(), mend.to_owned())
}

fn among_rules(repository: &Repository) -> Option<PathBuf> {
    let config = repository.config().and_then(|mut config| config.snapshot());
    pipes::among_rules(&config.ok()?)
}

fn is_pipe(pipe: &Path) -> Git {
    let pipe = pipe.display();
    let why = format!("is a repository for which git reads {pipe}, a pipe that may never end");
    let mend = format!(
        "put a regular file in the place of {pipe}, or nothing; verify and status work here as it is"
    );
    Git::Refused(why, mend)
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use git2::Repository;

    use crate::checkout::{BARRELS, Checkout, LineEnds};

    #[test]
    fn attributes_that_are_no_file_say_nothing_and_hold_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git2::Repository::init(root).unwrap();
        let providers = root.join("src/providers");
        fs::create_dir_all(&providers).unwrap();
        fs::write(root.join(BARRELS[0]), "").unwrap();
        fs::write(root.join("elsewhere"), "* text eol=crlf\n").unwrap();
        let path = Path::new(BARRELS[0]);
        let found = || Checkout::find(root).unwrap().line_ends(path);
        let attributes = root.join("src/.gitattributes");
        std::os::unix::fs::symlink("../elsewhere", &attributes).unwrap();
        assert_eq!(found(), LineEnds::AsTheyAre);
        fs::remove_file(&attributes).unwrap();
        fs::write(&attributes, "* text eol=crlf\n").unwrap();
        assert_eq!(found(), LineEnds::Crlf { auto: false });
        fs::remove_file(&attributes).unwrap();
        fs::create_dir(&attributes).unwrap();
        assert_eq!(found(), LineEnds::AsTheyAre);
    }

    #[test]
    fn attributes_above_the_root_are_looked_at_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("inner");
        Repository::init(folder.path()).unwrap();
        fs::create_dir_all(root.join("src/providers")).unwrap();
        fs::write(root.join(BARRELS[0]), "").unwrap();
        let found = || {
            let checkout = Checkout::find(&root).unwrap();
            checkout.line_ends(Path::new(BARRELS[0]))
        };
        let attributes = folder.path().join(".gitattributes");
        fs::write(&attributes, "* text eol=crlf\n").unwrap();
        assert_eq!(found(), LineEnds::Crlf { auto: false });
        fs::rename(&attributes, folder.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", &attributes).unwrap();
        assert_eq!(found(), LineEnds::AsTheyAre);
    }

    #[test]
    fn attributes_that_only_the_index_has_count() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let repository = Repository::init(root).unwrap();
        let path = Path::new(BARRELS[0]);
        fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        fs::write(root.join(path), "").unwrap();
        let found = || Checkout::find(root).unwrap().line_ends(path);
        let mut index = repository.index().unwrap();
        index.add_path(path).unwrap();
        index.write().unwrap();
        assert_eq!(found(), LineEnds::AsTheyAre);
        let attributes = root.join("src/.gitattributes");
        fs::write(&attributes, "* text eol=crlf\n").unwrap();
        index.add_path(Path::new("src/.gitattributes")).unwrap();
        index.write().unwrap();
        fs::remove_file(&attributes).unwrap();
        assert_eq!(found(), LineEnds::Crlf { auto: false });
    }

    #[test]
    fn a_file_that_is_tracked_is_not_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let repository = Repository::init(root).unwrap();
        let [tracked, new] = BARRELS.map(Path::new);
        for path in [tracked, new] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "").unwrap();
        }
        let checkout = Checkout::find(root).unwrap();
        assert!(!checkout.is_ignored(new));
        fs::write(root.join(".gitignore"), "providers/\n").unwrap();
        let mut index = repository.index().unwrap();
        index.add_path(tracked).unwrap();
        index.write().unwrap();
        let checkout = Checkout::find(root).unwrap();
        assert_eq!(checkout.line_ends(tracked), LineEnds::AsTheyAre);
        assert!(checkout.is_ignored(new));
        assert!(!checkout.is_ignored(tracked));
    }
}
