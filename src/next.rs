//! What an installation leaves to the person: commands with this checkout's own names. Runs none of them.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::checkout::Checkout;
use crate::host::{self, Service};
use crate::needs;
use crate::skill::{Effect, Layout, Skill, Step, Task};
use crate::variables;

/// Something left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What it is, a clause.
    pub what: String,
    /// The command that does it, where this checkout has one.
    pub command: Option<String>,
}

impl Left {
    fn new(what: impl Into<String>, command: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            command: Some(command.into()),
        }
    }
}

/// What is left to do, each with its command.
pub fn steps(
    checkout: &Checkout,
    skill: &Skill,
    layout: Layout,
    written: &[PathBuf],
) -> Result<Vec<Left>> {
    let mut steps = Vec::new();
    if !written.is_empty() {
        steps.push(commit(checkout, skill, written));
    }
    steps.push(restart(checkout));
    steps.push(Left::new(
        "running containers keep the old image until they stop",
        host::containers(checkout),
    ));
    steps.extend(configure(skill));
    // What takes an answer is named when there is one.
    let needs_answer = |task: &Task| {
        task.commands
            .iter()
            .any(|it| variables::names(it).next().is_some())
    };
    for (step, task) in by_hand(skill, layout) {
        if task.effect == Effect::Wire && !needs_answer(task) {
            steps.push(by_person(checkout, skill, step, task)?);
        }
    }
    Ok(steps)
}

/// What the document asks of the person, by the headings of its questions.
fn configure(skill: &Skill) -> Option<Left> {
    let mut labels = Vec::new();
    for step in skill.steps.iter().filter(|step| step.is_of_configure()) {
        if !labels.contains(&step.label.as_str()) {
            labels.push(&step.label);
        }
    }
    let command = format!("nanoclaw skill configure {}", skill.called);
    (!labels.is_empty()).then(|| Left::new(labels.join(", "), command))
}

/// The commit of the written files. Git takes those that it ignores only by force.
fn commit(checkout: &Checkout, skill: &Skill, written: &[PathBuf]) -> Left {
    let (ignored, plain): (Vec<_>, Vec<_>) =
        written.iter().partition(|path| checkout.is_ignored(path));
    let add = |option: &str, paths: &[&PathBuf]| {
        let paths = paths.iter().map(|path| quoted(path)).collect::<Vec<_>>();
        let paths = paths.join(" \\\n      ");
        (!paths.is_empty()).then(|| format!("git add {option}{paths} &&\n    "))
    };
    let adds = [add("", &plain), add("-f ", &ignored)];
    let adds = adds.into_iter().flatten().collect::<String>();
    let what = if ignored.is_empty() {
        "commit"
    } else {
        "commit, with -f for files that git ignores"
    };
    Left::new(what, format!("{adds}git commit -m 'Add {}'", skill.name))
}

/// The tasks that are left to the person.
pub fn by_hand(skill: &Skill, layout: Layout) -> impl Iterator<Item = (&Step, &Task)> {
    let tasks = skill.tasks(layout);
    tasks.filter(|(_, task)| matches!(task.effect, Effect::Wire | Effect::Step))
}

/// A task for the person, by its commands where the checkout has what they need; else by the document, which says what they do.
pub fn by_person(checkout: &Checkout, skill: &Skill, step: &Step, task: &Task) -> Result<Left> {
    let unmet = needs::unmet(checkout, task)?;
    Ok(match unmet.first() {
        None => Left::new(&step.label, task.commands.join(" && ")),
        Some(unmet) => Left::new(
            format!(
                "{}: this checkout has no command for it ({}); the document says how",
                step.label, unmet.found
            ),
            format!("nanoclaw skill show {}", skill.called),
        ),
    })
}

/// Restarting the host, with the command for the service that is there, by the places where NanoClaw's `setup/service.ts` puts them; else for the one it would make.
#[must_use]
pub fn restart(checkout: &Checkout) -> Left {
    let Service { unit, label } = Service::of(checkout);
    let home = std::env::home_dir().unwrap_or_default();
    let in_home = |folder: &str, name: &str| home.join(folder).join(name).is_file();
    let system =
        |unit: &&String| Path::new(&format!("/etc/systemd/system/{unit}.service")).is_file();
    let of_user = |unit: &String| in_home(".config/systemd/user", &format!("{unit}.service"));
    let agent = |label: &&String| {
        cfg!(target_os = "macos") || in_home("Library/LaunchAgents", &format!("{label}.plist"))
    };
    let command = if let Some(unit) = unit.as_ref().filter(system) {
        Some(format!("sudo systemctl restart {unit}"))
    } else if !unit.as_ref().is_some_and(of_user)
        && checkout.is_file(Path::new("start-nanoclaw.sh"))
    {
        Some("bash start-nanoclaw.sh".to_owned())
    } else if let Some(label) = label.as_ref().filter(agent) {
        Some(format!("launchctl kickstart -k gui/$(id -u)/{label}"))
    } else {
        unit.map(|unit| format!("systemctl --user restart {unit}"))
    };
    let what = match command {
        Some(_) => "restart the host",
        None => {
            "restart the host, by the name of its service: src/install-slug.ts gives none that can be read"
        }
    };
    Left {
        what: what.to_owned(),
        command,
    }
}

/// An option and its value as a shell takes them: a value that looks like another option stands behind a sign.
#[must_use]
pub fn option(name: &str, value: &str) -> String {
    let sign = if value.starts_with('-') { '=' } else { ' ' };
    format!("{name}{sign}{}", quoted(Path::new(value)))
}

/// A path as a shell takes it.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '@');
    if text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
