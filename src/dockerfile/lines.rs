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
    /// Returns what follows the keyword, or both keywords with ONBUILD, in the text that the statement was found in: its own lines
    /// unfolded, without the continuations and the comments between them.
    pub fn arguments(&self, text: &str, escape: char) -> Vec<Glyph> {
        let mut glyphs = unfold(text, self.span.start, escape);
        let mut keywords = words::places(&glyphs, escape);
        let first = keywords.next().unwrap_or_default();
        let keyword = if is_onbuild(glyphs.get(first.clone()).unwrap_or_default()) {
            keywords.next().unwrap_or_default()
        } else {
            first
        };
        drop(keywords);
        glyphs.drain(..keyword.end);
        glyphs
    }

    /// Returns what follows the keyword and its flags, such as `--mount=...`.
    pub fn command(&self, text: &str, escape: char) -> Vec<Glyph> {
        let mut arguments = self.arguments(text, escape);
        let mut said = arguments.iter().map(|(_, glyph)| *glyph);
        if said.find(|glyph| !glyph.is_whitespace()) != Some('-') {
            return arguments;
        }
        let words = words::split(&arguments, '\\');
        let flags = words.take_while(|word| word.raw().starts_with("--"));
        let after = flags.last().map_or(0, |flag| flag.place.end);
        arguments.drain(..after);
        arguments
    }
}

/// Finds the statements of the text, which begins at `start`, behind a byte-order mark.
///
/// The error names a heredoc without an end.
pub fn statements(text: &str, start: usize, escape: char) -> Result<Vec<Statement>, Unreadable> {
    let mut statements = Vec::new();
    let mut at = start;
    while let Some(line) = line_at(text, skip_idle(text, at)) {
        let (said, head_end) = head(text, line.start, escape);
        let Some(start) = said else {
            // Lines that only continue say nothing.
            at = line_at(text, head_end).map_or(text.len(), |line| line.next);
            continue;
        };
        let statement = statement(text, start, head_end, escape)?;
        at = line_at(text, statement.span.end).map_or(text.len(), |line| line.next);
        statements.push(statement);
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
        if let Some([.., before, last]) = line.get_mut(..said)
            && [*before, *last].map(char::from) == [escape; 2]
        {
            *last = b'_';
        }
    }
    String::from_utf8(masked).unwrap_or_default()
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

/// The statement whose first character and whose own lines' end are known.
fn statement(
    text: &str,
    start: usize,
    head_end: usize,
    escape: char,
) -> Result<Statement, Unreadable> {
    let mut end = head_end;
    let mut heredocs = Vec::new();
    let head = text.get(start..head_end).unwrap_or_default();
    for delimiter in delimiters(head, escape) {
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
        heredocs,
    })
}

/// Where the first character of a statement stands, if it says anything, and where its own lines end.
fn head(text: &str, start: usize, escape: char) -> (Option<usize>, usize) {
    let mut said = None;
    let mut end = start;
    for (piece, line) in pieces(text, start, escape) {
        let indent = piece.len() - piece.trim_start_matches(SPACE).len();
        said = said.or((indent < piece.len()).then_some(line.start + indent));
        end = line.start + line.text.len();
    }
    (said, end)
}

fn unfold(text: &str, start: usize, escape: char) -> Vec<Glyph> {
    let mut unfolded = Vec::new();
    for (piece, line) in pieces(text, start, escape) {
        let glyphs = piece.char_indices();
        unfolded.reserve(piece.len());
        unfolded.extend(glyphs.map(|(index, glyph)| (line.start + index, glyph)));
    }
    unfolded
}

/// The lines of a statement, each with what it says without its continuation.
fn pieces(text: &str, start: usize, escape: char) -> impl Iterator<Item = (&str, Line<'_>)> {
    let mut next = Some(start);
    std::iter::from_fn(move || {
        let line = line_at(text, next?)?;
        let continued = continued(line.text, escape);
        next = continued.map(|_| skip_idle(text, line.next));
        Some((continued.unwrap_or(line.text), line))
    })
}

/// What a line says that goes on in the next one. An escape that is itself escaped continues nothing.
fn continued(line: &str, escape: char) -> Option<&str> {
    let said = line.trim_end_matches(SPACE).strip_suffix(escape);
    said.filter(|said| !said.ends_with(escape))
}

/// Whether the keyword takes another word: `ONBUILD RUN` is two.
fn is_onbuild(word: &[Glyph]) -> bool {
    let said = word.iter().map(|(_, glyph)| glyph.to_ascii_uppercase());
    said.eq("ONBUILD".chars())
}

/// Only these instructions take heredocs, and only as words of their own, by `BuildKit`'s `heredocsFromLine`.
fn delimiters(head: &str, escape: char) -> Vec<Delimiter> {
    if !head.contains('<') {
        return Vec::new();
    }
    let glyphs = unfold(head, 0, escape);
    let words = words::split(&glyphs, escape).collect::<Vec<_>>();
    let first = words.first().map(|word| word.place.clone());
    let first = first.and_then(|place| glyphs.get(place));
    let keyword = 1 + usize::from(first.is_some_and(is_onbuild));
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
    let end = memchr::memchr(b'\n', rest.as_bytes());
    let line = rest.get(..end.unwrap_or(rest.len()))?;
    Some(Line {
        start,
        text: match end {
            Some(_) => line.strip_suffix('\r').unwrap_or(line),
            None => line,
        },
        next: start + end.map_or(rest.len(), |end| end + 1),
    })
}
