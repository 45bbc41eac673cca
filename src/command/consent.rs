//! The commands of a document that did not come with the program: shown before they run, and run after a yes. Runs none of them.

use anyhow::Result;

use crate::builds::Build;
use crate::problem::Problem;
use crate::skill::{Origin, Skill};
use crate::ui::{Tint, Ui};

/// Whether the person has said yes on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yes {
    /// By `--yes`.
    Given,
    /// Not yet.
    Ask,
}

impl Yes {
    /// What the flag `--yes` says.
    #[must_use]
    pub fn of(flag: bool) -> Self {
        if flag { Self::Given } else { Self::Ask }
    }
}

/// Shows the commands of a document by path that are about to run, and asks for a yes: whether there is one. Those of a document that is
/// built in have it. `without` names the option that leaves them out. Nobody there to be asked is a [`Problem`].
pub fn ask(skill: &Skill, tasks: &[Build<'_>], yes: Yes, without: &str, ui: Ui) -> Result<bool> {
    if skill.origin == Origin::BuiltIn || tasks.is_empty() {
        return Ok(true);
    }
    for (step, task) in tasks {
        for command in &task.commands {
            let shown = format!("{}: {command}", step.label);
            ui.tell(Tint::Warn, "command ", &shown);
        }
    }
    given_or_asked(skill, tasks, yes, without, ui)?;
    let question = format!("run these commands of {}?", skill.called);
    Ok(yes == Yes::Given || ui.confirm(&question)?)
}

/// Refuses, with a [`Problem`], commands of a document by path that have no yes, and that nobody is there to be asked about. For a command
/// that has shown them and asks for all that it does at once.
pub fn given_or_asked(
    skill: &Skill,
    tasks: &[Build<'_>],
    yes: Yes,
    without: &str,
    ui: Ui,
) -> Result<()> {
    let agreed = skill.origin == Origin::BuiltIn || tasks.is_empty() || yes == Yes::Given;
    if agreed || ui.can_ask() {
        return Ok(());
    }
    let found = format!(
        "the commands above are those of the document {}, and nobody has agreed to them; nothing was written, and nothing was run",
        skill.called
    );
    let hint = format!("--yes agrees to them, {without}");
    Err(Problem::refused(found).hint(hint).into())
}
