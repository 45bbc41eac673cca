//! A message to a group through the host that runs, by its CLI channel: the whole way of a chat. Says who would answer before it is sent.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Error, Result};

use super::CODEX;
use super::failure::{Failure, Setting, Who};
use super::threads::written;
use super::trip::{Stage, Trip};
use crate::checkout::Checkout;
use crate::groups::{self, Chat, Database, Group, Heard};
use crate::interrupt::{self, TICK};
use crate::next;
use crate::problem::Problem;

/// The way to the groups that the host's CLI channel leads to.
pub struct Wired {
    /// The groups, as messages call them: each has codex for its provider.
    pub groups: String,
    chat: Chat,
}

/// Connects to the host, and looks which groups get the message. Where no host runs, no group does, or one has another provider, a [`Problem`]:
/// an answer would prove nothing.
pub fn wired(checkout: &Checkout) -> Result<Wired> {
    let database = Database::to_read(checkout)?;
    let ids = database.in_terminal()?;
    let mut groups = groups::read(checkout, &database)?.read;
    groups.retain(|group| ids.contains(&group.id));
    let refused = |found: String, hint: String| Problem::refused(found).hint(hint);
    if groups.is_empty() {
        let found = "no group is wired to the host's CLI channel (`cli`, `local`)".to_owned();
        let hint = "NanoClaw's own /manage-channels or /init-first-agent wires one".to_owned();
        return Err(refused(found, hint).into());
    }
    let others = |group: &&Group| group.in_container() != CODEX;
    if let Some(group) = groups.iter().find(others) {
        let name = group.shown();
        let provider = crate::shown::line(group.in_container());
        let found = format!("the CLI channel leads to {name}, whose provider is {provider}");
        return Err(refused(found, group.mend(CODEX)).into());
    }
    let Some(chat) = Chat::connect(checkout)? else {
        let found = format!("no host listens at `{}`", Chat::SOCKET);
        let restart = next::restart(checkout);
        let hint = restart.command.unwrap_or(restart.what);
        return Err(Problem::could_not_run(found).hint(hint).into());
    };
    let names = groups.iter().map(Group::shown).collect::<Vec<_>>();
    let groups = names.join(", ");
    Ok(Wired { groups, chat })
}

/// What the host says to a client whose place another one takes (NanoClaw's `src/channels/cli.ts`).
const SUPERSEDED: &str = "[superseded by a newer client]";

/// How an error of a query begins as a message (NanoClaw's `poll-loop.ts`).
const ERROR: &str = "Error: ";

/// How long a session may take to write down the thread that gave an answer which is here already.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends the message, waits for the first text that comes back, and tells which threads of codex went on with it. Where none did, another provider
/// gave the text, and that is a failure.
pub fn by_message(
    trip: &Trip<'_>,
    checkout: &Checkout,
    wired: &mut Wired,
    passed: &mut dyn FnMut(&Stage) -> Result<()>,
) -> Result<()> {
    let before = threads(checkout)?;
    let deadline = Instant::now() + trip.limit;
    wired.chat.say(trip.prompt)?;
    passed(&Stage::Sent)?;
    let text = hear(trip, wired, deadline)?;
    passed(&Stage::Result(text))?;
    let since = Instant::now();
    loop {
        let is_late = since.elapsed() >= PATIENCE;
        match threads(checkout) {
            Ok(mut now) => {
                now.retain(|thread| !before.contains(thread));
                if !now.is_empty() {
                    let mut ids = now.into_iter().map(|thread| thread.id);
                    return ids.try_for_each(|id| passed(&Stage::Thread(id)));
                }
                if is_late {
                    return Err(fail(Failure::OtherProvider));
                }
            }
            // The agent runner may be writing.
            Err(error) if is_late => {
                return Err(error.context("a text came, and whether codex gave it cannot be told"));
            }
            Err(_) => {}
        }
        interrupt::check()?;
        thread::sleep(TICK);
    }
}

/// Waits for the first text.
fn hear(trip: &Trip<'_>, wired: &mut Wired, deadline: Instant) -> Result<String> {
    loop {
        let failure = match wired.chat.hear(deadline)? {
            Heard::Text(text) if text == SUPERSEDED => Failure::HungUp(text),
            Heard::Text(text) => match text.strip_prefix(ERROR) {
                Some(words) => Failure::Answered(words.to_owned()),
                None if text.trim().is_empty() => continue,
                None => return Ok(text),
            },
            Heard::End => Failure::HungUp("it closed the channel".to_owned()),
            Heard::Nothing => Failure::Unanswered(trip.limit),
        };
        return Err(fail(failure));
    }
}

/// A thread of codex that a session of a terminal's messages goes on with, as it stands: both times change when it answers, as far as they are
/// known. The agent runner writes the first when a query begins, and codex the second at every turn.
#[derive(PartialEq, Eq)]
struct Thread {
    group: String,
    session: String,
    id: String,
    continued: Option<String>,
    written: Option<SystemTime>,
}

fn threads(checkout: &Checkout) -> Result<Vec<Thread>> {
    let mut threads = Vec::new();
    for (group, session) in Database::to_read(checkout)?.sessions_in_terminal()? {
        let Some(database) = Database::of_session(checkout, &group, &session)? else {
            continue;
        };
        let Some(id) = database.continuation(CODEX)? else {
            continue;
        };
        threads.push(Thread {
            continued: database.continued(CODEX)?,
            written: written(checkout, &group, &session, &id)?,
            group,
            session,
            id,
        });
    }
    Ok(threads)
}

fn fail(failure: Failure) -> Error {
    let setting = Setting {
        who: Who::Host,
        ..Setting::default()
    };
    failure.problem(&setting).into()
}
