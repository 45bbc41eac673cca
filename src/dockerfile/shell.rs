//! Shell text as simple commands: words without their quotes, separators, comments and heredocs. It never expands or runs anything.

use super::lines::Glyph;

/// A simple command, with the heredocs it reads.
#[derive(Debug, Default)]
pub struct Command {
    /// Its words; redirections are not among them.
    pub words: Vec<Word>,
    /// The bodies of its heredocs.
    pub bodies: Vec<Vec<Glyph>>,
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

/// Reads the commands of a script, those of a list, a pipeline or a compound each for themselves.
///
/// Command substitutions stay opaque parts of their word.
pub fn commands(script: &[Glyph]) -> Vec<Command> {
    let mut reader = Reader {
        rest: script,
        ..Reader::default()
    };
    while let Some((at, glyph)) = reader.next() {
        reader.take(at, glyph);
    }
    reader.end_command();
    reader.commands
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a [Glyph],
    commands: Vec<Command>,
    command: Command,
    word: Option<Word>,
    /// What the next word is, when it is none of the command's.
    target: Option<Target>,
    heredocs: Vec<Heredoc>,
}

/// What stands behind a redirection.
enum Target {
    File,
    Heredoc { tabs: bool },
}

/// A heredoc whose body begins on the next line.
struct Heredoc {
    delimiter: String,
    tabs: bool,
    /// The index that its command has, or will have.
    command: usize,
}

impl Reader<'_> {
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
            '$' => self.dollar(at),
            '#' if self.word.is_none() => self.comment(),
            '\n' => self.end_line(),
            '&' if self.peek() == Some('>') => self.end_word(),
            ';' | '|' | '&' | '(' | ')' => self.end_command(),
            '<' | '>' => self.redirect(glyph),
            glyph if glyph.is_whitespace() => self.end_word(),
            glyph => self.push(at, glyph),
        }
    }

    fn push(&mut self, at: usize, glyph: char) {
        self.word
            .get_or_insert_with(|| Word {
                at,
                ..Word::default()
            })
            .text
            .push(glyph);
    }

    fn push_quoted(&mut self, at: usize, text: &str) {
        let word = self.word.get_or_insert_with(|| Word {
            at,
            ..Word::default()
        });
        word.text.push_str(text);
        word.quoted = true;
    }

    /// A character that means itself.
    fn push_literal(&mut self, at: usize, glyph: char) {
        if glyph == '$' {
            self.push_quoted(at, "\\");
        }
        self.push_quoted(at, glyph.encode_utf8(&mut [0; 4]));
    }

    fn escaped(&mut self, at: usize) {
        match self.next() {
            Some((_, '\n')) | None => {}
            Some((_, glyph)) => self.push_literal(at, glyph),
        }
    }

    fn single_quoted(&mut self, at: usize) {
        self.push_quoted(at, "");
        while let Some((_, glyph)) = self.next().filter(|(_, glyph)| *glyph != '\'') {
            self.push_literal(at, glyph);
        }
    }

    fn double_quoted(&mut self, at: usize) {
        self.push_quoted(at, "");
        while let Some((inner, glyph)) = self.next().filter(|(_, glyph)| *glyph != '"') {
            match glyph {
                '\\' if matches!(self.peek(), Some('$' | '`' | '"' | '\\' | '\n')) => {
                    self.escaped(inner);
                }
                '`' => self.backticked(inner),
                '$' => self.dollar(inner),
                glyph => self.push(inner, glyph),
            }
        }
    }

    fn backticked(&mut self, at: usize) {
        self.push_quoted(at, "`");
        while let Some((_, glyph)) = self.next().filter(|(_, glyph)| *glyph != '`') {
            self.push(at, glyph);
        }
        self.push(at, '`');
    }

    /// `${...}` and `$(...)` are taken whole, as they stand.
    fn dollar(&mut self, at: usize) {
        self.push(at, '$');
        let (open, close) = match self.peek() {
            Some('{') => ('{', '}'),
            Some('(') => ('(', ')'),
            _ => return,
        };
        let mut depth = 0_usize;
        while let Some((_, glyph)) = self.next() {
            self.push(at, glyph);
            depth = if glyph == open {
                depth + 1
            } else {
                depth - usize::from(glyph == close)
            };
            if depth == 0 {
                break;
            }
        }
    }

    fn comment(&mut self) {
        while self.peek().is_some_and(|glyph| glyph != '\n') {
            self.next();
        }
    }

    fn redirect(&mut self, glyph: char) {
        // The digits before a redirection are a file's number, no word of the command.
        if self
            .word
            .as_ref()
            .is_some_and(|word| word.text.chars().all(|digit| digit.is_ascii_digit()))
        {
            self.word = None;
        }
        self.end_word();
        self.target = Some(Target::File);
        if !self.next_if(glyph) {
            let _ = self.next_if('&') || self.next_if('|') || self.next_if('>');
        } else if glyph == '<' && !self.next_if('<') {
            self.target = Some(Target::Heredoc {
                tabs: self.next_if('-'),
            });
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        match self.target.take() {
            None => self.command.words.push(word),
            Some(Target::File) => {}
            Some(Target::Heredoc { tabs }) => {
                self.heredocs.push(Heredoc {
                    delimiter: word.text,
                    tabs,
                    command: self.commands.len(),
                });
            }
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.target = None;
        let reads = self
            .heredocs
            .iter()
            .any(|heredoc| heredoc.command == self.commands.len());
        if reads || !self.command.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.command));
        }
    }

    fn end_line(&mut self) {
        self.end_command();
        for heredoc in std::mem::take(&mut self.heredocs) {
            let body = self.body(&heredoc);
            if let Some(command) = self.commands.get_mut(heredoc.command) {
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
