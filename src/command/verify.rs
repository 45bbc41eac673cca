//! `skill verify`: the survey, then the document's tests. Writes nothing, and needs no network and no git.

use std::path::Path;

use anyhow::Result;

use crate::branch::{self, Origin};
use crate::checkout::{Checkout, Entry};
use crate::cli::{Format, Verify};
use crate::needs;
use crate::plan::{Pins, Plan, plan};
use crate::problem::Exit;
use crate::process;
use crate::report::{Check, CheckEnd, Report, github, json, text};
use crate::skill::{Copied, Effect, Skill, Step, Task};
use crate::skills;
use crate::ui::Ui;

/// Runs the command.
pub fn run(arguments: &Verify, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill)?;
    let checkout = Checkout::find(directory)?;
    let survey = plan(&skill, &checkout, None, &Pins::new())?;
    let checks = checks(&skill, &checkout, &survey, arguments.no_tests, ui)?;
    let notes = if survey.holds() {
        notes(&skill, &checkout)
    } else {
        Vec::new()
    };
    let report = Report {
        command: "verify",
        skill: skill.name.clone(),
        root: checkout.root().to_path_buf(),
        prefix: checkout.prefix(),
        findings: survey.findings,
        notes,
        checks,
    };
    print(&report, arguments.format, ui)?;
    Ok(report.exit())
}

fn checks(
    skill: &Skill,
    checkout: &Checkout,
    survey: &Plan,
    no_tests: bool,
    ui: Ui,
) -> Result<Vec<Check>> {
    let Some(layout) = checkout.layout() else {
        return Ok(Vec::new());
    };
    let tests = skill
        .tasks(layout)
        .filter(|(_, task)| matches!(task.effect, Effect::Test | Effect::Check));
    tests
        .map(|(step, task)| {
            let ended = if no_tests {
                CheckEnd::NotRun("left out by --no-tests".to_owned())
            } else if !survey.holds() {
                CheckEnd::NotRun("the files come first".to_owned())
            } else {
                check(checkout, step, task, ui)?
            };
            Ok(Check {
                label: step.label.clone(),
                command: task.commands.join(" && "),
                ended,
            })
        })
        .collect()
}

fn check(checkout: &Checkout, step: &Step, task: &Task, ui: Ui) -> Result<CheckEnd> {
    if let Some(unmet) = needs::unmet(checkout, task)?.into_iter().next() {
        return Ok(if task.optional {
            CheckEnd::NotRun(format!("{}; mend: {}", unmet.found, unmet.mend))
        } else {
            CheckEnd::CannotStart(unmet.found, unmet.mend)
        });
    }
    let live = ui.start(&step.label, &task.commands.join(" && "));
    let ended = process::run(checkout.root(), &task.commands, &[], None, &mut |line| {
        live.line(line);
    })?;
    let _ = live.end();
    Ok(if ended.success {
        CheckEnd::Passed
    } else {
        CheckEnd::Failed(ended.how, ended.tail)
    })
}

/// What can be said of the copied files beyond that they are there.
fn notes(skill: &Skill, checkout: &Checkout) -> Vec<(String, String)> {
    let Some(layout) = checkout.layout() else {
        return Vec::new();
    };
    let copies = skill.copies(layout).collect::<Vec<_>>();
    let Some((branch, _)) = copies.first().copied() else {
        return Vec::new();
    };
    let files = copies
        .iter()
        .map(|(_, copy)| (*copy).clone())
        .collect::<Vec<_>>();
    let read = |copy: &Copied| match checkout.entry(&copy.to) {
        Ok(Entry::File { file, .. }) => Some(file.bytes),
        _ => None,
    };
    let note = match branch::origin_of(checkout, branch, &files, &read) {
        Origin::Commit(commit) => format!(
            "the bytes of {branch} {} of {}",
            commit.short(),
            commit.date
        ),
        Origin::Edited => format!(
            "there; the bytes are no known {branch} commit's (edited, or of a commit not known here)"
        ),
        Origin::Unknown => format!("there; bytes not compared: no {branch} commit here"),
    };
    vec![("payload".to_owned(), note)]
}

fn print(report: &Report, format: Format, ui: Ui) -> Result<()> {
    match format {
        Format::Text => text::lines(report)
            .iter()
            .try_for_each(|(tint, word, rest)| ui.print(*tint, word, rest)),
        Format::Json => ui.data(json::text(report).as_bytes()),
        Format::Github => {
            ui.data(github::log(report).as_bytes())?;
            ui.data(github::annotations(report).as_bytes())?;
            ui.job_summary(&github::summary(report))
        }
    }
}
