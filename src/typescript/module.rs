//! Where a TypeScript file names modules; it finds the names only, and leaves what they mean to others.

use memchr::memmem;

use super::{Kind, Scan, SideEffectImport, Token, names};

/// One place that names a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleUse {
    /// The module's name, its escapes decoded.
    pub specifier: String,
    /// The line of the name, counted from 1.
    pub line: usize,
    /// How it is used.
    pub kind: UseKind,
    /// The byte at which the name's quote stands.
    pub start: usize,
    /// The names that it takes from the module.
    pub names: Vec<TakenName>,
}

/// A name that a statement takes from a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenName {
    /// The name, as the module exports it.
    pub name: String,
    /// It is taken as a type alone: checked, and gone when the file runs.
    pub is_type: bool,
}

/// How a file uses a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseKind {
    /// `import 'x'`.
    SideEffect,
    /// `import { a } from 'x'`, `import a from 'x'`, `import * as a from 'x'`.
    Binding,
    /// `import type ... from 'x'` or `export type ... from 'x'`: checked, and gone when the file runs.
    Type,
    /// `export ... from 'x'`.
    ReExport,
    /// `import('x')`, also where a type stands.
    Dynamic,
    /// `require('x')`, also in `import a = require('x')`.
    Require,
}

/// How many tokens of code say how a module is used, from the last word before its name: `import ( 'x' )`.
pub(super) const BEHIND: usize = 4;

/// The last place at which a word stands that a module's name may follow, be it in code or not; 0 where there is none.
pub(super) fn last_place(text: &[u8]) -> usize {
    let last = |word: &str| {
        let named = |at: &usize| precedes_name(text.get(at + word.len()..).unwrap_or_default());
        memmem::find_iter(text, word).filter(named).last()
    };
    let places = ["import", "from", "require"].into_iter().filter_map(last);
    places.max().unwrap_or_default()
}

/// Says whether a text may begin with a module's name, a bracket before one or a comment before either.
fn precedes_name(text: &[u8]) -> bool {
    let next = text.trim_ascii_start().first();
    let begins =
        |byte: &u8| matches!(byte, b'\'' | b'"' | b'`' | b'(' | b'/' | 0x0B) || !byte.is_ascii();
    next.is_some_and(begins)
}

pub(super) fn uses(scan: &Scan) -> Vec<ModuleUse> {
    let code = scan.code();
    let found = places(scan, &code, &[b"import", b"export", b"require"]);
    let found = found.filter_map(|from| Some((used(scan, from)?, from)));
    let named = |((kind, name), from): ((UseKind, Token), &[Token])| {
        let length = from.partition_point(|token| token.start < name.start);
        let statement = from.get(..length).unwrap_or_default();
        ModuleUse {
            specifier: scan.value(&name).unwrap_or_default(),
            line: scan.line(name.start),
            kind,
            start: name.start,
            names: match kind {
                UseKind::Binding | UseKind::ReExport => names::taken(scan, statement),
                UseKind::Type => names::as_types(names::taken(scan, statement)),
                _ => Vec::new(),
            },
        }
    };
    found.map(named).collect()
}

pub(super) fn side_effects(scan: &Scan) -> Vec<SideEffectImport> {
    let code = scan.code();
    places(scan, &code, &[b"import"])
        .filter_map(|from| side_effect(scan, from))
        .collect()
}

/// The places of some keywords in the code: each with the tokens from it on.
pub(super) fn places<'t>(
    scan: &Scan,
    code: &'t [Token],
    keywords: &'static [&[u8]],
) -> impl Iterator<Item = &'t [Token]> {
    let named = |word: &Token| word.kind == Kind::Word && keywords.contains(&scan.raw(word));
    let found = code.iter().enumerate().filter(move |(_, word)| named(word));
    found.filter_map(|(index, _)| {
        let last = index.checked_sub(1).and_then(|last| code.get(last));
        // A property's name is no keyword: `runner.import('x')` imports nothing.
        let property = last.is_some_and(|token| matches!(scan.raw(token), b"." | b"?."));
        code.get(index..).filter(|_| !property)
    })
}

fn side_effect(scan: &Scan, from: &[Token]) -> Option<SideEffectImport> {
    match from {
        [word, name, after @ ..] if word.depth == 0 && name.kind == Kind::Text => {
            Some(SideEffectImport {
                specifier: scan.value(name).unwrap_or_default(),
                span: word.start..end(scan, name, after),
                line: scan.line(word.start),
            })
        }
        _ => None,
    }
}

/// Where the import statement of a name ends: after its attributes and semicolon, if it has them.
fn end(scan: &Scan, name: &Token, after: &[Token]) -> usize {
    let (end, after) = attributes(scan, name, after).unwrap_or((name.end, after));
    match after {
        [mark, ..] if scan.raw(mark) == b";" => mark.end,
        _ => end,
    }
}

/// `with { type: 'json' }`, or its older spelling `assert { ... }`, which may not start a line.
fn attributes<'t>(scan: &Scan, name: &Token, after: &'t [Token]) -> Option<(usize, &'t [Token])> {
    let [word, open, inner @ ..] = after else {
        return None;
    };
    let named = match scan.raw(word) {
        b"with" => true,
        b"assert" => scan.line(word.start) == scan.line(name.end),
        _ => false,
    };
    if !named || scan.raw(open) != b"{" {
        return None;
    }
    let length = inner
        .iter()
        .position(|token| token.depth == open.depth && scan.raw(token) == b"}")?;
    let close = inner.get(length)?;
    Some((close.end, inner.get(length + 1..)?))
}

fn used(scan: &Scan, from: &[Token]) -> Option<(UseKind, Token)> {
    let (word, after) = from.split_first()?;
    match scan.raw(word) {
        b"import" => imported(scan, after),
        b"export" => exported(scan, after),
        _ => required(scan, after),
    }
}

fn imported(scan: &Scan, after: &[Token]) -> Option<(UseKind, Token)> {
    match after {
        [name, ..] if name.kind == Kind::Text => Some((UseKind::SideEffect, *name)),
        [open, ..] if scan.raw(open) == b"(" => {
            called(scan, after).map(|name| (UseKind::Dynamic, name))
        }
        _ => clause(scan, after, UseKind::Binding),
    }
}

fn exported(scan: &Scan, after: &[Token]) -> Option<(UseKind, Token)> {
    clause(scan, after, UseKind::ReExport)
}

fn required(scan: &Scan, after: &[Token]) -> Option<(UseKind, Token)> {
    called(scan, after).map(|name| (UseKind::Require, name))
}

/// The name in `('x')` or `('x', ...)`.
fn called(scan: &Scan, after: &[Token]) -> Option<Token> {
    match after {
        [open, name, close, ..]
            if scan.raw(open) == b"(" && matches!(scan.raw(close), b")" | b",") =>
        {
            scan.value(name).map(|_| *name)
        }
        _ => None,
    }
}

/// The name after `from`, at the end of what an import or export lists.
fn clause(scan: &Scan, after: &[Token], kind: UseKind) -> Option<(UseKind, Token)> {
    let kind = if is_type(scan, after) {
        UseKind::Type
    } else {
        kind
    };
    let mut listed = false;
    for (index, token) in after.iter().enumerate() {
        match (scan.raw(token), after.get(index + 1)) {
            (b"from", Some(name)) if !listed && name.kind == Kind::Text => {
                return Some((kind, *name));
            }
            // Another statement: what came before it was none of these, and looking on would take quadratic time.
            (b"import" | b"export", _) if !listed => return None,
            (b"{", _) if listed => return None,
            (b"{", _) => listed = true,
            (b"}", _) if listed => listed = false,
            (b"," | b"*", _) => {}
            _ if token.kind == Kind::Word || (listed && token.kind == Kind::Text) => {}
            _ => return None,
        }
    }
    None
}

/// Tells `import type a from` from `import type from`, `import type, { a } from` and `import type = require`.
fn is_type(scan: &Scan, after: &[Token]) -> bool {
    match after {
        [word, next, name, ..] if scan.raw(word) == b"type" => match scan.raw(next) {
            b"," | b"=" => false,
            b"from" => name.kind != Kind::Text,
            _ => true,
        },
        _ => false,
    }
}
