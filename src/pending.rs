//! The builds that an `add` left to do, by label: a small file under the git directory. Does none of them.

use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::files;
use crate::journal::Kind;
use crate::sink::disk::Record;

/// What a skill's record is called in the program's folder, before the skill's name. A folder of their own would be one more to wait for.
const NAME: &str = "pending-";

/// The record of one skill's pending builds.
pub struct Pending {
    file: PathBuf,
}

impl Pending {
    /// The record of a skill; `None` where there is no git directory to hold it.
    #[must_use]
    pub fn of(checkout: &Checkout, skill: &str) -> Option<Self> {
        Some(Self {
            file: checkout.state()?.join(format!("{NAME}{skill}")),
        })
    }

    /// The labels of the builds still to do. `None` when none was ever recorded here; a record that cannot be read is an error, for builds may
    /// be pending.
    pub fn read(&self) -> Result<Option<Vec<String>>> {
        let read = || -> Result<Option<Vec<String>>> {
            let bytes = match files::read_own(&self.file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                bytes => bytes?,
            };
            let text = String::from_utf8(bytes)?;
            Ok(Some(text.lines().map(str::to_owned).collect()))
        };
        read().with_context(|| {
            let file = self.file.display();
            format!("failed to read `{file}`, which names the builds that are pending")
        })
    }

    /// Records the builds still to do. Writes nothing when they are the recorded ones.
    pub fn write(&self, labels: &[String]) -> Result<()> {
        if self.read()?.as_deref() == Some(labels) {
            return Ok(());
        }
        files::replace_private(&self.file, &bytes(labels))
            .context("failed to record the pending builds")
    }

    /// Strikes one build off.
    pub fn strike(&self, label: &str) -> Result<()> {
        let left = self
            .read()?
            .unwrap_or_default()
            .into_iter()
            .filter(|other| other != label)
            .collect::<Vec<_>>();
        self.write(&left)
    }
}

/// The record as it is written with the files that call for the builds.
#[must_use]
pub fn record(skill: &str, labels: &[String]) -> Record {
    Record {
        kind: Kind::Stays,
        path: PathBuf::from(format!("{NAME}{skill}")),
        bytes: Some(bytes(labels)),
    }
}

fn bytes(labels: &[String]) -> Vec<u8> {
    let lines = labels.iter().flat_map(|label| [label.as_str(), "\n"]);
    lines.collect::<String>().into_bytes()
}
