//! Folds a skill's facts over an overlay of the checkout into a plan. Reads the checkout, and changes nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::checkout::{Checkout, Entry, File};
use crate::fact::dockerfile::{self, Wanted};
use crate::fact::{append, copy};
use crate::payload::{self, Lack, Modules, Payload, Unresolved};
use crate::skill::{ByHand, Copied, Fact, Fault, Layer, Layout, Need, Outcome, Skill, Step, Task};

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
    let mut fold = Fold {
        checkout,
        payload,
        pins,
        copies,
        unfit: Vec::new(),
        overlay: RefCell::default(),
        findings: Vec::new(),
    };
    if let Some(payload) = payload {
        let modules = Modules {
            is_file: &|path| checkout.is_file(path),
            read: &|path| checkout.bytes(path),
            importers: &|path| checkout.importers(path),
        };
        let unfit = payload.unresolved(&fold.copies, modules);
        fold.unfit = unfit.unwrap_or_default();
    }
    for (step, fact) in skill.facts(layout) {
        fold.fact(step, fact)?;
    }
    Ok(Plan {
        findings: fold.findings,
        edits: in_order(fold.overlay.into_inner()),
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
            self.edits
                .iter()
                .any(|edit| (edit.role == Role::Image) == image)
        };
        skill
            .builds(layout)
            .filter(|(_, task)| changes(task.needs.contains(&Need::Engine)))
            .collect()
    }
}

fn not_served(skill: &Skill, checkout: &Checkout, layout: Option<Layout>) -> Finding {
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
            "neither `Dockerfile` nor `cli-tools.json`".to_owned(),
        ),
    };
    let by_hand = if checkout.is_file(&own) {
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

struct Fold<'a> {
    checkout: &'a Checkout,
    payload: Option<&'a Payload>,
    pins: &'a Pins,
    copies: Vec<Copied>,
    /// Imports of the payload that nothing satisfies.
    unfit: Vec<Unresolved>,
    /// The edits so far, by where the bytes really lie, in the order of their facts.
    overlay: RefCell<Vec<Edit>>,
    findings: Vec<Finding>,
}

impl Fold<'_> {
    fn fact(&mut self, step: &Step, fact: &Fact) -> Result<()> {
        match fact {
            Fact::Copy { files, .. } => files.iter().try_for_each(|copy| self.copy(step, copy)),
            Fact::Append { to, lines, at } => self.append(step, to, lines, at.as_deref()),
            Fact::Dockerfile { file, layer } => self.layer(step, file, layer),
        }
    }

    fn copy(&mut self, step: &Step, copied: &Copied) -> Result<()> {
        let entry = self.entry(&copied.to)?;
        let expected = "a file that is not empty and whose imports are there".to_owned();
        let unfit = self
            .unfit
            .iter()
            .filter(|missing| match &missing.lack {
                Lack::Lost { from, .. } => *from == copied.to,
                _ => missing.file == copied.to,
            })
            .collect::<Vec<_>>();
        if !unfit.is_empty() {
            for missing in unfit {
                self.findings.push(finding(
                    step,
                    &missing.file,
                    expected.clone(),
                    &copy::unfit(missing),
                ));
            }
            return Ok(());
        }
        let source = self.source(copied);
        let source = source.as_ref();
        let there = Modules {
            is_file: &|path| {
                self.copies.iter().any(|copy| copy.to == path) || self.checkout.is_file(path)
            },
            read: &|path| self.checkout.bytes(path),
            importers: &|path| self.checkout.importers(path),
        };
        let outcome = copy::outcome(copied, &entry, source, there);
        let mode = source.map_or(0o644, |source| source.mode);
        self.settle(
            step,
            &copied.to,
            expected,
            &entry,
            outcome,
            (Role::Payload, mode),
        );
        Ok(())
    }

    /// A file of the payload as git would put it into the work tree.
    fn source(&self, copied: &Copied) -> Option<File> {
        let file = self.payload?.files.get(&copied.from)?;
        let line_ends = self.checkout.line_ends(&copied.to);
        Some(File {
            bytes: line_ends.in_work_tree(&file.bytes).into_owned(),
            mode: file.mode,
        })
    }

    fn append(&mut self, step: &Step, to: &Path, lines: &[String], at: Option<&str>) -> Result<()> {
        let decide = |bytes: &[u8]| append::outcome(bytes, lines, at);
        self.insert(
            step,
            to,
            format!("`{}`", lines.join("`, `")),
            &lines.join("\n"),
            Role::Insert,
            &decide,
        )
    }

    fn layer(&mut self, step: &Step, file: &Path, layer: &Layer) -> Result<()> {
        let set = self.pins.get(&layer.arg).map(String::as_str);
        let expected = format!(
            "`ARG {}=<version>` and a RUN that installs `{}` by it",
            layer.arg, layer.package
        );
        let by_hand = format!("ARG {}={}\n{}", layer.arg, layer.version, layer.run);
        let checkout = self.checkout;
        let decide = |bytes: &[u8]| {
            let outcome = dockerfile::outcome(bytes, layer, &Wanted { set, head: None });
            // HEAD knows the version of an ARG that was lost, and is asked for nothing else.
            let lost =
                matches!(&outcome, Outcome::Edit { fault, .. } if fault.code.starts_with("arg-"));
            if !lost {
                return outcome;
            }
            let head = checkout.head().bytes(file);
            dockerfile::outcome(
                bytes,
                layer,
                &Wanted {
                    set,
                    head: head.as_deref(),
                },
            )
        };
        self.insert(step, file, expected, &by_hand, Role::Image, &decide)
    }

    fn insert(
        &mut self,
        step: &Step,
        path: &Path,
        expected: String,
        by_hand: &str,
        role: Role,
        decide: &dyn Fn(&[u8]) -> Outcome,
    ) -> Result<()> {
        let entry = self.entry(path)?;
        let refused = |code, found: &str| Outcome::Blocked {
            fault: Fault {
                code,
                line: None,
                found: found.to_owned(),
            },
            by_hand: vec![ByHand::write(by_hand)],
        };
        let (outcome, mode) = match &entry {
            Entry::File { file, .. } => (decide(&file.bytes), file.mode),
            Entry::Absent { .. } => (
                refused("file-missing", "the file to insert into is not there"),
                0o644,
            ),
            Entry::Refused(reason) => (refused("file-refused", reason), 0o644),
        };
        self.settle(step, path, expected, &entry, outcome, (role, mode));
        Ok(())
    }

    /// What stands at a path when the edits so far are made.
    fn entry(&self, path: &Path) -> Result<Entry> {
        let entry = self.checkout.entry(path)?;
        let (Entry::Absent { real } | Entry::File { real, .. }) = &entry else {
            return Ok(entry);
        };
        let overlay = self.overlay.borrow();
        let edited = overlay
            .iter()
            .find(|edit| edit.path == *real)
            .and_then(|edit| edit.after.clone());
        Ok(match edited {
            Some(file) => Entry::File {
                real: real.clone(),
                file,
            },
            None => entry,
        })
    }

    fn settle(
        &mut self,
        step: &Step,
        path: &Path,
        expected: String,
        entry: &Entry,
        outcome: Outcome,
        (role, mode): (Role, u32),
    ) {
        self.findings.push(finding(step, path, expected, &outcome));
        let (Outcome::Edit { after, .. }, Entry::Absent { real } | Entry::File { real, .. }) =
            (outcome, &entry)
        else {
            return;
        };
        let before = if let Entry::File { file, .. } = entry {
            Some(file.clone())
        } else {
            None
        };
        // A file keeps its permission bits but where the branch says otherwise of executing it.
        let mode = before
            .as_ref()
            .filter(|file| file.mode & 0o100 == mode & 0o100)
            .map_or(mode, |file| file.mode);
        let after = Some(File { bytes: after, mode });
        let mut overlay = self.overlay.borrow_mut();
        match overlay.iter_mut().find(|edit| edit.path == *real) {
            Some(edit) => edit.after = after,
            None => overlay.push(Edit {
                path: real.clone(),
                before,
                after,
                role,
            }),
        }
    }
}

fn finding(step: &Step, path: &Path, expected: String, outcome: &Outcome) -> Finding {
    let (code, line, found, state) = match outcome {
        Outcome::Holds { line, note } => ("holds", *line, note.clone(), State::Holds),
        Outcome::Missing(fault) => (
            fault.code,
            fault.line,
            Some(fault.found.clone()),
            State::Missing,
        ),
        Outcome::Edit { fault, .. } => (
            fault.code,
            fault.line,
            Some(fault.found.clone()),
            State::Changes,
        ),
        Outcome::Blocked { fault, by_hand } => (
            fault.code,
            fault.line,
            Some(fault.found.clone()),
            State::Blocked(ByHand::said(by_hand, path)),
        ),
    };
    Finding {
        label: step.label.clone(),
        code,
        path: path.to_path_buf(),
        line,
        expected,
        found,
        state,
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
