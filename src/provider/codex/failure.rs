//! Why codex gives no answer, told from its own errors, each with what mends it. Asks codex nothing.

mod mend;

use std::time::Duration;

use serde_json::Value;

use super::CODEX;
use super::protocol::text;
use crate::masking::mask_labelled;
use crate::problem::Problem;
use crate::shown;

/// Why there is no answer. The words are codex's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    NotSignedIn,
    /// The sign-in is refused (401). The words may hold the key, and are left out.
    Unauthorized,
    /// The model is refused, which the words name.
    Model(String),
    /// The endpoint has no `/responses` (404).
    NoResponses(String),
    /// The quota is used up, or requests come too fast (429).
    Quota(String),
    /// There is no connection to the endpoint.
    Unreachable(String),
    /// The endpoint's answer breaks off, or is none.
    Broken(String),
    /// Anything else.
    Other(String),
    /// The turn completed, and said nothing.
    Silent,
    /// The turn's text has no end.
    Endless,
    /// No answer in time; the last trouble that codex told of.
    Late(Duration, Option<String>),
    /// Codex ended: how, and its last lines on standard error.
    Ended(String, Vec<String>),
    /// Codex refuses a request.
    Refused(&'static str, String),
    /// A line that is no message of the protocol.
    NoMessage(String),
    /// The modules of the checkout's providers do not load.
    Unloaded(String),
    /// They load, and register no codex.
    Unregistered(String),
    /// They register one, of which the factory makes no provider.
    Unmade(String),
    /// The provider did this in what is its own of the time in all.
    Stuck(&'static str, Duration, Duration),
    /// The provider gives no text, where codex does.
    Provider(String),
    /// Asked to go on with one thread, the provider goes on with another.
    OtherThread(String, String),
    /// The provider does not begin afresh when a thread is lost.
    LostThread(String),
    /// No answer came to a message in time.
    Unanswered(Duration),
    /// The agent answers with an error.
    Answered(String),
    /// The host speaks with us no more, as it says or does.
    HungUp(String),
    /// A text came, and no thread of codex went on.
    OtherProvider,
}

/// Who is talked with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Who {
    /// Codex itself.
    #[default]
    Codex,
    /// The provider under bun on this machine.
    Provider,
    /// The provider in a container.
    Container,
    /// The host that runs.
    Host,
}

impl Who {
    /// What sentences call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Codex => "codex",
            Self::Provider => "the provider",
            Self::Container => "the provider in its container",
            Self::Host => "the host",
        }
    }

    /// What came of it when its time was over: of a container's end its engine alone knows.
    fn ended(self) -> &'static str {
        match self {
            Self::Container => "told to end",
            _ => "ended",
        }
    }
}

/// A part of the time that a trial may take, in seconds.
pub(super) fn part(own: Duration, limit: Duration) -> String {
    let (own, limit) = (own.as_secs_f64(), limit.as_secs());
    format!("{own:.0} s of --timeout {limit}")
}

/// What hints and sentences name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Setting {
    /// Who is talked with.
    pub(super) who: Who,
    /// The model of the thread, once it is known.
    pub(super) model: String,
    /// The endpoint's address, where codex's configuration has one.
    pub(super) endpoint: Option<String>,
    /// Whether codex has an account, or needs none.
    pub(super) signed_in: bool,
}

/// Words of a connection that does not come about: of the system's resolver, of the kernel and of the HTTP client.
const NO_CONNECTION: [&str; 7] = [
    "failed to lookup address",
    "connection refused",
    "error sending request",
    "network is unreachable",
    "no route to host",
    "dns error",
    "certificate",
];

/// How codex's words begin where an answer had no end.
const BROKEN: &str = "stream disconnected before completion";

impl Failure {
    /// Reads an error of a turn (`TurnError`). `None` where it says nothing certain yet: codex tries a WebSocket first, and an endpoint without
    /// one may have the rest.
    pub(super) fn of(error: &Value, setting: &Setting) -> Option<Self> {
        let details = text(error, "/additionalDetails");
        let words = if details.is_empty() {
            text(error, "/message")
        } else {
            details
        };
        // Where none comes about codex goes on without.
        if words.contains("WebSocket") {
            return None;
        }
        let said = inner(words);
        let about_model = || names_model(words, &said, &setting.model);
        let status = status(error, words);
        Some(match status {
            Some(401) if setting.signed_in => Self::Unauthorized,
            Some(401) => Self::NotSignedIn,
            Some(404) if words.contains("ws://") || words.contains("wss://") => return None,
            Some(404) if about_model() => Self::Model(said),
            Some(404) if words.contains("/responses") => Self::NoResponses(said),
            Some(429) => Self::Quota(said),
            _ if error.pointer("/codexErrorInfo") == Some(&"usageLimitExceeded".into()) => {
                Self::Quota(said)
            }
            // Of a 400 codex gives the body alone.
            None | Some(400 | 403) if !words.starts_with(BROKEN) && about_model() => {
                Self::Model(said)
            }
            _ => Self::of_words(said),
        })
    }

    fn of_words(said: String) -> Self {
        let lower = said.to_lowercase();
        if NO_CONNECTION.iter().any(|sign| lower.contains(sign)) {
            Self::Unreachable(said)
        } else if said.starts_with(BROKEN) {
            Self::Broken(said)
        } else {
            Self::Other(said)
        }
    }

    /// Whether another try of codex would end the same. `again` says that this is not the first of its kind.
    pub(super) fn is_certain(&self, again: bool) -> bool {
        match self {
            Self::Unreachable(_) | Self::Broken(_) => again,
            Self::Other(_) => false,
            _ => true,
        }
    }

    /// Codex's own words, where they are of an endpoint's trouble.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Unreachable(said) | Self::Broken(said) | Self::Other(said) => Some(said.clone()),
            _ => None,
        }
    }

    /// The same as an error, with what mends it.
    pub(super) fn problem(self, setting: &Setting) -> Problem {
        let (found, mend) = (self.sentence(setting), self.mend(setting));
        let checks = match self.checks() {
            "" => String::new(),
            checks => format!(", its {checks}"),
        };
        Problem::failed(found).hint(format!(
            "{mend}; see also nanoclaw skill doctor {CODEX}{checks}"
        ))
    }

    fn sentence(&self, setting: &Setting) -> String {
        let endpoint = endpoint(setting);
        let who = setting.who.name();
        match self {
            Self::NotSignedIn => "codex is not signed in".to_owned(),
            Self::Unauthorized => format!("{endpoint} refuses codex's sign-in (401)"),
            Self::Model(said) => {
                let model = shown::line(&setting.model);
                format!("{endpoint} refuses the model `{model}`: {}", shown(said))
            }
            Self::NoResponses(_) => {
                format!("{endpoint} has no Responses API (404): it may have chat completions only")
            }
            Self::Quota(said) => format!(
                "the quota is used up, or requests come too fast: {}",
                shown(said)
            ),
            Self::Unreachable(said) => format!("{endpoint} cannot be reached: {}", shown(said)),
            Self::Broken(said) => format!(
                "{endpoint} breaks its answer off, or sends no stream of the Responses API: {}",
                shown(said)
            ),
            Self::Other(said) => format!("codex's turn failed: {}", shown(said)),
            Self::Silent => "codex's turn completed without a text".to_owned(),
            Self::Endless => "codex's turn has a text of more than 16 MiB".to_owned(),
            Self::Late(limit, trouble) => {
                let trouble = trouble.as_ref().map(|said| format!("; {}", shown(said)));
                format!(
                    "{who} had no answer from {endpoint} after {} s (--timeout), and was {}{}",
                    limit.as_secs(),
                    setting.who.ended(),
                    trouble.unwrap_or_default()
                )
            }
            Self::Ended(how, tail) => {
                let tail = tail.iter().map(|line| format!("\n  {}", shown(line)));
                format!("{who} ended early ({how}){}", tail.collect::<String>())
            }
            Self::Refused(method, said) => format!("codex refuses `{method}`: {}", shown(said)),
            Self::NoMessage(line) => {
                format!(
                    "{who} said what is no message of its protocol: {}",
                    shown(line)
                )
            }
            Self::Unloaded(said) => {
                format!("the checkout's providers do not load: {}", shown(said))
            }
            Self::Unregistered(said) => {
                format!("the checkout's providers have no {CODEX}: {}", shown(said))
            }
            Self::Unmade(said) => format!("{who} is not made: {}", shown(said)),
            Self::Stuck(did, own, limit) => {
                let (own, ended) = (part(*own, *limit), setting.who.ended());
                format!("{who} {did} in {own}, and was {ended}")
            }
            Self::Provider(said) => {
                format!("{who} gives no text, where codex does: {}", shown(said))
            }
            Self::OtherThread(asked, found) => format!(
                "asked to go on with the thread {}, {who} went on with {}",
                shown(asked),
                shown(found)
            ),
            Self::LostThread(said) => format!(
                "{who} does not begin afresh when a thread is lost: {}",
                shown(said)
            ),
            Self::Unanswered(limit) => format!(
                "no answer came after {} s (--timeout), though the host took the message",
                limit.as_secs()
            ),
            Self::Answered(said) => format!("the agent answers with an error: {}", shown(said)),
            Self::HungUp(said) => format!("{who} speaks with us no more: {}", shown(said)),
            Self::OtherProvider => "a text came, and no thread of codex went on with it: another provider gave it, for a running container keeps the one that it started with".to_owned(),
        }
    }
}

/// How long codex's words in a sentence may be, in characters.
const LONGEST: usize = 400;

/// Codex's words as part of a sentence: on one line, and without credentials.
pub(super) fn shown(words: &str) -> String {
    let line = shown::line(mask_labelled(words.trim()));
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn endpoint(setting: &Setting) -> String {
    let named = setting.endpoint.as_deref().map(shown);
    named.map_or_else(
        || "the model's endpoint".to_owned(),
        |address| format!("the endpoint {address}"),
    )
}

/// The HTTP status of an error: where codex has one, or as it is said.
fn status(error: &Value, words: &str) -> Option<u64> {
    let info = error.pointer("/codexErrorInfo")?;
    if info == "unauthorized" {
        return Some(401);
    }
    let told = info.as_object().and_then(|info| info.values().next());
    let told = told.and_then(|info| info.pointer("/httpStatusCode")?.as_u64());
    let said = || {
        let (_, after) = words.split_once("status")?;
        let digits = after.trim_start_matches([':', ' ']);
        digits.get(..3)?.parse().ok()
    };
    told.or_else(said)
}

/// The sentence in an endpoint's JSON, of which codex gives the whole for a 400.
fn inner(words: &str) -> String {
    let Ok(body) = serde_json::from_str::<Value>(words) else {
        return words.to_owned();
    };
    let places = ["/error/message", "/detail", "/message"];
    let found = places.iter().map(|place| text(&body, place));
    let found = found.into_iter().find(|said| !said.is_empty());
    found.unwrap_or(words).to_owned()
}

/// Whether an endpoint's words are about the model.
fn names_model(words: &str, said: &str, model: &str) -> bool {
    let body = serde_json::from_str::<Value>(words).unwrap_or_default();
    let coded =
        text(&body, "/error/param") == "model" || text(&body, "/error/code").contains("model");
    coded || (!model.is_empty() && said.contains(model))
}

#[cfg(test)]
mod tests;
