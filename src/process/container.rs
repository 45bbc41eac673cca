//! The container that an engine was told to run, and its end. Says nothing.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use std::{fmt, slice, thread};

use rustix::process::{Pid, Signal, kill_process_group};

use super::child::LINGER;
use super::running;
use crate::interrupt::TICK;

/// A container, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    engine: String,
    name: String,
}

impl Container {
    /// Names one that an engine is about to run.
    #[must_use]
    pub fn new(engine: &str, name: &str) -> Self {
        Self {
            engine: engine.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Starts the engine to remove it, whether it runs or was only made. In a group of its own: a Ctrl-C that is for us must not end that.
    pub(super) fn remove(&self, words: Stdio) -> io::Result<Child> {
        let mut remove = Command::new(&self.engine);
        remove.args(["rm", "-f", &self.name]).process_group(0);
        remove.stdin(Stdio::null()).stdout(Stdio::null());
        remove.stderr(words).spawn()
    }

    /// Has the engine remove it, and gives whether it is gone then.
    fn is_gone_within(&self, patience: Duration) -> bool {
        let Ok(mut remove) = self.remove(Stdio::piped()) else {
            return false;
        };
        let words = remove.stderr.take().map(read);
        if !have_ended(slice::from_mut(&mut remove), patience) {
            let _ = kill_process_group(Pid::from_child(&remove), Signal::KILL);
            let _ = remove.wait();
            return false;
        }
        let says_so = || {
            let words = words.and_then(|words| words.recv_timeout(LINGER).ok());
            words.is_some_and(|words| {
                words.contains(&self.name) && GONE.iter().any(|sign| words.contains(sign))
            })
        };
        remove.wait().is_ok_and(|status| status.success()) || says_so()
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, name } = self;
        write!(
            f,
            "the container {name} may still run: {engine} rm -f {name}"
        )
    }
}

/// How engines say, in lower case and with its name, that a container is gone or going: the client that ran it takes it away, too (`--rm`).
const GONE: [&str; 4] = [
    "no such container",
    "no container with name",
    "not found",
    "already in progress",
];

/// How much of an engine's words is read, in bytes.
const MOST: u64 = 64 * 1024;

/// Reads what an engine says, in lower case, by a thread of its own: who has its pipe need not end with it.
fn read(from: ChildStderr) -> Receiver<String> {
    let (to, words) = mpsc::channel();
    let read = move || {
        let mut words = Vec::new();
        let _ = from.take(MOST).read_to_end(&mut words);
        let _ = to.send(String::from_utf8_lossy(&words).to_lowercase());
    };
    // Without a thread the words are not heard.
    let _ = thread::Builder::new().spawn(read);
    words
}

/// How long an engine may take to remove a container.
const PATIENCE: Duration = Duration::from_secs(10);

/// A container that runs. Dropped, it is removed: its engine's client may end before it, and a signal to us must not leave it.
pub(super) struct Held(Container);

impl Held {
    pub(super) fn new(container: Container) -> Self {
        running::add(container.clone());
        Self(container)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.0.is_gone_within(PATIENCE) {
            running::take_out(&self.0);
        }
    }
}

/// Waits until engines have ended, at most for so long, and gives whether they have.
pub(super) fn have_ended(engines: &mut [Child], patience: Duration) -> bool {
    let since = Instant::now();
    let still = |engine: &mut Child| matches!(engine.try_wait(), Ok(None));
    while engines.iter_mut().any(still) {
        if since.elapsed() >= patience {
            return false;
        }
        thread::sleep(TICK);
    }
    true
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::time::Duration;

    use super::{Container, Held, PATIENCE};

    /// An engine that does this when it is to remove a container.
    fn engine(folder: &Path, does: &str) -> Container {
        let engine = folder.join("engine");
        fs::write(&engine, format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(&engine, Permissions::from_mode(0o755)).unwrap();
        Container::new(engine.to_str().unwrap(), "name")
    }

    #[test]
    fn the_engine_that_removes_a_container_is_in_a_group_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        // The fifth word is the group (proc(5)); not every machine has a ps.
        let group = "cut -d ' ' -f 5 /proc/$$/stat 2> /dev/null || ps -o pgid= -p $$";
        let does = format!("echo \"$*\" $(($$ - $({group}))) > \"$0 saw\"");
        drop(Held::new(engine(folder.path(), &does)));
        let saw = fs::read_to_string(folder.path().join("engine saw")).unwrap();
        assert_eq!(saw, "rm -f name 0\n");
    }

    #[test]
    fn a_container_is_gone_when_its_engine_says_so() {
        for (does, expected) in [
            ("exit 0", true),
            ("echo 'Error: No such container: name' >&2; exit 1", true),
            (
                "echo 'removal of container name is already in progress' >&2; exit 1",
                true,
            ),
            (
                "echo 'Cannot connect to the Docker daemon' >&2; exit 1",
                false,
            ),
            ("echo 'context \"own\" not found' >&2; exit 1", false),
            ("exec sleep 1000", false),
            ("sleep 2 & echo no >&2; exit 1", false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let engine = engine(folder.path(), does);
            let is_gone = engine.is_gone_within(Duration::from_millis(500));
            assert_eq!(is_gone, expected, "{does}");
        }
        let absent = Container::new("/nowhere/engine", "name");
        assert!(!absent.is_gone_within(PATIENCE));
    }
}
