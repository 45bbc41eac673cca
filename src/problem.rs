//! What ends a command early: a sentence, what mends it, and the exit code. Never a finding about the checkout.

use std::fmt;

/// The exit codes, the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, nothing to do, or clean.
    Done = 0,
    /// Something is missing, wrong or blocked, a check or a trial failed, a question has no answer, a recovery left a file, or `--check` has changes pending.
    Findings = 1,
    /// Could not run: usage, no NanoClaw v2 checkout, git, disk, network, a check that cannot start.
    CouldNotRun = 2,
    /// Refused with nothing written: blocked facts, unmet needs, another layout, an edited file in the way of undo.
    Refused = 3,
    /// The files are in place and a build failed; the next `add` goes on from there.
    BuildFailed = 4,
    /// Ended by Ctrl-C (SIGINT).
    Interrupted = 130,
    /// Ended by SIGTERM or SIGHUP.
    Terminated = 143,
}

/// An error that a person can mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What happened, in lower case, without a full stop.
    pub message: String,
    /// The command or the step that mends it.
    pub hint: Option<String>,
    /// The exit code that it ends the program with.
    pub exit: Exit,
}

impl Problem {
    /// The world failed: exit code 2.
    #[must_use]
    pub fn could_not_run(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            exit: Exit::CouldNotRun,
        }
    }

    /// A check failed: exit code 1.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            exit: Exit::Findings,
        }
    }

    /// The program refuses, and has written nothing: exit code 3.
    #[must_use]
    pub fn refused(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            exit: Exit::Refused,
        }
    }

    /// Adds that nothing was written.
    #[must_use]
    pub fn and_nothing_written(mut self) -> Self {
        self.message.push_str("; nothing was written");
        self
    }

    /// Adds what mends it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
