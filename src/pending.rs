//! What an `add` left to do: the builds, by label, and the files where it broke off. Small files under the git directory; does none of it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::payload::Commit;
use crate::sink::disk;

/// The record of one skill's pending builds.
pub struct Pending {
    file: PathBuf,
}

impl Pending {
    /// The record of a skill; `None` where there is no git directory to hold it.
    #[must_use]
    pub fn of(checkout: &Checkout, skill: &str) -> Option<Self> {
        Some(Self {
            file: checkout.state()?.join("pending").join(skill),
        })
    }

    /// The labels of the builds still to do. `None` when none was ever recorded here.
    #[must_use]
    pub fn read(&self) -> Option<Vec<String>> {
        let text = fs::read_to_string(&self.file).ok()?;
        Some(text.lines().map(str::to_owned).collect())
    }

    /// Records the builds still to do. Writes nothing when they are the recorded ones.
    pub fn write(&self, labels: &[String]) -> Result<()> {
        if self.read().as_deref() == Some(labels) {
            return Ok(());
        }
        let lines = labels.iter().flat_map(|label| [label.as_str(), "\n"]);
        disk::write_private(&self.file, lines.collect::<String>().as_bytes())
            .context("failed to record the pending builds")
    }

    /// Strikes one build off.
    pub fn strike(&self, label: &str) -> Result<()> {
        let left = self
            .read()
            .unwrap_or_default()
            .into_iter()
            .filter(|other| other != label)
            .collect::<Vec<_>>();
        self.write(&left)
    }
}

/// The record of an `add` that is writing files: it names a commit from before the first until after
/// the last. One that is found with a commit in it was broken off.
///
/// Copied files hold by identity, so that one which was to be replaced would stay as it was if nothing told what it was to be.
pub struct Unfinished {
    file: PathBuf,
}

impl Unfinished {
    /// The record of a skill; `None` where there is no git directory to hold it.
    #[must_use]
    pub fn of(checkout: &Checkout, skill: &str) -> Option<Self> {
        Some(Self {
            file: checkout.state()?.join("unfinished").join(skill),
        })
    }

    /// The id of the commit whose files were being written. What is no id says nothing.
    #[must_use]
    pub fn read(&self) -> Option<String> {
        let text = fs::read_to_string(&self.file).ok()?;
        let id = text.trim_end();
        let whole = id.len() >= 40 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
        whole.then(|| id.to_owned())
    }

    /// Records the commit.
    pub fn write(&self, commit: &Commit) -> Result<()> {
        disk::write_private(&self.file, format!("{}\n", commit.id).as_bytes())
            .context("failed to record that files are being written")
    }

    /// Empties the record: every file is written. One that names no commit is left alone.
    pub fn clear(&self) -> Result<()> {
        match self.read() {
            Some(_) => disk::empty_private(&self.file),
            None => Ok(()),
        }
    }
}
