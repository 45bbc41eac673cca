//! The yes that an installation needs for the commands of a document by path. Asks nobody: the one question comes later.

use anyhow::Result;

use super::Job;
use crate::builds::Ready;
use crate::command::consent::{self, Yes};
use crate::plan::Plan;
use crate::skill::Origin;

impl Job<'_> {
    /// Refuses, before anything is written or fetched, the builds that may run where nobody has agreed to them and nobody can be asked.
    pub(super) fn agreed(&self, survey: &Plan) -> Result<()> {
        let (Origin::Path, Some(layout)) = (self.skill.origin, self.layout()) else {
            return Ok(());
        };
        let builds = if survey.holds() && !self.asks_for_a_source() {
            self.wanted_builds(survey)?
        } else {
            self.skill.builds(layout).collect()
        };
        let ready = Ready::look(self.checkout, &builds, self.leave())?;
        let agreed = self.given_or_asked(&ready);
        if agreed.is_err() {
            self.say_builds(&ready);
        }
        agreed
    }

    /// Refuses builds that nobody has agreed to where nobody can be asked.
    pub(super) fn given_or_asked(&self, ready: &Ready<'_>) -> Result<()> {
        let yes = Yes::of(self.arguments.yes);
        let without = "--no-build leaves them for later";
        consent::given_or_asked(self.skill, &ready.run, yes, without, self.ui)
    }
}
