//! `skill doctor`: the checks, a line each. Changes nothing.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::checkout::Checkout;
use crate::cli::{Doctor, DoctorFormat};
use crate::doctor::{Check, LIMIT, Level, Patient, examine};
use crate::next::quoted;
use crate::problem::Exit;
use crate::process;
use crate::report::json::SCHEMA;
use crate::skill::{Step, Task};
use crate::skills;
use crate::ui::{Tint, Ui};

/// Runs the command.
pub fn run(arguments: &Doctor, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, directory)?;
    let checkout = Checkout::find(directory)?;
    let mut run = |step: &Step, task: &Task| {
        let live = ui.start(&step.label, &task.commands.join(" && "));
        let mut show = |line: Option<&str>| live.show(line);
        process::run_in_time(checkout.root(), &task.commands, LIMIT, &mut show)
    };
    let patient = Patient::new(&checkout, &skill)?;
    let checks = examine(&patient, &mut run)?;
    let root = checkout.root();
    match arguments.format {
        DoctorFormat::Text => {
            checks.iter().try_for_each(|check| print(check, ui))?;
            let has_mend = checks.iter().any(|check| check.mend.is_some());
            if has_mend && std::env::current_dir().is_ok_and(|here| here != root) {
                let cd = patient.shown(&format!("cd {}", quoted(root)));
                ui.print(Tint::Dim, "", &format!("the mends are for: {cd}"))?;
            }
        }
        DoctorFormat::Json => {
            let root = patient.shown(&root.to_string_lossy());
            ui.data(json(&skill.name, &root, &checks).as_bytes())?;
        }
    }
    let has_error = checks.iter().any(|check| check.level == Level::Error);
    Ok(if has_error {
        Exit::Findings
    } else {
        Exit::Done
    })
}

fn print(check: &Check, ui: Ui) -> Result<()> {
    let tint = match check.level {
        Level::Ok => Tint::Good,
        Level::Warning => Tint::Warn,
        Level::Error => Tint::Bad,
    };
    let Check { name, found, .. } = check;
    ui.print(
        tint,
        &format!("{:8}", check.level.word()),
        &format!(" {name:10}  {found}"),
    )?;
    match &check.mend {
        Some(mend) => ui.print(Tint::Dim, "", &format!("{:21}mend: {mend}", "")),
        None => Ok(()),
    }
}

/// The checks as one JSON object in UTF-8, with a final line end.
fn json(skill: &str, root: &str, checks: &[Check]) -> String {
    let value = |check: &Check| {
        json!({
            "name": check.name,
            "level": check.level.word(),
            "found": check.found,
            "mend": check.mend,
        })
    };
    let checks = checks.iter().map(value).collect::<Vec<_>>();
    let whole = json!({
        "schema": SCHEMA,
        "command": "doctor",
        "skill": skill,
        "root": root,
        "checks": checks,
    });
    format!("{whole:#}\n")
}
