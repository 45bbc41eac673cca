//! What git's sparse checkout leaves out of the work tree: files that are not there, and not missing. Looks at the index, and at nothing else.

use std::path::{Path, PathBuf};

use git2::{Index, IndexEntryExtendedFlag};

use super::{Checkout, Git};
use crate::next::quoted;

/// The index of a sparse checkout.
pub(super) struct Sparse {
    /// `None` for one that names folders, which libgit2 does not read.
    index: Option<Index>,
}

/// The file in a work tree's git directory that says what is left out (git-sparse-checkout(1)).
pub(super) const PATTERNS: &str = "info/sparse-checkout";

impl Checkout {
    /// What brings a file, relative to the root, that a sparse checkout leaves out: git's command. `None` where git leaves it in, or knows none.
    #[must_use]
    pub fn left_out(&self, path: &Path) -> Option<String> {
        let sparse = self.sparse.get_or_init(|| self.find_sparse()).as_ref()?;
        let inside = self.prefix().join(path);
        let skips = |index: &Index| {
            let entry = index.get_path(&inside, 0)?;
            let flags = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
            Some(flags.contains(IndexEntryExtendedFlag::SKIP_WORKTREE))
        };
        let left = match &sparse.index {
            Some(index) => skips(index).unwrap_or(false),
            None => !self.exists(path) && self.head().has(path),
        };
        let folder = quoted(path.parent().unwrap_or(path));
        // Git takes a folder from the one that it runs in.
        let root = quoted(&self.root);
        left.then(|| format!("git -C {root} sparse-checkout add {folder}"))
    }

    /// Mostly there are no patterns, and git is not asked at all.
    fn find_sparse(&self) -> Option<Sparse> {
        let patterns = self.git_directory()?.join(PATTERNS);
        if !patterns.is_file() {
            return None;
        }
        let Git::Open(repository) = self.git() else {
            return None;
        };
        let index = Index::open(&repository.path().join("index")).ok();
        Some(Sparse { index })
    }
}

/// Whether a folder is in the work tree of a sparse checkout.
pub(super) fn is_sparse(folder: &Path) -> bool {
    let patterns = |folder: &Path| -> PathBuf { folder.join(".git").join(PATTERNS) };
    folder.ancestors().any(|folder| patterns(folder).is_file())
}
