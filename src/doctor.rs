//! What keeps an installed skill from answering: one check a matter, from the sources to the last lines of the host's log. Changes nothing.

mod groups;
mod image;
mod service;
mod sources;
mod surroundings;
mod time;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub use service::Service;
pub use time::Moment;

use crate::checkout::{Checkout, Entry};
use crate::fact::dockerfile;
use crate::files;
use crate::plan::{Pins, Plan, plan};
use crate::provider::codex;
use crate::shown;
use crate::skill::{Fact, Layer, Skill};

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it stands.
    pub level: Level,
    /// The evidence, a clause.
    pub found: String,
    /// The command, or the act, that mends it.
    pub mend: Option<String>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It may keep an answer away, or could not be looked at.
    Warning,
    /// It keeps every answer away.
    Error,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Check {
    /// As it should be.
    #[must_use]
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            level: Level::Ok,
            found: found.into(),
            mend: None,
        }
    }

    /// It may keep an answer away.
    #[must_use]
    pub fn warning(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            name,
            level: Level::Warning,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }

    /// It keeps every answer away.
    #[must_use]
    pub fn error(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            ..Self::warning(name, found, mend)
        }
    }
}

/// What the checks look at.
pub struct Patient<'a> {
    /// The checkout.
    pub checkout: &'a Checkout,
    /// The skill.
    pub skill: &'a Skill,
    /// The home folder of this user, who runs the host.
    pub home: PathBuf,
    /// The time now.
    pub now: Moment,
    /// The host's service.
    pub service: Service,
    survey: Plan,
}

impl<'a> Patient<'a> {
    /// Looks at what more than one check needs.
    pub fn new(checkout: &'a Checkout, skill: &'a Skill) -> Result<Self> {
        Ok(Self {
            checkout,
            skill,
            home: std::env::home_dir().unwrap_or_default(),
            now: Moment::now(),
            service: Service::look(checkout)?,
            survey: plan(skill, checkout, None, &Pins::new())?,
        })
    }

    /// The facts that the skill states for this checkout.
    fn facts(&self) -> impl Iterator<Item = &Fact> {
        let layout = self.checkout.layout().into_iter();
        layout.flat_map(|layout| self.skill.facts(layout).map(|(_, fact)| fact))
    }

    /// The layer that the skill adds to the image, with its Dockerfile.
    #[must_use]
    pub fn layer(&self) -> Option<(&Path, &Layer)> {
        self.facts().find_map(|fact| match fact {
            Fact::Dockerfile { file, layer } => Some((file.as_path(), layer)),
            _ => None,
        })
    }

    /// The version that the checkout's Dockerfile pins.
    #[must_use]
    pub fn pin(&self) -> Option<String> {
        let (file, layer) = self.layer()?;
        let Ok(Entry::File { file, .. }) = self.checkout.entry(file) else {
            return None;
        };
        dockerfile::pin(&file.bytes, layer)
    }

    /// Whether every fact of the skill holds.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.survey.holds()
    }

    /// The command that runs the skill's builds.
    #[must_use]
    pub fn build(&self) -> String {
        format!("nanoclaw skill build {}", self.skill.called)
    }

    /// A regular file in the home folder, where there is one.
    #[must_use]
    pub fn in_home(&self, path: &str) -> Option<Vec<u8>> {
        files::read_own(&self.home.join(path)).ok()
    }

    /// When something in the checkout was changed last.
    #[must_use]
    pub fn changed(&self, path: &Path) -> Option<Moment> {
        let (_, metadata) = self.checkout.standing(path).ok()??;
        metadata.modified().ok().map(Moment::from)
    }

    /// A text with the home folder as `~`, on one line.
    fn shown(&self, text: &str) -> String {
        let text = shown::line(text);
        match self.home.to_str() {
            Some(home) if home.len() > 1 => text.replace(home, "~"),
            _ => text,
        }
    }
}

/// Makes every check, in the order in which a message meets what they are about.
pub fn examine(patient: &Patient<'_>) -> Result<Vec<Check>> {
    let mut checks = sources::checks(patient);
    checks.extend(image::checks(patient)?);
    checks.extend(service::checks(patient));
    checks.extend(codex::checks(patient)?);
    checks.extend(groups::checks(patient));
    checks.extend(surroundings::checks(patient));
    for check in &mut checks {
        check.found = patient.shown(&check.found);
        check.mend = check.mend.take().map(|mend| patient.shown(&mend));
    }
    Ok(checks)
}
