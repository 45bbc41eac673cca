//! The imports that our scanner finds, and the barrels that `append` edits, by TypeScript's parser.

use nanoclaw::fact::append;
use nanoclaw::skill::Outcome;
use nanoclaw::typescript::{module_specifiers, side_effect_imports};
use serde::Deserialize;

use super::soup::{Text, fixtures, rows, soup};
use crate::tools;

const LINE: &str = "import './codex.js';";

/// What TypeScript reads in a text.
#[derive(Debug, Deserialize)]
struct Read {
    diagnostics: usize,
    statements: Vec<Statement>,
    uses: Vec<Use>,
}

/// A statement outside all others; places are byte offsets.
#[derive(Debug, Deserialize)]
struct Statement {
    start: usize,
    end: usize,
    line: usize,
    side_effect: Option<String>,
}

/// A place that names a module; `kind` is our `UseKind`'s name.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Use {
    kind: String,
    specifier: String,
    start: usize,
    line: usize,
}

#[test]
fn typescript_finds_the_same_imports() {
    let Some(folder) = tools::or_skip(tools::typescript()) else {
        return;
    };
    let texts = texts();
    let read = read(&folder, &texts);
    let valid = texts
        .iter()
        .zip(&read)
        .filter(|(_, read)| read.diagnostics == 0);
    let wrong: Vec<String> = valid
        .clone()
        .filter_map(|(text, read)| difference(text, read))
        .collect();
    let (valid, wrongs) = (valid.count(), wrong.len());
    assert!(valid > 1500, "only {valid} texts are TypeScript");
    assert!(
        wrong.is_empty(),
        "{wrongs} of {valid} differ:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn a_hand_written_text_is_typescript() {
    let Some(folder) = tools::or_skip(tools::typescript()) else {
        return;
    };
    let texts = rows("statement", STATEMENTS);
    for (text, read) in texts.iter().zip(read(&folder, &texts)) {
        assert_eq!(read.diagnostics, 0, "{}", text.text);
    }
}

#[test]
fn an_edited_barrel_has_one_import_more_and_else_the_same_statements() {
    let Some(folder) = tools::or_skip(tools::typescript()) else {
        return;
    };
    let line = [LINE.to_owned()];
    let edited: Vec<(Text, Text)> = barrels()
        .into_iter()
        .filter_map(
            |before| match append::outcome(before.text.as_bytes(), &line, None) {
                Outcome::Edit { fault: _, after } => {
                    let name = before.name.clone();
                    let text = String::from_utf8(after).unwrap();
                    Some((before, Text { name, text }))
                }
                _ => None,
            },
        )
        .collect();
    let (before, after): (Vec<Text>, Vec<Text>) = edited.into_iter().unzip();
    assert!(before.len() > 500, "only {} barrels edited", before.len());
    let (old, new) = (read(&folder, &before), read(&folder, &after));
    let mut compared = 0;
    for ((before, old), (after, new)) in before.iter().zip(old).zip(after.iter().zip(new)) {
        let both = format!(
            "{}\n--- before\n{}\n--- after\n{}",
            before.name, before.text, after.text
        );
        assert!(new.diagnostics <= old.diagnostics, "{both}");
        if old.diagnostics > 0 {
            continue;
        }
        compared += 1;
        let mut found = statements(after, &new);
        let place = new
            .statements
            .iter()
            .zip(&found)
            .position(|(new, said)| new.side_effect.is_some() && *said == LINE)
            .unwrap_or_else(|| panic!("no import: {both}"));
        found.remove(place);
        assert_eq!(found, statements(before, &old), "{both}");
    }
    assert!(compared > 300, "only {compared} barrels compared");
}

fn read(folder: &std::path::Path, texts: &[Text]) -> Vec<Read> {
    let input = serde_json::to_string(texts).unwrap();
    let output = tools::ask("node", "typescript.mjs", folder, &input);
    serde_json::from_str(&output).unwrap()
}

fn difference(text: &Text, read: &Read) -> Option<String> {
    let imports: Vec<_> = side_effect_imports(text.text.as_bytes())
        .into_iter()
        .map(|import| {
            (
                import.span.start,
                import.span.end,
                import.line,
                import.specifier,
            )
        })
        .collect();
    let theirs: Vec<_> = read
        .statements
        .iter()
        .filter_map(|statement| {
            let specifier = statement.side_effect.clone()?;
            Some((statement.start, statement.end, statement.line, specifier))
        })
        .collect();
    let uses: Vec<_> = module_specifiers(text.text.as_bytes())
        .into_iter()
        .map(|used| Use {
            kind: format!("{:?}", used.kind),
            specifier: used.specifier,
            start: used.start,
            line: used.line,
        })
        .collect();
    let same = imports == theirs && uses == read.uses;
    (!same).then(|| {
        format!(
            "{}: {:?}\n  imports {imports:?}\n   theirs {theirs:?}\n  uses {uses:?}\n   theirs {:?}",
            text.name, text.text, read.uses
        )
    })
}

fn statements<'t>(text: &'t Text, read: &Read) -> Vec<&'t str> {
    let said = |statement: &Statement| &text.text[statement.start..statement.end];
    read.statements.iter().map(said).collect()
}

fn texts() -> Vec<Text> {
    let mut texts = fixtures(|path| path.extension().is_some_and(|end| end == "ts"));
    texts.extend(rows("statement", STATEMENTS));
    texts.extend(rows("odd", ODD));
    texts.extend(soup(
        "statements",
        600,
        8,
        STATEMENTS,
        &[
            "\n",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            ";\n",
            " // it's\n",
            "\u{2028}",
        ],
    ));
    texts.extend(soup("tokens", 12_000, 7, TOKENS, &["", "", " ", "\n"]));
    texts.extend(barrels());
    texts
}

fn barrels() -> Vec<Text> {
    let mut texts = fixtures(|path| path.ends_with("providers/index.ts"));
    texts.extend(rows("odd", ODD));
    texts.extend(soup(
        "barrel",
        1500,
        7,
        BARREL,
        &["\n", "\n", "\n", "\r\n", "\n\n", ""],
    ));
    texts
}

/// Statements, each by itself TypeScript.
const STATEMENTS: &[&str] = &[
    "import './claude.js';",
    "import \"./mock.js\"",
    "import'./tight.js'",
    "import 'zod';",
    "import '../up.js';",
    "import /* a */ './commented.js' /* b */ ;",
    "import\n'./broken.js';",
    "import './attribute.js' with { type: 'json' };",
    "import './attributes.js' with { 'type': \"json\", }",
    "import './older.js' assert { type: 'json' };",
    "import './c\\x6fdex.js';",
    "import './\\u{63}odex.js';",
    "import './cod\\\nex.js';",
    "import './é.js';",
    "import type { A } from './types.js';",
    "import type A from './types.js';",
    "import type * as A from './types.js';",
    "import type from './types.js';",
    "import type, { a } from './types.js'",
    "import type from from './types.js';",
    "import { type A as B, default as c, \"odd name\" as d } from './names.js';",
    "import a, * as b from './space.js';",
    "import a, { from } from\n'./lines.js'",
    "import {\n  a, // from './comment.js'\n  b,\n} from './lines.js';",
    "import {} from './nothing.js';",
    "import from from 'from';",
    "import fs = require('node:fs');",
    "import type fs = require('node:fs');",
    "export import fs = require('node:fs');",
    "import A = B.C;",
    "import defer * as late from './late.js';",
    "export * from './all.js';",
    "export * as all from './all.js'",
    "export { a as import, b as from } from './some.js';",
    "export { a } from './some.js' with { type: 'json' };",
    "export type { T } from './types.js';",
    "export type * from './types.js';",
    "export { a };",
    "export {};",
    "export default a;",
    "export default import('./default.js');",
    "export default class {} import './same-line.js';",
    "export type X = import('./inner.js').Y<import(\"./argument.js\").Z>;",
    "type X = typeof import('./typeof.js');",
    "const a = await import('./dynamic.js');",
    "void import(`./template.js`);",
    "import('./options.js', { with: { type: 'json' } });",
    "import('./comma.js',);",
    "import /* a */ ('./commented.js');",
    "import(a + './computed.js');",
    "import(`./${a}.js`);",
    "import.meta.resolve('./resolved.js');",
    "runner.import('./method.js'); runner?.import('./method.js'); runner.require('./method.js');",
    "runner\n  .require('./method.js');",
    "f(...require('./spread.js'));",
    "f({ ...await import('./spread.js') });",
    "require('./module.cjs');",
    "const a = require(\"./module.cjs\").default;",
    "require(`./module.cjs`);",
    "require(a); require.resolve('./module.cjs');",
    "if (a) { require('./inner.cjs') } else require('./other.cjs')",
    "try { await import('./optional.js') } catch {}",
    "@require('./decorator.js') class A {}",
    "declare module './added.js' { import './inner.js'; export * from './inner.js' }",
    "declare module 'ambient';",
    "const a = `import './text.js' ${b} import './text.js' ${`${import('./deep.js')}`}`;",
    "const a = `\\`${'}'}`;",
    "const a = tag`${require('./tagged.cjs')}`;",
    "'use strict';",
    "\"import './text.js'\";",
    "const a = 'import \"./text.js\"', b = \"it's\";",
    "class A { import = 1; require() { return 1 } static from = 2; 'import'() {} }",
    "interface A { import(a: string): void; require: (a: 'b') => void }",
    "type A = { import: './text.js' };",
    "const a = { import: './text.js', require: './text.js', from: 'a' };",
    "const { import: a } = b;",
    "enum A { import = './text.js' }",
    "// import './comment.js';",
    "/* import './comment.js'; */",
    "/** @import { A } from './comment.js' */",
    "/// <reference path=\"./comment.ts\" />",
    "/import '.\\/x.js'/.test(a);",
    "const a = /[/'\"`]/u, b = /\\/'/;",
    "a = b / c; import './after.js'; d = e / f;",
    "a = b++ / 2; /'/.test(c);",
    "a = (b) / 2 / c[0] / 3 + '/';",
    "if (a) /'/.test(b);",
    "while (a) /'/.test(b);",
    "{ } /'/.test(a);",
    "function f() {} /'/.test(a);",
    "function f() { return /'/ }",
    "const a = {} / 2; // it's",
    "const a = b! / 2; const c = '/';",
    "const a = this / 2 / '1';",
    "const a = typeof /'/;",
    "switch (a) { case /'/: break; default: import('./case.js') }",
    "for (const a of /'/[Symbol.split](b)) ;",
    "const a = b ? .5 : 1 / 2 / '3'.length;",
    "const a = 1_000 / 2 / 0x1F / 1. / .5 / '2'.length;",
    "const a = <any>b, c = <T,>(d: T) => d;",
    "const a = b < c, d = e > (f);",
    "type A<B> = B extends C ? D : E;",
    "label: for (;;) { break label }",
    "async function* f() { yield /'/; await /'/; }",
];

/// Texts that are TypeScript, or nearly.
const ODD: &[&str] = &[
    "",
    "\u{feff}",
    "\u{feff}import './claude.js';\n",
    "\u{feff}#!/usr/bin/env bun\nimport './claude.js';\n",
    "#!/usr/bin/env bun\n",
    "#!/usr/bin/env bun",
    "// only a comment",
    "/* a\n * b */",
    "/* a\n * b */ // c",
    "'use strict'",
    "'use strict';\n\nimport './claude.js'",
    "import './claude.js'; // a",
    "import './claude.js' /* a\n b */\n",
    "import './claude.js'; import './mock.js';",
    "import './claude.js'\n\n\n",
    "import './z.js';\nimport './a.js';\n",
    "import './mock.js'\n(function () {})()\n",
    "import './mock.js'\n[1].map(f)\n",
    "import './mock.js'\nwith\n{ type: 'json' }\n",
    "import './mock.js'\nassert\n{ type: 'json' }\n",
    "import './mock.js' with\n{ type: 'json' }\n;\n",
    "// import './codex.js';\nimport './mock.js';\n",
    "/* import './codex.js'; */\nimport './mock.js';\n",
    "const a = `\nimport './codex.js';\n`;\nimport './mock.js';\n",
    "import { a } from './claude.js';\nexport { a };\n",
    "import './claude.js';\ntry { await import('./mock.js') } catch {}\n",
    "let a = b\nimport './claude.js'\nlet c = d\n",
    "export const a = 1",
    "a\n++\nb\n",
    "f(\n",
    "}\nimport './claude.js';\n",
    "import './claude.js\nimport './mock.js';\n",
    "import './claude.js';\n\u{1a}",
    "import './claude.js';\u{2028}import './mock.js';\u{2029}",
    "import './claude.js';\rimport './mock.js';\r",
];

/// Tokens that make and break one another.
const TOKENS: &[&str] = &[
    "a",
    "b",
    "1",
    ".5",
    "'",
    "\"",
    "`",
    "'x'",
    "`${",
    "}`",
    "/",
    "/",
    "/'/",
    "/*",
    "*/",
    "//",
    "\n",
    ";",
    ";",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "=",
    "=>",
    "++",
    "!",
    "?",
    ":",
    ".",
    "...",
    "<",
    ">",
    "as",
    "of",
    "if (a)",
    "return",
    "typeof",
    "import",
    "import './x.js'",
    "import('./y.js')",
    "export",
    "from './z.js'",
    "* as c",
    "{ d }",
    "type",
    "require",
    "require('r')",
    "async",
    "function f()",
    "class A",
    "static",
    "let",
    "\\",
    "#p",
    "@d",
];

/// Lines of barrels.
const BARREL: &[&str] = &[
    "import './claude.js';",
    "import \"./mock.js\"",
    "import './a.js' // a",
    "import './zed.js'; import './b.js';",
    "import '../up.js';",
    "import 'zod';",
    "import './json.js' with { type: 'json' };",
    "import { a } from './claude.js';",
    "import type { A } from './types.js';",
    "import {\n  a,\n  b,\n} from './lines.js';",
    "/* a */ import './c.js' /* b\n c */",
    "// import './codex.js';",
    "// The next one's.",
    "/**\n * All of them.\n */",
    "/* a */",
    "",
    "'use strict';",
    "export {};",
    "export * from './all.js';",
    "const a = `\nimport './text.js';\n`;",
    "const a = [\n  'b',\n];",
    "f();",
    "(g)",
    "[1].map(f)",
    "/'/.test(a)",
    "`b`",
    "a",
    "await import('./late.js');",
    "try {\n  await import('./optional.js');\n} catch {}",
    "export function f() {\n  return 1\n}",
    "import './codexa.js'",
    "import './codeX.js'",
];
