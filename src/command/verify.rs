//! `skill verify`: the survey, then the document's tests. Writes nothing, and needs no network and no git.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::barrels;
use crate::branch;
use crate::checkout::Checkout;
use crate::cli::{Format, Verify};
use crate::command::consent::{self, Yes};
use crate::journal;
use crate::needs;
use crate::plan::{Finding, Pins, State, plan};
use crate::problem::Exit;
use crate::process::{self, Ended};
use crate::report::{Check, CheckEnd, Report, github, json, text};
use crate::skill::{Copied, Layout, Origin, Skill, Step, Task};
use crate::skills;
use crate::ui::Ui;

/// Runs the command.
pub fn run(arguments: &Verify, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, directory)?;
    let checkout = Checkout::find(directory)?;
    let tests = if arguments.no_tests {
        Tests::Leave("left out by --no-tests")
    } else {
        Tests::Run(Yes::of(arguments.yes))
    };
    let report = report(&skill, &checkout, tests, ui)?;
    print(&report, &checkout, arguments.format, ui)?;
    Ok(report.exit())
}

/// What becomes of the document's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tests<'a> {
    /// They run, after a yes where the document is not the program's own.
    Run(Yes),
    /// They do not: why.
    Leave(&'a str),
}

/// Surveys a checkout, runs the document's tests, and says what both came to.
pub fn report(skill: &Skill, checkout: &Checkout, tests: Tests<'_>, ui: Ui) -> Result<Report> {
    let mut survey = plan(skill, checkout, None, &Pins::new())?;
    survey.findings.extend(barrels::findings(skill, checkout));
    survey.findings.extend(broken_off(checkout)?);
    let (tests, notes) = if survey.holds() {
        (tests, notes(skill, checkout))
    } else if matches!(tests, Tests::Run(_)) {
        (Tests::Leave("the files come first"), Vec::new())
    } else {
        (tests, Vec::new())
    };
    Ok(Report {
        command: "verify",
        skill: skill.name.clone(),
        called: skill.called.clone(),
        root: checkout.root().to_path_buf(),
        findings: survey.findings,
        notes,
        checks: checks(skill, checkout, tests, ui)?,
    })
}

/// A finding more where a write is half done: the next one takes it back.
fn broken_off(checkout: &Checkout) -> Result<Option<Finding>> {
    let finding = |(found, mend)| Finding {
        label: "last write".to_owned(),
        code: "broken-off",
        path: PathBuf::from(".git"),
        line: None,
        expected: "no write that is half done".to_owned(),
        found: Some(found),
        state: State::Blocked(mend),
    };
    Ok(journal::report(checkout)?.map(finding))
}

fn checks(skill: &Skill, checkout: &Checkout, tests: Tests<'_>, ui: Ui) -> Result<Vec<Check>> {
    let Some(layout) = checkout.layout() else {
        return Ok(Vec::new());
    };
    let tests = agreed(skill, checkout, layout, tests, ui)?;
    let check = |(step, task): (&Step, &Task)| {
        let ended = match tests {
            Tests::Run(_) => check(checkout, step, task, ui)?,
            Tests::Leave(why) => CheckEnd::NotRun(why.to_owned()),
        };
        Ok(Check {
            label: step.label.clone(),
            command: task.commands.join(" && "),
            ended,
        })
    };
    skill.checks(layout).map(check).collect()
}

/// What becomes of the tests when a person was asked about those that can start.
fn agreed<'a>(
    skill: &Skill,
    checkout: &Checkout,
    layout: Layout,
    tests: Tests<'a>,
    ui: Ui,
) -> Result<Tests<'a>> {
    let (Origin::Path, Tests::Run(yes)) = (skill.origin, tests) else {
        return Ok(tests);
    };
    let mut ready = Vec::new();
    for check in skill.checks(layout) {
        if needs::unmet(checkout, check.1)?.is_empty() {
            ready.push(check);
        }
    }
    let agreed = consent::ask(skill, &ready, yes, "--no-tests leaves them out", ui)?;
    Ok(if agreed {
        tests
    } else {
        Tests::Leave("nobody agreed to them")
    })
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
    let ended = process::run(
        checkout.root(),
        &task.commands,
        &[],
        None,
        &str::to_owned,
        &mut |line| {
            live.show(line);
        },
    )?;
    let _ = live.end();
    match ended {
        Ended::Succeeded => Ok(CheckEnd::Passed),
        Ended::Failed { how, tail } => Ok(CheckEnd::Failed(how, tail)),
        Ended::Interrupted(problem) => Err(problem.into()),
    }
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
    let read = |copy: &Copied| checkout.bytes(&copy.to);
    let note = match branch::origin_of(checkout, &skill.records(), branch, &files, &read) {
        branch::Origin::Commit(commit) => format!(
            "the same bytes as {branch} {} ({})",
            commit.short(),
            commit.date
        ),
        branch::Origin::Edited => format!(
            "there; the bytes are no known {branch} commit's (edited, or of a commit not known here)"
        ),
        branch::Origin::Unknown => format!("there; bytes not compared: no {branch} commit here"),
    };
    vec![("payload".to_owned(), note)]
}

/// Prints a report on stdout.
pub fn print(report: &Report, checkout: &Checkout, format: Format, ui: Ui) -> Result<()> {
    match format {
        Format::Text => text::lines(report)
            .iter()
            .try_for_each(|(tint, word, rest)| ui.print(*tint, word, rest)),
        Format::Json => ui.data(json::text(report).as_bytes()),
        Format::Github => {
            ui.data(github::log(report).as_bytes())?;
            let prefix = checkout.prefix();
            ui.data(github::annotations(report, &prefix).as_bytes())?;
            ui.job_summary(&github::summary(report, &prefix))
        }
    }
}
