//! The questions of a document: answered by flags, by `--input`, by the environment, by what `.env` holds, or by somebody who is there. Writes
//! nothing, and waits for nobody who is not.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::prompts;
use crate::answers::Answers;
use crate::checkout::Checkout;
use crate::cli::Configure;
use crate::env_file;
use crate::files;
use crate::problem::Problem;
use crate::provider::codex;
use crate::shown;
use crate::skill::{ENV_FILE, Fact, Layout, Prompt, Question, Skill, Step, What};
use crate::ui::{self, Tint, Ui};

/// The choice that leaves something as it is.
const KEEP: &str = "keep";

/// How the questions ended.
pub(super) enum Ended {
    /// Each has its answer.
    Answered(Answers),
    /// Some have none, and nobody is there to be asked.
    Pending,
    /// Somebody would not answer.
    Declined,
}

/// Asks what the document asks, in its order, as far as its guards let it.
pub(super) fn hold(
    skill: &Skill,
    checkout: &Checkout,
    arguments: &Configure,
    ui: Ui,
) -> Result<Ended> {
    let interview = Interview {
        skill,
        given: given(skill, arguments)?,
        env: checkout.bytes(ENV_FILE.as_ref()).unwrap_or_default(),
        ui,
    };
    let mut answers = Answers::default();
    let mut pending = Vec::new();
    let Some(layout) = checkout.layout() else {
        return Ok(Ended::Answered(answers));
    };
    for step in &skill.steps {
        if !is_of(step, layout) || !answers.hold(step.when.as_ref()) {
            continue;
        }
        match &step.what {
            What::Question(Question::Operator(text)) => ui.say(&answers.shown(text)),
            What::Question(Question::Prompt(prompt)) => {
                if interview.answer(prompt, &mut answers)? {
                    continue;
                }
                if !ui.can_ask() {
                    pending.push(prompt);
                } else if !interview.ask(prompt, &mut answers)? {
                    return Ok(Ended::Declined);
                }
            }
            What::Fact(_) | What::Task(_) => {}
        }
    }
    if pending.is_empty() {
        interview.is_used_up(&answers)?;
        return Ok(Ended::Answered(answers));
    }
    for prompt in pending {
        say_pending(prompt, ui);
    }
    ui.say("nothing was written: nobody is here to be asked");
    Ok(Ended::Pending)
}

/// Whether a guard on the layout, if there is one, lets a step count.
fn is_of(step: &Step, layout: Layout) -> bool {
    let guard = step.when.as_ref();
    guard.is_none_or(|guard| guard.variable != "layout" || guard.value == layout.name())
}

fn say_pending(prompt: &Prompt, ui: Ui) {
    let first = prompt.question.lines().next().unwrap_or_default();
    ui.tell(
        Tint::Warn,
        "pending ",
        &format!("{}: {first}", prompt.variable),
    );
    let input = prompt.input();
    let how = if prompt.is_secret {
        let options = [("api_key", "--api-key-stdin, --api-key-file FILE or ")];
        let option = options.iter().find(|(name, _)| *name == prompt.variable);
        let option = option.map_or("", |(_, option)| option);
        format!("{option}{input} in the environment answers it")
    } else {
        let value = prompt.choices.join("|");
        let value = if value.is_empty() { "VALUE" } else { &value };
        format!(
            "--input {}={value}, or {input} in the environment, answers it",
            prompt.variable
        )
    };
    ui.say(&format!("         {how}"));
}

struct Interview<'a> {
    skill: &'a Skill,
    given: BTreeMap<String, Given>,
    env: Vec<u8>,
    ui: Ui,
}

/// An answer from the command line.
struct Given {
    text: String,
    /// The option that it comes from; none of what only follows from other options.
    from: Option<String>,
}

impl Interview<'_> {
    /// Binds the answer that is there without a question, where one is.
    fn answer(&self, prompt: &Prompt, answers: &mut Answers) -> Result<bool> {
        let given = self.given.get(&prompt.variable);
        let explicit = given.and_then(|given| Some((given.text.clone(), given.from.clone()?)));
        let input = prompt.input();
        let of_environment = || match std::env::var(&input) {
            Ok(text) if !text.is_empty() => Ok(Some((text, input.clone()))),
            Ok(_) | Err(std::env::VarError::NotPresent) => Ok(None),
            Err(_) => {
                let found = format!("{input} in the environment is not UTF-8");
                Err(Problem::could_not_run(found).and_nothing_written())
            }
        };
        let found = match explicit {
            Some(found) => Some(found),
            None => of_environment()?,
        };
        if let Some((text, from)) = found {
            return match answers.bind(prompt, &text) {
                Ok(()) => Ok(true),
                Err(expected) => {
                    let found = format!("{from}: {expected}");
                    Err(Problem::could_not_run(found).and_nothing_written().into())
                }
            };
        }
        if let Some((line, text)) = self.in_env(prompt)
            && answers.bind(prompt, &text).is_ok()
        {
            let note = format!("{}: its value is in {ENV_FILE}:{line}", prompt.variable);
            self.ui.tell(Tint::Dim, "answered", &note);
            return Ok(true);
        }
        match given {
            Some(given) => Ok(answers.bind(prompt, &given.text).is_ok()),
            None => Ok(false),
        }
    }

    /// Every answer of the command line was asked for. One that was not is a [`Problem`]: what it was meant to do is not done.
    fn is_used_up(&self, answers: &Answers) -> Result<()> {
        for step in &self.skill.steps {
            let (What::Question(Question::Prompt(prompt)), Some(guard)) = (&step.what, &step.when)
            else {
                continue;
            };
            let given = self.given.get(&prompt.variable);
            let from = given.and_then(|given| given.from.as_ref());
            if let Some(from) = from.filter(|_| answers.get(&prompt.variable).is_none()) {
                let found = format!(
                    "{from}: `{}` is asked for only where `{}` is {}",
                    prompt.variable, guard.variable, guard.value
                );
                return Err(Problem::could_not_run(found).and_nothing_written().into());
            }
        }
        Ok(())
    }

    /// The value that `.env` has of what the question is about: of the key that it names, or of the one that its answer would be written to.
    fn in_env(&self, prompt: &Prompt) -> Option<(usize, String)> {
        let reference = format!("{{{{{}}}}}", prompt.variable);
        let facts = self.skill.steps.iter().filter_map(|step| match &step.what {
            What::Fact(Fact::EnvSet { lines }) => Some(lines),
            _ => None,
        });
        let written = facts.flatten().filter(|(_, value)| *value == reference);
        let written = written.map(|(key, _)| key);
        let mut keys = prompt.reuse.iter().chain(written);
        keys.find_map(|key| env_file::given(&self.env, key))
    }

    /// Asks somebody who is there, until the answer is one: whether there is one.
    fn ask(&self, prompt: &Prompt, answers: &mut Answers) -> Result<bool> {
        if codex::is(self.skill) {
            for note in codex::notes(&prompt.variable) {
                self.ui.tell(Tint::Dim, "note    ", &note);
            }
        }
        self.ui.say(&answers.shown(&prompt.question));
        loop {
            let name = &prompt.variable;
            let answer = if prompt.is_secret {
                self.ui.secret(name)?
            } else if prompt.choices.is_empty() {
                self.ui.line(name)?
            } else {
                self.ui.choose(name, &prompt.choices)?
            };
            let Some(text) = answer else {
                return Ok(false);
            };
            match answers.bind(prompt, &text) {
                Ok(()) => return Ok(true),
                Err(expected) => self.ui.tell(Tint::Warn, "again   ", &expected),
            }
        }
    }
}

/// The answers of the command line, by variable.
fn given(skill: &Skill, arguments: &Configure) -> Result<BTreeMap<String, Given>> {
    let mut given = BTreeMap::new();
    let mut add = |name: &str, text: String, from: Option<&str>| {
        let prompt = prompts(skill).find(|prompt| prompt.variable == name);
        let Some(prompt) = prompt else {
            let there = prompts(skill).map(|prompt| prompt.variable.as_str());
            let there = there.collect::<Vec<_>>().join(", ");
            let found = format!(
                "{}: {} asks for no `{}`; it asks for: {there}",
                from.unwrap_or("--input"),
                skill.called,
                shown::line(name)
            );
            return Err(Problem::could_not_run(found).and_nothing_written());
        };
        if prompt.is_secret && from == Some("--input") {
            let found = format!(
                "--input: `{name}` is a secret, and arguments are seen by everyone on this machine"
            );
            let hint = format!("give it as {} in the environment", prompt.input());
            return Err(Problem::could_not_run(found)
                .and_nothing_written()
                .hint(hint));
        }
        let from = from.map(str::to_owned);
        given.insert(name.to_owned(), Given { text, from });
        Ok(())
    };
    for input in &arguments.input {
        let Some((name, text)) = input.split_once('=') else {
            let found = format!(
                "--input: expected NAME=VALUE, found `{}`",
                shown::line(input)
            );
            return Err(Problem::could_not_run(found).and_nothing_written().into());
        };
        add(name, text.to_owned(), Some("--input"))?;
    }
    for (option, name, text) in options(arguments)? {
        add(name, text, Some(option))?;
    }
    imply(skill, &mut given);
    Ok(given)
}

/// What follows from answers of the command line: a question that counts only after another answer implies that one; and what is not spoken
/// of stays as it is, where the document offers that.
fn imply(skill: &Skill, given: &mut BTreeMap<String, Given>) {
    let follows = |text: &str| Given {
        text: text.to_owned(),
        from: None,
    };
    // A guard's own question may have a guard.
    for step in skill.steps.iter().rev() {
        if let (What::Question(Question::Prompt(prompt)), Some(guard)) = (&step.what, &step.when)
            && given.contains_key(&prompt.variable)
        {
            let variable = guard.variable.clone();
            given
                .entry(variable)
                .or_insert_with(|| follows(&guard.value));
        }
    }
    if !given.is_empty() {
        let offers = |prompt: &&Prompt| prompt.choices.iter().any(|choice| choice == KEEP);
        for prompt in prompts(skill).filter(offers) {
            let variable = prompt.variable.clone();
            given.entry(variable).or_insert_with(|| follows(KEEP));
        }
    }
}

/// The options that answer questions of their own names.
fn options(arguments: &Configure) -> Result<Vec<(&'static str, &'static str, String)>> {
    let mut found = Vec::new();
    if let Some(auth) = arguments.auth {
        found.push(("--auth", "auth", auth.name().to_owned()));
    }
    if let Some(path) = &arguments.api_key_file {
        let context = || format!("failed to read `{}`", path.display());
        let text = files::read_own(path).with_context(context)?;
        let text = String::from_utf8(text).with_context(context)?;
        found.push(("--api-key-file", "api_key", text));
    } else if arguments.api_key_stdin {
        found.push(("--api-key-stdin", "api_key", ui::read_secret()?));
    }
    if let Some(model) = &arguments.model {
        found.push(("--model", "model", model.clone()));
    }
    if let Some(url) = &arguments.base_url {
        found.push(("--base-url", "base_url", url.clone()));
    }
    Ok(found)
}
