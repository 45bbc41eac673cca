//! What a skill's facts come to on a checkout: findings, and the edits that make them hold. Reads the checkout, and changes nothing.

mod fold;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use fold::Fold;

use crate::checkout::{Checkout, File};
use crate::next;
use crate::payload::{self, Payload};
use crate::skill::{Layout, Need, Skill, Step, Task};

/// What a skill's facts come to on a checkout. The pre-flight, the preview, the install and the verification are this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// One for each fact, in the document's order.
    pub findings: Vec<Finding>,
    /// The files to write, in the order to write them.
    pub edits: Vec<Edit>,
}

/// What one fact turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The heading of the fact's step.
    pub label: String,
    /// The stable code: `holds`, or what is wrong, such as `import-missing`.
    pub code: &'static str,
    /// The file, as the document names it, relative to the root.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// What the fact says should be there.
    pub expected: String,
    /// What is there instead, or a note on a fact that holds.
    pub found: Option<String>,
    /// What can be done about it.
    pub state: State,
}

/// Whether a fact holds, and if not, what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It holds.
    Holds,
    /// It does not hold, and the branch is needed to make it.
    Missing,
    /// It does not hold, and the plan's edits make it.
    Changes,
    /// It does not hold, and the program must not make it: what to do by hand, LF between its lines.
    Blocked(String),
}

/// A whole file, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where the bytes really lie: symlinks resolved, relative to the root.
    pub path: PathBuf,
    /// What is there now.
    pub before: Option<File>,
    /// What is to be there.
    pub after: Option<File>,
    /// How it is written.
    pub role: Role,
}

/// What an edit does to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The whole file is the skill's: what was there is kept elsewhere.
    Payload,
    /// Lines are inserted into the user's file.
    Insert,
    /// As `Insert`, in a file that the image is built from.
    Image,
    /// As `Insert`, in a file that the host reads at its start and nothing is built from.
    Settings,
}

/// Versions asked for by `--set`, by ARG name.
pub type Pins = BTreeMap<String, String>;

/// Plans a skill on a checkout. Without a payload, copies are looked at by identity alone: that is the survey.
///
/// A layout that the document does not serve, or guards that leave no fact, is one blocked finding.
pub fn plan(
    skill: &Skill,
    checkout: &Checkout,
    payload: Option<&Payload>,
    pins: &Pins,
) -> Result<Plan> {
    let layout = match checkout.layout() {
        Some(layout) if skill.layouts.contains(&layout) && skill.facts(layout).next().is_some() => {
            layout
        }
        other => {
            return Ok(Plan {
                findings: vec![not_served(skill, checkout, other)],
                edits: Vec::new(),
            });
        }
    };
    let copies = skill
        .copies(layout)
        .map(|(_, copy)| copy.clone())
        .collect::<Vec<_>>();
    let mut fold = Fold::new(checkout, payload, pins, copies);
    for (step, fact) in skill.facts(layout) {
        fold.fact(step, fact)?;
    }
    let (findings, edits) = fold.end();
    Ok(Plan {
        findings,
        edits: in_order(edits),
    })
}

impl Plan {
    /// Whether every fact holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.state == State::Holds)
    }

    /// Whether no fact holds: nothing of the skill is here.
    #[must_use]
    pub fn holds_nowhere(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.state != State::Holds)
    }

    /// Whether a fact is blocked, so that nothing may be written.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| matches!(finding.state, State::Blocked(_)))
    }

    /// Whether a fact needs the branch.
    #[must_use]
    pub fn needs_branch(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.state == State::Missing)
    }

    /// The builds that the edits call for: the image's when a file changes that it is built from, the others when sources change.
    #[must_use]
    pub fn builds<'a>(&self, skill: &'a Skill, layout: Layout) -> Vec<(&'a Step, &'a Task)> {
        let changes = |image: bool| {
            let mut built = self.edits.iter().filter(|edit| edit.role != Role::Settings);
            built.any(|edit| (edit.role == Role::Image) == image)
        };
        skill
            .builds(layout)
            .filter(|(_, task)| changes(task.needs.contains(&Need::Engine)))
            .collect()
    }
}

fn not_served(skill: &Skill, checkout: &Checkout, layout: Option<Layout>) -> Finding {
    let lost = ["container/Dockerfile", "container/cli-tools.json"];
    let left_out = lost
        .iter()
        .find_map(|path| Some((path, checkout.left_out(path.as_ref())?)))
        .filter(|_| layout.is_none());
    let own = PathBuf::from(format!(".claude/skills/add-{}/SKILL.md", skill.name));
    let (path, found) = match layout {
        Some(Layout::CliTools) => (
            PathBuf::from("container/cli-tools.json"),
            "a `cli-tools` checkout: its command-line programs stand in this file".to_owned(),
        ),
        Some(layout) => (
            PathBuf::from("container"),
            format!("a `{}` checkout", layout.name()),
        ),
        None => (
            PathBuf::from("container"),
            match &left_out {
                Some((path, _)) => format!("git's sparse checkout leaves `{path}` out"),
                None => "neither `Dockerfile` nor `cli-tools.json`".to_owned(),
            },
        ),
    };
    let head = checkout.head();
    let in_head = lost.iter().filter(|_| layout.is_none());
    let in_head = in_head.map(Path::new).find(|path| head.has(path));
    let by_hand = if let Some((_, mend)) = left_out {
        mend
    } else if let Some(path) = in_head {
        let root = next::quoted(checkout.root());
        format!("git -C {root} checkout HEAD -- {}", path.display())
    } else if checkout.is_file(&own) {
        format!("follow this checkout's own document: {}", own.display())
    } else {
        "no document here serves this checkout".to_owned()
    };
    let serves = skill
        .layouts
        .iter()
        .map(|layout| format!("`{}`", layout.name()))
        .collect::<Vec<_>>()
        .join(" or ");
    let expected = format!("a checkout of the layout {serves}");
    Finding {
        label: "layout".to_owned(),
        code: "layout-not-served",
        path,
        line: None,
        expected,
        found: Some(found),
        state: State::Blocked(by_hand),
    }
}

/// Files that the skill owns first, imported before importing; then the files inserted into, in the document's order.
fn in_order(edits: Vec<Edit>) -> Vec<Edit> {
    let (payload, inserts): (Vec<_>, Vec<_>) = edits
        .into_iter()
        .partition(|edit| edit.role == Role::Payload);
    let mut waiting = payload
        .into_iter()
        .map(|edit| (imported(&edit), edit))
        .collect::<Vec<_>>();
    let mut ordered = Vec::with_capacity(waiting.len() + inserts.len());
    while !waiting.is_empty() {
        let free = |(imported, edit): &(Vec<PathBuf>, Edit)| {
            let mut others = waiting.iter().filter(|(_, other)| other.path != edit.path);
            !others.any(|(_, other)| imported.contains(&other.path))
        };
        // Files that import each other have no order: then the document's counts.
        let next = waiting.iter().position(free).unwrap_or(0);
        ordered.push(waiting.remove(next).1);
    }
    ordered.extend(inserts);
    ordered
}

fn imported(edit: &Edit) -> Vec<PathBuf> {
    let file = edit.after.as_ref();
    file.map(|file| payload::imported(&edit.path, &file.bytes))
        .unwrap_or_default()
}
