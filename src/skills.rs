//! The documents: those that are built into the program, and one that is named by its path. Knows where they are, not what they say.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags};

use crate::document;
use crate::document::blocks::Block;
use crate::masking::mask;
use crate::next::quoted;
use crate::problem::Problem;
use crate::shown;
use crate::skill::{Origin, Skill};

/// A document: its path in the project and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// The path in the project, which errors name.
    pub path: &'static str,
    /// The text, in UTF-8.
    pub text: &'static str,
    /// Its blocks.
    pub blocks: &'static [Block<'static>],
}

/// Every document that is built in: Cargo's build script finds them, and their blocks.
pub const DOCUMENTS: &[Document] = include!(concat!(env!("OUT_DIR"), "/documents.rs"));

/// Every skill that is built in, with its document.
pub fn all() -> Result<Vec<(Skill, Document)>> {
    DOCUMENTS
        .iter()
        .map(|document| {
            let Document { path, text, blocks } = *document;
            Ok((document::parse_own(path, text, blocks)?, *document))
        })
        .collect()
}

/// The skill that a command is given, with the text of its document: one that is built in by its name, or the document at a path, which
/// holds a `/` or ends in `.md` and is relative to the folder `from`. An unknown name, and a path with no document, is a [`Problem`].
pub fn find(called: &str, from: &Path) -> Result<(Skill, Cow<'static, str>)> {
    if called.contains('/') || has_end(called) {
        return at(called, from);
    }
    let skills = all()?;
    let names = skills
        .iter()
        .map(|(skill, _)| skill.name.clone())
        .collect::<Vec<_>>()
        .join(", ");
    let name = called.strip_prefix("add-").unwrap_or(called);
    let found = skills.into_iter().find(|(skill, _)| skill.name == name);
    let (skill, document) = found.ok_or_else(|| {
        let found = format!("no skill is called `{}`", mask(&shown::line(name)));
        Problem::could_not_run(found).hint(format!(
            "there are: {names}; or name a document by its path, such as ./SKILL.md"
        ))
    })?;
    Ok((skill, document.text.into()))
}

fn has_end(called: &str) -> bool {
    Path::new(called).extension().is_some_and(|end| end == "md")
}

/// The skill of the document at a path.
fn at(called: &str, from: &Path) -> Result<(Skill, Cow<'static, str>)> {
    let path = from.join(called);
    let named = mask(&shown::line(called));
    let text = read(&path, &named)?;
    let skill = document::parse(&named, &text)?;
    // Commands are printed for whatever folder they are run in.
    let whole = std::path::absolute(&path).context("failed to read the working folder")?;
    let skill = Skill {
        called: quoted(&whole),
        origin: Origin::Path,
        ..skill
    };
    Ok((skill, text.into()))
}

/// How long a document may be, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Reads a document: a regular file in UTF-8, and not a long one. `named` is what an error calls it.
fn read(path: &Path, named: &str) -> Result<String> {
    let context = || format!("failed to read the document `{named}`");
    let is_file = |file: &std::fs::Metadata| {
        if file.is_file() {
            return Ok(());
        }
        let found = format!("the document `{named}` is no regular file");
        let problem = Problem::could_not_run(found);
        Err(if file.is_dir() {
            problem.hint("name the document in it, such as SKILL.md")
        } else {
            problem
        })
    };
    // To open a device may do something, and a pipe that has taken the file's place since must not be waited for.
    is_file(&path.metadata().with_context(context)?)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).with_context(context)?;
    let file = File::from(file);
    is_file(&file.metadata().with_context(context)?)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    if bytes.len() as u64 > LONGEST {
        let found = format!("the document `{named}` is longer than {LONGEST} bytes");
        return Err(Problem::could_not_run(found).into());
    }
    String::from_utf8(bytes).map_err(|error| {
        let right = error.as_bytes().get(..error.utf8_error().valid_up_to());
        let line = memchr::memchr_iter(b'\n', right.unwrap_or_default()).count() + 1;
        let found = format!("{named}:{line}: the document is not UTF-8");
        Problem::could_not_run(found).into()
    })
}
