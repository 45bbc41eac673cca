//! Side-effect imports in a barrel, the file that a program loads its parts by; it never edits a barrel that loads them by code.

mod place;

use std::collections::BTreeMap;

use super::insert::{Anchor, insert};
use crate::fact::conflict;
use crate::skill::{ByHand, Fault, Outcome};
use crate::typescript::{Kind, Scan, SideEffectImport, Token, UseKind, is_relative};

/// Says whether a barrel imports a relative module for its side effects, and what it would be with the line that does.
pub(super) fn outcome(text: &[u8], line: &str, specifier: &str, anchor: Option<Anchor>) -> Outcome {
    let barrel = Barrel::of(text);
    if let Some(fault) = barrel.conflict() {
        return crate::fact::unresolved(fault);
    }
    if let Some(holds) = barrel.held(specifier) {
        return holds;
    }
    if let Some(blocked) = barrel.spelled_otherwise(specifier, line) {
        return blocked;
    }
    match barrel
        .mention(specifier)
        .map_or_else(|| barrel.place(specifier, anchor), Err)
    {
        Ok(place) => Outcome::Edit {
            fault: barrel.lack(specifier),
            after: insert(text, barrel.scan.lines(), place, line),
        },
        Err(fault) => super::blocked(fault, line),
    }
}

struct Barrel<'a> {
    scan: Scan<'a>,
    /// The side-effect imports outside all brackets.
    imports: Vec<SideEffectImport>,
}

impl<'a> Barrel<'a> {
    fn of(text: &'a [u8]) -> Self {
        let scan = Scan::of(text);
        let imports = scan.side_effect_imports();
        Self { scan, imports }
    }

    /// What a merge left: an import may stand on one side of it only.
    fn conflict(&self) -> Option<Fault> {
        let number = conflict(self.scan.text())?;
        Some(Fault {
            code: "conflict-markers",
            line: Some(number),
            found: "the file holds an unfinished merge".to_owned(),
        })
    }

    fn held(&self, specifier: &str) -> Option<Outcome> {
        let mut same = self
            .imports
            .iter()
            .filter(|import| import.specifier == specifier);
        let line = Some(same.next()?.line);
        let note = same
            .next()
            .map(|again| format!("`{specifier}` is imported again in line {}", again.line));
        Some(Outcome::Holds { line, note })
    }

    /// Imports of the module by another spelling: the line goes in their place, as one beside them would load it twice.
    fn spelled_otherwise(&self, specifier: &str, line: &str) -> Option<Outcome> {
        let others = self
            .imports
            .iter()
            .filter(|import| is_same_module(&import.specifier, specifier));
        let others = others.collect::<Vec<_>>();
        let first = others.first()?;
        let at = others.iter().map(|import| import.line).collect();
        Some(Outcome::Blocked {
            fault: Fault {
                code: "import-by-code",
                line: Some(first.line),
                found: format!(
                    "`{}` is imported, another spelling of the module",
                    first.specifier
                ),
            },
            by_hand: vec![ByHand::at("write this in place of", at, line)],
        })
    }

    /// A place in code that names the module and may load it. Types alone are gone when the program runs.
    fn mention(&self, specifier: &str) -> Option<Fault> {
        let uses: BTreeMap<usize, UseKind> = self
            .scan
            .module_specifiers()
            .into_iter()
            .map(|used| (used.start, used.kind))
            .collect();
        let named = |token: &Token| {
            let name = self
                .scan
                .value(token)
                .filter(|name| is_same_module(name, specifier))?;
            let kind = uses.get(&token.start).copied();
            (kind != Some(UseKind::Type)).then(|| self.named(token, &name, kind))
        };
        self.scan.tokens().iter().find_map(named)
    }

    fn named(&self, token: &Token, name: &str, kind: Option<UseKind>) -> Fault {
        Fault {
            code: "import-by-code",
            line: Some(self.scan.line(token.start)),
            found: format!("`{name}` {}", used(kind)),
        }
    }

    /// What there is instead of the import.
    fn lack(&self, specifier: &str) -> Fault {
        let spelled = |token: &Token| {
            Some(
                self.scan
                    .line(token.start + spelled(self.scan.raw(token), specifier)?),
            )
        };
        let first = |in_kind: fn(Kind) -> bool| {
            self.scan
                .tokens()
                .iter()
                .filter(|token| in_kind(token.kind))
                .find_map(spelled)
        };
        let commented = first(|kind| kind == Kind::Comment);
        let quoted = first(|kind| matches!(kind, Kind::Text | Kind::Template { .. }));
        match (commented, quoted) {
            (Some(line), _) => Fault {
                code: "import-commented",
                line: Some(line),
                found: format!("the import of `{specifier}` is commented out"),
            },
            (None, Some(line)) => Fault {
                code: "import-quoted",
                line: Some(line),
                found: format!("the import of `{specifier}` is text in a string"),
            },
            (None, None) => Fault {
                code: "import-missing",
                line: None,
                found: format!("no import of `{specifier}`"),
            },
        }
    }
}

/// How code uses a module that it names.
fn used(kind: Option<UseKind>) -> &'static str {
    match kind {
        Some(UseKind::SideEffect) => "is imported inside brackets",
        Some(UseKind::Binding | UseKind::Type) => "is imported by name",
        Some(UseKind::ReExport) => "is re-exported",
        Some(UseKind::Dynamic) => "is imported by `import()`",
        Some(UseKind::Require) => "is loaded by `require()`",
        None => "is a string in the code",
    }
}

/// Says whether a specifier names the module that another one names, as TypeScript resolves them to one file.
fn is_same_module(name: &str, specifier: &str) -> bool {
    is_relative(name) && module_path(name) == module_path(specifier)
}

/// A specifier's folders and its name without the ending.
fn module_path(specifier: &str) -> Vec<&str> {
    const ENDINGS: [&str; 8] = [".js", ".ts", ".mjs", ".mts", ".cjs", ".cts", ".jsx", ".tsx"];
    let path = specifier.split(['?', '#']).next().unwrap_or_default();
    let stem = ENDINGS
        .iter()
        .find_map(|ending| path.strip_suffix(ending))
        .unwrap_or(path);
    stem.split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect()
}

/// The byte of a text at which `import '<specifier>'` stands, whatever is around it.
fn spelled(text: &[u8], specifier: &str) -> Option<usize> {
    const WORD: &[u8] = b"import";
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$.".contains(byte);
    let matches = |place: &usize| {
        let (before, after) = text.split_at_checked(*place).unwrap_or((text, &[]));
        !before.last().is_some_and(in_word)
            && after
                .strip_prefix(WORD)
                .is_some_and(|after| names(after, specifier))
    };
    (0..text.len()).find(matches)
}

/// Says whether a text starts with white space and the specifier in quotes, which a string around it may escape.
fn names(text: &[u8], specifier: &str) -> bool {
    let text = text.trim_ascii_start();
    let unescaped = |text| <[u8]>::strip_prefix(text, b"\\").unwrap_or(text);
    let named = |quote: u8| {
        let name = unescaped(text)
            .strip_prefix(&[quote])?
            .strip_prefix(specifier.as_bytes())?;
        unescaped(name).strip_prefix(&[quote])
    };
    named(b'\'').or_else(|| named(b'"')).is_some()
}
