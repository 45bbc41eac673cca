//! What a document may hold that others than its reader see: names that go to files, to git and to messages. Touches no file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Located;
use crate::names;
use crate::shown::{self, first_hidden};
use crate::skill::{Effect, Fact, Step, What};

/// How long the name of a skill or a block may be, in characters: it becomes part of file names.
pub(super) const LONGEST: usize = 64;

/// How many lines the blocks of a document may have together: each is looked for in files of any length, one after the other.
const MOST: usize = 1000;

/// The blocks up to one of them have not too many lines.
pub(super) fn many(lines: usize) -> Result<(), String> {
    if lines <= MOST {
        return Ok(());
    }
    Err(format!(
        "the blocks up to here have {lines} lines, and a document's have {MOST} at most"
    ))
}

/// No control character stands anywhere in a document: its text is shown, and its commands run, line by line.
pub(super) fn text(text: &str) -> Located<()> {
    // Mostly a document has none, and no line is worth a look of its own.
    if first_hidden(text, b"\n\t").is_none() {
        return Ok(());
    }
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some(c) = line.chars().find(|c| c.is_control() && *c != '\t') {
            let found = format!("a control character, `{}`", c.escape_default());
            return Err((index + 1, found));
        }
    }
    Ok(())
}

/// A block holds no character that makes a line look like another one.
pub(super) fn block(head: &str, body: &str) -> Result<(), String> {
    let hidden = |text| first_hidden(text, b"\n\r\t");
    match hidden(head).or_else(|| hidden(body)) {
        None => Ok(()),
        Some(c) => Err(format!(
            "a character that changes how the block looks, `{}`",
            c.escape_default()
        )),
    }
}

/// The heading above a block: what messages, records and logs call it.
pub(super) fn label(heading: &str) -> Result<String, String> {
    let label = heading.trim();
    if label.is_empty() {
        return Err("a block needs a heading above it: the heading is its name".to_owned());
    }
    if first_hidden(label, b"").is_some() || label.chars().count() > LONGEST {
        return Err(format!(
            "expected a heading of one line and {LONGEST} characters at most, found `{}`",
            shown::line(label)
        ));
    }
    Ok(label.to_owned())
}

/// A path of a document: relative, inside the checkout, the same on every disk, and no part of git's own directory.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    let text = text.trim();
    let whole = text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !whole || text.contains('\\') || names::refused(Path::new(text)).is_some() {
        return Err(format!(
            "expected a relative path inside the checkout, found `{}`",
            shown::line(text)
        ));
    }
    Ok(PathBuf::from(text))
}

/// The branch of a document.
pub(super) fn branch(name: String) -> Result<String, String> {
    if names::is_branch(&name) {
        Ok(name)
    } else {
        Err(format!(
            "expected the name of a branch, found `{}`",
            shown::line(name)
        ))
    }
}

/// The steps of a document fit together: no two paths differ by case alone, and no two builds have one name, by which they are recorded.
pub(super) fn together(steps: &[Step]) -> Located<()> {
    let mut known = BTreeMap::new();
    let mut builds = Vec::new();
    for step in steps {
        match &step.what {
            What::Fact(fact) => twin(fact, &mut known).map_err(|found| (step.line, found))?,
            What::Task(task) if task.effect == Effect::Build => {
                if builds.contains(&&step.label) {
                    let found = format!("a second build below the heading `{}`", step.label);
                    return Err((step.line, found));
                }
                builds.push(&step.label);
            }
            What::Question(_) | What::Task(_) => {}
        }
    }
    Ok(())
}

/// Adds the paths of a fact, and the folders above them, to those known by their lower case; each with whether it is a file's.
fn twin(fact: &Fact, known: &mut BTreeMap<String, (PathBuf, bool)>) -> Result<(), String> {
    for file in fact.paths() {
        for path in file.ancestors() {
            let lower = path.to_string_lossy().to_lowercase();
            let Some((first, is_file)) = known.get(&lower) else {
                known.insert(lower, (path.to_path_buf(), path == file));
                continue;
            };
            if first != path {
                return Err(format!(
                    "`{}` and `{}` differ by case alone: some disks take both for one",
                    first.display(),
                    path.display()
                ));
            }
            if *is_file != (path == file) {
                let found = format!("`{}` is named as a file and as a folder", path.display());
                return Err(found);
            }
            // So are those above it.
            break;
        }
    }
    Ok(())
}
