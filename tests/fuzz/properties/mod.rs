//! What must hold of the readers and of what is inserted, whatever the bytes: one function a property, which panics where it does not.
//! Known to the fuzzers and to `tests/fuzz.rs`; it touches no file.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a property that does not hold panics, and a fuzzer uses one of them"
)]

mod lines;

use std::sync::LazyLock;

use lines::{Ends, Line, added};
use nanoclaw::dockerfile::{Dockerfile, Instruction};
use nanoclaw::fact::dockerfile::Wanted;
use nanoclaw::fact::{append, dockerfile as layer_fact};
use nanoclaw::skill::{Fact, Fault, Layer, Outcome, Setting, What};
use nanoclaw::typescript::{Scan, Token};
use nanoclaw::{document as reader, skills};

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

/// The layers of the built-in documents, added to a Dockerfile of these bytes, with a version asked for and without; and to one that
/// has lost its pin, which these bytes may know.
pub fn dockerfile(bytes: &[u8]) {
    read(bytes);
    for layer in LAYERS.iter() {
        for set in [None, Some("9.9.9")] {
            add_layer(bytes, layer, &Wanted { set, head: None });
        }
        let lost = format!("FROM node\n{}\n", layer.run);
        let (set, head) = (None, Some(bytes));
        add_layer(lost.as_bytes(), layer, &Wanted { set, head });
        // A setting goes below an install, and most texts have the layer's anchor.
        for after in [&layer.package, &layer.after] {
            SETTINGS
                .iter()
                .for_each(|setting| add_setting(bytes, setting, after));
        }
    }
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

/// The settings that the built-in documents state.
static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let all = skills::all().expect("the built-in documents are valid");
    let steps = all.into_iter().flat_map(|(skill, _)| skill.steps);
    let settings: Vec<Setting> = steps
        .filter_map(|step| match step.what {
            What::Fact(Fact::Setting { setting, .. }) => Some(setting),
            _ => None,
        })
        .collect();
    assert!(!settings.is_empty(), "no document states a setting");
    settings
});

/// The layers that the built-in documents state.
static LAYERS: LazyLock<Vec<Layer>> = LazyLock::new(|| {
    let all = skills::all().expect("the built-in documents are valid");
    let steps = all.into_iter().flat_map(|(skill, _)| skill.steps);
    let layers: Vec<Layer> = steps
        .filter_map(|step| match step.what {
            What::Fact(Fact::Dockerfile { layer, .. }) => Some(layer),
            _ => None,
        })
        .collect();
    assert!(!layers.is_empty(), "no document states a layer");
    layers
});

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

/// Reads a Dockerfile: its instructions stand in it one after the other, and a mistake has a line of it.
fn read(bytes: &[u8]) {
    let last = Line::last(bytes, Ends::OfDockerfile);
    match Dockerfile::parse(bytes) {
        Ok(file) => {
            let mut end = 0;
            for instruction in &file.instructions {
                let span = &instruction.span;
                assert!(end <= span.start && span.start < span.end && span.end <= bytes.len());
                assert!((1..=last).contains(&instruction.line));
                end = span.end;
            }
        }
        Err(error) => assert!(
            error.line.is_none_or(|line| (1..=last).contains(&line)),
            "{error:?}"
        ),
    }
}

fn add_layer(before: &[u8], layer: &Layer, wanted: &Wanted) {
    let look = |bytes: &[u8]| layer_fact::outcome(bytes, layer, wanted);
    let Some(after) = edited(before, Ends::OfDockerfile, look) else {
        return;
    };
    if let Some(set) = wanted.set {
        assert_eq!(layer_fact::pin(&after, layer).as_deref(), Some(set));
    }
    let (old, new) = (Unpinned::of(before, layer), Unpinned::of(&after, layer));
    let arg = format!("ARG {}=", layer.arg);
    let run = new.text(&layer.run);
    let ours: Vec<&str> = [arg.as_str(), ""].into_iter().chain(run.lines()).collect();
    let found = added(
        &Line::all(&old.bytes, Ends::OfDockerfile),
        &Line::all(&new.bytes, Ends::OfDockerfile),
    );
    for line in &found {
        assert!(ours.contains(&line.as_str()), "a line of its own: {line:?}");
    }
    let (mut args, mut runs) = (0, 0);
    for said in added(&old.instructions, &new.instructions) {
        match said.replace("\r\n", "\n") {
            said if said == arg => args += 1,
            said if said == run => runs += 1,
            said => panic!("an instruction of its own: {said:?}"),
        }
    }
    assert!(args <= 1 && runs <= 1);
    // A layer has one blank line before it, an ARG none.
    assert_eq!(
        found.len(),
        args + runs * (run.lines().count() + 1),
        "{found:?}"
    );
    assert!(args + runs > 0 || old.pins == new.pins);
}

/// A setting below the install of a package: the text has it with its value afterwards, and what was there but for that value.
fn add_setting(before: &[u8], setting: &Setting, after: &str) {
    let value = "http://h:1/v1";
    let setting = Setting {
        after: after.to_owned(),
        value: value.to_owned(),
        ..setting.clone()
    };
    let look = |bytes: &[u8]| layer_fact::setting::outcome(bytes, &setting);
    let Some(after) = edited(before, Ends::OfDockerfile, look) else {
        return;
    };
    assert_eq!(
        layer_fact::setting::value(&after, &setting).as_deref(),
        Some(value)
    );
    let layer = Layer {
        after: setting.after.clone(),
        package: String::new(),
        arg: setting.arg.clone(),
        version: value.to_owned(),
        run: setting.run.clone(),
    };
    let (old, new) = (Unpinned::of(before, &layer), Unpinned::of(&after, &layer));
    let arg = format!("ARG {}=", setting.arg);
    let run = new.text(&setting.run);
    for said in added(&old.instructions, &new.instructions) {
        let said = said.replace("\r\n", "\n");
        assert!(
            said == arg || said == run,
            "an instruction of its own: {said:?}"
        );
    }
}

/// A Dockerfile without the values of a layer's ARG, which an edit may change.
struct Unpinned {
    bytes: Vec<u8>,
    /// What each instruction says, in the file's order.
    instructions: Vec<String>,
    /// How many declarations of the ARG there are.
    pins: usize,
    escape: char,
}

impl Unpinned {
    fn of(bytes: &[u8], layer: &Layer) -> Self {
        let file = Dockerfile::parse(bytes).expect("what is edited can be read, before and after");
        let mut found = Self {
            bytes: Vec::new(),
            instructions: Vec::new(),
            pins: 0,
            escape: file.escape,
        };
        let mut at = 0;
        for instruction in &file.instructions {
            found.bytes.extend(&bytes[at..instruction.span.start]);
            let said = found.unpinned(bytes, instruction, layer);
            found.bytes.extend(&said);
            found
                .instructions
                .push(String::from_utf8_lossy(&said).into_owned());
            at = instruction.span.end;
        }
        found.bytes.extend(&bytes[at..]);
        found
    }

    fn unpinned(&mut self, bytes: &[u8], instruction: &Instruction, layer: &Layer) -> Vec<u8> {
        let mut said = Vec::new();
        let mut at = instruction.span.start;
        for pin in instruction
            .declarations()
            .iter()
            .filter(|found| found.name == layer.arg)
        {
            said.extend(&bytes[at..pin.name_end]);
            said.push(b'=');
            at = pin
                .value
                .as_ref()
                .map_or(pin.name_end, |value| value.span.end);
            self.pins += 1;
        }
        said.extend(&bytes[at..instruction.span.end]);
        said
    }

    /// The lines of a document as they stand in this file.
    fn text(&self, lines: &str) -> String {
        let line = |line: &str| match line.strip_suffix('\\') {
            Some(line) => format!("{line}{}", self.escape),
            None => line.to_owned(),
        };
        lines.lines().map(line).collect::<Vec<_>>().join("\n")
    }
}
