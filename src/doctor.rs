//! What keeps an installed skill from answering: one check a matter, from the sources to the last lines of the host's log. Changes nothing.

mod document;
mod groups;
mod image;
mod service;
mod sources;
mod surroundings;
mod time;
mod types;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

pub use groups::LOOK;
pub use service::{Kind, Other, Service, State, Unit, Variables, variables};
pub use time::Moment;
pub use types::{LIMIT, Run};

use crate::checkout::{Checkout, Entry};
use crate::pinned::Pinned;
use crate::plan::{Pins, Plan, plan};
use crate::problem::Problem;
use crate::provider::codex;
use crate::shown;
use crate::skill::{Fact, Skill};

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

    /// It could not be looked at; `mend` is the command where the error names none.
    #[must_use]
    pub fn not_looked_at(name: &'static str, error: &anyhow::Error, mend: &str) -> Self {
        let problem = error.downcast_ref::<Problem>();
        let hint = problem.and_then(|problem| problem.hint.clone());
        let mend = hint.unwrap_or_else(|| mend.to_owned());
        Self::warning(name, format!("not looked at: {error:#}"), mend)
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
    /// The program that the skill adds to the image.
    pub pinned: Option<Pinned<'a>>,
    /// What `.env` holds, nothing where it is not there; else why it is not read, a clause.
    pub env: std::result::Result<Vec<u8>, String>,
    survey: Plan,
}

impl<'a> Patient<'a> {
    /// Looks at what more than one check needs.
    pub fn new(checkout: &'a Checkout, skill: &'a Skill) -> Result<Self> {
        let home = std::env::home_dir().unwrap_or_default();
        Ok(Self {
            checkout,
            skill,
            now: Moment::now(),
            service: Service::look(checkout, &home)?,
            home,
            pinned: Pinned::of(skill, checkout),
            env: env(checkout),
            survey: plan(skill, checkout, None, &Pins::new())?,
        })
    }

    /// The facts that the skill states for this checkout.
    fn facts(&self) -> impl Iterator<Item = &Fact> {
        let layout = self.checkout.layout().into_iter();
        layout.flat_map(|layout| self.skill.facts(layout).map(|(_, fact)| fact))
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

    /// A regular file in the home folder, where there is one, or where a symlink leads to one: as the programs see it that read it.
    pub fn in_home(&self, path: &str) -> Result<Option<Vec<u8>>> {
        const LONGEST: u64 = 1024 * 1024;
        let path = self.home.join(path);
        let context = || format!("failed to read `{}`", path.display());
        let found = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found.with_context(context)?,
        };
        ensure!(
            found.is_file() && found.len() <= LONGEST,
            "`{}` is no regular file of at most {LONGEST} bytes",
            path.display()
        );
        fs::read(&path).map(Some).with_context(context)
    }

    /// When something in the checkout was changed last.
    #[must_use]
    pub fn changed(&self, path: &Path) -> Option<Moment> {
        let (_, metadata) = self.checkout.standing(path).ok()??;
        metadata.modified().ok().map(Moment::from)
    }

    /// A text with the home folder as `~`, on one line.
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        let text = shown::line(text);
        match self.home.to_str() {
            Some(home) if home.len() > 1 => at_home(&text, home),
            _ => text,
        }
    }
}

/// The host reads whatever stands at `.env`; here it is read where it lies in the checkout.
fn env(checkout: &Checkout) -> std::result::Result<Vec<u8>, String> {
    match checkout.entry(Path::new(".env")) {
        Ok(Entry::File { file, .. }) => Ok(file.bytes),
        Ok(Entry::Absent { .. }) => Ok(Vec::new()),
        Ok(Entry::Refused(reason)) => Err(reason),
        Err(error) => Err(format!("{error:#}")),
    }
}

/// A text with a home folder as `~`, where its name is a whole one: before a quote that begins with it, for a shell takes `'~'` as it stands.
fn at_home(text: &str, home: &str) -> String {
    let mut shown = String::new();
    let mut parts = text.split(home);
    shown.extend(parts.next());
    for part in parts {
        let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if part.starts_with(goes_on) {
            shown.push_str(home);
        } else if !shown.ends_with('\'') {
            shown.push('~');
        } else if let Some(after) = part.strip_prefix('\'') {
            shown.pop();
            shown.push('~');
            shown.push_str(after);
            continue;
        } else if let Some(inside) = part.strip_prefix('/') {
            shown.pop();
            shown.push_str("~/'");
            shown.push_str(inside);
            continue;
        } else {
            shown.push_str(home);
        }
        shown.push_str(part);
    }
    shown
}

/// Makes every check, in the order in which a message meets what they are about. `run` runs a task of the document's that takes seconds.
pub fn examine(patient: &Patient<'_>, run: Run<'_>) -> Result<Vec<Check>> {
    let mut checks = sources::checks(patient);
    checks.extend(types::check(patient, run)?);
    checks.extend(image::checks(patient)?);
    checks.extend(service::checks(patient));
    checks.extend(codex::checks(patient)?);
    checks.push(document::check(patient));
    checks.extend(groups::checks(patient));
    checks.extend(surroundings::checks(patient));
    for check in &mut checks {
        check.found = patient.shown(&check.found);
        check.mend = check.mend.take().map(|mend| patient.shown(&mend));
    }
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::at_home;

    #[test]
    fn a_home_folder_is_shown_where_it_is_one() {
        for (text, expected) in [
            ("/home/me/x and /home/me", "~/x and ~"),
            ("/home/mel/x", "/home/mel/x"),
            ("cd '/home/me'", "cd ~"),
            ("cd '/home/me/my claws' && ls", "cd ~/'my claws' && ls"),
            ("cd '/home/me x'", "cd '/home/me x'"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(at_home(text, "/home/me"), expected);
        }
    }
}
