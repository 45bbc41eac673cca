//! One instruction of a Dockerfile: where it stands and what it says. It never looks at another one.

use std::ops::Range;

use super::{Declaration, Install};

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// From the keyword to the end of its last line, line end excluded: continuation lines and heredocs are in it.
    pub span: Range<usize>,
    /// The keyword's line, counted from 1.
    pub line: usize,
    /// The index of the stage it stands in; without one it stands before the first FROM.
    pub stage: Option<usize>,
    /// What it says.
    pub what: What,
}

/// What an instruction says, as far as a layer needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// `FROM`: opens a stage.
    From,
    /// `ARG`, with a declaration for each name.
    Arg(Vec<Declaration>),
    /// `ENV`, with a declaration for each name it sets.
    Env(Vec<Declaration>),
    /// `RUN`, with what it installs globally.
    Run(Vec<Install>),
    /// `USER`, with the user's name or number, and not the group's; as it stands where only a build knows it.
    User(String),
    /// Any other instruction.
    Other,
}

impl Instruction {
    /// Says whether it stands above another one of the same file.
    #[must_use]
    pub fn is_above(&self, other: &Self) -> bool {
        self.span.start < other.span.start
    }

    /// Says whether it stands above another one in its stage.
    #[must_use]
    pub fn is_above_in_stage(&self, other: &Self) -> bool {
        self.stage == other.stage && self.is_above(other)
    }

    /// Returns the names that an ARG declares; none for another instruction.
    #[must_use]
    pub fn declarations(&self) -> &[Declaration] {
        if let What::Arg(declarations) = &self.what {
            declarations
        } else {
            &[]
        }
    }

    /// Returns what a RUN installs globally; nothing for another instruction.
    #[must_use]
    pub fn installs(&self) -> &[Install] {
        if let What::Run(installs) = &self.what {
            installs
        } else {
            &[]
        }
    }

    /// Returns the user that a USER names; none for another instruction.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        if let What::User(user) = &self.what {
            Some(user)
        } else {
            None
        }
    }

    /// Returns the declaration of an ENV that sets the name, its last one.
    #[must_use]
    pub fn sets(&self, name: &str) -> Option<&Declaration> {
        let What::Env(settings) = &self.what else {
            return None;
        };
        settings.iter().rfind(|set| set.name == name)
    }
}
