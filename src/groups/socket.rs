//! The host's sockets, on which each side says lines of JSON; and its own for administration, `data/ncl.sock`: one request in a line, one answer in
//! a line (NanoClaw's `src/cli/frame.ts`).

use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};
use serde_json::{Value, json};

use crate::checkout::Checkout;
use crate::interrupt::{self, TICK};
use crate::problem::Problem;
use crate::shown;

/// Where the host listens, relative to the root.
const SOCKET: &str = "data/ncl.sock";

/// How long the host may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest line that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// What the host makes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It did what it was asked.
    Done,
    /// No host listens.
    NoHost,
    /// It listens, and has no such command.
    Unknown,
    /// It refused: its words.
    Refused(String),
}

/// Whether a host listens.
pub fn host_answers(checkout: &Checkout) -> Result<bool> {
    Ok(Host::connect(checkout, Path::new(SOCKET))?.is_some())
}

/// Asks the host that runs to set the provider of a group.
pub fn set_provider(checkout: &Checkout, group: &str, provider: &str) -> Result<Answer> {
    let Some(mut host) = Host::connect(checkout, Path::new(SOCKET))? else {
        return Ok(Answer::NoHost);
    };
    let arguments = json!({ "id": group, "provider": provider });
    let request = json!({ "id": "nanoclaw", "command": "groups-config-update", "args": arguments });
    let context = "the host did not answer at data/ncl.sock";
    let answer = ask(&mut host, &request).context(context)?;
    Ok(read(&answer))
}

/// Sends a request, and waits for the line that answers it; what there is of one where the host goes.
fn ask(host: &mut Host, request: &Value) -> Result<Vec<u8>> {
    host.say(request)?;
    match host.hear(Instant::now() + PATIENCE)? {
        Line::Whole(line) => Ok(line),
        Line::End => Ok(Vec::new()),
        Line::Nothing => {
            let found = format!("it took longer than {} s", PATIENCE.as_secs());
            Err(Problem::could_not_run(found).into())
        }
    }
}

/// A connection to one of the host's sockets, on which each side says lines.
pub(super) struct Host {
    stream: UnixStream,
    /// What was read and not heard yet.
    read: Vec<u8>,
}

/// What is heard of a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its line end; what there is of it where it is longer than any that is read, or the host closed the connection amid it.
    Whole(Vec<u8>),
    /// The host closed the connection.
    End,
    /// Nothing, until the deadline.
    Nothing,
}

impl Host {
    /// Connects to a socket at a path relative to the root; `None` where no host listens.
    pub(super) fn connect(checkout: &Checkout, socket: &Path) -> Result<Option<Self>> {
        let Some((path, metadata)) = checkout.standing(socket)? else {
            return Ok(None);
        };
        if !metadata.file_type().is_socket() {
            return Ok(None);
        }
        match connect_in_time(&path) {
            Ok(stream) => {
                let read = Vec::new();
                Ok(Some(Self { stream, read }))
            }
            // A host that ended left it, or none could listen there: a socket's path has 107 bytes at most (unix(7)).
            Err(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused
                | io::ErrorKind::NotFound
                | io::ErrorKind::InvalidInput => Ok(None),
                _ => Err(error)
                    .with_context(|| format!("failed to reach the host at `{}`", socket.display())),
            },
        }
    }

    /// Says a line.
    pub(super) fn say(&mut self, value: &Value) -> Result<()> {
        self.stream.set_write_timeout(Some(PATIENCE))?;
        self.stream.write_all(format!("{value}\n").as_bytes())?;
        Ok(())
    }

    /// Waits for the next line. A signal to us is an error.
    pub(super) fn hear(&mut self, deadline: Instant) -> Result<Line> {
        self.stream.set_read_timeout(Some(TICK))?;
        let mut part = [0; 4096];
        loop {
            // Before the next line: there may always be one.
            if Instant::now() >= deadline {
                return Ok(Line::Nothing);
            }
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let rest = self.read.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.read, rest);
                line.pop();
                return Ok(Line::Whole(line));
            }
            if self.read.len() > LONGEST {
                return Ok(Line::Whole(std::mem::take(&mut self.read)));
            }
            match self.stream.read(&mut part) {
                Ok(0) if self.read.is_empty() => return Ok(Line::End),
                Ok(0) => return Ok(Line::Whole(std::mem::take(&mut self.read))),
                Ok(count) => self.read.extend(part.get(..count).unwrap_or_default()),
                Err(error) if is_pause(&error) => interrupt::check()?,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Connects, and waits as long as [`PATIENCE`] where others wait before us.
fn connect_in_time(path: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let address = SocketAddrUnix::new(path)?;
    let since = Instant::now();
    loop {
        match rustix::net::connect(&socket, &address) {
            Err(Errno::AGAIN) if since.elapsed() < PATIENCE => {
                interrupt::check().map_err(io::Error::other)?;
                thread::sleep(TICK);
            }
            connected => {
                connected?;
                let host = UnixStream::from(socket);
                host.set_nonblocking(false)?;
                return Ok(host);
            }
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

/// What the line of an answer says; of one that is no answer, that.
fn read(answer: &[u8]) -> Answer {
    let line = answer.split(|byte| *byte == b'\n').next();
    let value = serde_json::from_slice::<Value>(line.unwrap_or_default()).unwrap_or_default();
    let error = |key: &str| {
        value
            .pointer(&format!("/error/{key}"))
            .and_then(Value::as_str)
    };
    match (value.get("ok"), error("code")) {
        (Some(Value::Bool(true)), _) => Answer::Done,
        (_, Some("unknown-command")) => Answer::Unknown,
        _ => Answer::Refused(error("message").map_or_else(
            || "its answer is none that this program knows".to_owned(),
            shown::line,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, read};

    #[test]
    fn an_answer_is_a_yes_a_no_or_none() {
        let refused = |words: &str| Answer::Refused(words.to_owned());
        for (answer, expected) in [
            (r#"{"id":"n","ok":true,"data":{}}"#, Answer::Done),
            (
                r#"{"id":"n","ok":false,"error":{"code":"unknown-command","message":"no"}}"#,
                Answer::Unknown,
            ),
            (
                r#"{"ok":false,"error":{"code":"handler-error","message":"No\nrow"}}"#,
                refused("No\\nrow"),
            ),
            ("", refused("its answer is none that this program knows")),
            (
                "{\"ok\":1}",
                refused("its answer is none that this program knows"),
            ),
        ] {
            assert_eq!(
                read(format!("{answer}\nmore").as_bytes()),
                expected,
                "{answer}"
            );
        }
    }
}
