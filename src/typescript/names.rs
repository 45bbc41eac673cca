//! The names that a module exports, and those that a statement takes from another; where it cannot be told, every name counts as exported.

use std::collections::BTreeSet;

use super::{Kind, Scan, TakenName, Token, module};

/// The names that a module exports.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Exports {
    names: BTreeSet<String>,
    /// Others may be exported, too: by `export *`, or by a form that is not read here.
    open: bool,
}

impl Exports {
    /// Reads the export statements of a text outside all brackets.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let scan = Scan::of_outermost(text);
        Self::among(&scan, scan.tokens())
    }

    fn among(scan: &Scan, code: &[Token]) -> Self {
        let mut exports = Self {
            names: BTreeSet::new(),
            open: scan.is_unclosed(),
        };
        for from in module::places(scan, code, &[b"export"]) {
            if let Some((word, after)) = from.split_first()
                && word.depth == 0
            {
                exports.read(scan, after);
            }
        }
        exports
    }

    /// Says whether the name is exported, or may be.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.open || self.names.contains(name)
    }

    /// Says whether every name that is exported here is surely exported there.
    #[must_use]
    pub fn are_in(&self, other: &Self) -> bool {
        other.open || (!self.open && self.names.is_subset(&other.names))
    }

    /// Reads what follows the word `export`.
    fn read(&mut self, scan: &Scan, after: &[Token]) {
        let raw = |index: usize| after.get(index).map_or(&b""[..], |token| scan.raw(token));
        match (raw(0), raw(1)) {
            (b"*", b"as") => self.name(scan, after.get(2)),
            (b"default", _) => {
                self.names.insert("default".to_owned());
            }
            (b"{", _) | (b"type", b"{") => {
                for entry in entries(scan, after) {
                    self.name(scan, entry.last());
                }
            }
            _ => self.declared(scan, after),
        }
    }

    fn declared(&mut self, scan: &Scan, after: &[Token]) {
        let modifier =
            |token: &&Token| matches!(scan.raw(token), b"declare" | b"abstract" | b"async");
        let skipped = after.iter().take_while(modifier).count();
        let (word, after) = match after.get(skipped..) {
            Some([word, after @ ..]) => (scan.raw(word), after),
            _ => (&b""[..], after),
        };
        let second = after.first().map_or(&b""[..], |token| scan.raw(token));
        match word {
            b"const" if second == b"enum" => self.name(scan, after.get(1)),
            b"const" | b"let" | b"var" => self.variables(scan, after),
            b"function" if second == b"*" => self.name(scan, after.get(1)),
            b"function" | b"class" | b"interface" | b"type" | b"enum" | b"namespace"
            | b"module" => self.name(scan, after.first()),
            _ => self.open = true,
        }
    }

    /// The names of a list of variables: the first, and each behind a comma outside the brackets of their values.
    fn variables(&mut self, scan: &Scan, after: &[Token]) {
        self.name(scan, after.first());
        let ends = |token: &&Token| {
            let word = scan.raw(token);
            token.depth == 0 && matches!(word, b";" | b"export" | b"import")
        };
        let list = after.iter().take_while(|token| !ends(token));
        let commas = list
            .enumerate()
            .filter(|(_, token)| token.depth == 0 && scan.raw(token) == b",");
        for (index, _) in commas {
            self.name(scan, after.get(index + 1));
        }
    }

    /// A pattern in the place of a name may give any.
    fn name(&mut self, scan: &Scan, token: Option<&Token>) {
        match token.and_then(|token| named(scan, token)) {
            Some(name) => {
                self.names.insert(name);
            }
            None => self.open = true,
        }
    }
}

/// The names that an import or a re-export takes from its module; `statement` ends before the module's name.
pub(super) fn taken(scan: &Scan, statement: &[Token]) -> Vec<TakenName> {
    let entries = entries(scan, statement);
    let names = entries.iter().filter_map(|entry| {
        let [first, rest @ ..] = entry else {
            return None;
        };
        let is_type = match rest.first() {
            // `type as ...` may be a type called `as`, or a value called `type`.
            Some(next) if scan.raw(next) == b"as" && scan.raw(first) == b"type" => return None,
            Some(_) => scan.raw(first) == b"type",
            None => false,
        };
        let name = if is_type { rest.first()? } else { first };
        let name = named(scan, name)?;
        Some(TakenName { name, is_type })
    });
    names.collect()
}

/// The names when the statement takes types alone.
pub(super) fn as_types(mut names: Vec<TakenName>) -> Vec<TakenName> {
    for name in &mut names {
        name.is_type = true;
    }
    names
}

/// What stands between the first `{` and its `}`, split at the commas.
pub(super) fn entries<'t>(scan: &Scan, tokens: &'t [Token]) -> Vec<&'t [Token]> {
    let mut tokens = tokens.split(|token| scan.raw(token) == b"{").skip(1);
    let list = tokens.next().unwrap_or_default();
    let list = list.split(|token| scan.raw(token) == b"}").next();
    let entries = list
        .unwrap_or_default()
        .split(|token| scan.raw(token) == b",");
    entries.filter(|entry| !entry.is_empty()).collect()
}

pub(super) fn named(scan: &Scan, token: &Token) -> Option<String> {
    match token.kind {
        Kind::Word => Some(String::from_utf8_lossy(scan.raw(token)).into_owned()),
        Kind::Text => scan.value(token),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Exports, Scan};

    /// What of the names `a` to `d` a module exports; `open` when it may export any.
    fn check(text: &str, expected: &str) {
        let exports = Exports::of(text.as_bytes());
        let whole = Scan::of(text.as_bytes());
        assert_eq!(exports, Exports::among(&whole, &whole.code()), "{text}");
        let found = if exports.has("surely no name") {
            "open".to_owned()
        } else {
            let names = ["a", "b", "c", "d"].iter().copied();
            names.filter(|name| exports.has(name)).collect()
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_way_to_export_a_name_counts() {
        check("export const a = 1, b = [2, c], d = f(c, 3);", "abd");
        check(
            "export let a: Map<string, number> = new Map()\nexport var b;",
            "ab",
        );
        check(
            "export function a() {}\nexport async function b() {}\nexport function* c() {}",
            "abc",
        );
        check(
            "export class a {}\nexport abstract class b extends c {}",
            "ab",
        );
        check("export interface a { b: c }\nexport type b = c;", "ab");
        check("export enum a { b }\nexport const enum c { d }", "ac");
        check(
            "export declare function a(): void;\nexport namespace b {}",
            "ab",
        );
        check("const c = 1;\nexport { c as a, type b, d };", "abd");
        check(
            "export type { a } from './x.js';\nexport { b as c } from './y.js';",
            "ac",
        );
        check("export * as a from './x.js';\nexport default b;", "a");
        check("export { 'a' };\nexport {}", "a");
        check(
            "function f() { return { export: a }; }\nobject.export = b;",
            "",
        );
        check("// export const a = 1;\nconst s = 'export const b';", "");
        check(
            "export class A<T> {\n  a = 1;\n}\nexport const b = (c: number, d = 1) => ({ c, d });\n",
            "b",
        );
    }

    #[test]
    fn where_it_cannot_be_told_every_name_is_exported() {
        for text in [
            "export * from './x.js';",
            "export = a;",
            "export import a = b.c;",
            "export as namespace a;",
            "export const { a, b } = c;",
            "export const a = `",
            "export @decorated class a {}",
        ] {
            check(text, "open");
        }
    }
}
