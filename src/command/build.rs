//! `skill build`: a skill's builds alone, also those that were left when it was taken back. Changes no file of the user's itself.

use std::path::Path;

use anyhow::Result;

use crate::builds::{self, Leave, Ready};
use crate::checkout::Checkout;
use crate::cli::Build;
use crate::command::consent::{self, Yes};
use crate::command::write;
use crate::pending::Pending;
use crate::plan::{Pins, Plan, plan};
use crate::problem::{Exit, Problem};
use crate::report::text;
use crate::skill::{Origin, Skill};
use crate::skills;
use crate::ui::{Tint, Ui};

/// Runs the command.
pub fn run(arguments: &Build, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, directory)?;
    let checkout = Checkout::find(directory)?;
    checkout.of_this_user()?;
    let yes = Yes::of(arguments.yes);
    let agreed = |ready: &Ready<'_>| {
        let without = "skill add --no-build leaves them for later";
        consent::ask(&skill, &ready.run, yes, without, ui)
    };
    // Asked before anything is written, where what is to be built can be told then: nothing was broken off here.
    let early = match skill.origin {
        Origin::Path => {
            let survey = survey(&skill, &checkout)?;
            ready(&skill, &checkout, &survey, arguments).ok()
        }
        Origin::BuiltIn => None,
    };
    let early = early.filter(|ready| ready.refused.is_empty());
    if !early.as_ref().map_or(Ok(true), agreed)? {
        return Ok(not_agreed(ui));
    }
    let lock = &arguments.lock;
    let command = format!("skill build {}", skill.called);
    // Without a git directory nothing is recorded, and nothing to be locked.
    let locked = checkout
        .state()
        .map(|_| write::lock(&checkout, &command, lock.timeout(), ui));
    let _locked = locked.transpose()?;
    let survey = survey(&skill, &checkout)?;
    let ready = ready(&skill, &checkout, &survey, arguments)?;
    if let Some(problem) = ready.refusal("or leave the image for later: --no-image") {
        return Err(problem.into());
    }
    if early.is_none() && !agreed(&ready)? {
        return Ok(not_agreed(ui));
    }
    if !survey.holds() {
        let count = text::count(&survey.findings);
        let what = format!(
            "`{}` is not installed ({count}): this builds the files as they are",
            skill.name
        );
        ui.tell(Tint::Warn, "note    ", &what);
    }
    let pending = Pending::of(&checkout, &skill.records());
    ready.record(pending.as_ref())?;
    ready.pass_over(pending.as_ref(), ui)?;
    let broken = builds::run(
        &checkout,
        &skill.records(),
        &ready.run,
        pending.as_ref(),
        ui,
    )?;
    Ok(broken.map_or(Exit::Done, |broken| broken.exit))
}

fn not_agreed(ui: Ui) -> Exit {
    ui.say("nothing was run");
    Exit::Refused
}

fn survey(skill: &Skill, checkout: &Checkout) -> Result<Plan> {
    plan(skill, checkout, None, &Pins::new())
}

/// The builds that are to run: all where the skill is installed, else those that a change of it left: of it nothing, or a part, is there.
fn ready<'a>(
    skill: &'a Skill,
    checkout: &Checkout,
    survey: &Plan,
    arguments: &Build,
) -> Result<Ready<'a>> {
    let pending = Pending::of(checkout, &skill.records());
    let left = match &pending {
        Some(pending) => pending.read()?.unwrap_or_default(),
        None => Vec::new(),
    };
    let wanted = match (survey.holds(), checkout.layout()) {
        (true, Some(layout)) => skill.builds(layout).collect::<Vec<_>>(),
        (false, Some(layout)) if !left.is_empty() => builds::recorded(skill, layout, &left),
        _ => return Err(not_installed(skill, survey).into()),
    };
    let leave = if arguments.no_image {
        Leave::Image
    } else {
        Leave::None
    };
    Ready::look(checkout, &wanted, leave)
}

fn not_installed(skill: &Skill, survey: &Plan) -> Problem {
    let found = format!(
        "`{}` is not installed here ({}), so its builds would build something else",
        skill.name,
        text::count(&survey.findings)
    );
    // Of blocked facts `verify` says what to do by hand; `add` would refuse.
    let command = if survey.is_blocked() { "verify" } else { "add" };
    Problem::refused(found).hint(format!("nanoclaw skill {command} {}", skill.called))
}
