//! A pseudo-terminal that is the controlling one of the program it runs: what is typed there becomes a signal as at any terminal.

#![allow(
    dead_code,
    clippy::indexing_slicing,
    reason = "each test binary uses its own part, and a test may panic"
)]

use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::blocking::Pty;
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, Termios, tcgetattr};

/// The byte of Ctrl-C.
pub const CTRL_C: &[u8] = b"\x03";

/// Longer than anything that is waited for takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program at a terminal.
pub struct Terminal {
    child: Child,
    pty: Arc<Pty>,
    /// Our own end of the terminal's other side: its modes can be read, and it stays open, for as long as this does.
    pts: OwnedFd,
    found: Termios,
    screen: Arc<Screen>,
}

/// What the program has written to the terminal so far.
#[derive(Default)]
struct Screen {
    text: Mutex<Vec<u8>>,
    changed: Condvar,
}

/// How the program left the terminal.
pub struct Left {
    /// The exit code; -1 for a signal.
    pub code: i32,
    /// All that it wrote.
    pub text: String,
}

impl Terminal {
    /// Starts a program in a session of its own.
    pub fn start(command: Command) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
        pty.resize(pty_process::Size::new(50, 200)).expect("a size");
        let ours = pts.as_fd().try_clone_to_owned().expect("our end");
        let found = tcgetattr(&ours).expect("the modes");
        let mut command = pty_process::blocking::Command::from(command);
        command = command.env("TERM", "xterm");
        let child = command.spawn(pts).expect("the program");
        let (pty, screen) = (Arc::new(pty), Arc::<Screen>::default());
        let (reads, shows) = (Arc::clone(&pty), Arc::clone(&screen));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = (&*reads).read(&mut bytes) {
                shows.text.lock().expect("the text").extend(&bytes[..count]);
                shows.changed.notify_all();
            }
        });
        Self {
            child,
            pty,
            pts: ours,
            found,
            screen,
        }
    }

    /// Types bytes.
    pub fn types(&self, bytes: &[u8]) {
        (&*self.pty).write_all(bytes).expect("the terminal");
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the program");
    }

    /// Waits until a text stands on the screen.
    pub fn shows(&self, text: &str) {
        self.shows_times(text, 1);
    }

    /// Waits until a text was written to the screen so many times.
    pub fn shows_times(&self, text: &str, times: usize) {
        let mut seen = self.screen.text.lock().expect("the text");
        let since = Instant::now();
        while String::from_utf8_lossy(&seen).matches(text).count() < times {
            assert!(
                since.elapsed() < PATIENCE,
                "no `{text}` in {}",
                String::from_utf8_lossy(&seen)
            );
            let changed = self.screen.changed.wait_timeout(seen, TICK);
            seen = changed.expect("the text").0;
        }
    }

    /// Waits until what is typed is not shown. What was typed before that is lost, as at any question for a password.
    pub fn hides(&self) {
        until(
            || "what is typed is shown".to_owned(),
            || {
                let modes = tcgetattr(&self.pts).expect("the modes");
                !modes.local_modes.contains(LocalModes::ECHO)
            },
        );
    }

    /// Whether the program has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the program").is_some()
    }

    /// Waits for the end. The terminal must then be as it was found: its modes, and the cursor shown.
    pub fn left(mut self) -> Left {
        let mut status: Option<ExitStatus> = None;
        let what = || String::from_utf8_lossy(&self.screen.text.lock().expect("the text")).into();
        until(what, || {
            status = self.child.try_wait().expect("the program");
            status.is_some()
        });
        let modes = tcgetattr(&self.pts).expect("the modes");
        // The last words come through the same queue as this one, behind them.
        let end = "\nthe end\n";
        rustix::io::write(&self.pts, end.as_bytes()).expect("the terminal");
        self.shows("the end");
        let text =
            String::from_utf8_lossy(&self.screen.text.lock().expect("the text")).into_owned();
        assert_eq!(modes.local_modes, self.found.local_modes, "{text}");
        assert_eq!(modes.input_modes, self.found.input_modes, "{text}");
        assert_eq!(modes.output_modes, self.found.output_modes, "{text}");
        let (hidden, shown) = (text.rfind("\x1b[?25l"), text.rfind("\x1b[?25h"));
        assert!(hidden <= shown, "the cursor is hidden: {text}");
        let code = status.and_then(|status| status.code()).unwrap_or(-1);
        Left { code, text }
    }
}

/// How often a thing is looked at that tells nobody when it changes.
const TICK: Duration = Duration::from_millis(10);

/// Waits until something holds; `what` says what stood instead.
pub fn until(what: impl Fn() -> String, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < PATIENCE, "in vain: {}", what());
        thread::sleep(TICK);
    }
}

/// Whether a process lives. One that has ended and was not waited for does not.
pub fn lives(id: &str) -> bool {
    let number = id.parse().ok().and_then(Pid::from_raw).expect("an id");
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    rustix::process::test_kill_process(number).is_ok() && !state.starts_with('Z')
}
