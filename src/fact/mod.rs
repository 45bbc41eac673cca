//! The facts, one kind a file: from text to an outcome. None of them reads or writes.

pub mod append;
pub mod copy;
pub mod dockerfile;
