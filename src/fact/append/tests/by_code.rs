//! The rows of barrels that load a module in another way: none of them is edited, and each says what is to be done by hand.

use super::{LINE, append, blocks, blocks_by_hand, holds, missing};
use crate::skill::Outcome;

#[test]
fn other_uses_of_the_module_block() {
    let claude = "import './claude.js';\n";
    let rows = [
        "import { codex } from './codex.js';",
        "import * as codex from './codex.js';",
        "import codex from \"./codex.js\";",
        "export * from './codex.js';",
        "export { codex } from './codex';",
        "try { await import('./codex.js'); } catch {}",
        "await import(`./codex.js`);",
        "const codex = require('./codex.js');",
        "for (const name of ['./codex.js']) await import(name);",
        "{ import './codex.js'; }",
        "export const doc = `${[ './codex.js' ]}`;",
    ];
    for row in rows {
        blocks(format!("{claude}{row}\n"), "import-by-code", 2);
        blocks(format!("// header\n{row}\n"), "import-by-code", 2);
    }
}

#[test]
fn another_spelling_of_the_module_is_to_become_the_line() {
    for specifier in ["./codex", "./codex.ts", "./codex.mjs", "./././codex.js"] {
        let before = format!("import './claude.js';\nimport '{specifier}';\n");
        blocks_by_hand(
            &before,
            "import-by-code",
            2,
            "write this in place of index.ts:2:\nimport './codex.js';",
        );
        holds(before.replace(&format!("import '{specifier}';"), LINE), 2);
    }
    blocks_by_hand(
        "export * from './codex.js';\nimport './codex';\nimport './codex.ts';\n",
        "import-by-code",
        2,
        "write this in place of index.ts:2 and index.ts:3:\nimport './codex.js';",
    );
}

#[test]
fn a_type_of_the_module_does_not_load_it() {
    missing(
        "import './claude.js';\nimport type { Codex } from './codex.js';\n",
        "import './claude.js';\nimport './codex.js';\nimport type { Codex } from './codex.js';\n",
    );
}

#[test]
fn a_barrel_that_loads_by_code_blocks() {
    blocks("import 'package'load", "barrel-by-code", 1);
    blocks(
        "const names = ['claude', 'mock'];\nfor (const name of names) await import(`./${name}.js`);\n",
        "barrel-by-code",
        1,
    );
    blocks(
        "// Add one below.\n\nimport { skipped } from './registry.js';\nconst names = ['./claude.js'];\nfor (const name of names) await import(name);\n",
        "barrel-by-code",
        3,
    );
    blocks(
        "// header\n\nexport function load() {\n  return import('./claude.js');\n}\n",
        "barrel-by-code",
        4,
    );
    blocks(
        "export * from './claude.js';\nexport { mock } from './mock.js';\n",
        "barrel-by-code",
        1,
    );
    blocks(
        "import 'dotenv/config';\nimport { claude } from './claude.js';\n",
        "barrel-by-code",
        2,
    );
    blocks("{ import './claude.js'; }\n", "barrel-by-code", 1);
    blocks("'use strict'.trim();\n", "barrel-by-code", 1);
    blocks(b"\xFF\xFEi\0m\0", "barrel-by-code", 1);
    blocks("`open", "barrel-by-code", 1);
}

#[test]
fn a_barrel_that_loads_by_code_is_said_to_do_so() {
    for (before, lead) in [
        (
            "const names = ['./claude.js'];\nfor (const name of names) await import(name);\n",
            "other code begins here",
        ),
        (
            "export * from './claude.js';\n",
            "`./claude.js` is re-exported",
        ),
        (
            "import type { A } from './types.js';\nimport { claude } from './claude.js';\n",
            "`./claude.js` is imported by name",
        ),
    ] {
        let Outcome::Blocked { fault, .. } = append(before.as_bytes(), LINE) else {
            panic!("not blocked: {before}");
        };
        let why = "and no line of the file is like `import './codex.js';`: it loads its modules in another way, which is not ours to change";
        assert_eq!(fault.found, format!("{lead}, {why}"));
    }
}

#[test]
fn an_unfinished_merge_blocks() {
    for before in [
        "import './claude.js';\n<<<<<<< HEAD\nimport './codex.js';\n=======\n>>>>>>> upstream\n",
        "import './codex.js';\r\n>>>>>>> upstream\r\n",
    ] {
        blocks_by_hand(
            before,
            "conflict-markers",
            2,
            "resolve the merge at index.ts:2",
        );
    }
    missing(
        "/*\n=======\n*/\n",
        "/*\n=======\n*/\nimport './codex.js';\n",
    );
}
