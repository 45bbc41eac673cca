//! The rows of imports in barrels, the shapes met in real checkouts first; each edit is applied twice.

use super::{LINE, append, blocks, check, holds, missing};
use crate::skill::Outcome;

#[test]
fn an_import_holds_whatever_its_spelling() {
    holds("import './claude.js';\nimport './codex.js';\n", 2);
    holds("import \"./codex.js\"", 1);
    holds("import'./codex.js';", 1);
    holds("  import\n  './codex.js'\n  ;\n", 1);
    holds("import './c\\u006fdex.js';\n", 1);
    holds("import /* the agent */ './codex.js' // yes\n", 1);
    holds("import './codex.js' with { type: 'js' };\n", 1);
    holds("\u{feff}import './codex.js';\r\n", 1);
    holds("#!/usr/bin/env bun\nimport './codex.js';\n", 2);
    holds("import './a.js'; import './codex.js';\n", 1);
    holds("// a comment\rimport './codex.js'\r", 2);
    holds("/* a\n * b */ import './codex.js';\n", 2);
    holds(
        "export function f() { return /'/ }\nimport './codex.js';\n",
        2,
    );
}

#[test]
fn an_import_that_stands_twice_holds_with_a_note() {
    let held = append(
        b"import './codex.js';\nimport './a.js';\nimport \"./codex.js\";\n",
        LINE,
    );
    assert_eq!(
        held,
        Outcome::Holds {
            line: Some(1),
            note: Some("`./codex.js` is imported again in line 3".to_owned())
        }
    );
}

#[test]
fn a_missing_import_goes_where_it_sorts() {
    missing(
        "import './claude.js';\nimport './mock.js';\n",
        "import './claude.js';\nimport './codex.js';\nimport './mock.js';\n",
    );
    missing(
        "import './mock.js';\n",
        "import './codex.js';\nimport './mock.js';\n",
    );
    missing(
        "import './claude.js';\n",
        "import './claude.js';\nimport './codex.js';\n",
    );
    missing(
        "import \"./claude.js\"\nimport \"./mock.js\"\n",
        "import \"./claude.js\"\nimport './codex.js';\nimport \"./mock.js\"\n",
    );
}

#[test]
fn an_unsorted_barrel_keeps_its_order() {
    missing(
        "import './mock.js';\nimport './claude.js';\nimport './opencode.js';\n",
        "import './codex.js';\nimport './mock.js';\nimport './claude.js';\nimport './opencode.js';\n",
    );
    missing(
        "import './claude.js';\nimport './opencode.js';\nimport './mock.js';\n",
        "import './claude.js';\nimport './codex.js';\nimport './opencode.js';\nimport './mock.js';\n",
    );
}

#[test]
fn packages_and_parents_sort_by_their_own_rules() {
    missing(
        "import './claude.js';\nimport 'zod';\n",
        "import './claude.js';\nimport './codex.js';\nimport 'zod';\n",
    );
    missing(
        "import '../a.js';\nimport './zed.js';\n",
        "import '../a.js';\nimport './codex.js';\nimport './zed.js';\n",
    );
}

#[test]
fn a_barrel_of_comments_takes_the_import_below_its_header() {
    let header = "// Host-side provider container-config barrel.\n// Providers with no host needs don't import here.\n";
    missing(header, format!("{header}{LINE}\n"));
    missing(
        format!("{header}\n// Skills add an import below.\n"),
        format!("{header}{LINE}\n\n// Skills add an import below.\n"),
    );
    missing(
        "/*\n * Import here.\n */\n",
        "/*\n * Import here.\n */\nimport './codex.js';\n",
    );
    missing("// header", "// header\nimport './codex.js';");
    missing(
        "\n\n// header\n\n// more\n",
        "\n\n// header\nimport './codex.js';\n\n// more\n",
    );
    missing(
        "// header\nexport {};\n",
        "// header\nimport './codex.js';\nexport {};\n",
    );
    missing(
        "/* header */ export {};\n",
        "import './codex.js';\n/* header */ export {};\n",
    );
    missing("/* open", "import './codex.js';\n/* open");
    missing(
        "import './claude.js';\n/* open\n",
        "import './claude.js';\nimport './codex.js';\n/* open\n",
    );
}

#[test]
fn a_barrel_without_imports_keeps_what_must_come_first() {
    missing("", "import './codex.js';\n");
    missing("\u{feff}", "\u{feff}import './codex.js';\n");
    missing("\n\n", "import './codex.js';\n\n\n");
    missing("export {};\n", "import './codex.js';\nexport {};\n");
    missing(
        "#!/usr/bin/env bun",
        "#!/usr/bin/env bun\nimport './codex.js';",
    );
    missing(
        "#!/usr/bin/env bun\n// header\n",
        "#!/usr/bin/env bun\n// header\nimport './codex.js';\n",
    );
    missing(
        "'use strict';\n// header\n\n",
        "'use strict';\n// header\nimport './codex.js';\n\n",
    );
    missing(
        "// header\n'use strict';\n// more\n",
        "// header\n'use strict';\nimport './codex.js';\n// more\n",
    );
    missing(
        "'use strict'; export {}\n",
        "'use strict'; export {}\nimport './codex.js';\n",
    );
    missing(
        "// header\nimport 'dotenv/config';\n",
        "// header\nimport 'dotenv/config';\nimport './codex.js';\n",
    );
}

#[test]
fn a_comment_stays_with_the_import_below_it() {
    missing(
        "import './claude.js';\n\n// For tests.\nimport './mock.js';\n",
        "import './claude.js';\n\nimport './codex.js';\n// For tests.\nimport './mock.js';\n",
    );
    missing(
        "import './claude.js';\n/* For\n * tests. */\n// Really.\nimport './mock.js';\n",
        "import './claude.js';\nimport './codex.js';\n/* For\n * tests. */\n// Really.\nimport './mock.js';\n",
    );
    missing(
        "import './claude.js';\n/* For\n * tests. */ import './mock.js';\n",
        "import './claude.js';\nimport './codex.js';\n/* For\n * tests. */ import './mock.js';\n",
    );
    missing(
        "import './claude.js';\n// Not about mock.\n\nimport './mock.js';\n",
        "import './claude.js';\n// Not about mock.\n\nimport './codex.js';\nimport './mock.js';\n",
    );
    missing(
        "'use strict';\n// For tests.\nimport './mock.js';\n",
        "'use strict';\nimport './codex.js';\n// For tests.\nimport './mock.js';\n",
    );
}

#[test]
fn a_header_that_touches_the_first_import_stays_on_top() {
    missing(
        "// Providers.\n// Each registers.\nimport './mock.js';\n",
        "// Providers.\n// Each registers.\nimport './codex.js';\nimport './mock.js';\n",
    );
    missing(
        "#!/usr/bin/env bun\n// Providers.\nimport './mock.js';\n",
        "#!/usr/bin/env bun\n// Providers.\nimport './codex.js';\nimport './mock.js';\n",
    );
    missing(
        "/* Providers. */ import './mock.js';\n",
        "import './codex.js';\n/* Providers. */ import './mock.js';\n",
    );
    missing(
        "#!/usr/bin/env bun\nimport './mock.js';\n",
        "#!/usr/bin/env bun\nimport './codex.js';\nimport './mock.js';\n",
    );
}

#[test]
fn a_comment_behind_an_import_stays_on_its_line() {
    missing(
        "f(); // x\nimport './mock.js';\n",
        "f(); // x\nimport './codex.js';\nimport './mock.js';\n",
    );
    missing(
        "import './claude.js'; // first\nimport './mock.js'; // last\n",
        "import './claude.js'; // first\nimport './codex.js';\nimport './mock.js'; // last\n",
    );
    missing(
        "import './claude.js'; /* first */ // really\n",
        "import './claude.js'; /* first */ // really\nimport './codex.js';\n",
    );
}

#[test]
fn crowded_lines_are_not_split() {
    missing(
        "import './a.js'; import './mock.js';\n",
        "import './a.js'; import './mock.js';\nimport './codex.js';\n",
    );
    missing(
        "import './a.js'; f(\n);\n",
        "import './codex.js';\nimport './a.js'; f(\n);\n",
    );
    missing(
        "import './a.js'; /* and\n so on */ import './b.js';\n",
        "import './a.js'; /* and\n so on */ import './b.js';\nimport './codex.js';\n",
    );
    missing(
        "import './a.js'; /* and\n so on */\nf();\n",
        "import './codex.js';\nimport './a.js'; /* and\n so on */\nf();\n",
    );
    missing(
        "import './a.js'; /* open",
        "import './codex.js';\nimport './a.js'; /* open",
    );
    missing(
        "f(\n); import './mock.js';\n",
        "f(\n); import './mock.js';\nimport './codex.js';\n",
    );
    blocks("f(\n); import './mock.js'; f(\n);\n", "barrel-by-code", 2);
}

#[test]
fn line_ends_and_the_final_one_survive() {
    missing(
        "import './claude.js';\r\nimport './mock.js';\r\n",
        "import './claude.js';\r\nimport './codex.js';\r\nimport './mock.js';\r\n",
    );
    missing(
        "import './claude.js';\r\nimport './b.js';",
        "import './claude.js';\r\nimport './b.js';\r\nimport './codex.js';",
    );
    missing(
        "import './claude.js';",
        "import './claude.js';\nimport './codex.js';",
    );
    missing(
        "import './mock.js';",
        "import './codex.js';\nimport './mock.js';",
    );
    missing(
        "\u{feff}import './mock.js';\r\n",
        "\u{feff}import './codex.js';\r\nimport './mock.js';\r\n",
    );
    missing(
        "import './claude.js';\rimport './mock.js';\r",
        "import './claude.js';\rimport './codex.js';\rimport './mock.js';\r",
    );
    missing(
        "import './claude.js';\nimport './mock.js';\r\n",
        "import './claude.js';\nimport './codex.js';\nimport './mock.js';\r\n",
    );
    missing(
        b"import './claude.js'; // \xFF\n",
        b"import './claude.js'; // \xFF\nimport './codex.js';\n",
    );
}

#[test]
fn code_below_the_imports_stays_untouched() {
    missing(
        "import './claude.js';\n\ntry {\n  await import('./local.js');\n} catch {}\n",
        "import './claude.js';\nimport './codex.js';\n\ntry {\n  await import('./local.js');\n} catch {}\n",
    );
    missing(
        "import './claude.js'\n/x'/.test(y)\n",
        "import './claude.js'\nimport './codex.js';\n/x'/.test(y)\n",
    );
    missing(
        "import { log } from '../log.js';\nimport './claude.js';\n",
        "import { log } from '../log.js';\nimport './claude.js';\nimport './codex.js';\n",
    );
}

#[test]
fn a_commented_import_is_not_an_import() {
    let before = "import './claude.js';\n// import './codex.js';\nimport './mock.js';\n";
    check(
        "import-commented",
        before,
        "import './claude.js';\nimport './codex.js';\n// import './codex.js';\nimport './mock.js';\n",
    );
    check(
        "import-commented",
        "/*\nimport \"./codex.js\"\n*/\n",
        "/*\nimport \"./codex.js\"\n*/\nimport './codex.js';\n",
    );
    let Outcome::Edit { fault, .. } = append(before.as_bytes(), LINE) else {
        panic!("no edit")
    };
    assert_eq!(
        (fault.line, fault.found.as_str()),
        (Some(2), "the import of `./codex.js` is commented out")
    );
}

#[test]
fn a_comment_that_names_the_module_is_no_commented_import() {
    missing(
        "// e.g. ./codex.js, don't import it twice\n",
        "// e.g. ./codex.js, don't import it twice\nimport './codex.js';\n",
    );
    for word in ["reimport", "$import", "x.import"] {
        let before = format!("// {word} './codex.js'\n");
        missing(&before, format!("{before}{LINE}\n"));
    }
}

#[test]
fn an_import_in_a_string_is_not_an_import() {
    let before = "import './claude.js';\nexport const doc = `\nimport './codex.js';\n`;\n";
    check(
        "import-quoted",
        before,
        before.replacen('\n', "\nimport './codex.js';\n", 1),
    );
    let before = "import './claude.js';\nexport const doc = 'import \\'./codex.js\\';';\n";
    check(
        "import-quoted",
        before,
        before.replacen('\n', "\nimport './codex.js';\n", 1),
    );
}
