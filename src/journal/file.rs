//! A journal's own file: written down where it waits for its name, and read. Decides nothing of what it says.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Change;
use crate::files::{self, Unsynced};
use crate::problem::Problem;

/// Reads a journal, where there is one.
pub(super) fn read(path: &Path) -> Result<Option<Change>> {
    let bytes = match files::read_own(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("failed to read `{}`", path.display()));
        }
    };
    let change = Change::from_bytes(&bytes).ok_or_else(|| {
        let found = format!("`{}` cannot be read: it is torn, or of another version of this program", path.display());
        Problem::could_not_run(found).hint(
            "look at the work tree with `git status` and `git diff`, mend it by hand, then move that file away",
        )
    });
    Ok(Some(change?))
}

/// Where a journal waits for its name, until the disk has it.
pub(super) fn waiting(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Reads the journal that waits for a name. Before it has that no file is put in its place, so that of a torn one nothing is to be taken back.
pub(super) fn read_waiting(path: &Path) -> Result<Waiting> {
    let waiting = waiting(path);
    match files::read_own(&waiting) {
        Ok(bytes) => Ok(Change::from_bytes(&bytes).map_or(Waiting::Torn, Waiting::Whole)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Waiting::Nothing),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", waiting.display())),
    }
}

/// What waits for the name of a journal.
pub(super) enum Waiting {
    Nothing,
    Torn,
    Whole(Change),
}

/// Writes a journal down where it waits.
pub(super) fn write_down(path: &Path, bytes: &[u8]) -> io::Result<Unsynced> {
    let waiting = waiting(path);
    if fs::symlink_metadata(&waiting).is_ok() {
        files::remove(&waiting)?;
    }
    let mut file = files::create(&waiting, 0o600)?;
    files::write(&mut file, &waiting, bytes)?;
    let file = Unsynced::file(file, waiting);
    file.begin();
    Ok(file)
}
