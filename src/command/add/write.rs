//! Pours a plan into the checkout, with the records that go with it. Decides nothing of what is written.

use anyhow::Result;

use super::{Job, Planned};
use crate::branch::Installed;
use crate::builds::Ready;
use crate::checkout::Entry;
use crate::command::write;
use crate::pending;
use crate::plan::{Finding, Plan, State};
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
        self.still_holds(plan)?;
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
    fn still_holds(&self, plan: &Plan) -> Result<()> {
        if plan.holds_nowhere() {
            return Ok(());
        }
        self.checkout.look_again();
        let survey = self.survey()?;
        let held = plan.findings.iter().filter(|it| it.state == State::Holds);
        for held in held {
            let same = |now: &&Finding| now.label == held.label && now.path == held.path;
            let mut now = survey.findings.iter().filter(same);
            if let Some(now) = now.find(|now| now.state != State::Holds) {
                let found = now.found.clone().unwrap_or_default();
                let path = held.path.display();
                let found = format!("`{path}` has changed since the plan was made: {found}");
                return Err(Problem::refused(found)
                    .and_nothing_written()
                    .hint("run the command again")
                    .into());
            }
        }
        Ok(())
    }

    fn installed(&self, planned: &Planned) -> Option<Record> {
        let taken = planned.from.as_ref()?;
        let read = |copy: &Copied| self.will_have(copy, &planned.plan);
        let installed = Installed::now(&taken.commit, &self.copies(), &read);
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
