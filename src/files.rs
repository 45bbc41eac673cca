//! Every call by which a write changes the checkout or the journal, one function a call. In a test build each is a point at which the program can be killed, or the
//! call failed.

#[cfg(debug_assertions)]
mod fault;
mod own;
mod sync;

pub use own::{free_name, open_own, read_own};
pub use sync::{Unsynced, sync};

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};

use crate::sink::stage;

/// Makes one folder.
pub fn make_folder(path: &Path) -> io::Result<()> {
    call("mkdir", path)?;
    fs::create_dir(path)
}

/// Makes a folder and those above it that are not there.
pub fn make_folders(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        make_folders(above)?;
    }
    match make_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Makes a file that must not be there yet, with this mode less the user's umask.
pub fn create(path: &Path, mode: u32) -> io::Result<File> {
    call("create", path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode).open(path)
}

/// Writes all bytes to a file that was just made; `path` is where it is.
pub fn write(file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(debug_assertions)]
    if let Some(part) = fault::part(bytes) {
        file.write_all(part)?;
    }
    call("write", path)?;
    file.write_all(bytes)
}

/// Gives a file just these permission bits.
pub fn set_mode(file: &File, path: &Path, mode: u32) -> io::Result<()> {
    call("chmod", path)?;
    file.set_permissions(Permissions::from_mode(mode))
}

/// Gives a file to a group.
pub fn set_group(file: &File, path: &Path, group: u32) -> io::Result<()> {
    call("chown", path)?;
    std::os::unix::fs::fchown(file, None, Some(group))
}

/// Puts a file in its place, over what is there.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    call("rename", to)?;
    fs::rename(from, to)
}

/// Removes a file.
pub fn remove(path: &Path) -> io::Result<()> {
    call("unlink", path)?;
    fs::remove_file(path)
}

/// Removes a folder that is empty.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    call("rmdir", path)?;
    fs::remove_dir(path)
}

/// Writes a file of the program's own, that only the user can read: beside its place, and then renamed onto it.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let replace = || -> io::Result<Unsynced> {
        make_folders(folder)?;
        let staged = stage::staged(path)?;
        if staged.symlink_metadata().is_ok() {
            remove(&staged)?;
        }
        let mut file = create(&staged, 0o600)?;
        write(&mut file, &staged, bytes)?;
        call("fsync", &staged)?;
        file.sync_all()?;
        rename(&staged, path)?;
        Unsynced::folder(folder.to_path_buf())
    };
    let folder = replace().with_context(|| format!("failed to write `{}`", path.display()))?;
    sync(&[folder])
}

#[cfg(debug_assertions)]
fn call(name: &str, path: &Path) -> io::Result<()> {
    fault::call(name, path)
}

#[cfg(not(debug_assertions))]
#[expect(clippy::unnecessary_wraps, reason = "a test build fails here")]
fn call(_: &str, _: &Path) -> io::Result<()> {
    Ok(())
}
