//! A child process: started, heard line by line, and ended early by a signal to us or at a deadline. Prints nothing.

mod target;

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};

use super::running;
use crate::interrupt::{self, TICK};
use crate::problem::Problem;
use crate::skill::INPUT;
pub(super) use target::Target;

/// Where a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a process group of its own, which is ended as a whole. It cannot ask on the terminal.
    OwnGroup,
    /// The same, and it is ended with those of its own that left the group, as Linux tells them: an agent's shells do.
    OwnTree,
    /// In ours, so that it can: a git may want a passphrase.
    OurGroup,
}

/// How a process ended.
pub(super) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// By a signal to us.
    Interrupted(Problem),
    /// At the deadline.
    Late,
    /// It was stopped as it asked on the terminal, which is not its own.
    Asked,
}

impl End {
    /// Whether the process succeeded; an error where a signal to us ended it.
    pub(super) fn is_success(&self) -> Result<bool> {
        match self {
            Self::Exited(status) => Ok(status.success()),
            Self::Interrupted(problem) => Err(problem.clone().into()),
            Self::Late | Self::Asked => Ok(false),
        }
    }
}

/// What is heard of a process while it runs.
pub(super) enum Heard<'a> {
    /// A line on standard output, with its line end; a part of one where it is very long.
    Out(&'a [u8]),
    /// The same on standard error.
    Err(&'a [u8]),
    /// Nothing, for a while.
    Nothing,
    /// It has been told to end.
    ToldToEnd,
}

/// How long a process may take to end when it is told to, before it is killed.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// How much of a line is heard at once, in bytes.
const LINE: u64 = 64 * 1024;

/// How many lines wait to be heard before the process waits for us.
const AHEAD: usize = 64;

/// How long output is waited for when the process has ended and another still holds its pipes.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// Runs a command to its end. On an error of `heard` the process is killed.
pub(super) fn run(
    command: Command,
    place: Place,
    deadline: Option<Instant>,
    heard: &mut dyn FnMut(Heard<'_>) -> Result<()>,
) -> Result<End> {
    run_with(command, place, Stdio::null(), deadline, heard)
}

/// A command without the answers to a document's questions that stand in our own environment: a process gets those that are meant for it.
pub(super) fn without_answers(mut command: Command) -> Command {
    let ours = std::env::vars_os().map(|(name, _)| name);
    let answers = ours.filter(|name| name.as_encoded_bytes().starts_with(INPUT.as_bytes()));
    for name in answers.collect::<Vec<_>>() {
        if command.get_envs().all(|(given, _)| given != name) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command as [`run`] does, with a standard input.
pub(super) fn run_with(
    command: Command,
    place: Place,
    stdin: Stdio,
    deadline: Option<Instant>,
    heard: &mut dyn FnMut(Heard<'_>) -> Result<()>,
) -> Result<End> {
    interrupt::watch()?;
    if let Some(problem) = interrupt::asked() {
        return Ok(End::Interrupted(problem));
    }
    let mut running = Running::start(without_answers(command), place, stdin)?;
    let mut ended = None;
    let mut told: Option<(Instant, End)> = None;
    loop {
        let mut why = None;
        match running.events.recv_timeout(TICK) {
            Ok(Event::Out(line)) => heard(Heard::Out(&line))?,
            Ok(Event::Err(line)) => heard(Heard::Err(&line))?,
            Ok(Event::Asked) => why = Some(End::Asked),
            Ok(Event::Ended) => ended = Some(Instant::now()),
            Err(RecvTimeoutError::Timeout) => heard(Heard::Nothing)?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let is_late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        why = interrupt::asked()
            .map(End::Interrupted)
            .or(why)
            .or_else(|| is_late().then_some(End::Late));
        let over = |since: Instant, limit| since.elapsed() >= limit;
        match (&told, why) {
            (None, Some(why)) => {
                running.target.end();
                told = Some((Instant::now(), why));
                heard(Heard::ToldToEnd)?;
            }
            (Some((since, _)), _) if over(*since, GRACE) => break,
            (None, _) if ended.is_some_and(|since| over(since, LINGER)) => break,
            _ => {}
        }
    }
    if told.is_some() {
        running.target.kill();
    }
    let status = running.reap().context("failed to wait for the process")?;
    interrupt::stand_still_at_the_end();
    let why = told.map(|(_, why)| why);
    // A Ctrl-C is for all of the terminal's group: a git may have ended of it before it was noticed here.
    let failed = || (!status.success()).then(interrupt::asked).flatten();
    let why = why.or_else(|| failed().map(End::Interrupted));
    Ok(why.unwrap_or(End::Exited(status)))
}

/// What a process said, on standard output and on standard error, and how it ended.
pub(super) struct Output {
    pub(super) end: End,
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

/// How much of what a process says is collected of each kind, in bytes.
const MOST: usize = 4 * 1024 * 1024;

/// Runs a command that may ask on the terminal, and collects what it says. One that says more than anybody reads is ended.
pub(super) fn output(command: Command, deadline: Option<Instant>) -> Result<Output> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let end = run(command, Place::OurGroup, deadline, &mut |heard| {
        let collect = |to: &mut Vec<u8>, line: &[u8]| {
            to.extend(line);
            ensure!(to.len() <= MOST, "it says more than {MOST} bytes");
            Ok(())
        };
        match heard {
            Heard::Out(line) => collect(&mut out, line)?,
            Heard::Err(line) => collect(&mut err, line)?,
            Heard::Nothing | Heard::ToldToEnd => {}
        }
        Ok(())
    })?;
    Ok(Output { end, out, err })
}

/// What is heard of a process: lines as [`Heard`] has them, that it asked on the terminal, and its end.
pub(super) enum Event {
    Out(Vec<u8>),
    Err(Vec<u8>),
    Asked,
    Ended,
}

/// A process that has not been waited for, so that its id is no other's. Dropped, it is killed.
pub(super) struct Running {
    pub(super) child: Child,
    pub(super) target: Target,
    pub(super) events: Receiver<Event>,
    reaped: bool,
}

impl Running {
    pub(super) fn start(mut command: Command, place: Place, stdin: Stdio) -> Result<Self> {
        command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if place != Place::OurGroup {
            command.process_group(0);
        }
        let name = command.get_program().to_string_lossy().into_owned();
        let started = running::start(&mut command, place);
        let (child, target) = started.with_context(|| format!("failed to start `{name}`"))?;
        let (sender, events) = mpsc::sync_channel(AHEAD);
        let mut running = Self {
            child,
            target,
            events,
            reaped: false,
        };
        // Where no thread is to be had, the process is not left alone.
        let heard = running.listen(sender);
        heard.with_context(|| format!("failed to listen to `{name}`"))?;
        Ok(running)
    }

    fn listen(&mut self, to: SyncSender<Event>) -> io::Result<()> {
        if let Some(out) = self.child.stdout.take() {
            forward(out, Event::Out, to.clone())?;
        }
        if let Some(err) = self.child.stderr.take() {
            forward(err, Event::Err, to.clone())?;
        }
        let target = self.target.clone();
        thread::Builder::new().spawn(move || watch(&target, &to))?;
        Ok(())
    }

    /// Waits for the process, and gives how it ended, again where that is known.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        if !self.reaped {
            running::forget(&self.target);
            self.reaped = true;
        }
        self.child.wait()
    }

    /// Kills what is left of the process and of all that it started, and gives how it ended.
    pub(super) fn finish(&mut self) -> io::Result<ExitStatus> {
        if !self.reaped {
            self.target.kill();
        }
        self.reap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that was waited for leaves its id to others.
        if !self.reaped {
            let _ = self.finish();
        }
    }
}

/// Where a part of a long line ends: not amid a word, which may be an address whose credentials are masked as a whole.
fn end_of_word(part: &[u8]) -> usize {
    let space = part.iter().rposition(u8::is_ascii_whitespace);
    space.map_or(part.len(), |at| at + 1)
}

fn forward(
    from: impl Read + Send + 'static,
    event: fn(Vec<u8>) -> Event,
    to: SyncSender<Event>,
) -> io::Result<()> {
    let forward = move || {
        let mut from = BufReader::new(from);
        let mut rest = Vec::new();
        loop {
            let mut line = std::mem::take(&mut rest);
            let room = LINE.saturating_sub(line.len() as u64);
            let read = from.by_ref().take(room).read_until(b'\n', &mut line);
            if line.len() as u64 >= LINE && !line.ends_with(b"\n") {
                rest = line.split_off(end_of_word(&line));
            }
            let is_over = rest.is_empty() && !read.is_ok_and(|count| count > 0);
            let nobody_hears = !line.is_empty() && to.send(event(line)).is_err();
            if is_over || nobody_hears {
                return;
            }
        }
    };
    thread::Builder::new().spawn(forward)?;
    Ok(())
}

/// Tells when a process ends, or is stopped for asking on a terminal that is not its own. Leaves it to be waited for.
fn watch(target: &Target, to: &SyncSender<Event>) {
    let id = target.id;
    let asks = [Signal::TTIN.as_raw(), Signal::TTOU.as_raw()];
    let looks = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(id), looks) {
            Err(rustix::io::Errno::INTR) | Ok(None) => {}
            Ok(Some(status)) if status.stopped() => {
                let asks = |by| target.place != Place::OurGroup && asks.contains(&by);
                if status.stopping_signal().is_some_and(asks) {
                    // Nobody listens where it is being ended.
                    let _ = to.send(Event::Asked);
                }
                // Seen: the next look waits for what comes then.
                let seen = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
                let _ = waitid(WaitId::Pid(id), seen);
            }
            Ok(Some(_)) | Err(_) => break,
        }
    }
    let _ = to.send(Event::Ended);
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{End, Heard, LINE, Place, end_of_word, output, run};

    #[test]
    fn a_part_of_a_line_ends_behind_a_word() {
        assert_eq!(end_of_word(b"aaaa https://u:p@h"), 5);
        assert_eq!(end_of_word(b"aaaaaaa bb"), 8);
        assert_eq!(end_of_word(b"aaaaaaaaaa"), 10);
        assert_eq!(end_of_word(b""), 0);
    }

    #[test]
    fn one_that_says_more_than_anybody_reads_is_ended() {
        let mut command = Command::new("cat");
        command.arg("/dev/zero");
        let error = output(command, None).map(|_| ()).unwrap_err();
        assert!(
            error.to_string().starts_with("it says more than"),
            "{error}"
        );
    }

    #[test]
    fn a_line_without_an_end_is_heard_in_parts() {
        let count = 3 * LINE + 1;
        let mut command = Command::new("sh");
        command.args(["-c", &format!("head -c {count} /dev/zero; echo; echo x")]);
        let mut heard = Vec::new();
        let end = run(command, Place::OwnGroup, None, &mut |part| {
            if let Heard::Out(part) = part {
                heard.push(part.to_vec());
            }
            Ok(())
        });
        assert!(matches!(end.unwrap(), End::Exited(status) if status.success()));
        let longest = heard.iter().map(Vec::len).max();
        assert_eq!(longest, usize::try_from(LINE).ok());
        assert_eq!(heard.last().unwrap(), b"x\n");
        let zeros = heard.concat().into_iter().filter(|byte| *byte == 0);
        assert_eq!(u64::try_from(zeros.count()), Ok(count));
    }
}
