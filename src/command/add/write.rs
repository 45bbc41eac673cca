//! Pours a plan into the checkout, with the records that go with it. Decides nothing of what is written.

use anyhow::Result;

use super::{Job, Planned};
use crate::branch::Installed;
use crate::builds::Ready;
use crate::checkout::Entry;
use crate::command::write;
use crate::pending;
use crate::plan::{Plan, State};
use crate::problem::Problem;
use crate::sink::disk::{End, Record, Writing};
use crate::skill::Copied;
use crate::ui::Tint;

impl Job<'_> {
    /// Writes the files, with the records of builds and of the commit that they come from.
    pub(super) fn write(&self, planned: &Planned, ready: &Ready<'_>) -> Result<()> {
        let plan = &planned.plan;
        if plan.edits.is_empty() {
            return Ok(());
        }
        self.still_holds(planned)?;
        let name = self.skill.records();
        let mut records = vec![pending::record(&name, &ready.pending())];
        records.extend(self.installed(planned));
        let builds = self.layout().map(|layout| plan.builds(self.skill, layout));
        let builds = builds.into_iter().flatten();
        let called = &self.skill.called;
        let writing = Writing {
            command: format!("skill add {called}"),
            skill: name,
            called: called.clone(),
            builds: builds.map(|(step, _)| step.label.clone()).collect(),
            edits: &plan.edits,
            records: &records,
            end: End::Keep,
        };
        for (path, kept) in write::write(self.checkout, writing)? {
            self.ui.tell(
                Tint::Warn,
                "kept    ",
                &format!("{}: the old content is {}", path.display(), kept.display()),
            );
        }
        Ok(())
    }

    /// Refuses to go on where a fact that held, and so has no edit, holds no more: it may be long since that a question was asked.
    fn still_holds(&self, planned: &Planned) -> Result<()> {
        if planned.plan.holds_nowhere() {
            return Ok(());
        }
        self.checkout.look_again();
        let again = self.plan_with(planned.from.as_ref())?;
        // The same facts, in the same order.
        let mut both = planned.plan.findings.iter().zip(&again.findings);
        let Some((_, now)) = both.find(|(then, now)| then.state == State::Holds && now != then)
        else {
            return Ok(());
        };
        let found = now.found.as_deref().unwrap_or("it is another");
        let path = now.path.display();
        let found = format!("`{path}` has changed since the plan was made: {found}");
        Err(Problem::refused(found)
            .and_nothing_written()
            .hint("run the command again")
            .into())
    }

    fn installed(&self, planned: &Planned) -> Option<Record> {
        let taken = planned.from.as_ref()?;
        let read = |copy: &Copied| self.will_have(copy, &planned.plan);
        let installed = Installed::now(&taken.payload.commit, &self.copies(), &read);
        Some(installed.record(&self.skill.records()))
    }

    /// The bytes that a copied file has when the plan's edits are made.
    fn will_have(&self, copy: &Copied, plan: &Plan) -> Option<Vec<u8>> {
        let (real, bytes) = match self.checkout.entry(&copy.to).ok()? {
            Entry::File { real, file } => (real, Some(file.bytes)),
            Entry::Absent { real } => (real, None),
            Entry::Refused(_) => return None,
        };
        let edit = plan.edits.iter().find(|edit| edit.path == real);
        match edit {
            Some(edit) => edit.after.as_ref().map(|file| file.bytes.clone()),
            None => bytes,
        }
    }
}
