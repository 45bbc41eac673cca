//! The rows of appended lines; each edit is applied twice, and none touches a disk.

mod barrel;
mod by_code;
mod laws;

use std::path::Path;

use super::outcome;
use crate::skill::{ByHand, Outcome};

const LINE: &str = "import './codex.js';";

fn append(before: &[u8], line: &str) -> Outcome {
    outcome(before, &[line.to_owned()], None)
}

/// The file becomes `after`, for the reason that the code names, and stays so.
fn check(code: &str, before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) {
    check_lines(&[LINE], None, code, before, after);
}

fn check_lines(
    lines: &[&str],
    at: Option<&str>,
    code: &str,
    before: impl AsRef<[u8]>,
    after: impl AsRef<[u8]>,
) {
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let Outcome::Edit {
        fault,
        after: edited,
    } = outcome(before.as_ref(), &lines, at)
    else {
        panic!("no edit but {:?}", outcome(before.as_ref(), &lines, at));
    };
    assert_eq!(
        String::from_utf8_lossy(&edited),
        String::from_utf8_lossy(after.as_ref())
    );
    assert_eq!(fault.code, code);
    assert!(
        matches!(outcome(&edited, &lines, at), Outcome::Holds { .. }),
        "{:?}",
        outcome(&edited, &lines, at)
    );
}

fn missing(before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) {
    check("import-missing", before, after);
}

fn holds(before: impl AsRef<[u8]>, line: usize) {
    let held = append(before.as_ref(), LINE);
    assert_eq!(
        held,
        Outcome::Holds {
            line: Some(line),
            note: None
        }
    );
}

fn blocks(before: impl AsRef<[u8]>, code: &str, line: usize) {
    blocks_by_hand(before, code, line, LINE);
}

fn blocks_by_hand(before: impl AsRef<[u8]>, code: &str, line: usize, said: &str) {
    let Outcome::Blocked { fault, by_hand } = append(before.as_ref(), LINE) else {
        panic!("not blocked but {:?}", append(before.as_ref(), LINE));
    };
    assert_eq!(
        (fault.code, fault.line, words(&by_hand).as_str()),
        (code, Some(line), said),
        "{fault:?}"
    );
}

fn words(by_hand: &[ByHand]) -> String {
    ByHand::said(by_hand, Path::new("index.ts"))
}

#[test]
fn a_plain_line_holds_trimmed_or_goes_to_the_end() {
    check_lines(
        &["import './a.js'; /*"],
        None,
        "line-missing",
        "import './b.js';\n",
        "import './b.js';\nimport './a.js'; /*\n",
    );
    let line = |before: &str| append(before.as_bytes(), "data/  ");
    assert_eq!(
        line("a\n  data/\r\n"),
        Outcome::Holds {
            line: Some(2),
            note: None
        }
    );
    assert_eq!(
        line("\u{feff}data/"),
        Outcome::Holds {
            line: Some(1),
            note: None
        }
    );
    check_lines(&["data/  "], None, "line-missing", "a\n", "a\ndata/\n");
    check_lines(
        &["data/"],
        None,
        "line-missing",
        "a\r\nb",
        "a\r\nb\r\ndata/",
    );
    check_lines(&["data/"], None, "line-missing", "", "data/\n");
    check_lines(
        &["import { a } from './a.js';"],
        None,
        "line-missing",
        "",
        "import { a } from './a.js';\n",
    );
    check_lines(
        &["import 'zod';"],
        None,
        "line-missing",
        "import './z.js';\n",
        "import './z.js';\nimport 'zod';\n",
    );
}

#[test]
fn a_line_goes_after_its_marker_and_lines_keep_their_order() {
    check_lines(
        &["one", "", "two"],
        Some("# here"),
        "line-missing",
        "a\n  # here\nb\n",
        "a\n  # here\none\ntwo\nb\n",
    );
    check_lines(
        &["one", "two"],
        Some("# here"),
        "line-missing",
        "# here\none\nb\n",
        "# here\none\ntwo\nb\n",
    );
    check_lines(
        &["one"],
        Some("# here"),
        "line-missing",
        "# here",
        "# here\none",
    );
}

#[test]
fn in_a_barrel_a_marker_stands_where_a_statement_surely_ends() {
    for (above, below) in [
        ("import './z.js';\n", "f();\n"),
        ("import './z.js'\n", "f();\n"),
        ("import './z.js';\n", ""),
        ("f()\n", ""),
        ("const a = b\n", ""),
        ("const a = b\n", "import './z.js';\n"),
    ] {
        let before = format!("{above}// here\n{below}");
        let after = format!("{above}// here\n{LINE}\n{below}");
        check_lines(&[LINE], Some("// here"), "import-missing", &before, &after);
    }
}

#[test]
fn a_marker_must_stand_once_and_between_statements() {
    let fault = |before: &str, line: &str| match outcome(
        before.as_bytes(),
        &[line.to_owned()],
        Some("// here"),
    ) {
        Outcome::Blocked { fault, by_hand } if words(&by_hand) == line => {
            (fault.code, fault.line, fault.found)
        }
        other => panic!("not blocked but {other:?}"),
    };
    assert_eq!(
        fault("a\n", "b"),
        (
            "anchor-missing",
            None,
            "no line `// here` to insert after".to_owned()
        )
    );
    assert_eq!(
        fault("// here\n\n // here\n", "b"),
        (
            "anchor-missing",
            Some(1),
            "`// here` stands in 2 lines: 1, 3".to_owned()
        )
    );
    assert_eq!(fault("f(\n// here\n)\n", LINE).0, "barrel-by-code");
    assert_eq!(
        fault("const a = b\n// here\n(c)\n", LINE).0,
        "barrel-by-code"
    );
    assert_eq!(fault("/*\n// here\n*/\n", LINE).0, "barrel-by-code");
    assert_eq!(fault("`\n// here\n`\n", LINE).0, "barrel-by-code");
}

#[test]
fn several_lines_fold_and_are_reported_together() {
    check_lines(
        &[
            "import './mock.js';",
            "import './codex.js';",
            "import './mock.js';",
        ],
        None,
        "import-missing",
        "import './claude.js';\n",
        "import './claude.js';\nimport './codex.js';\nimport './mock.js';\n",
    );
    let lines = ["import './mock.js';", "import './claude.js';", LINE].map(str::to_owned);
    let Outcome::Blocked { fault, by_hand } = outcome(
        b"import './claude.js';\nrequire('./codex.js');\n",
        &lines,
        None,
    ) else {
        panic!("not blocked")
    };
    assert_eq!((fault.code, fault.line), ("import-by-code", Some(2)));
    assert_eq!(words(&by_hand), "import './mock.js';\nimport './codex.js';");
    let held = outcome(
        b"import './codex.js';\nimport './mock.js';\n",
        &["import './mock.js';".to_owned(), LINE.to_owned()],
        None,
    );
    assert_eq!(
        held,
        Outcome::Holds {
            line: Some(2),
            note: None
        }
    );
    assert_eq!(
        outcome(b"a", &[], None),
        Outcome::Holds {
            line: None,
            note: None
        }
    );
}

#[test]
fn every_lacking_line_is_named_and_what_is_only_written_is_said_first() {
    let lines = [LINE, "import './mock.js';"].map(str::to_owned);
    let Outcome::Edit { fault, .. } = outcome(b"", &lines, None) else {
        panic!("no edit")
    };
    assert_eq!(
        fault.found,
        "no import of `./codex.js`; no import of `./mock.js`"
    );
    let Outcome::Blocked { by_hand, .. } = outcome(b"import './codex';\n", &lines, None) else {
        panic!("not blocked")
    };
    assert_eq!(
        words(&by_hand),
        "import './mock.js';\nwrite this in place of index.ts:1:\nimport './codex.js';"
    );
}
