//! Why a remote gives no commit, or a store no object, and what to do about it. Asks no remote.

use std::path::Path;

use git2::{ErrorClass, ErrorCode};

use super::{Source, is_short_id};
use crate::checkout::Checkout;
use crate::masking::mask;
use crate::next::quoted;
use crate::problem::Problem;
use crate::remote::Remote;
use crate::shown;

/// What the remote lacks.
pub(super) fn no_such_ref(remote: &Remote, name: &str, source: Source<'_>) -> Problem {
    let name = name.strip_prefix("refs/heads/").unwrap_or(name);
    let found = match source {
        // A remote is asked for whole ids and for names.
        Source::Ref(short, branch) if is_short_id(short) => format!(
            "`{branch}` of {} has no commit `{short}` (of other branches, give the whole id)",
            remote.shown
        ),
        _ => format!("{} has no `{name}`", remote.shown),
    };
    if remote.guessed && matches!(source, Source::Branch(_)) {
        Problem::could_not_run(format!("{found}, and {}", remote.why))
            .hint(remote.otherwise.clone())
    } else {
        // An address with credentials is not shown, and one without them asks as nobody.
        let address = quoted(Path::new(&remote.address));
        let address = if mask(&address) == address {
            shown::line(address)
        } else {
            "ADDRESS".to_owned()
        };
        Problem::could_not_run(found).hint(format!("git ls-remote {address} shows what it has"))
    }
}

/// A tag may name anything.
pub(super) fn no_commit(remote: &Remote, name: &str) -> Problem {
    let found = format!("`{name}` of {} names no commit", remote.shown);
    Problem::could_not_run(found).hint("--ref takes a commit, a branch, or a tag of a commit")
}

/// What an old git was asked for is not what it then brought.
pub(super) fn moved(remote: &Remote, name: &str) -> Problem {
    let name = name.strip_prefix("refs/heads/").unwrap_or(name);
    let found = format!(
        "`{name}` of {} was moved while it was fetched",
        remote.shown
    );
    Problem::could_not_run(found).hint("run the command again")
}

/// Whether an error is that of an object which is not here: a partial clone never had it, and of others `git gc` may have done away with what
/// the store borrowed.
#[must_use]
pub fn is_absent(error: &anyhow::Error) -> bool {
    // Of a folder on the way to a file libgit2 says that in the message alone: the code is that of any failure.
    let is_absent = |error: &git2::Error| {
        let says_so = || error.message().starts_with("object not found");
        error.class() == ErrorClass::Odb && (error.code() == ErrorCode::NotFound || says_so())
    };
    let mut causes = error
        .chain()
        .filter_map(<dyn std::error::Error>::downcast_ref);
    causes.any(is_absent)
}

/// Whether the checkout is a partial clone, whose git fetches objects when they are asked for.
#[must_use]
pub fn is_partial(checkout: &Checkout) -> bool {
    let Some(config) = checkout.config() else {
        return false;
    };
    let is_promisor = |name: &str| {
        let remote = name.strip_prefix("remote.");
        remote.is_some_and(|remote| remote.ends_with(".promisor"))
    };
    let mut is_any = false;
    // Where the entries cannot be listed, there are none.
    let _ = config.entries(None).and_then(|entries| {
        entries.for_each(|entry| is_any |= entry.name().is_ok_and(is_promisor))
    });
    is_any || config.get_str("extensions.partialclone").is_ok()
}
