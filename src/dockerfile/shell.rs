//! Shell text as simple commands: words without their quotes, separators, comments and heredocs. It never expands or runs anything.

mod array;
mod expansion;

use super::lines::{self, Glyph};

pub use array::Array;

use expansion::Quoting;

/// A simple command, with the heredocs it reads.
#[derive(Debug, Default)]
pub struct Command {
    /// Its words; redirections are not among them.
    pub words: Vec<Word>,
    /// The arrays that it sets.
    pub arrays: Vec<Array>,
    /// The bodies of its heredocs and the words of its here-strings, as a shell that reads them gets them.
    pub bodies: Vec<Vec<Glyph>>,
    /// Whether what it writes goes elsewhere than into a pipe.
    pub diverted: bool,
    /// How it follows the command before it.
    pub after: Link,
    /// The index of the command before it, between which and this one those of its own substitutions stand.
    pub before: usize,
}

/// How a command follows the one before it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Whatever became of that one.
    #[default]
    Next,
    /// Where that one succeeded.
    And,
    /// Where that one failed.
    Or,
    /// It reads what that one writes.
    Pipe,
    /// It begins another branch of a `case`.
    Branch,
}

/// A word of a command.
#[derive(Debug, Default, Clone)]
pub struct Word {
    /// The byte offset of its first character.
    pub at: usize,
    /// The word without quotes; a `$` that the shell does not expand stands as `\$`.
    pub text: String,
    /// Whether any of it was quoted or escaped, so that it is no keyword.
    pub quoted: bool,
}

/// What may stand before a command in its list.
const KEYWORDS: [&str; 9] = [
    "then", "do", "else", "elif", "if", "while", "until", "{", "!",
];

/// Reads the commands of a script, those of a list, a pipeline, a compound or a substitution each for themselves.
///
/// A substitution's commands stand before the one that it is part of.
pub fn commands(script: &[Glyph]) -> Vec<Command> {
    let reader = Reader {
        rest: script,
        ..Reader::default()
    };
    reader.read()
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a [Glyph],
    commands: Vec<Command>,
    frame: Frame,
    /// How many expansions the reader stands in.
    depth: usize,
}

/// What is read so far of a script, or of a substitution in it.
#[derive(Default)]
struct Frame {
    command: Command,
    word: Option<Word>,
    /// What the next word is, when it is none of the command's.
    target: Option<Target>,
    heredocs: Vec<Heredoc>,
    /// How the next command follows.
    link: Link,
    /// The index of the last command.
    last: usize,
    /// How many subshells are open.
    brackets: usize,
    /// How many `case` are open.
    cases: usize,
}

/// What stands behind a redirection.
enum Target {
    File,
    Text,
    Heredoc { tabs: bool },
}

/// A heredoc whose body begins on the next line.
struct Heredoc {
    delimiter: String,
    /// Whether the shell leaves the body as it stands.
    quoted: bool,
    tabs: bool,
    /// The index of its command, as soon as that has one.
    command: Option<usize>,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Command> {
        while let Some((at, glyph)) = self.next() {
            self.take(at, glyph);
        }
        self.end_command(Link::Next);
        self.commands
    }

    fn next(&mut self) -> Option<Glyph> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn peek(&self) -> Option<char> {
        self.rest.first().map(|(_, glyph)| *glyph)
    }

    fn next_if(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn take(&mut self, at: usize, glyph: char) {
        match glyph {
            '\\' => self.escaped(at),
            '\'' => self.single_quoted(at),
            '"' => self.double_quoted(at),
            '`' => self.backticked(at),
            '$' => self.dollar(at, Quoting::Bare),
            '#' if self.frame.word.is_none() => self.comment(),
            '\n' => self.end_line(),
            '&' if self.peek() == Some('>') => self.end_word(),
            '&' if self.next_if('&') => self.end_command(Link::And),
            '|' if self.next_if('|') => self.end_command(Link::Or),
            '|' => self.end_command(Link::Pipe),
            ';' if self.next_if(';') => self.end_command(Link::Branch),
            '(' if self.begins_array() => self.array(),
            '(' => self.open(),
            ';' | '&' | ')' => self.end_command(Link::Next),
            '<' | '>' => self.redirect(glyph),
            glyph if glyph.is_whitespace() => self.end_word(),
            glyph => self.push(at, glyph),
        }
    }

    fn open(&mut self) {
        self.end_command(Link::Next);
        self.frame.brackets += 1;
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|glyph| glyph != '\n') {
            self.next();
        }
    }

    fn redirect(&mut self, glyph: char) {
        let number = |word: &mut Word| word.text.chars().all(|digit| digit.is_ascii_digit());
        // The digits before a redirection are a file's number, no word of the command.
        let number = self.frame.word.take_if(number);
        self.frame.command.diverted |= glyph == '>' && number.is_none_or(|word| word.text == "1");
        self.end_word();
        self.frame.target = Some(Target::File);
        if !self.next_if(glyph) {
            let _ = self.next_if('&') || self.next_if('|') || self.next_if('>');
        } else if glyph == '<' {
            self.frame.target = Some(if self.next_if('<') {
                Target::Text
            } else {
                Target::Heredoc {
                    tabs: self.next_if('-'),
                }
            });
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.frame.word.take() else {
            return;
        };
        match self.frame.target.take() {
            None => self.end_argument(word),
            Some(Target::File) => {}
            Some(Target::Text) => self.frame.command.bodies.push(inner(&word)),
            Some(Target::Heredoc { tabs }) => {
                self.frame.heredocs.push(Heredoc {
                    delimiter: word.text,
                    quoted: word.quoted,
                    tabs,
                    command: None,
                });
            }
        }
    }

    fn end_argument(&mut self, mut word: Word) {
        if word.text.contains([EXPANDED, SPENT]) {
            word.text = plain(&word.text);
        }
        let frame = &mut self.frame;
        let case = ["case", "esac"].contains(&word.text.as_str()) && !word.quoted;
        if case && frame.command.words.iter().all(is_keyword) {
            frame.cases = match word.text.as_str() {
                "case" => frame.cases + 1,
                _ => frame.cases.saturating_sub(1),
            };
        }
        frame.command.words.push(word);
    }

    fn end_command(&mut self, link: Link) {
        self.end_word();
        let frame = &mut self.frame;
        frame.target = None;
        let index = self.commands.len();
        let mut reads = false;
        for heredoc in &mut frame.heredocs {
            reads |= heredoc.command.is_none();
            heredoc.command.get_or_insert(index);
        }
        let command = &frame.command;
        let ends = reads || !command.words.is_empty() || !command.arrays.is_empty();
        if ends {
            let mut command = std::mem::take(&mut frame.command);
            command.after = frame.link;
            command.before = std::mem::replace(&mut frame.last, index);
            self.commands.push(command);
        }
        // Where nothing ended, as with a line end behind `&&`, what stood there goes on.
        if ends || link != Link::Next {
            frame.link = link;
        }
    }

    fn end_line(&mut self) {
        self.end_command(Link::Next);
        for heredoc in std::mem::take(&mut self.frame.heredocs) {
            let body = self.body(&heredoc);
            let Some(index) = heredoc.command else {
                continue;
            };
            let script = |command: &Command| command.words.is_empty();
            // The heredoc of a RUN without words is its script.
            let kept = heredoc.quoted || self.commands.get(index).is_some_and(script);
            let body = if kept { body } else { self.given(&body) };
            if let Some(command) = self.commands.get_mut(index) {
                command.bodies.push(body);
            }
        }
    }

    fn body(&mut self, heredoc: &Heredoc) -> Vec<Glyph> {
        let mut body = Vec::new();
        while !self.rest.is_empty() {
            let end = self
                .rest
                .iter()
                .position(|(_, glyph)| *glyph == '\n')
                .map_or(self.rest.len(), |end| end + 1);
            let (line, rest) = self.rest.split_at_checked(end).unwrap_or_default();
            self.rest = rest;
            let text: String = line
                .iter()
                .map(|(_, glyph)| *glyph)
                .filter(|glyph| *glyph != '\n')
                .collect();
            if heredoc.ends_with(&text) {
                break;
            }
            body.extend_from_slice(line);
        }
        body
    }
}

impl Heredoc {
    fn ends_with(&self, line: &str) -> bool {
        let line = if self.tabs {
            line.trim_start_matches('\t')
        } else {
            line
        };
        line == self.delimiter
    }
}

/// Says whether the word may stand before a command in its list.
pub fn is_keyword(word: &Word) -> bool {
    !word.quoted && KEYWORDS.contains(&word.text.as_str())
}

/// Says whether a variable may have the name.
pub fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name
            .chars()
            .all(|glyph| glyph.is_ascii_alphanumeric() || glyph == '_')
}

/// Stands for a `$` that an outer shell has expanded already, so that an inner one's quotes do not matter to it.
const EXPANDED: char = '\u{f8ff}';

/// Stands for a `$(...)` that an outer shell has run already.
const SPENT: char = '\u{f8fe}';

fn plain(text: &str) -> String {
    text.replace(EXPANDED, "$").replace(SPENT, "$(...)")
}

/// Returns what a shell gets that is given the word as its script.
pub fn inner(word: &Word) -> Vec<Glyph> {
    let glyphs = lines::glyphs(&word.text, word.at).collect::<Vec<_>>();
    let mut reader = Reader {
        rest: &glyphs,
        ..Reader::default()
    };
    reader.passed(&['$'])
}

/// Returns the words of a text that a shell would get, as the words of a command. What a variable in them holds is split, too.
pub fn data(text: &[Glyph]) -> Vec<Word> {
    let pieces = text.split(|(_, glyph)| glyph.is_whitespace());
    let word = |piece: &[Glyph]| {
        let text: String = piece.iter().map(|(_, glyph)| *glyph).collect();
        let text = text.trim_matches(['"', '\'']).replace('$', "\\$");
        Some(Word {
            at: piece.first()?.0,
            text: plain(&text),
            quoted: false,
        })
    };
    pieces.filter_map(word).collect()
}
