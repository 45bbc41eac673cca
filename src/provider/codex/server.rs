//! An app-server that runs: requests to it, and a turn of it. It may write nothing, and every approval that it asks for is refused.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use serde_json::{Map, Value, json};

use super::failure::{Failure, Setting, shown};
use super::protocol::{Message, no, notification, read, request, text};
use super::trip::Trip;
use super::turn::{Step, Turn};
use super::way::Launch;
use crate::process::{Conversation, Said};

/// An app-server. Dropped, it is ended as the provider does, by a signal: with its standard input closed it would go on for seconds.
pub(super) struct Server {
    conversation: Conversation,
    /// The id of the last request.
    id: u64,
    limit: Duration,
    deadline: Instant,
    setting: Setting,
    account: String,
    /// What each thread begins with.
    thread: Value,
    /// What each turn begins with.
    turn: Value,
}

impl Server {
    /// Starts one and greets it. Codex that is not signed in, and has no endpoint of its own that may not ask for that, is an error.
    pub(super) fn start(trip: &Trip<'_>, launch: &Launch, deadline: Instant) -> Result<Self> {
        let folder = launch.work.as_path();
        let mut server = Self {
            conversation: launch.start()?,
            id: 0,
            limit: trip.limit,
            deadline,
            setting: Setting::default(),
            account: String::new(),
            thread: Value::Null,
            turn: json!({ "cwd": folder, "model": trip.model }),
        };
        let version = env!("CARGO_PKG_VERSION");
        let client = json!({ "name": "nanoclaw", "title": "nanoclaw", "version": version });
        let hello = json!({ "clientInfo": client, "capabilities": { "experimentalApi": false } });
        server.must("initialize", &hello)?;
        server.conversation.say(notification("initialized"));
        server.read_account()?;
        server.read_configuration(trip, folder)?;
        if !server.setting.signed_in && server.setting.endpoint.is_none() {
            return Err(server.fail(Failure::NotSignedIn));
        }
        Ok(server)
    }

    fn read_account(&mut self) -> Result<()> {
        let read = self.must("account/read", &json!({}))?;
        let needed = read.pointer("/requiresOpenaiAuth") != Some(&Value::Bool(false));
        let kind = text(&read, "/account/type");
        self.setting.signed_in = !needed || !kind.is_empty();
        self.account = match kind {
            "apiKey" => "signed in with an API key".to_owned(),
            "chatgpt" => {
                let plan = shown(text(&read, "/account/planType"));
                format!("signed in with ChatGPT ({plan})")
            }
            "" if needed => "not signed in".to_owned(),
            "" => "no sign-in needed".to_owned(),
            other => format!("signed in by {}", shown(other)),
        };
        Ok(())
    }

    fn read_configuration(&mut self, trip: &Trip<'_>, folder: &Path) -> Result<()> {
        let read = self.must("config/read", &json!({ "includeLayers": false }))?;
        self.setting.endpoint = endpoint(&read).map(str::to_owned);
        // The user's own tool servers have no part in it, nor has the login shell, whose state codex would take down.
        let off = || json!({ "enabled": false });
        let servers = read
            .pointer("/config/mcp_servers")
            .and_then(Value::as_object);
        let servers = servers.into_iter().flat_map(Map::keys);
        let servers = servers
            .map(|name| (name.clone(), off()))
            .collect::<Map<_, _>>();
        self.thread = json!({
            "cwd": folder,
            "model": trip.model,
            "sandbox": "read-only",
            "approvalPolicy": "never",
            "config": { "features": { "shell_snapshot": false }, "mcp_servers": servers },
        });
        Ok(())
    }

    /// Who codex is signed in as, a clause.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// The model of the thread.
    pub(super) fn model(&self) -> &str {
        &self.setting.model
    }

    /// Begins a thread, and gives its id.
    pub(super) fn begin(&mut self) -> Result<String> {
        let params = self.thread.clone();
        self.open("thread/start", &params)
    }

    /// Goes on with a thread.
    pub(super) fn resume(&mut self, thread: &str) -> Result<()> {
        const METHOD: &str = "thread/resume";
        let params = with(&self.thread, "threadId", thread.into());
        let resumed = self.open(METHOD, &params)?;
        if resumed == thread {
            return Ok(());
        }
        let said = format!("asked for the thread {thread}, it resumed {resumed}");
        Err(self.fail(Failure::Refused(METHOD, said)))
    }

    fn open(&mut self, method: &'static str, params: &Value) -> Result<String> {
        let opened = self.must(method, params)?;
        text(&opened, "/model").clone_into(&mut self.setting.model);
        let thread = text(&opened, "/thread/id");
        if thread.is_empty() {
            let said = "its answer names no thread".to_owned();
            return Err(self.fail(Failure::Refused(method, said)));
        }
        Ok(thread.to_owned())
    }

    /// Asks the model in a thread, and waits for its answer.
    pub(super) fn turn(&mut self, thread: &str, prompt: &str) -> Result<Turn> {
        const METHOD: &str = "turn/start";
        let params = with(&self.turn, "threadId", thread.into());
        let input = json!([{ "type": "text", "text": prompt }]);
        let id = self.send(METHOD, &with(&params, "input", input));
        let mut turn = Turn::default();
        loop {
            let step = match self.hear(turn.trouble.as_ref())? {
                Message::Note { method, params } => turn.take(&method, &params, &self.setting),
                Message::Refusal { id: to, words } if to == id => {
                    Step::Failed(Failure::Refused(METHOD, words))
                }
                _ => Step::On,
            };
            match step {
                Step::On => {}
                Step::Completed => return Ok(turn),
                Step::Failed(failure) => return Err(self.fail(failure)),
            }
        }
    }

    /// Makes a request that must be done.
    fn must(&mut self, method: &'static str, params: &Value) -> Result<Value> {
        let answer = self.ask(method, params)?;
        answer.map_err(|words| self.fail(Failure::Refused(method, words)))
    }

    /// Makes a request; inside, the words of a refusal.
    pub(super) fn ask(
        &mut self,
        method: &str,
        params: &Value,
    ) -> Result<std::result::Result<Value, String>> {
        let id = self.send(method, params);
        loop {
            match self.hear(None)? {
                Message::Answer { id: to, result } if to == id => return Ok(Ok(result)),
                Message::Refusal { id: to, words } if to == id => return Ok(Err(words)),
                _ => {}
            }
        }
    }

    fn send(&mut self, method: &str, params: &Value) -> u64 {
        self.id += 1;
        self.conversation.say(request(self.id, method, params));
        self.id
    }

    /// Waits for a message, and refuses what is asked meanwhile.
    fn hear(&mut self, trouble: Option<&Failure>) -> Result<Message> {
        loop {
            let failure = match self.conversation.hear(self.deadline)? {
                Said::Line(line) => match read(&line) {
                    Some(Message::Request { id, method }) => {
                        self.conversation.say(no(&id, &method));
                        continue;
                    }
                    Some(message) => return Ok(message),
                    None => Failure::NoMessage(String::from_utf8_lossy(&line).into_owned()),
                },
                Said::TooLong => Failure::NoMessage("a line without an end".to_owned()),
                Said::Nothing => Failure::Late(self.limit, trouble.and_then(Failure::words)),
                Said::Ended { how, tail } => Failure::Ended(how, tail),
            };
            return Err(self.fail(failure));
        }
    }

    /// A failure as an error that names what codex is set to.
    pub(super) fn fail(&self, failure: Failure) -> Error {
        failure.problem(&self.setting).into()
    }
}

/// The address of an endpoint that is not codex's own choice: that of the provider which the configuration names, else `openai_base_url`.
fn endpoint(read: &Value) -> Option<&str> {
    let configuration = read.pointer("/config")?;
    let named = || {
        let name = configuration.get("model_provider")?.as_str()?;
        configuration
            .get("model_providers")?
            .get(name)?
            .get("base_url")
    };
    let own = named().or_else(|| configuration.get("openai_base_url"));
    own?.as_str().filter(|address| !address.is_empty())
}

/// A JSON object with a member more.
fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::endpoint;

    #[test]
    fn the_endpoint_is_that_of_the_named_provider_or_of_the_usual_one() {
        let own = json!({ "a/b": { "base_url": "http://own/v1" }, "c": {} });
        let usual = json!("http://usual/v1");
        for (configuration, expected) in [
            (
                json!({ "model_provider": null, "openai_base_url": null }),
                None,
            ),
            (json!({ "openai_base_url": "" }), None),
            (
                json!({ "model_providers": own, "openai_base_url": usual }),
                Some("http://usual/v1"),
            ),
            (
                json!({ "model_provider": "a/b", "model_providers": own, "openai_base_url": usual }),
                Some("http://own/v1"),
            ),
            (
                json!({ "model_provider": "c", "model_providers": own }),
                None,
            ),
        ] {
            let read = json!({ "config": configuration });
            assert_eq!(endpoint(&read), expected, "{read}");
        }
    }
}
