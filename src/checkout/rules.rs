//! Git's files of rules in the work tree, `.gitattributes` and `.gitignore`: which of them count, and a repository that reads those alone.

use std::fs;
use std::path::Path;

use git2::{Config, Repository};
use tempfile::TempDir;

use super::git::pass_over_index;
use super::{Checkout, pipes};

/// The name of a file of attributes in a work tree.
pub(super) const ATTRIBUTES: &str = ".gitattributes";

/// The system's file of attributes, where libgit2 looks for it.
const OF_SYSTEM: &str = "/etc/gitattributes";

/// What stands in the place of a file of rules.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    Nothing,
    File,
    Other,
}

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
        let stands = |folder: &Path| self.standing_rules(&folder.join(name));
        if !folders.iter().any(|folder| stands(folder) == Stands::Other) {
            return Some(Rules::Own(repository));
        }
        let apart = tempfile::tempdir().ok()?;
        for folder in folders {
            let copy = apart.path().join(folder);
            fs::create_dir_all(&copy).ok()?;
            let file = self.top().join(folder).join(name);
            if stands(folder) == Stands::File {
                fs::copy(file, copy.join(name)).ok()?;
            }
        }
        let other = Repository::open(repository.path()).ok()?;
        pass_over_index(&other);
        other.set_workdir(apart.path(), false).ok()?;
        Some(Rules::Apart(other, apart))
    }

    /// Whether git may have attributes for a path, relative to the root: mostly no file of them is anywhere, and libgit2, which looks at all
    /// places for each path, need not be asked.
    pub(super) fn has_attributes(&self, repository: &Repository, path: &Path) -> bool {
        let elsewhere = || {
            let config = self.config();
            config.is_none_or(|config| has_attributes_elsewhere(repository, config))
        };
        let inside = self.prefix().join(path);
        let mut folders = inside.ancestors().skip(1);
        *self.attributes_elsewhere.get_or_init(elsewhere)
            || folders
                .any(|folder| self.standing_rules(&folder.join(ATTRIBUTES)) != Stands::Nothing)
    }

    /// What stands in the place of a file of rules, relative to the top of the work tree.
    fn standing_rules(&self, file: &Path) -> Stands {
        let mut known = self.rules.borrow_mut();
        let look = || match fs::symlink_metadata(self.top().join(file)) {
            Ok(found) if found.is_file() => Stands::File,
            Ok(_) => Stands::Other,
            Err(_) => Stands::Nothing,
        };
        *known.entry(file.into()).or_insert_with(look)
    }

    /// The top of the repository's work tree.
    fn top(&self) -> &Path {
        let above = self.prefix().components().count();
        self.root.ancestors().nth(above).unwrap_or(&self.root)
    }
}

/// Whether attributes may stand in another place than the work tree (gitattributes(5), "DESCRIPTION"). The repository's index is passed over
/// for the next look at them, where it has none.
fn has_attributes_elsewhere(repository: &Repository, config: &Config) -> bool {
    let in_index = !pass_over_index(repository);
    let files = [
        Some(repository.commondir().join("info/attributes")),
        pipes::attributes_of_user(config),
        Some(OF_SYSTEM.into()),
    ];
    in_index || files.into_iter().flatten().any(|file| file.exists())
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use git2::Repository;
    use tempfile::TempDir;

    use crate::checkout::{BARRELS, Checkout, LineEnds};

    /// A checkout in a repository of its own.
    fn checkout() -> (TempDir, Repository) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        fs::create_dir_all(folder.path().join("src/providers")).unwrap();
        fs::write(folder.path().join(BARRELS[0]), "").unwrap();
        (folder, repository)
    }

    #[test]
    fn of_files_of_rules_only_a_symlink_or_a_folder_is_passed_over() {
        let (folder, _repository) = checkout();
        let root = folder.path();
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

    #[test]
    fn where_every_file_of_rules_is_a_symlink_none_counts() {
        let (folder, _repository) = checkout();
        let root = folder.path();
        fs::write(root.join("elsewhere"), "* text eol=crlf\n").unwrap();
        for above in ["", "src", "src/providers"] {
            let attributes = root.join(above).join(".gitattributes");
            symlink(root.join("elsewhere"), attributes).unwrap();
        }
        let checkout = Checkout::find(root).unwrap();
        assert_eq!(
            checkout.line_ends(Path::new(BARRELS[0])),
            LineEnds::AsTheyAre
        );
    }

    #[test]
    fn attributes_that_stand_outside_of_the_work_tree_count() {
        let (folder, repository) = checkout();
        let root = folder.path();
        let path = Path::new(BARRELS[0]);
        let ends = || Checkout::find(root).unwrap().line_ends(path);
        assert_eq!(ends(), LineEnds::AsTheyAre);
        let own = root.join(".git/info/attributes");
        fs::create_dir_all(own.parent().unwrap()).unwrap();
        fs::write(&own, "*.ts text eol=crlf\n").unwrap();
        assert_eq!(ends(), LineEnds::Crlf { auto: false });
        let elsewhere = root.join("elsewhere");
        fs::rename(own, &elsewhere).unwrap();
        assert_eq!(ends(), LineEnds::AsTheyAre);
        let mut config = repository.config().unwrap();
        let named = elsewhere.to_str().unwrap();
        config.set_str("core.attributesFile", named).unwrap();
        assert_eq!(ends(), LineEnds::Crlf { auto: false });
        // What the configuration says counts where no attribute does.
        config.set_str("core.attributesFile", "none").unwrap();
        config.set_bool("core.autocrlf", true).unwrap();
        assert_eq!(ends(), LineEnds::Crlf { auto: true });
    }
}
