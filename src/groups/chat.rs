//! The host's CLI channel, `data/cli.sock`: a message in a line of JSON, answers in lines (NanoClaw's `src/channels/cli.ts`). It leads to the groups
//! that are wired to it; there is one client at a time, and a new one takes the place of the old.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::socket::{Host, Line};
use crate::checkout::Checkout;

/// A connection to the channel.
pub struct Chat {
    host: Host,
}

/// What is heard of the channel.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Text(String),
    /// The host closed it.
    End,
    /// Nothing, until the deadline.
    Nothing,
}

impl Chat {
    /// Where the host listens, relative to the root.
    pub const SOCKET: &str = "data/cli.sock";

    /// Connects; `None` where no host listens. Takes nobody's place yet.
    pub fn connect(checkout: &Checkout) -> Result<Option<Self>> {
        let host = Host::connect(checkout, Path::new(Self::SOCKET))?;
        Ok(host.map(|host| Self { host }))
    }

    /// Sends a message.
    pub fn say(&mut self, text: &str) -> Result<()> {
        let said = self.host.say(&json!({ "text": text }));
        said.with_context(|| format!("failed to write to the host at `{}`", Self::SOCKET))
    }

    /// Waits for the next message. A signal to us is an error.
    pub fn hear(&mut self, deadline: Instant) -> Result<Heard> {
        loop {
            let line = self.host.hear(deadline);
            let context = || format!("failed to read from the host at `{}`", Self::SOCKET);
            let line = match line.with_context(context)? {
                Line::Whole(line) => line,
                Line::End => return Ok(Heard::End),
                Line::Nothing => return Ok(Heard::Nothing),
            };
            // A line that is none of these is for clients to come.
            let message = serde_json::from_slice::<Value>(&line).unwrap_or_default();
            if let Some(text) = message.get("text").and_then(Value::as_str) {
                return Ok(Heard::Text(text.to_owned()));
            }
        }
    }
}
