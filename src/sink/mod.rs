//! Where a plan's edits are poured: into a patch, or onto the disk. Decides nothing of what they are.

pub mod disk;
pub mod preview;
pub mod stage;

use anyhow::Result;

use crate::plan::Edit;

/// Takes a plan's edits, one after the other.
pub trait Sink {
    /// Takes one edit.
    fn edit(&mut self, edit: &Edit) -> Result<()>;
}

/// Pours edits into a sink, in their order.
pub fn pour(edits: &[Edit], sink: &mut dyn Sink) -> Result<()> {
    edits.iter().try_for_each(|edit| sink.edit(edit))
}
