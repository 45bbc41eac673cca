//! A Dockerfile as stages, declarations and global installs, each with its place in the bytes. It never changes a byte.
//!
//! `parse-dockerfile` says what each instruction is and what is wrong with one; where an instruction ends, heredocs
//! that are not its first word, and what a RUN's shell does are read here.

mod install;
mod instruction;
mod layer;
mod lines;
mod scope;
mod shell;
mod words;

use std::collections::BTreeMap;
use std::rc::Rc;

use parse_dockerfile::{Command, FromInstruction, Instruction as Parsed, RunInstruction};

pub use install::{Install, Manager, Version};
pub use instruction::{Instruction, What};
pub use layer::{Block, block};
pub use words::{Declaration, Value};

use crate::memo::Memo;

use lines::{Glyph, Statement};
use scope::{By, Scope};

/// A Dockerfile, read. All spans are byte offsets into the bytes that were read, a byte-order mark counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// The character that continues a line: `\`, or what the `escape` directive says.
    pub escape: char,
    /// Every instruction, in the file's order.
    pub instructions: Vec<Instruction>,
    /// The stages, one for each FROM.
    pub stages: Vec<Stage>,
    /// The file's text, an ASCII `?` for each byte that is not UTF-8.
    text: String,
    /// Where each LF stands, in bytes.
    line_ends: Vec<usize>,
    /// What the names before the first FROM stand for.
    global: Scope,
    /// What each stage's names stand for at its end.
    scopes: Vec<Scope>,
    /// The index of the stage that has a name, in small letters: the last one, as BuildKit takes it, which compares names without case.
    named: BTreeMap<String, usize>,
}

/// One stage of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The name that `AS` gives it.
    pub name: Option<String>,
    /// What it is built from.
    pub base: Base,
}

/// What a stage is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// An earlier stage, by its index.
    Stage(usize),
    /// An image, as the FROM names it.
    Image(String),
}

/// Why a Dockerfile could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line of the mistake, counted from 1, where it has one.
    pub line: Option<usize>,
    /// What is wrong, a clause without a full stop.
    pub why: String,
}

impl Dockerfile {
    /// Reads the bytes of a Dockerfile, which should be UTF-8: other bytes stand for characters that nothing is named by.
    ///
    /// The error is the first thing that a build, too, would stop at.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text = ascii_where_invalid(bytes);
        let start = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let mistake = |error| Unreadable::of(&error, text.lines().count());
        let escape = escape(text.get(start..).unwrap_or_default()).map_err(mistake)?;
        let statements = lines::statements(&text, start, escape)?;
        let masked = lines::mask(&text, &statements, escape);
        let parsed = parse_dockerfile::parse_iter(&masked)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(mistake)?;
        let mut file = Self {
            escape,
            instructions: Vec::new(),
            stages: Vec::new(),
            line_ends: memchr::memchr_iter(b'\n', text.as_bytes()).collect(),
            text,
            global: Scope::default(),
            scopes: Vec::new(),
            named: BTreeMap::new(),
        };
        if parsed.len() != statements.len() {
            return Err(file.torn(start));
        }
        for (parsed, statement) in parsed.iter().zip(&statements) {
            file.push(parsed, statement, start)?;
        }
        Ok(file)
    }

    /// As [`Self::parse`], of bytes that will be asked for again.
    pub fn read(bytes: &[u8]) -> Result<Rc<Self>, Unreadable> {
        thread_local! {
            /// A file and what an edit makes of it, and the same of HEAD.
            static READ: Memo<Result<Rc<Dockerfile>, Unreadable>> = const { Memo::new(4) };
        }
        READ.with(|read| read.get(bytes, |bytes| Self::parse(bytes).map(Rc::new)))
    }

    /// Returns the indices of the stages that end up in the image: the last one, and those it is built from.
    #[must_use]
    pub fn built(&self) -> Vec<usize> {
        let mut stages = Vec::new();
        let mut next = self.stages.len().checked_sub(1);
        while let Some(index) = next {
            stages.push(index);
            next = match self.stages.get(index).map(|stage| &stage.base) {
                Some(Base::Stage(base)) => Some(*base),
                _ => None,
            };
        }
        stages
    }

    /// Returns the line, counted from 1, that a byte offset is in.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.line_ends.partition_point(|end| *end < at) + 1
    }

    /// Returns an instruction's text as one line: without continuations and comments between them, one space between words.
    #[must_use]
    pub fn one_line(&self, instruction: &Instruction) -> String {
        let text = self.text.get(instruction.span.clone()).unwrap_or_default();
        one_line(text, self.escape)
    }

    /// Returns the first line, counted from 1, on which a comment holds an install of the package.
    #[must_use]
    pub fn commented(&self, package: &str) -> Option<usize> {
        let commented = |line: &str| install::commented(line, package);
        self.text.lines().position(commented).map(|index| index + 1)
    }

    fn push(
        &mut self,
        parsed: &Parsed<'_>,
        statement: &Statement,
        start: usize,
    ) -> Result<(), Unreadable> {
        if keyword(parsed).is_some_and(|at| at + start != statement.span.start) {
            return Err(self.torn(statement.span.start));
        }
        let what = match parsed {
            Parsed::From(from) => self.open(from),
            Parsed::Arg(_) => self.declare(statement),
            Parsed::Env(_) => self.set(statement),
            Parsed::Run(run) => What::Run(self.installs(run, statement, start)),
            Parsed::User(user) => self.become_user(&user.arguments.value),
            _ => What::Other,
        };
        let span = statement.span.clone();
        let line = self.line(span.start);
        self.instructions.push(Instruction {
            span,
            line,
            stage: self.stages.len().checked_sub(1),
            what,
        });
        Ok(())
    }

    fn open(&mut self, from: &FromInstruction<'_>) -> What {
        let image = from.image.value.as_ref();
        let image = self
            .global
            .expand(image, self.escape)
            .unwrap_or_else(|| image.to_owned());
        let named = self.named.get(&image.to_ascii_lowercase()).copied();
        let base = named.map_or_else(|| Base::Image(image.clone()), Base::Stage);
        let inherited = match &base {
            Base::Stage(index) => self.scopes.get(*index).map(Scope::of_stage),
            Base::Image(image) => Some(Scope::of_image(image)),
        };
        self.scopes.push(inherited.unwrap_or_default());
        let name = from.as_.as_ref().map(|(_, name)| name.value.to_string());
        if let Some(name) = &name {
            self.named
                .insert(name.to_ascii_lowercase(), self.stages.len());
        }
        self.stages.push(Stage { name, base });
        What::From
    }

    fn declare(&mut self, statement: &Statement) -> What {
        let mut declarations =
            words::declarations(&statement.arguments(&self.text, self.escape), self.escape);
        let Some(scope) = self.scopes.last_mut() else {
            return self.declare_globally(declarations);
        };
        for Declaration { name, value, .. } in &mut declarations {
            match value {
                Some(value) => {
                    // A base image that has an ENV of the name would hide the ARG anyhow.
                    scope.assume(name);
                    value.text = scope.expand(&value.raw, self.escape);
                    scope.set(name, value.text.as_deref(), By::Arg);
                }
                None => scope.declare(name, &self.global),
            }
        }
        What::Arg(declarations)
    }

    fn declare_globally(&mut self, mut declarations: Vec<Declaration>) -> What {
        for Declaration { name, value, .. } in &mut declarations {
            if let Some(value) = value {
                value.text = self.global.expand(&value.raw, self.escape);
                self.global.set(name, value.text.as_deref(), By::Arg);
            }
        }
        What::Arg(declarations)
    }

    /// An ENV's values see nothing of each other.
    fn set(&mut self, statement: &Statement) -> What {
        let mut settings =
            words::settings(&statement.arguments(&self.text, self.escape), self.escape);
        let Some(scope) = self.scopes.last_mut() else {
            return What::Env(settings);
        };
        for value in settings.iter_mut().filter_map(|set| set.value.as_mut()) {
            value.text = scope.expand(&value.raw, self.escape);
        }
        for Declaration { name, value, .. } in &settings {
            let text = value.as_ref().and_then(|value| value.text.as_deref());
            scope.set(name, text, By::Env);
        }
        What::Env(settings)
    }

    fn become_user(&self, said: &str) -> What {
        let scope = self.scopes.last().unwrap_or(&self.global);
        let mut user = scope
            .expand(said, self.escape)
            .unwrap_or_else(|| said.to_owned());
        if let Some(group) = user.find(':').filter(|_| !user.contains('$')) {
            user.truncate(group);
        }
        What::User(user)
    }

    fn installs(
        &self,
        run: &RunInstruction<'_>,
        statement: &Statement,
        start: usize,
    ) -> Vec<Install> {
        let text = self.text.get(statement.span.clone());
        if !text.is_some_and(install::names_manager) {
            return Vec::new();
        }
        let scope = self.scopes.last().unwrap_or(&self.global);
        let found = match &run.arguments {
            Command::Exec(array) => {
                let word = |word: &parse_dockerfile::UnescapedString<'_>| {
                    (word.span.start + start, word.value.to_string())
                };
                let argv = array.value.iter().map(word).collect::<Vec<_>>();
                install::of_argv(&argv, scope)
            }
            _ => install::of_script(&self.script(statement), scope),
        };
        found
            .into_iter()
            .map(|found| found.placed(|at| self.line(at)))
            .collect()
    }

    /// What the shell of a RUN gets: the unfolded command, and below it the heredocs as they stand.
    fn script(&self, statement: &Statement) -> Vec<Glyph> {
        let mut script = statement.command(&self.text, self.escape);
        let heredocs = self
            .text
            .get(statement.head_end..statement.span.end)
            .unwrap_or_default();
        script.extend(lines::glyphs(heredocs, statement.head_end));
        script
    }

    fn torn(&self, at: usize) -> Unreadable {
        let line = Some(self.line(at));
        Unreadable {
            line,
            why: "where one instruction ends and the next begins cannot be told".to_owned(),
        }
    }
}

/// The text of an instruction as [`Dockerfile::one_line`] gives it, where this character continues a line.
#[must_use]
pub fn one_line(text: &str, escape: char) -> String {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(|line| {
        let line = line.strip_suffix(escape).unwrap_or(line);
        line.split_whitespace()
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Unreadable {
    /// A mistake in a file of so many lines.
    fn of(error: &parse_dockerfile::Error, last: usize) -> Self {
        // A file without any FROM has no line to point at, and the parser says 0; of what the file's end ends it says the line below it.
        Self {
            line: Some(error.line().min(last)).filter(|line| *line > 0),
            why: format!("{error:#}"),
        }
    }
}

/// The parser gives directives only for a whole file, so it is handed the comments at the top and a FROM. Mostly none of them is called `escape`.
fn escape(text: &str) -> Result<char, parse_dockerfile::Error> {
    let lines = text.split_inclusive('\n');
    let comments = lines.take_while(|line| line.starts_with('#'));
    let mut head: String = comments.collect();
    if !head.to_ascii_lowercase().contains("escape") {
        return Ok('\\');
    }
    head.push_str("\nFROM scratch\n");
    let directives = parse_dockerfile::parse(&head)?.parser_directives;
    Ok(directives
        .escape
        .map_or('\\', |directive| directive.value.value))
}

fn keyword(parsed: &Parsed<'_>) -> Option<usize> {
    match parsed {
        Parsed::From(from) => Some(from.from.span.start),
        Parsed::Arg(arg) => Some(arg.arg.span.start),
        Parsed::Env(env) => Some(env.env.span.start),
        Parsed::Run(run) => Some(run.run.span.start),
        _ => None,
    }
}

/// One ASCII character a byte keeps every offset where it was.
fn ascii_where_invalid(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

#[cfg(test)]
mod tests;
