//! The threads that sessions go on with: whether codex still has them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::doctor::{Check, LOOK, Patient};
use crate::groups::{self, Database, Group};
use crate::shown;

const NAME: &str = "threads";

/// How deep codex keeps its threads: `sessions/<year>/<month>/<day>/rollout-<time>-<thread>.jsonl`.
const DEPTH: usize = 4;

pub(super) fn checks(patient: &Patient<'_>, provider: &str) -> Vec<Check> {
    match look(patient, provider) {
        Err(error) => vec![Check::not_looked_at(NAME, &error, LOOK)],
        Ok(threads) => {
            let unread = threads.unread.iter();
            let unread =
                unread.map(|error| Check::not_looked_at(NAME, error, "ls -lR data/v2-sessions"));
            let whole = judge(threads.count, &threads.stale);
            std::iter::once(whole).chain(unread).collect()
        }
    }
}

/// The threads of sessions.
#[derive(Default)]
struct Threads {
    /// How many sessions go on with one.
    count: usize,
    /// The sessions whose thread is gone.
    stale: Vec<String>,
    /// Why others could not be looked at.
    unread: Vec<anyhow::Error>,
}

fn look(patient: &Patient<'_>, provider: &str) -> Result<Threads> {
    let checkout = patient.checkout;
    let groups = groups::read(checkout, &Database::to_read(checkout)?)?.read;
    let sessions = |group: &Group| {
        let ids = group.sessions.iter().map(|session| session.id.clone());
        ids.map(|id| (group.id.clone(), id)).collect::<Vec<_>>()
    };
    let mut threads = Threads::default();
    for (group, session) in groups.iter().flat_map(sessions) {
        match is_kept(checkout, &group, &session, provider) {
            Ok(None) => continue,
            Ok(Some(true)) => {}
            Ok(Some(false)) => threads.stale.push(session),
            Err(error) => {
                threads.unread.push(error);
                continue;
            }
        }
        threads.count += 1;
    }
    Ok(threads)
}

/// Whether codex still has the thread that a session goes on with; `None` where it goes on with none.
fn is_kept(
    checkout: &Checkout,
    group: &str,
    session: &str,
    provider: &str,
) -> Result<Option<bool>> {
    let Some(database) = Database::of_session(checkout, group, session)? else {
        return Ok(None);
    };
    // To NanoClaw an empty one is none.
    let thread = database.continuation(provider)?;
    let Some(thread) = thread.filter(|thread| !thread.is_empty()) else {
        return Ok(None);
    };
    let kept = Path::new("data/v2-sessions").join(group).join(session);
    let kept = checkout.standing(&kept.join("codex/sessions"))?;
    Ok(Some(
        kept.is_some_and(|(folder, _)| has(&folder, &thread, DEPTH)),
    ))
}

/// When codex wrote last to the thread of a session.
pub(super) fn written(
    checkout: &Checkout,
    group: &str,
    session: &str,
    thread: &str,
) -> Result<Option<SystemTime>> {
    let kept = Path::new("data/v2-sessions").join(group).join(session);
    let Some((folder, _)) = checkout.standing(&kept.join("codex/sessions"))? else {
        return Ok(None);
    };
    let files = files(&folder, thread, DEPTH).into_iter();
    let times = files.filter_map(|file| fs::metadata(file).ok()?.modified().ok());
    Ok(times.max())
}

/// Whether a file below a folder is named for a thread.
fn has(folder: &Path, thread: &str, depth: usize) -> bool {
    !files(folder, thread, depth).is_empty()
}

/// The files below a folder that are named for a thread.
fn files(folder: &Path, thread: &str, depth: usize) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let found = entries.flat_map(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_named = || entry.file_name().to_string_lossy().contains(thread);
        match is_folder {
            true if depth > 1 => files(&entry.path(), thread, depth - 1),
            false if is_named() => vec![entry.path()],
            _ => Vec::new(),
        }
    });
    found.collect()
}

fn judge(count: usize, stale: &[String]) -> Check {
    if stale.is_empty() {
        return Check::ok(NAME, format!("{count} sessions go on with one"));
    }
    let stale = stale.iter().map(shown::line).collect::<Vec<_>>().join(", ");
    let found =
        format!("the thread of {stale} is gone: it begins a new one, without what was said before");
    Check::warning(NAME, found, "none is needed")
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::{DEPTH, has, judge};
    use crate::doctor::Level;

    #[test]
    fn a_thread_is_found_where_codex_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let day = folder.path().join("2026/05/01");
        fs::create_dir_all(&day).unwrap();
        fs::write(day.join("rollout-2026-05-01T12-00-00-0199-ab.jsonl"), "").unwrap();
        assert!(has(folder.path(), "0199-ab", DEPTH));
        assert!(!has(folder.path(), "0199-ac", DEPTH));
        assert!(!has(&folder.path().join("gone"), "0199-ab", DEPTH));
    }

    #[test]
    fn a_thread_that_is_gone_is_warned_of() {
        assert_eq!(judge(2, &[]).level, Level::Ok);
        let check = judge(2, &["s-1".to_owned()]);
        assert_eq!(check.level, Level::Warning);
        assert!(check.found.contains("the thread of s-1 is gone"));
    }
}
