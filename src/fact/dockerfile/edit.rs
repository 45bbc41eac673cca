//! Insertions of whole lines and changes of a value, over the bytes of a Dockerfile. It never decides what to change.

use std::ops::Range;

use crate::dockerfile::{Declaration, Instruction};

/// The changes that give a Dockerfile a layer.
#[derive(Debug)]
pub struct Edit {
    /// The version that the layer is at afterwards; none where only a build knows it.
    pub version: Option<String>,
    splices: Vec<Splice>,
    added: usize,
}

#[derive(Debug)]
struct Splice {
    at: Range<usize>,
    text: Vec<u8>,
}

impl Edit {
    /// Begins with no change.
    pub fn new(version: Option<&str>) -> Self {
        Self {
            version: version.map(str::to_owned),
            splices: Vec::new(),
            added: 0,
        }
    }

    /// Returns how many instructions the edit adds.
    pub fn added(&self) -> usize {
        self.added
    }

    /// Gives the declaration the version as its value, between the quotes where there are some.
    pub fn set_value(&mut self, declaration: &Declaration, version: &str) {
        let end = declaration.name_end;
        let (at, equals) = declaration
            .value
            .as_ref()
            .map_or((end..end, "="), |value| (value.span.clone(), ""));
        // Several installs may have one pin.
        if self.splices.iter().all(|splice| splice.at != at) {
            self.splices.push(Splice {
                at,
                text: format!("{equals}{version}").into_bytes(),
            });
        }
    }

    /// Adds an instruction, LF between its lines, below another, with so many blank lines before it.
    pub fn add_after(&mut self, before: &[u8], above: &Instruction, lines: &str, blank: usize) {
        let end = above.span.end;
        let lines = format!("{}{lines}", "\n".repeat(blank));
        match eol(before, end) {
            Some(eol) => self.insert(end + eol.len(), format!("{lines}\n").replace('\n', eol)),
            // The last line has no end, and the new last line gets none either.
            None => self.insert(
                before.len(),
                format!("\n{lines}").replace('\n', first_eol(before)),
            ),
        }
    }

    /// Adds an instruction of one line directly above another.
    pub fn add_before(&mut self, before: &[u8], below: &Instruction, line: &str) {
        let start = below.span.start;
        let indent = before
            .iter()
            .take(start)
            .rev()
            .take_while(|byte| **byte != b'\n')
            .count();
        let next = eol(before, line_end(before, start)).unwrap_or_else(|| first_eol(before));
        self.insert(start - indent, format!("{line}{next}"));
    }

    /// Returns the bytes with the changes.
    pub fn apply(&self, before: &[u8]) -> Vec<u8> {
        let mut splices: Vec<&Splice> = self.splices.iter().collect();
        // Two insertions at one place keep their order: the sort is stable.
        splices.sort_by_key(|splice| splice.at.start);
        let mut after = Vec::with_capacity(before.len());
        let mut from = 0;
        for splice in splices {
            after.extend_from_slice(before.get(from..splice.at.start).unwrap_or_default());
            after.extend_from_slice(&splice.text);
            from = splice.at.end;
        }
        after.extend_from_slice(before.get(from..).unwrap_or_default());
        after
    }

    fn insert(&mut self, at: usize, text: String) {
        self.added += 1;
        self.splices.push(Splice {
            at: at..at,
            text: text.into_bytes(),
        });
    }
}

/// The line end that stands at the offset.
fn eol(bytes: &[u8], at: usize) -> Option<&'static str> {
    let rest = bytes.get(at..).unwrap_or_default();
    ["\r\n", "\n"]
        .into_iter()
        .find(|eol| rest.starts_with(eol.as_bytes()))
}

/// The line end of the file's first line.
fn first_eol(bytes: &[u8]) -> &'static str {
    eol(bytes, line_end(bytes, 0)).unwrap_or("\n")
}

/// Where the line that the offset stands in ends, line end excluded.
fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let cr = line.len() < rest.len() && line.ends_with(b"\r");
    at + line.len() - usize::from(cr)
}
