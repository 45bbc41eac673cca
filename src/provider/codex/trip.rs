//! Codex, live: a round trip through `codex app-server`, as the provider makes one for each query. Leaves codex's sign-in and settings as they are.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

use super::CODEX;
use super::failure::{self, Failure};
use super::server::Server;
use crate::process;

/// What is asked where nobody says otherwise.
pub const PROMPT: &str = "Answer with the one word: pong";

/// What is asked when the thread is resumed.
const AGAIN: &str = "Repeat the first word of your last answer";

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
    /// A thread began.
    Init {
        /// Its id.
        thread: String,
        /// Its model.
        model: String,
        /// Who codex is signed in as, a clause.
        account: String,
    },
    /// The notifications of the turn, counted.
    Activity(usize),
    /// The items of the turn and the parts of its text, counted.
    Progress(usize, usize),
    /// The answer.
    Result(String),
    /// The same thread answered in another app-server.
    Resume(String),
    /// A thread that is not there was refused in these words, and a fresh one began.
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
    let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
    let deadline = Instant::now() + trip.limit;
    let thread = first(trip, folder.path(), deadline, passed)?;
    let mut server = Server::start(trip, folder.path(), deadline)?;
    server.resume(&thread)?;
    let turn = server.turn(&thread, AGAIN)?;
    passed(&Stage::Resume(turn.text))?;
    passed(&Stage::StaleThread(recover(&mut server)?))
}

/// A thread and its first turn. Gives the thread's id.
fn first(
    trip: &Trip<'_>,
    folder: &Path,
    deadline: Instant,
    passed: &mut dyn FnMut(&Stage) -> Result<()>,
) -> Result<String> {
    let mut server = Server::start(trip, folder, deadline)?;
    let thread = server.begin()?;
    passed(&Stage::Init {
        thread: thread.clone(),
        model: server.model().to_owned(),
        account: server.account().to_owned(),
    })?;
    let turn = server.turn(&thread, trip.prompt)?;
    passed(&Stage::Activity(turn.notifications))?;
    passed(&Stage::Progress(turn.items, turn.parts))?;
    passed(&Stage::Result(turn.text))?;
    Ok(thread)
}

/// A thread that nobody has: of a UUID's form, for another is refused for its form.
const NO_THREAD: &str = "00000000-0000-7000-8000-000000000000";

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
    Ok(failure::shown(&words))
}
