//! What follows from the answers, done: files and the builds that they call for, then the document's commands, and what no document can say. Asks
//! nobody.

use anyhow::Result;

use super::{Job, Todo};
use crate::builds;
use crate::command::look;
use crate::command::write::{self, Locked};
use crate::host;
use crate::next::{self, Left};
use crate::pending::{self, Pending};
use crate::plan::{Pins, Role, plan};
use crate::problem::{Exit, Problem};
use crate::process::{self, Ended};
use crate::provider::codex::{self, DropIn};
use crate::sink::disk::{End, Writing};
use crate::skill::{Step, Task};
use crate::ui::Tint;

impl Job<'_> {
    pub(super) fn act(&self, todo: &Todo<'_>) -> Result<Exit> {
        let wrote = !todo.plan.edits.is_empty();
        if wrote && let Some(exit) = self.write_and_build(todo)? {
            self.say_in_place(todo);
            return Ok(exit);
        }
        if let Err(error) = self.run_commands(todo) {
            if wrote {
                self.say_in_place(todo);
            }
            return Err(error);
        }
        self.say_next(todo)?;
        Ok(Exit::Done)
    }

    /// Writes the files and runs the builds that they call for, all under the lock. Gives the exit code of a build that did not come to its end.
    fn write_and_build(&self, todo: &Todo<'_>) -> Result<Option<Exit>> {
        let checkout = self.patient.checkout;
        let command = format!("skill configure {}", self.skill().called);
        let timeout = self.arguments.lock.timeout();
        let locked = write::lock(checkout, &command, timeout, self.ui)?;
        self.write(todo, &locked, command)?;
        let name = self.skill().records();
        let pending = Pending::of(checkout, &name);
        todo.builds.pass_over(pending.as_ref(), self.ui)?;
        let broken = builds::run(checkout, &name, &todo.builds.run, pending.as_ref(), self.ui)?;
        Ok(broken.map(|broken| broken.exit))
    }

    fn run_commands(&self, todo: &Todo<'_>) -> Result<()> {
        for (step, task) in &todo.commands {
            if codex::is_login(self.patient, task) {
                self.sign_in(task)?;
            } else {
                self.command(step, task)?;
            }
        }
        self.set_model(todo)
    }

    /// Says what a failure leaves that comes after the files were written.
    fn say_in_place(&self, todo: &Todo<'_>) {
        let builds = todo.builds.pending();
        let pending = if builds.is_empty() {
            String::new()
        } else {
            format!("; pending: {}", builds.join(", "))
        };
        let ui = self.ui;
        ui.say(&format!("  in place: the files are written{pending}"));
        let called = &self.skill().called;
        let build = if builds.is_empty() {
            String::new()
        } else {
            format!(" and nanoclaw skill build {called}")
        };
        ui.say(&format!(
            "  go on: mend the cause, then nanoclaw skill configure {called} with the same answers{build}"
        ));
        ui.say("  go back: nanoclaw skill undo");
    }

    /// Writes the files, with the record of the builds that they call for.
    fn write(&self, todo: &Todo<'_>, locked: &Locked, command: String) -> Result<()> {
        let (skill, checkout) = (self.skill(), self.patient.checkout);
        // A question may have waited long, and so may the lock.
        checkout.look_again();
        if locked.recovered.is_some() || plan(skill, checkout, None, &Pins::new())? != todo.plan {
            let found = "the checkout has changed since the plan was made";
            return Err(Problem::refused(found)
                .and_nothing_written()
                .hint("run the command again")
                .into());
        }
        let name = skill.records();
        let recorded = Pending::of(checkout, &name).map_or(Ok(None), |pending| pending.read())?;
        let mut labels = recorded.unwrap_or_default();
        for label in todo.builds.pending() {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let layout = checkout.layout().into_iter();
        let called = layout.flat_map(|layout| todo.plan.builds(skill, layout));
        let writing = Writing {
            command,
            skill: name.clone(),
            called: skill.called.clone(),
            builds: called.map(|(step, _)| step.label.clone()).collect(),
            edits: &todo.plan.edits,
            records: &[pending::record(&name, &labels)],
            end: End::Keep,
        };
        write::write(checkout, writing)?;
        for edit in &todo.plan.edits {
            let path = edit.path.display().to_string();
            self.ui.tell(Tint::Good, "written ", &path);
        }
        Ok(())
    }

    /// Runs a command of the document outside of what the program itself does, with the answers in its environment.
    fn command(&self, step: &Step, task: &Task) -> Result<()> {
        let (ui, answers) = (self.ui, self.answers);
        ui.tell(Tint::Good, "running ", &step.label);
        let root = self.patient.checkout.root();
        let environment = answers.environment(task);
        let commands = task.for_shell();
        let hide = |line: &str| answers.without_secrets(line);
        let mut said = |line: Option<&str>| {
            if let Some(line) = line {
                ui.say(&format!("  {line}"));
            }
        };
        match process::run(root, &commands, &environment, None, &hide, &mut said)? {
            Ended::Succeeded => Ok(()),
            Ended::Failed { how, .. } => {
                let found = format!("{}: {how}; what comes after it was not done", step.label);
                Err(Problem::could_not_run(found)
                    .hint("what the command says above is why")
                    .into())
            }
            Ended::Interrupted(problem) => Err(problem.into()),
        }
    }

    fn sign_in(&self, task: &Task) -> Result<()> {
        let (ui, answers) = (self.ui, self.answers);
        let mut said = |line: &str| ui.say(&format!("  {}", answers.without_secrets(line)));
        let environment = answers.environment(task);
        let kept = codex::sign_in(self.patient, task, &environment, &mut said)?;
        ui.tell(Tint::Good, "signed in", "");
        if let Some(kept) = kept {
            ui.say(&format!("  the old login is {}", next::quoted(&kept)));
        }
        ui.say("  every session gets its copy at the next start of its container");
        Ok(())
    }

    fn set_model(&self, todo: &Todo<'_>) -> Result<()> {
        let Some(drop_in) = &todo.wish.drop_in else {
            return Ok(());
        };
        codex::write_drop_in(drop_in)?;
        let (model, unit) = (&drop_in.model, &drop_in.unit);
        let set = format!("{model} is set");
        self.ui.tell(Tint::Good, &set, &format!("for {unit}"));
        Ok(())
    }

    /// What is left to the person.
    pub(super) fn say_next(&self, todo: &Todo<'_>) -> Result<()> {
        let (ui, checkout) = (self.ui, self.patient.checkout);
        let edits = |role| todo.plan.edits.iter().any(|edit| edit.role == role);
        let mut left = Vec::new();
        let name = self.skill().records();
        let pending = Pending::of(checkout, &name).map_or(Ok(None), |it| it.read())?;
        let pending = pending.unwrap_or_default();
        if !pending.is_empty() {
            let what = format!("builds that are pending: {}", pending.join(", "));
            left.push((what, Some(self.patient.build())));
        }
        let is_set = todo.wish.drop_in.as_ref().is_none_or(DropIn::is_there);
        if edits(Role::Settings) || !is_set {
            left.push((
                "the host reads it at its start".to_owned(),
                Some(next::restart(checkout)).and_then(|left| left.command),
            ));
        }
        if edits(Role::Image) {
            left.push((
                "running containers keep the old image until they stop".to_owned(),
                Some(host::containers(checkout)),
            ));
        }
        let layout = checkout.layout().into_iter();
        for (step, task) in layout.flat_map(|layout| next::by_hand(self.skill(), layout)) {
            let Left { what, command } = next::by_person(checkout, self.skill(), step, task)?;
            left.push((what, command.map(|command| self.answers.shown(&command))));
        }
        if !todo.plan.edits.is_empty() {
            left.push((
                "take the change of the files back".to_owned(),
                Some("nanoclaw skill undo".to_owned()),
            ));
        }
        if left.is_empty() {
            return Ok(());
        }
        look::begin_next(checkout, ui);
        for (what, command) in left {
            let command = command.map(|command| format!("\n  {command}"));
            ui.say(&format!("  # {what}{}", command.unwrap_or_default()));
        }
        Ok(())
    }
}
