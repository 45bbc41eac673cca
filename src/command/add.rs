//! `skill add`: survey, fetch, plan, pour, build, survey again. Decides nothing of a fact itself.

use std::path::{Path, PathBuf};

use anyhow::Result;
use regex::Regex;

use crate::branch::{self, Branch, Source, Store};
use crate::builds::{self, Build, Leave, Ready};
use crate::checkout::{Checkout, Entry};
use crate::cli::Add;
use crate::command::look;
use crate::fact::dockerfile;
use crate::next;
use crate::payload::{Commit, Payload};
use crate::pending::Pending;
use crate::plan::{self, Edit, Pins, Plan, Role, plan};
use crate::problem::{Exit, Problem};
use crate::remote::{self, REMOTE_VARIABLE, Remote};
use crate::report::text;
use crate::sink::disk::Disk;
use crate::sink::pour;
use crate::sink::preview::Preview;
use crate::skill::{Copied, Fact, Layout, Skill};
use crate::skills;
use crate::ui::{Tint, Ui};

/// Runs the command.
pub fn run(arguments: &Add, directory: &Path, ui: &Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill)?;
    let pins = pins(&skill, &arguments.set)?;
    let checkout = Checkout::find(directory)?;
    let survey = plan(&skill, &checkout, None, &pins)?;
    let job = Job {
        skill: &skill,
        checkout: &checkout,
        arguments,
        directory,
        pins: &pins,
        ui,
    };
    if survey.is_blocked() {
        return Err(job.blocked(&survey).into());
    }
    checkout.repository()?;
    let planned = job.plan(survey)?;
    if planned.plan.is_blocked() {
        return Err(job.blocked(&planned.plan).into());
    }
    if arguments.dry_run {
        job.preview(&planned)
    } else if arguments.check {
        job.check(&planned)
    } else {
        job.install(&planned)
    }
}

/// The versions that `--set` asks for: exact ones, for ARGs that the skill has.
fn pins(skill: &Skill, set: &[String]) -> Result<Pins> {
    let exact = Regex::new(r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$")?;
    let known = skill.pins();
    let read = |pin: &String| {
        let (name, version) = pin.split_once('=').unwrap_or((pin, ""));
        if !known.contains(&name) {
            let problem =
                Problem::could_not_run(format!("`{}` has no version called `{name}`", skill.name));
            return Err(problem
                .hint(format!("there are: {}", known.join(", ")))
                .into());
        }
        if !exact.is_match(version) {
            let problem = Problem::could_not_run(format!(
                "expected an exact version for `{name}`, found `{version}`"
            ));
            return Err(problem.hint(format!("such as --set {name}=1.2.3")).into());
        }
        Ok((name.to_owned(), version.to_owned()))
    };
    set.iter().map(read).collect()
}

/// One run of the command: what it works on and how it was asked.
struct Job<'a> {
    skill: &'a Skill,
    checkout: &'a Checkout,
    arguments: &'a Add,
    directory: &'a Path,
    pins: &'a Pins,
    ui: &'a Ui,
}

/// A plan, and the branch it was made with.
struct Planned {
    plan: Plan,
    from: Option<(Remote, Commit)>,
}

impl Job<'_> {
    /// Plans with the branch where a fact needs it or it was asked for; else the survey is the plan.
    fn plan(&self, survey: Plan) -> Result<Planned> {
        let asked = self.arguments.reference.is_some() || self.arguments.remote.is_some();
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
        if !survey.needs_branch() && !asked {
            return Ok(Planned {
                plan: survey,
                from: None,
            });
        }
        self.say_table(&survey);
        let (remote, payload) = self.payload(branch, &copies)?;
        let plan = plan(self.skill, self.checkout, Some(&payload), self.pins)?;
        Ok(Planned {
            plan,
            from: Some((remote, payload.commit)),
        })
    }

    /// Brings the branch and takes the files that fit.
    fn payload(&self, name: &str, copies: &[Copied]) -> Result<(Remote, Payload)> {
        let environment = std::env::var(REMOTE_VARIABLE)
            .ok()
            .filter(|remote| !remote.is_empty());
        let remote = remote::choose(
            self.checkout,
            self.arguments.remote.as_deref(),
            environment.as_deref(),
            self.directory,
        )?;
        let source = self
            .arguments
            .reference
            .as_deref()
            .map_or(Source::Branch(name), |reference| {
                Source::Ref(reference, name)
            });
        let changes_nothing = self.arguments.dry_run || self.arguments.check;
        let store = if changes_nothing {
            Store::temporary(self.checkout)?
        } else {
            Store::kept(self.checkout)?
        };
        self.ui
            .say(&format!("from     {} ({})", remote.shown, remote.why));
        let branch = if self.arguments.offline {
            Branch::offline(self.checkout, store, &remote, source)?
        } else {
            Branch::fetch(self.checkout, store, &remote, source)?
        };
        let payload = match source {
            Source::Ref(..) => branch.payload(copies)?,
            Source::Branch(_) => self.fitting(&branch, name, copies)?,
        };
        if let Some(copy) = copies.iter().find(|copy| {
            payload
                .files
                .get(&copy.from)
                .is_none_or(|file| file.bytes.is_empty())
        }) {
            let found = format!(
                "commit {} has no file `{}` with content",
                payload.commit.short(),
                copy.from
            );
            return Err(Problem::refused(found)
                .hint("name another commit with --ref, or another remote with --remote")
                .into());
        }
        self.ui.say(&format!(
            "commit   {} of {}, {name}",
            payload.commit.short(),
            payload.commit.date
        ));
        Ok((remote, payload))
    }

    /// The newest payload whose imports this checkout satisfies. Where none does, the tip's: its plan is blocked, import by import.
    fn fitting(&self, branch: &Branch, name: &str, copies: &[Copied]) -> Result<Payload> {
        let fit = branch.fitting(copies, &|path| self.checkout.is_file(path))?;
        let Some(payload) = fit.payload else {
            return branch.payload(copies);
        };
        if fit.behind > 0 {
            let tip = branch.tip()?;
            let found = format!(
                "the tip of {name}, {} of {}, does not fit this checkout, which lacks:",
                tip.short(),
                tip.date
            );
            self.ui.tell(Tint::Warn, "older   ", &found);
            for missing in &fit.unresolved {
                self.ui.say(&format!(
                    "           {} (imported at {}:{})",
                    missing.specifier,
                    missing.file.display(),
                    missing.line
                ));
            }
            let commits = if fit.behind == 1 { "commit" } else { "commits" };
            self.ui.say(&format!(
                "         the newest that fits is {} {commits} behind it",
                fit.behind
            ));
        }
        Ok(payload)
    }

    fn preview(&self, planned: &Planned) -> Result<Exit> {
        self.say_edits(planned);
        let mut preview = Preview {
            patch: self.preamble(planned).into_bytes(),
        };
        pour(&planned.plan, &mut preview)?;
        let ready = self.ready(planned)?;
        for (step, task) in &ready.run {
            self.ui.say(&format!(
                "then     {}: {}",
                step.label,
                task.commands.join(" && ")
            ));
        }
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

    fn check(&self, planned: &Planned) -> Result<Exit> {
        self.say_edits(planned);
        let pending = self.wanted_builds(&planned.plan);
        if planned.plan.edits.is_empty() && pending.is_empty() {
            self.say_installed(&planned.plan);
            return Ok(Exit::Done);
        }
        let builds = pending
            .iter()
            .map(|(step, _)| step.label.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        self.ui.tell(
            Tint::Warn,
            "pending ",
            &format!("files: {} · builds: {builds}", planned.plan.edits.len()),
        );
        Ok(Exit::Findings)
    }

    fn install(&self, planned: &Planned) -> Result<Exit> {
        let plan = &planned.plan;
        let ready = self.ready(planned)?;
        if let Some(problem) = ready.refusal() {
            return Err(problem.into());
        }
        if plan.edits.is_empty() && ready.run.is_empty() {
            self.say_installed(plan);
            ready.say_unavailable(self.ui);
            return Ok(Exit::Done);
        }
        self.say_edits(planned);
        let question = format!(
            "write {} files and run {} builds?",
            plan.edits.len(),
            ready.run.len()
        );
        if !self.arguments.yes && !self.ui.confirm(&question)? {
            self.ui.say("nothing was written");
            return Ok(Exit::Refused);
        }
        let pending = Pending::of(self.checkout, &self.skill.name);
        let patch = self.write(planned, &ready, pending.as_ref())?;
        ready.say_unavailable(self.ui);
        let exit = builds::run(
            self.checkout,
            &self.skill.name,
            &ready.run,
            pending.as_ref(),
            self.ui,
        )?;
        if exit != Exit::Done {
            self.say_half_built(patch.as_deref());
            return Ok(exit);
        }
        self.finish(plan)
    }

    /// Writes the files, with the record of builds and the patch that takes them back; gives the patch's place.
    fn write(
        &self,
        planned: &Planned,
        ready: &Ready<'_>,
        pending: Option<&Pending>,
    ) -> Result<Option<PathBuf>> {
        let plan = &planned.plan;
        if plan.edits.is_empty() {
            return Ok(None);
        }
        let mut disk = Disk::ready(self.checkout, plan)?;
        let patch = self.keep_patch(planned)?;
        if let Some(pending) = pending {
            pending.write(&ready.pending())?;
        }
        pour(plan, &mut disk)?;
        if let Some((_, commit)) = &planned.from {
            branch::remember_installed(self.checkout, &self.skill.name, commit)?;
        }
        for (path, kept) in &disk.kept {
            self.ui.tell(
                Tint::Warn,
                "kept    ",
                &format!("{}: the old content is {}", path.display(), kept.display()),
            );
        }
        Ok(patch)
    }

    /// Keeps the patch that is about to be made, so that `git apply -R` takes it back.
    fn keep_patch(&self, planned: &Planned) -> Result<Option<PathBuf>> {
        let Some(state) = self.checkout.state() else {
            return Ok(None);
        };
        let mut preview = Preview {
            patch: self.preamble(planned).into_bytes(),
        };
        pour(&planned.plan, &mut preview)?;
        let path = state.join(format!("add-{}.patch", self.skill.name));
        crate::sink::disk::write_private(&path, &preview.patch)?;
        Ok(Some(path))
    }

    fn finish(&self, plan: &Plan) -> Result<Exit> {
        let survey = plan::plan(self.skill, self.checkout, None, &Pins::new())?;
        if !survey.holds() {
            let missing = text::table(&survey.findings)
                .into_iter()
                .map(|(_, word, rest)| format!("\n{word}{rest}"))
                .collect::<String>();
            let problem = Problem::could_not_run(format!(
                "the files were written, and yet not every fact holds; something else changed them meanwhile:{missing}"
            ));
            return Err(problem
                .hint(format!("nanoclaw skill verify {}", self.skill.name))
                .into());
        }
        let files = text::count(&survey.findings);
        self.ui.tell(
            Tint::Good,
            &format!("{} is installed", self.skill.name),
            &format!("in {}", self.checkout.root().display()),
        );
        self.ui
            .say(&look::summary(self.skill, self.checkout, &files));
        let written = plan
            .edits
            .iter()
            .map(|edit| edit.path.clone())
            .collect::<Vec<_>>();
        self.ui.tell(Tint::Strong, "Next", "");
        for (what, command) in self
            .layout()
            .map(|layout| next::steps(self.checkout, self.skill, layout, &written))
            .unwrap_or_default()
        {
            self.ui.say(&format!("  # {what}\n  {command}"));
        }
        Ok(Exit::Done)
    }

    /// What a failed build leaves, and the way back.
    fn say_half_built(&self, patch: Option<&Path>) {
        self.ui.say("  in place: the files are written. Containers read container/agent-runner/src at their next start, before any build;");
        self.ui.say("  the host keeps running what it has loaded, but dist/ may hold the failed build's output, which its next restart would load.");
        self.ui.say(&format!(
            "  go on: mend the cause, then nanoclaw skill add {}",
            self.skill.name
        ));
        if let Some(patch) = patch {
            self.ui.say(&format!(
                "  go back: git apply -R {} && pnpm run build",
                quoted(patch)
            ));
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
    fn wanted_builds(&self, plan: &Plan) -> Vec<Build<'_>> {
        let Some(layout) = self.layout() else {
            return Vec::new();
        };
        let called = plan.builds(self.skill, layout);
        let pending = Pending::of(self.checkout, &self.skill.name)
            .and_then(|pending| pending.read())
            .unwrap_or_default();
        let wanted = |(step, task): &Build<'_>| {
            pending.contains(&step.label) || called.contains(&(*step, *task))
        };
        plan::builds(self.skill, layout).filter(wanted).collect()
    }

    fn ready(&self, planned: &Planned) -> Result<Ready<'_>> {
        Ready::look(
            self.checkout,
            &self.wanted_builds(&planned.plan),
            self.leave(),
        )
    }

    /// The words above a patch: what it is, where it comes from and how to apply it. `git apply` passes over them.
    fn preamble(&self, planned: &Planned) -> String {
        let mut words = format!(
            "nanoclaw {}: skill add {}\n",
            env!("CARGO_PKG_VERSION"),
            self.skill.name
        );
        for (arg, version) in self.versions(&planned.plan) {
            words.push_str(&format!("pin: {arg}={version}\n"));
        }
        if let Some((remote, commit)) = &planned.from {
            words.push_str(&format!(
                "remote: {} ({})\ncommit: {} of {}\n",
                crate::ui::clean(&remote.shown),
                remote.why,
                commit.id,
                commit.date
            ));
        }
        words.push_str("apply from the checkout's root: git apply --allow-empty PATCH; take back: git apply -R PATCH\n\n");
        words
    }

    /// The pinned versions as they are when the plan's edits are made.
    fn versions(&self, plan: &Plan) -> Vec<(String, String)> {
        let facts = self
            .layout()
            .map(|layout| self.skill.facts(layout).collect::<Vec<_>>())
            .unwrap_or_default();
        let version = |fact: &Fact| {
            let Fact::Dockerfile { file, layer } = fact else {
                return None;
            };
            let Ok(Entry::File { real, file }) = self.checkout.entry(file) else {
                return None;
            };
            let edited = plan
                .edits
                .iter()
                .find(|edit| edit.path == real)
                .and_then(|edit| edit.after.clone());
            Some((
                layer.arg.clone(),
                dockerfile::pin(&edited.unwrap_or(file).bytes, layer)?,
            ))
        };
        facts
            .into_iter()
            .filter_map(|(_, fact)| version(fact))
            .collect()
    }

    fn say_table(&self, plan: &Plan) {
        let layout = self.layout().map_or("unknown", Layout::name);
        self.ui.tell(
            Tint::Strong,
            &self.skill.name,
            &format!("in {} ({layout} layout)", self.checkout.root().display()),
        );
        for (tint, word, rest) in text::table(&plan.findings) {
            self.ui.tell(tint, &word, rest.trim_start());
        }
    }

    fn say_edits(&self, planned: &Planned) {
        if planned.from.is_none() && !planned.plan.holds() {
            self.say_table(&planned.plan);
        }
        for edit in &planned.plan.edits {
            self.ui
                .tell(Tint::Good, verb(edit), &edit.path.display().to_string());
        }
    }

    fn say_installed(&self, plan: &Plan) {
        self.ui.say(&format!(
            "{} is already installed in {}",
            self.skill.name,
            self.checkout.root().display()
        ));
        self.ui.say(&look::summary(
            self.skill,
            self.checkout,
            &text::count(&plan.findings),
        ));
        for finding in plan
            .findings
            .iter()
            .filter_map(|finding| Some((finding, finding.found.as_ref()?)))
        {
            self.ui.tell(
                Tint::Warn,
                "note    ",
                &format!("{}: {}", finding.0.label, finding.1),
            );
        }
    }

    fn blocked(&self, plan: &Plan) -> Problem {
        let found = format!(
            "`{}` cannot be added to {}; nothing was written:{}",
            self.skill.name,
            self.checkout.root().display(),
            text::blocked(&plan.findings)
        );
        let layout = plan
            .findings
            .iter()
            .any(|finding| finding.code == "layout-not-served");
        let hint = format!(
            "write those lines by hand and run the command again; nanoclaw skill verify {} tells whether all is there",
            self.skill.name
        );
        if layout {
            Problem::refused(found)
        } else {
            Problem::refused(found).hint(hint)
        }
    }
}

/// The summary's word for an edit.
fn verb(edit: &Edit) -> &'static str {
    match (&edit.before, edit.role) {
        (None, _) => "create  ",
        (Some(_), Role::Payload) => "replace ",
        (Some(_), _) => "update  ",
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = text
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '@'));
    if plain {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
