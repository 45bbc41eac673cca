//! Quotes and expansions of a shell's word. What a substitution runs is read as commands; nothing is expanded.

use super::{EXPANDED, Glyph, Reader, SPENT, Word};

/// Substitutions in substitutions are read this deep; nobody writes deeper ones, but a file could.
pub(super) const DEPTH: usize = 16;

/// Whether an expansion stands between double quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Bare,
    Double,
}

impl Reader<'_> {
    pub(super) fn push(&mut self, at: usize, glyph: char) {
        self.word(at).text.push(glyph);
    }

    fn push_quoted(&mut self, at: usize, text: &str) {
        let word = self.word(at);
        word.text.push_str(text);
        word.quoted = true;
    }

    fn word(&mut self, at: usize) -> &mut Word {
        self.frame.word.get_or_insert_with(|| Word {
            at,
            ..Word::default()
        })
    }

    /// A character that means itself.
    fn push_literal(&mut self, at: usize, glyph: char) {
        if glyph == '$' {
            self.push_quoted(at, "\\");
        }
        self.push_quoted(at, glyph.encode_utf8(&mut [0; 4]));
    }

    pub(super) fn escaped(&mut self, at: usize) {
        match self.next() {
            Some((_, '\n')) | None => {}
            Some((_, glyph)) => self.push_literal(at, glyph),
        }
    }

    pub(super) fn single_quoted(&mut self, at: usize) {
        self.push_quoted(at, "");
        while let Some((_, glyph)) = self.next().filter(|(_, glyph)| *glyph != '\'') {
            self.push_literal(at, glyph);
        }
    }

    pub(super) fn double_quoted(&mut self, at: usize) {
        self.push_quoted(at, "");
        while let Some((inner, glyph)) = self.next().filter(|(_, glyph)| *glyph != '"') {
            match glyph {
                '\\' if matches!(self.peek(), Some('$' | '`' | '"' | '\\' | '\n')) => {
                    self.escaped(inner);
                }
                '`' => self.backticked(inner),
                '$' => self.dollar(inner, Quoting::Double),
                glyph => self.push(inner, glyph),
            }
        }
    }

    /// `` `...` `` is part of its word as it stands.
    pub(super) fn backticked(&mut self, at: usize) {
        self.push_quoted(at, "`");
        self.as_it_stands(at, Self::skip_backticks);
    }

    /// `${...}` and `$(...)` are parts of their word as they stand.
    pub(super) fn dollar(&mut self, at: usize, quoting: Quoting) {
        self.push(at, '$');
        self.as_it_stands(at, |reader| reader.skip_expansion(quoting));
    }

    /// Reads the body of a heredoc whose delimiter is not quoted, and returns what a shell gets that reads it.
    pub(super) fn given(&mut self, body: &[Glyph]) -> Vec<Glyph> {
        let mut reader = Reader {
            rest: body,
            commands: std::mem::take(&mut self.commands),
            depth: self.depth,
            ..Reader::default()
        };
        let given = reader.passed(&['$', '`', '\\', '\n']);
        self.commands = reader.commands;
        given
    }

    /// What stands behind a `\` is the inner shell's, and another expansion is not.
    pub(super) fn passed(&mut self, escaped: &[char]) -> Vec<Glyph> {
        let mut passed = Vec::with_capacity(self.rest.len());
        while let Some((at, glyph)) = self.next() {
            match (glyph, self.peek()) {
                ('\\', Some(next)) if escaped.contains(&next) => {
                    passed.extend(self.next().filter(|(_, next)| *next != '\n'));
                }
                ('$', Some('(')) => {
                    self.skip_expansion(Quoting::Double);
                    passed.push((at, SPENT));
                }
                ('$', _) => passed.push((at, EXPANDED)),
                ('`', _) if escaped.contains(&'`') => {
                    self.skip_backticks();
                    passed.push((at, SPENT));
                }
                _ => passed.push((at, glyph)),
            }
        }
        passed
    }

    fn as_it_stands(&mut self, at: usize, skip: impl FnOnce(&mut Self)) {
        let before = self.rest;
        skip(self);
        let skipped = before.len() - self.rest.len();
        let text = before.iter().take(skipped).map(|(_, glyph)| *glyph);
        self.word(at).text.extend(text);
    }

    /// What stands behind a `$`.
    fn skip_expansion(&mut self, quoting: Quoting) {
        if self.depth >= DEPTH {
            return;
        }
        self.depth += 1;
        if self.next_if('{') {
            self.skip_braces(quoting);
        } else if self.next_if('(') {
            if self.peek() == Some('(') {
                self.skip_arithmetic();
            } else {
                self.skip_substitution();
            }
        }
        self.depth -= 1;
    }

    fn skip_braces(&mut self, quoting: Quoting) {
        while self
            .peek()
            .is_some_and(|glyph| glyph.is_ascii_alphanumeric() || glyph == '_')
        {
            self.next();
        }
        // Between double quotes only a pattern's single quotes quote (POSIX, Shell Command Language, 2.6.2).
        let quotes = quoting == Quoting::Bare || matches!(self.peek(), Some('#' | '%' | '/'));
        while let Some((_, glyph)) = self.next().filter(|(_, glyph)| *glyph != '}') {
            match glyph {
                '\\' => drop(self.next()),
                '\'' if quotes => while self.next().is_some_and(|(_, glyph)| glyph != '\'') {},
                '"' => self.skip_double_quotes(),
                '`' => self.skip_backticks(),
                '$' => self.skip_expansion(quoting),
                _ => {}
            }
        }
    }

    fn skip_double_quotes(&mut self) {
        while let Some((_, glyph)) = self.next().filter(|(_, glyph)| *glyph != '"') {
            match glyph {
                '\\' => drop(self.next()),
                '`' => self.skip_backticks(),
                '$' => self.skip_expansion(Quoting::Double),
                _ => {}
            }
        }
    }

    fn skip_arithmetic(&mut self) {
        let mut open = 1_usize;
        while let Some((_, glyph)) = self.next() {
            match glyph {
                '(' => open += 1,
                ')' if open == 1 => break,
                ')' => open -= 1,
                '$' => self.skip_expansion(Quoting::Double),
                '`' => self.skip_backticks(),
                _ => {}
            }
        }
    }

    /// The commands of `$(...)` run before the one that it stands in.
    fn skip_substitution(&mut self) {
        let outer = std::mem::take(&mut self.frame);
        while let Some((at, glyph)) = self.next() {
            if glyph == ')' && self.closes() {
                break;
            }
            self.take(at, glyph);
        }
        self.end_command(super::Link::Next);
        let inner = std::mem::replace(&mut self.frame, outer);
        // A heredoc that the substitution opens in its last line begins below the line of the whole command.
        self.frame.heredocs.extend(inner.heredocs);
    }

    /// Whether a `)` ends the substitution, and not a subshell or a pattern of `case` in it.
    fn closes(&mut self) -> bool {
        self.end_word();
        if self.frame.brackets > 0 {
            self.frame.brackets -= 1;
            return false;
        }
        self.frame.cases == 0
    }

    fn skip_backticks(&mut self) {
        let mut script = Vec::new();
        while let Some((at, glyph)) = self.next().filter(|(_, glyph)| *glyph != '`') {
            match self.peek() {
                Some(escaped @ ('`' | '\\' | '$')) if glyph == '\\' => {
                    self.next();
                    script.push((at, escaped));
                }
                _ => script.push((at, glyph)),
            }
        }
        if self.depth < DEPTH {
            let reader = Reader {
                rest: &script,
                commands: std::mem::take(&mut self.commands),
                depth: self.depth + 1,
                ..Reader::default()
            };
            self.commands = reader.read();
        }
    }
}
