//! `skill undo`: takes the last installation back, or one that was broken off. Changes no file that was edited since.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::checkout::{Checkout, Entry};
use crate::cli::Undo;
use crate::command::{look, write};
use crate::journal::{self, Change, Kind, Recovered, Step};
use crate::next;
use crate::pending::{self, Pending};
use crate::plan::{Edit, Role};
use crate::problem::{Exit, Problem};
use crate::sink::disk::{End, Record, Writing};
use crate::ui::{Tint, Ui};

/// Runs the command.
pub fn run(arguments: &Undo, directory: &Path, ui: Ui) -> Result<Exit> {
    let checkout = Checkout::find(directory)?;
    checkout.of_this_user()?;
    checkout.repository()?;
    let locked = write::lock(&checkout, journal::UNDO, arguments.lock.timeout(), ui)?;
    match &locked.recovered {
        // Not all is as it was, and something was written.
        Some(Recovered::TakenBack(taken)) if !taken.left.is_empty() => return Ok(Exit::Findings),
        // An undo that was broken off is taken back, and done anew.
        Some(Recovered::TakenBack(taken)) if taken.command == journal::UNDO => {}
        Some(_) => return Ok(Exit::Done),
        None => {}
    }
    let Some(TakeBack {
        file,
        change,
        edits,
        passed,
    }) = to_take_back(&checkout, ui)?
    else {
        return Ok(Exit::Done);
    };
    // Who asks for the last installation alone may not mean the one before.
    if !passed.is_empty() && !arguments.yes && !ui.can_ask() {
        let found = format!(
            "`{}` would be the one before that to take back; nothing was written",
            change.command
        );
        let hint = "nanoclaw skill undo --yes takes that back";
        return Err(Problem::refused(found).hint(hint).into());
    }
    for edit in &edits {
        let word = if edit.after.is_some() {
            "restore "
        } else {
            "remove  "
        };
        ui.tell(Tint::Good, word, &edit.path.display().to_string());
    }
    let question = format!("take `{}` back: {} files?", change.command, edits.len());
    if !arguments.yes && !ui.confirm(&question)? {
        ui.say("nothing was written");
        return Ok(Exit::Refused);
    }
    let builds = pending_builds(&checkout, &change)?;
    let mut records = vec![pending::record(&change.skill, &builds)];
    records.extend(records_before(&change));
    records.extend(passed.iter().chain([&file]).map(|file| forgotten(file)));
    let made = change
        .folders
        .iter()
        .filter(|(kind, _)| kind.is_of_checkout());
    let folders = made.map(|(_, folder)| folder.clone()).collect::<Vec<_>>();
    let writing = Writing {
        command: journal::UNDO.to_owned(),
        skill: change.skill.clone(),
        called: change.called.clone(),
        builds: Vec::new(),
        edits: &edits,
        records: &records,
        end: End::Forget(&folders),
    };
    write::write(&checkout, writing)?;
    let what = format!("in {}", checkout.root().display());
    ui.tell(
        Tint::Good,
        &format!("`{}` is undone", change.command),
        &what,
    );
    if !builds.is_empty() {
        ui.say(&format!("builds: pending: {}", builds.join(", ")));
        look::begin_next(&checkout, ui);
        ui.say(&format!(
            "  # build from the files that are there now\n  nanoclaw skill build {}",
            change.called
        ));
    }
    Ok(Exit::Done)
}

/// A change that can be taken back.
struct TakeBack {
    /// Where it is kept.
    file: PathBuf,
    change: Change,
    /// What takes it back.
    edits: Vec<Edit>,
    /// Where later changes are kept of which nothing is here.
    passed: Vec<PathBuf>,
}

/// The last change of which something is here; where there is none, that is said. One of which nothing is here is passed over: it may be another
/// branch's, or what it wrote was taken back by hand.
fn to_take_back(checkout: &Checkout, ui: Ui) -> Result<Option<TakeBack>> {
    let mut passed = Vec::new();
    for change in journal::changes(checkout)? {
        let (file, change) = change?;
        let edits = inverse(checkout, &change)?;
        if !edits.is_empty() {
            return Ok(Some(TakeBack {
                file,
                change,
                edits,
                passed,
            }));
        }
        let command = &change.command;
        ui.say(&format!("every file is as it was before `{command}`"));
        passed.push(file);
    }
    ui.say(if passed.is_empty() {
        "nothing to undo: no installation is recorded here"
    } else {
        "there is nothing to take back"
    });
    Ok(None)
}

/// The edits that take a change back, its last one first. Files that hold something else than was written are the refusal.
fn inverse(checkout: &Checkout, change: &Change) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut edited = Vec::new();
    for step in change.steps.iter().rev() {
        let Some(role) = step.kind.role() else {
            continue;
        };
        match edit(checkout, step, role)? {
            Some(edit) if step.is_before(edit.before.as_ref()) => {}
            Some(edit) => edits.push(edit),
            None => edited.push(step),
        }
    }
    if edited.is_empty() {
        return Ok(edits);
    }
    let lines = edited
        .iter()
        .map(|step| format!("\n  {}", step.path.display()));
    let found = format!(
        "`{}` cannot be taken back; nothing was written. Changed since:{}",
        change.command,
        lines.collect::<String>()
    );
    Err(Problem::refused(found)
        .hint(put_back(checkout, change, &edited))
        .into())
}

/// How edited files are put back by hand: those that git may know, those whose edit is committed, and those that only the change had made.
fn put_back(checkout: &Checkout, change: &Change, edited: &[&Step]) -> String {
    let root = next::quoted(checkout.root());
    let head = checkout.head();
    let is_committed = |path: &Path| match checkout.entry(path) {
        Ok(Entry::File { real, file }) => {
            let blob = checkout.line_ends(&real).in_blob(&file.bytes);
            head.holds(&real, &blob)
        }
        _ => false,
    };
    let listed = |is_listed: &dyn Fn(&Step) -> bool, name: &dyn Fn(&Path) -> PathBuf| {
        let steps = edited.iter().filter(|step| is_listed(step));
        let paths = steps.map(|step| next::quoted(&name(&step.path)));
        Some(paths.collect::<Vec<_>>().join(" ")).filter(|listed| !listed.is_empty())
    };
    let committed = |step: &Step| step.before.is_some() && is_committed(&step.path);
    let old = |step: &Step| step.before.is_some() && !is_committed(&step.path);
    let new = |step: &Step| step.before.is_none();
    let old = listed(&old, &Path::to_path_buf).map(|old| {
        format!("look at what changed, and put these files back first: git -C {root} diff -- {old}")
    });
    let committed = listed(&committed, &Path::to_path_buf).map(|committed| {
        let called = &change.called;
        format!("{committed} is committed as it is: take the skill's lines out by hand, and then its files; nanoclaw skill show {called} names both")
    });
    let new = listed(&new, &|path| checkout.root().join(path))
        .map(|new| format!("move these away, if you would keep them: {new}"));
    let hints = [old, committed, new].into_iter().flatten();
    hints.collect::<Vec<_>>().join("\n      ")
}

/// The edit that takes a step back, where its file holds what was written, or what was there before.
fn edit(checkout: &Checkout, step: &Step, role: Role) -> Result<Option<Edit>> {
    let now = match checkout.entry(&step.path)? {
        Entry::File { real, file } if real == step.path => Some(file),
        Entry::Absent { real } if real == step.path => None,
        _ => return Ok(None),
    };
    let is_known = step.is_written(now.as_ref()) || step.is_before(now.as_ref());
    let after = step.before_in_place_of(now.as_ref());
    let edit = Edit {
        path: step.path.clone(),
        before: now,
        after,
        role,
    };
    Ok(is_known.then_some(edit))
}

/// The records as they were before the change.
fn records_before(change: &Change) -> impl Iterator<Item = Record> {
    let steps = change.steps.iter();
    let records = steps.filter(|step| step.kind == Kind::Record);
    records.map(|step| Record {
        kind: Kind::Record,
        path: step.path.clone(),
        bytes: step.before.as_ref().map(|file| file.bytes.clone()),
    })
}

/// The record of a change, taken away.
fn forgotten(file: &Path) -> Record {
    Record {
        kind: Kind::Record,
        path: file.file_name().map(PathBuf::from).unwrap_or_default(),
        bytes: None,
    }
}

/// The builds that were pending, and those that the change called for: what they made is of files that are no longer there.
fn pending_builds(checkout: &Checkout, change: &Change) -> Result<Vec<String>> {
    let mut builds = match Pending::of(checkout, &change.skill) {
        Some(pending) => pending.read()?.unwrap_or_default(),
        None => Vec::new(),
    };
    for label in &change.builds {
        if !builds.contains(label) {
            builds.push(label.clone());
        }
    }
    Ok(builds)
}
