//! `skill configure`: signs in, and gives the host a model. What it writes outside the checkout is shown and confirmed first.

use std::path::Path;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::cli::{Auth, Configure};
use crate::command::look;
use crate::doctor::Patient;
use crate::files;
use crate::next;
use crate::problem::{Exit, Problem};
use crate::provider::codex::{self, Already, By, DropIn};
use crate::skills;
use crate::ui::{self, Tint, Ui};

/// Runs the command.
pub fn run(arguments: &Configure, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, directory)?;
    let checkout = Checkout::find(directory)?;
    checkout.of_this_user()?;
    let patient = Patient::new(&checkout, &skill)?;
    let job = Job {
        patient: &patient,
        arguments,
        ui,
    };
    job.is_possible()?;
    // Whatever cannot be done ends the command before something else is.
    let model = arguments.model.as_deref();
    let drop_in = model.map(|model| codex::drop_in(&patient, model));
    let drop_in = drop_in.transpose()?;
    let by = job.by()?;
    if by.is_none() && drop_in.is_none() {
        return Ok(job.nothing_asked());
    }
    if let Some(by) = by
        && !job.sign_in(&by)?
    {
        return Ok(Exit::Refused);
    }
    match &drop_in {
        Some(drop_in) => job.set_model(drop_in),
        None => Ok(Exit::Done),
    }
}

struct Job<'a> {
    patient: &'a Patient<'a>,
    arguments: &'a Configure,
    ui: Ui,
}

impl Job<'_> {
    fn is_possible(&self) -> Result<()> {
        let called = &self.patient.skill.called;
        if !codex::is(self.patient.skill) {
            let found = format!("nothing of `{called}` is to be configured");
            return Err(Problem::refused(found).into());
        }
        if self.patient.is_installed() {
            return Ok(());
        }
        let found = format!("`{called}` is not installed here");
        Err(Problem::refused(found)
            .hint(format!("nanoclaw skill add {called}"))
            .into())
    }

    /// How to sign in, where that was asked for, or is agreed to by somebody who is there.
    fn by(&self) -> Result<Option<By>> {
        let arguments = self.arguments;
        let names_key = arguments.api_key_stdin || arguments.api_key_file.is_some();
        if arguments.auth == Some(Auth::Chatgpt) {
            let found = if names_key {
                "a ChatGPT login takes no key"
            } else if arguments.yes || self.ui.can_ask() {
                return Ok(Some(By::ChatGpt));
            } else {
                "nobody is here to open the browser that a ChatGPT login takes; --yes begins it all the same"
            };
            return Err(Problem::could_not_run(found).and_nothing_written().into());
        }
        match arguments.auth.or(names_key.then_some(Auth::ApiKey)) {
            Some(Auth::Chatgpt) => Ok(Some(By::ChatGpt)),
            Some(Auth::ApiKey) => Ok(Some(By::ApiKey(self.key()?))),
            None if arguments.model.is_none() && self.ui.can_ask() => {
                let wants = self.ui.confirm("sign in with ChatGPT?")?;
                Ok(wants.then_some(By::ChatGpt))
            }
            None => Ok(None),
        }
    }

    /// The key, from where it was said to be: a file, standard input, or somebody who types it.
    fn key(&self) -> Result<String> {
        let text = if let Some(path) = &self.arguments.api_key_file {
            let context = || format!("failed to read `{}`", path.display());
            String::from_utf8(files::read_own(path).with_context(context)?).with_context(context)?
        } else if self.arguments.api_key_stdin {
            ui::read_secret()?
        } else {
            self.ui.secret("API key")?.ok_or_else(|| {
                let found = "nobody is here to type the key";
                let hint =
                    "--api-key-stdin reads it from standard input, --api-key-file FILE from a file";
                Problem::could_not_run(found)
                    .and_nothing_written()
                    .hint(hint)
            })?
        };
        codex::api_key(&text)
    }

    /// Whether somebody is signed in.
    fn sign_in(&self, by: &By) -> Result<bool> {
        codex::can_sign_in(self.patient)?;
        if let Already::There(login) =
            codex::look_at_login(self.patient, by, self.arguments.replace_login)?
        {
            self.ui.say(&format!(
                "already signed in {login}; --replace-login signs in anew"
            ));
            return Ok(true);
        }
        self.ui.say(
            "write    ~/.codex/auth.json, by codex login; a file that is there is kept beside it",
        );
        if !self.arguments.yes && !self.ui.confirm("sign in?")? {
            self.ui.say("nothing was written");
            return Ok(false);
        }
        let ui = self.ui;
        let kept = codex::sign_in(self.patient, by, &mut |line| ui.say(&format!("  {line}")))?;
        self.ui.tell(Tint::Good, "signed in", "");
        if let Some(kept) = kept {
            self.ui
                .say(&format!("  the old login is {}", next::quoted(&kept)));
        }
        self.ui
            .say("  every session gets its copy at the next start of its container");
        Ok(true)
    }

    fn set_model(&self, drop_in: &DropIn) -> Result<Exit> {
        let model = &drop_in.model;
        let restart = next::restart(self.patient.checkout);
        let restart = restart.command.unwrap_or(restart.what);
        if drop_in.is_there() {
            codex::write_drop_in(drop_in)?;
            self.ui
                .say(&format!("{model} is already set for {}", drop_in.unit));
            return Ok(Exit::Done);
        }
        let verb = if drop_in.old.is_some() {
            "replace "
        } else {
            "create  "
        };
        self.ui
            .tell(Tint::Good, verb, &drop_in.path.display().to_string());
        for (sign, text) in [("-", drop_in.old.as_deref()), ("+", Some(&*drop_in.text))] {
            for line in text.unwrap_or_default().lines() {
                self.ui.say(&format!("  {sign} {line}"));
            }
        }
        if !self.arguments.yes && !self.ui.confirm("write it?")? {
            self.ui.say("nothing was written");
            return Ok(Exit::Refused);
        }
        codex::write_drop_in(drop_in)?;
        self.ui.tell(
            Tint::Good,
            &format!("{model} is set"),
            &format!("for {}", drop_in.unit),
        );
        look::begin_next(self.patient.checkout, self.ui);
        self.ui
            .say(&format!("  # the host reads it at its start\n  {restart}"));
        Ok(Exit::Done)
    }

    /// Somebody said no; or nobody is there to be asked: what can be said in the command.
    fn nothing_asked(&self) -> Exit {
        if self.ui.can_ask() {
            self.ui.say("nothing was written");
            return Exit::Refused;
        }
        self.ui
            .say("pending: nothing was asked for, and nobody is here to be asked");
        self.ui.say(
            "  --auth chatgpt or --auth api-key signs in, --model MODEL gives the host a model",
        );
        Exit::Findings
    }
}
