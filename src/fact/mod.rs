//! The facts, one kind a file: from text to an outcome. None of them reads or writes.

pub mod append;
pub mod copy;
pub mod dockerfile;
pub mod env_set;

use memchr::memmem;

use crate::skill::{ByHand, Fault, Outcome};

/// A file with an unfinished merge: whichever side stays, what is lacking afterwards is added then.
fn unresolved(fault: Fault) -> Outcome {
    let at = fault.line.into_iter().collect();
    let by_hand = vec![ByHand::at("resolve the merge at", at, "")];
    Outcome::Blocked { fault, by_hand }
}

/// The line, counted from 1, on which the first mark of an unfinished merge stands: git's `<<<<<<<` or `>>>>>>>` at its beginning.
fn conflict(bytes: &[u8]) -> Option<usize> {
    let begins_line = |at: &usize| *at == 0 || bytes.get(at - 1) == Some(&b'\n');
    let first = |mark: &str| memmem::find_iter(bytes, mark).find(begins_line);
    let at = ["<<<<<<< ", ">>>>>>> "]
        .into_iter()
        .filter_map(first)
        .min()?;
    Some(memchr::memchr_iter(b'\n', bytes.get(..at)?).count() + 1)
}
