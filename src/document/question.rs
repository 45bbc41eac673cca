//! The blocks of a document for `configure`: questions, words to a person, and keys of `.env`; and that every variable is asked for before it is used.

use std::collections::BTreeMap;

use super::{Head, Located, lines, some};
use crate::skill::{Effect, Fact, Normalize, Prompt, Question, Rule, Step, Task, What, input};
use crate::variables;

/// What a checkout binds.
const LAYOUT: &str = "layout";

pub(super) fn prompt(head: &mut Head, body: &str) -> Result<Question, String> {
    let is_secret = head.take_word("secret");
    let variable = match head.words.as_slice() {
        [variable] if variables::is_name(variable) && variable != LAYOUT => variable.clone(),
        found => {
            return Err(format!(
                "`nc:prompt` needs one variable, a name of letters, digits and `_` other than `{LAYOUT}`; found `{}`",
                found.join(" ")
            ));
        }
    };
    head.words.clear();
    let flags = head.take("flags").unwrap_or_default();
    let rule = head.take("validate");
    let rule = rule
        .map(|pattern| Rule::new(&pattern, &flags))
        .transpose()?;
    let normalize = head.take("normalize");
    let normalize = normalize.map(|word| {
        Normalize::named(&word).ok_or_else(|| {
            format!("expected `normalize:` trim, rstrip-slash or lower, found `{word}`")
        })
    });
    let choices = head.take("choices").unwrap_or_default();
    let choices = choices.split(',').filter(|choice| !choice.is_empty());
    let reuse = head.take("reuse");
    if let Some(key) = reuse.as_ref().filter(|key| !variables::is_name(key)) {
        return Err(format!(
            "expected a key of `.env` for `reuse:`, found `{key}`"
        ));
    }
    Ok(Question::Prompt(Prompt {
        variable,
        is_secret,
        question: words(body)?,
        choices: choices.map(str::to_owned).collect(),
        rule,
        normalize: normalize.transpose()?,
        reuse,
    }))
}

pub(super) fn operator(body: &str) -> Result<Question, String> {
    words(body).map(Question::Operator)
}

pub(super) fn env_set(body: &str) -> Result<Fact, String> {
    let pairs = lines(body)
        .map(|line| match line.split_once('=') {
            Some((key, value)) if variables::is_name(key.trim()) => {
                Ok((key.trim().to_owned(), value.trim().to_owned()))
            }
            _ => Err(format!("expected `KEY=value`, found `{line}`")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    some(&pairs, "a `KEY=value` a line")?;
    Ok(Fact::EnvSet { lines: pairs })
}

fn words(body: &str) -> Result<String, String> {
    let text = body.trim();
    if text.is_empty() {
        return Err("the block is empty; expected words to a person".to_owned());
    }
    Ok(text
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n"))
}

/// Every rule for an answer is a regular expression.
pub(super) fn rules(steps: &[Step]) -> Located<()> {
    for step in steps {
        if let What::Question(Question::Prompt(prompt)) = &step.what {
            let checked = prompt.rule.as_ref().map_or(Ok(()), Rule::check);
            checked.map_err(|found| (step.line, found))?;
        }
    }
    Ok(())
}

/// Every variable that a step names is asked for above it, and no two are called alike in the environment.
pub(super) fn bound(steps: &[Step]) -> Located<()> {
    let mut asked = BTreeMap::new();
    for step in steps {
        if let Some(guard) = &step.when
            && guard.variable != LAYOUT
        {
            is_asked(&guard.variable, &asked).map_err(|found| (step.line, found))?;
            is_guarded(&step.what).map_err(|found| (step.line, found))?;
        }
        for text in step.what.texts() {
            for name in variables::names(text) {
                is_asked(name, &asked).map_err(|found| (step.line, found))?;
            }
        }
        match &step.what {
            What::Question(Question::Prompt(prompt)) => {
                let variable = &prompt.variable;
                let input = input(variable);
                let first = asked.entry(input.clone()).or_insert(variable);
                if *first != variable {
                    let found =
                        format!("`{first}` and `{variable}` are both {input} in the environment");
                    return Err((step.line, found));
                }
                let mut before = prompts(steps).take_while(|other| *other != prompt);
                if before.any(|it| it.variable == *variable && it.is_secret != prompt.is_secret) {
                    let found =
                        format!("`{variable}` is a secret in one question, and none in another");
                    return Err((step.line, found));
                }
            }
            What::Task(task) => is_for_shell(task).map_err(|found| (step.line, found))?,
            _ => {}
        }
    }
    Ok(())
}

fn prompts(steps: &[Step]) -> impl Iterator<Item = &Prompt> {
    steps.iter().filter_map(|step| match &step.what {
        What::Question(Question::Prompt(prompt)) => Some(prompt),
        _ => None,
    })
}

fn is_asked(name: &str, asked: &BTreeMap<String, &String>) -> Result<(), String> {
    if asked.values().any(|variable| *variable == name) {
        return Ok(());
    }
    Err(format!(
        "the variable `{name}` is asked for by no `nc:prompt` above"
    ))
}

/// Installing asks nothing, so that what it does cannot hang on an answer.
fn is_guarded(what: &What) -> Result<(), String> {
    match what {
        What::Fact(Fact::EnvSet { .. } | Fact::Setting { .. }) | What::Question(_) => Ok(()),
        What::Task(task) if takes_answers(task) => Ok(()),
        What::Fact(_) | What::Task(_) => Err(format!(
            "what is installed, built or tested can hang on `{LAYOUT}` alone, not on an answer"
        )),
    }
}

fn takes_answers(task: &Task) -> bool {
    matches!(task.effect, Effect::External | Effect::Wire | Effect::Step)
}

fn is_for_shell(task: &Task) -> Result<(), String> {
    for command in &task.commands {
        variables::for_shell(command)?;
        if !takes_answers(task) && variables::names(command).next().is_some() {
            return Err("a build or a test takes no answer".to_owned());
        }
    }
    Ok(())
}
