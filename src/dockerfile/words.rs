//! The words of ARG and ENV as they stand, by Dockerfile's own quoting. It never reads a shell's.

use std::ops::Range;

use super::lines::Glyph;

/// One name of an ARG or an ENV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The name.
    pub name: String,
    /// The byte offset just behind the name.
    pub name_end: usize,
    /// What follows its `=`; without an `=` there is none.
    pub value: Option<Value>,
}

/// The value of an ARG or an ENV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value with its variables expanded, quotes and escapes resolved; none where only a build knows it.
    pub text: Option<String>,
    /// The value as it stands, its quotes and variables included.
    pub raw: String,
    /// Its bytes in the file; of a value that is quoted as a whole, what stands between the quotes.
    pub span: Range<usize>,
}

/// One word, as it stands in the file.
#[derive(Debug)]
pub struct Word {
    /// Its indices among the glyphs that were split.
    pub place: Range<usize>,
    raw: String,
    /// Where its characters begin, one for each.
    offsets: Vec<usize>,
}

impl Declaration {
    /// Returns the value unless it is missing, blank or comes to nothing.
    #[must_use]
    pub fn filled(&self) -> Option<&Value> {
        let blank = |text: &String| text.trim().is_empty();
        self.value
            .as_ref()
            .filter(|value| !value.text.as_ref().is_some_and(blank))
    }

    /// Returns the text that the value comes to, unless that is nothing, or only a build knows it.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.filled()?.text.as_deref()
    }
}

impl Value {
    /// Returns the value as it stands, without the quotes around it.
    #[must_use]
    pub fn said(&self) -> &str {
        if quoted_whole(&self.raw) {
            self.raw.trim_matches(['"', '\''])
        } else {
            &self.raw
        }
    }

    /// Says whether variables stand in it.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.raw.contains('$') && self.text.as_deref() != Some(self.said())
    }
}

impl Word {
    /// Returns the word with its quotes and escapes.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The byte offset of the character with this index, or the end of the word.
    fn offset(&self, index: usize) -> usize {
        let last = || {
            self.offsets.last().map_or(0, |at| {
                at + self.raw.chars().last().map_or(0, char::len_utf8)
            })
        };
        self.offsets.get(index).copied().unwrap_or_else(last)
    }
}

/// Reads the arguments of an ARG: `NAME` or `NAME=value`, several times.
pub fn declarations(arguments: &[Glyph], escape: char) -> Vec<Declaration> {
    split(arguments, escape)
        .map(|word| declaration(&word, escape))
        .collect()
}

/// Reads what an ENV sets: each name of `A=b C=d`, the one of the older `A b c`.
pub fn settings(arguments: &[Glyph], escape: char) -> Vec<Declaration> {
    let mut words = split(arguments, escape);
    let Some(first) = words.next() else {
        return Vec::new();
    };
    let mut declared = declaration(&first, escape);
    if declared.value.is_some() {
        let others = words.map(|word| declaration(&word, escape));
        return std::iter::once(declared).chain(others).collect();
    }
    declared.value = words.next().map(|second| {
        let rest = word(arguments, second.place.start..arguments.len());
        let raw = rest.raw.trim_end();
        Value {
            text: None,
            raw: raw.to_owned(),
            span: rest.offset(0)..rest.offset(raw.chars().count()),
        }
    });
    vec![declared]
}

/// Splits at white space that is neither quoted nor escaped, a word when it is asked for.
pub fn split(glyphs: &[Glyph], escape: char) -> impl Iterator<Item = Word> {
    places(glyphs, escape).map(|place| word(glyphs, place))
}

/// Where the words are that [`split`] gives, by their indices.
pub fn places(glyphs: &[Glyph], escape: char) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = glyphs.get(at..).unwrap_or_default();
        let start = at + rest.iter().position(|(_, glyph)| !glyph.is_whitespace())?;
        at = start + length(glyphs.get(start..).unwrap_or_default(), escape);
        Some(start..at)
    })
}

/// How many of the glyphs the word takes that begins with them.
fn length(glyphs: &[Glyph], escape: char) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (index, (_, glyph)) in glyphs.iter().enumerate() {
        match glyph {
            _ if escaped => escaped = false,
            glyph if glyph.is_whitespace() && quote.is_none() => return index,
            // Between single quotes nothing is escaped.
            glyph if *glyph == escape && quote != Some('\'') => escaped = true,
            '"' | '\'' if quote.is_none() => quote = Some(*glyph),
            glyph if quote == Some(*glyph) => quote = None,
            _ => {}
        }
    }
    glyphs.len()
}

/// Returns the text without its quotes and escapes.
pub fn unquoted(raw: &str, escape: char) -> String {
    let mut text = String::new();
    let mut quote = None;
    let mut glyphs = raw.chars();
    while let Some(glyph) = glyphs.next() {
        match glyph {
            glyph if glyph == escape && quote != Some('\'') => text.extend(glyphs.next()),
            '"' | '\'' if quote.is_none() => quote = Some(glyph),
            glyph if quote == Some(glyph) => quote = None,
            glyph => text.push(glyph),
        }
    }
    text
}

fn word(glyphs: &[Glyph], place: Range<usize>) -> Word {
    let said = glyphs.get(place.clone()).unwrap_or_default();
    let mut raw = String::with_capacity(said.len());
    raw.extend(said.iter().map(|(_, glyph)| *glyph));
    Word {
        place,
        raw,
        offsets: said.iter().map(|(at, _)| *at).collect(),
    }
}

fn declaration(word: &Word, escape: char) -> Declaration {
    let Some((name, raw)) = word.raw.split_once('=') else {
        let name_end = word.offset(usize::MAX);
        return Declaration {
            name: unquoted(&word.raw, escape),
            name_end,
            value: None,
        };
    };
    let equals = name.chars().count();
    let (mut from, mut to) = (equals + 1, equals + 1 + raw.chars().count());
    if quoted_whole(raw) {
        (from, to) = (from + 1, to - 1);
    }
    let span = word.offset(from - 1) + 1..word.offset(to);
    let value = Value {
        text: None,
        raw: raw.to_owned(),
        span,
    };
    Declaration {
        name: unquoted(name, escape),
        name_end: word.offset(equals),
        value: Some(value),
    }
}

fn quoted_whole(raw: &str) -> bool {
    ['"', '\''].iter().any(|quote| {
        let inner = raw
            .strip_prefix(*quote)
            .and_then(|rest| rest.strip_suffix(*quote));
        inner.is_some_and(|inner| !inner.contains(*quote))
    })
}
