//! What an add would do, shown: as a patch, or by an exit code. Writes nothing.

use anyhow::Result;

use super::{Job, Planned};
use crate::builds;
use crate::command::look;
use crate::problem::Exit;
use crate::sink::pour;
use crate::sink::preview::Preview;
use crate::ui::Tint;

impl Job<'_> {
    /// Shows what would be written, and writes nothing.
    pub(super) fn look(&self) -> Result<Exit> {
        let broken_off = look::tell_broken_off(self.checkout, self.ui)?;
        let planned = self.planned(self.survey()?)?;
        if self.arguments.dry_run {
            self.preview(&planned)
        } else {
            let exit = self.check(&planned)?;
            Ok(if broken_off { Exit::Findings } else { exit })
        }
    }

    fn preview(&self, planned: &Planned) -> Result<Exit> {
        if planned.plan.edits.is_empty() {
            self.say_installed(&planned.plan)?;
        }
        self.say_edits(planned);
        let mut preview = self.patch_of(planned);
        pour(&planned.plan.edits, &mut preview)?;
        let ready = self.ready(planned)?;
        self.say_builds(&ready);
        for ((step, _), unmet) in ready.refused.iter().chain(&ready.unavailable) {
            for unmet in unmet {
                self.ui.tell(
                    Tint::Warn,
                    "note    ",
                    &format!(
                        "{} cannot run here: {}; mend: {}",
                        step.label, unmet.found, unmet.mend
                    ),
                );
            }
        }
        self.ui.patch(&preview.patch)?;
        Ok(Exit::Done)
    }

    /// An empty patch with its preamble.
    fn patch_of(&self, planned: &Planned) -> Preview<'_> {
        Preview::new(self.checkout, self.preamble(planned))
    }

    fn check(&self, planned: &Planned) -> Result<Exit> {
        self.say_edits(planned);
        let mut pending = Vec::new();
        for build in self.wanted_builds(&planned.plan)? {
            let left = self.leave().leaves(build.1);
            if !left && !builds::is_unavailable(self.checkout, build.1)? {
                pending.push(build);
            }
        }
        if planned.plan.edits.is_empty() && pending.is_empty() {
            self.say_installed(&planned.plan)?;
            return Ok(Exit::Done);
        }
        let builds = pending
            .iter()
            .map(|(step, _)| step.label.as_str())
            .collect::<Vec<_>>();
        let builds = if builds.is_empty() {
            "none".to_owned()
        } else {
            builds.join(", ")
        };
        self.ui.tell(
            Tint::Warn,
            "pending ",
            &format!("files: {} · builds: {builds}", planned.plan.edits.len()),
        );
        Ok(Exit::Findings)
    }
}
