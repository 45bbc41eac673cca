//! Where the program keeps what is its own: in the work tree's git directory. Makes none of it.

use std::path::{Path, PathBuf};

use git2::Repository;

use super::{Checkout, pipes};
use crate::names;

impl Checkout {
    /// The folder for what the program keeps: `nanoclaw` in this work tree's own git directory; for a checkout in a subfolder of it a folder
    /// of its own in that. There is none where that cannot be named.
    #[must_use]
    pub fn state(&self) -> Option<PathBuf> {
        let look = || {
            let directory = self.git_directory()?;
            let top = self.root.ancestors().find(|folder| is_top(folder));
            let inside = top.and_then(|top| self.root.strip_prefix(top).ok());
            let state = directory.join("nanoclaw");
            let state = match inside {
                Some(inside) if inside != Path::new("") => state.join("below").join(inside),
                _ => state,
            };
            Some(state).filter(|path| names::forged(path).is_none())
        };
        self.state.get_or_init(look).clone()
    }

    /// The folders above [`Self::state`], as far as the program may have made what is in them: up to the git directory.
    #[must_use]
    pub fn above_state(&self) -> Vec<PathBuf> {
        let (Some(state), Some(directory)) = (self.state(), self.git_directory()) else {
            return Vec::new();
        };
        let above = state.ancestors().skip(1);
        let inside = above.take_while(|folder| folder.starts_with(directory));
        inside.map(Path::to_path_buf).collect()
    }

    /// The work tree's own git directory. Mostly it is `.git` in the root, known by what every one has (gitrepository-layout(5)); where it is
    /// not, libgit2 looks, whose start costs as much as reading all files of a skill.
    pub(super) fn git_directory(&self) -> Option<&Path> {
        let found = self.git_directory.get_or_init(|| self.find_git_directory());
        found.as_deref()
    }

    fn find_git_directory(&self) -> Option<PathBuf> {
        let usual = self.root.join(".git");
        let folders = ["objects", "refs"];
        let whole = usual.join("HEAD").is_file()
            && folders.iter().all(|folder| usual.join(folder).is_dir());
        if whole {
            return Some(usual);
        }
        if pipes::in_repository(&self.root).is_some() {
            return None;
        }
        Repository::discover_path(&self.root, &[] as &[&Path]).ok()
    }
}

/// Whether a folder is the top of a work tree: `.git` is a git directory there, or names one that is elsewhere.
fn is_top(folder: &Path) -> bool {
    let git = folder.join(".git");
    git.is_file() || git.join("HEAD").symlink_metadata().is_ok()
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;

    use git2::Repository;

    use crate::checkout::{BARRELS, Checkout};

    #[test]
    fn a_folder_called_git_may_be_no_git_directory() {
        let folder = tempfile::tempdir().unwrap();
        let outer = fs::canonicalize(folder.path()).unwrap();
        let root = outer.join("inner");
        fs::create_dir_all(root.join("src/providers")).unwrap();
        fs::write(root.join(BARRELS[0]), "").unwrap();
        fs::create_dir(root.join(".git")).unwrap();
        let state = || Checkout::find(&root).unwrap().state();
        assert_eq!(state(), None);
        Repository::init(&outer).unwrap();
        assert_eq!(state(), Some(outer.join(".git/nanoclaw/below/inner")));
        fs::remove_dir(root.join(".git")).unwrap();
        Repository::init(&root).unwrap();
        assert_eq!(state(), Some(root.join(".git/nanoclaw")));
    }
}
