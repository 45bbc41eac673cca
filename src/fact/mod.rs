//! The facts, one kind a file: from text to an outcome. None of them reads or writes.

pub mod append;
pub mod copy;
pub mod dockerfile;

/// The line, counted from 1, on which the first mark of an unfinished merge stands: git's `<<<<<<<` or `>>>>>>>` at its beginning.
fn conflict(bytes: &[u8]) -> Option<usize> {
    let marks = |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    let lines = bytes.split(|byte| *byte == b'\n');
    Some(lines.map(marks).position(|marks| marks)? + 1)
}
