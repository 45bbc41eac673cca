//! A report and a survey for people: a line a fact. Prints nothing itself.

use std::fmt::Write as _;

use crate::plan::{Finding, State};
use crate::report::{CheckEnd, Report};
use crate::ui::Tint;

/// A line: its coloured beginning and the rest.
pub type Line = (Tint, String, String);

/// The lines of a report, in the words of the document: `host barrel: OK  src/providers/index.ts:7`.
#[must_use]
pub fn lines(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let place = place(finding);
        if finding.state == State::Holds {
            let note = finding
                .found
                .as_ref()
                .map(|note| format!(" ({note})"))
                .unwrap_or_default();
            lines.push((
                Tint::Good,
                format!("{}: OK", finding.label),
                format!("  {place}{note}"),
            ));
        } else {
            let found = finding.found.clone().unwrap_or_default();
            lines.push((
                Tint::Bad,
                format!("{}: {}", finding.label, verdict(finding)),
                format!("  {place}: {found}"),
            ));
            lines.push((
                Tint::Dim,
                "    expected".to_owned(),
                format!(" {}", finding.expected),
            ));
            lines.extend(report.mend(finding).map(|mend| {
                (
                    Tint::Dim,
                    "    mend".to_owned(),
                    format!(" {}", indented(&mend)),
                )
            }));
        }
    }
    lines.extend(
        report
            .notes
            .iter()
            .map(|(word, note)| (Tint::Dim, format!("{word}:"), format!(" {note}"))),
    );
    for check in &report.checks {
        let label = &check.label;
        match &check.ended {
            CheckEnd::Passed => lines.push((
                Tint::Good,
                format!("{label}: OK"),
                format!("  {}", check.command),
            )),
            CheckEnd::Failed(how, tail) => {
                lines.push((
                    Tint::Bad,
                    format!("{label}: FAILED"),
                    format!("  {}: {how}", check.command),
                ));
                lines.extend(
                    tail.iter()
                        .map(|line| (Tint::Dim, String::new(), format!("    {line}"))),
                );
            }
            CheckEnd::CannotStart(why, mend) => {
                lines.push((
                    Tint::Bad,
                    format!("{label}: CANNOT START"),
                    format!("  {why}"),
                ));
                lines.push((
                    Tint::Dim,
                    "    mend".to_owned(),
                    format!(" {mend}, or leave the tests out with --no-tests"),
                ));
            }
            CheckEnd::NotRun(why) => {
                lines.push((Tint::Warn, format!("{label}: NOT RUN"), format!("  {why}")));
            }
        }
    }
    lines
}

/// The facts as a short table, one a line: what the pre-flight found.
#[must_use]
pub fn table(findings: &[Finding]) -> Vec<Line> {
    let width = |text: fn(&Finding) -> String| {
        findings
            .iter()
            .map(|finding| text(finding).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (labels, places) = (width(|finding| finding.label.clone()), width(place));
    let row = |finding: &Finding| {
        let (tint, word) = match finding.state {
            State::Holds => (Tint::Good, "holds  "),
            State::Missing | State::Changes => (Tint::Warn, "missing"),
            State::Blocked(_) => (Tint::Bad, "blocked"),
        };
        let rest = format!(
            " {:labels$}  {:places$}  {}",
            finding.label,
            place(finding),
            finding.found.clone().unwrap_or_default()
        );
        (tint, format!("  {word}"), rest.trim_end().to_owned())
    };
    findings.iter().map(row).collect()
}

/// All blocked facts, each with what is in the way and the lines to write by hand.
#[must_use]
pub fn blocked(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        if let State::Blocked(by_hand) = &finding.state {
            let found = finding.found.clone().unwrap_or_default();
            let _ = write!(
                text,
                "\n  {} ({}): {found}\n    expected {}\n    by hand: {}",
                place(finding),
                finding.label,
                finding.expected,
                indented(by_hand)
            );
        }
    }
    text
}

/// How many facts hold: `files: 7 of 7`.
#[must_use]
pub fn count(findings: &[Finding]) -> String {
    let holds = findings
        .iter()
        .filter(|finding| finding.state == State::Holds)
        .count();
    format!("files: {holds} of {}", findings.len())
}

fn verdict(finding: &Finding) -> &'static str {
    match finding.state {
        State::Blocked(_) => "BLOCKED",
        _ if finding.code.ends_with("missing") => "MISSING",
        _ => "WRONG",
    }
}

fn place(finding: &Finding) -> String {
    let path = finding.path.display();
    finding
        .line
        .map_or_else(|| path.to_string(), |line| format!("{path}:{line}"))
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n      ")
}
