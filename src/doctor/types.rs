//! Whether the types of the container's sources are right, by the document's own command, which writes nothing. It takes seconds, and runs where
//! what it needs is there.

use std::time::Duration;

use anyhow::Result;

use super::{Check, Patient};
use crate::masking::mask_labelled;
use crate::needs::{self, Unmet};
use crate::process::Ended;
use crate::shown;
use crate::skill::{Origin, Step, Task};

const NAME: &str = "types";

/// What a document calls the task.
const LABEL: &str = "container types";

/// How long the command may take.
pub const LIMIT: Duration = Duration::from_secs(120);

/// How a task of a document is run; `None` where it takes longer than [`LIMIT`].
pub type Run<'a> = &'a mut dyn FnMut(&Step, &Task) -> Result<Option<Ended>>;

pub(super) fn check(patient: &Patient<'_>, run: Run<'_>) -> Result<Option<Check>> {
    let layout = patient.checkout.layout().into_iter();
    let mut builds = layout.flat_map(|layout| patient.skill.builds(layout));
    let Some((step, task)) = builds.find(|(step, _)| step.label == LABEL) else {
        return Ok(None);
    };
    let not_looked_at = |why: &str, mend: String| {
        let found = format!("not looked at: {why}");
        Ok(Some(Check::warning(NAME, found, mend)))
    };
    let called = &patient.skill.called;
    if patient.skill.origin == Origin::Path {
        let why = "no command of a document that is named by its path is run here";
        return not_looked_at(why, patient.build());
    }
    if !patient.is_installed() {
        let why = "the sources are not there as a whole";
        return not_looked_at(why, format!("nanoclaw skill add {called}"));
    }
    let unmet = needs::unmet(patient.checkout, task)?;
    if !unmet.is_empty() {
        let all = |word: fn(&Unmet) -> &str, between| {
            let words = unmet.iter().map(word).collect::<Vec<_>>();
            words.join(between)
        };
        let mend = all(|it| &it.mend, ", then ");
        return not_looked_at(&all(|it| &it.found, "; "), mend);
    }
    let command = task.commands.join(" && ");
    match run(step, task)? {
        Some(Ended::Interrupted(problem)) => Err(problem.into()),
        ended => Ok(Some(judge(ended.as_ref(), &command))),
    }
}

fn judge(ended: Option<&Ended>, command: &str) -> Check {
    match ended {
        Some(Ended::Failed { how, tail }) => judge_failed(how, tail, command),
        Some(_) => Check::ok(NAME, format!("right, by {command}")),
        None => {
            let limit = LIMIT.as_secs();
            let found = format!("not looked at: took too long (more than {limit} s)");
            Check::warning(NAME, found, format!("what hangs: {command}"))
        }
    }
}

/// Bun runs sources whose types are wrong, so that an answer may come all the same.
fn judge_failed(how: &str, tail: &[String], command: &str) -> Check {
    let is_error = |line: &&String| line.contains("error TS");
    let errors = tail.iter().filter(is_error).collect::<Vec<_>>();
    let Some(first) = errors.first() else {
        return judge_unrun(how, tail, command);
    };
    let first = shown::line(mask_labelled(first));
    let more = match errors.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let found = format!("wrong ({how}): {first}{more}");
    Check::warning(NAME, found, format!("what this names: {command}"))
}

/// A command that names no error of types has not come to look at them.
fn judge_unrun(how: &str, tail: &[String], command: &str) -> Check {
    let last = tail.iter().rev().find(|line| !line.trim().is_empty());
    let last = last.map(|line| format!(": {}", shown::line(mask_labelled(line))));
    let last = last.unwrap_or_default();
    let found = format!("not looked at: the command ended with {how}{last}");
    let is_absent = tail.iter().any(|line| line.contains("not found"));
    let mend = if is_absent {
        "pnpm install --frozen-lockfile, which brings tsc".to_owned()
    } else {
        format!("what this says: {command}")
    };
    Check::warning(NAME, found, mend)
}

#[cfg(test)]
mod tests {
    use super::{judge, judge_failed};

    #[test]
    fn a_command_that_hangs_tells_nothing_of_types() {
        let check = judge(None, "tsc");
        let found = "not looked at: took too long (more than 120 s)";
        assert_eq!(check.found, found);
        assert_eq!(check.mend.as_deref(), Some("what hangs: tsc"));
    }

    #[test]
    fn the_first_error_is_named_and_the_others_counted() {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let one = "src/a.ts(1,2): error TS2307: no \u{1b}[31m module";
        let other = "src/b.ts(1,2): error TS1: x";
        for (tail, expected) in [
            (
                lines(&["  detail", one, other, other, "end"]),
                "src/a.ts(1,2): error TS2307: no \\u{1b}[31m module (and 2 more)",
            ),
            (lines(&[one]), "no \\u{1b}[31m module"),
            (
                lines(&["src/a.ts(1,2): error TS1: password=SECRET"]),
                "error TS1: password=***",
            ),
            (
                lines(&["a", "no tsc", ""]),
                "not looked at: the command ended with exit code 1: no tsc",
            ),
            (
                Vec::new(),
                "not looked at: the command ended with exit code 1",
            ),
        ] {
            let check = judge_failed("exit code 1", &tail, "tsc");
            assert!(check.found.ends_with(expected), "{check:?}");
        }
    }
}
