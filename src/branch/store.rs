//! The store: a bare repository of ours that fetches fill, and what it remembers. Never writes into the user's own objects or refs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use git2::{Oid, Repository};
use tempfile::TempDir;

use crate::checkout::Checkout;
use crate::remote::Remote;

/// Where fetched objects go: a bare repository of ours that borrows the checkout's objects.
pub struct Store {
    pub(super) repository: Repository,
    pub(super) objects: PathBuf,
    /// Objects that fetches and reads borrow: the checkout's, and for a temporary store the kept one's.
    pub(super) borrowed: Vec<PathBuf>,
    temporary: Option<TempDir>,
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
        store.temporary = Some(folder);
        Ok(store)
    }

    /// The kept store's repository for reading alone: makes nothing.
    pub(super) fn kept_to_read(checkout: &Checkout) -> Option<Repository> {
        let repository = Repository::open_bare(kept_folder(checkout).ok()?).ok()?;
        let objects = checkout.repository().ok()?.commondir().join("objects");
        repository
            .odb()
            .ok()?
            .add_disk_alternate(&objects.to_string_lossy())
            .ok()?;
        Some(repository)
    }

    /// Remembers a commit under a name.
    pub(super) fn remember(&self, name: &str, commit: Oid) -> Result<()> {
        self.repository
            .reference(name, commit, true, "nanoclaw")
            .with_context(|| format!("failed to remember the commit {commit}"))?;
        Ok(())
    }

    fn open(folder: &Path, checkout: &Checkout, other: Option<PathBuf>) -> Result<Self> {
        let user = checkout.repository()?;
        let repository = match Repository::open_bare(folder) {
            Ok(repository) => repository,
            Err(_) => init(folder)
                .with_context(|| format!("failed to make the store `{}`", folder.display()))?,
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
            temporary: None,
        })
    }
}

/// Makes what git asks of a bare repository, and no more: libgit2's own way makes 17 files and folders, where a millisecond each is not rare.
fn init(folder: &Path) -> Result<Repository> {
    // Without the folder of packs libgit2 would not look there after a fetch.
    fs::create_dir_all(folder.join("objects/pack"))?;
    fs::create_dir_all(folder.join("refs"))?;
    let config = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
    fs::write(folder.join("config"), config)?;
    fs::write(folder.join("HEAD"), "ref: refs/heads/main\n")?;
    Ok(Repository::open_bare(folder)?)
}

fn kept_folder(checkout: &Checkout) -> Result<PathBuf> {
    checkout.repository()?;
    checkout
        .state()
        .map(|state| state.join("store"))
        .ok_or_else(|| anyhow!("the checkout has no git directory"))
}

/// Where the tips of fetched branches are remembered, by remote.
const REMEMBERED: &str = "refs/nanoclaw/remotes";

/// Where the commits that skills were written from are remembered, by skill.
const INSTALLED: &str = "refs/nanoclaw/installed";

/// The ref that remembers which commit a skill's files were written from.
pub(super) fn installed(skill: &str) -> String {
    format!("{INSTALLED}/{skill}")
}

/// The ref that remembers the tip of a remote's branch.
pub(super) fn remembered(remote: &Remote, branch: &str) -> String {
    let digest = sha1_smol::Sha1::from(remote.shown.as_bytes())
        .digest()
        .to_string();
    format!(
        "{REMEMBERED}/{}/{branch}",
        digest.get(..16).unwrap_or(&digest)
    )
}

/// Every commit that a store remembers.
pub(super) fn tips_in_store(store: &Repository) -> Vec<Oid> {
    let installed = store.references_glob(&format!("{INSTALLED}/*"));
    let fetched = store.references_glob(&format!("{REMEMBERED}/*"));
    [installed, fetched]
        .into_iter()
        .flatten()
        .flat_map(std::iter::Iterator::flatten)
        .filter_map(|reference| reference.target())
        .collect()
}
