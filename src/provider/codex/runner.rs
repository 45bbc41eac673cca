//! The installed provider, asked as NanoClaw's agent runner asks it: what the script that drives it says, and a round trip by it. Knows not where it
//! runs.

use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use serde_json::{Value, json};

use super::CODEX;
use super::failure::{Failure, Setting, part, shown};
use super::protocol::text;
use super::server::Server;
use super::trip::{AGAIN, NO_THREAD, Stage, Trip};
use super::way::Way;
use crate::interrupt;
use crate::process::{Conversation, Said};

/// Makes a round trip by the provider, and tells of each stage when it is passed.
pub(super) fn round_trip(
    trip: &Trip<'_>,
    way: &Way,
    passed: &mut dyn FnMut(&Stage) -> Result<()>,
) -> Result<()> {
    let mut runner = Runner::start(trip, way)?;
    let model = runner.setting.model.clone();
    let asked = json!({ "prompt": trip.prompt });
    let turn = runner.turn(&asked, &mut |thread| {
        let (thread, model) = (thread.to_owned(), model.clone());
        let account = None;
        passed(&Stage::Init {
            thread,
            model,
            account,
        })
    })?;
    passed(&Stage::Activity(turn.activities))?;
    let last = turn.last.as_ref();
    let last = last.map(|last| format!(", the last `{}`", shown(last)));
    let progress = format!("messages: {}{}", turn.messages, last.unwrap_or_default());
    passed(&Stage::Progress(progress))?;
    passed(&Stage::Result(turn.text))?;
    let asked = json!({ "prompt": AGAIN, "continuation": turn.thread });
    let again = runner.turn(&asked, &mut |_| Ok(()))?;
    if again.thread != turn.thread {
        return Err(runner.fail(Failure::OtherThread(turn.thread, again.thread)));
    }
    passed(&Stage::Resume(again.text))?;
    passed(&Stage::StaleThread(runner.recover()?))
}

/// An event of the script: the provider's own, and how a query ended.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    /// The provider is made, and asks this model; nothing where it does not say.
    Ready(String),
    /// The barrel does not load.
    Unloaded(String),
    /// The factory knows no such provider.
    Unknown(String),
    /// It throws, or gives what is no provider.
    Unmade(String),
    Init(String),
    Activity,
    Progress(String),
    Result(String),
    /// An error, and whether the provider goes on after it.
    Error(String, bool),
    /// The query is over.
    End,
    /// The query failed, and whether the provider takes that for a lost thread.
    Thrown(String, bool),
    /// None, for as long as the provider is waited for.
    Late,
    /// One that is not known here.
    Other,
}

/// Reads a line; `None` where it is no event.
fn read(line: &[u8]) -> Option<Event> {
    let event: Value = serde_json::from_slice(line).ok()?;
    let said = |name: &str| text(&event, name).to_owned();
    let is = |name: &str| event.pointer(name) == Some(&Value::Bool(true));
    Some(match event.get("type")?.as_str()? {
        "ready" => Event::Ready(said("/model")),
        "unloaded" => Event::Unloaded(said("/message")),
        "unknown" => Event::Unknown(said("/message")),
        "unmade" => Event::Unmade(said("/message")),
        "init" => Event::Init(said("/continuation")),
        "activity" => Event::Activity,
        "progress" => Event::Progress(said("/message")),
        "result" => Event::Result(said("/text")),
        "error" => Event::Error(said("/message"), is("/retryable")),
        "end" => Event::End,
        "thrown" => Event::Thrown(said("/message"), is("/stale")),
        _ => Event::Other,
    })
}

/// What came of a query.
#[derive(Debug, Default)]
struct Turn {
    thread: String,
    activities: usize,
    messages: usize,
    /// The last message of progress.
    last: Option<String>,
    text: String,
}

/// Why a query gave nothing: the provider's words, and whether it takes them for those of a lost thread.
struct Lack {
    words: String,
    stale: bool,
    /// Whether the provider did not say so, and was waited for in vain.
    late: bool,
}

impl Lack {
    fn of(words: impl Into<String>) -> Self {
        let words = words.into();
        let (stale, late) = (false, false);
        Self { words, stale, late }
    }
}

/// How long codex itself may be asked why the provider gives nothing, where there is as much.
const TO_EXPLAIN: Duration = Duration::from_secs(20);

/// What the provider has of the time that all may take.
fn own(limit: Duration) -> Duration {
    limit.saturating_sub(TO_EXPLAIN.min(limit / 3))
}

/// The script at work.
struct Runner<'a> {
    trip: &'a Trip<'a>,
    way: &'a Way,
    /// When the provider is waited for no more.
    patience: Instant,
    /// When all is over, and what codex itself says of it, too.
    deadline: Instant,
    conversation: Conversation,
    setting: Setting,
}

impl<'a> Runner<'a> {
    /// Starts it, and has it make the provider.
    fn start(trip: &'a Trip<'a>, way: &'a Way) -> Result<Self> {
        let now = Instant::now();
        let mut runner = Self {
            trip,
            way,
            patience: now + own(trip.limit),
            deadline: now + trip.limit,
            conversation: way.runner.start()?,
            setting: Setting {
                who: way.who,
                signed_in: true,
                ..Setting::default()
            },
        };
        runner.say(&json!({ "providers": way.providers, "name": CODEX }));
        loop {
            let failure = match runner.hear()? {
                Event::Ready(model) => {
                    runner.setting.model = model;
                    return Ok(runner);
                }
                Event::Unloaded(words) => Failure::Unloaded(words),
                Event::Unknown(words) => Failure::Unregistered(words),
                Event::Unmade(words) => Failure::Unmade(words),
                Event::Late => runner.stuck("did not load"),
                _ => continue,
            };
            return Err(runner.fail(failure));
        }
    }

    /// Asks for a turn that must give a text. `begun` gets the thread.
    fn turn(&mut self, asked: &Value, begun: &mut dyn FnMut(&str) -> Result<()>) -> Result<Turn> {
        match self.query(asked, begun)? {
            Ok(turn) if turn.thread.is_empty() => self.explain(&Lack::of("it names no thread")),
            Ok(turn) if turn.text.trim().is_empty() => {
                self.explain(&Lack::of("it completes without a text"))
            }
            Ok(turn) => Ok(turn),
            Err(lack) => self.explain(&lack),
        }
    }

    fn query(
        &mut self,
        asked: &Value,
        begun: &mut dyn FnMut(&str) -> Result<()>,
    ) -> Result<std::result::Result<Turn, Lack>> {
        let mut asked = asked.clone();
        if let Some(asked) = asked.as_object_mut() {
            asked.insert("cwd".to_owned(), json!(self.way.runner.work));
        }
        self.say(&asked);
        let mut turn = Turn::default();
        let mut failed = None;
        loop {
            match self.hear()? {
                Event::Init(thread) => {
                    begun(&thread)?;
                    turn.thread = thread;
                }
                Event::Activity => turn.activities += 1,
                Event::Progress(message) => {
                    turn.messages += 1;
                    turn.last = Some(message);
                }
                // The loop delivers each that has a text; the first is what was asked for.
                Event::Result(text) if turn.text.trim().is_empty() => turn.text = text,
                Event::Error(words, false) => failed = Some(Lack::of(words)),
                Event::End => return Ok(failed.map_or(Ok(turn), Err)),
                Event::Thrown(words, stale) => {
                    let late = false;
                    return Ok(Err(Lack { words, stale, late }));
                }
                Event::Late if !turn.text.trim().is_empty() => {
                    return Err(self.fail(self.stuck("gave its text and did not end")));
                }
                Event::Late => {
                    let limit = self.trip.limit;
                    let words = format!("no answer in {}", part(own(limit), limit));
                    let late = true;
                    return Ok(Err(failed.unwrap_or(Lack {
                        late,
                        ..Lack::of(words)
                    })));
                }
                _ => {}
            }
        }
    }

    /// Goes on with a thread that is not there, as far as the provider begins a fresh one. Gives how it came to that, a clause.
    fn recover(&mut self) -> Result<String> {
        let prompt = self.trip.prompt;
        let begin = json!({ "prompt": prompt, "until": "init" });
        let lost = json!({ "prompt": prompt, "until": "init", "continuation": NO_THREAD });
        let words = match self.query(&lost, &mut |_| Ok(()))? {
            Ok(turn) if turn.thread.is_empty() || turn.thread == NO_THREAD => {
                "it goes on with a thread that is not there".to_owned()
            }
            Ok(_) => return Ok("known by the provider itself".to_owned()),
            Err(lack) if lack.stale => {
                // The loop forgets the thread, and the next message comes without.
                return match self.query(&begin, &mut |_| Ok(()))? {
                    Ok(_) => Ok(format!("known by the provider ({})", shown(&lack.words))),
                    Err(lack) => self.explain(&lack),
                };
            }
            Err(lack) if lack.late => return self.explain(&lack),
            Err(lack) => lack.words,
        };
        Err(self.fail(Failure::LostThread(words)))
    }

    fn say(&mut self, asked: &Value) {
        self.conversation.say(asked.to_string());
    }

    fn hear(&mut self) -> Result<Event> {
        let failure = match self.conversation.hear(self.patience)? {
            Said::Line(line) => match read(&line) {
                Some(event) => return Ok(event),
                None => Failure::NoMessage(String::from_utf8_lossy(&line).into_owned()),
            },
            Said::TooLong => Failure::NoMessage("a line without an end".to_owned()),
            Said::Nothing => return Ok(Event::Late),
            Said::Ended { how, tail } => Failure::Ended(how, tail),
        };
        Err(self.fail(failure))
    }

    /// Asks codex itself why the provider gave nothing: of a turn that fails the provider says no more than that there is no text.
    fn explain<T>(&self, lack: &Lack) -> Result<T> {
        let trip = Trip {
            model: Some(self.setting.model.as_str()).filter(|model| !model.is_empty()),
            ..*self.trip
        };
        let ask = || {
            let mut server = Server::start(&trip, &self.way.codex, self.deadline)?;
            let thread = server.begin()?;
            server.turn(&thread, trip.prompt)
        };
        Err(match ask() {
            Ok(_) if lack.late => self.fail(self.stuck("gave no answer, where codex does,")),
            Ok(_) => self.fail(Failure::Provider(lack.words.clone())),
            Err(reason) if interrupt::asked().is_some() => reason,
            Err(reason) => {
                let found = format!(
                    "{} gives no text ({})",
                    self.setting.who.name(),
                    shown(&lack.words)
                );
                reason.context(found)
            }
        })
    }

    /// The provider, waited for in vain, did this.
    fn stuck(&self, did: &'static str) -> Failure {
        let limit = self.trip.limit;
        Failure::Stuck(did, own(limit), limit)
    }

    fn fail(&self, failure: Failure) -> Error {
        failure.problem(&self.setting).into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, read};

    #[test]
    fn a_line_is_read_as_the_event_that_it_is() {
        let text = str::to_owned;
        for (line, expected) in [
            (
                r#"{"type":"init","continuation":"t-1"}"#,
                Some(Event::Init(text("t-1"))),
            ),
            (
                r#"{"type":"result","text":null}"#,
                Some(Event::Result(text(""))),
            ),
            (
                r#"{"type":"error","message":"no","retryable":false}"#,
                Some(Event::Error(text("no"), false)),
            ),
            (
                r#"{"type":"error","message":"later","retryable":true}"#,
                Some(Event::Error(text("later"), true)),
            ),
            (
                r#"{"type":"thrown","message":"gone","stale":true}"#,
                Some(Event::Thrown(text("gone"), true)),
            ),
            (r#"{"type":"compacted"}"#, Some(Event::Other)),
            (r#"{"message":"no type"}"#, None),
            ("[]", None),
            ("a word", None),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
    }
}
