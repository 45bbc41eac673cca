//! `skill status`, `list` and `show`: what is there to see. Writes nothing.

use std::path::Path;

use anyhow::Result;

use crate::barrels;
use crate::checkout::Checkout;
use crate::cli::{Show, Status};
use crate::journal;
use crate::next;
use crate::pending::Pending;
use crate::plan::{Pins, Plan, plan};
use crate::problem::{Exit, Problem};
use crate::report::text;
use crate::skill::Skill;
use crate::skills;
use crate::ui::{Tint, Ui};

/// Shows the pre-flight of one skill, or a line for every skill.
pub fn status(arguments: &Status, directory: &Path, ui: Ui) -> Result<Exit> {
    let named = arguments.skill.as_deref();
    let named = named
        .map(|called| skills::find(called, directory))
        .transpose()?;
    let checkout = Checkout::find(directory)?;
    match named {
        Some((skill, _)) => one(&skill, &checkout, ui),
        None => every(&checkout, ui),
    }
}

/// Tells that a write is half done here, where one is, and gives whether it is.
pub fn tell_broken_off(checkout: &Checkout, ui: Ui) -> Result<bool> {
    let Some((found, mend)) = journal::report(checkout)? else {
        return Ok(false);
    };
    ui.tell(Tint::Warn, "note    ", &format!("{found}; {mend}"));
    Ok(true)
}

fn one(skill: &Skill, checkout: &Checkout, ui: Ui) -> Result<Exit> {
    let survey = survey(skill, checkout)?;
    let broken_off = tell_broken_off(checkout, ui)?;
    ui.print(
        Tint::Strong,
        &format!("{} in {}", skill.name, checkout.root().display()),
        "",
    )?;
    for (tint, word, rest) in text::table(&survey.findings) {
        ui.print(tint, &word, &rest)?;
    }
    ui.print(Tint::Dim, &summary(skill, checkout, &survey)?, "")?;
    Ok(if survey.holds() && !broken_off {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// What `verify` finds, without its tests: the facts, and the barrels as a whole, which an `add` neither mends nor makes worse.
fn survey(skill: &Skill, checkout: &Checkout) -> Result<Plan> {
    let mut survey = plan(skill, checkout, None, &Pins::new())?;
    survey.findings.extend(barrels::findings(skill, checkout));
    Ok(survey)
}

/// A line for every skill. That a skill is not installed is no finding here: nobody asked for it.
fn every(checkout: &Checkout, ui: Ui) -> Result<Exit> {
    tell_broken_off(checkout, ui)?;
    for (skill, _) in skills::all()? {
        let survey = survey(&skill, checkout)?;
        let (tint, word) = match (survey.holds(), survey.is_blocked()) {
            (true, _) => (Tint::Good, "installed"),
            (_, true) => (Tint::Bad, "blocked"),
            _ => (Tint::Warn, "not installed"),
        };
        ui.print(
            tint,
            &format!("{:12} {word:14}", skill.name),
            &summary(&skill, checkout, &survey)?,
        )?;
    }
    Ok(Exit::Done)
}

/// What a survey looked at: the files, and the record of builds.
pub fn summary(skill: &Skill, checkout: &Checkout, survey: &Plan) -> Result<String> {
    let files = text::count(&survey.findings);
    let pending = Pending::of(checkout, &skill.records());
    let builds = match pending.map_or(Ok(None), |pending| pending.read())? {
        None if survey.holds() => {
            format!("none recorded here (nanoclaw skill build {})", skill.called)
        }
        None => "none recorded here".to_owned(),
        Some(pending) if pending.is_empty() => "none pending".to_owned(),
        Some(pending) => format!("pending: {}", pending.join(", ")),
    };
    Ok(format!("{files} · builds: {builds}"))
}

/// The refusal that blocked facts are. `what` is what cannot be done, such as `cannot be added to`.
pub fn blocked(skill: &Skill, checkout: &Checkout, what: &str, plan: &Plan) -> Problem {
    let found = format!(
        "`{}` {what} {}; nothing was written:{}",
        skill.name,
        checkout.root().display(),
        text::blocked(&plan.findings)
    );
    let mut findings = plan.findings.iter();
    if findings.any(|finding| finding.code == "layout-not-served") {
        return Problem::refused(found);
    }
    let hint = format!(
        "mend that by hand and run the command again; nanoclaw skill verify {} tells whether all is there",
        skill.called
    );
    Problem::refused(found).hint(hint)
}

/// Heads the commands to come, and names the folder where they run where that is another one.
pub fn begin_next(checkout: &Checkout, ui: Ui) {
    ui.tell(Tint::Strong, "Next", "");
    let root = checkout.root();
    if std::env::current_dir().is_ok_and(|here| here != root) {
        let root = next::quoted(root);
        ui.say(&format!("  # where these commands run\n  cd {root}"));
    }
}

/// Lists the skills.
pub fn list(ui: Ui) -> Result<Exit> {
    for (skill, _) in skills::all()? {
        ui.print(
            Tint::Strong,
            &format!("{:12}", skill.name),
            &format!(" {}", skill.summary),
        )?;
    }
    Ok(Exit::Done)
}

/// Prints a skill's document.
pub fn show(arguments: &Show, directory: &Path, ui: Ui) -> Result<Exit> {
    let (_, text) = skills::find(&arguments.skill, directory)?;
    ui.data(text.as_bytes())?;
    Ok(Exit::Done)
}
