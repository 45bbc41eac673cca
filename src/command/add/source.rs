//! Where the files of a skill come from: the remote, the branch, and the commit of it that fits the checkout. Writes nothing of the user's.

use std::path::PathBuf;

use anyhow::Result;

use super::{Job, Taken};
use crate::branch::{self, Branch, Source, Store};
use crate::checkout::Entry;
use crate::cli::Add;
use crate::payload::{Modules, Payload};
use crate::problem::Problem;
use crate::remote::{self, REMOTE_VARIABLE};
use crate::skill::Copied;
use crate::ui::Tint;

/// Refuses what `--ref` and `--remote` cannot name, before anything is written.
pub(super) fn valid(arguments: &Add) -> Result<()> {
    if let Some(reference) = &arguments.reference {
        branch::valid_ref(reference)?;
    }
    if let Some(remote) = &arguments.remote {
        remote::valid(remote)?;
    }
    Ok(())
}

impl Job<'_> {
    /// Brings the branch and takes the files that fit.
    pub(super) fn taken(&self, name: &str, copies: &[Copied]) -> Result<Taken> {
        let environment = std::env::var(REMOTE_VARIABLE).ok();
        // A demo has a remote of its own.
        let environment = environment.filter(|remote| !remote.is_empty() && !self.arguments.demo);
        let remote = remote::choose(
            &self.skill.called,
            self.checkout,
            self.arguments.remote.as_deref(),
            environment.as_deref(),
            self.directory,
        )?;
        let source = self
            .arguments
            .reference
            .as_deref()
            .map_or(Source::Branch(name), |reference| {
                Source::Ref(reference, name)
            });
        let changes_nothing = self.arguments.dry_run || self.arguments.check;
        let store = if changes_nothing {
            Store::temporary(self.checkout)?
        } else {
            Store::kept(self.checkout)?
        };
        self.ui
            .say(&format!("from     {} ({})", remote.shown, remote.why));
        let branch = if self.arguments.offline {
            Branch::offline(self.checkout, store, &remote, source)?
        } else {
            Branch::fetch(
                self.checkout,
                store,
                &remote,
                source,
                self.arguments.limit(),
            )?
        };
        let read = |branch: &Branch| match source {
            Source::Ref(..) => branch.payload(copies),
            Source::Branch(_) => self.fitting(branch, name, copies),
        };
        let (branch, payload) = match read(&branch) {
            Err(error) if branch::is_absent(&error) && !self.arguments.offline => {
                let limit = self.arguments.limit();
                let branch = branch.fetch_anew(self.checkout, &remote, source, limit)?;
                let payload = read(&branch)?;
                (branch, payload)
            }
            payload => {
                let payload = payload.map_err(|error| self.explained(error, name))?;
                (branch, payload)
            }
        };
        if let Some(copy) = copies.iter().find(|copy| {
            payload
                .files
                .get(&copy.from)
                .is_none_or(|file| file.bytes.is_empty())
        }) {
            let found = format!(
                "commit {} has no file `{}` with content",
                payload.commit.short(),
                copy.from
            );
            return Err(Problem::refused(found)
                .hint("name another commit with --ref, or another remote with --remote")
                .into());
        }
        let named = self.arguments.reference.as_deref().unwrap_or(name);
        self.ui.say(&format!(
            "commit   {} of {}, {named}",
            payload.commit.short(),
            payload.commit.date
        ));
        Ok(Taken {
            remote,
            edited: self.edited(&branch, &payload, copies)?,
            payload,
        })
    }

    /// The copied files that are there with a content of the user's own.
    fn edited(
        &self,
        branch: &Branch,
        payload: &Payload,
        copies: &[Copied],
    ) -> Result<Vec<PathBuf>> {
        let mut edited = Vec::new();
        for copy in copies {
            let Entry::File { real, file } = self.checkout.entry(&copy.to)? else {
                continue;
            };
            let blob = self.checkout.line_ends(&copy.to).in_blob(&file.bytes);
            let taken = payload.files.get(&copy.from);
            let same = taken.is_some_and(|file| *file.bytes == *blob);
            if !same && !blob.is_empty() && !branch.has_held(copy, &blob)? {
                edited.push(real);
            }
        }
        Ok(edited)
    }

    /// An error of reading the branch without a network; of what is not here, with the command that brings it.
    fn explained(&self, error: anyhow::Error, name: &str) -> anyhow::Error {
        if !branch::is_absent(&error) {
            return error;
        }
        let root = self.checkout.root().display();
        let found = if branch::is_partial(self.checkout) {
            format!("{root} is a partial clone, and files of `{name}` are not in it")
        } else {
            format!("files of `{name}` that {root} had are not here any more (git gc)")
        };
        let hint = format!(
            "nanoclaw skill add {}, without --offline",
            self.skill.called
        );
        Problem::could_not_run(found).hint(hint).into()
    }

    /// The newest payload whose imports this checkout satisfies. Where none does, the tip's: its plan is blocked, import by import.
    fn fitting(&self, branch: &Branch, name: &str, copies: &[Copied]) -> Result<Payload> {
        let modules = Modules {
            is_file: &|path| self.checkout.is_file(path),
            read: &|path| self.checkout.bytes(path),
            importers: &|path| self.checkout.importers(path),
        };
        let fit = branch.fitting(copies, modules)?;
        let Some(payload) = fit.payload else {
            return branch.payload(copies);
        };
        if fit.behind > 0 {
            let tip = branch.tip()?;
            let why = if fit.unresolved.is_empty() {
                "has not all files of the skill"
            } else {
                "does not fit this checkout, which would lack:"
            };
            let found = format!("the tip of {name}, {} of {}, {why}", tip.short(), tip.date);
            self.ui.tell(Tint::Warn, "older   ", &found);
            for missing in &fit.unresolved {
                self.ui.say(&format!(
                    "           {} (imported at {}:{})",
                    missing,
                    missing.file.display(),
                    missing.line
                ));
            }
            let commits = if fit.behind == 1 { "commit" } else { "commits" };
            self.ui.say(&format!(
                "         the newest that fits is {} {commits} behind it",
                fit.behind
            ));
        }
        Ok(payload)
    }
}
