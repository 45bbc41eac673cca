//! `provider use`: looks, shows, asks, and sets a provider where this checkout's host and agent runner read it.

mod chosen;

use std::path::Path;

use anyhow::Result;

use super::shown_list;
use crate::checkout::Checkout;
use crate::cli::UseProvider;
use crate::command::{look, write};
use crate::groups::{self, Answer, Column, Database, Group, Update};
use crate::host;
use crate::journal::Change;
use crate::needs;
use crate::next;
use crate::plan::Edit;
use crate::problem::{Exit, Problem};
use crate::registry;
use crate::shown;
use crate::sink::disk::{self, End, Writing};
use crate::sink::pour;
use crate::sink::preview::Preview;
use crate::ui::{Tint, Ui};

/// What the journal calls the records of this command: it has none.
const RECORDS: &str = "provider";

/// How the command begins, as the lock and the journal call it.
const COMMAND: &str = "provider use";

/// Runs the command.
pub fn run(arguments: &UseProvider, directory: &Path, ui: Ui) -> Result<Exit> {
    let checkout = Checkout::find(directory)?;
    is_registered(&checkout, &arguments.provider)?;
    let job = Job {
        checkout: &checkout,
        arguments,
        ui,
    };
    let wanted = job.wanted()?;
    if wanted.is_empty() {
        ui.say(&format!("{} is already set", arguments.provider));
        job.say_disagreements(&wanted);
        return Ok(Exit::Done);
    }
    if arguments.dry_run {
        return job.preview(&wanted);
    }
    job.run(&wanted)
}

/// An unknown provider ends the container at its start, and no message says so.
fn is_registered(checkout: &Checkout, provider: &str) -> Result<()> {
    let there = registry::in_container(checkout);
    if there.iter().any(|name| name == provider) {
        return Ok(());
    }
    let name = shown::line(provider);
    let root = checkout.root().display();
    let found = format!(
        "no provider called `{name}` is registered in {root}; there are: {}",
        shown_list(&there)
    );
    Err(Problem::refused(found)
        .and_nothing_written()
        .hint("nanoclaw skill list shows what can be added")
        .into())
}

/// Whether a change that was broken off with all of its files in place must stay: the database has it, where nothing takes it back.
pub fn must_stay(checkout: &Checkout, change: &Change) -> bool {
    let files = change.steps.iter().map(|step| step.path.as_path());
    change.command.starts_with(COMMAND) && groups::agree(checkout, &files.collect::<Vec<_>>())
}

struct Job<'a> {
    checkout: &'a Checkout,
    arguments: &'a UseProvider,
    ui: Ui,
}

/// What is to change.
struct Wanted {
    /// The groups that were asked for.
    groups: Vec<Group>,
    /// Those of them for which something is to change.
    changed: Vec<Group>,
    updates: Vec<Update>,
    edits: Vec<Edit>,
}

impl Wanted {
    fn is_empty(&self) -> bool {
        self.updates.is_empty() && self.edits.is_empty()
    }

    /// Whether the host itself could make all of it: it has a command for the rows of `container_configs` alone.
    fn is_for_host(&self) -> bool {
        self.edits.is_empty() && self.updates.iter().all(|it| it.column == Column::OfConfig)
    }
}

impl Job<'_> {
    /// Reads what there is, and what is to change.
    fn wanted(&self) -> Result<Wanted> {
        let database = Database::to_read(self.checkout)?;
        let groups = self.chosen(groups::read(self.checkout, &database)?)?;
        let provider = &self.arguments.provider;
        let mut wanted = Wanted {
            groups: Vec::new(),
            changed: Vec::new(),
            updates: Vec::new(),
            edits: Vec::new(),
        };
        for group in groups {
            let (updates, edit) = match &self.arguments.session {
                Some(session) => {
                    let session = self.session(&group, session)?;
                    let update = groups::session_change(session, provider);
                    (Vec::from_iter(update), None)
                }
                None => groups::changes(self.checkout, &group, provider)?,
            };
            if !updates.is_empty() || edit.is_some() {
                wanted.changed.push(group.clone());
            }
            wanted.updates.extend(updates);
            wanted.edits.extend(edit);
            wanted.groups.push(group);
        }
        Ok(wanted)
    }

    fn preview(&self, wanted: &Wanted) -> Result<Exit> {
        let lines = lines(wanted);
        let lines = lines
            .iter()
            .map(|line| format!("{}: {line}\n", groups::DATABASE));
        let words = format!("nanoclaw {}\n{}", self.command(), lines.collect::<String>());
        let mut preview = Preview::new(self.checkout, words);
        pour(&wanted.edits, &mut preview)?;
        self.ui.patch(&preview.patch)?;
        Ok(Exit::Done)
    }

    /// The command line, as the lock and the journal call it.
    fn command(&self) -> String {
        let UseProvider {
            provider,
            group,
            session,
            all,
            ..
        } = self.arguments;
        let mut command = format!("{COMMAND} {provider}");
        if *all {
            command.push_str(" --all");
        }
        let named = group.iter().map(|group| ("--group", group));
        for (name, value) in named.chain(session.iter().map(|session| ("--session", session))) {
            command = format!("{command} {}", next::option(name, value));
        }
        command
    }

    fn run(&self, wanted: &Wanted) -> Result<Exit> {
        self.checkout.of_this_user()?;
        for line in lines(wanted) {
            self.ui.tell(Tint::Good, "set     ", &line);
        }
        for edit in &wanted.edits {
            let verb = if edit.before.is_some() {
                "update  "
            } else {
                "create  "
            };
            self.ui
                .tell(Tint::Good, verb, &edit.path.display().to_string());
        }
        let question = format!(
            "set {} for {} groups?",
            self.arguments.provider,
            wanted.changed.len()
        );
        if !self.arguments.yes && !self.ui.confirm(&question)? {
            self.ui.say("nothing was written");
            return Ok(Exit::Refused);
        }
        self.set(wanted)?;
        let after = self.wanted()?;
        if !after.is_empty() {
            let found = "it was set, and yet it is not so: something else changed it meanwhile";
            return Err(Problem::could_not_run(found)
                .hint("nanoclaw provider list")
                .into());
        }
        let words = format!("{} is set", self.arguments.provider);
        self.ui.tell(
            Tint::Good,
            &words,
            &format!("in {}", self.checkout.root().display()),
        );
        self.say_disagreements(&after);
        self.say_next(&wanted.changed);
        Ok(Exit::Done)
    }

    /// Sets it: by the host that runs where it can, else in one transaction of the database, with the files in one of ours.
    fn set(&self, wanted: &Wanted) -> Result<()> {
        if wanted.is_for_host() && self.by_host(wanted)? {
            return Ok(());
        }
        let timeout = self.arguments.lock.timeout();
        // Files are written under the lock, and taken back by a journal; the database has both of its own.
        let _locked = if wanted.edits.is_empty() {
            None
        } else {
            self.checkout.repository()?;
            Some(write::lock(
                self.checkout,
                &self.command(),
                timeout,
                self.ui,
            )?)
        };
        let database = Database::to_write(self.checkout)?;
        let change = database.change(&wanted.updates, timeout)?;
        if wanted.edits.is_empty() {
            return change.commit();
        }
        let writing = Writing {
            command: self.command(),
            skill: RECORDS.to_owned(),
            called: self.arguments.provider.clone(),
            builds: Vec::new(),
            edits: &wanted.edits,
            records: &[],
            end: End::Forget(&[]),
        };
        let mut is_committed = false;
        let written = write::write_and(self.checkout, writing, || {
            change.commit()?;
            is_committed = true;
            Ok(())
        });
        match written {
            Err(error) if is_committed && !self.is_written(wanted) => {
                let found = "the database is changed, and the files are not: run the command again";
                Err(error.context(found))
            }
            written => written.map(|_| ()),
        }
    }

    /// Whether every file is as wanted.
    fn is_written(&self, wanted: &Wanted) -> bool {
        let mut edits = wanted.edits.iter();
        edits.all(|edit| disk::is_written(self.checkout, edit))
    }

    /// Has the host that runs set it, one group after the other; whether there is one that can.
    fn by_host(&self, wanted: &Wanted) -> Result<bool> {
        crate::interrupt::watch()?;
        for (count, update) in wanted.updates.iter().enumerate() {
            match groups::set_provider(self.checkout, &update.id, &update.after)? {
                Answer::Done => {}
                Answer::NoHost | Answer::Unknown if count == 0 => return Ok(false),
                answer => {
                    let why = match answer {
                        Answer::Refused(words) => words,
                        _ => "it ended".to_owned(),
                    };
                    let found = format!(
                        "the host did not set it for {}: {why}",
                        shown::line(&update.id)
                    );
                    let done = format!("{found}; for {count} groups before it was set");
                    return Err(Problem::could_not_run(done)
                        .hint("nanoclaw provider list")
                        .into());
                }
            }
        }
        Ok(true)
    }

    fn say_disagreements(&self, wanted: &Wanted) {
        let of = |group: &Group| group.disagreements(&[group.in_container()]);
        for (found, mend) in wanted.groups.iter().flat_map(of) {
            self.ui
                .tell(Tint::Warn, "note    ", &format!("{found}: {mend}"));
        }
    }

    /// What is left to the person.
    fn say_next(&self, changed: &[Group]) {
        self.ui.say("  each provider keeps a conversation of its own: the new one begins afresh, and the old one goes on when you come back to it");
        look::begin_next(self.checkout, self.ui);
        if needs::has_script(self.checkout, "ncl") {
            self.ui
                .say("  # running containers keep the provider that they started with");
            for group in changed {
                let id = next::quoted(Path::new(&group.id));
                let rebuild = if group.image.is_some() {
                    " --rebuild"
                } else {
                    ""
                };
                self.ui
                    .say(&format!("  pnpm ncl groups restart --id {id}{rebuild}"));
            }
        } else {
            self.ui.say("  # running containers keep the provider that they started with: stop those of the groups");
            self.ui
                .say(&format!("  {}", host::containers(self.checkout)));
        }
    }
}

/// The lines that say what changes in the database.
fn lines(wanted: &Wanted) -> Vec<String> {
    let line = |update: &Update| {
        let Update {
            column,
            id,
            before,
            after,
        } = update;
        let (column, id) = (column.name(), shown::line(id));
        let before = before.as_ref().map_or("nothing".to_owned(), shown::line);
        format!("{column} of {id}: {before} -> {after}")
    };
    wanted.updates.iter().map(line).collect()
}
