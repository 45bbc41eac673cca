//! The store: an object folder of ours that fetches fill, and the commits it remembers. Never writes into the user's own objects or refs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use git2::{Odb, Oid, Repository};
use tempfile::TempDir;

use crate::checkout::Checkout;
use crate::digest::sha1;
use crate::files;
use crate::remote::Remote;

/// Where fetched objects go. It borrows the checkout's objects, and is read as a repository without a configuration: nothing of the user's
/// but the objects counts for what a commit is.
pub struct Store {
    pub(super) repository: Repository,
    folder: PathBuf,
    /// Object folders that fetches and reads borrow: the checkout's, and for a temporary store the kept one's.
    pub(super) borrowed: Vec<PathBuf>,
    /// The temporary folder, which goes with the value.
    temporary: Option<TempDir>,
}

impl Store {
    /// The store that is kept under the checkout's git directory and serves `--offline`.
    pub fn kept(checkout: &Checkout) -> Result<Self> {
        checkout.of_this_user()?;
        let borrowed = borrowed(checkout)?;
        let folder =
            kept_folder(checkout).ok_or_else(|| anyhow!("the checkout has no git directory"))?;
        Self::read(folder, borrowed, None)
    }

    /// A store in a temporary folder, gone with the value. It borrows from the kept store too, where there is one.
    pub fn temporary(checkout: &Checkout) -> Result<Self> {
        let temporary = tempfile::tempdir().context("failed to make a temporary folder")?;
        let folder = temporary.path().to_path_buf();
        let mut borrowed = borrowed(checkout)?;
        let kept = kept_folder(checkout).map(|kept| objects(&kept));
        borrowed.extend(kept.filter(|kept| kept.is_dir()));
        Self::read(folder, borrowed, Some(temporary))
    }

    /// The kept store for reading alone: makes nothing, and is `None` where there is none.
    pub(super) fn kept_to_read(checkout: &Checkout) -> Option<Self> {
        let folder = kept_folder(checkout)?;
        if !folder.is_dir() {
            return None;
        }
        Self::read(folder, borrowed(checkout).ok()?, None).ok()
    }

    fn read(folder: PathBuf, borrowed: Vec<PathBuf>, temporary: Option<TempDir>) -> Result<Self> {
        let odb = Odb::new()?;
        let own = Some(objects(&folder)).filter(|own| own.is_dir());
        for folder in own.iter().chain(&borrowed) {
            odb.add_disk_alternate(&folder.to_string_lossy())?;
        }
        let repository = Repository::from_odb(odb)?;
        Ok(Self {
            repository,
            folder,
            borrowed,
            temporary,
        })
    }

    /// Makes the folder that git puts objects in, and packs into one that it has.
    pub(super) fn make(&self) -> Result<()> {
        fs::create_dir_all(self.objects().join("pack"))
            .with_context(|| format!("failed to make the store `{}`", self.folder.display()))
    }

    /// Takes away what a git that was ended had begun to write, and the folders that a fetch has put nothing into, up to the git directory.
    pub(super) fn unmake(&self) {
        // A temporary one goes with the value.
        if self.temporary.is_some() {
            return;
        }
        let objects = self.objects();
        let pack = objects.join("pack");
        for entry in fs::read_dir(&pack).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("tmp_") {
                // What stays only takes up space.
                let _ = fs::remove_file(entry.path());
            }
        }
        let state = self.folder.parent().unwrap_or(&self.folder);
        // One that holds something stays, by what the call is.
        for folder in [&pack, &objects, &self.folder, state] {
            let _ = fs::remove_dir(folder);
        }
    }

    /// Reads what git has put in: libgit2 looks only into folders that it found.
    pub(super) fn again(self) -> Result<Self> {
        Self::read(self.folder, self.borrowed, self.temporary)
    }

    /// The folder that git puts objects in.
    pub(super) fn objects(&self) -> PathBuf {
        objects(&self.folder)
    }

    /// Remembers a commit under a name. A record that is torn is one that is not there: the commit is asked for again.
    pub(super) fn remember(&self, name: &Path, commit: Oid) -> Result<()> {
        let record = self.folder.join(name);
        let context = || format!("failed to remember the commit in `{}`", record.display());
        if let Some(folder) = record.parent() {
            fs::create_dir_all(folder).with_context(context)?;
        }
        files::free_name(&record).with_context(context)?;
        fs::write(&record, format!("{commit}\n")).with_context(context)
    }

    /// The commit that is remembered under a name.
    pub(super) fn remembered(&self, name: &Path) -> Option<Oid> {
        read_record(&self.folder.join(name))
    }

    /// Every commit that is remembered.
    pub(super) fn all_remembered(&self) -> Vec<Oid> {
        let records = fs::read_dir(self.folder.join(TIPS)).into_iter().flatten();
        records
            .flatten()
            .filter_map(|record| read_record(&record.path()))
            .collect()
    }
}

/// The store's folder in the program's own.
const FOLDER: &str = "store";

/// Where the tips of fetched branches are remembered, a file a branch of a remote.
const TIPS: &str = "tips";

/// The name under which the tip of a remote's branch is remembered.
pub(super) fn tip(remote: &Remote, branch: &str) -> PathBuf {
    let name = format!("{}\n{branch}", remote.shown);
    Path::new(TIPS).join(sha1(name.as_bytes()))
}

/// The commit that a record begins with.
pub(super) fn read_record(path: &Path) -> Option<Oid> {
    let text = String::from_utf8(files::read_own(path).ok()?).ok()?;
    Oid::from_str(text.split_whitespace().next()?).ok()
}

fn objects(folder: &Path) -> PathBuf {
    folder.join("objects")
}

fn borrowed(checkout: &Checkout) -> Result<Vec<PathBuf>> {
    Ok(vec![objects(checkout.repository()?.commondir())])
}

/// Where the kept store is, or would be; `None` where there is no git directory.
pub(super) fn kept_folder(checkout: &Checkout) -> Option<PathBuf> {
    Some(checkout.state()?.join(FOLDER))
}
