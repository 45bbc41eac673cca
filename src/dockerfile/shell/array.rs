//! The arrays that bash is given, `NAME=(...)` and `NAME+=(...)`. It never tells an element by its index.

use super::expansion::DEPTH;
use super::{Reader, Word, is_name};

/// An array that a command sets.
#[derive(Debug)]
pub struct Array {
    /// Its name.
    pub name: String,
    /// Its elements; before those that are added to it stands what it held.
    pub words: Vec<Word>,
}

impl Reader<'_> {
    /// Whether a `(` begins the elements of an array.
    pub(super) fn begins_array(&self) -> bool {
        let word = self.frame.word.as_ref().filter(|word| !word.quoted);
        let name = word.and_then(|word| word.text.strip_suffix('='));
        name.is_some_and(|name| is_name(name.strip_suffix('+').unwrap_or(name)))
            && self.depth < DEPTH
    }

    /// Reads the elements, between which a line end is white space.
    pub(super) fn array(&mut self) {
        let assigned = self.frame.word.take().unwrap_or_default();
        let outer = std::mem::take(&mut self.frame);
        self.depth += 1;
        while let Some((at, glyph)) = self.next().filter(|(_, glyph)| *glyph != ')') {
            match glyph {
                '\n' => self.end_word(),
                glyph => self.take(at, glyph),
            }
        }
        self.end_word();
        self.depth -= 1;
        let mut words = std::mem::replace(&mut self.frame, outer).command.words;
        let name = assigned.text.trim_end_matches('=');
        let name = if let Some(name) = name.strip_suffix('+') {
            words.insert(0, all(name, assigned.at));
            name
        } else {
            name
        };
        self.frame.command.arrays.push(Array {
            name: name.to_owned(),
            words,
        });
    }
}

/// The word that stands for every element.
fn all(name: &str, at: usize) -> Word {
    Word {
        at,
        text: format!("${{{name}[@]}}"),
        quoted: true,
    }
}
