//! Every call of a write to the file system, one function a call. In a test build each is a point at which the program can be killed, or the
//! call failed.

#[cfg(debug_assertions)]
mod fault;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::{self, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow};
use rustix::fs::OFlags;
use rustix::io::Errno;

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

/// A file or a folder of which the disk may not have everything yet.
#[derive(Debug)]
pub struct Unsynced {
    file: File,
    path: PathBuf,
    is_folder: bool,
}

impl Unsynced {
    /// A file that was written.
    #[must_use]
    pub fn file(file: File, path: PathBuf) -> Self {
        Self {
            file,
            path,
            is_folder: false,
        }
    }

    /// A folder in which names have come or gone.
    pub fn folder(path: PathBuf) -> io::Result<Self> {
        let file = File::open(&path)?;
        Ok(Self {
            file,
            path,
            is_folder: true,
        })
    }

    /// Has the disk begin to write a file's bytes, and waits for nothing.
    pub fn begin(&self) {
        // An advice: where it is not taken, the wait is longer.
        let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
    }

    fn wait(&self) -> Result<()> {
        match self.file.sync_all() {
            // Some network disks know no such call for folders, and have their names at once.
            Err(error) if self.is_folder && is_unknown(&error) => Ok(()),
            synced => synced.with_context(|| self.failed()),
        }
    }

    fn failed(&self) -> String {
        format!("failed to write `{}`", self.path.display())
    }
}

fn is_unknown(error: &io::Error) -> bool {
    let unknown = [Errno::INVAL, Errno::NOTSUP, Errno::NOSYS];
    Errno::from_io_error(error).is_some_and(|error| unknown.contains(&error))
}

/// How many files are waited for at one time. A disk mostly takes as long for a few as for one; more bring no more.
const AT_ONCE: usize = 3;

/// Waits until the disk has the bytes of some files and the names in some folders.
pub fn sync(unsynced: &[Unsynced]) -> Result<()> {
    for one in unsynced {
        call("fsync", &one.path).with_context(|| one.failed())?;
    }
    let share = unsynced.len().div_ceil(AT_ONCE).max(1);
    let wait = |share: &[Unsynced]| share.iter().try_for_each(Unsynced::wait);
    thread::scope(|scope| {
        let mut shares = unsynced.chunks(share);
        let own = shares.next().unwrap_or_default();
        let others = shares.map(|share| {
            let other = thread::Builder::new().spawn_scoped(scope, move || wait(share));
            (share, other)
        });
        let others = others.collect::<Vec<_>>();
        let joined = |(share, other): (_, io::Result<ScopedJoinHandle<'_, _>>)| match other {
            Ok(other) => {
                let broken = |_| Err(anyhow!("a thread that waited for the disk broke off"));
                other.join().unwrap_or_else(broken)
            }
            // No thread is to be had.
            Err(_) => wait(share),
        };
        wait(own)?;
        others.into_iter().try_for_each(joined)
    })
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
    let replace = || -> io::Result<()> {
        make_folders(folder)?;
        let staged = path.with_extension("new");
        if staged.symlink_metadata().is_ok() {
            remove(&staged)?;
        }
        let mut file = create(&staged, 0o600)?;
        write(&mut file, &staged, bytes)?;
        call("fsync", &staged)?;
        file.sync_all()?;
        rename(&staged, path)
    };
    replace().with_context(|| format!("failed to write `{}`", path.display()))?;
    sync(&[Unsynced::folder(folder.to_path_buf())?])
}

/// Reads a file of the program's own, a regular one alone: behind a symlink lies none, and a pipe is not waited for.
pub fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_own(OpenOptions::new().read(true), path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a file of the program's own as [`read_own`] does.
pub fn open_own(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let opened = options.custom_flags(flags).open(path);
    let file = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::LOOP) => {
            io::Error::other("a symlink is in its place; look at it, and move it away")
        }
        _ => error,
    })?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other(
            "no regular file is in its place; look at it, and move it away",
        ))
    }
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
