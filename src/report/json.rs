//! A report as JSON, for programs. The form is numbered by `schema`: a change that a reader must know of raises it.

use serde_json::{Value, json};

use crate::plan::{Finding, State};
use crate::report::{Check, CheckEnd, Report};

/// The number of this form.
pub const SCHEMA: u32 = 1;

/// The report as one JSON object in UTF-8, with a final line end.
#[must_use]
pub fn text(report: &Report) -> String {
    let value = json!({
        "schema": SCHEMA,
        "command": report.command,
        "skill": report.skill,
        "root": report.root.to_string_lossy(),
        "exit": report.exit() as u8,
        "findings": report.findings.iter().map(|finding| finding_value(report, finding)).collect::<Vec<_>>(),
        "notes": report.notes.iter().map(|(word, note)| json!({"about": word, "note": note})).collect::<Vec<_>>(),
        "checks": report.checks.iter().map(check_value).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn finding_value(report: &Report, finding: &Finding) -> Value {
    let state = match finding.state {
        State::Holds => "holds",
        State::Missing | State::Changes => "missing",
        State::Blocked(_) => "blocked",
    };
    json!({
        "label": finding.label,
        "state": state,
        "code": finding.code,
        "path": finding.path.to_string_lossy(),
        "line": finding.line,
        "expected": finding.expected,
        "found": finding.found,
        "mend": report.mend(finding),
    })
}

fn check_value(check: &Check) -> Value {
    let (state, detail) = match &check.ended {
        CheckEnd::Passed => ("passed", None),
        CheckEnd::Failed(how, tail) => ("failed", Some(format!("{how}\n{}", tail.join("\n")))),
        CheckEnd::CannotStart(why, mend) => ("cannot-start", Some(format!("{why}; mend: {mend}"))),
        CheckEnd::NotRun(why) => ("not-run", Some(why.clone())),
    };
    json!({"label": check.label, "command": check.command, "state": state, "detail": detail})
}
