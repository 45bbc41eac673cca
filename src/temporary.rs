//! Temporary folders, each gone when it is dropped, and at a sudden end of the program. Makes nothing in them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io, mem};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// The folders that are there.
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn folders() -> MutexGuard<'static, Vec<PathBuf>> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary folder. Dropped, it is removed with all that is in it.
pub struct Temporary {
    folder: Option<TempDir>,
    path: PathBuf,
}

impl Temporary {
    /// Makes one that only the user can look into.
    pub fn new() -> Result<Self> {
        let mut folders = folders();
        let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
        let path = folder.path().to_path_buf();
        folders.push(path.clone());
        Ok(Self {
            folder: Some(folder),
            path,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        drop(self.folder.take());
        folders().retain(|path| *path != self.path);
    }
}

/// How often a folder is removed to which a process that was killed just now may still have been writing.
const TRIES: usize = 3;

/// Removes all that are there. It is one of the program's last acts: none is made or removed after it.
pub fn remove_all() {
    let folders = folders();
    for path in folders.iter() {
        let _ = (0..TRIES).any(|_| is_gone(&fs::remove_dir_all(path)));
    }
    // Who asks for the lock now waits until the end.
    mem::forget(folders);
}

fn is_gone(removed: &io::Result<()>) -> bool {
    let absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    removed.as_ref().err().is_none_or(absent)
}
