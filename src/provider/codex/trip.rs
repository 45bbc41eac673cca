//! Codex, live: a round trip through `codex app-server`, as the provider makes one for each query, or by the provider itself. Leaves codex's settings
//! as they are.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::CODEX;
use super::failure::{self, Failure};
use super::server::Server;
use super::way::{self, Launch};
use super::{container, runner};
use crate::checkout::Checkout;
use crate::process;
use crate::temporary::Temporary;

/// What is asked where nobody says otherwise.
pub const PROMPT: &str = "Answer with the one word: pong";

/// What is asked when the thread is resumed.
pub(super) const AGAIN: &str = "Repeat the first word of your last answer";

/// A round trip to make.
#[derive(Debug, Clone, Copy)]
pub struct Trip<'a> {
    /// What the model is asked.
    pub prompt: &'a str,
    /// The model; without it, codex's own choice.
    pub model: Option<&'a str>,
    /// How long it may take in all.
    pub limit: Duration,
}

/// A stage of a round trip that was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The host took the message.
    Sent,
    /// A thread began.
    Init {
        /// Its id.
        thread: String,
        /// Its model; nothing where it is not said.
        model: String,
        /// Who codex is signed in as, a clause, where that is asked.
        account: Option<String>,
    },
    /// The signs of life during the turn, counted.
    Activity(usize),
    /// What came of the turn before its end, a clause.
    Progress(String),
    /// The answer.
    Result(String),
    /// A session of the chat goes on with this thread of codex.
    Thread(String),
    /// The same thread answered in another app-server.
    Resume(String),
    /// A fresh thread began in the place of one that is not there: how that was known, a clause.
    StaleThread(String),
}

/// The version of the codex on the `PATH`; `None` where it says none.
pub fn version() -> Result<Option<String>> {
    let printed = process::answer(CODEX, &["--version"], &[])?;
    let version = printed
        .as_deref()
        .and_then(|line| line.split_whitespace().nth(1));
    Ok(version.map(str::to_owned))
}

/// Makes a round trip in an empty folder, and tells of each stage when it is passed. A stage that is not passed is a
/// [`Problem`](crate::problem::Problem) with exit code 1, or that of a signal.
pub fn round_trip(trip: &Trip<'_>, passed: &mut dyn FnMut(&Stage) -> Result<()>) -> Result<()> {
    let folder = Temporary::new()?;
    let launch = Launch::app_server(folder.path());
    let deadline = Instant::now() + trip.limit;
    let thread = first(trip, &launch, deadline, passed)?;
    let mut server = Server::start(trip, &launch, deadline)?;
    server.resume(&thread)?;
    let turn = server.turn(&thread, AGAIN)?;
    passed(&Stage::Resume(turn.text))?;
    passed(&Stage::StaleThread(recover(&mut server)?))
}

/// Makes a round trip by the installed provider, as [`round_trip`] does by codex.
pub fn by_provider(
    trip: &Trip<'_>,
    checkout: &Checkout,
    passed: &mut dyn FnMut(&Stage) -> Result<()>,
) -> Result<()> {
    runner::round_trip(trip, &way::here(checkout, trip.model)?, passed)
}

/// Makes one by the provider in a container of an image.
pub fn in_container(
    trip: &Trip<'_>,
    checkout: &Checkout,
    image: &str,
    passed: &mut dyn FnMut(&Stage) -> Result<()>,
) -> Result<()> {
    let way = container::way(checkout, image, trip.model)?;
    runner::round_trip(trip, &way, passed)
}

/// A thread and its first turn. Gives the thread's id.
fn first(
    trip: &Trip<'_>,
    launch: &Launch,
    deadline: Instant,
    passed: &mut dyn FnMut(&Stage) -> Result<()>,
) -> Result<String> {
    let mut server = Server::start(trip, launch, deadline)?;
    let thread = server.begin()?;
    passed(&Stage::Init {
        thread: thread.clone(),
        model: server.model().to_owned(),
        account: Some(server.account().to_owned()),
    })?;
    let turn = server.turn(&thread, trip.prompt)?;
    passed(&Stage::Activity(turn.notifications))?;
    let progress = format!("items: {}, parts of the text: {}", turn.items, turn.parts);
    passed(&Stage::Progress(progress))?;
    passed(&Stage::Result(turn.text))?;
    Ok(thread)
}

/// A thread that nobody has: of a UUID's form, for another is refused for its form.
pub(super) const NO_THREAD: &str = "00000000-0000-7000-8000-000000000000";

/// By which words of a refusal the provider knows a lost thread, and begins afresh (`STALE_THREAD_RE` of its `codex.ts`).
const STALE: [&str; 5] = [
    "thread not found",
    "unknown thread",
    "thread id",
    "thread_id",
    "no such thread",
];

/// Asks for a thread that is not there, and then for a fresh one. Gives the words of the refusal.
fn recover(server: &mut Server) -> Result<String> {
    const METHOD: &str = "thread/resume";
    let params = json!({ "threadId": NO_THREAD });
    let words = match server.ask(METHOD, &params)? {
        Err(words) => words,
        Ok(_) => "a thread that is not there is resumed".to_owned(),
    };
    let lower = words.to_lowercase();
    if !STALE.iter().any(|sign| lower.contains(sign)) {
        let said = format!("{words} (the provider would not know it for a lost thread)");
        return Err(server.fail(Failure::Refused(METHOD, said)));
    }
    server.begin()?;
    Ok(format!("refused ({})", failure::shown(&words)))
}
