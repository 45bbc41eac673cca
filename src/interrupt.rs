//! The signals that ask the program to end: noticed after [`watch`], told by [`check`]. Prints nothing, and starts no thread before it is asked to watch.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::{flag, low_level};

use crate::problem::{Exit, Problem};

/// How often one that waits looks for a signal.
pub const TICK: Duration = Duration::from_millis(50);

/// Signals so close to the first ask for nothing more than it did. `timeout` sends its signal to the process and then to the whole group,
/// a shell passes a hangup on that the kernel sends too, and a prompt that is broken off raises SIGINT itself.
const SAME: Duration = Duration::from_millis(250);

/// What has been asked for. The handlers set it, so that a signal is told as soon as it is there.
struct Asked {
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

static ASKED: OnceLock<Asked> = OnceLock::new();
static LAST_ACT: OnceLock<fn()> = OnceLock::new();

/// Names what is done before the second signal ends the program.
pub fn before_a_sudden_end(act: fn()) {
    // The first that is named stays.
    let _ = LAST_ACT.set(act);
}

/// Watches for SIGINT, SIGTERM and SIGHUP from here on: the first is told by [`check`], the second ends the program at once.
///
/// To be called before the first question, process or write; calling it again does nothing. A signal that our starter has us ignore, as
/// `nohup` does, stays ignored.
pub fn watch() -> Result<()> {
    if ASKED.get().is_some() {
        return Ok(());
    }
    let (interrupted, terminated) = (Arc::default(), Arc::default());
    let ignored = ignored();
    let watched = [
        (SIGINT, &interrupted),
        (SIGTERM, &terminated),
        (SIGHUP, &terminated),
    ];
    let watched = watched
        .into_iter()
        .filter(|(signal, _)| ignored >> (signal - 1) & 1 == 0)
        .collect::<Vec<_>>();
    let context = "failed to watch for signals";
    for (signal, flag) in &watched {
        flag::register(*signal, Arc::clone(flag)).context(context)?;
    }
    // A file that may not grow further (`ulimit -f`) is an error of its write then, and taken back like others.
    flag::register(SIGXFSZ, Arc::default()).context(context)?;
    let mut signals = Signals::new(watched.iter().map(|(signal, _)| signal)).context(context)?;
    let _ = ASKED.set(Asked {
        interrupted,
        terminated,
    });
    let listen = move || {
        let mut first = None;
        for _ in signals.forever() {
            let since = first.get_or_insert_with(Instant::now).elapsed();
            if since > SAME {
                end_suddenly();
            }
        }
    };
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(listen).context(context)?;
    Ok(())
}

/// Tells of a signal that has come: an error with exit code 130 (SIGINT) or 143 (SIGTERM, SIGHUP).
pub fn check() -> Result<()> {
    asked().map_or(Ok(()), |problem| Err(problem.into()))
}

/// The signal that has come, as what ends the program.
#[must_use]
pub fn asked() -> Option<Problem> {
    let asked = ASKED.get()?;
    // The stronger of both: a prompt raises SIGINT also where SIGTERM broke it off.
    if asked.terminated.load(Ordering::SeqCst) {
        Some(ended("terminated", Exit::Terminated))
    } else if asked.interrupted.load(Ordering::SeqCst) {
        Some(interrupted())
    } else {
        None
    }
}

/// What a Ctrl-C ends the program with.
#[must_use]
pub fn interrupted() -> Problem {
    ended("interrupted", Exit::Interrupted)
}

fn ended(word: &str, exit: Exit) -> Problem {
    Problem {
        message: word.to_owned(),
        hint: None,
        exit,
    }
}

/// Whether the second signal has come, and the program is about to end.
static ENDS: AtomicBool = AtomicBool::new(false);

/// Does not return where the second signal ends the program: what the last act kills must not be taken for something that ended by itself.
pub fn stand_still_at_the_end() {
    while ENDS.load(Ordering::SeqCst) {
        std::thread::sleep(TICK);
    }
}

/// Ends the program as it stands. The C library's own last acts are left out: another thread may be amid what they take down.
fn end_suddenly() {
    ENDS.store(true, Ordering::SeqCst);
    if let Some(act) = LAST_ACT.get() {
        act();
    }
    let exit = asked().map_or(Exit::Interrupted, |problem| problem.exit);
    low_level::exit(exit as i32);
}

/// The signals that are ignored here, a bit each, the lowest that of signal 1. Linux alone tells without unsafe code; elsewhere it is none.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}
