//! `skill try`: a round trip with the real model, by as much of the way as a level has. Writes nothing to the checkout; what is asked goes to the model.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};

use crate::checkout::Checkout;
use crate::cli::{Level, Try};
use crate::doctor::Service;
use crate::masking::mask;
use crate::needs::{self, Unmet};
use crate::pinned::Pinned;
use crate::problem::{Exit, Problem};
use crate::process;
use crate::provider::codex::{self, Stage, Trip};
use crate::registry;
use crate::shown;
use crate::skills;
use crate::temporary;
use crate::ui::{Tint, Ui};

/// Runs the command.
pub fn run(arguments: &Try, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, directory)?;
    if skill.name != codex::CODEX {
        let found = format!("the skill {} has no provider to try", skill.called);
        return Err(Problem::refused(found).into());
    }
    let checkout = Checkout::find(directory)?;
    let trial = Trial {
        arguments,
        pinned: Pinned::of(&skill, &checkout),
        checkout,
        ui,
    };
    match arguments.level {
        Level::AppServer => trial.app_server(),
        Level::Provider => trial.provider(),
        Level::Container => trial.container(),
        Level::Chat => trial.chat(),
    }
}

/// What a trial of every level goes by.
struct Trial<'a> {
    arguments: &'a Try,
    checkout: Checkout,
    pinned: Option<Pinned<'a>>,
    ui: Ui,
}

impl Trial<'_> {
    fn app_server(&self) -> Result<Exit> {
        self.has_codex()?;
        let asks = "the model twice, in short, by the codex of this machine and its sign-in";
        if !self.may_ask(asks)? {
            return Ok(Exit::Refused);
        }
        self.tell_version()?;
        let model = self.arguments.model.as_deref();
        self.time(|passed| codex::round_trip(&self.trip(model), passed))
    }

    fn provider(&self) -> Result<Exit> {
        self.has_provider()?;
        self.has_codex()?;
        if !process::is_program("bun") {
            return Err(unmet(needs::program(&self.checkout, "bun")));
        }
        let model = self.model()?;
        let asks = "the model three times, in short, by the provider of this checkout, and bun and codex of this machine with its sign-in; the provider lets codex change files unasked, which no container fences here";
        if !self.may_ask(asks)? {
            return Ok(Exit::Refused);
        }
        self.tell_version()?;
        let trip = self.trip(model.as_deref());
        self.time(|passed| codex::by_provider(&trip, &self.checkout, passed))
    }

    fn container(&self) -> Result<Exit> {
        self.has_provider()?;
        if let Some(engine) = needs::engine(&self.checkout)? {
            return Err(unmet(engine));
        }
        let image = codex::image(&self.checkout)?;
        let model = self.model()?;
        let shown = shown::line(&image);
        let asks = format!(
            "the model three times, in short, by the provider of this checkout in a container of {shown}"
        );
        if !self.may_ask(&asks)? {
            return Ok(Exit::Refused);
        }
        let trip = self.trip(model.as_deref());
        self.time(|passed| codex::in_container(&trip, &self.checkout, &image, passed))
    }

    fn chat(&self) -> Result<Exit> {
        if self.arguments.model.is_some() {
            let found = "the model of a group is that of its host's service: --model is for the other levels";
            let hint = format!("nanoclaw skill configure {} --model MODEL", codex::CODEX);
            return Err(Problem::could_not_run(found).hint(hint).into());
        }
        let mut wired = codex::wired(&self.checkout)?;
        let asks = format!(
            "the model once, by a message to {} that stays in its chat; a terminal in that chat is cut off",
            wired.groups
        );
        if !self.may_ask(&asks)? {
            return Ok(Exit::Refused);
        }
        let trip = self.trip(None);
        self.time(|passed| codex::by_message(&trip, &self.checkout, &mut wired, passed))
    }

    /// Refuses to go on without codex here.
    fn has_codex(&self) -> Result<()> {
        if process::is_program(codex::CODEX) {
            return Ok(());
        }
        let found = format!("the program `{}` is not on the PATH", codex::CODEX);
        let mend = self.pinned.as_ref().map(Pinned::install);
        let problem = Problem::could_not_run(found);
        Err(mend.into_iter().fold(problem, Problem::hint).into())
    }

    /// Refuses to go on where the agent runner does not know the provider.
    fn has_provider(&self) -> Result<()> {
        let names = registry::in_container(&self.checkout);
        if names.iter().any(|name| name == codex::CODEX) {
            return Ok(());
        }
        let names = names.iter().map(shown::line).collect::<Vec<_>>();
        let found = format!(
            "the agent runner of this checkout has no provider {}, but {}",
            codex::CODEX,
            names.join(", ")
        );
        let hint = format!("nanoclaw skill add {}", codex::CODEX);
        Err(Problem::refused(found).hint(hint).into())
    }

    /// The model that the provider is to ask: the one that is named, else the one of the host's service.
    fn model(&self) -> Result<Option<String>> {
        if let Some(model) = &self.arguments.model {
            return Ok(Some(model.clone()));
        }
        let home = std::env::home_dir().unwrap_or_default();
        let service = Service::look(&self.checkout, &home)?;
        Ok(service.variable(codex::CODEX_MODEL))
    }

    /// Says what is spent, and asks whether it may be.
    fn may_ask(&self, asks: &str) -> Result<bool> {
        let spends = format!("{asks}: that spends a little of the plan's quota");
        self.ui.tell(Tint::Warn, "asks    ", &spends);
        let may = self.arguments.yes || self.ui.confirm("ask it?")?;
        if !may {
            self.ui.say("nothing was asked");
        }
        Ok(may)
    }

    fn trip<'a>(&'a self, model: Option<&'a str>) -> Trip<'a> {
        Trip {
            prompt: self.arguments.prompt.as_deref().unwrap_or(codex::PROMPT),
            model,
            limit: Duration::from_secs(self.arguments.timeout),
        }
    }

    /// Makes a round trip, a line a stage, and says how long it took in all.
    fn time(
        &self,
        round_trip: impl FnOnce(&mut dyn FnMut(&Stage) -> Result<()>) -> Result<()>,
    ) -> Result<Exit> {
        let since = Instant::now();
        let made = round_trip(&mut |stage| print(stage, since, self.ui));
        self.tell_left();
        made?;
        line(Tint::Strong, "total", since, "", self.ui)?;
        Ok(Exit::Done)
    }

    /// Says what is left of the round trip and should not be.
    fn tell_left(&self) {
        let containers = process::containers_left().into_iter();
        let containers = containers.map(|container| container.to_string());
        for left in containers.chain(temporary::left()) {
            self.ui.tell(Tint::Warn, "left    ", &left);
        }
    }

    /// Says that codex is of another version than the containers'.
    fn tell_version(&self) -> Result<()> {
        let version = codex::version()?;
        let differs = |pinned: &&Pinned<'_>| version.as_deref() != Some(pinned.wanted());
        let Some(pinned) = self.pinned.as_ref().filter(differs) else {
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
        self.ui.tell(Tint::Warn, "note    ", &note);
        Ok(())
    }
}

/// What is needed and not there, as an error.
fn unmet(Unmet { found, mend }: Unmet) -> Error {
    Problem::could_not_run(found).hint(mend).into()
}

fn print(stage: &Stage, since: Instant, ui: Ui) -> Result<()> {
    let (word, rest) = match stage {
        Stage::Sent => ("sent", "the host took the message".to_owned()),
        Stage::Init {
            thread,
            model,
            account,
        } => {
            let model = if model.is_empty() {
                "the provider's own"
            } else {
                model
            };
            let (thread, model) = (shown::line(thread), shown::line(model));
            let account = account.iter().map(|account| format!(", {account}"));
            let account = account.collect::<String>();
            ("init", format!("thread {thread}, model {model}{account}"))
        }
        Stage::Activity(count) => ("activity", format!("notifications: {count}")),
        Stage::Progress(found) => ("progress", found.clone()),
        Stage::Result(text) => ("result", answer(text)),
        Stage::Thread(thread) => {
            let rest = format!("{}, which the chat goes on with", shown::line(thread));
            ("thread", rest)
        }
        Stage::Resume(text) => {
            let rest = format!("the same thread in another app-server: {}", answer(text));
            ("resume", rest)
        }
        Stage::StaleThread(how) => ("stale thread", format!("{how}, and a fresh one began")),
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
