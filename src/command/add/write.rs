//! Pours a plan into the checkout, with the records that go with it. Decides nothing of what is written.

use std::path::PathBuf;

use anyhow::Result;

use super::{Job, Planned};
use crate::branch::Installed;
use crate::builds::Ready;
use crate::pending::{Pending, Unfinished};
use crate::plan::{Edit, Role};
use crate::sink::disk::{self, Disk};
use crate::sink::pour;
use crate::skill::Copied;
use crate::ui::Tint;

impl Job<'_> {
    /// Writes the files, with the record of builds and the patch that takes them back.
    pub(super) fn write(
        &self,
        planned: &Planned,
        ready: &Ready<'_>,
        pending: Option<&Pending>,
    ) -> Result<()> {
        let plan = &planned.plan;
        if plan.edits.is_empty() {
            return self.end_unfinished();
        }
        let mut disk = Disk::ready(self.checkout, plan)?;
        self.keep_patch(planned)?;
        if let Some(pending) = pending {
            pending.write(&ready.pending())?;
        }
        let replaces = |edit: &Edit| edit.role == Role::Payload && edit.before.is_some();
        // Where nothing is replaced, a copy that is not there yet tells the next add enough.
        if let (Some(unfinished), Some(taken)) = (self.unfinished(), &planned.from)
            && plan.edits.iter().any(replaces)
        {
            unfinished.write(&taken.commit)?;
        }
        pour(plan, &mut disk)?;
        self.end_unfinished()?;
        if let Some(taken) = &planned.from {
            let read = |copy: &Copied| self.checkout.bytes(&copy.to);
            Installed::now(&taken.commit, &self.copies(), &read)
                .write(self.checkout, &self.skill.name)?;
        }
        for (path, kept) in &disk.kept {
            self.ui.tell(
                Tint::Warn,
                "kept    ",
                &format!("{}: the old content is {}", path.display(), kept.display()),
            );
        }
        Ok(())
    }

    /// Keeps the patch that is about to be made, so that `git apply -R` takes it back.
    fn keep_patch(&self, planned: &Planned) -> Result<()> {
        let Some(path) = self.patch_path() else {
            return Ok(());
        };
        let mut preview = self.patch_of(planned);
        pour(&planned.plan, &mut preview)?;
        // Earlier patches are numbered, the oldest 1: they are taken back after this one, newest first.
        if path.exists() {
            let numbered = |number: u32| path.with_extension(format!("{number}.patch"));
            let free = (1..10_000).map(numbered).find(|path| !path.exists());
            let earlier = disk::read_private(&path)?;
            if let Some(free) = free {
                disk::write_private(&free, &earlier)?;
            }
        }
        disk::write_private(&path, &preview.patch)
    }

    /// The patch that the last `add` with edits kept.
    pub(super) fn kept_patch(&self) -> Option<PathBuf> {
        self.patch_path().filter(|path| path.is_file())
    }

    fn patch_path(&self) -> Option<PathBuf> {
        let name = format!("add-{}.patch", self.skill.name);
        Some(self.checkout.state()?.join(name))
    }

    /// The record of an add that was broken off.
    pub(super) fn unfinished(&self) -> Option<Unfinished> {
        Unfinished::of(self.checkout, &self.skill.name)
    }

    /// Every file is as it should be: what was broken off, if anything was, is done.
    pub(super) fn end_unfinished(&self) -> Result<()> {
        self.unfinished().map_or(Ok(()), |record| record.clear())
    }
}
