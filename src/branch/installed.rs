//! Which commit a skill's files were written from, and which bytes they got: a small record in the program's folder. Opens no repository.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use git2::Oid;

use super::store::read_record;
use crate::checkout::Checkout;
use crate::digest::blob_id;
use crate::files;
use crate::journal::Kind;
use crate::payload::Commit;
use crate::sink::disk::Record;
use crate::skill::Copied;

/// What a skill's record is called in the program's folder, before the skill's name.
const NAME: &str = "installed-";

/// What a skill's files were written from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The commit that every file comes from.
    pub commit: Commit,
    /// Each file's id as a blob, in hex digits, and its path in the checkout.
    files: Vec<(String, PathBuf)>,
}

impl Installed {
    /// The record of files that are being written; `read` gives their bytes as they will be in the work tree.
    pub fn now(
        commit: &Commit,
        copies: &[Copied],
        read: &dyn Fn(&Copied) -> Option<Vec<u8>>,
    ) -> Self {
        let file = |copy: &Copied| Some((blob_id(&read(copy)?), copy.to.clone()));
        Self {
            commit: commit.clone(),
            files: copies.iter().filter_map(file).collect(),
        }
    }

    /// The record of a skill. One that is torn, or of another form, is one that is not there.
    #[must_use]
    pub fn read(checkout: &Checkout, skill: &str) -> Option<Self> {
        let bytes = files::read_own(&file(checkout, skill)?).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut lines = text.lines().map(|line| line.split_once(' '));
        let (id, date) = lines.next()??;
        let files = lines.map(|line| line.map(|(id, path)| (id.to_owned(), PathBuf::from(path))));
        Some(Self {
            commit: Commit {
                id: id.to_owned(),
                date: date.to_owned(),
            },
            files: files.collect::<Option<_>>()?,
        })
    }

    /// The record as it is written with the files: the commit and its date, then a line a file.
    #[must_use]
    pub fn record(&self, skill: &str) -> Record {
        let mut text = format!("{} {}\n", self.commit.id, self.commit.date);
        for (id, path) in &self.files {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{id} {}", path.display());
        }
        Record {
            kind: Kind::Record,
            path: PathBuf::from(format!("{NAME}{skill}")),
            bytes: Some(text.into_bytes()),
        }
    }

    /// Whether the copies have just the bytes that were written.
    pub fn holds(&self, copies: &[Copied], read: &dyn Fn(&Copied) -> Option<Vec<u8>>) -> bool {
        let same = |copy: &Copied| {
            let recorded = self.files.iter().find(|(_, path)| *path == copy.to);
            recorded.is_some_and(|(id, _)| read(copy).is_some_and(|bytes| blob_id(&bytes) == *id))
        };
        copies.iter().all(same)
    }
}

/// The commits that the checkout's skills were written from, each a record's first word. A record of another form has none.
pub(super) fn commits(checkout: &Checkout) -> Vec<Oid> {
    let entries = checkout.state().and_then(|state| fs::read_dir(state).ok());
    let entries = entries.into_iter().flatten().flatten();
    let records = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(NAME));
    records
        .filter_map(|record| read_record(&record.path()))
        .collect()
}

fn file(checkout: &Checkout, skill: &str) -> Option<PathBuf> {
    Some(checkout.state()?.join(format!("{NAME}{skill}")))
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{Commit, Installed, file};
    use crate::checkout::{BARRELS, Checkout};
    use crate::skill::Copied;

    #[test]
    fn a_record_holds_for_just_the_bytes_that_were_written() {
        let folder = tempfile::tempdir().unwrap();
        git2::Repository::init(folder.path()).unwrap();
        let [barrel, _] = BARRELS.map(|barrel| folder.path().join(barrel));
        fs::create_dir_all(barrel.parent().unwrap()).unwrap();
        fs::write(barrel, "").unwrap();
        let checkout = Checkout::find(folder.path()).unwrap();
        let copies = ["src/a b.ts", "src/b.ts"].map(|path| Copied {
            from: path.to_owned(),
            to: PathBuf::from(path),
        });
        let commit = Commit {
            id: "b429ab3".repeat(6),
            date: "2026-05-01".to_owned(),
        };
        let written = |copy: &Copied| Some(copy.from.clone().into_bytes());
        let installed = Installed::now(&commit, &copies, &written);
        let record = file(&checkout, "x").unwrap();
        fs::create_dir_all(record.parent().unwrap()).unwrap();
        fs::write(record, installed.record("x").bytes.unwrap()).unwrap();
        let read = Installed::read(&checkout, "x").unwrap();
        assert_eq!(read, installed);
        assert!(read.holds(&copies, &written));
        assert!(!read.holds(&copies, &|_| Some(b"edited".to_vec())));
        assert!(!read.holds(&copies, &|_| None));
        // A document that copies another file was not installed by this record.
        let [first, mut second] = copies;
        second.to = PathBuf::from("src/c.ts");
        assert!(!read.holds(&[first, second], &written));
        fs::write(file(&checkout, "x").unwrap(), "b429ab3").unwrap();
        assert_eq!(Installed::read(&checkout, "x"), None);
        assert_eq!(Installed::read(&checkout, "y"), None);
    }
}
