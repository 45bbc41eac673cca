//! Reads a skill document (`SKILL.md`) into a [`Skill`]. Never touches a file system or a checkout.

pub mod blocks;
mod front_matter;
mod question;
mod safe;

use std::borrow::Cow;
use std::fmt;

use blocks::{Block, blocks};
use front_matter::FrontMatter;
use safe::path;

use crate::dockerfile;
use crate::skill::{Copied, Effect, Fact, Guard, Need, Origin, Skill, Step, Task, What};

/// Reads a document. `name` is what an error calls the file: its path as the reader knows it.
///
/// The grammar is NanoClaw's own of July 2026: prose, and fenced blocks whose info string begins with `nc:`.
/// The first thing that is wrong is the error, with its line.
pub fn parse(name: &str, text: &str) -> Result<Skill, Error> {
    let parse = || {
        safe::text(text)?;
        let skill = parse_with(text, |prose| Cow::Owned(blocks(text, prose)))?;
        safe::together(&skill.steps)?;
        question::bound(&skill.steps)?;
        question::rules(&skill.steps)?;
        Ok(skill)
    };
    parse().map_err(|found| Error::at(name, found))
}

/// As [`parse()`], of a document that is built into the program, with its blocks. That its steps fit together is known from the tests, which
/// read it by [`parse()`] as well.
pub fn parse_own(name: &str, text: &str, blocks: &[Block<'_>]) -> Result<Skill, Error> {
    parse_with(text, |_| Cow::Borrowed(blocks)).map_err(|found| Error::at(name, found))
}

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The document, as [`parse`] was told to call it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What was found and what was expected, a clause without a full stop.
    pub message: String,
}

impl Error {
    fn at(name: &str, (line, message): (usize, String)) -> Self {
        Self {
            file: name.to_owned(),
            line,
            message,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for Error {}

type Located<T> = Result<T, (usize, String)>;

/// Reads a document whose blocks are given by where its prose begins. Whether the steps fit together is not looked at.
fn parse_with<'a>(
    text: &str,
    blocks: impl FnOnce(usize) -> Cow<'a, [Block<'a>]>,
) -> Located<Skill> {
    let (front, prose) = FrontMatter::read(text)?;
    let mut lines = 0;
    let (mut line, mut counted) = (1, 0);
    let steps = blocks(prose)
        .iter()
        .map(|block| {
            line += line_ends(text.get(counted..block.at).unwrap_or_default());
            counted = block.at;
            lines += block.body.lines().count();
            safe::many(lines).map_err(|message| (line, message))?;
            step(block, line).map_err(|message| (line, message))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if !steps.iter().any(|step| matches!(step.what, What::Fact(_))) {
        return Err((
            1,
            "no `nc:` block states a fact, so there is nothing to install".to_owned(),
        ));
    }
    Ok(Skill {
        is_answered: false,
        called: front.name.clone(),
        name: front.name,
        origin: Origin::BuiltIn,
        summary: front.summary,
        layouts: front.layouts,
        steps,
    })
}

fn line_ends(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

fn step(block: &Block<'_>, line: usize) -> Result<Step, String> {
    safe::block(block.head, &block.body)?;
    let mut head = Head::read(block.head)?;
    let when = head
        .take("when")
        .map(|guard| read_guard(&guard))
        .transpose()?;
    let body = &block.body;
    let what = match head.kind.as_str() {
        "copy" => What::Fact(copy(&mut head, body)?),
        "append" => What::Fact(append(&mut head, body)?),
        "dockerfile" => What::Fact(layer(&mut head, body)?),
        "run" => What::Task(task(&mut head, body)?),
        "env-set" => What::Fact(question::env_set(body)?),
        "prompt" => What::Question(question::prompt(&mut head, body)?),
        "operator" => What::Question(question::operator(body)?),
        "json-merge" | "dep" => {
            return Err(format!(
                "the kind `nc:{}` is not supported by this version of nanoclaw",
                head.kind
            ));
        }
        kind => {
            return Err(format!(
                "unknown kind `nc:{kind}`; expected copy, append, dockerfile, run, prompt, operator or env-set"
            ));
        }
    };
    head.finish()?;
    Ok(Step {
        label: safe::label(&block.label)?,
        line,
        when,
        what,
    })
}

/// The words and attributes of an info string; what is left when a kind has taken its own is an error.
struct Head {
    kind: String,
    words: Vec<String>,
    attributes: Vec<(String, String)>,
}

impl Head {
    fn read(head: &str) -> Result<Self, String> {
        let mut parts = head.split_whitespace();
        let kind = parts
            .next()
            .unwrap_or_default()
            .trim_start_matches("nc:")
            .to_owned();
        let mut found = Self {
            kind,
            words: Vec::new(),
            attributes: Vec::new(),
        };
        for part in parts {
            match part.split_once(':') {
                None => found.words.push(part.to_owned()),
                Some((key, value)) if found.attributes.iter().all(|(other, _)| other != key) => {
                    found.attributes.push((key.to_owned(), value.to_owned()));
                }
                Some((key, _)) => return Err(format!("the attribute `{key}:` is given twice")),
            }
        }
        Ok(found)
    }

    fn take(&mut self, key: &str) -> Option<String> {
        let index = self.attributes.iter().position(|(other, _)| other == key)?;
        Some(self.attributes.swap_remove(index).1)
    }

    fn require(&mut self, key: &str) -> Result<String, String> {
        self.take(key)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("`nc:{}` needs `{key}:`", self.kind))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|other| other != word);
        self.words.len() < before
    }

    fn finish(self) -> Result<(), String> {
        let attribute = self.attributes.first().map(|(key, _)| format!("{key}:"));
        match attribute.or_else(|| self.words.first().cloned()) {
            None => Ok(()),
            Some(unknown) => Err(format!("`nc:{}` does not take `{unknown}`", self.kind)),
        }
    }
}

fn read_guard(guard: &str) -> Result<Guard, String> {
    let (variable, value) = guard
        .split_once('=')
        .ok_or_else(|| format!("expected `when:<variable>=<value>`, found `when:{guard}`"))?;
    Ok(Guard {
        variable: variable.to_owned(),
        value: value.to_owned(),
    })
}

fn copy(head: &mut Head, body: &str) -> Result<Fact, String> {
    let branch = safe::branch(head.require("from-branch")?)?;
    let files = lines(body)
        .map(|line| {
            let (from, to) = line.split_once(" -> ").unwrap_or((line, line));
            Ok(Copied {
                from: path(from)?.to_string_lossy().into_owned(),
                to: path(to)?,
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    some(&files, "a path a line")?;
    Ok(Fact::Copy { branch, files })
}

fn append(head: &mut Head, body: &str) -> Result<Fact, String> {
    let to = path(&head.require("to")?)?;
    let at = head.take("at");
    let lines = lines(body).map(str::to_owned).collect::<Vec<_>>();
    some(&lines, "lines to insert")?;
    Ok(Fact::Append { to, lines, at })
}

fn layer(head: &mut Head, body: &str) -> Result<Fact, String> {
    let file = path(&head.require("in")?)?;
    let after = head.require("after")?;
    Ok(match dockerfile::block(&after, body)? {
        dockerfile::Block::Layer(layer) => Fact::Dockerfile { file, layer },
        dockerfile::Block::Setting(setting) => Fact::Setting { file, setting },
    })
}

fn task(head: &mut Head, body: &str) -> Result<Task, String> {
    let effect = match head.take("effect") {
        None => Effect::Step,
        Some(name) => Effect::named(&name).ok_or_else(|| format!("unknown effect `{name}`"))?,
    };
    for key in ["capture", "validate", "remove"] {
        if head.take(key).is_some() {
            return Err(format!(
                "`{key}:` is not supported by this version of nanoclaw"
            ));
        }
    }
    let needs = head.take("needs").unwrap_or_default();
    let needs = needs
        .split(',')
        .filter(|need| !need.is_empty())
        .map(need)
        .collect::<Result<_, _>>()?;
    let optional = head.take_word("optional");
    let commands = lines(body).map(str::to_owned).collect::<Vec<_>>();
    some(&commands, "a command a line")?;
    Ok(Task {
        effect,
        commands,
        needs,
        optional,
    })
}

fn need(word: &str) -> Result<Need, String> {
    Ok(match (word, word.strip_prefix("script:")) {
        (_, Some(script)) => Need::Script(script.to_owned()),
        ("engine", _) => Need::Engine,
        _ if word.contains('/') => Need::Path(path(word.strip_prefix("./").unwrap_or(word))?),
        _ => Need::Program(word.to_owned()),
    })
}

fn lines(body: &str) -> impl Iterator<Item = &str> {
    body.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn some<T>(items: &[T], what: &str) -> Result<(), String> {
    if items.is_empty() {
        Err(format!("the block is empty; expected {what}"))
    } else {
        Ok(())
    }
}

#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
#[cfg(test)]
mod tests;
