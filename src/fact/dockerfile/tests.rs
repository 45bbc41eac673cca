//! Rows through one `check`, which applies twice, and laws over any bytes. They touch no file.

mod by_hand;
mod expansion;
mod install;
mod laws;
mod place;
mod unreadable;
mod user;
mod version;

use super::{Wanted, outcome};
use crate::dockerfile::{Block, block};
use crate::skill::{ByHand, Layer, Outcome};

const RUN: &str = "RUN --mount=type=cache,target=/root/.cache/pnpm \\\n    pnpm install -g \"@openai/codex@${CODEX_VERSION}\"";
const CLAUDE: &str = "RUN --mount=type=cache,target=/root/.cache/pnpm \\\n    pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"";

fn codex() -> Layer {
    let body = format!("ARG CODEX_VERSION=0.124.0\n\n{RUN}\n");
    match block("@anthropic-ai/claude-code", &body) {
        Ok(Block::Layer(layer)) => layer,
        other => panic!("{other:?}"),
    }
}

/// `{codex}` and `{claude}` stand for the RUNs, `{arg}` and `{pin}` for the ARGs.
fn fill(text: &str) -> String {
    text.replace("{codex}", RUN)
        .replace("{claude}", CLAUDE)
        .replace("{pin}", "ARG CLAUDE_CODE_VERSION=2.1.128")
        .replace("{arg}", "ARG CODEX_VERSION=0.124.0")
}

fn look(before: &str, wanted: &Wanted<'_>) -> Outcome {
    outcome(fill(before).as_bytes(), &codex(), wanted)
}

fn check_wanted(before: &str, wanted: &Wanted<'_>, code: &str, line: Option<usize>, after: &str) {
    let before = fill(before);
    let Outcome::Edit {
        fault,
        after: found,
    } = outcome(before.as_bytes(), &codex(), wanted)
    else {
        panic!(
            "no edit: {:?}",
            outcome(before.as_bytes(), &codex(), wanted)
        );
    };
    assert_eq!(String::from_utf8_lossy(&found), fill(after));
    assert_eq!((fault.code, fault.line), (code, line), "{}", fault.found);
    let again = outcome(&found, &codex(), wanted);
    assert!(matches!(again, Outcome::Holds { .. }), "again: {again:?}");
}

fn check(before: &str, code: &str, line: Option<usize>, after: &str) {
    check_wanted(before, &Wanted::default(), code, line, after);
}

fn check_holds(before: &str, line: usize, note: Option<&str>) {
    let found = look(before, &Wanted::default());
    assert_eq!(
        found,
        Outcome::Holds {
            line: Some(line),
            note: note.map(str::to_owned)
        }
    );
}

fn check_blocked(before: &str, code: &str, line: Option<usize>, found: &str) {
    let Outcome::Blocked { fault, by_hand } = look(before, &Wanted::default()) else {
        panic!("not blocked: {:?}", look(before, &Wanted::default()));
    };
    assert_eq!(
        (fault.code, fault.line, fault.found.as_str()),
        (code, line, found)
    );
    // Elsewhere something is to be done first: the rows of `by_hand`.
    let done_first = ["install-not-ours", "arg-hidden", "conflict-markers"].contains(&code);
    let written = by_hand == [ByHand::write(fill("{arg}\n\n{codex}"))];
    assert_ne!(written, done_first, "{by_hand:?}");
}
