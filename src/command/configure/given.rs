//! The answers that the command line and the environment give, and what follows from them. Asks nobody.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};

use super::prompts;
use crate::cli::Configure;
use crate::problem::Problem;
use crate::shown;
use crate::skill::{Prompt, Question, Skill, What};
use crate::ui;

/// The choice that leaves something as it is.
const KEEP: &str = "keep";

/// An answer from the command line or the environment.
pub(super) struct Given {
    pub(super) text: String,
    /// The option or the variable that it comes from; none of what only follows from others.
    pub(super) from: Option<String>,
}

/// The answers of the command line and of the environment, by variable.
pub(super) fn given(skill: &Skill, arguments: &Configure) -> Result<BTreeMap<String, Given>> {
    let mut given = BTreeMap::new();
    for (option, name, text) in options(arguments)? {
        add(&mut given, skill, name, text, option)?;
    }
    for input in &arguments.input {
        let Some((name, text)) = input.split_once('=') else {
            let found = format!(
                "{INPUT}: expected NAME=VALUE, found `{}`",
                shown::line(input)
            );
            return Err(Problem::could_not_run(found).and_nothing_written().into());
        };
        add(&mut given, skill, name, text.to_owned(), INPUT)?;
    }
    let is_on_line = !given.is_empty();
    imply(skill, &mut given);
    for prompt in prompts(skill) {
        let input = prompt.input();
        let text = match std::env::var(&input) {
            Ok(text) if !text.is_empty() => text,
            Ok(_) | Err(std::env::VarError::NotPresent) => continue,
            Err(_) => {
                let found = format!("{input} in the environment is not UTF-8");
                return Err(Problem::could_not_run(found).and_nothing_written().into());
            }
        };
        // What the command line says counts more, what only follows from it less.
        let is_said = |given: &Given| given.from.is_some();
        if !given.get(&prompt.variable).is_some_and(is_said) {
            let from = Some(input);
            given.insert(prompt.variable.clone(), Given { text, from });
        }
    }
    // Beside a command line that asks for something else, what the environment holds asks for nothing more.
    if !is_on_line {
        imply(skill, &mut given);
    }
    Ok(given)
}

/// The option that answers any question.
const INPUT: &str = "--input";

/// Adds an answer of the command line.
fn add(
    given: &mut BTreeMap<String, Given>,
    skill: &Skill,
    name: &str,
    text: String,
    from: &str,
) -> Result<()> {
    let refused = |found: String| Problem::could_not_run(found).and_nothing_written();
    let Some(prompt) = prompts(skill).find(|prompt| prompt.variable == name) else {
        let there = prompts(skill).map(|prompt| prompt.variable.as_str());
        let there = there.collect::<Vec<_>>().join(", ");
        let found = format!(
            "{from}: {} asks for no `{}`; it asks for: {there}",
            skill.called,
            shown::line(name)
        );
        return Err(refused(found).into());
    };
    if prompt.is_secret && from == INPUT {
        let found = format!(
            "{from}: `{name}` is a secret, and arguments are seen by everyone on this machine"
        );
        let hint = format!("give it as {} in the environment", prompt.input());
        return Err(refused(found).hint(hint).into());
    }
    let answer = Given {
        text,
        from: Some(from.to_owned()),
    };
    match given.insert(name.to_owned(), answer) {
        Some(other) if given.get(name).is_some_and(|it| it.text != other.text) => {
            let found = format!("{from}: `{name}` is given twice, and not alike");
            Err(refused(found).into())
        }
        _ => Ok(()),
    }
}

/// What follows from answers that are given: a question that counts only after another answer implies that one; and what is not spoken
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
        let text = read_key(path).with_context(context)?;
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

/// Reads the user's file with a key: it may be a symlink to one, or a pipe.
fn read_key(path: &Path) -> io::Result<String> {
    const LONGEST: u64 = 64 * 1024;
    let mut text = String::new();
    File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}
