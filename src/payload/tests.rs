//! Which imports of a payload a checkout satisfies, in rows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Commit, Copied, File, Modules, Names, Payload, source, unresolved};

/// What of a file in `src/providers` is unresolved where `there` is all that is there.
fn check(text: &str, there: &[&str], expected: &[(usize, &str)]) {
    check_names(text, Names::Values, there, expected);
}

fn check_names(text: &str, names: Names, there: &[&str], expected: &[(usize, &str)]) {
    let path = Path::new("src/providers/new.ts");
    let is_file = |path: &Path| there.iter().any(|file| Path::new(file) == path);
    let source = source(path, text.as_bytes()).unwrap();
    let modules = Modules {
        is_file: &is_file,
        read: &|path| path.ends_with("a.ts").then(|| A.to_vec()),
        importers: &|_| Vec::new(),
    };
    let found = unresolved(path, &source, modules, names);
    let found = found
        .iter()
        .map(|missing| (missing.line, missing.to_string()))
        .collect::<Vec<_>>();
    let expected = expected
        .iter()
        .map(|(line, missing)| (*line, (*missing).to_owned()))
        .collect::<Vec<_>>();
    assert_eq!(found, expected, "{text}");
}

const A: &[u8] = b"export const one = 1;\nexport type Two = 2;\nconst three = 3;\n";

#[test]
fn an_import_takes_only_what_its_module_exports() {
    let there = ["src/providers/a.ts", "src/providers/data.json"];
    check("import { one, Two as two } from './a.js';", &there, &[]);
    check(
        "import {\n  one,\n  three,\n} from './a.js';",
        &there,
        &[(4, "`three` of ./a.js")],
    );
    check("import { type three } from './a.js';", &there, &[]);
    check("import type { three } from './a.js';", &there, &[]);
    check("import * as a from './a.js';", &there, &[]);
    check(
        "export { four as one } from './a.js';",
        &there,
        &[(1, "`four` of ./a.js")],
    );
    check("import { x } from './data.json';", &there, &[]);
    check("import { x } from 'elsewhere';", &there, &[]);
}

#[test]
fn a_build_needs_the_types_as_well() {
    let there = ["src/providers/a.ts"];
    for text in [
        "import type { one, Two, Three } from './a.js';",
        "import { type Two, type Three as three } from './a.js';",
        "export type { Three } from './a.js';",
    ] {
        check(text, &there, &[]);
        let expected = [(1, "`Three` of ./a.js")];
        check_names(text, Names::All, &there, &expected);
    }
    let either = "import { type as three } from './a.js';";
    check_names(either, Names::All, &there, &[]);
}

/// What the file `src/user.ts` would lack when `src/a.ts` is replaced.
fn check_replaced(before: &str, user: &str, after: &str, expected: &[(usize, &str)]) {
    let a = Copied {
        from: "a.ts".to_owned(),
        to: PathBuf::from("src/a.ts"),
    };
    let file = File {
        bytes: after.as_bytes().to_vec(),
        mode: 0o644,
    };
    let payload = Payload {
        commit: Commit {
            id: String::new(),
            date: String::new(),
        },
        files: BTreeMap::from([("a.ts".to_owned(), file)]),
    };
    let modules = Modules {
        is_file: &|path| path == a.to,
        read: &|path| (path == a.to).then(|| before.as_bytes().to_vec()),
        importers: &|_| vec![(PathBuf::from("src/user.ts"), user.as_bytes().to_vec())],
    };
    let found = payload
        .unresolved(std::slice::from_ref(&a), modules)
        .unwrap();
    let found = found.iter().map(|missing| {
        assert_eq!(missing.file, Path::new("src/user.ts"));
        (missing.line, missing.to_string())
    });
    let expected = expected.iter();
    let expected = expected.map(|(line, missing)| (*line, (*missing).to_owned()));
    assert!(found.eq(expected), "{before} {user} {after}");
}

#[test]
fn a_file_is_not_replaced_by_one_that_lacks_what_others_import() {
    let both = "export const one = 1;\nexport const two = 2;\n";
    let one = "export const one = 1;\n";
    let user = "\nimport { one, two } from './a.js';\n";
    check_replaced(both, user, one, &[(2, "`two` of ./a.js")]);
    check_replaced(both, user, both, &[]);
    check_replaced(both, "import { one } from './a.js';", one, &[]);
    check_replaced(both, "import { two } from './b.js';", one, &[]);
    check_replaced(
        both,
        "import type { two } from './a.js';",
        one,
        &[(1, "`two` of ./a.js")],
    );
    // What it did not find before is nothing that it would lose.
    check_replaced(one, user, one, &[]);
    check_replaced(
        "export * from './b.js';",
        user,
        one,
        &[(2, "`two` of ./a.js")],
    );
    check_replaced(both, user, "export const { one, two } = all;", &[]);
}

#[test]
fn what_others_take_of_a_whole_module_is_not_lost_either() {
    let both = "export const one = 1;\nexport const two = 2;\n";
    let one = "export const one = 1;\n";
    let lost = [(1, "`two` of ./a.js")];
    for user in [
        "import * as a from './a.js'; a.one(a.two);",
        "const { one, two } = await import('./a.js');",
        "(await import('./a.js')).two();",
    ] {
        check_replaced(both, user, one, &lost);
        check_replaced(both, &user.replace("two", "one"), one, &[]);
    }
}

#[test]
fn a_module_is_read_once_however_often_it_is_imported() {
    let path = Path::new("src/providers/new.ts");
    let text = "import { one } from './a.js';\n".repeat(1_500);
    let reads = std::cell::Cell::new(0);
    let modules = Modules {
        is_file: &|path| path.ends_with("a.ts"),
        read: &|_| {
            reads.set(reads.get() + 1);
            Some(A.to_vec())
        },
        importers: &|_| Vec::new(),
    };
    let source = source(path, text.as_bytes()).unwrap();
    assert_eq!(unresolved(path, &source, modules, Names::All), Vec::new());
    assert_eq!(reads.get(), 1);
}

#[test]
fn an_import_is_resolved_as_typescript_and_bun_do() {
    let there = [
        "src/providers/a.ts",
        "src/config.ts",
        "src/lib/index.ts",
        "src/providers/data.json",
        "src/providers/old.mts",
    ];
    check("import './a.js';", &there, &[]);
    check("import './a.ts';\nimport './a';", &there, &[]);
    check(
        "import '../config.js';\nexport * from '../lib';",
        &there,
        &[],
    );
    check(
        "import data from './data.json' with { type: 'json' };\nimport './old.mjs';",
        &there,
        &[],
    );
    check("import fs from 'fs';\nimport x from '@scope/x';", &[], &[]);
    check("import './b.js';", &there, &[(1, "./b.js")]);
    check(
        "\nimport type { B } from './b.js';",
        &there,
        &[(2, "./b.js")],
    );
    check(
        "const b = await import('./b.js');",
        &there,
        &[(1, "./b.js")],
    );
    check(
        "import '../../../outside.js';",
        &there,
        &[(1, "../../../outside.js")],
    );
    check(
        "// import './b.js';\nconst s = \"import './b.js'\";",
        &there,
        &[],
    );
}
