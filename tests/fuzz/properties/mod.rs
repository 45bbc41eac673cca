//! What must hold of the readers and of what is inserted, whatever the bytes: one function a property, which panics where it does not.
//! Known to the fuzzers and to `tests/fuzz.rs`; it touches no file.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a property that does not hold panics, and a fuzzer uses one of them"
)]

mod dockerfile;
mod lines;

pub use dockerfile::dockerfile;
use lines::{Ends, Line, added};
use nanoclaw::document as reader;
use nanoclaw::fact::append;
use nanoclaw::skill::{Fault, Outcome};
use nanoclaw::typescript::{Scan, Token};

/// The import that goes into a barrel, and the line that another one goes below.
const IMPORT: &str = "import './codex.js';";
const MARKER: &str = "// here";

/// Lines appended to a file of these bytes: an import by its order and below a marker, a plain line, and several.
pub fn barrel(bytes: &[u8]) {
    append_one(bytes, IMPORT, None);
    append_one(bytes, IMPORT, Some(MARKER));
    append_one(bytes, "a plain line", Some(MARKER));
    append_all(
        bytes,
        &[IMPORT, "import './zed.js'", "a plain line", "// here"],
        None,
    );
}

/// A document of these bytes, where they are UTF-8: a skill or an error whose line lies in it. Its blocks' lines do, too.
pub fn document(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let last = text.split('\n').count();
    match reader::parse("SKILL.md", text) {
        Ok(skill) => {
            assert!(
                skill
                    .steps
                    .iter()
                    .all(|step| (1..=last).contains(&step.line))
            );
            assert!(skill.steps.is_sorted_by_key(|step| step.line));
        }
        Err(error) => assert!((1..=last).contains(&error.line), "{error}"),
    }
}

/// The other properties of a text of 64 KiB, for the time they take.
pub fn long(bytes: &[u8]) {
    repeated(bytes, 64 * 1024);
}

/// The other properties of a text of so many bytes: a head, a piece that repeats and a tail, which a NUL parts.
pub fn repeated(bytes: &[u8], length: usize) {
    let mut parts = bytes.splitn(3, |byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let (head, piece, tail) = (next(), next(), next());
    let room = length.saturating_sub(head.len() + tail.len());
    if piece.is_empty() {
        return;
    }
    let text = [head, &piece.repeat(room / piece.len()), tail].concat();
    barrel(&text);
    dockerfile(&text);
    document(&text);
}

fn append_one(before: &[u8], line: &str, at: Option<&str>) {
    let Some(after) = append_all(before, &[line], at) else {
        return;
    };
    // One line is one insertion of its bytes and a line end.
    let added = after.len() - before.len();
    assert!((line.len()..=line.len() + 2).contains(&added));
    let common = before
        .iter()
        .zip(&after)
        .take_while(|(old, new)| old == new)
        .count();
    let inserted = |place: &usize| {
        let new = &after[*place..place + added];
        let alone = after[..*place].ends_with(b"\n")
            || after[..*place].ends_with(b"\r")
            || new.starts_with(b"\n")
            || new.starts_with(b"\r")
            || matches!(after[..*place], [] | [0xEF, 0xBB, 0xBF]);
        alone && before[*place..] == after[place + added..] && new.trim_ascii() == line.as_bytes()
    };
    let place = (0..=common)
        .find(inserted)
        .expect("the bytes before and after the line are the old ones");
    if line == IMPORT {
        one_more_statement(before, &after, place..place + added);
    }
}

/// Appends lines, and says what the file becomes when they are missing.
fn append_all(before: &[u8], lines: &[&str], at: Option<&str>) -> Option<Vec<u8>> {
    let wanted: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let after = edited(before, Ends::OfJavaScript, |bytes| {
        append::outcome(bytes, &wanted, at)
    })?;
    let found = added(
        &Line::all(before, Ends::OfJavaScript),
        &Line::all(&after, Ends::OfJavaScript),
    );
    assert!(!found.is_empty());
    for line in &found {
        assert!(
            lines.contains(&line.as_str()),
            "a line of its own: {line:?}"
        );
    }
    let mut once = found.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), found.len(), "a line twice: {found:?}");
    Some(after)
}

/// What a fact makes of a file, if it edits it: all its findings lie in the file, and what it writes holds.
fn edited(before: &[u8], ends: Ends, look: impl Fn(&[u8]) -> Outcome) -> Option<Vec<u8>> {
    let last = Line::last(before, ends);
    let lies_within = |line: Option<usize>| {
        assert!(
            line.is_none_or(|line| (1..=last).contains(&line)),
            "line {line:?} of {last}"
        );
    };
    let said = |fault: &Fault| {
        lies_within(fault.line);
        assert!(!fault.code.is_empty() && !fault.found.is_empty());
    };
    match look(before) {
        Outcome::Holds { line, note: _ } => lies_within(line),
        Outcome::Missing(fault) => panic!("no edit but {fault:?}"),
        Outcome::Blocked { fault, by_hand } => {
            said(&fault);
            assert!(!by_hand.is_empty(), "nothing to do by hand: {fault:?}");
            by_hand
                .iter()
                .flat_map(|act| &act.at)
                .for_each(|line| lies_within(Some(*line)));
        }
        Outcome::Edit { fault, after } => {
            said(&fault);
            let again = look(&after);
            assert!(
                matches!(again, Outcome::Holds { .. }),
                "a second time: {again:?}"
            );
            return Some(after);
        }
    }
    None
}

/// The tokens are the old ones and one statement, which lies in the bytes that are new.
fn one_more_statement(before: &[u8], after: &[u8], new: std::ops::Range<usize>) {
    let (old, scan) = (Scan::of(before), Scan::of(after));
    let tokens = |scan: &Scan, shift: &dyn Fn(usize) -> usize| {
        let shifted = |token: &Token| {
            (
                token.kind,
                shift(token.start),
                shift(token.end),
                token.depth,
            )
        };
        scan.tokens().iter().map(shifted).collect::<Vec<_>>()
    };
    let is_new = |place: usize| new.contains(&place);
    let mut kept = tokens(&scan, &|place| place);
    kept.retain(|(_, start, ..)| !is_new(*start));
    let moved = |place: usize| {
        if place > new.start {
            place + new.len()
        } else {
            place
        }
    };
    let expected: Vec<_> = tokens(&old, &|place| place)
        .into_iter()
        .map(|(kind, start, end, depth)| {
            let start = if start >= new.start {
                start + new.len()
            } else {
                start
            };
            (kind, start, moved(end), depth)
        })
        .collect();
    assert_eq!(kept, expected, "{:?}", String::from_utf8_lossy(after));
    assert_eq!(old.is_unclosed(), scan.is_unclosed());
    let imports = scan.side_effect_imports();
    let ours: Vec<&str> = imports
        .iter()
        .filter(|import| is_new(import.span.start))
        .map(|import| import.specifier.as_str())
        .collect();
    assert_eq!(ours, ["./codex.js"]);
    assert_eq!(imports.len(), old.side_effect_imports().len() + 1);
    assert_eq!(
        scan.module_specifiers().len(),
        old.module_specifiers().len() + 1
    );
}
