//! Taking a write back, whether it failed, was broken off or is not wanted: what holds its bytes gets back what was there before, and what holds
//! something else stays. Decides nothing of what is written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Journal, Kind, Step, UNDO, kept, unsynced_folder};
use crate::checkout::{Entry, File};
use crate::files;
use crate::sink::{disk, stage};

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

impl Journal<'_> {
    /// Takes the write back, the last file first: what holds our bytes gets back what was there before.
    pub fn take_back(mut self) -> Result<TakenBack> {
        self.open = false;
        self.undo()
    }

    pub(super) fn undo(&self) -> Result<TakenBack> {
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
            // What waits beside its place has not come there; but it may be what was before, of a recovery that was broken off itself.
            let waits = there != There::Elsewhere && fs::symlink_metadata(&staged).is_ok();
            let written = || disk::read(&staged).ok().flatten();
            let has_come = self.is_named && !(waits && step.is_written(written().as_ref()));
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
                    is_needed |= step.kind.is_of_checkout() && has_come && !is_undo;
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
        files::remove(&self.place()).with_context(context)?;
        self.sync_state().with_context(context)
    }

    /// Whether every file is in its place.
    pub(super) fn is_written(&self) -> Result<bool> {
        for step in self.steps() {
            if !matches!(self.there(step)?, There::AsWritten(_)) {
                return Ok(false);
            }
        }
        Ok(self.is_named)
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
