//! Git's files of rules in the work tree, `.gitattributes` and `.gitignore`: which of them count, and a repository that reads those alone.

use std::fs;
use std::path::{Path, PathBuf};

use git2::Repository;
use tempfile::TempDir;

use super::Checkout;
use super::git::pass_over_index;

/// A repository to ask for rules.
pub(super) enum Rules<'a> {
    /// The checkout's own.
    Own(&'a Repository),
    /// The same with another work tree, a temporary folder that holds the files that count.
    Apart(
        Repository,
        #[expect(dead_code, reason = "it goes with the value")] TempDir,
    ),
}

impl Rules<'_> {
    /// The repository.
    pub(super) fn repository(&self) -> &Repository {
        match self {
            Self::Own(repository) => repository,
            Self::Apart(repository, _) => repository,
        }
    }
}

impl Checkout {
    /// Where to ask for the rules of a path, relative to the root, in git's files of this name; `None` where no temporary folder is to be had.
    ///
    /// Git passes over one that is a symlink (gitattributes(5), gitignore(5)), and a pipe would never end. libgit2 opens them all: where one
    /// on the way to the path is no regular file, it gets to see copies of the others.
    pub(super) fn rules<'a>(
        &self,
        repository: &'a Repository,
        name: &str,
        path: &Path,
    ) -> Option<Rules<'a>> {
        let inside = self.prefix().join(path);
        let folders = inside.ancestors().skip(1).collect::<Vec<_>>();
        let plain = |folder: &&Path| self.is_plain_rules(&folder.join(name));
        if folders.iter().all(plain) {
            return Some(Rules::Own(repository));
        }
        let apart = tempfile::tempdir().ok()?;
        for folder in folders {
            let copy = apart.path().join(folder);
            fs::create_dir_all(&copy).ok()?;
            let file = self.top().join(folder).join(name);
            if self.is_plain_rules(&folder.join(name)) && file.exists() {
                fs::copy(file, copy.join(name)).ok()?;
            }
        }
        let other = Repository::open(repository.path()).ok()?;
        pass_over_index(&other);
        other.set_workdir(apart.path(), false).ok()?;
        Some(Rules::Apart(other, apart))
    }

    /// Whether a file of rules, relative to the top of the work tree, is a regular file or not there.
    fn is_plain_rules(&self, file: &Path) -> bool {
        let mut known = self.rules.borrow_mut();
        let look = |file: &PathBuf| {
            let found = fs::symlink_metadata(self.top().join(file));
            found.map_or(true, |found| found.is_file())
        };
        *known.entry(file.to_path_buf()).or_insert_with_key(look)
    }

    /// The top of the repository's work tree.
    fn top(&self) -> &Path {
        let above = self.prefix().components().count();
        self.root.ancestors().nth(above).unwrap_or(&self.root)
    }
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use git2::Repository;

    use crate::checkout::{BARRELS, Checkout, LineEnds};

    #[test]
    fn of_files_of_rules_only_a_symlink_or_a_folder_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        Repository::init(root).unwrap();
        fs::create_dir_all(root.join("src/providers")).unwrap();
        fs::write(root.join(BARRELS[0]), "").unwrap();
        let path = Path::new(BARRELS[0]);
        let ends = || Checkout::find(root).unwrap().line_ends(path);
        let ignored = || Checkout::find(root).unwrap().is_ignored(path);
        fs::write(root.join("attributes"), "* -text\n").unwrap();
        fs::write(root.join("ignore"), "!index.ts\n").unwrap();
        symlink("../attributes", root.join("src/.gitattributes")).unwrap();
        symlink("../ignore", root.join("src/.gitignore")).unwrap();
        assert_eq!(ends(), LineEnds::AsTheyAre);
        assert!(!ignored());
        fs::write(root.join(".gitattributes"), "*.ts text eol=crlf\n").unwrap();
        fs::write(
            root.join(".gitignore"),
            "providers/index.ts\n/src/providers/*\n",
        )
        .unwrap();
        assert_eq!(ends(), LineEnds::Crlf { auto: false });
        assert!(ignored());
        fs::write(root.join("src/providers/.gitattributes"), "* -text\n").unwrap();
        fs::write(root.join("src/providers/.gitignore"), "!*.ts\n").unwrap();
        assert_eq!(ends(), LineEnds::AsTheyAre);
        assert!(!ignored());
        fs::remove_file(root.join("src/providers/.gitattributes")).unwrap();
        fs::create_dir(root.join("src/providers/.gitattributes")).unwrap();
        assert_eq!(ends(), LineEnds::Crlf { auto: false });
    }
}
