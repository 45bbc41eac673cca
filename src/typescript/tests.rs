//! The rows and laws of what a text names, hostile texts among them.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Kind, Scan, Token, UseKind, module_specifiers, side_effect_imports};

/// What the text names, as `line kind specifier`, a line each.
fn check(text: impl AsRef<[u8]>, named: &[(usize, UseKind, &str)]) {
    let found = module_specifiers(text.as_ref());
    let found: Vec<_> = found
        .iter()
        .map(|used| (used.line, used.kind, used.specifier.as_str()))
        .collect();
    assert_eq!(found, named, "{}", String::from_utf8_lossy(text.as_ref()));
}

/// The statements that import for side effects, as they are written.
fn check_statements(text: &str, statements: &[&str]) {
    let imports = side_effect_imports(text.as_bytes());
    let found: Vec<&str> = imports
        .iter()
        .filter_map(|import| text.get(import.span.clone()))
        .collect();
    assert_eq!(found, statements, "{text}");
}

/// The texts of all tokens.
fn check_tokens(text: &str, tokens: &[&str]) {
    let scan = Scan::of(text.as_bytes());
    let found: Vec<_> = scan
        .tokens()
        .iter()
        .map(|token| String::from_utf8_lossy(scan.raw(token)))
        .collect();
    assert_eq!(found, tokens, "{text}");
}

#[test]
fn every_way_to_name_a_module_counts() {
    check("import './a.js';", &[(1, UseKind::SideEffect, "./a.js")]);
    check("import\n'./a.js'", &[(2, UseKind::SideEffect, "./a.js")]);
    check("import a from './a.js'", &[(1, UseKind::Binding, "./a.js")]);
    check(
        "import a, { type b, default as c } from \"./a.js\"",
        &[(1, UseKind::Binding, "./a.js")],
    );
    check(
        "import * as a from'./a.js'",
        &[(1, UseKind::Binding, "./a.js")],
    );
    check(
        "import {\n  'a b' as from,\n  type, import as c,\n} from './a.js'",
        &[(4, UseKind::Binding, "./a.js")],
    );
    check(
        "import {} from './a.js'",
        &[(1, UseKind::Binding, "./a.js")],
    );
    check(
        "export * from './a.js'; export * as a from './b.js'",
        &[
            (1, UseKind::ReExport, "./a.js"),
            (1, UseKind::ReExport, "./b.js"),
        ],
    );
    check(
        "export { a, b as default } from './a.js'",
        &[(1, UseKind::ReExport, "./a.js")],
    );
    check(
        "const a = await import('./a.js')",
        &[(1, UseKind::Dynamic, "./a.js")],
    );
    check(
        "import(/* webpack */ `./a.js`, { with: {} })",
        &[(1, UseKind::Dynamic, "./a.js")],
    );
    check(
        "let a: typeof import('./a.js') | import('./b.js').B",
        &[
            (1, UseKind::Dynamic, "./a.js"),
            (1, UseKind::Dynamic, "./b.js"),
        ],
    );
    check(
        "const a = require('./a.js').b",
        &[(1, UseKind::Require, "./a.js")],
    );
    check(
        "import a = require('./a.js')",
        &[(1, UseKind::Require, "./a.js")],
    );
    check(
        "const all = [...require('./a.js'), ...await import('./b.js')]",
        &[
            (1, UseKind::Require, "./a.js"),
            (1, UseKind::Dynamic, "./b.js"),
        ],
    );
    check(
        "`${await import('./a.js')}`",
        &[(1, UseKind::Dynamic, "./a.js")],
    );
}

#[test]
fn a_type_import_is_told_from_a_binding_called_type() {
    check(
        "import type { A } from './a.js'",
        &[(1, UseKind::Type, "./a.js")],
    );
    check(
        "import type A from './a.js'",
        &[(1, UseKind::Type, "./a.js")],
    );
    check(
        "import type from from './a.js'",
        &[(1, UseKind::Type, "./a.js")],
    );
    check(
        "export type { A } from './a.js'",
        &[(1, UseKind::Type, "./a.js")],
    );
    check(
        "export type * from './a.js'",
        &[(1, UseKind::Type, "./a.js")],
    );
    check(
        "import type from './a.js'",
        &[(1, UseKind::Binding, "./a.js")],
    );
    check(
        "import type, { a } from './a.js'",
        &[(1, UseKind::Binding, "./a.js")],
    );
    check(
        "import type = require('./a.js')",
        &[(1, UseKind::Require, "./a.js")],
    );
}

#[test]
fn what_only_looks_like_a_use_is_none() {
    let rows = [
        "// import './a.js'",
        "/* import './a.js' */",
        "const a = \"import './a.js'\"",
        "const a = `import './a.js' ${b} import './a.js'`",
        "const a = /import '.\\/a.js'/",
        "const a = /[/'\"`]/.test(\"import './a.js'\")",
        "runner.import('./a.js'); runner?.require('./a.js'); runner\n  .import('./a.js')",
        "import('./a.js' + name); import(name); require(`./${name}.js`)",
        "import.meta.resolve('./a.js')",
        "const a = { import: './a.js', require: './b.js' }",
        "export const from = './a.js'",
        "export default './a.js'",
        "export { a }; const from = './a.js'",
        "export interface A { import: 'x' }",
        "important './a.js'; _import './a.js'; $require('./a.js'); éimport './a.js'",
        "import { a } './a.js'",
        "import './a.js\n'",
    ];
    for row in rows {
        check(row, &[]);
    }
}

#[test]
fn lines_count_from_one_by_any_line_end() {
    let named = [
        (2, UseKind::SideEffect, "./a.js"),
        (4, UseKind::SideEffect, "./b.js"),
    ];
    check("\nimport './a.js'\n\nimport './b.js'\n", &named);
    check("\r\nimport './a.js'\r\n\r\nimport './b.js'\r\n", &named);
    check("\rimport './a.js'\r\rimport './b.js'\r", &named);
    check(
        "// a comment\rimport './a.js'\n// ' `\u{2028}\nimport './b.js'",
        &named,
    );
    check(
        "\u{feff}#! import ' `\nimport './a.js'\n\nimport './b.js'",
        &named,
    );
}

#[test]
fn a_specifier_is_what_its_escapes_say() {
    check(
        "import './\\x61\\u002e\\u{6A}s'",
        &[(1, UseKind::SideEffect, "./a.js")],
    );
    check(
        "import './a\\\r\n.\\\njs'",
        &[(1, UseKind::SideEffect, "./a.js")],
    );
    check(
        "import 'a\\'\\n\\u{110000}\\xZZ'",
        &[(1, UseKind::SideEffect, "a'\n\u{fffd}\u{fffd}")],
    );
    check(
        b"import './\xFF'",
        &[(1, UseKind::SideEffect, "./\u{fffd}")],
    );
}

#[test]
fn a_statement_has_its_attributes_and_semicolon() {
    check_statements(
        "import './a.js';import\"./b.js\" ;",
        &["import './a.js';", "import\"./b.js\" ;"],
    );
    check_statements("import './a.js'\n\n;f()", &["import './a.js'\n\n;"]);
    check_statements(
        "import './a.json' with { type: 'json' };",
        &["import './a.json' with { type: 'json' };"],
    );
    check_statements(
        "import './a.json'\n with {}\nf()",
        &["import './a.json'\n with {}"],
    );
    check_statements(
        "import './a.json' assert { type: 'json' }",
        &["import './a.json' assert { type: 'json' }"],
    );
    check_statements("import './a.json'\nassert\n{}", &["import './a.json'"]);
    check_statements(
        "import './a.json' with { import './b.js'",
        &["import './a.json'"],
    );
}

#[test]
fn only_statements_outside_all_brackets_are_imports() {
    check_statements(
        "{ import './a.js' } (import './b.js') [import './c.js'] `${import './d.js'}` import './e.js'",
        &["import './e.js'"],
    );
    check_statements("f(import './a.js'", &[]);
    check_statements(") ] } import './a.js'", &["import './a.js'"]);
    check_statements("{ ( [ } import './a.js'", &["import './a.js'"]);
    check_statements("`a ${ { ( } } b` import './a.js'", &["import './a.js'"]);
    check_statements("x.import './a.js'", &[]);
}

#[test]
fn a_slash_is_a_regex_or_a_division_by_what_is_before() {
    check_tokens("a / b / c", &["a", "/", "b", "/", "c"]);
    check_tokens("(/'/g)", &["(", "/'/g", ")"]);
    check_tokens("f(1) / 2 / 3", &["f", "(", "1", ")", "/", "2", "/", "3"]);
    check_tokens(
        "if (a) /'/.test(b)",
        &["if", "(", "a", ")", "/'/", ".", "test", "(", "b", ")"],
    );
    check_tokens("return /[/]'/u", &["return", "/[/]'/u"]);
    check_tokens(
        "a.return / b / c",
        &["a", ".", "return", "/", "b", "/", "c"],
    );
    check_tokens("a++ / b / c", &["a", "++", "/", "b", "/", "c"]);
    check_tokens("a! / b / c", &["a", "!", "/", "b", "/", "c"]);
    check_tokens("a\n!/'/", &["a", "!", "/'/"]);
    check_tokens("!/'/", &["!", "/'/"]);
    check_tokens("a = {} / b / c", &["a", "=", "{", "}", "/", "b", "/", "c"]);
    check_tokens("class A {} /'/", &["class", "A", "{", "}", "/'/"]);
    check_tokens("() => {} /'/", &["(", ")", "=>", "{", "}", "/'/"]);
    check_tokens("`${a}` / b / c", &["`${", "a", "}`", "/", "b", "/", "c"]);
    check_tokens("1. / 2 / 3", &["1.", "/", "2", "/", "3"]);
    check_tokens("import './a.js'\n/'/", &["import", "'./a.js'", "/'/"]);
    check_tokens("'a' / 'b' / c", &["'a'", "/", "'b'", "/", "c"]);
}

#[test]
fn what_never_ends_ends_with_its_line_or_the_text() {
    check_tokens("'a\nb", &["'a", "b"]);
    check_tokens("'a\\\nb' c", &["'a\\\nb'", "c"]);
    check_tokens("= /a[/\nb", &["=", "/a[/", "b"]);
    check_tokens("/* a\nb", &["/* a\nb"]);
    check_tokens("`a\nb ${ c", &["`a\nb ${", "c"]);
    check_tokens("`a\nb", &["`a\nb"]);
    for (text, unclosed) in [
        ("/* a", true),
        ("`a", true),
        ("(", true),
        ("'a", false),
        ("= /a", false),
        ("{}", false),
    ] {
        assert_eq!(Scan::of(text.as_bytes()).is_unclosed(), unclosed, "{text}");
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    let units = [
        "`${",
        "`${`",
        "{",
        "(",
        "((}",
        "import ",
        "import {",
        "import { a,",
        "export {",
        "import 'a' with {",
        "import 'a' with {}",
        "/",
        "/[",
        "= /",
        "/*",
        "'",
        "\\",
        "`",
        "// import\n",
        "...",
        "import(",
        "require('",
        "\u{2028}",
        "\r",
        "1.",
        "!",
        "import type from ",
    ];
    for unit in units {
        let text = unit.repeat(200_000 / unit.len());
        let start = Instant::now();
        let scan = Scan::of(text.as_bytes());
        let found = scan.module_specifiers().len() + scan.side_effect_imports().len();
        // A quadratic scan takes minutes.
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{unit}: {found} found"
        );
    }
}

/// Texts of pieces that open, close and break tokens.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let pieces = "import|export|from|require|type|'a'|\"b\"|`|${|}|{|(|)|[|]|/|*|//|/*|*/|'|\"|\\|\n|\r|;|,|=|.|..|?.|!|++|=>|with|if|return|1.|é|\u{2028}|\u{feff}";
    let pieces: Vec<&str> = pieces.split('|').collect();
    let spaced = (prop::sample::select(pieces), any::<bool>()).prop_map(|(piece, space)| {
        if space {
            format!("{piece} ")
        } else {
            piece.to_owned()
        }
    });
    prop::collection::vec(spaced, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

/// Tokens lie one after the other and leave only white space between them, and those behind the last module's name do not matter.
fn laws(text: &[u8]) {
    let scan = Scan::of(text);
    let modules = Scan::of_modules(text);
    assert_eq!(modules.module_specifiers(), scan.module_specifiers());
    let any_code = |scan: &Scan| scan.tokens().iter().any(Token::is_code);
    assert_eq!(any_code(&modules), any_code(&scan));
    let mut end = 0;
    for token in scan.tokens() {
        assert!(token.start >= end && token.end > token.start && token.end <= text.len());
        assert!(is_blank(text.get(end..token.start).unwrap_or_default()));
        assert!(token.kind != Kind::Text || scan.value(token).is_some());
        end = token.end;
    }
    assert!(is_blank(text.get(end..).unwrap_or_default()));
    for import in scan.side_effect_imports() {
        assert!(
            text.get(import.span.clone())
                .is_some_and(|statement| statement.starts_with(b"import"))
        );
        assert!(
            scan.module_specifiers()
                .iter()
                .any(|used| import.span.contains(&used.start))
        );
    }
}

fn is_blank(text: &[u8]) -> bool {
    String::from_utf8_lossy(text)
        .chars()
        .all(|letter| letter.is_whitespace() || letter == '\u{feff}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_tokens(text in prop::collection::vec(any::<u8>(), 0..200)) {
        laws(&text);
    }

    #[test]
    fn any_soup_is_tokens(text in soup()) {
        laws(&text);
    }
}
