//! The journal of a write: what was there before, kept until the whole write is done, so that it can be taken back. Decides nothing of what
//! is written.

mod done;
mod file;
mod record;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

pub use done::{can_undo, changes};
pub use record::{Change, Kind, Step, Written};

use crate::checkout::{Checkout, Entry, File};
use crate::digest::blob_id;
use crate::files::{self, Unsynced};
use crate::lock;
use crate::sink::disk;
use crate::sink::stage;
use file::{new, read, write_down};

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
    open: bool,
}

/// What taking a write back came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakenBack {
    /// The command that was taken back, such as `skill add codex`.
    pub command: String,
    /// How many files got back what was there before.
    pub files: usize,
    /// Files that hold neither what was there before nor what was written, and stay as they are; with the place where what was there before is kept.
    pub left: Vec<(PathBuf, Option<PathBuf>)>,
    /// Files that hold what was written, and stay: one that is left may import them. With the place as well.
    pub needed: Vec<(PathBuf, Option<PathBuf>)>,
}

impl TakenBack {
    /// Whether what was there before a file is kept at a place.
    fn keeps(&self, place: &Path) -> bool {
        let mut staying = self.left.iter().chain(&self.needed);
        staying.any(|(_, kept)| kept.as_deref() == Some(place))
    }
}

/// What stands where a write was broken off.
#[derive(Debug, Clone, PartialEq, Eq)]
enum There {
    AsBefore,
    /// What the write made; what takes its place is this, or nothing.
    AsWritten(Option<File>),
    /// Nothing, where something was before and something was written.
    Gone(File),
    /// Something else.
    Other,
    /// What must not be touched: a symlink leads to another place.
    Elsewhere,
}

impl<'a> Journal<'a> {
    /// Writes down what is about to change. The lock must be held, and no other journal be there. Before the first file is in its place, the disk
    /// must have [`Journal::unsynced`].
    pub fn begin(checkout: &'a Checkout, change: Change) -> Result<Self> {
        let state = state(checkout)?;
        let context = || format!("failed to write the journal `{}`", state.display());
        let bytes = change.to_bytes().with_context(context)?;
        let path = state.join(JOURNAL);
        let written = write_down(&path, &bytes);
        if written.is_err() {
            // Nothing else was written yet. One that cannot be removed is found by the next command.
            let _ = files::remove(&path);
            let _ = files::remove(&new(&path));
        }
        let file = Some(written.with_context(context)?);
        Ok(Self {
            checkout,
            state,
            change,
            file,
            open: true,
        })
    }

    /// The journal's file, and the folders with its name and their own.
    pub fn unsynced(&mut self) -> Result<Vec<Unsynced>> {
        let mut unsynced = Vec::from_iter(self.file.take());
        unsynced.push(unsynced_folder(self.state.clone())?);
        for folder in self.checkout.above_state() {
            unsynced.push(unsynced_folder(folder)?);
        }
        Ok(unsynced)
    }

    /// The journal of a write that was broken off, where there is one. The lock must be held: else the write may be under way.
    pub fn found(checkout: &'a Checkout) -> Result<Option<Self>> {
        let Some(state) = checkout.state() else {
            return Ok(None);
        };
        let Some(change) = read(&state.join(JOURNAL))? else {
            return Ok(None);
        };
        Ok(Some(Self {
            checkout,
            state,
            change,
            file: None,
            open: true,
        }))
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
        away(&self.state.join(JOURNAL)).with_context(context)?;
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

    /// Takes the write back, the last file first: what holds our bytes gets back what was there before.
    pub fn take_back(mut self) -> Result<TakenBack> {
        self.open = false;
        self.undo()
    }

    fn undo(&self) -> Result<TakenBack> {
        let mut came = TakenBack {
            command: self.change.command.clone(),
            ..TakenBack::default()
        };
        self.checkout.look_again();
        // A file that is left with lines of ours in it needs those that they name. An undo that is taken back puts back what they name in any case.
        let mut is_needed = false;
        let is_undo = self.change.command == UNDO;
        for step in self.change.steps.iter().rev() {
            let target = self.target(step.kind, &step.path);
            let context = || format!("failed to take back `{}`", step.path.display());
            let staged = stage::staged(&target).with_context(context)?;
            let there = match self.there(step)? {
                // Nothing is lost where nothing is, and lines that come back may name it.
                There::Gone(before) if is_undo && step.kind == Kind::Payload => {
                    There::AsWritten(Some(before))
                }
                There::Gone(_) => There::Other,
                there => there,
            };
            // What waits beside its place has not come there.
            let waits = there != There::Elsewhere && fs::symlink_metadata(&staged).is_ok();
            if waits {
                files::remove(&staged).with_context(context)?;
            }
            match there {
                There::AsBefore => {}
                There::AsWritten(_) if is_needed && step.kind == Kind::Payload => {
                    let kept = self.keep_before(step)?;
                    came.needed.push((step.path.clone(), kept));
                }
                // The write itself had kept it: before all its files, so that it is taken back behind them.
                There::AsWritten(_) if came.keeps(&target) => {}
                There::AsWritten(before) => {
                    stage::put(&target, before.as_ref()).with_context(context)?;
                    came.files += usize::from(step.kind.is_of_checkout());
                }
                There::Gone(_) | There::Other | There::Elsewhere => {
                    is_needed |= step.kind.is_of_checkout() && !waits && !is_undo;
                    came.left.push((step.path.clone(), self.keep_before(step)?));
                }
            }
        }
        for (kind, made) in self.change.folders.iter().rev() {
            remove_made(&self.target(*kind, Path::new("")), made);
        }
        self.settle(&came)?;
        Ok(came)
    }

    /// Drops the journal when the disk has what was put back.
    fn settle(&self, came: &TakenBack) -> Result<()> {
        let context = || format!("failed to end taking back `{}`", came.command);
        self.sync_folders().with_context(context)?;
        files::remove(&self.state.join(JOURNAL)).with_context(context)?;
        self.sync_state().with_context(context)
    }

    /// What stands where a step writes.
    fn there(&self, step: &Step) -> Result<There> {
        let now = if step.kind.is_of_checkout() {
            match self.checkout.entry(&step.path)? {
                Entry::File { real, file } if real == step.path => Some(file),
                Entry::Absent { real } if real == step.path => None,
                _ => return Ok(There::Elsewhere),
            }
        } else {
            disk::read(&self.target(step.kind, &step.path))?
        };
        Ok(if step.is_before(now.as_ref()) {
            There::AsBefore
        } else if step.is_written(now.as_ref()) {
            There::AsWritten(step.before_in_place_of(now.as_ref()))
        } else if let (None, Some(before)) = (now, &step.before) {
            There::Gone(before.clone())
        } else {
            There::Other
        })
    }

    /// Keeps what was before in a file that stays as it is.
    fn keep_before(&self, step: &Step) -> Result<Option<PathBuf>> {
        let Some(before) = &step.before else {
            return Ok(None);
        };
        let kept = kept(&self.state, &step.path, &before.bytes);
        files::replace_private(&kept, &before.bytes)?;
        let folders = kept.ancestors().skip(1);
        let folders = folders.take_while(|folder| folder.starts_with(&self.state));
        let folders = folders.map(|folder| unsynced_folder(folder.to_path_buf()));
        files::sync(&folders.collect::<Result<Vec<_>>>()?)?;
        Ok(Some(kept))
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

/// Removes a folder that a write made below a base. One that holds something else by now stays, and so does what a symlink on the way leads to.
pub fn remove_made(base: &Path, made: &Path) {
    let is_link = |part: &Path| {
        let found = fs::symlink_metadata(base.join(part));
        found.is_ok_and(|found| found.is_symlink())
    };
    // An empty part would be a slash at the end, behind which a symlink is followed.
    let mut parts = made.ancestors().filter(|part| *part != Path::new(""));
    if !parts.any(is_link) {
        let _ = files::remove_folder(&base.join(made));
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

/// Takes back a write that was broken off, where there was one. The lock must be held.
pub fn recover(checkout: &Checkout) -> Result<Option<TakenBack>> {
    let found = Journal::found(checkout)?;
    found.map(Journal::take_back).transpose()
}

/// Whether a journal is there. Reads nothing of it.
#[must_use]
pub fn is_there(checkout: &Checkout) -> bool {
    let journal = checkout.state().map(|state| state.join(JOURNAL));
    journal.is_some_and(|journal| fs::symlink_metadata(journal).is_ok())
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
    let Some(change) = read(&state(checkout)?.join(JOURNAL))? else {
        return Ok(None);
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
