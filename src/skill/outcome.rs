//! What a fact can turn out to be on a checkout. Holds values only.

use std::path::Path;

/// What a fact turns out to be. A check is an edit with nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The fact is true.
    Holds {
        /// Where, as a line counted from 1.
        line: Option<usize>,
        /// What a reader should know all the same, such as another version.
        note: Option<String>,
    },
    /// The fact is not true, and only the branch can make it so.
    Missing(Fault),
    /// The fact is not true; the file with these bytes makes it so.
    Edit {
        /// What is wrong now.
        fault: Fault,
        /// The whole file as it would be.
        after: Vec<u8>,
    },
    /// The fact is not true and the program must not make it so.
    Blocked {
        /// What stands in the way.
        fault: Fault,
        /// What makes the fact true, one after the other.
        by_hand: Vec<ByHand>,
    },
}

/// What a person does where the program must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// What is done at the places, such as `write this in place of`; empty where lines are only written.
    pub act: String,
    /// The lines of the file that it is done at, counted from 1.
    pub at: Vec<usize>,
    /// The lines to write, LF between them; empty where nothing is.
    pub lines: String,
}

impl ByHand {
    /// Lines to write where they belong.
    #[must_use]
    pub fn write(lines: impl Into<String>) -> Self {
        Self::at("", Vec::new(), lines)
    }

    /// An act at lines of the file, and the lines to write with it.
    #[must_use]
    pub fn at(act: impl Into<String>, at: Vec<usize>, lines: impl Into<String>) -> Self {
        Self {
            act: act.into(),
            at,
            lines: lines.into(),
        }
    }

    /// The words for a person, of the file at a path relative to the root.
    #[must_use]
    pub fn said(acts: &[Self], path: &Path) -> String {
        let said = acts.iter().map(|act| act.said_of(path));
        said.collect::<Vec<_>>().join("\n")
    }

    fn said_of(&self, path: &Path) -> String {
        let place = |line: &usize| format!("{}:{line}", path.display());
        let places = self.at.iter().map(place).collect::<Vec<_>>();
        match (places.as_slice(), self.lines.as_str()) {
            ([], lines) => lines.to_owned(),
            (places, "") => format!("{} {}", self.act, places.join(" and ")),
            (places, lines) => format!("{} {}:\n{lines}", self.act, places.join(" and ")),
        }
    }
}

/// What was found where something else was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The stable finding code, such as `import-missing`: kebab-case, the same in every version.
    pub code: &'static str,
    /// The line it was found at, counted from 1.
    pub line: Option<usize>,
    /// What was found, a clause without a full stop.
    pub found: String,
}
