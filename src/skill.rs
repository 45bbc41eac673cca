//! The vocabulary: a skill, its steps, and what a fact can turn out to be. Holds values only; it reads and decides nothing.

use std::path::{Path, PathBuf};

use crate::digest::sha1;

/// A skill document, parsed once and never validated again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    /// The short name, as typed on the command line: `codex` for the document `add-codex`.
    pub name: String,
    /// What a command is given for it, as a shell takes it: the name, or the path of the document.
    pub called: String,
    /// Where the document comes from.
    pub origin: Origin,
    /// The front matter's `description`, one line.
    pub summary: String,
    /// The layouts of checkout that the document serves.
    pub layouts: Vec<Layout>,
    /// The fenced blocks, in the document's order.
    pub steps: Vec<Step>,
}

impl Skill {
    /// What the skill's records and logs are called: its name; for a document that is given by a path, and may have any name, with a digest of
    /// the path.
    #[must_use]
    pub fn records(&self) -> String {
        match self.origin {
            Origin::BuiltIn => self.name.clone(),
            Origin::Path => {
                let digest = sha1(self.called.as_bytes());
                format!("{}-{}", self.name, digest.get(..8).unwrap_or(&digest))
            }
        }
    }

    /// The files that the skill copies from a branch, with the branch's name, where `layout` has the step.
    pub fn copies(&self, layout: Layout) -> impl Iterator<Item = (&str, &Copied)> {
        self.facts(layout).flat_map(|(_, fact)| match fact {
            Fact::Copy { branch, files } => files
                .iter()
                .map(|file| (branch.as_str(), file))
                .collect::<Vec<_>>(),
            _ => Vec::new(),
        })
    }

    /// The facts that count on a layout, each with its step.
    pub fn facts(&self, layout: Layout) -> impl Iterator<Item = (&Step, &Fact)> {
        self.steps
            .iter()
            .filter(move |step| step.is_for(layout))
            .filter_map(|step| match &step.what {
                What::Fact(fact) => Some((step, fact)),
                What::Task(_) => None,
            })
    }

    /// The tasks that count on a layout, each with its step.
    pub fn tasks(&self, layout: Layout) -> impl Iterator<Item = (&Step, &Task)> {
        self.steps
            .iter()
            .filter(move |step| step.is_for(layout))
            .filter_map(|step| match &step.what {
                What::Task(task) => Some((step, task)),
                What::Fact(_) => None,
            })
    }

    /// The tests and checks of `verify` that count on a layout, each with its step.
    pub fn checks(&self, layout: Layout) -> impl Iterator<Item = (&Step, &Task)> {
        self.tasks(layout)
            .filter(|(_, task)| matches!(task.effect, Effect::Test | Effect::Check))
    }

    /// The builds of `add` that count on a layout, each with its step.
    pub fn builds(&self, layout: Layout) -> impl Iterator<Item = (&Step, &Task)> {
        self.tasks(layout)
            .filter(|(_, task)| task.effect == Effect::Build)
    }

    /// The ARGs whose versions `--set` can name.
    #[must_use]
    pub fn pins(&self) -> Vec<&str> {
        let layers = self.steps.iter().filter_map(|step| match &step.what {
            What::Fact(Fact::Dockerfile { layer, .. }) => Some(layer.arg.as_str()),
            _ => None,
        });
        layers.collect()
    }
}

/// Where a document comes from: whether its commands are trusted as the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It came with the program.
    BuiltIn,
    /// It was named by its path: its commands are somebody else's.
    Path,
}

/// One fenced block of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The heading above the block: what the program calls it.
    pub label: String,
    /// The block's first line in the document, counted from 1.
    pub line: usize,
    /// The step is there only where this holds.
    pub when: Option<Guard>,
    /// What the block says.
    pub what: What,
}

impl Step {
    /// Whether the step's guard lets it count on a layout.
    #[must_use]
    pub fn is_for(&self, layout: Layout) -> bool {
        self.when
            .as_ref()
            .is_none_or(|guard| guard.variable == "layout" && guard.value == layout.name())
    }
}

/// A condition on a step: a variable that must have a value. An unbound variable has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The variable's name; the checkout binds `layout`.
    pub variable: String,
    /// The value it must have.
    pub value: String,
}

/// What a block says: a fact about the checkout, or a task to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Holds, or is made to hold.
    Fact(Fact),
    /// Runs in the phase that its effect names.
    Task(Task),
}

/// A statement about the checkout that `add` makes true and `verify` looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Files that a branch holds stand in the checkout.
    Copy {
        /// The branch's name, without `refs/heads/`.
        branch: String,
        /// A fact for each file.
        files: Vec<Copied>,
    },
    /// Lines stand in a file.
    Append {
        /// The file, relative to the checkout's root, `/` between folders.
        to: PathBuf,
        /// The lines, without their line ends.
        lines: Vec<String>,
        /// The file's line after which they go; without it, where their kind belongs or at the end.
        at: Option<String>,
    },
    /// A Dockerfile installs a package in a layer of its own, at a version that an ARG pins.
    Dockerfile {
        /// The Dockerfile, relative to the checkout's root.
        file: PathBuf,
        /// What is installed, and beside what.
        layer: Layer,
    },
}

impl Fact {
    /// The files that the fact is about, relative to the checkout's root.
    #[must_use]
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Copy { files, .. } => files.iter().map(|copy| copy.to.as_path()).collect(),
            Self::Append { to: file, .. } | Self::Dockerfile { file, .. } => vec![file],
        }
    }
}

/// One file of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The path in the branch, `/` between folders.
    pub from: String,
    /// The path in the checkout, relative to its root.
    pub to: PathBuf,
}

/// A layer of a Dockerfile: one ARG that pins a version, and one RUN that installs a package by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The npm package whose install anchors the layer, such as `@anthropic-ai/claude-code`.
    pub after: String,
    /// The npm package that the RUN installs, such as `@openai/codex`.
    pub package: String,
    /// The ARG's name, such as `CODEX_VERSION`.
    pub arg: String,
    /// The version that the document gives the ARG.
    pub version: String,
    /// The RUN instruction as the document has it: LF between its lines, no final line end, `\` as the escape.
    pub run: String,
}

/// A command of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// When it runs.
    pub effect: Effect,
    /// The commands, one a line, each for `sh -c` in the checkout's root.
    pub commands: Vec<String>,
    /// What must be there for it to run.
    pub needs: Vec<Need>,
    /// An unmet need makes it unavailable, where otherwise it would be a refusal.
    pub optional: bool,
}

/// The phase of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Run by `add`, after the files are in place.
    Build,
    /// Run by `verify`.
    Test,
    /// Run by `verify`.
    Check,
    /// Done by hand, or by a later `configure`: `add` names it at its end.
    External,
    /// As `External`: connects what is installed to a group or channel.
    Wire,
    /// NanoClaw's `fetch`, `restart`, `step` and `refresh`: left to `configure`.
    Step,
}

impl Effect {
    /// The effect that a document names by this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "build" => Self::Build,
            "test" => Self::Test,
            "check" => Self::Check,
            "external" => Self::External,
            "wire" => Self::Wire,
            "fetch" | "restart" | "step" | "refresh" => Self::Step,
            _ => return None,
        })
    }
}

/// Something a task needs on the machine or in the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// The container engine that the host runs.
    Engine,
    /// A program on the `PATH`.
    Program(String),
    /// A script of the checkout's `package.json`.
    Script(String),
    /// A path in the checkout, relative to its root.
    Path(PathBuf),
}

/// A generation of checkout, by how its image gets the command-line programs of providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// ARG pins and RUNs in `container/Dockerfile`.
    Dockerfile,
    /// `container/cli-tools.json`, read by a script in the Dockerfile.
    CliTools,
}

impl Layout {
    /// The layout that a document names by this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Dockerfile, Self::CliTools]
            .into_iter()
            .find(|layout| layout.name() == word)
    }

    /// The word that documents and messages name it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dockerfile => "dockerfile",
            Self::CliTools => "cli-tools",
        }
    }
}

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
