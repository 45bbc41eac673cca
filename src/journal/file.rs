//! A journal's own file: written whole before it has its name, and read. Decides nothing of what it says.

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

/// Where a journal waits that is not whole yet.
pub(super) fn new(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Writes a journal down, whole before it has its name.
pub(super) fn write_down(path: &Path, bytes: &[u8]) -> io::Result<Unsynced> {
    let staged = new(path);
    if fs::symlink_metadata(&staged).is_ok() {
        files::remove(&staged)?;
    }
    let mut file = files::create(&staged, 0o600)?;
    files::write(&mut file, &staged, bytes)?;
    let file = Unsynced::file(file, path.to_path_buf());
    file.begin();
    files::rename(&staged, path)?;
    Ok(file)
}
