//! The order of a write's calls, as far as a power cut depends on it: a disk may lose whatever was not waited for.

use std::collections::BTreeSet;

use crate::support::{World, for_each_fixture};
use crate::{ADD, Judged, Stage, UNDO, faulty, sample};

/// The journal, where it waits until the disk has it, and the program's folder, relative to the root.
const JOURNAL: &str = ".git/nanoclaw/journal";
const WAITING: &str = ".git/nanoclaw/journal.new";
const STATE: &str = ".git/nanoclaw";

/// A call that no run comes to.
const NEVER: usize = 1_000_000;

/// What a power cut could take, after some of a run's calls.
#[derive(Default)]
struct Disk<'a> {
    /// Files that are written, and surely on the disk.
    whole: BTreeSet<&'a str>,
    /// Folders in which a name has come or gone, and may not have on the disk.
    changed: BTreeSet<&'a str>,
    /// Folders in which one of the program's own is new, and may not be there on the disk.
    above: BTreeSet<&'a str>,
    /// A journal is there, or waits.
    begun: bool,
    /// It has its name.
    named: bool,
    /// The disk has the journal, and its name in the program's folder.
    journal: bool,
    /// Names of the checkout that have come or gone since it is.
    placed: usize,
}

impl<'a> Disk<'a> {
    /// Judges a call, and counts it.
    fn call(&mut self, verb: &str, path: &'a str) -> Judged {
        let is_end = match verb {
            "rename" => path.starts_with(".git/nanoclaw/undo-"),
            _ => path == JOURNAL || path == WAITING,
        };
        let own = path.starts_with(STATE);
        let staged = path.ends_with(".nanoclaw-new") || path == WAITING;
        match verb {
            "fsync" if self.changed.contains(path) || path == STATE => {
                self.changed.remove(path);
                self.journal |= path == STATE && self.named;
            }
            "fsync" => {
                self.above.remove(path);
                self.whole.insert(path);
            }
            "mkdir" if self.begun => {
                self.changed.insert(folder(path));
            }
            "mkdir" => {
                self.above.insert(folder(path));
            }
            "rename" | "unlink" if is_end => {
                let left = self.changed.iter().filter(|folder| **folder != STATE);
                let left = left.copied().collect::<Vec<_>>();
                if !left.is_empty() {
                    return Err(format!("ends, and may lose names in {left:?}"));
                }
                self.changed.insert(STATE);
            }
            "rename" if !self.is_whole(path) => {
                return Err("may become a file with no bytes".to_owned());
            }
            "rename" | "unlink" if !own && !staged && !self.has_journal() => {
                return Err("comes before the journal is on the disk".to_owned());
            }
            "rename" | "unlink" if !staged => {
                self.placed += usize::from(!own);
                self.changed.insert(folder(path));
            }
            _ => {}
        }
        self.begun |= verb == "write" && path == WAITING;
        self.named |= verb == "rename" && path == JOURNAL;
        Ok(())
    }

    /// Whether the journal is on the disk, and can be found there.
    fn has_journal(&self) -> bool {
        self.journal && self.above.is_empty()
    }

    /// Whether a file's new bytes are on the disk, under its own name or the one that it waits by.
    fn is_whole(&self, path: &str) -> bool {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let staged = if path == JOURNAL {
            WAITING.to_owned()
        } else {
            format!("{above}/.{name}.nanoclaw-new")
        };
        self.whole.contains(path) || self.whole.contains(staged.trim_start_matches('/'))
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Judges a whole run; gives how many names of the checkout came or went.
fn judge(calls: &[String]) -> Result<usize, String> {
    let mut disk = Disk::default();
    for call in calls {
        let (verb, path) = call.split_once(' ').ok_or("no call")?;
        disk.call(verb, path)
            .map_err(|words| format!("{call}: {words}"))?;
    }
    if disk.changed.is_empty() {
        Ok(disk.placed)
    } else {
        Err(format!("done, and may lose names in {:?}", disk.changed))
    }
}

fn run(stage: &Stage, command: &[&str]) -> Result<usize, String> {
    let ended = stage.fault(command, NEVER, "kill");
    if ended.code != Some(0) {
        return Err(ended.stderr);
    }
    judge(&ended.calls).map_err(|words| format!("{}: {words}", command.join(" ")))
}

#[test]
fn a_power_cut_finds_a_journal_or_all_that_was_written() {
    for_each_fixture(|fixture| {
        let Some(stage) = Stage::set(fixture) else {
            return Ok(());
        };
        // The first write of all makes the program's folder, too.
        let world = World::of(fixture);
        let first = ["skill", "add", "codex", "--no-build", "--yes"];
        judge(&faulty(&world, &first, NEVER, "kill").calls)?;
        stage.begin_again();
        let files = stage.start.differences(&stage.finished).len();
        for command in [&ADD[..], &UNDO] {
            let placed = run(&stage, command)?;
            if placed < files {
                return Err(format!(
                    "{placed} of {files} files in {}",
                    command.join(" ")
                ));
            }
        }
        Ok(())
    });
}

#[test]
fn a_power_cut_amid_a_recovery_finds_the_journal_still() {
    let stage = sample();
    stage.begin_again();
    let whole = stage.fault(&ADD, NEVER, "kill").calls;
    let of_checkout = |call: &&String| call.starts_with("rename ") && !call.contains(STATE);
    let last = whole.iter().rposition(|call| of_checkout(&call));
    stage.begin_again();
    let call = last.expect("a file in its place") + 2;
    stage.kill(&ADD, call, "kill").expect("a kill");
    let mut recovered = stage.fault(&UNDO, NEVER, "kill").calls;
    // The journal of the add is on the disk since before.
    let known = ["fsync", "rename"].map(|verb| format!("{verb} {JOURNAL}"));
    recovered.splice(0..0, known.into_iter().chain([format!("fsync {STATE}")]));
    assert!(judge(&recovered).expect("an order") > 0);
}
