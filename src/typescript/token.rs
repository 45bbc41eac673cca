//! TypeScript's tokens, as far as finding strings, comments and brackets needs them; it never fails and never looks at a byte twice.
//!
//! The grammar is ECMAScript's (ECMA-262, "Lexical Grammar"). Which of division and regex a `/` is depends there on the parser; here on
//! the tokens before it. Nesting is a list, not recursion, so that no input can exhaust the stack.

mod literal;

pub(super) use literal::decode;
use literal::{
    blank, blanks, digits, in_word, line_length, quoted_length, regex_length, template_length,
    word_length,
};

/// A token's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// Punctuation, mostly one byte.
    Mark,
    /// A closed string in single or double quotes.
    Text,
    /// A template's text up to its end or the next `${`, from its start or the last `}`.
    Template {
        /// It is the template from backtick to backtick.
        whole: bool,
    },
    /// A closed regular expression.
    Regex,
    /// A string or regular expression that its line ends.
    Broken,
    /// A comment, of a line or a block.
    Comment,
    /// The `#!` line.
    Shebang,
}

/// A token's place in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
    /// How many brackets and `${` are open around it; around a bracket, without itself.
    pub depth: usize,
}

impl Token {
    /// Says whether it counts for the program's meaning.
    #[must_use]
    pub fn is_code(&self) -> bool {
        !matches!(self.kind, Kind::Comment | Kind::Shebang)
    }
}

/// A text's tokens, from its start.
pub(super) struct Scanned {
    pub(super) tokens: Vec<Token>,
    /// How many of the text's bytes they take.
    pub(super) length: usize,
    /// Those bytes end inside of something.
    pub(super) unclosed: bool,
}

/// How many bytes of a source a token takes at the least, about: what room is made for.
const BYTES_A_TOKEN: usize = 5;

/// Splits a text into tokens, up to a place and so many tokens of code from there.
pub(super) fn scan(text: &[u8], place: usize, behind: usize) -> Scanned {
    let place = place.min(text.len());
    let mut scanner = Scanner {
        text,
        tokens: Vec::with_capacity(place / BYTES_A_TOKEN),
        ..Scanner::default()
    };
    scanner.through(place);
    let mut found = 0;
    while scanner.at < text.len() && found < behind {
        let known = scanner.tokens.len();
        scanner.step();
        let new = scanner.tokens.get(known..).unwrap_or_default();
        found += new.iter().filter(|token| token.is_code()).count();
    }
    scanner.end()
}

/// Splits a text into tokens, and keeps those of code that are in one bracket at the most: most are deeper.
pub(super) fn scan_shallow(text: &[u8]) -> Scanned {
    let mut scanner = Scanner {
        text,
        shallow: true,
        ..Scanner::default()
    };
    scanner.through(text.len());
    scanner.end()
}

/// Something open that a later token closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `(`; `head` says that it follows `if`, `for`, `while` or `with`, so that a statement follows its end.
    Round { head: bool },
    /// `[`.
    Square,
    /// `{`; a `block` is no value, so that a statement follows its end.
    Curly { block: bool },
    /// `${` in a template.
    Hole,
}

#[derive(Default)]
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
    /// Only some tokens are kept, as [`scan_shallow`] says.
    shallow: bool,
    /// Where the last token ends.
    behind: usize,
    open: Vec<Open>,
    /// How many of `open` a `}` can close.
    curly: usize,
    unclosed: bool,
    /// The bytes of the last token that is code, and of the one before it.
    last: &'a [u8],
    before: &'a [u8],
    /// The last token ends a value, so that `/` after it divides.
    value: bool,
}

impl<'a> Scanner<'a> {
    /// Scans a text from its start to a place.
    fn through(&mut self, place: usize) {
        self.skip_mark();
        while self.at < place {
            self.step();
        }
    }

    fn end(self) -> Scanned {
        Scanned {
            length: self.at,
            unclosed: self.unclosed || !self.open.is_empty(),
            tokens: self.tokens,
        }
    }

    fn skip_mark(&mut self) {
        if let Some(rest) = self.text.strip_prefix(b"\xEF\xBB\xBF") {
            self.at = self.text.len() - rest.len();
        }
        if self.rest().starts_with(b"#!") {
            self.take(Kind::Shebang, line_length(self.rest()));
        }
    }

    fn step(&mut self) {
        let rest = self.rest();
        match rest {
            [b' ' | b'\n' | b'\r' | b'\t', ..] => self.at += blanks(rest),
            [byte, ..] if in_word(*byte) => self.word_or_number(),
            [b'/', b'/', ..] => self.take(Kind::Comment, line_length(rest)),
            [b'/', b'*', body @ ..] => self.block_comment(body),
            [b'/', ..] if !self.value => self.closed_or_broken(Kind::Regex, regex_length(rest)),
            [b'\'' | b'"', ..] => self.closed_or_broken(Kind::Text, quoted_length(rest)),
            [b'`', ..] => self.template(),
            [b'(' | b'[' | b'{', ..] => self.open_bracket(),
            [b')' | b']' | b'}', ..] => self.close_bracket(),
            _ => self.plain(),
        }
    }

    fn word_or_number(&mut self) {
        let rest = self.rest();
        if rest.first().is_some_and(u8::is_ascii_digit) {
            self.code(Kind::Word, digits(rest), true);
        } else {
            self.word(word_length(rest));
        }
    }

    /// White space, a mark, or a word that begins beyond ASCII.
    fn plain(&mut self) {
        let rest = self.rest();
        if let Some(length) = blank(rest) {
            self.at += length;
            return;
        }
        match word_length(rest) {
            0 => self.mark(),
            length => self.word(length),
        }
    }

    fn word(&mut self, length: usize) {
        let property = matches!(self.last, b"." | b"?.");
        let word = self.rest().get(..length).unwrap_or_default();
        self.code(Kind::Word, length, property || !precedes_value(word));
    }

    fn mark(&mut self) {
        let rest = self.rest();
        // `x!` and `x++` end the value that x is.
        let touching = self.behind == self.at;
        match rest {
            [b'.', b'.', b'.', ..] => self.code(Kind::Mark, 3, false),
            [b'+', b'+', ..] | [b'-', b'-', ..] => self.code(Kind::Mark, 2, self.value),
            [b'=', b'>', ..] => self.code(Kind::Mark, 2, false),
            [b'?', b'.', after @ ..] if !after.first().is_some_and(u8::is_ascii_digit) => {
                self.code(Kind::Mark, 2, false);
            }
            [b'!', ..] => self.code(Kind::Mark, 1, self.value && touching),
            _ => self.code(Kind::Mark, 1, false),
        }
    }

    fn block_comment(&mut self, body: &[u8]) {
        let end = memchr::memmem::find(body, b"*/");
        self.unclosed |= end.is_none();
        let length = end.map_or(body.len() + 2, |end| end + 4);
        self.take(Kind::Comment, length);
    }

    fn closed_or_broken(&mut self, kind: Kind, length: Result<usize, usize>) {
        // A statement ends with the module it imports, so that `/` on the next line starts a regex.
        let statement = kind == Kind::Text && matches!(self.last, b"import" | b"from");
        match length {
            Ok(length) => self.code(kind, length, !statement),
            Err(length) => self.code(Kind::Broken, length, true),
        }
    }

    /// A template from its backtick or from the `}` of its last `${}`.
    fn template(&mut self) {
        let whole = self.rest().first() == Some(&b'`');
        let length = template_length(self.rest());
        let Some(length) = length else {
            self.unclosed = true;
            return self.code(Kind::Template { whole: false }, self.rest().len(), true);
        };
        let hole = self
            .rest()
            .get(..length)
            .is_some_and(|piece| piece.ends_with(b"${"));
        self.code(
            Kind::Template {
                whole: whole && !hole,
            },
            length,
            !hole,
        );
        if hole {
            self.push(Open::Hole);
        }
    }

    fn open_bracket(&mut self) {
        let open = match self.rest().first() {
            Some(b'(') => Open::Round {
                head: matches!(self.last, b"if" | b"for" | b"while" | b"with")
                    && !matches!(self.before, b"." | b"?."),
            },
            Some(b'[') => Open::Square,
            _ => Open::Curly {
                block: self.value || precedes_block(self.last),
            },
        };
        self.code(Kind::Mark, 1, false);
        self.push(open);
    }

    fn close_bracket(&mut self) {
        match (self.rest().first(), self.open.last().copied()) {
            (Some(b'}'), _) => self.close_curly(),
            (Some(b')'), Some(Open::Round { head })) => self.close(!head),
            (Some(b']'), Some(Open::Square)) => self.close(true),
            // One that nothing opened closes nothing.
            _ => self.code(Kind::Mark, 1, true),
        }
    }

    fn close(&mut self, value: bool) {
        self.open.pop();
        self.code(Kind::Mark, 1, value);
    }

    /// A `}` also closes the round and square brackets left open inside of it.
    fn close_curly(&mut self) {
        if self.curly == 0 {
            return self.code(Kind::Mark, 1, false);
        }
        while let Some(open) = self.open.pop() {
            match open {
                Open::Round { .. } | Open::Square => continue,
                Open::Curly { block } => self.code(Kind::Mark, 1, !block),
                Open::Hole => self.template(),
            }
            self.curly -= 1;
            return;
        }
    }

    fn push(&mut self, open: Open) {
        self.curly += usize::from(matches!(open, Open::Curly { .. } | Open::Hole));
        self.open.push(open);
    }

    fn code(&mut self, kind: Kind, length: usize, value: bool) {
        self.before = self.last;
        self.last = self.rest().get(..length).unwrap_or_default();
        self.value = value;
        self.take(kind, length);
    }

    fn take(&mut self, kind: Kind, length: usize) {
        let start = self.at;
        self.at = start + length;
        self.behind = self.at;
        let token = Token {
            kind,
            start,
            end: self.at,
            depth: self.open.len(),
        };
        if !self.shallow || (token.depth <= 1 && token.is_code()) {
            self.tokens.push(token);
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }
}

fn precedes_value(word: &[u8]) -> bool {
    matches!(
        word,
        b"return"
            | b"typeof"
            | b"case"
            | b"in"
            | b"of"
            | b"delete"
            | b"void"
            | b"throw"
            | b"new"
            | b"instanceof"
            | b"do"
            | b"else"
            | b"await"
            | b"yield"
    )
}

/// What a `{` follows that is no value; after a value (`class A {`) it is a block too.
fn precedes_block(last: &[u8]) -> bool {
    matches!(
        last,
        b"" | b")" | b";" | b"{" | b"}" | b"=>" | b"else" | b"do"
    )
}
