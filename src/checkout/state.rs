//! Where the program keeps what is its own: in the work tree's git directory. Makes none of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use git2::Repository;

use super::{Checkout, pipes};
use crate::names;
use crate::problem::Problem;
use crate::shown;

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

    /// Refuses to go on, with a [`Problem`], where something in [`Self::state`], or in a folder's place above it, is neither a folder nor a regular
    /// file: the program makes nothing else there, and a symlink would lead its writes elsewhere. For commands that write.
    pub fn state_is_plain(&self) -> Result<()> {
        let Some(state) = self.state() else {
            return Ok(());
        };
        let own = self.git_directory();
        let above = self.above_state();
        for folder in above.iter().filter(|folder| own != Some(folder)) {
            plain(folder, Want::Folder)?;
        }
        let mut folders = vec![state];
        while let Some(folder) = folders.pop() {
            if !plain(&folder, Want::Folder)? {
                continue;
            }
            let context = || format!("failed to read the folder `{}`", folder.display());
            for entry in fs::read_dir(&folder).with_context(context)? {
                let entry = entry.with_context(context)?;
                if entry.file_type().with_context(context)?.is_dir() {
                    folders.push(entry.path());
                } else {
                    plain(&entry.path(), Want::File)?;
                }
            }
        }
        Ok(())
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

/// What should stand at a place of the program's.
#[derive(Clone, Copy)]
enum Want {
    Folder,
    File,
}

/// Whether it stands there; what is something else is an error.
fn plain(path: &Path, want: Want) -> Result<bool> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).context(format!("failed to look at `{}`", path.display())),
    };
    let (is_it, what) = match want {
        Want::Folder => (found.is_dir(), "folder"),
        Want::File => (found.is_file(), "regular file"),
    };
    if is_it {
        return Ok(true);
    }
    let path = shown::line(path);
    let found = format!(
        "`{path}`, which this program keeps its records by, is no {what}; nothing was written"
    );
    Err(Problem::could_not_run(found)
        .hint("look at it, and move it away")
        .into())
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
