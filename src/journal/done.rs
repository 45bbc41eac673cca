//! The changes that are done and kept for `skill undo`: journals under another name, with a number each. Takes none of them back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Change, read, state};
use crate::checkout::Checkout;

/// What the files are called that hold the changes of earlier writes, before their number.
const DONE: &str = "undo-";

/// The changes that were done and can be undone, each with its file, the last first. Each is read when it is asked for.
pub fn changes(checkout: &Checkout) -> Result<impl Iterator<Item = Result<(PathBuf, Change)>>> {
    let state = state(checkout)?;
    let numbers = numbers(&state)?.into_iter().rev();
    Ok(numbers.filter_map(move |number| {
        let path = state.join(name(number));
        let change = read(&path).transpose()?;
        Some(change.map(|change| (path, change)))
    }))
}

/// Whether a change is kept that can be undone.
#[must_use]
pub fn can_undo(checkout: &Checkout) -> bool {
    let state = checkout.state();
    state.is_some_and(|state| numbers(&state).is_ok_and(|numbers| !numbers.is_empty()))
}

/// The numbers of the changes that are kept, the oldest first.
fn numbers(state: &Path) -> Result<Vec<u32>> {
    let read = || -> io::Result<Vec<u32>> {
        let entries = match fs::read_dir(state) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let found = entry?.file_name();
            let number = found
                .to_str()
                .and_then(|found| found.strip_prefix(DONE)?.parse().ok());
            // Of other names nothing is known.
            numbers.extend(number.filter(|number| found == *name(*number)));
        }
        numbers.sort_unstable();
        Ok(numbers)
    };
    read().with_context(|| format!("failed to read the folder `{}`", state.display()))
}

/// What the file of a change is called.
fn name(number: u32) -> String {
    format!("{DONE}{number:04}")
}

/// Where the next change is to be kept.
pub(super) fn next(state: &Path) -> Result<PathBuf> {
    let last = numbers(state)?.last().copied().unwrap_or_default();
    let next = last.checked_add(1).context("too many changes are kept")?;
    Ok(state.join(name(next)))
}
