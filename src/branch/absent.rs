//! Why a remote gives no commit, and what to do about it. Asks no remote.

use std::path::Path;

use super::{Source, is_short_id};
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
