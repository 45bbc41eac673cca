//! The lock that one command at a time holds while it writes to a checkout. The kernel frees it with the process; linked work trees have
//! each their own.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::files;
use crate::interrupt;
use crate::journal;
use crate::problem::Problem;

/// The lock's file in the program's folder. It stays when the lock is free, and names who held it last.
const LOCK: &str = "lock";

/// How long to wait before another look at a lock that is held.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock, held until the value is dropped.
pub struct Lock {
    _file: File,
    first: bool,
}

impl Lock {
    /// Takes the lock for a command such as `skill add codex`. While somebody else has it, `waits` is told who, once; after `timeout` that is
    /// an error.
    pub fn take(
        checkout: &Checkout,
        command: &str,
        timeout: Duration,
        waits: &dyn Fn(&str),
    ) -> Result<Self> {
        let state = journal::state(checkout)?;
        let path = state.join(LOCK);
        let context = || format!("failed to lock the checkout by `{}`", path.display());
        files::make_folders(&state).with_context(context)?;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = files::open_own(options.mode(0o600), &path);
        let mut file = file.with_context(context)?;
        wait(&file, checkout, timeout, waits)?;
        let found = file.metadata().with_context(context)?;
        let first = found.len() == 0;
        // By a hard link it is another's file, too: it locks, and holds no words of ours.
        if found.nlink() == 1 {
            let words = format!("process {} (nanoclaw {command})\n", std::process::id());
            let written = file
                .set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| file.write_all(words.as_bytes()));
            written.with_context(context)?;
        }
        Ok(Self { _file: file, first })
    }

    /// Whether nobody has held the lock before: what was looked at without it is as it was then. Of one that somebody has held it cannot be
    /// told when.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.first
    }
}

fn wait(file: &File, checkout: &Checkout, timeout: Duration, waits: &dyn Fn(&str)) -> Result<()> {
    let since = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => {
                return Err(error).context("failed to lock the checkout");
            }
            Err(TryLockError::WouldBlock) => {}
        }
        let holder = named(last(checkout).as_deref());
        if since.elapsed() >= timeout {
            let found = format!("{} is locked by {holder}", checkout.root().display());
            let hint = "wait until it has ended; --lock-timeout SECONDS waits longer";
            return Err(Problem::could_not_run(found).hint(hint).into());
        }
        if !told {
            waits(&holder);
            told = true;
        }
        std::thread::sleep(PAUSE.min(timeout));
        interrupt::check()?;
    }
}

/// What the lock's file says: who holds the lock, or held it last.
fn last(checkout: &Checkout) -> Option<Vec<u8>> {
    let words = files::read_own(&path(checkout)?).ok();
    words.filter(|words| !words.is_empty())
}

/// Who holds the lock at this moment, where somebody does.
#[must_use]
pub fn holder(checkout: &Checkout) -> Option<String> {
    let file = files::open_own(OpenOptions::new().read(true), &path(checkout)?).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(named(last(checkout).as_deref())),
        _ => None,
    }
}

fn path(checkout: &Checkout) -> Option<PathBuf> {
    Some(checkout.state()?.join(LOCK))
}

fn named(last: Option<&[u8]>) -> String {
    let words = String::from_utf8_lossy(last.unwrap_or_default());
    let first = words.lines().next().unwrap_or_default();
    if first.is_empty() {
        "another nanoclaw".to_owned()
    } else {
        first.to_owned()
    }
}
