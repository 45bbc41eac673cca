//! The words of an installation: what stands above a patch, what is done, and what stands in the way. Decides nothing.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Job, Planned};
use crate::barrels;
use crate::builds::{Broken, Ready};
use crate::checkout::Entry;
use crate::command::look;
use crate::fact::dockerfile;
use crate::next;
use crate::plan::{Edit, Plan, Role};
use crate::problem::{Exit, Problem};
use crate::report::text;
use crate::skill::{Fact, Layout, Need};
use crate::ui::{Tint, clean};

impl Job<'_> {
    /// The words above a patch: what it is, where it comes from and how to apply it. `git apply` passes over them.
    pub(super) fn preamble(&self, planned: &Planned) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let mut words = format!("nanoclaw {version}: skill add {}\n", self.skill.name);
        // Writing to a string does not fail.
        for (arg, version) in self.versions(&planned.plan) {
            let _ = writeln!(words, "pin: {arg}={version}");
        }
        if let Some(taken) = &planned.from {
            let (remote, commit) = (&taken.remote, &taken.payload.commit);
            let _ = writeln!(words, "remote: {} ({})", clean(&remote.shown), remote.why);
            let _ = writeln!(words, "commit: {} of {}", commit.id, commit.date);
        }
        // Below the top git would pass over the files beside it in silence.
        let git = r#"git -C "$(git rev-parse --show-toplevel)""#;
        let _ = writeln!(words, "apply: {git} apply --allow-empty < PATCH");
        let _ = writeln!(words, "take back: {git} apply -R --allow-empty < PATCH\n");
        words
    }

    /// The pinned versions as they are when the plan's edits are made.
    pub(super) fn versions(&self, plan: &Plan) -> Vec<(String, String)> {
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

    pub(super) fn say_table(&self, plan: &Plan) {
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

    pub(super) fn say_edits(&self, planned: &Planned) {
        if planned.from.is_none() && !planned.plan.holds() {
            self.say_table(&planned.plan);
        }
        let edited = planned.from.as_ref().map_or(&[][..], |from| &from.edited);
        for edit in &planned.plan.edits {
            let path = edit.path.display();
            if edited.contains(&edit.path) {
                let what =
                    format!("{path}: edited here, no commit of the branch has what it holds");
                self.ui.tell(Tint::Warn, verb(edit), &what);
            } else {
                self.ui.tell(Tint::Good, verb(edit), &path.to_string());
            }
        }
        let ignored = |edit: &&Edit| edit.before.is_none() && self.checkout.is_ignored(&edit.path);
        let ignored = planned.plan.edits.iter().filter(ignored);
        let ignored = ignored.map(|edit| next::quoted(&edit.path));
        let ignored = ignored.collect::<Vec<_>>().join(" ");
        if !ignored.is_empty() {
            let found =
                format!("git ignores files among these; the rules: git check-ignore -v {ignored}");
            self.ui.tell(Tint::Warn, "note    ", &found);
        }
    }

    pub(super) fn say_installed(&self, plan: &Plan) -> Result<()> {
        self.ui.say(&format!(
            "{} is already installed in {}",
            self.skill.name,
            self.checkout.root().display()
        ));
        let summary = look::summary(self.skill, self.checkout, plan)?;
        self.ui.say(&summary);
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
        self.say_unloadable();
        Ok(())
    }

    /// Says what keeps the barrels from being loaded beside the skill: it was there before, and with it no provider answers.
    pub(super) fn say_unloadable(&self) {
        for finding in barrels::findings(self.skill, self.checkout) {
            let line = finding.line.unwrap_or_default();
            let found = finding.found.unwrap_or_default();
            let path = finding.path.display();
            let note = format!("{path}:{line}: {found}, so that no provider is loaded");
            self.ui.tell(Tint::Warn, "note    ", &note);
        }
    }

    pub(super) fn blocked(&self, plan: &Plan) -> Problem {
        look::blocked(self.skill, self.checkout, "cannot be added to", plan)
    }

    /// The builds to come, with their commands.
    pub(super) fn say_builds(&self, ready: &Ready<'_>) {
        for (step, task) in &ready.run {
            let command = task.commands.join(" && ");
            self.ui.say(&format!("then     {}: {command}", step.label));
        }
    }

    /// What a build leaves that failed or was interrupted, the way on, and the way back where this run wrote something.
    ///
    /// `container/agent-runner/src` is mounted live into every container; the host runs `dist/`, which `tsc` writes even when it reports errors.
    pub(super) fn say_half_built(&self, broken: Broken<'_>, wrote: bool) {
        let (step, task) = broken.build;
        if task.needs.contains(&Need::Engine) {
            self.ui.say("  in place: the files are written, and containers go on using the image that was there before.");
        } else {
            self.ui.say("  in place: the files are written. Containers read container/agent-runner/src at their next start, before any build;");
            self.ui.say("  the host keeps running what it has loaded, but dist/ may hold this build's output, which its next restart would load.");
        }
        let name = &self.skill.called;
        if broken.exit == Exit::BuildFailed {
            self.ui.say(&format!(
                "  go on: mend the cause, then nanoclaw skill add {name}"
            ));
        } else {
            self.ui.say(&format!(
                "  go on: the build stays pending ({}); nanoclaw skill add {name} runs it",
                step.label
            ));
        }
        if wrote {
            let build = self.first_build().unwrap_or_default();
            self.ui
                .say(&format!("  go back: nanoclaw skill undo{build}"));
        }
    }

    /// The build that makes the files count again after they were taken back, to follow another command.
    fn first_build(&self) -> Option<String> {
        let (_, task) = self.skill.builds(self.layout()?).next()?;
        let root = next::quoted(self.checkout.root());
        Some(format!(" && cd {root} && {}", task.commands.join(" && ")))
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
