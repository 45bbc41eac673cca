//! Which known commit the checkout's copies come from. Fetches and writes nothing.

use git2::{ObjectType, Oid, Repository, Sort};

use super::store::{Store, tips_in_store};
use super::{blob_ids, commit};
use crate::checkout::{Checkout, Git};
use crate::payload::Commit;
use crate::skill::Copied;

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
    let store = Store::kept_to_read(checkout);
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

fn tips(repository: &Repository, glob: &str, branch: &str) -> Vec<Oid> {
    let Ok(references) = repository.references_glob(&format!("{glob}/{branch}")) else {
        return Vec::new();
    };
    references
        .flatten()
        .filter_map(|reference| reference.target())
        .collect()
}
