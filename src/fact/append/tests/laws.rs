//! The laws of one line appended to a file of any bytes; they know no file by name.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{LINE, outcome};
use crate::skill::Outcome;
use crate::typescript::{UseKind, module_specifiers, side_effect_imports};

/// The laws of one line in a file of any bytes.
fn laws(before: &[u8], line: &str, at: Option<&str>) {
    let lines = [line.to_owned()];
    let Outcome::Edit { fault: _, after } = outcome(before, &lines, at) else {
        return;
    };
    assert!(
        matches!(outcome(&after, &lines, at), Outcome::Holds { .. }),
        "a second add changes {:?}",
        String::from_utf8_lossy(&after)
    );
    let place = before
        .iter()
        .zip(&after)
        .take_while(|(old, new)| old == new)
        .count();
    let added = after.len() - before.len();
    let inserted = (0..=place).any(|place| {
        before[..place] == after[..place] && before[place..] == after[place + added..]
    });
    assert!(
        inserted,
        "more than an insertion: {:?}",
        String::from_utf8_lossy(&after)
    );
    assert!((line.len()..=line.len() + 2).contains(&added));
    if line == LINE {
        one_more_import(before, &after);
    }
}

#[test]
fn hostile_files_take_linear_time() {
    let rows = [
        ("import './z.js';", "/**/"),
        ("/**/", "import './z.js';"),
        ("import './z.js'; /*\n*/", ""),
        ("import './a.js'\n// import './codex.js\n", "// import "),
        ("import type {} from './codex.js';", ""),
        ("import 'zod';", "'a';"),
        ("// here\n", "'"),
        ("\r", "\n"),
    ];
    for (first, second) in rows {
        let text = first.repeat(200_000 / first.len()) + &second.repeat(50_000);
        let start = Instant::now();
        laws(text.as_bytes(), "a plain line", Some("// here"));
        let judged = outcome(text.as_bytes(), &[LINE.to_owned()], None);
        // A quadratic search takes minutes.
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{first}: {judged:?}"
        );
    }
}

fn one_more_import(before: &[u8], after: &[u8]) {
    let specifiers = |text: &[u8]| {
        side_effect_imports(text)
            .into_iter()
            .map(|import| import.specifier)
            .collect::<Vec<_>>()
    };
    let others = |text: &[u8]| {
        module_specifiers(text)
            .into_iter()
            .map(|used| (used.specifier, used.kind))
            .collect::<Vec<_>>()
    };
    let (mut imports, mut uses) = (specifiers(after), others(after));
    imports.remove(
        imports
            .iter()
            .position(|specifier| specifier == "./codex.js")
            .unwrap(),
    );
    uses.remove(
        uses.iter()
            .position(|(specifier, kind)| specifier == "./codex.js" && *kind == UseKind::SideEffect)
            .unwrap(),
    );
    assert_eq!(
        (imports, uses),
        (specifiers(before), others(before)),
        "{:?}",
        String::from_utf8_lossy(after)
    );
}

/// Texts of pieces that make and break imports.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let imports = "import './claude.js';|import \"./mock.js\"|import './codex.js'|import 'zod'|import type { A } from './codex.js';|await import('./x.js')";
    let code = "import|from|type|require|return|if (a)|export {}|with { type: 'a' }|'use strict'|/x'/|f|++|!|=|.|;|<<<<<<< |#!";
    let marks =
        "// here|// note|/*|*/|`|${|}|{|(|)|[|]|'|\"|/|\\| |\n|\n|\n|\r\n|\r|\u{feff}|\u{2028}";
    let pieces = [imports, code, marks]
        .into_iter()
        .flat_map(|list| list.split('|'))
        .map(str::as_bytes);
    let pieces: Vec<&[u8]> = pieces.chain([&b"\xFF"[..]]).collect();
    prop::collection::vec(prop::sample::select(pieces), 0..24).prop_map(|pieces| pieces.concat())
}

/// Texts of whole lines that a barrel may have: most of them are edited.
fn barrel() -> impl Strategy<Value = Vec<u8>> {
    let imports = "import './claude.js';|import \"./mock.js\"|import './a.js' // a|// import './codex.js'|import './b.js'; import './y.js'|import 'zod'; /* d";
    let others = "||/* a|b */|/* c */ import './zed.js'|'use strict';|// here|export {};|f();|f(|);|const a = `|`;|/x'/.test(y)";
    let lines: Vec<&str> = [imports, others]
        .into_iter()
        .flat_map(|list| list.split('|'))
        .collect();
    let ends: &[&str] = &["\n", "\n", "\r\n", "\r"];
    let line = (prop::sample::select(lines), prop::sample::select(ends));
    let line = line.prop_map(|(line, end)| format!("{line}{end}"));
    (prop::collection::vec(line, 0..8), any::<bool>()).prop_map(|(lines, ended)| {
        let text = lines.concat();
        let text = if ended {
            text.as_str()
        } else {
            text.trim_end()
        };
        text.as_bytes().to_vec()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_obey_the_laws(before in prop::collection::vec(any::<u8>(), 0..200)) {
        laws(&before, LINE, None);
        laws(&before, "a plain line", None);
    }

    #[test]
    fn token_soups_obey_the_laws(before in soup()) {
        laws(&before, LINE, None);
        laws(&before, LINE, Some("// here"));
        laws(&before, "a plain line", Some("// here"));
    }

    #[test]
    fn barrels_obey_the_laws(before in barrel()) {
        laws(&before, LINE, None);
        laws(&before, LINE, Some("// here"));
    }
}
