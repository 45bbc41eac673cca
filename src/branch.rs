//! The skill's branch: brought here by the user's own git into a store of ours, and read from there. Never touches the user's refs,
//! `FETCH_HEAD`, shallow file or objects.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use git2::{ObjectType, Oid, Repository, RepositoryInitOptions, Sort, Tree};
use tempfile::TempDir;

use crate::checkout::{Checkout, File, Git};
use crate::payload::{Commit, Payload, Unresolved};
use crate::problem::Problem;
use crate::process::{self, FetchError};
use crate::remote::{self, Remote};
use crate::skill::Copied;

/// Where fetched objects go: a bare repository of ours that borrows the checkout's objects.
pub struct Store {
    repository: Repository,
    objects: PathBuf,
    /// Objects that fetches and reads borrow: the checkout's, and for a temporary store the kept one's.
    borrowed: Vec<PathBuf>,
    _temporary: Option<TempDir>,
}

impl Store {
    /// The store that is kept under the checkout's git directory and serves `--offline`.
    pub fn kept(checkout: &Checkout) -> Result<Self> {
        Self::open(&kept_folder(checkout)?, checkout, None)
    }

    /// A store in a temporary folder, gone with the value. It borrows from the kept store too, where there is one.
    pub fn temporary(checkout: &Checkout) -> Result<Self> {
        let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
        let mut store = Self::open(folder.path(), checkout, Some(kept_folder(checkout)?))?;
        store._temporary = Some(folder);
        Ok(store)
    }

    fn open(folder: &Path, checkout: &Checkout, other: Option<PathBuf>) -> Result<Self> {
        let user = checkout.repository()?;
        let repository = match Repository::open_bare(folder) {
            Ok(repository) => repository,
            Err(_) => {
                let mut options = RepositoryInitOptions::new();
                options.bare(true).external_template(false).mkpath(true);
                Repository::init_opts(folder, &options)
                    .with_context(|| format!("failed to make the store `{}`", folder.display()))?
            }
        };
        let _ = fs::copy(user.commondir().join("shallow"), folder.join("shallow"));
        let mut borrowed = vec![user.commondir().join("objects")];
        borrowed.extend(
            other
                .map(|folder| folder.join("objects"))
                .filter(|objects| objects.is_dir()),
        );
        let odb = repository.odb()?;
        for objects in &borrowed {
            odb.add_disk_alternate(&objects.to_string_lossy())?;
        }
        drop(odb);
        Ok(Self {
            repository,
            objects: folder.join("objects"),
            borrowed,
            _temporary: None,
        })
    }
}

fn kept_folder(checkout: &Checkout) -> Result<PathBuf> {
    checkout.repository()?;
    checkout
        .state()
        .map(|state| state.join("store"))
        .ok_or_else(|| anyhow!("the checkout has no git directory"))
}

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
    /// Brings the branch from its remote by the user's own `git fetch`.
    pub fn fetch(
        checkout: &Checkout,
        store: Store,
        remote: &Remote,
        source: Source<'_>,
    ) -> Result<Self> {
        let name = match source {
            Source::Branch(branch) => format!("refs/heads/{branch}"),
            Source::Ref(name, branch) => {
                valid_ref(name)?;
                if let Some(tip) = find_commit(&store.repository, name) {
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
            objects: &store.objects,
            borrowed: &store.borrowed,
            whole: is_partial(checkout),
            address: &remote.address,
            source: &name,
        };
        let id = match process::fetch(&request) {
            Ok(id) => Oid::from_str(&id).context("git fetch named no commit")?,
            Err(FetchError::NoSuchRef) => return Err(no_such_ref(remote, &name).into()),
            Err(FetchError::Failed(problem)) => return Err(problem),
        };
        store.repository.odb()?.refresh()?;
        let tip = match source {
            Source::Ref(short, _) if is_short_id(short) => {
                find_commit(&store.repository, short).ok_or_else(|| no_such_ref(remote, short))?
            }
            _ => store
                .repository
                .find_object(id, None)?
                .peel_to_commit()?
                .id(),
        };
        if let Source::Branch(branch) = source {
            store.repository.reference(
                &remembered(remote, branch),
                tip,
                true,
                "nanoclaw: fetch",
            )?;
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
                find_commit(&store.repository, name)
                    .or_else(|| find_commit(checkout.repository().ok()?, name))
            }
            Source::Branch(branch) => newest(
                &store.repository,
                known(checkout, &store.repository, remote, branch),
            ),
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

    /// The newest commit at or behind the tip whose files' imports are satisfied; `is_file` knows the checkout.
    pub fn fitting(&self, copies: &[Copied], is_file: &dyn Fn(&Path) -> bool) -> Result<Fit> {
        let repository = &self.store.repository;
        let tip = payload(repository, self.tip, copies)?;
        let unresolved = tip.unresolved(copies, is_file);
        if unresolved.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Fit {
                payload: Some(tip),
                behind: 0,
                unresolved: Vec::new(),
            });
        }
        let unresolved = unresolved.unwrap_or_default();
        let mut walk = repository.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
        walk.push(self.tip)?;
        let mut seen = blob_ids(repository, self.tip, copies)?;
        // History that a shallow clone lacks ends the walk: what lies behind it cannot be had.
        for id in walk.map_while(std::result::Result::ok) {
            let blobs = blob_ids(repository, id, copies)?;
            if blobs == seen || blobs.iter().any(Option::is_none) {
                continue;
            }
            seen = blobs;
            let payload = payload(repository, id, copies)?;
            if payload
                .unresolved(copies, is_file)
                .is_some_and(|missing| missing.is_empty())
            {
                let (behind, _) = repository.graph_ahead_behind(self.tip, id)?;
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
    /// The tip's imports that nothing satisfies.
    pub unresolved: Vec<Unresolved>,
}

/// The commit known here, of any remote's branch, that holds just these files; `None` when none is known or none does. `files` are bytes by path in the branch.
#[must_use]
pub fn origin_of(
    checkout: &Checkout,
    branch: &str,
    copies: &[Copied],
    read: &dyn Fn(&Copied) -> Option<Vec<u8>>,
) -> Origin {
    let Git::Open(repository) = checkout.git() else {
        return Origin::Unknown;
    };
    let store = kept_folder(checkout)
        .ok()
        .filter(|folder| folder.is_dir())
        .and_then(|_| Store::kept_to_read(checkout));
    let store = store.as_ref().unwrap_or(repository);
    let mut tips = tips(repository, "refs/remotes/*", branch);
    tips.extend(tips_in_store(store));
    if tips.is_empty() {
        return Origin::Unknown;
    }
    let Some(ids) = copies
        .iter()
        .map(|copy| Oid::hash_object(ObjectType::Blob, &read(copy)?).ok())
        .collect::<Option<Vec<_>>>()
    else {
        return Origin::Unknown;
    };
    let matches = |id: Oid| {
        blob_ids(store, id, copies).is_ok_and(|blobs| {
            blobs
                .iter()
                .zip(&ids)
                .all(|(blob, id)| blob.is_some_and(|(blob, _)| blob == *id))
        })
    };
    let found = tips.iter().copied().find(|tip| matches(*tip)).or_else(|| {
        let mut walk = store.revwalk().ok()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME).ok()?;
        for tip in &tips {
            let _ = walk.push(*tip);
        }
        walk.map_while(std::result::Result::ok)
            .find(|id| matches(*id))
    });
    match found.and_then(|id| commit(store, id).ok()) {
        Some(commit) => Origin::Commit(commit),
        None => Origin::Edited,
    }
}

/// Where the checkout's copies come from, as far as it can be told here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// They are the bytes of this commit.
    Commit(Commit),
    /// They are no known commit's bytes: edited, or from a branch that is not known here.
    Edited,
    /// No commit of the branch is known here.
    Unknown,
}

impl Store {
    /// The kept store's repository for reading alone: makes nothing.
    fn kept_to_read(checkout: &Checkout) -> Option<Repository> {
        let repository = Repository::open_bare(kept_folder(checkout).ok()?).ok()?;
        let objects = checkout.repository().ok()?.commondir().join("objects");
        repository
            .odb()
            .ok()?
            .add_disk_alternate(&objects.to_string_lossy())
            .ok()?;
        Some(repository)
    }
}

const REMEMBERED: &str = "refs/nanoclaw/remotes";

/// Remembers which commit a skill's files were written from, so that a later `verify` finds it first.
pub fn remember_installed(checkout: &Checkout, skill: &str, commit: &Commit) -> Result<()> {
    let store = Store::kept(checkout)?;
    store.repository.reference(
        &format!("refs/nanoclaw/installed/{skill}"),
        Oid::from_str(&commit.id)?,
        true,
        "nanoclaw: add",
    )?;
    Ok(())
}

fn remembered(remote: &Remote, branch: &str) -> String {
    let digest = sha1_smol::Sha1::from(remote.shown.as_bytes())
        .digest()
        .to_string();
    format!(
        "{REMEMBERED}/{}/{branch}",
        digest.get(..16).unwrap_or(&digest)
    )
}

fn known(checkout: &Checkout, store: &Repository, remote: &Remote, branch: &str) -> Vec<Oid> {
    let mut found = Vec::new();
    found.extend(store.refname_to_id(&remembered(remote, branch)));
    if let Git::Open(repository) = checkout.git() {
        found
            .extend(repository.refname_to_id(&format!("refs/remotes/{}/{branch}", remote.address)));
    }
    found
}

fn tips(repository: &Repository, glob: &str, branch: &str) -> Vec<Oid> {
    let Ok(references) = repository.references_glob(&format!("{glob}/{branch}")) else {
        return Vec::new();
    };
    references
        .flatten()
        .filter_map(|reference| reference.target())
        .collect()
}

fn tips_in_store(store: &Repository) -> Vec<Oid> {
    let installed = store.references_glob("refs/nanoclaw/installed/*");
    let fetched = store.references_glob(&format!("{REMEMBERED}/*"));
    [installed, fetched]
        .into_iter()
        .flatten()
        .flat_map(|references| references.flatten())
        .filter_map(|reference| reference.target())
        .collect()
}

fn newest(repository: &Repository, commits: Vec<Oid>) -> Option<Oid> {
    let dated = commits
        .into_iter()
        .filter_map(|id| Some((repository.find_commit(id).ok()?.time().seconds(), id)));
    dated.max_by_key(|(time, _)| *time).map(|(_, id)| id)
}

fn is_partial(checkout: &Checkout) -> bool {
    let Git::Open(repository) = checkout.git() else {
        return false;
    };
    let Ok(config) = repository.config() else {
        return false;
    };
    let promisor = config
        .entries(Some(r"remote\..*\.promisor"))
        .is_ok_and(|mut entries| entries.next().is_some());
    promisor || config.get_string("extensions.partialclone").is_ok()
}

fn valid_ref(name: &str) -> Result<()> {
    let valid =
        !name.starts_with('-') && git2::Reference::is_valid_name(&format!("refs/heads/{name}"));
    if valid {
        Ok(())
    } else {
        Err(
            Problem::could_not_run(format!("expected a commit, branch or tag, found `{name}`"))
                .into(),
        )
    }
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

fn no_such_ref(remote: &Remote, name: &str) -> Problem {
    let name = name.strip_prefix("refs/heads/").unwrap_or(name);
    let found = format!("{} has no `{name}`", remote.shown);
    if remote.guessed {
        remote::none(&format!("{found}, and {}", remote.why))
    } else {
        Problem::could_not_run(found).hint("git ls-remote shows what a remote has")
    }
}

fn commit(repository: &Repository, id: Oid) -> Result<Commit> {
    let commit = repository.find_commit(id)?;
    Ok(Commit {
        id: id.to_string(),
        date: date(commit.time().seconds()),
    })
}

/// The UTC date of a time in seconds since 1970, `YYYY-MM-DD`, by the civil-calendar arithmetic of the proleptic Gregorian calendar.
fn date(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
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
        let bytes = repository
            .find_blob(blob)
            .with_context(|| format!("failed to read `{}` of {id}", copy.from))?
            .content()
            .to_vec();
        payload
            .files
            .insert(copy.from.clone(), File { bytes, mode });
    }
    Ok(payload)
}

/// The blobs that a commit has for the copies, each with its permission bits; `None` for what is not a regular file there.
fn blob_ids(
    repository: &Repository,
    id: Oid,
    copies: &[Copied],
) -> Result<Vec<Option<(Oid, u32)>>> {
    let tree = repository.find_commit(id)?.tree()?;
    Ok(copies
        .iter()
        .map(|copy| blob_id(&tree, &copy.from))
        .collect())
}

fn blob_id(tree: &Tree<'_>, path: &str) -> Option<(Oid, u32)> {
    let entry = tree.get_path(Path::new(path)).ok()?;
    match entry.filemode() {
        0o100_755 => Some((entry.id(), 0o755)),
        0o100_644 | 0o100_664 => Some((entry.id(), 0o644)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn a_time_is_shown_as_its_utc_date() {
        for (seconds, shown) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_777_650_035, "2026-05-01"),
            (1_798_761_599, "2026-12-31"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(date(seconds), shown);
        }
    }
}
