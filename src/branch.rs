//! The skill's branch: brought here by the user's own git into a store of ours, and read from there. Never touches the user's refs,
//! `FETCH_HEAD`, shallow file or objects.

mod absent;
mod date;
mod installed;
mod origin;
mod store;

pub use absent::{is_absent, is_partial};
pub use installed::Installed;
pub use origin::{Origin, origin_of};
pub use store::Store;

use std::collections::{BinaryHeap, HashSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use git2::{ErrorClass, ErrorCode, ObjectType, Oid, Repository, Tree};

use crate::checkout::{Checkout, File};
use crate::digest;
use crate::masking::mask;
use crate::names;
use crate::payload::{Commit, Modules, Payload, Unresolved};
use crate::problem::Problem;
use crate::process::{self, FetchError};
use crate::remote::Remote;
use crate::shown;
use crate::skill::Copied;

use absent::{moved, no_commit, no_such_ref};
use date::date;
use store::tip;

/// A commit of the branch in a store, with the history behind it.
pub struct Branch {
    store: Store,
    tip: Oid,
}

/// What to take from a remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// The tip of the document's branch, or the newest commit behind it that fits.
    Branch(&'a str),
    /// Just this commit, branch or tag (`--ref`); the second is the document's branch, where a short id is looked for.
    Ref(&'a str, &'a str),
}

impl Branch {
    /// Brings the branch from its remote by the user's own `git fetch`, which may take as long as `limit`. What is known here is not brought again.
    pub fn fetch(
        checkout: &Checkout,
        store: Store,
        remote: &Remote,
        source: Source<'_>,
        limit: Option<Duration>,
    ) -> Result<Self> {
        let whole = is_partial(checkout);
        Self::bring(checkout, store, remote, source, limit, whole)
    }

    /// Brings every object of the branch anew: of what the store has, objects that it borrowed are gone ([`is_absent`]).
    pub fn fetch_anew(
        self,
        checkout: &Checkout,
        remote: &Remote,
        source: Source<'_>,
        limit: Option<Duration>,
    ) -> Result<Self> {
        Self::bring(checkout, self.store, remote, source, limit, true)
    }

    fn bring(
        checkout: &Checkout,
        store: Store,
        remote: &Remote,
        source: Source<'_>,
        limit: Option<Duration>,
        whole: bool,
    ) -> Result<Self> {
        let name = match source {
            Source::Branch(branch) => format!("refs/heads/{branch}"),
            Source::Ref(name, branch) => {
                valid_ref(name)?;
                let known = find_commit(&store.repository, name);
                if let Some(tip) = known.filter(|_| !whole) {
                    return Ok(Self { store, tip });
                }
                if is_short_id(name) {
                    format!("refs/heads/{branch}")
                } else {
                    name.to_owned()
                }
            }
        };
        let request = process::Fetch {
            root: checkout.root(),
            objects: &store.objects(),
            borrowed: &store.borrowed,
            whole,
            address: &remote.address,
            source: &name,
            limit: limit.map(process::Limit::from_now),
        };
        let failed = |error| match error {
            FetchError::NoSuchRef => no_such_ref(remote, &name, source).into(),
            FetchError::Failed(problem) => problem,
        };
        let known = match source {
            Source::Branch(branch) if !request.whole => known(checkout, remote, branch),
            _ => Vec::new(),
        };
        // A look at the remote costs half of a fetch, and is all that is needed where the branch has not moved.
        if !known.is_empty() {
            let tip = Oid::from_str(&process::tip(&request).map_err(failed)?)?;
            if known.contains(&tip) && store.repository.find_commit(tip).is_ok() {
                return Ok(Self { store, tip });
            }
        }
        store.make()?;
        let fetched = process::fetch(&request).inspect_err(|_| store.unmake());
        let id = fetched.map_err(failed)?;
        let id = Oid::from_str(&id).context("git fetch named no commit")?;
        let store = store.again()?;
        let tip = match source {
            Source::Ref(short, _) if is_short_id(short) => find_commit(&store.repository, short)
                .ok_or_else(|| no_such_ref(remote, short, source))?,
            _ => {
                let found = store.repository.find_object(id, None);
                let moved = |error: git2::Error| match error.code() {
                    ErrorCode::NotFound => moved(remote, &name).into(),
                    _ => anyhow::Error::from(error).context("failed to read what was fetched"),
                };
                let commit = found.map_err(moved)?.peel_to_commit();
                commit.map_err(|_| no_commit(remote, &name))?.id()
            }
        };
        if let Source::Branch(branch) = source {
            store.remember(&store::tip(remote, branch), tip)?;
        }
        Ok(Self { store, tip })
    }

    /// Finds the branch without a network: the newer of what the store remembers of this remote and the checkout's remote-tracking branch.
    pub fn offline(
        checkout: &Checkout,
        store: Store,
        remote: &Remote,
        source: Source<'_>,
    ) -> Result<Self> {
        let found = match source {
            Source::Ref(name, _) => {
                valid_ref(name)?;
                let known = || newest(&store.repository, known(checkout, remote, name));
                find_commit(&store.repository, name).or_else(known)
            }
            Source::Branch(branch) => newest(&store.repository, known(checkout, remote, branch)),
        };
        let Some(tip) = found else {
            let name = match source {
                Source::Branch(name) | Source::Ref(name, _) => name,
            };
            return Err(Problem::could_not_run(format!(
                "`{name}` of {} is not known here",
                remote.shown
            ))
            .hint("run the command once without --offline")
            .into());
        };
        Ok(Self { store, tip })
    }

    /// The commit that was asked for.
    pub fn tip(&self) -> Result<Commit> {
        commit(&self.store.repository, self.tip)
    }

    /// The files of the commit that was asked for.
    pub fn payload(&self, copies: &[Copied]) -> Result<Payload> {
        payload(&self.store.repository, self.tip, copies)
    }

    /// Says whether a commit at or behind the tip has the blob for a copied file.
    pub fn has_held(&self, copy: &Copied, blob: &[u8]) -> Result<bool> {
        let repository = &self.store.repository;
        let id = Oid::hash_object(ObjectType::Blob, blob)?;
        let holds = |commit| {
            let blobs = blob_ids(repository, commit, std::slice::from_ref(copy));
            blobs.is_ok_and(|blobs| blobs.iter().flatten().any(|(blob, _)| *blob == id))
        };
        Ok(history(repository, &[self.tip]).any(holds))
    }

    /// The newest commit at or behind the tip whose files leave no import unsatisfied; `modules` knows the checkout.
    pub fn fitting(&self, copies: &[Copied], modules: Modules<'_>) -> Result<Fit> {
        let repository = &self.store.repository;
        let tip = payload(repository, self.tip, copies)?;
        let unresolved = tip.unresolved(copies, modules);
        if unresolved.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Fit {
                payload: Some(tip),
                behind: 0,
                unresolved: Vec::new(),
            });
        }
        let unresolved = unresolved.unwrap_or_default();
        let mut seen = blob_ids(repository, self.tip, copies)?;
        for (newer, id) in history(repository, &[self.tip]).enumerate() {
            let blobs = blob_ids(repository, id, copies)?;
            if blobs == seen || blobs.iter().any(Option::is_none) {
                continue;
            }
            seen = blobs;
            let payload = payload(repository, id, copies)?;
            if payload
                .unresolved(copies, modules)
                .is_some_and(|missing| missing.is_empty())
            {
                let counted = repository.graph_ahead_behind(self.tip, id);
                let behind = counted.map_or(newer, |(behind, _)| behind);
                return Ok(Fit {
                    payload: Some(payload),
                    behind,
                    unresolved,
                });
            }
        }
        Ok(Fit {
            payload: None,
            behind: 0,
            unresolved,
        })
    }
}

/// The payload that fits a checkout, and what kept the tip out.
pub struct Fit {
    /// The files; `None` where no commit of the branch fits.
    pub payload: Option<Payload>,
    /// How many commits of the branch are newer.
    pub behind: usize,
    /// The imports that the tip leaves unsatisfied.
    pub unresolved: Vec<Unresolved>,
}

/// What is known here of a remote's branch: what the kept store remembers, and the checkout's remote-tracking branch.
fn known(checkout: &Checkout, remote: &Remote, branch: &str) -> Vec<Oid> {
    let kept = Store::kept_to_read(checkout);
    let tracking = format!("refs/remotes/{}/{branch}", remote.address);
    let fetched = kept.and_then(|kept| kept.remembered(&tip(remote, branch)));
    let tracked = checkout.repository().ok();
    let tracked = tracked.and_then(|user| user.refname_to_id(&tracking).ok());
    fetched.into_iter().chain(tracked).collect()
}

fn newest(repository: &Repository, commits: Vec<Oid>) -> Option<Oid> {
    let dated = commits
        .into_iter()
        .filter_map(|id| Some((repository.find_commit(id).ok()?.time().seconds(), id)));
    dated.max_by_key(|(time, _)| *time).map(|(_, id)| id)
}

/// Refuses what is no name of a commit, branch or tag: to git it might be an option or a refspec.
pub fn valid_ref(name: &str) -> Result<()> {
    if names::is_branch(name) {
        return Ok(());
    }
    let name = shown::line(mask(name));
    let found = format!("expected a commit, branch or tag, found `{name}`");
    Err(Problem::could_not_run(found).into())
}

fn is_short_id(name: &str) -> bool {
    (7..40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The commit that an id, whole or shortened to seven digits or more, names in a repository.
fn find_commit(repository: &Repository, id: &str) -> Option<Oid> {
    let is_id = (7..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return None;
    }
    Some(repository.find_commit_by_prefix(id).ok()?.id())
}

fn commit(repository: &Repository, id: Oid) -> Result<Commit> {
    let commit = repository.find_commit(id)?;
    Ok(Commit {
        id: id.to_string(),
        date: date(commit.time().seconds()),
    })
}

fn payload(repository: &Repository, id: Oid, copies: &[Copied]) -> Result<Payload> {
    let blobs = blob_ids(repository, id, copies)?;
    let mut payload = Payload {
        commit: commit(repository, id)?,
        files: std::collections::BTreeMap::new(),
    };
    for (copy, (blob, mode)) in copies
        .iter()
        .zip(blobs)
        .filter_map(|(copy, blob)| Some((copy, blob?)))
    {
        let content = repository
            .find_blob(blob)
            .with_context(|| format!("failed to read `{}` of {id}", copy.from))?;
        let bytes = content.content().to_vec();
        if digest::blob_id(&bytes) != blob.to_string() {
            let from = &copy.from;
            let found = format!("object {blob}, `{from}` of {id}, is damaged: it has other bytes");
            return Err(Problem::could_not_run(found)
                .hint("git fsck shows what is damaged; a fresh clone has it whole")
                .into());
        }
        payload
            .files
            .insert(copy.from.clone(), File { bytes, mode });
    }
    Ok(payload)
}

/// The commits from some tips backward, the newest of those that are next each time. Those that a shallow clone lacks are passed over, as
/// libgit2's own walk would not: it ends with an error before it gives the first.
fn history(repository: &Repository, tips: &[Oid]) -> impl Iterator<Item = Oid> {
    let dated = |id: Oid| Some((repository.find_commit(id).ok()?.time().seconds(), id));
    let mut seen = tips.iter().copied().collect::<HashSet<_>>();
    let mut next = seen
        .iter()
        .copied()
        .filter_map(dated)
        .collect::<BinaryHeap<_>>();
    std::iter::from_fn(move || {
        let (_, id) = next.pop()?;
        let commit = repository.find_commit(id).ok()?;
        let parents = commit.parent_ids().filter(|parent| seen.insert(*parent));
        next.extend(parents.filter_map(dated));
        Some(id)
    })
}

/// The blobs that a commit has for the copies, each with its permission bits; `None` for what is not a regular file there.
fn blob_ids(
    repository: &Repository,
    id: Oid,
    copies: &[Copied],
) -> Result<Vec<Option<(Oid, u32)>>> {
    let tree = repository.find_commit(id)?.tree()?;
    copies
        .iter()
        .map(|copy| blob_id(&tree, &copy.from))
        .collect()
}

fn blob_id(tree: &Tree<'_>, path: &str) -> Result<Option<(Oid, u32)>> {
    let entry = match tree.get_path(Path::new(path)) {
        Ok(entry) => entry,
        // A folder of the path that is not in the store is another matter.
        Err(error) if error.class() == ErrorClass::Odb => return Err(error.into()),
        Err(_) => return Ok(None),
    };
    Ok(match entry.filemode() {
        0o100_755 => Some((entry.id(), 0o755)),
        0o100_644 | 0o100_664 => Some((entry.id(), 0o644)),
        _ => None,
    })
}
