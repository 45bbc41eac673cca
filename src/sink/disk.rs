//! Writes a change into the work tree as one transaction: a journal, every new file whole beside its place, then each renamed onto it.
//! Writes nothing that the plan does not hold.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::checkout::{Checkout, Entry, File};
use crate::files::{self, Unsynced};
use crate::interrupt;
use crate::journal::{self, Change, Journal, Kind, Step, TakenBack, Written};
use crate::next;
use crate::plan::{Edit, Role};
use crate::problem::Problem;
use crate::sink::{Sink, stage};

/// A change that is about to be written.
pub struct Writing<'a> {
    /// The command that makes it, such as `skill add codex`.
    pub command: String,
    /// What the records of the skill that it is about are called.
    pub skill: String,
    /// What the command line called the skill.
    pub called: String,
    /// The labels of the builds that it calls for.
    pub builds: Vec<String>,
    /// The files, in the order in which they are written.
    pub edits: &'a [Edit],
    /// What is written after them.
    pub records: &'a [Record],
    /// What becomes of the journal.
    pub end: End<'a>,
}

/// How a write ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End<'a> {
    /// What it changed is kept for `skill undo`, and so are the files of the user's that the skill's own are written over.
    Keep,
    /// It is an undo itself, which is not to be undone; these folders, relative to the root and from the outermost in, go where they are empty.
    Forget(&'a [PathBuf]),
}

/// A record of the program's own that is written with the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// [`Kind::Record`] or [`Kind::Stays`].
    pub kind: Kind,
    /// Where it is, relative to the program's folder.
    pub path: PathBuf,
    /// Its bytes; `None` takes it away.
    pub bytes: Option<Vec<u8>>,
}

/// A write that is under way. Dropped before its end, it takes back what it wrote.
pub struct Disk<'a> {
    checkout: &'a Checkout,
    state: PathBuf,
    journal: Journal<'a>,
    end: End<'a>,
    /// The files that were written over, and where their old bytes are: both as paths, the second absolute.
    pub kept: Vec<(PathBuf, PathBuf)>,
}

/// A step of a change, with the bytes that it writes.
struct Piece<'a> {
    step: Step,
    bytes: Option<&'a [u8]>,
}

impl<'a> Disk<'a> {
    /// Begins a write: looks again at every file that the plan was made from, and refuses, with nothing written, when one has changed. Then
    /// the journal is written, and every new file put beside its place. The lock must be held.
    pub fn begin(checkout: &'a Checkout, writing: Writing<'a>) -> Result<Self> {
        checkout.look_again();
        checkout.state_is_plain()?;
        for edit in writing.edits {
            as_planned(checkout, edit)?;
            has_the_owner(checkout, edit)?;
        }
        have_room_beside(checkout, writing.edits)?;
        let state = journal::state(checkout)?;
        files::make_folders(&state)
            .with_context(|| format!("failed to make `{}`", state.display()))?;
        let replaced = writing.edits.iter().filter_map(replaced);
        let replaced = replaced.filter(|_| writing.end == End::Keep);
        let kept = replaced
            .map(|(path, before)| {
                let name = journal::kept_name(path, &before.bytes);
                (path, name, before)
            })
            .collect::<Vec<_>>();
        let mut pieces = Vec::new();
        for (_, name, before) in &kept {
            pieces.push(Piece::record(
                &state,
                Kind::Stays,
                name,
                Some(&before.bytes),
            )?);
        }
        pieces.extend(writing.edits.iter().map(Piece::edit));
        for record in writing.records {
            let bytes = record.bytes.as_deref();
            pieces.push(Piece::record(&state, record.kind, &record.path, bytes)?);
        }
        let kept = kept
            .iter()
            .map(|(path, name, _)| (path.to_path_buf(), state.join(name)));
        let kept = kept.collect();
        let change = Change {
            command: writing.command,
            skill: writing.skill,
            called: writing.called,
            builds: writing.builds,
            folders: folders(checkout, &state, &pieces),
            steps: pieces.iter().map(|piece| piece.step.clone()).collect(),
        };
        let mut disk = Self {
            journal: Journal::begin(checkout, change)?,
            checkout,
            state,
            end: writing.end,
            kept,
        };
        disk.stage(&pieces)?;
        Ok(disk)
    }

    /// Puts every new file beside its place, and waits until the disk has them all and the journal: that gets its name then.
    fn stage(&mut self, pieces: &[Piece<'_>]) -> Result<()> {
        for (kind, folder) in self.journal.folders() {
            let folder = self.target(*kind, folder);
            files::make_folder(&folder)
                .with_context(|| format!("failed to make `{}`", folder.display()))?;
        }
        let mut unsynced = self.journal.unsynced()?;
        for piece in pieces {
            interrupt::check()?;
            let (Some(bytes), Some(after)) = (piece.bytes, &piece.step.after) else {
                continue;
            };
            let target = self.target(piece.step.kind, &piece.step.path);
            let before = piece.step.before.is_some();
            if !piece.step.kind.is_of_checkout() {
                stage::remove_staged(&target).with_context(|| failed(&piece.step.path))?;
            }
            let file = stage::stage(&target, bytes, after.mode, before)
                .with_context(|| failed(&piece.step.path))?;
            let file = Unsynced::file(file, target);
            file.begin();
            unsynced.push(file);
        }
        files::sync(&unsynced)?;
        self.journal.name()
    }

    /// Ends a write whose files are all in their places: the records follow.
    pub fn finish(self) -> Result<()> {
        self.place_records()?;
        match self.end {
            End::Keep => self.journal.keep(),
            End::Forget(folders) => {
                for folder in folders.iter().rev() {
                    journal::remove_made(self.checkout.root(), folder);
                }
                self.journal.forget()
            }
        }
    }

    /// Takes back what is written.
    pub fn take_back(self) -> Result<TakenBack> {
        self.journal.take_back()
    }

    fn place_records(&self) -> Result<()> {
        let steps = self.journal.steps().iter();
        for step in steps.filter(|step| !step.kind.is_of_checkout()) {
            self.place(step)?;
        }
        Ok(())
    }

    /// Puts one file in its place.
    fn place(&self, step: &Step) -> Result<()> {
        let target = self.target(step.kind, &step.path);
        let placed = match (&step.after, &step.before) {
            (Some(_), _) => {
                stage::staged(&target).and_then(|staged| files::rename(&staged, &target))
            }
            (None, Some(_)) => files::remove(&target),
            (None, None) => Ok(()),
        };
        placed.with_context(|| failed(&step.path))
    }

    fn target(&self, kind: Kind, path: &Path) -> PathBuf {
        journal::target(self.checkout, &self.state, kind, path)
    }
}

impl Sink for Disk<'_> {
    fn edit(&mut self, edit: &Edit) -> Result<()> {
        interrupt::check()?;
        self.checkout.look_again();
        as_planned(self.checkout, edit)?;
        let mut steps = self.journal.steps().iter();
        let step = steps.find(|step| step.kind.is_of_checkout() && step.path == edit.path);
        let step =
            step.ok_or_else(|| anyhow!("`{}` is not in the journal", edit.path.display()))?;
        self.place(step)
    }
}

impl<'a> Piece<'a> {
    fn edit(edit: &'a Edit) -> Self {
        let after = edit.after.as_ref();
        Self {
            step: Step {
                kind: edit.role.into(),
                path: edit.path.clone(),
                before: edit.before.clone(),
                after: after.map(|file| Written::of(&file.bytes, file.mode)),
            },
            bytes: after.map(|file| file.bytes.as_slice()),
        }
    }

    fn record(state: &Path, kind: Kind, path: &Path, bytes: Option<&'a [u8]>) -> Result<Self> {
        Ok(Self {
            step: Step {
                kind,
                path: path.to_path_buf(),
                before: read(&state.join(path))?,
                after: bytes.map(|bytes| Written::of(bytes, 0o600)),
            },
            bytes,
        })
    }
}

/// The file that an edit is about to put a skill's own in the place of, where it is worth keeping.
fn replaced(edit: &Edit) -> Option<(&Path, &File)> {
    let before = edit.before.as_ref()?;
    let after = edit.after.as_ref()?;
    let worth =
        edit.role == Role::Payload && !before.bytes.is_empty() && before.bytes != after.bytes;
    worth.then_some((&edit.path, before))
}

/// The folders that are not there yet, from the outermost in.
fn folders(checkout: &Checkout, state: &Path, pieces: &[Piece<'_>]) -> Vec<(Kind, PathBuf)> {
    let mut missing: Vec<(Kind, PathBuf)> = Vec::new();
    for piece in pieces.iter().filter(|piece| piece.bytes.is_some()) {
        let kind = piece.step.kind;
        let there = |folder: &&Path| !journal::target(checkout, state, kind, folder).is_dir();
        let above = piece.step.path.ancestors().skip(1);
        let mut new = above.take_while(there).collect::<Vec<_>>();
        new.reverse();
        for folder in new {
            let known = |(other, path): &(Kind, PathBuf)| {
                other.is_of_checkout() == kind.is_of_checkout() && path == folder
            };
            if !missing.iter().any(known) {
                missing.push((kind, folder.to_path_buf()));
            }
        }
    }
    missing
}

fn failed(path: &Path) -> String {
    format!("failed to write `{}`", path.display())
}

/// Reads a record of the program's own, where it is there.
pub fn read(path: &Path) -> Result<Option<File>> {
    let read = || -> io::Result<File> {
        let bytes = files::read_own(path)?;
        let mode = fs::metadata(path)?.permissions().mode() & 0o7777;
        Ok(File { bytes, mode })
    };
    match read() {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    }
}

/// A file of another user's would become ours: refused.
fn has_the_owner(checkout: &Checkout, edit: &Edit) -> Result<()> {
    let owner = |path: &Path| fs::symlink_metadata(path).map(|found: Metadata| found.uid());
    let target = checkout.root().join(&edit.path);
    let (Ok(file), Ok(root)) = (owner(&target), owner(checkout.root())) else {
        return Ok(());
    };
    if file == root {
        return Ok(());
    }
    let found = format!(
        "`{}` belongs to user {file} and the checkout to user {root}; nothing was written",
        edit.path.display()
    );
    let hint = format!("sudo chown {root} {}", next::quoted(&target));
    Err(Problem::refused(found).hint(hint).into())
}

/// Files of these names are nobody's that is known: they are neither written over nor taken away.
fn have_room_beside(checkout: &Checkout, edits: &[Edit]) -> Result<()> {
    let mut there = Vec::new();
    for edit in edits {
        let staged =
            stage::staged(&checkout.root().join(&edit.path)).with_context(|| failed(&edit.path))?;
        if fs::symlink_metadata(&staged).is_ok() {
            there.push(staged);
        }
    }
    if there.is_empty() {
        return Ok(());
    }
    let names = there.iter().map(|staged| format!("`{}`", staged.display()));
    let names = names.collect::<Vec<_>>().join(", ");
    let verb = if there.len() == 1 { "is" } else { "are" };
    let quoted = there.iter().map(|staged| next::quoted(staged));
    let quoted = quoted.collect::<Vec<_>>().join(" ");
    let found = format!("{names} {verb} in the way; nothing was written");
    let hint = format!(
        "look at what that is, and move it away; where a power cut has left it: rm {quoted}"
    );
    Err(Problem::refused(found).hint(hint).into())
}

/// Whether a file is as it was when the plan was made.
#[must_use]
pub fn is_as_planned(checkout: &Checkout, edit: &Edit) -> bool {
    as_planned(checkout, edit).is_ok()
}

/// Whether a file has the bytes that the plan has for it, or is away where the plan takes it away.
#[must_use]
pub fn is_written(checkout: &Checkout, edit: &Edit) -> bool {
    let after = edit.after.as_ref();
    match checkout.entry(&edit.path) {
        Ok(Entry::File { file, .. }) => after.is_some_and(|after| after.bytes == file.bytes),
        Ok(Entry::Absent { .. }) => after.is_none(),
        _ => false,
    }
}

fn as_planned(checkout: &Checkout, edit: &Edit) -> Result<()> {
    let now = match checkout.entry(&edit.path)? {
        Entry::File { real, file } if real == edit.path => Some(file),
        Entry::Absent { real } if real == edit.path => None,
        Entry::Refused(reason) => return Err(changed(&edit.path, &reason)),
        _ => return Err(changed(&edit.path, "a symlink leads elsewhere")),
    };
    if now == edit.before {
        Ok(())
    } else {
        Err(changed(&edit.path, "its content or mode is another"))
    }
}

fn changed(path: &Path, how: &str) -> anyhow::Error {
    let problem = Problem::refused(format!(
        "`{}` has changed since the plan was made: {how}",
        path.display()
    ));
    problem.hint("run the command again").into()
}
