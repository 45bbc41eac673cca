//! Which known commit the checkout's copies come from. Fetches and writes nothing.

use git2::{ObjectType, Oid, Repository};

use super::installed::{self, Installed};
use super::store::Store;
use super::{blob_ids, commit, history};
use crate::checkout::{Checkout, Git};
use crate::payload::Commit;
use crate::skill::Copied;

/// Which commit known here holds just the files that the checkout has: the one they were written from, else one of any remote's branch.
/// `read` gives their bytes as they are in the work tree.
#[must_use]
pub fn origin_of(
    checkout: &Checkout,
    skill: &str,
    branch: &str,
    copies: &[Copied],
    read: &dyn Fn(&Copied) -> Option<Vec<u8>>,
) -> Origin {
    // Mostly the record is all there is to look at, and it needs no repository.
    if let Some(installed) = Installed::read(checkout, skill)
        && installed.holds(copies, read)
    {
        return Origin::Commit(installed.commit);
    }
    let Git::Open(repository) = checkout.git() else {
        return Origin::Unknown;
    };
    let store = Store::kept_to_read(checkout);
    let mut remembered = installed::commits(checkout);
    remembered.extend(store.iter().flat_map(Store::all_remembered));
    let objects = store
        .as_ref()
        .map_or(&**repository, |store| &store.repository);
    let blob = |copy: &Copied| {
        let bytes = read(copy)?;
        let blob = checkout.line_ends(&copy.to).in_blob(&bytes).into_owned();
        Oid::hash_object(ObjectType::Blob, &blob).ok()
    };
    let ids = copies.iter().map(blob);
    let Some(ids) = ids.collect::<Option<Vec<_>>>() else {
        return Origin::Unknown;
    };
    let holds = |id: &Oid| {
        let blobs = blob_ids(objects, *id, copies).unwrap_or_default();
        let blobs = blobs.into_iter().map(|blob| blob.map(|(id, _)| id));
        blobs.eq(ids.iter().copied().map(Some))
    };
    let first = remembered.iter().copied().find(holds);
    let found = first.or_else(|| {
        let tips = tips(repository, branch);
        let starts = [tips.as_slice(), &remembered].concat();
        let mut tips = tips.into_iter();
        tips.find(holds)
            .or_else(|| history(objects, &starts).find(holds))
    });
    if found.is_none() && remembered.is_empty() && tips(repository, branch).is_empty() {
        return Origin::Unknown;
    }
    match found.and_then(|id| commit(objects, id).ok()) {
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

/// The remote-tracking branches of that name.
fn tips(repository: &Repository, branch: &str) -> Vec<Oid> {
    let Ok(references) = repository.references_glob(&format!("refs/remotes/*/{branch}")) else {
        return Vec::new();
    };
    references
        .flatten()
        .filter_map(|reference| reference.target())
        .collect()
}
