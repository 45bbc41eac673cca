//! A process by its id, as `ps` tells of it. Ends none.

use anyhow::Result;
use rustix::process::{Pid, test_kill_process};

use super::{Moment, Variables};
use crate::process;

/// A process that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Running {
    /// When it began.
    pub(super) since: Option<Moment>,
    /// Its program and arguments, a space between them.
    pub(super) arguments: String,
}

/// What is known of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// It runs.
    Runs(Running),
    /// There is none of that id.
    Gone,
    /// `ps` is not there, or does not tell.
    NotTold,
}

/// Looks for the process of an id.
pub(super) fn look(id: i32) -> Result<Known> {
    let asked = id.to_string();
    // POSIX has no name for the state and the time of the start; procps and the BSDs call them so.
    let asked = [
        "-ww", "-o", "stat=", "-o", "lstart=", "-o", "args=", "-p", &asked,
    ];
    let answer = process::answer("ps", &asked, &[])?;
    if let Some(known) = answer.as_deref().and_then(read) {
        return Ok(known);
    }
    let is_there = Pid::from_raw(id).is_some_and(|id| test_kill_process(id).is_ok());
    Ok(if is_there {
        Known::NotTold
    } else {
        Known::Gone
    })
}

/// The variables of a process of this user's, where the system tells them (proc(5)).
pub(super) fn environment(id: i32) -> Option<Variables> {
    let bytes = std::fs::read(format!("/proc/{id}/environ")).ok()?;
    // One that has ended has none.
    let bytes = Some(bytes).filter(|bytes| !bytes.is_empty())?;
    let text = String::from_utf8_lossy(&bytes);
    let pairs = text.split('\0').filter_map(|it| it.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Some(pairs.collect())
}

/// Reads `Ss Fri May  1 12:00:00 2026 node dist/index.js`. One that has ended, and that nobody has waited for, is gone.
fn read(answer: &str) -> Option<Known> {
    let words = answer.split_whitespace().collect::<Vec<_>>();
    let (state, words) = words.split_first()?;
    if state.starts_with('Z') {
        return Some(Known::Gone);
    }
    let (began, arguments) = words.split_at_checked(5)?;
    Some(Known::Runs(Running {
        since: Moment::of_ctime(&began.join(" ")),
        arguments: arguments.join(" "),
    }))
}

#[cfg(test)]
mod tests {
    use super::{Known, Moment, Running, read};

    #[test]
    fn a_process_is_read_as_ps_shows_it() {
        let running = |since, arguments: &str| {
            let arguments = arguments.to_owned();
            Some(Known::Runs(Running { since, arguments }))
        };
        for (answer, expected) in [
            (
                "Ss   Thu Jan  1 00:00:20 1970 /usr/bin/node /c/dist/index.js\n",
                running(Some(Moment(20)), "/usr/bin/node /c/dist/index.js"),
            ),
            (
                "S+  Thu Jan  1 00:00:20 1970     node x",
                running(Some(Moment(20)), "node x"),
            ),
            ("S a b c d e f", running(None, "f")),
            (
                "Z Thu Jan  1 00:00:20 1970 [node] <defunct>",
                Some(Known::Gone),
            ),
            ("", None),
        ] {
            assert_eq!(read(answer), expected, "{answer}");
        }
    }
}
