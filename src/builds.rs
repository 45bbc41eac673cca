//! Runs a skill's builds in the document's order, strikes each off the pending ones, and says how they ended.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::checkout::Checkout;
use crate::needs::{self, Unmet};
use crate::pending::Pending;
use crate::problem::{Exit, Problem};
use crate::process::{self, Ended};
use crate::skill::{Layout, Need, Skill, Step, Task};
use crate::ui::{Tint, Ui};

/// A build of a document: its step and its task.
pub type Build<'a> = (&'a Step, &'a Task);

/// Which builds the person left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// None.
    None,
    /// Those that need the container engine (`--no-image`).
    Image,
    /// All (`--no-build`).
    All,
}

impl Leave {
    /// Whether it leaves a task out.
    #[must_use]
    pub fn leaves(self, task: &Task) -> bool {
        match self {
            Self::None => false,
            Self::Image => task.needs.contains(&Need::Engine),
            Self::All => true,
        }
    }
}

/// The builds, sorted by what can be done with each.
pub struct Ready<'a> {
    /// To run.
    pub run: Vec<Build<'a>>,
    /// Optional, with the needs that are not met.
    pub unavailable: Vec<(Build<'a>, Vec<Unmet>)>,
    /// Left out by the person.
    pub left: Vec<Build<'a>>,
    /// Cannot run, and are not optional: with the needs that are not met.
    pub refused: Vec<(Build<'a>, Vec<Unmet>)>,
}

impl<'a> Ready<'a> {
    /// Looks for what each build needs. Starts nothing but the question to the container engine.
    pub fn look(checkout: &Checkout, builds: &[Build<'a>], leave: Leave) -> Result<Self> {
        let mut ready = Self {
            run: Vec::new(),
            unavailable: Vec::new(),
            left: Vec::new(),
            refused: Vec::new(),
        };
        for build in builds {
            if leave.leaves(build.1) {
                ready.left.push(*build);
                continue;
            }
            let unmet = needs::unmet(checkout, build.1)?;
            match (unmet.is_empty(), build.1.optional) {
                (true, _) => ready.run.push(*build),
                (false, true) => ready.unavailable.push((*build, unmet)),
                (false, false) => ready.refused.push((*build, unmet)),
            }
        }
        Ok(ready)
    }

    /// The refusal that unmet needs are, before anything is written; `otherwise` is what the command can do without them.
    #[must_use]
    pub fn refusal(&self, otherwise: &str) -> Option<Problem> {
        let lines = self.refused.iter().flat_map(|((step, _), unmet)| {
            unmet.iter().map(|unmet| {
                format!(
                    "\n  {}: {}\n    mend: {}",
                    step.label, unmet.found, unmet.mend
                )
            })
        });
        let lines = lines.collect::<String>();
        (!lines.is_empty()).then(|| {
            Problem::refused(format!(
                "nothing was written; a build cannot run here:{lines}"
            ))
            .hint(otherwise)
        })
    }

    /// The labels of the builds that stay to do when all that can run have run.
    #[must_use]
    pub fn pending(&self) -> Vec<String> {
        self.run
            .iter()
            .chain(&self.left)
            .map(|(step, _)| step.label.clone())
            .collect()
    }

    /// Records what is about to run as pending, so that it stays so where it fails, and keeps of what was pending that which is left out.
    pub fn record(&self, pending: Option<&Pending>) -> Result<()> {
        let Some(pending) = pending.filter(|_| !self.run.is_empty()) else {
            return Ok(());
        };
        let recorded = pending.read()?.unwrap_or_default();
        let stays = |(step, _): &&Build<'a>| recorded.contains(&step.label);
        let left = self.left.iter().filter(stays);
        let labels = self.run.iter().chain(left);
        let labels = labels.map(|(step, _)| step.label.clone());
        pending.write(&labels.collect::<Vec<_>>())
    }

    /// Says what is not run, and why, and strikes it off the pending ones: an optional build that cannot run here is not waited for.
    pub fn pass_over(&self, pending: Option<&Pending>, ui: Ui) -> Result<()> {
        for ((step, _), unmet) in &self.unavailable {
            for unmet in unmet {
                ui.tell(
                    Tint::Warn,
                    "unavailable",
                    &format!("{}: {}; mend: {}", step.label, unmet.found, unmet.mend),
                );
            }
            // Nothing is recorded where nothing was left.
            let Some(pending) = pending else { continue };
            if pending.read()?.unwrap_or_default().contains(&step.label) {
                pending.strike(&step.label)?;
            }
        }
        Ok(())
    }
}

/// The builds of a skill that are recorded as pending. A label that the document does not have is one of an older form of it, and may stand for
/// any of them.
#[must_use]
pub fn recorded<'a>(skill: &'a Skill, layout: Layout, labels: &[String]) -> Vec<Build<'a>> {
    let builds = skill.builds(layout).collect::<Vec<_>>();
    let is_known = |label: &String| builds.iter().any(|(step, _)| step.label == *label);
    if !labels.iter().all(is_known) {
        return builds;
    }
    let is_recorded = |(step, _): &Build<'_>| labels.contains(&step.label);
    builds.into_iter().filter(is_recorded).collect()
}

/// Whether a task is optional and something that it needs is not there.
pub fn is_unavailable(checkout: &Checkout, task: &Task) -> Result<bool> {
    Ok(task.optional && !needs::unmet(checkout, task)?.is_empty())
}

/// A build that did not come to its end, and the exit code that this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken<'a> {
    /// The build.
    pub build: Build<'a>,
    /// [`Exit::BuildFailed`], or that of the signal which ended it.
    pub exit: Exit,
}

/// Runs builds until one fails or is interrupted, and gives that one. What succeeded is struck off the pending ones at once.
pub fn run<'a>(
    checkout: &Checkout,
    skill: &str,
    builds: &[Build<'a>],
    pending: Option<&Pending>,
    ui: Ui,
) -> Result<Option<Broken<'a>>> {
    if builds.is_empty() {
        return Ok(None);
    }
    let environment = environment(checkout);
    for build in builds {
        let (step, task) = *build;
        let log = log(checkout, skill, &step.label);
        let live = ui.start(&step.label, &task.commands.join(" && "));
        let mut show = |line: Option<&str>| live.show(line);
        let ended = process::run(
            checkout.root(),
            &task.commands,
            &environment,
            log.as_deref(),
            &str::to_owned,
            &mut show,
        );
        // Files are written by now: what stands in the way of a build is told as the failure of it that it is.
        let ended = ended.unwrap_or_else(|error| Ended::Failed {
            how: format!("{error:#}"),
            tail: Vec::new(),
        });
        let time = live.end();
        let exit = match &ended {
            Ended::Succeeded => {
                ui.tell(Tint::Good, "built   ", &format!("{} ({time})", step.label));
                // A build may have put anything anywhere.
                let strike = |pending: &Pending| {
                    checkout.state_is_plain()?;
                    pending.strike(&step.label)
                };
                match pending.map(strike) {
                    None | Some(Ok(())) => continue,
                    Some(Err(error)) => {
                        let how = format!("{}: it stays pending: {error:#}", step.label);
                        say_failed(&how, &[], log.as_deref(), ui);
                        Exit::BuildFailed
                    }
                }
            }
            Ended::Failed { how, tail } => {
                let how = format!("{}: {how} after {time}", step.label);
                say_failed(&how, tail, log.as_deref(), ui);
                Exit::BuildFailed
            }
            Ended::Interrupted(problem) => {
                let how = format!("{}: {problem} after {time}", step.label);
                ui.tell(Tint::Warn, "ended   ", &how);
                problem.exit
            }
        };
        return Ok(Some(Broken {
            build: *build,
            exit,
        }));
    }
    Ok(None)
}

fn say_failed(how: &str, tail: &[String], log: Option<&Path>, ui: Ui) {
    ui.tell(Tint::Bad, "failed  ", how);
    for line in tail {
        ui.say(&format!("    {line}"));
    }
    if let Some(log) = log {
        ui.say(&format!("  the whole output: {}", log.display()));
    }
}

/// An image of another engine than the host's is never found, so the build script is told which one that is.
fn environment(checkout: &Checkout) -> Vec<(String, String)> {
    let variable = "CONTAINER_RUNTIME";
    if std::env::var_os(variable).is_some() {
        Vec::new()
    } else {
        vec![(variable.to_owned(), checkout.engine())]
    }
}

fn log(checkout: &Checkout, skill: &str, label: &str) -> Option<PathBuf> {
    let name = label
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect::<String>();
    Some(
        checkout
            .state()?
            .join("logs")
            .join(format!("{skill}-{name}.log")),
    )
}
