//! A report and a survey for people: a line a fact. Prints nothing itself.

use std::fmt::Write as _;

use crate::plan::{Finding, State};
use crate::report::{Check, CheckEnd, Report};
use crate::ui::Tint;

/// A line: its coloured beginning and the rest.
pub type Line = (Tint, String, String);

/// The lines of a report, in the words of the document: `host barrel: OK  src/providers/index.ts:7`.
#[must_use]
pub fn lines(report: &Report) -> Vec<Line> {
    let mut lines = report
        .findings
        .iter()
        .flat_map(finding_lines)
        .collect::<Vec<_>>();
    let addable = |finding: &&Finding| matches!(finding.state, State::Missing | State::Changes);
    if let Some(mend) = report
        .findings
        .iter()
        .find(addable)
        .and_then(|finding| report.mend(finding))
    {
        lines.push(line(Tint::Dim, "mend:", &format!(" {mend}")));
    }
    for (word, note) in &report.notes {
        lines.push(line(Tint::Dim, &format!("{word}:"), &format!(" {note}")));
    }
    lines.extend(report.checks.iter().flat_map(check_lines));
    lines
}

fn line(tint: Tint, word: &str, rest: &str) -> Line {
    (tint, word.to_owned(), rest.to_owned())
}

fn finding_lines(finding: &Finding) -> Vec<Line> {
    let (label, place) = (&finding.label, place(finding));
    let found = finding.found.clone().unwrap_or_default();
    if finding.state == State::Holds {
        let note = if found.is_empty() {
            found
        } else {
            format!(" ({found})")
        };
        let rest = format!("  {place}{note}");
        return vec![line(Tint::Good, &format!("{label}: OK"), &rest)];
    }
    let word = format!("{label}: {}", verdict(finding));
    let rest = format!("  {place}: {found}; expected {}", finding.expected);
    let mut lines = vec![line(Tint::Bad, &word, &rest)];
    if let State::Blocked(by_hand) = &finding.state {
        let by_hand = format!(" {}", indented(by_hand));
        lines.push(line(Tint::Dim, "    by hand:", &by_hand));
    }
    lines
}

fn check_lines(check: &Check) -> Vec<Line> {
    let (label, command) = (&check.label, &check.command);
    match &check.ended {
        CheckEnd::Passed => vec![line(
            Tint::Good,
            &format!("{label}: OK"),
            &format!("  {command}"),
        )],
        CheckEnd::Failed(how, tail) => {
            let rest = format!("  {command}: {how}");
            let mut lines = vec![line(Tint::Bad, &format!("{label}: FAILED"), &rest)];
            lines.extend(
                tail.iter()
                    .map(|text| line(Tint::Dim, "", &format!("    {text}"))),
            );
            lines
        }
        CheckEnd::CannotStart(why, mend) => vec![
            line(
                Tint::Bad,
                &format!("{label}: CANNOT START"),
                &format!("  {why}"),
            ),
            line(
                Tint::Dim,
                "    mend:",
                &format!(" {mend}, or leave the tests out with --no-tests"),
            ),
        ],
        CheckEnd::NotRun(why) => vec![line(
            Tint::Warn,
            &format!("{label}: NOT RUN"),
            &format!("  {why}"),
        )],
    }
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
        let tint = match finding.state {
            State::Holds => Tint::Good,
            State::Missing | State::Changes => Tint::Warn,
            State::Blocked(_) => Tint::Bad,
        };
        let word = format!("{:7}", verdict(finding).to_lowercase());
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
        State::Holds => "HOLDS",
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
