//! Temporary folders, each gone when it is dropped, and at a sudden end of the program. Makes nothing in them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io, mem};

use anyhow::{Context, Result};

/// The folders that were made.
struct Folders {
    /// Those that are in use.
    there: Vec<PathBuf>,
    /// Those that were not removed, each with the reason.
    left: Vec<String>,
}

static FOLDERS: Mutex<Folders> = Mutex::new(Folders {
    there: Vec::new(),
    left: Vec::new(),
});

fn folders() -> MutexGuard<'static, Folders> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary folder. Dropped, it is removed with all that is in it.
pub struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Makes one that only the user can look into.
    pub fn new() -> Result<Self> {
        let mut folders = folders();
        let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
        // Kept by the list from here on.
        let path = folder.keep();
        folders.there.push(path.clone());
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let removed = fs::remove_dir_all(&self.path);
        let mut folders = folders();
        folders.there.retain(|path| *path != self.path);
        if let Some(error) = removed.err().filter(|error| !is_absent(error)) {
            let left = format!("{}: {error}", self.path.display());
            folders.left.push(left);
        }
    }
}

/// The folders that were not removed, each with the reason.
#[must_use]
pub fn left() -> Vec<String> {
    folders().left.clone()
}

/// How often a folder is removed to which a process that was killed just now may still have been writing.
const TRIES: usize = 3;

/// Removes all that are there. It is one of the program's last acts: none is made or removed after it.
pub fn remove_all() {
    let folders = folders();
    for path in &folders.there {
        let remove = || fs::remove_dir_all(path).err();
        let _ = (0..TRIES).any(|_| remove().is_none_or(|error| is_absent(&error)));
    }
    // Who asks for the lock now waits until the end.
    mem::forget(folders);
}

fn is_absent(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}
