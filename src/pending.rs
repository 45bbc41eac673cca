//! The builds that an `add` left to do, by label, in a small file under the git directory. Runs none of them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
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
