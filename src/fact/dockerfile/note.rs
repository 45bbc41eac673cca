//! What there is to say of a layer that is there. A note never makes it less there.

use crate::dockerfile::{Declaration, Instruction};
use crate::skill::Outcome;

use super::site::{Pinned, Site};

/// The names of the user that may write everywhere.
const ROOT: [&str; 2] = ["root", "0"];

impl Site<'_> {
    /// Says that the fact holds by the last of the installs.
    pub fn holds(self, pinned: &[Pinned<'_>]) -> Outcome {
        let Some((run, install, pin)) = pinned.last() else {
            return Outcome::Holds {
                line: None,
                note: None,
            };
        };
        let list = (!install.alone).then(|| "it stands in a list with other packages".to_owned());
        let again = self
            .places(&self.layer.package)
            .into_iter()
            .find(|(_, other)| *other != *install);
        let twice =
            again.map(|(_, other)| format!("it is installed twice, also in line {}", other.line));
        let mut installs = pinned.iter().map(|(_, install, _)| install);
        let passed_over = installs.all(|install| install.passed_over).then(|| {
            "its RUN may succeed without it: it hangs on a condition, or on another command's success".to_owned()
        });
        let notes = [
            self.other_version(pin),
            list,
            twice,
            passed_over,
            self.other_user(run),
        ];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        Outcome::Holds {
            line: Some(install.line),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }

    /// What there is to say of a version.
    fn other_version(self, pin: &Declaration) -> Option<String> {
        let value = pin.filled()?;
        let (said, documents) = (value.said(), &self.layer.version);
        let Some(version) = pin.version() else {
            return Some(format!(
                "`{said}` is only known to a build, the document's version is {documents}"
            ));
        };
        let here = if value.varies() {
            format!("`{said}` is {version} here")
        } else {
            format!("{version} is pinned here")
        };
        if version != documents {
            return Some(format!("{here}, the document's is {documents}"));
        }
        value.varies().then_some(here)
    }

    /// What there is to say of a user that installs the package and not the anchor's.
    fn other_user(self, run: &Instruction) -> Option<String> {
        let (line, name) = self.user(run)?;
        let anchors = self.places(&self.layer.after);
        let shared = anchors
            .iter()
            .filter_map(|(anchor, _)| self.user(anchor))
            .any(|(_, user)| user == name);
        (!ROOT.contains(&name) && !shared).then(|| {
            format!(
                "it runs as `{name}`, by the USER in line {line}, for whom pnpm's global folder may not be writable"
            )
        })
    }
}
