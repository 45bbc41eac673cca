//! A child process that is talked with, a line at a time, until it ends or is ended. Knows nothing of what the lines say.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};

use super::child::{Event, GRACE, LINGER, Place, Running};
use super::container::{Container, Held};
use super::{TAIL, ending};
use crate::interrupt::{self, TICK};
use crate::masking::mask_labelled;

/// The longest line that is heard, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// A process in a group of its own. Dropped, it is told to end with all that it started, and killed if it does not in a little while.
pub struct Conversation {
    running: Running,
    /// Lines on their way to its standard input, which is closed when this is gone.
    to: Option<Sender<String>>,
    /// The line that is being heard.
    line: Vec<u8>,
    /// The last lines on standard error.
    tail: VecDeque<String>,
    /// When it ended.
    ended: Option<Instant>,
    /// Whether it was told to end.
    told: bool,
    /// The container that it runs, where it is an engine's client.
    container: Option<Held>,
}

/// What is heard of the process.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// A line on standard output, with its line end if it has one.
    Line(Vec<u8>),
    /// A line longer than any that is heard.
    TooLong,
    /// Nothing, until the deadline.
    Nothing,
    /// It ended, or was stopped for asking on the terminal: how, and the last lines on standard error, with credentials masked.
    Ended {
        /// How it ended, such as `exit code 2`.
        how: String,
        /// The last lines on standard error.
        tail: Vec<String>,
    },
}

impl Conversation {
    /// Starts a program in a folder, with an environment that is ours and these variables.
    pub fn start(
        program: &str,
        arguments: &[&str],
        folder: &Path,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        interrupt::watch()?;
        interrupt::check()?;
        let mut command = super::child::without_answers(Command::new(program));
        command.args(arguments).current_dir(folder);
        command.envs(environment.iter().copied());
        let mut running = Running::start(command, Place::OwnTree, Stdio::piped())?;
        let stdin = running.child.stdin.take();
        let to = stdin.map(write_lines).transpose();
        let to = to.with_context(|| format!("failed to talk to `{program}`"))?;
        Ok(Self {
            running,
            to,
            line: Vec::new(),
            tail: VecDeque::new(),
            ended: None,
            told: false,
            container: None,
        })
    }

    /// The same, which runs a container: that ends with it.
    #[must_use]
    pub fn of(mut self, container: Container) -> Self {
        self.container = Some(Held::new(container));
        self
    }

    /// Says a line, without its line end. A process that listens no more is told by [`Self::hear`].
    pub fn say(&self, line: String) {
        if let Some(to) = &self.to {
            let _ = to.send(line);
        }
    }

    /// Waits for the next line, the end, or the deadline. A signal to us ends the process and is an error.
    pub fn hear(&mut self, deadline: Instant) -> Result<Said> {
        loop {
            if let Err(signal) = interrupt::check() {
                self.stop();
                return Err(signal);
            }
            // Before the next line: there may always be one, of the process or of a child that outlives it.
            let is_late = Instant::now() >= deadline;
            match self.ended {
                Some(since) if is_late || since.elapsed() >= LINGER => return self.over(),
                None if is_late => return Ok(Said::Nothing),
                _ => {}
            }
            match self.running.events.recv_timeout(TICK) {
                Ok(Event::Out(part)) => {
                    if let Some(said) = self.heard(&part) {
                        return Ok(said);
                    }
                }
                Ok(Event::Err(line)) => self.keep(&line),
                Ok(Event::Asked) => return Ok(self.asked()),
                Ok(Event::Ended) => self.ended = Some(Instant::now()),
                Err(RecvTimeoutError::Disconnected) => return self.over(),
                // It may end by itself, and what it started is not seen after that.
                Err(RecvTimeoutError::Timeout) => drop(self.running.target.look()),
            }
        }
    }

    /// Tells it to end, and waits a little: killed, it would leave its own to end after it.
    fn stop(&mut self) {
        if self.told || self.ended.is_some() {
            return;
        }
        self.told = true;
        // Before its standard input is closed: one that ends of that leaves what it started to another parent, unseen.
        self.running.target.end();
        self.to = None;
        let since = Instant::now();
        while self.has_any() && since.elapsed() < GRACE {
            match self.running.events.recv_timeout(TICK) {
                Ok(Event::Ended) => self.ended = Some(Instant::now()),
                Err(RecvTimeoutError::Disconnected) => {
                    self.ended.get_or_insert_with(Instant::now);
                    thread::sleep(TICK);
                }
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Whether it runs, or what it started: that may have a sign-in to write.
    fn has_any(&self) -> bool {
        self.ended.is_none() || !self.running.target.look().is_empty()
    }

    /// Puts the parts of a line together, as long as it is not too long.
    fn heard(&mut self, part: &[u8]) -> Option<Said> {
        self.line.extend(part);
        if self.line.len() > LONGEST {
            self.line.clear();
            return Some(Said::TooLong);
        }
        (part.last() == Some(&b'\n')).then(|| Said::Line(std::mem::take(&mut self.line)))
    }

    fn keep(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        self.tail.push_back(mask_labelled(line.trim_end()));
        if self.tail.len() > TAIL {
            self.tail.pop_front();
        }
    }

    fn asked(&mut self) -> Said {
        self.stop();
        Said::Ended {
            how: "stopped, for it asked something on the terminal".to_owned(),
            tail: self.tail.drain(..).collect(),
        }
    }

    fn over(&mut self) -> Result<Said> {
        // A last line may have no end.
        if !self.line.is_empty() {
            return Ok(Said::Line(std::mem::take(&mut self.line)));
        }
        // What it has started goes with it.
        self.ended.get_or_insert_with(Instant::now);
        let status = self.running.finish();
        let status = status.context("failed to wait for the process")?;
        Ok(Said::Ended {
            how: ending(status),
            tail: self.tail.drain(..).collect(),
        })
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.stop();
        drop(self.container.take());
    }
}

/// Writes lines by a thread of its own: a process that does not listen keeps nobody waiting.
fn write_lines(mut stdin: ChildStdin) -> io::Result<Sender<String>> {
    let (to, lines): (_, Receiver<String>) = mpsc::channel();
    let write = move || {
        for line in lines {
            if stdin.write_all(format!("{line}\n").as_bytes()).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().spawn(write)?;
    Ok(to)
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::{Conversation, Said};

    fn start(script: &str) -> Conversation {
        let variable = [("WORD", "hello")];
        Conversation::start("sh", &["-c", script], Path::new("/"), &variable).unwrap()
    }

    fn hear(conversation: &mut Conversation) -> Said {
        let deadline = Instant::now() + Duration::from_secs(60);
        conversation.hear(deadline).unwrap()
    }

    #[test]
    fn lines_go_to_and_fro_until_the_end() {
        let script = "while read -r word; do echo \"$WORD $word\"; [ \"$word\" != bye ] || { echo 'a https://u:p@h/' >&2; printf end; exit 3; }; done";
        let mut conversation = start(script);
        for word in ["you", "bye"] {
            conversation.say(word.to_owned());
            let line = format!("hello {word}\n").into_bytes();
            assert_eq!(hear(&mut conversation), Said::Line(line));
        }
        assert_eq!(hear(&mut conversation), Said::Line(b"end".to_vec()));
        let ended = Said::Ended {
            how: "exit code 3".to_owned(),
            tail: vec!["a https://***@h/".to_owned()],
        };
        assert_eq!(hear(&mut conversation), ended);
    }

    #[test]
    fn a_long_line_is_one_and_an_endless_one_is_cut() {
        let mut conversation = start("head -c 1000000 /dev/zero; echo; exec cat /dev/zero");
        let mut line = vec![0; 1_000_000];
        line.push(b'\n');
        assert!(hear(&mut conversation) == Said::Line(line));
        assert!(hear(&mut conversation) == Said::TooLong);
    }

    #[test]
    fn a_process_that_says_nothing_or_does_not_listen_is_waited_for_until_the_deadline() {
        let mut conversation = start("exec sleep 1000");
        conversation.say("x".repeat(1_000_000));
        let deadline = Instant::now() + Duration::from_millis(100);
        assert_eq!(conversation.hear(deadline).unwrap(), Said::Nothing);
        assert!(Instant::now() >= deadline);
    }

    #[test]
    fn words_without_a_pause_do_not_outlive_the_deadline() {
        let mut conversation = start("while :; do echo x; done");
        let deadline = Instant::now() + Duration::from_millis(100);
        while conversation.hear(deadline).unwrap() != Said::Nothing {
            assert!(deadline.elapsed() < Duration::from_secs(60));
        }
    }

    #[test]
    fn one_that_ended_is_not_outlived_by_words_of_its_own_child() {
        let script = "( trap '' TERM; while :; do echo x; done ) & exit 3";
        let until_no_line = |limit| {
            let mut conversation = start(script);
            let since = Instant::now();
            loop {
                match conversation.hear(since + limit).unwrap() {
                    Said::Line(_) => assert!(since.elapsed() < Duration::from_secs(30)),
                    other => return other,
                }
            }
        };
        let ended = Said::Ended {
            how: "exit code 3".to_owned(),
            tail: Vec::new(),
        };
        // By the deadline, whether the end was heard of by then or not; and a little after the end.
        let late = until_no_line(Duration::from_millis(100));
        assert!(late == ended || late == Said::Nothing, "{late:?}");
        assert_eq!(until_no_line(Duration::from_secs(60)), ended);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_one_started_that_ends_with_its_input_is_ended_too() {
        let script = "setsid sh -c 'echo $$; exec sleep 1000' & read -r _";
        for _ in 0..50 {
            let mut conversation = start(script);
            let Said::Line(id) = hear(&mut conversation) else {
                panic!("it says no id");
            };
            drop(conversation);
            let stat = format!("/proc/{}/stat", String::from_utf8(id).unwrap().trim());
            let since = Instant::now();
            // One that was killed may still be listed, until its new parent has seen it.
            while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
                assert!(since.elapsed() < Duration::from_secs(10), "{stat} is there");
            }
        }
    }
}
