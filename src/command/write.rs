//! What the commands that write have in common: the lock, the recovery before everything else, and the words when a write fails. Decides
//! nothing of what is written.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Error, Result};

use crate::checkout::Checkout;
use crate::command::provider;
use crate::interrupt;
use crate::journal::{self, Recovered, TakenBack};
use crate::lock::Lock;
use crate::plan::Edit;
use crate::problem::Problem;
use crate::sink::disk::{self, Disk, Writing};
use crate::sink::pour;
use crate::ui::{Tint, Ui};

/// The checkout, locked, with nothing half done in it.
pub struct Locked {
    /// Held until the value is dropped.
    pub lock: Lock,
    /// What became of a write that was broken off here.
    pub recovered: Option<Recovered>,
}

/// Locks the checkout for a command such as `skill add codex`, and takes back what was broken off there, or ends it where it is whole.
pub fn lock(checkout: &Checkout, command: &str, timeout: Duration, ui: Ui) -> Result<Locked> {
    let waits = |holder: &str| {
        ui.tell(Tint::Warn, "waiting ", &format!("for the lock of {holder}"));
    };
    interrupt::watch()?;
    checkout.state_is_plain()?;
    let lock = Lock::take(checkout, command, timeout, &waits)?;
    let recovered = journal::recover(checkout, |change| provider::must_stay(checkout, change))?;
    match &recovered {
        Some(Recovered::TakenBack(taken)) => say_taken_back(taken, ui),
        Some(Recovered::Whole(command)) => {
            let found = format!(
                "`{command}` was broken off here; its files are in place, and the database names what they do"
            );
            ui.tell(Tint::Warn, "whole   ", &found);
        }
        None => {}
    }
    Ok(Locked { lock, recovered })
}

/// Says what was taken back of a write that was broken off.
fn say_taken_back(taken: &TakenBack, ui: Ui) {
    let found = format!(
        "`{}` was broken off here; {} of its files are as they were before it",
        taken.command, taken.files
    );
    ui.tell(Tint::Warn, "undone  ", &found);
    for line in stays(taken) {
        ui.tell(Tint::Warn, "left    ", &line);
    }
}

/// The files that are not as they were before, each with why, and where what it was before is kept.
fn stays(taken: &TakenBack) -> Vec<String> {
    let line = |why: &'static str| {
        move |(path, kept): &(PathBuf, Option<PathBuf>)| {
            let found = format!("{}: {why}", path.display());
            match kept {
                Some(kept) => format!("{found}; what it was before is {}", kept.display()),
                None => found,
            }
        }
    };
    let left = taken.left.iter();
    let left = left.map(line("changed since, and left as it is"));
    let needed = taken.needed.iter();
    let needed = needed.map(line("stays, for what is left may import it"));
    left.chain(needed).collect()
}

/// Writes a change whole or not at all, and gives the files that were written over with the places where their old bytes are, the second
/// absolute. The lock must be held.
pub fn write(checkout: &Checkout, writing: Writing<'_>) -> Result<Vec<(PathBuf, PathBuf)>> {
    write_and(checkout, writing, || Ok(()))
}

/// Writes a change as [`write()`] does, and does something else with it when every file is in its place: where that fails, the files are taken back.
pub fn write_and(
    checkout: &Checkout,
    writing: Writing<'_>,
    last: impl FnOnce() -> Result<()>,
) -> Result<Vec<(PathBuf, PathBuf)>> {
    let command = writing.command.clone();
    let edits = writing.edits;
    let mut stay = Vec::new();
    let write = || {
        let mut disk = Disk::begin(checkout, writing)?;
        let kept = std::mem::take(&mut disk.kept);
        if let Err(error) = pour(edits, &mut disk).and_then(|()| last()) {
            // One that fails leaves the journal, for the next command.
            stay = disk
                .take_back()
                .map_or_else(|_| Vec::new(), |it| stays(&it));
            return Err(error);
        }
        disk.finish()?;
        Ok(kept)
    };
    write().map_err(|error| failed(checkout, &command, edits, error, &stay))
}

/// An error of a write, with what it left: nothing, all of it, or what the next command takes back.
fn failed(
    checkout: &Checkout,
    command: &str,
    edits: &[Edit],
    error: Error,
    stay: &[String],
) -> Error {
    if journal::is_there(checkout) {
        let found = format!("`{command}` is half done, and could not be taken back: {error:#}");
        return Problem::could_not_run(found)
            .hint("mend the cause, then: nanoclaw skill undo")
            .into();
    }
    checkout.look_again();
    if edits.iter().all(|edit| disk::is_as_planned(checkout, edit)) {
        error.context("every file is as it was before")
    } else if edits.iter().all(|edit| disk::is_written(checkout, edit)) {
        // Of the very last step alone: it waits for the disk.
        error
            .context("every file is written, and after a power cut they may be as they were before")
    } else if stay.is_empty() {
        error
    } else {
        let stay = stay.join("; and ");
        error.context(format!("the files are as they were before, but for {stay}"))
    }
}
