//! The program that a skill adds to the image, and the version of it that a checkout's Dockerfile pins. Writes nothing.

use std::path::Path;

use crate::checkout::Checkout;
use crate::fact::dockerfile;
use crate::skill::{Fact, Layer, Skill};

/// The layer of a skill, in a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned<'a> {
    /// The Dockerfile, relative to the root.
    pub file: &'a Path,
    /// The layer that the document states.
    pub layer: &'a Layer,
    /// The version that the Dockerfile pins, where it does.
    pub version: Option<String>,
}

impl<'a> Pinned<'a> {
    /// The layer of a skill that a checkout of this layout has; `None` where there is none.
    #[must_use]
    pub fn of(skill: &'a Skill, checkout: &Checkout) -> Option<Self> {
        let layer = |fact: &'a Fact| match fact {
            Fact::Dockerfile { file, layer } => Some((file.as_path(), layer)),
            _ => None,
        };
        let mut facts = skill.facts(checkout.layout()?);
        let (file, layer) = facts.find_map(|(_, fact)| layer(fact))?;
        let text = checkout.bytes(file);
        Some(Self {
            file,
            layer,
            version: text.and_then(|text| dockerfile::pin(&text, layer)),
        })
    }

    /// The version that is pinned here, else the document's.
    #[must_use]
    pub fn wanted(&self) -> &str {
        self.version.as_deref().unwrap_or(&self.layer.version)
    }

    /// The command that installs the same program on this machine.
    #[must_use]
    pub fn install(&self) -> String {
        format!("npm install -g {}@{}", self.layer.package, self.wanted())
    }
}
