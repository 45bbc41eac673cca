//! What a TypeScript file imports, read from its tokens; it never type-checks, resolves a module or rejects a file.

mod calls;
mod line;
mod members;
mod module;
mod names;
#[cfg(test)]
mod tests;
mod token;

use std::cell::OnceCell;
use std::ops::Range;

pub use line::Lines;
pub use module::{ModuleUse, TakenName, UseKind};
pub use names::Exports;
pub use token::{Kind, Token};

/// Lists every module that the text names in code: in an import, a re-export, `import()` or `require()`, in the text's order.
///
/// The text may be any bytes. A name in a comment, a string or a template's text is none, nor is a method called `import` or `require`.
#[must_use]
pub fn module_specifiers(text: &[u8]) -> Vec<ModuleUse> {
    Scan::of_modules(text).module_specifiers()
}

/// Lists the statements `import '<specifier>'` outside all brackets, in the text's order.
#[must_use]
pub fn side_effect_imports(text: &[u8]) -> Vec<SideEffectImport> {
    Scan::of(text).side_effect_imports()
}

/// Lists the texts that calls of a function are given first, in the text's order.
#[must_use]
pub fn named_in_calls(text: &[u8], function: &str) -> Vec<String> {
    calls::named(&Scan::of(text), function)
}

/// Says whether the text's code has a name as a word, or as the whole of a string; not whether a comment has it.
#[must_use]
pub fn mentions(text: &[u8], name: &str) -> bool {
    let scan = Scan::of(text);
    let mut code = scan.tokens().iter().filter(|token| token.is_code());
    code.any(|token| {
        let is_word = token.kind == Kind::Word && scan.raw(token) == name.as_bytes();
        is_word || scan.value(token).is_some_and(|value| value == name)
    })
}

/// A statement `import '<specifier>'`, with its attributes and semicolon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideEffectImport {
    /// The module's name, its escapes decoded.
    pub specifier: String,
    /// The statement's bytes in the text, the semicolon included.
    pub span: Range<usize>,
    /// The line of the word `import`, counted from 1.
    pub line: usize,
}

impl SideEffectImport {
    /// Says whether the module is a file beside or above this one, by its name.
    #[must_use]
    pub fn is_relative(&self) -> bool {
        is_relative(&self.specifier)
    }
}

/// How the names of files end that may import others, without the dot.
pub const ENDS: [&str; 8] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// Says whether a specifier names a file by its place: `./codex.js` or `../codex.js`.
#[must_use]
pub fn is_relative(specifier: &str) -> bool {
    specifier.starts_with("./") || specifier.starts_with("../")
}

/// A text and its tokens.
#[derive(Debug)]
pub struct Scan<'a> {
    text: &'a [u8],
    /// Found when somebody asks for a line: most files are looked at for their imports alone.
    lines: OnceCell<Lines<'a>>,
    tokens: Vec<Token>,
    unclosed: bool,
}

impl<'a> Scan<'a> {
    /// Scans a text of any bytes, in time linear in its length.
    #[must_use]
    pub fn of(text: &'a [u8]) -> Self {
        Self::through(text, text.len(), 0)
    }

    /// Scans a text of any bytes as far as it may name modules: [`Self::module_specifiers`] finds there what it finds in the whole, and
    /// one code token is there if the whole has any.
    #[must_use]
    pub fn of_modules(text: &'a [u8]) -> Self {
        Self::through(text, module::last_place(text), module::BEHIND)
    }

    /// Scans a text of any bytes for its code outside all brackets and in one: the tokens that are deeper, and the comments, are not there.
    #[must_use]
    pub fn of_outermost(text: &'a [u8]) -> Self {
        Self::new(text, token::scan_shallow(text))
    }

    /// Scans a text up to a place and so many tokens of code from there, and takes that for the whole.
    fn through(text: &'a [u8], place: usize, behind: usize) -> Self {
        Self::new(text, token::scan(text, place, behind))
    }

    fn new(text: &'a [u8], scanned: token::Scanned) -> Self {
        Self {
            text: text.get(..scanned.length).unwrap_or(text),
            lines: OnceCell::new(),
            tokens: scanned.tokens,
            unclosed: scanned.unclosed,
        }
    }

    /// The modules that the text names, as [`module_specifiers`] lists them.
    #[must_use]
    pub fn module_specifiers(&self) -> Vec<ModuleUse> {
        module::uses(self)
    }

    /// The names that are surely taken from a module as a whole; `start` is where a [`ModuleUse`] stands. The scan must be of the whole text.
    #[must_use]
    pub fn members(&self, start: usize) -> Vec<String> {
        members::taken(self, start)
    }

    /// The side-effect imports outside all brackets, as [`side_effect_imports`] lists them.
    #[must_use]
    pub fn side_effect_imports(&self) -> Vec<SideEffectImport> {
        module::side_effects(self)
    }

    /// The text's bytes.
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The text's lines.
    #[must_use]
    pub fn lines(&self) -> &Lines<'a> {
        self.lines.get_or_init(|| Lines::of(self.text))
    }

    /// All tokens, comments too, in the text's order.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The tokens without comments and the `#!` line.
    #[must_use]
    pub fn code(&self) -> Vec<Token> {
        let mut code = self.tokens.clone();
        code.retain(Token::is_code);
        code
    }

    /// The tokens that start before a byte, and those that start at it or after it.
    #[must_use]
    pub fn split(&self, place: usize) -> (&[Token], &[Token]) {
        let count = self.tokens.partition_point(|token| token.start < place);
        self.tokens
            .split_at_checked(count)
            .unwrap_or((&self.tokens, &[]))
    }

    /// Says whether a comment, a template or a bracket is still open at the text's end.
    #[must_use]
    pub fn is_unclosed(&self) -> bool {
        self.unclosed
    }

    /// The bytes of a token, as written.
    #[must_use]
    pub fn raw(&self, token: &Token) -> &'a [u8] {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The value of a string, or of a template without `${}`; of any other token nothing. Bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn value(&self, token: &Token) -> Option<String> {
        let closed = matches!(token.kind, Kind::Text | Kind::Template { whole: true });
        let body = self.text.get(token.start + 1..token.end.saturating_sub(1));
        body.filter(|_| closed).map(token::decode)
    }

    /// The line that a byte lies in, counted from 1.
    #[must_use]
    pub fn line(&self, place: usize) -> usize {
        self.lines().number(place)
    }
}
