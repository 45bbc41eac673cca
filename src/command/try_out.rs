//! `skill try`: the round trip with the real codex. Writes nothing to the checkout; what is asked goes to the model.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::checkout::Checkout;
use crate::cli::{Level, Try};
use crate::pinned::Pinned;
use crate::problem::{Exit, Problem};
use crate::process;
use crate::provider::codex::{self, Stage, Trip};
use crate::remote::mask;
use crate::shown;
use crate::skills;
use crate::ui::{Tint, Ui};

/// Runs the command.
pub fn run(arguments: &Try, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, directory)?;
    if skill.name != codex::CODEX {
        let found = format!("the skill {} has no provider to try", skill.called);
        return Err(Problem::refused(found).into());
    }
    let checkout = Checkout::find(directory)?;
    let pinned = Pinned::of(&skill, &checkout);
    if !process::is_program(codex::CODEX) {
        let found = format!("the program `{}` is not on the PATH", codex::CODEX);
        let mend = pinned.as_ref().map(Pinned::install);
        let problem = Problem::could_not_run(found);
        return Err(mend.into_iter().fold(problem, Problem::hint).into());
    }
    match arguments.level {
        Level::AppServer => app_server(arguments, pinned.as_ref(), ui),
    }
}

fn app_server(arguments: &Try, pinned: Option<&Pinned<'_>>, ui: Ui) -> Result<Exit> {
    ui.tell(
        Tint::Warn,
        "asks    ",
        "the model twice, in short, by the codex of this machine and its sign-in: that spends a little of the plan's quota",
    );
    if !arguments.yes && !ui.confirm("ask it?")? {
        ui.say("nothing was asked");
        return Ok(Exit::Refused);
    }
    tell_version(pinned, ui)?;
    let trip = Trip {
        prompt: arguments.prompt.as_deref().unwrap_or(codex::PROMPT),
        model: arguments.model.as_deref(),
        limit: Duration::from_secs(arguments.timeout),
    };
    let since = Instant::now();
    codex::round_trip(&trip, &mut |stage| print(stage, since, ui))?;
    line(Tint::Strong, "total", since, "", ui)?;
    Ok(Exit::Done)
}

/// Says that codex is of another version than the containers'.
fn tell_version(pinned: Option<&Pinned<'_>>, ui: Ui) -> Result<()> {
    let version = codex::version()?;
    let differs = |pinned: &&Pinned<'_>| version.as_deref() != Some(pinned.wanted());
    let Some(pinned) = pinned.filter(differs) else {
        return Ok(());
    };
    let found = version.map_or_else(
        || "says no version".to_owned(),
        |version| format!("is {}", shown::line(version)),
    );
    let place = match &pinned.version {
        Some(_) => format!("`ARG {}` in {}", pinned.layer.arg, pinned.file.display()),
        None => "the skill's document".to_owned(),
    };
    let note = format!(
        "the codex of this machine {found}, and containers have {} ({place})",
        shown::line(pinned.wanted()),
    );
    ui.tell(Tint::Warn, "note    ", &note);
    Ok(())
}

fn print(stage: &Stage, since: Instant, ui: Ui) -> Result<()> {
    let (word, rest) = match stage {
        Stage::Init {
            thread,
            model,
            account,
        } => {
            let (thread, model) = (shown::line(thread), shown::line(model));
            ("init", format!("thread {thread}, model {model}, {account}"))
        }
        Stage::Activity(count) => ("activity", format!("notifications: {count}")),
        Stage::Progress(items, parts) => {
            let rest = format!("items: {items}, parts of the text: {parts}");
            ("progress", rest)
        }
        Stage::Result(text) => ("result", answer(text)),
        Stage::Resume(text) => {
            let rest = format!("the same thread in another app-server: {}", answer(text));
            ("resume", rest)
        }
        Stage::StaleThread(words) => {
            let rest = format!("refused ({words}), and a fresh one began");
            ("stale thread", rest)
        }
    };
    line(Tint::Good, word, since, &rest, ui)
}

/// A line of a stage: its name, the time since the start, and what is to say of it.
fn line(tint: Tint, word: &str, since: Instant, rest: &str, ui: Ui) -> Result<()> {
    let passed = format!("{:>6} ms  {rest}", since.elapsed().as_millis());
    ui.print(tint, &format!("{word:13}"), passed.trim_end())
}

/// What the model says, without credentials. Set in, so that no line of it looks like one of ours.
fn answer(text: &str) -> String {
    mask(text.trim()).replace('\n', "\n                        ")
}
