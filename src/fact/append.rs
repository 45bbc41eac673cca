//! Lines that stand in a file, imports in a barrel among them; it inserts whole lines and never changes, moves or removes one.

mod barrel;
mod insert;
#[cfg(test)]
mod tests;

use crate::skill::{ByHand, Fault, Outcome};
use crate::typescript::{Lines, Scan, is_relative};
use insert::{Anchor, insert};

/// Says whether a file of any bytes has the lines, and what it would be with those it lacks.
///
/// A line that is one side-effect import of a relative module holds as an import, whatever its spelling, and goes where its specifier sorts
/// bytewise; any other holds when a line of the file equals it without the white space around both, and goes to the end. With `at`, a
/// lacking line goes after the one line of the file that equals `at`. Lines are UTF-8 without line ends; blank ones say nothing.
///
/// Codes of what is lacking: `import-missing`, `import-commented`, `import-quoted`, `line-missing`; of what blocks: `conflict-markers`,
/// `import-by-code`, `barrel-by-code`, `anchor-missing`.
#[must_use]
pub fn outcome(before: &[u8], lines: &[String], at: Option<&str>) -> Outcome {
    let mut fold = Fold {
        text: before.to_vec(),
        ..Fold::default()
    };
    for (index, line) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        let earlier = lines.get(..index).unwrap_or_default();
        let anchor = at.map(|marker| Anchor { marker, earlier });
        fold.add(before, line, anchor);
    }
    fold.outcome()
}

/// The lines so far, one after the other: each is judged by the file as it is, and inserted into the file as it would be.
#[derive(Default)]
struct Fold {
    text: Vec<u8>,
    /// The first line that holds.
    held: Option<usize>,
    notes: Vec<String>,
    lacking: Vec<Fault>,
    blocked: Vec<Fault>,
    by_hand: Vec<ByHand>,
}

impl Fold {
    fn add(&mut self, before: &[u8], line: &str, anchor: Option<Anchor>) {
        let line = line.trim_ascii_end();
        match judge(before, line, anchor) {
            Outcome::Holds { line, note } => {
                self.held = self.held.or(line);
                self.notes.extend(note);
            }
            Outcome::Blocked { fault, by_hand } => self.block(fault, by_hand),
            Outcome::Missing(fault) | Outcome::Edit { fault, after: _ } => {
                self.insert(fault, line, anchor);
            }
        }
    }

    fn insert(&mut self, lacking: Fault, line: &str, anchor: Option<Anchor>) {
        match judge(&self.text, line, anchor) {
            Outcome::Edit { fault: _, after } => self.text = after,
            Outcome::Blocked { fault, by_hand } => return self.block(fault, by_hand),
            // The same line twice.
            Outcome::Holds { .. } | Outcome::Missing(_) => return,
        }
        self.lacking.push(lacking);
        self.by_hand.push(ByHand::write(line));
    }

    fn block(&mut self, fault: Fault, by_hand: Vec<ByHand>) {
        self.blocked.push(fault);
        self.by_hand.extend(by_hand);
    }

    fn outcome(mut self) -> Outcome {
        // What is only written comes before what is written at a place.
        self.by_hand.sort_by_key(|act| !act.at.is_empty());
        self.by_hand.dedup();
        match (joined(self.blocked), joined(self.lacking)) {
            (Some(fault), _) => Outcome::Blocked {
                fault,
                by_hand: self.by_hand,
            },
            (None, Some(fault)) => Outcome::Edit {
                fault,
                after: self.text,
            },
            (None, None) => Outcome::Holds {
                line: self.held,
                note: (!self.notes.is_empty()).then(|| self.notes.join("; ")),
            },
        }
    }
}

/// The first fault, with the clauses of all.
fn joined(faults: Vec<Fault>) -> Option<Fault> {
    let join = |first: Fault, next: Fault| Fault {
        found: format!("{}; {}", first.found, next.found),
        ..first
    };
    faults.into_iter().reduce(join)
}

/// One line's outcome: `Holds`, `Edit` or `Blocked`.
fn judge(text: &[u8], line: &str, anchor: Option<Anchor>) -> Outcome {
    match imported(line) {
        Some(specifier) => barrel::outcome(text, line, &specifier, anchor),
        None => plain(text, line, anchor),
    }
}

/// The relative module that a line imports for its side effects, when it does nothing else.
fn imported(line: &str) -> Option<String> {
    let scan = Scan::of(line.as_bytes());
    let imports = scan.side_effect_imports();
    let [import] = imports.as_slice() else {
        return None;
    };
    let alone = scan
        .code()
        .iter()
        .all(|token| import.span.contains(&token.start));
    (alone && !scan.is_unclosed() && is_relative(&import.specifier))
        .then(|| import.specifier.clone())
}

fn plain(text: &[u8], line: &str, anchor: Option<Anchor>) -> Outcome {
    let lines = Lines::of(text);
    if let Some(index) = lines
        .trimmed()
        .position(|held| held == line.as_bytes().trim_ascii())
    {
        return Outcome::Holds {
            line: Some(index + 1),
            note: None,
        };
    }
    match anchor.map_or(Ok(text.len()), |anchor| anchor.place(&lines)) {
        Ok(place) => {
            let fault = Fault {
                code: "line-missing",
                line: None,
                found: format!("no line `{}`", line.trim_ascii()),
            };
            Outcome::Edit {
                fault,
                after: insert(text, &lines, place, line),
            }
        }
        Err(fault) => blocked(fault, line),
    }
}

fn blocked(fault: Fault, line: &str) -> Outcome {
    Outcome::Blocked {
        fault,
        by_hand: vec![ByHand::write(line)],
    }
}
