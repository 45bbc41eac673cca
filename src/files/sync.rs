//! Waiting for the disk: what is written is not there after a power cut before that.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::thread::{self, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow};
use rustix::io::Errno;

use super::call;

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
