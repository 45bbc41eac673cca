//! `skill add`: survey, fetch, plan, pour, build, survey again. Decides nothing of a fact itself.

mod consent;
mod pins;
mod preview;
mod source;
mod words;
mod write;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::builds::{self, Build, Leave, Ready};
use crate::checkout::{Checkout, Entry};
use crate::cli::Add;
use crate::command::look;
use crate::command::write as writing;
use crate::journal;
use crate::next::{self, Left};
use crate::payload::Payload;
use crate::pending::Pending;
use crate::plan::{self, Pins, Plan, plan};
use crate::problem::{Exit, Problem};
use crate::remote::Remote;
use crate::report::text;
use crate::skill::{Copied, Layout, Skill};
use crate::skills;
use crate::ui::{Tint, Ui};

/// Runs the command.
pub fn run(arguments: &Add, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, directory)?;
    let pins = pins::read(&skill, &arguments.set)?;
    source::valid(arguments)?;
    let checkout = Checkout::find(directory)?;
    let job = Job {
        skill: &skill,
        checkout: &checkout,
        arguments,
        directory,
        pins: &pins,
        ui,
    };
    if arguments.dry_run || arguments.check {
        job.look()
    } else {
        job.run()
    }
}

/// One run of the command: what it works on and how it was asked.
struct Job<'a> {
    skill: &'a Skill,
    checkout: &'a Checkout,
    arguments: &'a Add,
    directory: &'a Path,
    pins: &'a Pins,
    ui: Ui,
}

/// A plan, and the branch it was made with.
struct Planned {
    plan: Plan,
    from: Option<Taken>,
}

/// Where a plan's payload was taken from.
struct Taken {
    remote: Remote,
    payload: Payload,
    /// Files whose content no commit of the branch has for them, by where they really lie.
    edited: Vec<PathBuf>,
}

impl Job<'_> {
    /// Makes every fact hold. Where something may be to do, the checkout is locked first, and what was broken off there taken back.
    fn run(&self) -> Result<Exit> {
        let survey = self.survey()?;
        if !journal::is_there(self.checkout) {
            if survey.is_blocked() {
                return Err(self.blocked(&survey).into());
            }
            if self.has_nothing_to_do(&survey)? {
                self.say_installed(&survey)?;
                return Ok(Exit::Done);
            }
        }
        self.checkout.of_this_user()?;
        self.agreed(&survey)?;
        if !survey.holds() || self.asks_for_a_source() {
            self.checkout.repository()?;
        }
        let command = format!("skill add {}", self.skill.called);
        let timeout = self.arguments.lock.timeout();
        let locked = writing::lock(self.checkout, &command, timeout, self.ui)?;
        // What somebody else wrote meanwhile, or was taken back, makes another survey.
        let same = locked.recovered.is_none() && locked.lock.is_first();
        let survey = if same { survey } else { self.survey()? };
        self.install(&self.planned(survey)?)
    }

    /// The plan without the branch.
    fn survey(&self) -> Result<Plan> {
        self.plan_with(None)
    }

    fn plan_with(&self, taken: Option<&Taken>) -> Result<Plan> {
        let payload = taken.map(|taken| &taken.payload);
        plan(self.skill, self.checkout, payload, self.pins)
    }

    /// Whether nothing is to be written, built or recorded.
    fn has_nothing_to_do(&self, survey: &Plan) -> Result<bool> {
        let waits = |(_, task): &Build<'_>| !self.leave().leaves(task);
        let is_there = survey.holds() && !self.asks_for_a_source();
        Ok(is_there && !self.wanted_builds(survey)?.iter().any(waits))
    }

    fn asks_for_a_source(&self) -> bool {
        self.arguments.reference.is_some() || self.arguments.remote.is_some()
    }

    /// The plan, with the branch where it takes that. A blocked fact is the refusal.
    fn planned(&self, survey: Plan) -> Result<Planned> {
        if survey.is_blocked() {
            return Err(self.blocked(&survey).into());
        }
        if !survey.holds() {
            self.checkout.repository()?;
        }
        let planned = self.plan(survey)?;
        if planned.plan.is_blocked() {
            return Err(self.blocked(&planned.plan).into());
        }
        Ok(planned)
    }

    /// Plans with the branch where a fact needs it or it was asked for; else the survey is the plan.
    fn plan(&self, survey: Plan) -> Result<Planned> {
        let copies = self.copies();
        let Some((branch, _)) = self
            .layout()
            .and_then(|layout| self.skill.copies(layout).next())
        else {
            return Ok(Planned {
                plan: survey,
                from: None,
            });
        };
        if !survey.needs_branch() && !self.asks_for_a_source() {
            return Ok(Planned {
                plan: survey,
                from: None,
            });
        }
        self.say_table(&survey);
        let taken = self.taken(branch, &copies)?;
        let plan = self.plan_with(Some(&taken))?;
        Ok(Planned {
            plan,
            from: Some(taken),
        })
    }

    fn install(&self, planned: &Planned) -> Result<Exit> {
        let plan = &planned.plan;
        let ready = self.ready(planned)?;
        let otherwise =
            "or leave the builds for later: --no-image (the image alone), --no-build (all)";
        if let Some(problem) = ready.refusal(otherwise) {
            return Err(problem.into());
        }
        if plan.edits.is_empty() && ready.run.is_empty() {
            ready.pass_over(self.pending().as_ref(), self.ui)?;
            self.say_installed(plan)?;
            return Ok(Exit::Done);
        }
        self.say_edits(planned);
        self.say_builds(&ready);
        self.given_or_asked(&ready)?;
        let question = format!(
            "write {} files and run {} builds?",
            plan.edits.len(),
            ready.run.len()
        );
        if !self.arguments.yes && !self.ui.confirm(&question)? {
            self.ui.say("nothing was written");
            return Ok(Exit::Refused);
        }
        let pending = self.pending();
        self.write(planned, &ready)?;
        ready.record(pending.as_ref())?;
        ready.pass_over(pending.as_ref(), self.ui)?;
        let name = self.skill.records();
        let broken = builds::run(self.checkout, &name, &ready.run, pending.as_ref(), self.ui)?;
        if let Some(broken) = broken {
            self.say_half_built(broken, !plan.edits.is_empty());
            return Ok(broken.exit);
        }
        self.finish()
    }

    /// The skill's own files that are not as HEAD has them.
    fn uncommitted(&self) -> Vec<PathBuf> {
        let facts = self.layout().map(|layout| self.skill.facts(layout));
        let paths = facts
            .into_iter()
            .flatten()
            .flat_map(|(_, fact)| fact.paths());
        let head = self.checkout.head();
        let mut found = Vec::new();
        for path in paths {
            let Ok(Entry::File { real, file }) = self.checkout.entry(path) else {
                continue;
            };
            let blob = self.checkout.line_ends(&real).in_blob(&file.bytes);
            if !found.contains(&real) && !head.holds(&real, &blob) {
                found.push(real);
            }
        }
        found
    }

    fn finish(&self) -> Result<Exit> {
        let survey = plan::plan(self.skill, self.checkout, None, &Pins::new())?;
        if !survey.holds() {
            let table = text::table(&survey.findings);
            let missing = table
                .iter()
                .flat_map(|(_, word, rest)| ["\n", word, rest])
                .collect::<String>();
            let problem = Problem::could_not_run(format!(
                "the files were written, and yet not every fact holds; something else changed them meanwhile:{missing}"
            ));
            return Err(problem
                .hint(format!("nanoclaw skill verify {}", self.skill.called))
                .into());
        }
        self.ui.tell(
            Tint::Good,
            &format!("{} is installed", self.skill.name),
            &format!("in {}", self.checkout.root().display()),
        );
        self.ui
            .say(&look::summary(self.skill, self.checkout, &survey)?);
        self.say_unloadable();
        look::begin_next(self.checkout, self.ui);
        if !self.recorded()?.is_empty() {
            self.ui.say(&format!(
                "  # run the builds that are pending\n  nanoclaw skill add {}",
                self.skill.called
            ));
        }
        for left in self.left()? {
            let command = left.command.map(|command| format!("\n  {command}"));
            let command = command.unwrap_or_default();
            self.ui.say(&format!("  # {}{command}", left.what));
        }
        if journal::can_undo(self.checkout) {
            self.ui
                .say("  # take the last change back\n  nanoclaw skill undo");
        }
        Ok(Exit::Done)
    }

    /// The builds that are recorded as pending.
    fn recorded(&self) -> Result<Vec<String>> {
        let pending = self.pending();
        let labels = pending.map_or(Ok(None), |pending| pending.read())?;
        Ok(labels.unwrap_or_default())
    }

    /// The record of the builds that are pending.
    fn pending(&self) -> Option<Pending> {
        Pending::of(self.checkout, &self.skill.records())
    }

    /// What is left to the person.
    fn left(&self) -> Result<Vec<Left>> {
        match self.layout() {
            Some(layout) => next::steps(self.checkout, self.skill, layout, &self.uncommitted()),
            None => Ok(Vec::new()),
        }
    }

    fn layout(&self) -> Option<Layout> {
        self.checkout.layout()
    }

    fn copies(&self) -> Vec<Copied> {
        self.layout()
            .map(|layout| {
                self.skill
                    .copies(layout)
                    .map(|(_, copy)| copy.clone())
                    .collect()
            })
            .unwrap_or_default()
    }

    fn leave(&self) -> Leave {
        match (self.arguments.no_build, self.arguments.no_image) {
            (true, _) => Leave::All,
            (false, true) => Leave::Image,
            (false, false) => Leave::None,
        }
    }

    /// The builds that the edits call for, and those that were pending before, in the document's order.
    fn wanted_builds(&self, plan: &Plan) -> Result<Vec<Build<'_>>> {
        let Some(layout) = self.layout() else {
            return Ok(Vec::new());
        };
        let called = plan.builds(self.skill, layout);
        let pending = builds::recorded(self.skill, layout, &self.recorded()?);
        let wanted = |build: &Build<'_>| pending.contains(build) || called.contains(build);
        Ok(self.skill.builds(layout).filter(wanted).collect())
    }

    fn ready(&self, planned: &Planned) -> Result<Ready<'_>> {
        Ready::look(
            self.checkout,
            &self.wanted_builds(&planned.plan)?,
            self.leave(),
        )
    }
}
