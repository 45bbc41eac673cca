//! One file: written whole beside its place, and then renamed onto it. Knows no plan and no journal.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::checkout::File;
use crate::files::{self, Unsynced};

/// Puts a file in its place at once, or takes it away: when a write is taken back.
pub fn put(target: &Path, file: Option<&File>) -> Result<()> {
    let Some(File { bytes, mode }) = file else {
        return Ok(files::remove(target)?);
    };
    if let Some(folder) = target.parent() {
        files::make_folders(folder)?;
    }
    let written = stage(target, bytes, *mode, true)?;
    let staged = staged(target)?;
    files::sync(&[Unsynced::file(written, staged.clone())])?;
    files::rename(&staged, target)?;
    Ok(())
}

/// Where a file's new content waits: beside it, under a name that no tool reads.
pub fn staged(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name();
    let name = name.ok_or_else(|| io::Error::other("the path has no file name"))?;
    Ok(target.with_file_name(format!(".{}.nanoclaw-new", name.to_string_lossy())))
}

/// Removes what a write that is no longer known has left of a record: in the program's own folder it can be nobody else's.
pub(super) fn remove_staged(target: &Path) -> io::Result<()> {
    let staged = staged(target)?;
    match fs::symlink_metadata(&staged) {
        Ok(_) => files::remove(&staged),
        Err(_) => Ok(()),
    }
}

/// Writes the bytes beside their place. In the place of a file they get just this mode, and the file's group; a new file gets what git would
/// give it, its mode less the user's umask.
pub(super) fn stage(
    target: &Path,
    bytes: &[u8],
    mode: u32,
    replaces: bool,
) -> io::Result<fs::File> {
    let staged = staged(target)?;
    let first = match (replaces, mode & 0o100) {
        (true, _) => 0o600,
        (false, 0) => mode & 0o666 | 0o600,
        (false, _) => 0o777,
    };
    let mut file = files::create(&staged, first)?;
    files::write(&mut file, &staged, bytes)?;
    if replaces {
        keep_group(&file, &staged, target)?;
        files::set_mode(&file, &staged, mode)?;
    }
    Ok(file)
}

fn keep_group(file: &fs::File, staged: &Path, target: &Path) -> io::Result<()> {
    let Ok(before) = fs::symlink_metadata(target) else {
        return Ok(());
    };
    if before.gid() == file.metadata()?.gid() {
        return Ok(());
    }
    match files::set_group(file, staged, before.gid()) {
        // A group that the user is not in cannot be given, and is no reason to stop.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        set => set,
    }
}
