//! What a person does about a Dockerfile that the program must not change. It never changes a byte.

use crate::dockerfile::{Instruction, Version};
use crate::skill::{ByHand, Fault, Layer};

use super::Wanted;
use super::site::{Place, Site};

/// Why the layer must not be added, and what a person does about it: write the layer's lines where nothing is said.
pub struct Stop {
    pub fault: Fault,
    pub by_hand: Vec<ByHand>,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            by_hand: Vec::new(),
        }
    }
}

/// The layer's lines at a version.
pub fn lines(layer: &Layer, version: &str) -> String {
    format!("ARG {}={version}\n\n{}", layer.arg, layer.run)
}

impl Site<'_> {
    /// The layer in the place of installs that are not ours, at the version that the last one has; where ours stands too, theirs go.
    pub fn in_place_of(self, foreign: &[Place<'_>], wanted: &Wanted<'_>) -> ByHand {
        let package = &self.layer.package;
        let at = foreign.iter().map(|(_, install)| install.line).collect();
        if !self.pinned().is_empty() {
            return ByHand::at(format!("remove the install of `{package}` at"), at, "");
        }
        // The install may be a part of a longer RUN.
        let act = format!("remove the install of `{package}`, and write this below its RUN, at");
        let last = foreign.last();
        let declared = last.and_then(|(run, _)| self.declaration(run));
        if declared.is_some_and(|pin| pin.filled().is_some()) {
            return ByHand::at(act, at, &self.layer.run);
        }
        let literal = last.and_then(|(_, install)| exact(&install.version));
        let version = wanted.set.or(literal).unwrap_or(&self.layer.version);
        ByHand::at(act, at, lines(self.layer, version))
    }

    /// The ENV without our ARG's name: what is lacking afterwards is added then.
    pub fn without_env(self, env: &Instruction) -> ByHand {
        let act = format!("take `{}` out of the ENV at", self.layer.arg);
        ByHand::at(act, vec![env.line], "")
    }
}

/// A version that an ARG can be given as it stands.
fn exact(version: &Version) -> Option<&str> {
    let Version::Literal(text) = version else {
        return None;
    };
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    let exact = text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(letter);
    exact.then_some(text)
}
