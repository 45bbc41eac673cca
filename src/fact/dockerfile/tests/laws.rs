//! Laws over any bytes, and over lines thrown together.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{codex, fill};
use crate::fact::dockerfile::{Wanted, outcome};
use crate::skill::Outcome;

/// Lines that files like these are made of, and some that are not.
const SOUP: [&str; 34] = [
    "FROM node",
    "FROM node AS base",
    "FROM base",
    "from base as top",
    "{pin}",
    "{arg}",
    "{claude}",
    "{codex}",
    "{claude} \\",
    "ARG CODEX_VERSION",
    "ARG CODEX_VERSION=",
    "ARG CODEX_VERSION=\"0.9\" B",
    "ARG CLAUDE_CODE_VERSION",
    "ENV CODEX_VERSION=1",
    "RUN <<EOF",
    "RUN bash <<-'EOF'",
    "EOF",
    "COPY <<EOF /x",
    "pnpm i -g @openai/codex@$CODEX_VERSION",
    "RUN npm i -g @openai/codex",
    "# {codex}",
    "# escape=`",
    "# syntax=docker/dockerfile:1",
    "",
    "  \\",
    "# comment",
    "RUN echo \"a",
    "`",
    "USER node",
    "RUN [\"pnpm\", \"i\"]",
    "ONBUILD RUN x <<EOF",
    "\u{feff}",
    "é\r",
    "<<<<<<< a",
];

fn soup() -> impl Strategy<Value = String> {
    let line = (
        prop::sample::select(&SOUP[..]),
        prop::sample::select(&["\n", "\n", "\n", "\r\n", ""][..]),
    );
    let lines = prop::collection::vec(line, 0..14);
    let start = prop::sample::select(
        &[
            "",
            "FROM node\n{pin}\n",
            "FROM node\n{pin}\n{claude}\n",
            "\u{feff}# escape=`\n",
        ][..],
    );
    (start, lines).prop_map(|(start, lines)| {
        let text: String = lines
            .into_iter()
            .flat_map(|(line, end)| [line, end])
            .collect();
        fill(&format!("{start}{text}"))
    })
}

fn laws(before: &[u8], set: Option<&str>) {
    let wanted = Wanted {
        set,
        head: Some(before),
    };
    let Outcome::Edit { fault, after } = outcome(before, &codex(), &wanted) else {
        return;
    };
    let again = outcome(&after, &codex(), &wanted);
    assert!(
        matches!(again, Outcome::Holds { .. }),
        "{again:?}\n{}",
        String::from_utf8_lossy(&after)
    );
    // With the RUN, an ARG that stands without a value gets it in its place.
    let filled = fault.code.starts_with("install") && lost(before, &after) == 1;
    let valued = filled || ["arg-empty", "version-differs"].contains(&fault.code);
    assert!(valued || is_inserted_into(before, &after), "{fault:?}");
    assert_eq!(before.ends_with(b"\n"), after.ends_with(b"\n"));
}

/// The lines with their ends, but for a last one that has none and may get one.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| line.ends_with(b"\n")).collect()
}

/// How many lines of the one are not among those of the other.
fn lost(before: &[u8], after: &[u8]) -> usize {
    let mut rest = lines(after);
    let mut lost = lines(before);
    lost.retain(|line| {
        rest.iter()
            .position(|other| other == line)
            .map(|at| rest.remove(at))
            .is_none()
    });
    lost.len()
}

fn is_inserted_into(before: &[u8], after: &[u8]) -> bool {
    let mut rest = lines(after).into_iter();
    lines(before)
        .into_iter()
        .all(|line| rest.any(|other| other == line))
}

#[test]
fn hostile_files_take_linear_time() {
    for (piece, count) in [("{codex}\n", 20_000), ("FROM a AS a\nRUN true\n", 30_000)] {
        let text = fill(&format!("FROM node AS a\n{}", piece.repeat(count)));
        let start = Instant::now();
        let _ = outcome(text.as_bytes(), &codex(), &Wanted::default());
        // A search through the file or its stages for each line takes about a minute.
        assert!(start.elapsed() < Duration::from_secs(10), "{piece:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        laws(&bytes, None);
        laws(&[b"FROM a\nRUN ".as_slice(), &bytes].concat(), None);
    }

    #[test]
    fn any_shell_is_read_without_a_panic(text in "[ -~\n]{0,80}", tail in "[a-z<>&|;$(){}'\"`\\\\# \t\r\n=]{0,80}") {
        laws(fill(&format!("FROM node\n{{pin}}\n{{claude}} && {text}\nRUN {tail}\n")).as_bytes(), None);
    }

    #[test]
    fn a_soup_of_lines_is_mended_once_and_by_insertion(text in soup(), set in prop::option::of(Just("7.0.0"))) {
        laws(text.as_bytes(), set);
    }
}
