//! The questions of a document: answered by flags, by `--input`, by the environment, by what `.env` holds, or by somebody who is there. Writes
//! nothing, and waits for nobody who is not.

use std::collections::BTreeMap;

use anyhow::Result;

use super::given::{Given, given};
use crate::answers::Answers;
use crate::checkout::Checkout;
use crate::cli::Configure;
use crate::env_file;
use crate::problem::Problem;
use crate::provider::codex;
use crate::skill::{ENV_FILE, Fact, Layout, Prompt, Question, Skill, Step, What};
use crate::ui::{Tint, Ui};
use crate::variables;

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

impl Interview<'_> {
    /// Binds the answer that is there without a question, where one is.
    fn answer(&self, prompt: &Prompt, answers: &mut Answers) -> Result<bool> {
        let given = self.given.get(&prompt.variable);
        if let Some((given, from)) = given.and_then(|it| Some((it, it.from.as_ref()?))) {
            return match answers.bind(prompt, &given.text) {
                Ok(()) => Ok(true),
                Err(expected) => {
                    let found = format!("{from}: {expected}");
                    Err(Problem::could_not_run(found).and_nothing_written().into())
                }
            };
        }
        // It may be a secret, whatever the question is for.
        if let Some((key, line, text)) = self.in_env(prompt, answers)
            && answers.bind_unseen(prompt, &text).is_ok()
        {
            let note = format!("{}: by {key} in {ENV_FILE}:{line}", prompt.variable);
            self.ui.tell(Tint::Dim, "answered", &note);
            return Ok(true);
        }
        Ok(given.is_some_and(|given| answers.bind(prompt, &given.text).is_ok()))
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
            // One of the environment may be there for another run.
            let from = from.filter(|from| from.starts_with("--"));
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

    /// The value that `.env` has of what the question is about: of the key that it names, or of the one that its answer would be written to. With
    /// that key and its line.
    fn in_env(&self, prompt: &Prompt, answers: &Answers) -> Option<(String, usize, String)> {
        let is_it = |value: &str| {
            let mut names = variables::names(value);
            names.next() == Some(&prompt.variable)
                && variables::fill(value, &|_| Some("")).is_empty()
        };
        let steps = self.skill.steps.iter();
        // A guard on an answer that is not there yet may come to hold.
        let may_count = |step: &&Step| {
            let guard = step.when.as_ref();
            let is_open = guard.is_some_and(|guard| answers.get(&guard.variable).is_none());
            is_open || answers.hold(guard)
        };
        let facts = steps.filter(may_count).filter_map(|step| match &step.what {
            What::Fact(Fact::EnvSet { lines }) => Some(lines),
            _ => None,
        });
        let written = facts.flatten().filter(|(_, value)| is_it(value));
        let mut keys = prompt.reuse.iter().chain(written.map(|(key, _)| key));
        keys.find_map(|key| {
            let (line, text) = env_file::given(&self.env, key)?;
            Some((key.clone(), line, text))
        })
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
