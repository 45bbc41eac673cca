//! The names that a file takes from a whole module, by a binding of it or from what an import of it gives; where it cannot be told, none.

use super::{Kind, Scan, Token, names};

/// The names that are surely taken from the module which the statement or call names at a byte.
///
/// Seen are `x.name` and `x['name']` of an `import * as x`, `(await import('m')).name`, and `const { name } = await import('m')`. Not seen
/// is a name behind `.then(...)`, behind a variable that holds the module, or one with a default of its own.
pub(super) fn taken(scan: &Scan, start: usize) -> Vec<String> {
    let code = scan.code();
    let place = code.partition_point(|token| token.start < start);
    let (before, from) = code.split_at_checked(place).unwrap_or_default();
    let raw = |tokens: &[Token]| -> Vec<&[u8]> {
        let last = tokens.len().saturating_sub(5);
        let tokens = tokens.get(last..).unwrap_or_default();
        tokens.iter().map(|token| scan.raw(token)).collect()
    };
    match raw(before).as_slice() {
        [b"import" | b"type" | b",", b"*", b"as", name, b"from"] => of_binding(scan, &code, name),
        [.., b"=", b"await", b"import", b"("] if is_closed(scan, from) => {
            let pattern = before.get(..before.len() - 4).unwrap_or_default();
            of_pattern(scan, pattern)
        }
        [.., b"(", b"await", b"import", b"("] if is_closed(scan, from) => {
            let close = from.get(2).is_some_and(|token| scan.raw(token) == b")");
            let member = from.get(3..).and_then(|after| member(scan, after));
            member.filter(|_| close).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the module's name is all that the call is given.
fn is_closed(scan: &Scan, from: &[Token]) -> bool {
    from.get(1).is_some_and(|token| scan.raw(token) == b")")
}

/// The members of a name, wherever it stands.
fn of_binding(scan: &Scan, code: &[Token], name: &[u8]) -> Vec<String> {
    let places = code.iter().enumerate().filter(|(index, token)| {
        let last = index.checked_sub(1).and_then(|last| code.get(last));
        let property = last.is_some_and(|last| matches!(scan.raw(last), b"." | b"?."));
        token.kind == Kind::Word && scan.raw(token) == name && !property
    });
    let after = places.filter_map(|(index, _)| code.get(index + 1..));
    after.filter_map(|after| member(scan, after)).collect()
}

/// The name in `.name` or `['name']`.
fn member(scan: &Scan, after: &[Token]) -> Option<String> {
    let raw = |token: &Token| scan.raw(token);
    match after {
        [mark, name, ..] if matches!(raw(mark), b"." | b"?.") && name.kind == Kind::Word => {
            names::named(scan, name)
        }
        [open, name, close, ..] if raw(open) == b"[" && raw(close) == b"]" => scan.value(name),
        _ => None,
    }
}

/// The names in the pattern of `const { a, b: c }`, where that is what the tokens end with.
fn of_pattern(scan: &Scan, tokens: &[Token]) -> Vec<String> {
    let is = |token: Option<&Token>, words: &[&str]| {
        token.is_some_and(|token| words.iter().any(|word| scan.raw(token) == word.as_bytes()))
    };
    let open = tokens.iter().rposition(|token| scan.raw(token) == b"{");
    let (Some(open), true) = (open, is(tokens.last(), &["}"])) else {
        return Vec::new();
    };
    let before = open.checked_sub(1).and_then(|before| tokens.get(before));
    if !is(before, &["const", "let", "var"]) {
        return Vec::new();
    }
    let entries = names::entries(scan, tokens.get(open..).unwrap_or_default());
    let names = entries.into_iter().filter_map(|entry| match entry {
        [name] => names::named(scan, name),
        [name, colon, _] if scan.raw(colon) == b":" => names::named(scan, name),
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::{Scan, taken};

    fn check(text: &str, expected: &[&str]) {
        let scan = Scan::of(text.as_bytes());
        let modules = scan.module_specifiers();
        let start = modules.first().map_or(0, |module| module.start);
        assert_eq!(taken(&scan, start), expected, "{text}");
    }

    #[test]
    fn the_members_of_a_whole_module_are_taken() {
        check(
            "import * as a from './a.js';\na.one(a.two, b.a.three);",
            &["one", "two"],
        );
        check("import type * as a from './a.js';\nlet x: a.One;", &["One"]);
        check(
            "import d, * as a from './a.js';\na['one'] + a?.two;",
            &["one", "two"],
        );
        check(
            "import * as a from './a.js';\n// a.one\nconst b = { a: 1 };",
            &[],
        );
        check("export * as a from './a.js';\na.one", &[]);
        check("import { a } from './a.js';\na.one", &[]);
    }

    #[test]
    fn what_an_import_gives_is_taken_where_it_stands() {
        check(
            "const { one, two: b } = await import('./a.js');",
            &["one", "two"],
        );
        check("let { one = 1, ...rest } = await import('./a.js');", &[]);
        check("(await import('./a.js')).one();", &["one"]);
        check("const a = (await import('./a.js'))['one'];", &["one"]);
        check("const a = await import('./a.js');\na.one;", &[]);
        check("x({ one }) = await import('./a.js');", &[]);
        check("import('./a.js').then((a) => a.one);", &[]);
    }
}
