//! The user's own `git fetch` into a store of ours, and its `git ls-remote`. Reads none of what they bring.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use xshell::{Cmd, cmd};

use super::child::End;
use super::{git, run_git, shell};
use crate::masking::mask;
use crate::next::quoted;
use crate::problem::Problem;

/// A fetch into a store of ours, made in the user's repository so that its configuration counts.
pub struct Fetch<'a> {
    /// The checkout's root.
    pub root: &'a Path,
    /// The store's object folder.
    pub objects: &'a Path,
    /// The object folders that the store borrows.
    pub borrowed: &'a [PathBuf],
    /// Whether to fetch every object anew: what a partial clone has cannot be relied on.
    pub whole: bool,
    /// A remote's name, a URL, a path or a bundle file.
    pub address: &'a str,
    /// The ref or commit at the remote.
    pub source: &'a str,
    /// How long git may take, all its calls together.
    pub limit: Option<Limit>,
}

/// How long a fetch may take (`--timeout`), and when that is over.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    time: Duration,
    deadline: Option<Instant>,
}

impl Limit {
    /// A limit that begins now. One beyond the end of the clock is none.
    #[must_use]
    pub fn from_now(time: Duration) -> Self {
        Self {
            time,
            deadline: Instant::now().checked_add(time),
        }
    }
}

/// Why a fetch brought nothing.
pub enum FetchError {
    /// The remote does not have the ref.
    NoSuchRef,
    /// Git failed, or is not there.
    Failed(anyhow::Error),
}

/// Runs the user's `git fetch` and gives the id of what the source names, in hex digits.
///
/// `--dry-run` keeps git from writing refs and `FETCH_HEAD`; it brings the objects all the same, into `GIT_OBJECT_DIRECTORY`.
/// They come as a pack: to unpack them one by one, git would give new times to those of the checkout's own objects that are among them.
/// The pack gets no reverse index, which nothing here reads.
/// `--porcelain` (git 2.41) prints the id; with an older git `ls-remote` is asked first, and the fetch may bring another one where the source is
/// moved between the two.
pub fn fetch(fetch: &Fetch<'_>) -> Result<String, FetchError> {
    let printed = run_fetch(fetch, true)?;
    if let Some(id) = printed
        .as_deref()
        .and_then(|lines| lines.lines().rev().find_map(fetched_id))
    {
        return Ok(id);
    }
    let id = match tip(fetch) {
        // A remote lists names, and the source may be the id itself.
        Err(FetchError::NoSuchRef) => fetch.source.to_owned(),
        found => found?,
    };
    run_fetch(fetch, false)?;
    Ok(id)
}

/// Asks the remote for the id of what the source names, in hex digits, and brings nothing.
pub fn tip(fetch: &Fetch<'_>) -> Result<String, FetchError> {
    let (address, source) = (fetch.address, fetch.source);
    let shell = shell(fetch.root).map_err(FetchError::Failed)?;
    let listed = finish(
        fetch,
        git(cmd!(shell, "git ls-remote -- {address} {source}")),
    )?;
    let named = |line: &&str| {
        let name = line.split_whitespace().nth(1);
        name.is_some_and(|name| name == source || !source.contains('/'))
    };
    let listed = listed.unwrap_or_default();
    let id = listed.lines().find(named);
    let id = id.and_then(|line| line.split_whitespace().next());
    id.map(str::to_owned).ok_or(FetchError::NoSuchRef)
}

/// In the place of the program that lists the refs of borrowed objects, which are the checkout's own and known: a shell's word that is no
/// program, so that git starts none and goes on.
const NO_PROGRAM: &str = ":";

/// `None` when this git does not know an option.
fn run_fetch(fetch: &Fetch<'_>, porcelain: bool) -> Result<Option<String>, FetchError> {
    let shell = shell(fetch.root).map_err(FetchError::Failed)?;
    let refspec = format!("+{}:refs/nanoclaw/fetched", fetch.source);
    let address = fetch.address;
    let porcelain = porcelain.then_some("--porcelain");
    let whole: &[&str] = if fetch.whole {
        &["--refetch", "--no-filter"]
    } else {
        &[]
    };
    let command = cmd!(
        shell,
        "git -c fetch.unpackLimit=1 -c pack.writeReverseIndex=false -c core.alternateRefsCommand={NO_PROGRAM} fetch --dry-run {porcelain...} --no-tags --refmap= --no-auto-maintenance --no-recurse-submodules --no-write-fetch-head {whole...} -- {address} {refspec}"
    );
    let borrowed = fetch
        .borrowed
        .iter()
        .map(|folder| quote_alternate(folder))
        .collect::<Vec<_>>()
        .join(":");
    finish(
        fetch,
        git(command)
            .env("GIT_OBJECT_DIRECTORY", fetch.objects)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", borrowed),
    )
}

/// `None` when this git does not know an option.
fn finish(fetch: &Fetch<'_>, command: Cmd<'_>) -> Result<Option<String>, FetchError> {
    let deadline = fetch.limit.and_then(|limit| limit.deadline);
    let output = run_git(command, deadline).map_err(FetchError::Failed)?;
    match output.end {
        End::Exited(status) if status.success() => {
            return Ok(Some(String::from_utf8_lossy(&output.out).into_owned()));
        }
        End::Exited(status) if status.code() == Some(129) => return Ok(None),
        End::Exited(_) | End::Asked => {}
        End::Interrupted(problem) => {
            return Err(FetchError::Failed(problem.and_nothing_written().into()));
        }
        End::Late => return Err(FetchError::Failed(late(fetch).into())),
    }
    let words = said(&output.err);
    if [
        "couldn't find remote ref",
        "no such remote ref",
        "not our ref",
    ]
    .iter()
    .any(|sign| words.contains(sign))
    {
        return Err(FetchError::NoSuchRef);
    }
    // Set in, so that no line of a remote's looks like one of ours.
    let words = mask(words.trim_end()).replace('\n', "\n  ");
    let store = fetch.objects.parent().unwrap_or(fetch.objects);
    let hint = if words.contains(&*store.to_string_lossy()) {
        let store = quoted(store);
        format!("that is what was fetched before; it can go, and is fetched anew: rm -r {store}")
    } else {
        "what git says above is what `git fetch` would say to you here".to_owned()
    };
    let problem = Problem::could_not_run(format!("git could not fetch:\n  {words}"));
    Err(FetchError::Failed(problem.hint(hint).into()))
}

fn late(fetch: &Fetch<'_>) -> Problem {
    let seconds = fetch.limit.map_or(0, |limit| limit.time.as_secs());
    let address = mask(fetch.address);
    let found = format!(
        "git had not fetched from `{address}` after {seconds} s (--timeout), and was ended"
    );
    Problem::could_not_run(found).hint(
        "a longer --timeout, or another remote with --remote; --offline takes what is known here",
    )
}

/// What a git says on standard error, but for its not finding [`NO_PROGRAM`].
fn said(stderr: &[u8]) -> String {
    let own = format!("error: cannot run {NO_PROGRAM}:");
    let words = String::from_utf8_lossy(stderr);
    let lines = words.split_inclusive('\n');
    lines.filter(|line| !line.starts_with(&own)).collect()
}

/// One line of `git fetch --porcelain`: flag, old id, new id, local ref.
fn fetched_id(line: &str) -> Option<String> {
    let mut words = line.split_whitespace().rev();
    let name = words.next()?;
    let id = words.next()?;
    (name == "refs/nanoclaw/fetched" && id.len() >= 40).then(|| id.to_owned())
}

/// Git splits the variable at colons, and takes a path in double quotes with C escapes.
fn quote_alternate(folder: &Path) -> String {
    let text = folder.to_string_lossy();
    if text.contains([':', '"', '\\', '\n']) {
        format!(
            "\"{}\"",
            text.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n")
        )
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn what_git_was_kept_from_is_not_said() {
        let heard = "error: cannot run :: No such file or directory\nfatal: early EOF\nerror: cannot run ssh: No such file or directory\n";
        let expected = "fatal: early EOF\nerror: cannot run ssh: No such file or directory\n";
        assert_eq!(said(heard.as_bytes()), expected);
    }
}
