//! The statements of a Dockerfile as spans of its text, continuation lines and heredocs included. It never looks at what one says.

use std::ops::Range;

use super::Unreadable;
use super::words::{self, Word};

/// A character and the byte offset at which it stands in the file.
pub type Glyph = (usize, char);

/// The lines of one instruction.
#[derive(Debug)]
pub struct Statement {
    /// From its first character to the end of its last line, line end excluded.
    pub span: Range<usize>,
    /// Where its own lines end and the first heredoc's begin.
    pub head_end: usize,
    /// Its own lines unfolded: continuations, and the comments between them, are gone.
    glyphs: Vec<Glyph>,
    /// How many of the glyphs are the keyword; with ONBUILD, both keywords.
    keyword: usize,
    heredocs: Vec<Heredoc>,
}

/// The lines of one heredoc.
#[derive(Debug)]
struct Heredoc {
    /// The body and the delimiter's line.
    lines: Range<usize>,
    /// Whether `parse-dockerfile` skips the body by itself.
    skipped: bool,
}

/// What stands after a `<<`.
struct Delimiter {
    text: String,
    tabs: bool,
    skipped: bool,
}

/// One line of a text, without its line end.
struct Line<'a> {
    start: usize,
    text: &'a str,
    next: usize,
}

impl Statement {
    /// Returns what follows the keyword.
    pub fn arguments(&self) -> &[Glyph] {
        self.glyphs.get(self.keyword..).unwrap_or_default()
    }

    /// Returns what follows the keyword and its flags, such as `--mount=...`.
    pub fn command(&self) -> &[Glyph] {
        let arguments = self.arguments();
        let words = words::split(arguments, '\\');
        let flags = words.take_while(|word| word.raw().starts_with("--"));
        let after = flags.last().map_or(0, |flag| flag.place.end);
        arguments.get(after..).unwrap_or_default()
    }
}

/// Finds the statements of the text, which begins at `start`, behind a byte-order mark.
///
/// The error names a heredoc without an end.
pub fn statements(text: &str, start: usize, escape: char) -> Result<Vec<Statement>, Unreadable> {
    let mut statements = Vec::new();
    let mut at = start;
    while let Some(line) = line_at(text, skip_idle(text, at)) {
        let statement = statement(text, line.start, escape)?;
        at = line_at(text, statement.span.end).map_or(text.len(), |line| line.next);
        // Lines that only continue say nothing.
        statements.extend(Some(statement).filter(|statement| !statement.glyphs.is_empty()));
    }
    Ok(statements)
}

/// Returns the text, byte for byte as long, without what `parse-dockerfile` 0.1.9 takes for something else: it knows one heredoc
/// a RUN, and only as the first word, so the others become comments; and it continues a line after an escaped escape.
pub fn mask(text: &str, statements: &[Statement], escape: char) -> String {
    let mut masked = text.as_bytes().to_vec();
    let heredocs = statements.iter().flat_map(|statement| &statement.heredocs);
    for heredoc in heredocs.filter(|heredoc| !heredoc.skipped) {
        let bytes = masked.get_mut(heredoc.lines.clone()).unwrap_or_default();
        for line in bytes.split_mut(|byte| *byte == b'\n') {
            line.fill(b' ');
            line.iter_mut().take(1).for_each(|byte| *byte = b'#');
        }
    }
    for line in masked.split_mut(|byte| *byte == b'\n') {
        let said = line.trim_ascii_end().len();
        let last = line.iter_mut().take(said).rev();
        mask_escaped(&mut last.take(2).collect::<Vec<_>>(), escape);
    }
    String::from_utf8_lossy(&masked).into_owned()
}

/// Gives the last byte of a line, which is first here, another value when it is an escaped escape.
fn mask_escaped(last: &mut [&mut u8], escape: char) {
    if let [last, before] = last
        && [**last, **before]
            .iter()
            .all(|byte| char::from(*byte) == escape)
    {
        **last = b'_';
    }
}

/// Returns the line, counted from 1, that the byte offset stands in.
pub fn number(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Returns the characters of a piece of the file that begins at the offset, with LF for every line end.
pub fn glyphs(piece: &str, at: usize) -> impl Iterator<Item = Glyph> {
    let crlf = move |index: usize| {
        piece
            .get(index..)
            .is_some_and(|rest| rest.starts_with("\r\n"))
    };
    piece
        .char_indices()
        .filter(move |(index, _)| !crlf(*index))
        .map(move |(index, glyph)| (at + index, glyph))
}

/// The white space of `BuildKit`'s parser, without the line feed.
const SPACE: [char; 5] = [' ', '\t', '\r', '\u{b}', '\u{c}'];

fn statement(text: &str, start: usize, escape: char) -> Result<Statement, Unreadable> {
    let (mut glyphs, head_end) = unfold(text, start, escape);
    let indent = glyphs.iter().take_while(|(_, glyph)| SPACE.contains(glyph));
    glyphs.drain(..indent.count());
    let start = glyphs.first().map_or(start, |(at, _)| *at);
    // Without a `<<` there is no heredoc, and the words after the keyword do not matter.
    let heredocs = glyphs
        .windows(2)
        .any(|pair| matches!(pair, [(_, '<'), (_, '<')]));
    let words = words::split(&glyphs, escape);
    let words = words
        .take(if heredocs { usize::MAX } else { 2 })
        .collect::<Vec<_>>();
    let keyword = keyword(&words);
    let place = words
        .get(keyword.saturating_sub(1))
        .map_or(0, |word| word.place.end);
    let mut end = head_end;
    let mut heredocs = Vec::new();
    for delimiter in delimiters(&words, keyword) {
        let lines = heredoc(text, end, &delimiter).ok_or_else(|| Unreadable {
            line: Some(number(text, start)),
            why: format!("the heredoc has no end, a line `{}`", delimiter.text),
        })?;
        end = lines.end;
        heredocs.push(Heredoc {
            lines,
            skipped: delimiter.skipped,
        });
    }
    Ok(Statement {
        span: start..end,
        head_end,
        glyphs,
        keyword: place,
        heredocs,
    })
}

fn unfold(text: &str, start: usize, escape: char) -> (Vec<Glyph>, usize) {
    let mut unfolded = Vec::new();
    let mut end = start;
    let mut at = start;
    while let Some(line) = line_at(text, at) {
        end = line.start + line.text.len();
        let continued = continued(line.text, escape);
        unfolded.extend(glyphs(continued.unwrap_or(line.text), line.start));
        if continued.is_none() {
            break;
        }
        at = skip_idle(text, line.next);
    }
    (unfolded, end)
}

/// What a line says that goes on in the next one. An escape that is itself escaped continues nothing.
fn continued(line: &str, escape: char) -> Option<&str> {
    let said = line.trim_end_matches(SPACE).strip_suffix(escape);
    said.filter(|said| !said.ends_with(escape))
}

/// How many words the keyword takes: `ONBUILD RUN` is two.
fn keyword(words: &[Word]) -> usize {
    let onbuild = words
        .first()
        .is_some_and(|word| word.raw().eq_ignore_ascii_case("ONBUILD"));
    if onbuild { 2 } else { 1 }
}

/// Only these instructions take heredocs, and only as words of their own, by `BuildKit`'s `heredocsFromLine`.
fn delimiters(words: &[Word], keyword: usize) -> Vec<Delimiter> {
    let name = words
        .get(keyword - 1)
        .map(|word| word.raw().to_ascii_uppercase())
        .unwrap_or_default();
    if !["RUN", "COPY", "ADD"].contains(&name.as_str()) {
        return Vec::new();
    }
    let flags = words
        .iter()
        .skip(keyword)
        .take_while(|word| word.raw().starts_with("--"))
        .count();
    let arguments = words.iter().skip(keyword + flags).enumerate();
    let skipped =
        |index: usize, word: &Word| (name != "RUN" || index == 0) && word.raw().starts_with("<<");
    arguments
        .filter_map(|(index, word)| delimiter(word, skipped(index, word)))
        .collect()
}

fn delimiter(word: &Word, skipped: bool) -> Option<Delimiter> {
    let rest = word
        .raw()
        .trim_start_matches(|digit: char| digit.is_ascii_digit())
        .strip_prefix("<<")?;
    let tabs = rest.starts_with('-');
    let quoted = rest.strip_prefix('-').unwrap_or(rest);
    let text = words::unquoted(quoted, '\\');
    let taken = !text.is_empty() && !quoted.contains('<');
    taken.then_some(Delimiter {
        text,
        tabs,
        skipped,
    })
}

/// The lines after the one that ends at `end`, up to the delimiter's.
fn heredoc(text: &str, end: usize, delimiter: &Delimiter) -> Option<Range<usize>> {
    let start = line_at(text, end)?.next;
    let mut at = start;
    loop {
        let line = line_at(text, at)?;
        let tabs: &[char] = if delimiter.tabs { &['\t'] } else { &[] };
        if line.text.trim_start_matches(tabs) == delimiter.text {
            return Some(start..line.start + line.text.len());
        }
        at = line.next;
    }
}

/// The first line, at or after the offset, that is neither blank nor a comment.
fn skip_idle(text: &str, mut at: usize) -> usize {
    while let Some(line) = line_at(text, at) {
        let said = line.text.trim_start_matches(SPACE);
        if !said.is_empty() && !said.starts_with('#') {
            break;
        }
        at = line.next;
    }
    at
}

fn line_at(text: &str, start: usize) -> Option<Line<'_>> {
    let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
    let whole = rest.split_inclusive('\n').next()?;
    let line = whole
        .strip_suffix('\n')
        .map_or(whole, |line| line.strip_suffix('\r').unwrap_or(line));
    Some(Line {
        start,
        text: line,
        next: start + whole.len(),
    })
}
