//! `skill build`: a skill's builds alone. Changes no file of the user's itself.

use std::path::Path;

use anyhow::Result;

use crate::builds::{self, Leave, Ready};
use crate::checkout::Checkout;
use crate::cli::Build;
use crate::pending::Pending;
use crate::plan::{Pins, plan};
use crate::problem::{Exit, Problem};
use crate::report::text;
use crate::skills;
use crate::ui::Ui;

/// Runs the command.
pub fn run(arguments: &Build, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill)?;
    let checkout = Checkout::find(directory)?;
    let survey = plan(&skill, &checkout, None, &Pins::new())?;
    let (true, Some(layout)) = (survey.holds(), checkout.layout()) else {
        let found = format!(
            "`{}` is not installed here ({}), so its builds would build something else",
            skill.name,
            text::count(&survey.findings)
        );
        // Of blocked facts `verify` says what to do by hand; `add` would refuse.
        let command = if survey.is_blocked() { "verify" } else { "add" };
        let hint = format!("nanoclaw skill {command} {}", skill.name);
        return Err(Problem::refused(found).hint(hint).into());
    };
    let leave = if arguments.no_image {
        Leave::Image
    } else {
        Leave::None
    };
    let wanted = skill.builds(layout).collect::<Vec<_>>();
    let ready = Ready::look(&checkout, &wanted, leave)?;
    if let Some(problem) = ready.refusal() {
        return Err(problem.into());
    }
    let pending = Pending::of(&checkout, &skill.name);
    ready.pass_over(pending.as_ref(), ui)?;
    let failed = builds::run(&checkout, &skill.name, &ready.run, pending.as_ref(), ui)?;
    Ok(failed.map_or(Exit::Done, |_| Exit::BuildFailed))
}
