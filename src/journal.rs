//! The journal of a write: what was there before, kept until the whole write is done, so that it can be taken back. Decides nothing of what
//! is written.

mod back;
mod done;
mod file;
mod record;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

pub use back::{TakenBack, remove_made};
pub use done::{can_undo, changes};
pub use record::{Change, Kind, Step, Written};

use crate::checkout::Checkout;
use crate::digest::blob_id;
use crate::files::{self, Unsynced};
use crate::lock;
use file::{Waiting, read, read_waiting, waiting, write_down};

/// The journal's file in the program's folder. One that is there belongs to a write that is under way, or that was broken off.
const JOURNAL: &str = "journal";

/// What an undo is called in the journal of its write.
pub const UNDO: &str = "skill undo";

/// The journal of a write that is not done. Dropped, it takes the write back.
pub struct Journal<'a> {
    checkout: &'a Checkout,
    /// The program's folder.
    state: PathBuf,
    change: Change,
    /// The journal's own file, where this run wrote it and the disk may not have it.
    file: Option<Unsynced>,
    /// Whether it has its name: until then it waits, and no file is put in its place.
    is_named: bool,
    open: bool,
}

impl<'a> Journal<'a> {
    /// Writes down what is about to change. The lock must be held, and no other journal be there. The disk must have [`Journal::unsynced`] before
    /// [`Journal::name`], and that comes before the first file is put in its place.
    pub fn begin(checkout: &'a Checkout, change: Change) -> Result<Self> {
        let state = state(checkout)?;
        let context = || format!("failed to write the journal `{}`", state.display());
        let bytes = change.to_bytes().with_context(context)?;
        let path = state.join(JOURNAL);
        let written = write_down(&path, &bytes);
        if written.is_err() {
            // Nothing else was written yet. One that cannot be removed is found by the next command.
            let _ = files::remove(&waiting(&path));
        }
        let file = Some(written.with_context(context)?);
        Ok(Self {
            checkout,
            state,
            change,
            file,
            is_named: false,
            open: true,
        })
    }

    /// The journal's file, and the folders above its own, where the disk may not have them.
    pub fn unsynced(&mut self) -> Result<Vec<Unsynced>> {
        let mut unsynced = Vec::from_iter(self.file.take());
        for folder in self.checkout.above_state() {
            unsynced.push(unsynced_folder(folder)?);
        }
        Ok(unsynced)
    }

    /// Gives the journal its name, and waits until the disk has that: whatever is written from then on can be taken back.
    pub fn name(&mut self) -> Result<()> {
        let context = || format!("failed to write the journal `{}`", self.state.display());
        files::rename(&self.place(), &self.state.join(JOURNAL)).with_context(context)?;
        self.is_named = true;
        self.sync_state()
    }

    /// The journal of a write that was broken off, where there is one. The lock must be held: else the write may be under way. One that is torn, and
    /// never got its name, goes.
    pub fn found(checkout: &'a Checkout) -> Result<Option<Self>> {
        let Some(state) = checkout.state() else {
            return Ok(None);
        };
        let path = state.join(JOURNAL);
        let named = read(&path)?;
        let is_named = named.is_some();
        let change = match named.map_or_else(|| read_waiting(&path), |it| Ok(Waiting::Whole(it)))? {
            Waiting::Whole(change) => change,
            Waiting::Nothing => return Ok(None),
            Waiting::Torn => {
                let torn = waiting(&path);
                files::remove(&torn)
                    .with_context(|| format!("failed to remove `{}`", torn.display()))?;
                return Ok(None);
            }
        };
        Ok(Some(Self {
            checkout,
            state,
            change,
            file: None,
            is_named,
            open: true,
        }))
    }

    /// Where the journal is.
    fn place(&self) -> PathBuf {
        let path = self.state.join(JOURNAL);
        if self.is_named { path } else { waiting(&path) }
    }

    /// The steps of the write, in its order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.change.steps
    }

    /// The folders that the write makes, from the outermost in.
    #[must_use]
    pub fn folders(&self) -> &[(Kind, PathBuf)] {
        &self.change.folders
    }

    /// Ends the write: every file is in its place. What it changed is kept for `skill undo`.
    pub fn keep(mut self) -> Result<()> {
        let done = done::next(&self.state)?;
        self.end(|journal| files::rename(journal, &done))
    }

    /// Ends a write that is not to be undone.
    pub fn forget(mut self) -> Result<()> {
        self.end(files::remove)
    }

    fn end(&mut self, away: impl FnOnce(&Path) -> io::Result<()>) -> Result<()> {
        let context = || {
            format!(
                "failed to end the write of `{}`",
                self.checkout.root().display()
            )
        };
        self.sync_folders().with_context(context)?;
        away(&self.place()).with_context(context)?;
        self.open = false;
        self.sync_state().with_context(context)
    }

    /// Waits until the disk has the names of the files that are written.
    fn sync_folders(&self) -> Result<()> {
        let folders = self.folders_written().into_iter().map(unsynced_folder);
        files::sync(&folders.collect::<Result<Vec<_>>>()?)
    }

    /// Waits until the disk has the journal's name, or has it no more.
    fn sync_state(&self) -> Result<()> {
        files::sync(&[unsynced_folder(self.state.clone())?])
    }

    /// The folders of the files that are written.
    fn folders_written(&self) -> BTreeSet<PathBuf> {
        let folder = |step: &Step| Some(self.target(step.kind, &step.path).parent()?.to_path_buf());
        let made = self.change.folders.iter();
        let above = made.filter_map(|(kind, made)| {
            let folder = self.target(*kind, made).parent()?.to_path_buf();
            Some(folder)
        });
        let written = self.change.steps.iter().filter_map(folder);
        let all = above.chain(written);
        all.filter(|folder| folder.is_dir()).collect()
    }

    fn target(&self, kind: Kind, path: &Path) -> PathBuf {
        target(self.checkout, &self.state, kind, path)
    }
}

impl Drop for Journal<'_> {
    fn drop(&mut self) {
        if self.open {
            // What cannot be taken back now, the journal still tells the next command.
            let _ = self.undo();
        }
    }
}

/// Where a step's path lies: under the checkout's root, or in the program's folder.
#[must_use]
pub fn target(checkout: &Checkout, state: &Path, kind: Kind, path: &Path) -> PathBuf {
    if kind.is_of_checkout() {
        checkout.root().join(path)
    } else {
        state.join(path)
    }
}

/// The program's folder, or the error of a checkout that has no git directory.
pub fn state(checkout: &Checkout) -> Result<PathBuf> {
    let found = checkout.state();
    found.ok_or_else(|| anyhow!("the checkout has no git directory"))
}

/// Where the bytes of a file are kept that something else is about to take the place of: named by their own id.
#[must_use]
pub fn kept(state: &Path, path: &Path, bytes: &[u8]) -> PathBuf {
    state.join(kept_name(path, bytes))
}

/// [`kept`], relative to the program's folder.
#[must_use]
pub fn kept_name(path: &Path, bytes: &[u8]) -> PathBuf {
    let id = blob_id(bytes);
    Path::new("kept")
        .join(id.get(..10).unwrap_or(&id))
        .join(path)
}

/// What became of a write that was broken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// It is taken back.
    TakenBack(TakenBack),
    /// It stays: all was in its place. The command that made it.
    Whole(String),
}

/// Takes back a write that was broken off, where there was one. One of which every file is in its place stays where it has to, as `must_stay`
/// says: something else is done that cannot be taken back. The lock must be held.
pub fn recover(
    checkout: &Checkout,
    must_stay: impl FnOnce(&Change) -> bool,
) -> Result<Option<Recovered>> {
    let Some(journal) = Journal::found(checkout)? else {
        return Ok(None);
    };
    if journal.is_written()? && must_stay(&journal.change) {
        let command = journal.change.command.clone();
        journal.forget()?;
        return Ok(Some(Recovered::Whole(command)));
    }
    journal.take_back().map(|it| Some(Recovered::TakenBack(it)))
}

/// Whether a journal is there, or waits for its name. Reads nothing of it.
#[must_use]
pub fn is_there(checkout: &Checkout) -> bool {
    let journal = checkout.state().map(|state| state.join(JOURNAL));
    let stands = |path: &Path| fs::symlink_metadata(path).is_ok();
    journal.is_some_and(|journal| stands(&journal) || stands(&waiting(&journal)))
}

/// What a journal that is there means, for the commands that write nothing: a sentence and the command that goes on.
pub fn report(checkout: &Checkout) -> Result<Option<(String, String)>> {
    if !is_there(checkout) {
        return Ok(None);
    }
    if let Some(holder) = lock::holder(checkout) {
        let found = format!("another command is writing here at this moment: {holder}");
        return Ok(Some((found, "run this again when it has ended".to_owned())));
    }
    let journal = state(checkout)?.join(JOURNAL);
    let change = match (read(&journal)?, read_waiting(&journal)?) {
        (Some(change), _) | (None, Waiting::Whole(change)) => change,
        (None, Waiting::Nothing | Waiting::Torn) => return Ok(None),
    };
    let mend = if change.command == UNDO {
        format!("nanoclaw {UNDO} takes it back and does it anew")
    } else {
        format!(
            "nanoclaw {UNDO} takes it back; nanoclaw {} takes it back and does it anew",
            change.command
        )
    };
    let found = format!("`{}` was broken off here, and is half done", change.command);
    Ok(Some((found, mend)))
}

fn unsynced_folder(path: PathBuf) -> Result<Unsynced> {
    let context = format!("failed to open `{}`", path.display());
    Unsynced::folder(path).context(context)
}
