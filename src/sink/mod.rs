//! Where a plan's edits are poured: into a patch, or onto the disk. Decides nothing of what they are.

pub mod disk;
pub mod preview;

use anyhow::Result;

use crate::plan::{Edit, Plan};

/// Takes a plan's edits, one after the other.
pub trait Sink {
    /// Takes one edit.
    fn edit(&mut self, edit: &Edit) -> Result<()>;
}

/// Pours a plan's edits into a sink, in the plan's order.
pub fn pour(plan: &Plan, sink: &mut dyn Sink) -> Result<()> {
    plan.edits.iter().try_for_each(|edit| sink.edit(edit))
}
