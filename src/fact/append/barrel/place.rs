//! Where a new import goes in a barrel: a line's start outside of every token, bracket and statement, or nowhere.

use super::{Anchor, Barrel, used};
use crate::skill::Fault;
use crate::typescript::{Kind, SideEffectImport, Token, UseKind, is_relative};

impl Barrel<'_> {
    /// The byte at which the import's line goes in: after the anchor, else where the specifier sorts.
    pub(super) fn place(&self, specifier: &str, anchor: Option<Anchor>) -> Result<usize, Fault> {
        if let Some(anchor) = anchor {
            return self.after(anchor);
        }
        let relative: Vec<&SideEffectImport> = self
            .imports
            .iter()
            .filter(|import| import.is_relative())
            .collect();
        let next = relative
            .iter()
            .copied()
            .find(|import| import.specifier.as_str() > specifier);
        match (next, relative.last()) {
            (Some(next), _) => self
                .above(next)
                .or_else(|| self.nearest(&relative, next))
                .ok_or_else(|| self.crowded(next)),
            (None, Some(last)) => self
                .below(last)
                .or_else(|| self.nearest(&relative, last))
                .ok_or_else(|| self.crowded(last)),
            (None, None) => self.first(specifier),
        }
    }

    /// The line after the anchor, when it starts between two statements.
    fn after(&self, anchor: Anchor) -> Result<usize, Fault> {
        let place = anchor.place(self.scan.lines())?;
        let (before, after) = self.scan.split(place);
        let last = before.iter().rev().find(|token| token.is_code());
        let next = after.iter().find(|token| token.is_code());
        let open = before.last().is_some_and(|token| token.end > place)
            || (next.is_none() && self.scan.is_unclosed());
        let between = last.is_none_or(|last| self.ends_statement(last, next))
            || next.is_some_and(|next| self.starts_import(next));
        let inside = || {
            self.by_code(
                place,
                format!(
                    "the line after `{}` may be inside a statement",
                    anchor.marker.trim_ascii()
                ),
            )
        };
        (between && !open).then_some(place).ok_or_else(inside)
    }

    /// Says whether a statement surely ends with a token: without a semicolon, an import or the last statement does.
    fn ends_statement(&self, token: &Token, next: Option<&Token>) -> bool {
        let import = || {
            self.imports
                .iter()
                .any(|import| import.span.end == token.end)
        };
        let last = || {
            next.is_none()
                && (token.kind != Kind::Mark || matches!(self.scan.raw(token), b")" | b"]" | b"}"))
        };
        token.depth == 0 && (self.scan.raw(token) == b";" || import() || last())
    }

    fn starts_import(&self, token: &Token) -> bool {
        self.imports
            .binary_search_by_key(&token.start, |import| import.span.start)
            .is_ok()
    }

    /// The line of an import, or of the comments directly above that belong to it.
    fn above(&self, import: &SideEffectImport) -> Option<usize> {
        let comments = self.attached(import);
        let start = comments
            .first()
            .map_or(import.span.start, |comment| comment.start);
        // The comment that a file starts with is about the file.
        let header = self
            .scan
            .split(start)
            .0
            .iter()
            .all(|token| token.kind == Kind::Shebang);
        let own = header.then(|| self.line_of(import.span.start)).flatten();
        own.or_else(|| self.line_of(start))
    }

    /// The start of the line that a token is the first of.
    fn line_of(&self, start: usize) -> Option<usize> {
        let place = self.scan.lines().start(self.scan.line(start));
        let before = self.scan.split(start).0.last();
        before
            .is_none_or(|token| token.end <= place)
            .then_some(place)
    }

    /// The comments above an import, without a blank line between; one that starts behind other code is that code's.
    fn attached(&self, import: &SideEffectImport) -> &[Token] {
        let before = self.scan.split(import.span.start).0;
        let mut top = import.line;
        let touches = |token: &&Token| {
            let touches = token.kind == Kind::Comment && self.scan.line(token.end) + 1 >= top;
            top = self.scan.line(token.start);
            touches
        };
        let count = before.iter().rev().take_while(touches).count();
        let (rest, comments) = before
            .split_at_checked(before.len() - count)
            .unwrap_or_default();
        let taken = rest.last().map_or(0, |token| self.scan.line(token.end));
        let trailing = comments
            .iter()
            .take_while(|comment| self.scan.line(comment.start) <= taken)
            .count();
        comments.get(trailing..).unwrap_or_default()
    }

    /// The line after an import and the comments that end it.
    fn below(&self, import: &SideEffectImport) -> Option<usize> {
        self.line_after(import.span.end)
    }

    /// The line after the one in which something ends, when only comments follow it there, and end there too.
    fn line_after(&self, end: usize) -> Option<usize> {
        let place = self.scan.lines().next(end.saturating_sub(1));
        let mut rest = self
            .scan
            .split(end)
            .1
            .iter()
            .take_while(|token| token.start < place);
        let alone = rest.all(|token| token.kind == Kind::Comment && token.end <= place);
        (alone && self.is_open_to(place)).then_some(place)
    }

    fn is_open_to(&self, place: usize) -> bool {
        place < self.scan.text().len() || !self.scan.is_unclosed()
    }

    /// The place beside another import that is nearest to a crowded one, below it if there is one.
    fn nearest(&self, imports: &[&SideEffectImport], wanted: &SideEffectImport) -> Option<usize> {
        let places = imports
            .iter()
            .flat_map(|import| [self.below(import), self.above(import)]);
        let start = wanted.span.start;
        places
            .flatten()
            .min_by_key(|place| (*place < start, place.abs_diff(start)))
    }

    fn crowded(&self, import: &SideEffectImport) -> Fault {
        self.by_code(
            import.span.start,
            "other code shares the imports' lines".to_owned(),
        )
    }

    /// The place in a barrel without relative imports, when it has no code: below packages, else below the header, else at the start.
    fn first(&self, specifier: &str) -> Result<usize, Fault> {
        let code = self.scan.code();
        if let Some(token) = self.other_code(&code) {
            return Err(self.loaded_otherwise(token, specifier));
        }
        let start = self.start(&code);
        let package = || self.imports.last().map(|package| self.below(package));
        let place =
            package().unwrap_or_else(|| start.and_then(|start| self.below_header(start)).or(start));
        let end = || Some(self.scan.text().len()).filter(|end| self.is_open_to(*end));
        place
            .or_else(end)
            .ok_or_else(|| self.by_code(0, "a comment is open at the end".to_owned()))
    }

    /// The first token that is no directive, `export {}` or side-effect import.
    fn other_code<'t>(&self, mut code: &'t [Token]) -> Option<&'t Token> {
        while let Some(token) = code.first() {
            match self.harmless(code) {
                0 => return Some(token),
                length => code = code.get(length..).unwrap_or_default(),
            }
        }
        None
    }

    /// How many tokens the statement has that the code starts with, when it is one of those.
    fn harmless(&self, code: &[Token]) -> usize {
        match code {
            [token, ..] if token.kind == Kind::Text || self.scan.raw(token) == b";" => 1,
            [export, open, close, ..]
                if [export, open, close].map(|token| self.scan.raw(token))
                    == [&b"export"[..], b"{", b"}"] =>
            {
                3
            }
            _ => self.import_length(code),
        }
    }

    fn import_length(&self, code: &[Token]) -> usize {
        let start = code.first().map_or(0, |token| token.start);
        let index = self
            .imports
            .binary_search_by_key(&start, |import| import.span.start);
        let import = index.ok().and_then(|index| self.imports.get(index));
        import.map_or(0, |import| {
            code.iter()
                .take_while(|token| token.start < import.span.end)
                .count()
        })
    }

    /// A barrel that loads its modules by code: at the first module that it loads, where it names one, else where the code begins.
    fn loaded_otherwise(&self, code: &Token, specifier: &str) -> Fault {
        let uses = self.scan.module_specifiers();
        let first = uses
            .iter()
            .find(|found| found.kind != UseKind::Type && is_relative(&found.specifier));
        let (place, lead) = match first {
            Some(found) => (
                found.start,
                format!("`{}` {}", found.specifier, used(Some(found.kind))),
            ),
            None => (code.start, "other code begins here".to_owned()),
        };
        let why = "it loads its modules in another way, which is not ours to change";
        let found =
            format!("{lead}, and no line of the file is like `import '{specifier}';`: {why}");
        self.by_code(place, found)
    }

    /// The first line after the `#!` line and the directives, which must stay first.
    fn start(&self, code: &[Token]) -> Option<usize> {
        let directives = code
            .iter()
            .take_while(|token| token.kind == Kind::Text || self.scan.raw(token) == b";")
            .last();
        let shebang = self
            .scan
            .tokens()
            .first()
            .filter(|token| token.kind == Kind::Shebang);
        match directives.or(shebang) {
            Some(token) => self.line_after(token.end),
            None => Some(self.scan.lines().start(1)),
        }
    }

    /// The line after the comments that stand first, to a blank line or code.
    fn below_header(&self, start: usize) -> Option<usize> {
        let (before, after) = self.scan.split(start);
        let headed = before.iter().any(|token| token.kind == Kind::Comment);
        let first = after
            .first()
            .filter(|token| !headed && token.kind == Kind::Comment)?;
        let mut bottom = self.scan.line(first.start);
        let touches = |token: &&Token| {
            let touches = token.kind == Kind::Comment && self.scan.line(token.start) <= bottom + 1;
            bottom = self.scan.line(token.end);
            touches
        };
        let last = after.iter().take_while(touches).last()?;
        self.line_after(last.end)
    }

    fn by_code(&self, place: usize, found: String) -> Fault {
        Fault {
            code: "barrel-by-code",
            line: Some(self.scan.line(place)),
            found,
        }
    }
}
