//! The vocabulary: a skill, its steps, and what a fact can turn out to be. Holds values only; it reads and decides nothing.

mod outcome;
mod question;

use std::path::{Path, PathBuf};

pub use outcome::{ByHand, Fault, Outcome};
pub use question::{INPUT, Normalize, Prompt, Question, Rule, input};

use crate::digest::sha1;
use crate::variables;

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
    /// Whether its questions are answered, so that the facts which `configure` makes true count, too.
    pub is_answered: bool,
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
                What::Fact(fact) if fact.is_of_configure() && !self.is_answered => None,
                What::Fact(fact) => Some((step, fact)),
                What::Question(_) | What::Task(_) => None,
            })
    }

    /// The tasks that count on a layout, each with its step.
    pub fn tasks(&self, layout: Layout) -> impl Iterator<Item = (&Step, &Task)> {
        self.steps
            .iter()
            .filter(move |step| step.is_for(layout))
            .filter_map(|step| match &step.what {
                What::Task(task) => Some((step, task)),
                What::Fact(_) | What::Question(_) => None,
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

    /// Whether `configure` asks it, makes it true or runs it.
    #[must_use]
    pub fn is_of_configure(&self) -> bool {
        match &self.what {
            What::Fact(fact) => fact.is_of_configure(),
            What::Question(_) => true,
            What::Task(task) => task.effect == Effect::External,
        }
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

/// What a block says: a fact about the checkout, a question to the person, or a task to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Holds, or is made to hold.
    Fact(Fact),
    /// Asked or said by `configure`.
    Question(Question),
    /// Runs in the phase that its effect names.
    Task(Task),
}

impl What {
    /// The texts in which `{{variable}}` stands for an answer.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Fact(Fact::EnvSet { lines }) => {
                lines.iter().map(|(_, value)| value.as_str()).collect()
            }
            Self::Fact(Fact::Setting { setting, .. }) => vec![&setting.value],
            Self::Question(Question::Operator(text)) => vec![text],
            Self::Task(task) => task.commands.iter().map(String::as_str).collect(),
            Self::Fact(_) | Self::Question(Question::Prompt(_)) => Vec::new(),
        }
    }
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
    /// A Dockerfile gives what it installs a setting.
    Setting {
        /// The Dockerfile, relative to the checkout's root.
        file: PathBuf,
        /// The setting, and after what it stands.
        setting: Setting,
    },
    /// `.env` gives keys a value. Made true by `configure` alone: a check of the sources knows no `.env`.
    EnvSet {
        /// Each key with its value, in which `{{variable}}` stands for an answer.
        lines: Vec<(String, String)>,
    },
}

/// NanoClaw's `.env`, relative to the checkout's root.
pub const ENV_FILE: &str = ".env";

impl Fact {
    /// Whether `configure` alone makes it true: a check of the sources knows no `.env` and no answers.
    #[must_use]
    pub fn is_of_configure(&self) -> bool {
        match self {
            Self::EnvSet { .. } => true,
            Self::Setting { setting, .. } => variables::names(&setting.value).next().is_some(),
            Self::Copy { .. } | Self::Append { .. } | Self::Dockerfile { .. } => false,
        }
    }

    /// The files that the fact is about, relative to the checkout's root.
    #[must_use]
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Copy { files, .. } => files.iter().map(|copy| copy.to.as_path()).collect(),
            Self::Append { to: file, .. }
            | Self::Dockerfile { file, .. }
            | Self::Setting { file, .. } => vec![file],
            Self::EnvSet { .. } => vec![Path::new(ENV_FILE)],
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

/// A setting in a Dockerfile: one ARG that holds its value, and one RUN that writes it into the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The npm package after whose install it stands, such as `@openai/codex`.
    pub after: String,
    /// The ARG's name.
    pub arg: String,
    /// The ARG's value, in which `{{variable}}` stands for an answer.
    pub value: String,
    /// The RUN instruction as the document has it: LF between its lines, no final line end, `\` as the escape.
    pub run: String,
}

/// A command of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// When it runs.
    pub effect: Effect,
    /// The commands, one a line, each for `sh -c` in the checkout's root. `{{variable}}` stands for an answer.
    pub commands: Vec<String>,
    /// What must be there for it to run.
    pub needs: Vec<Need>,
    /// An unmet need makes it unavailable, where otherwise it would be a refusal.
    pub optional: bool,
}

impl Task {
    /// The commands as a shell takes them, with the answers in its environment.
    #[must_use]
    pub fn for_shell(&self) -> Vec<String> {
        let commands = self.commands.iter();
        // A document whose commands cannot be made so was refused.
        let made =
            commands.map(|it| variables::for_shell(it).unwrap_or_else(|_| "false".to_owned()));
        made.collect()
    }
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
    /// Run by `configure`: it changes something outside the checkout.
    External,
    /// Done by hand: it connects what is installed to a group or channel. `add` and `configure` name it at their end.
    Wire,
    /// NanoClaw's `fetch`, `restart`, `step` and `refresh`, which are left to its own tools: `configure` names it at its end.
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
