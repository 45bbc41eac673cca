//! A report as GitHub workflow commands and as a job summary, by GitHub's "Workflow commands for GitHub Actions". Writes neither.

use std::fmt::Write as _;
use std::path::Path;

use crate::plan::State;
use crate::problem::Exit;
use crate::report::{CheckEnd, Report, text};

/// An annotation a line: an error for each fact that does not hold and each check that failed, with paths relative to the
/// repository; `prefix` is the root's own.
#[must_use]
pub fn annotations(report: &Report, prefix: &Path) -> String {
    let mut lines = String::new();
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.state != State::Holds)
    {
        let path = prefix.join(&finding.path);
        let line = finding
            .line
            .map(|line| format!(",line={line}"))
            .unwrap_or_default();
        let title = property(&format!("{}: {}", finding.label, finding.code));
        let mend = report.mend(finding).unwrap_or_default();
        let message = format!(
            "{}; expected {}\n{mend}",
            finding.found.clone().unwrap_or_default(),
            finding.expected
        );
        let _ = writeln!(
            lines,
            "::error file={}{line},title={title}::{}",
            property(&path.to_string_lossy()),
            data(&message)
        );
    }
    for check in &report.checks {
        let message = match &check.ended {
            CheckEnd::Passed => continue,
            CheckEnd::NotRun(why) => {
                let _ = writeln!(
                    lines,
                    "::notice title={}::{}",
                    property(&check.label),
                    data(&format!("not run: {why}"))
                );
                continue;
            }
            CheckEnd::Failed(how, tail) => format!("{}: {how}\n{}", check.command, tail.join("\n")),
            CheckEnd::CannotStart(why, mend) => format!("{why}; mend: {mend}"),
        };
        let _ = writeln!(
            lines,
            "::error title={}::{}",
            property(&check.label),
            data(&message)
        );
    }
    lines
}

/// The job summary, in GitHub's Markdown.
#[must_use]
pub fn summary(report: &Report, prefix: &Path) -> String {
    let verdict = if report.exit() == Exit::Done {
        "verified"
    } else {
        "not verified"
    };
    let mut summary = format!(
        "### {}: {verdict}\n\n| | what | where | found |\n|---|---|---|---|\n",
        report.skill
    );
    for finding in &report.findings {
        let sign = if finding.state == State::Holds {
            "✅"
        } else {
            "❌"
        };
        let line = finding
            .line
            .map(|line| format!(":{line}"))
            .unwrap_or_default();
        let found = finding.found.clone().unwrap_or_default();
        let place = prefix.join(&finding.path);
        let _ = writeln!(
            summary,
            "| {sign} | {} | `{}{line}` | {} |",
            cell(&finding.label),
            cell(&place.to_string_lossy()),
            cell(&found)
        );
    }
    for check in &report.checks {
        let (sign, found) = match &check.ended {
            CheckEnd::Passed => ("✅", String::new()),
            CheckEnd::Failed(how, _) => ("❌", how.clone()),
            CheckEnd::CannotStart(why, _) => ("❌", why.clone()),
            CheckEnd::NotRun(why) => ("⏭️", format!("not run: {why}")),
        };
        let _ = writeln!(
            summary,
            "| {sign} | {} | `{}` | {} |",
            cell(&check.label),
            cell(&check.command),
            cell(&found)
        );
    }
    for (word, note) in &report.notes {
        let _ = write!(summary, "\n{}: {}\n", cell(word), cell(note));
    }
    summary
}

/// The lines for the log beside the annotations.
#[must_use]
pub fn log(report: &Report) -> String {
    let lines = text::lines(report);
    let text = lines
        .iter()
        .map(|(_, word, rest)| format!("{word}{rest}\n"));
    let text = text.collect::<String>();
    let lines = text.lines().map(harmless);
    lines.map(|line| line + "\n").collect()
}

/// A line as the log holds it: GitHub's runner obeys one that begins with `::`, be it behind white space, and `##[` anywhere in it.
fn harmless(line: &str) -> String {
    let line = line.replace("##[", "# #[");
    if line.trim_start().starts_with("::") {
        line.replacen("::", ": :", 1)
    } else {
        line
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::{data, harmless, property};

    #[test]
    fn what_others_say_is_no_command() {
        for (line, expected) in [
            ("    ::error file=x::y", "    : :error file=x::y"),
            (
                "::stop-commands::x: BLOCKED",
                ": :stop-commands::x: BLOCKED",
            ),
            ("a ##[error]b", "a # #[error]b"),
            ("std::fs is fine", "std::fs is fine"),
        ] {
            assert_eq!(harmless(line), expected);
        }
    }

    #[test]
    fn workflow_commands_are_escaped() {
        assert_eq!(data("50%\na:b"), "50%25%0Aa:b");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
