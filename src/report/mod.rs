//! What a survey and its checks came to, and the forms it is shown in. Each form is a function from the report to text.

pub mod github;
pub mod json;
pub mod text;

use std::path::PathBuf;

use crate::plan::{Finding, State};
use crate::problem::Exit;

/// The result of `verify`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The command, as typed after `skill`.
    pub command: &'static str,
    /// The skill's name.
    pub skill: String,
    /// What a command is given for it, as a shell takes it.
    pub called: String,
    /// The checkout's root.
    pub root: PathBuf,
    /// The facts, in the document's order.
    pub findings: Vec<Finding>,
    /// What is worth knowing and is neither right nor wrong, each a clause after a word: `payload`, `there; ...`.
    pub notes: Vec<(String, String)>,
    /// The document's tests and checks.
    pub checks: Vec<Check>,
}

/// A test or check of the document, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The heading of its step.
    pub label: String,
    /// Its commands, joined by `&&`.
    pub command: String,
    /// How it ended.
    pub ended: CheckEnd,
}

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckEnd {
    /// All its commands succeeded.
    Passed,
    /// One failed: how it ended, and the last lines of its output.
    Failed(String, Vec<String>),
    /// It cannot start: why, and what mends it.
    CannotStart(String, String),
    /// It was not run: why.
    NotRun(String),
}

impl Report {
    /// The exit code: findings come before a check that cannot start.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let failed = self
            .checks
            .iter()
            .any(|check| matches!(check.ended, CheckEnd::Failed(..)));
        if failed
            || self
                .findings
                .iter()
                .any(|finding| finding.state != State::Holds)
        {
            Exit::Findings
        } else if self
            .checks
            .iter()
            .any(|check| matches!(check.ended, CheckEnd::CannotStart(..)))
        {
            Exit::CouldNotRun
        } else {
            Exit::Done
        }
    }

    /// What mends a finding: the command, which refuses while another finding is blocked, or what to do by hand.
    #[must_use]
    pub fn mend(&self, finding: &Finding) -> Option<String> {
        let add = format!("nanoclaw skill add {}", self.called);
        let blocked = |finding: &Finding| matches!(finding.state, State::Blocked(_));
        match &finding.state {
            State::Holds => None,
            State::Missing | State::Changes if self.findings.iter().any(blocked) => {
                Some(format!("what is blocked by hand, then {add}"))
            }
            State::Missing | State::Changes => Some(add),
            State::Blocked(by_hand) => Some(format!("by hand: {by_hand}")),
        }
    }
}
