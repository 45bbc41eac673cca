//! Kills the program at one of its calls, or fails that call. In test builds alone: `NANOCLAW_FAULT` is `<call>:<fault>:<log>`, the call
//! counted from 1, the fault `kill`, `stop`, `tear` (a write of half its bytes, then the kill) or an error's number (followed by `+`, for the calls after
//! it as well), the log a file that gets a line a call.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Signal, getpid, kill_process};

static CALLS: AtomicU32 = AtomicU32::new(0);

/// Counts a call, and is the end of it where it is the one that was asked for.
pub fn call(name: &str, path: &Path) -> io::Result<()> {
    let Some((at, fault, log)) = asked() else {
        return Ok(());
    };
    let count = CALLS.fetch_add(1, Ordering::SeqCst) + 1;
    let mut log = OpenOptions::new().append(true).create(true).open(log)?;
    writeln!(log, "{name} {}", path.display())?;
    let stays = fault.ends_with('+') && count > at;
    if count != at && !stays {
        return Ok(());
    }
    if let Ok(number) = fault.trim_end_matches('+').parse() {
        return Err(io::Error::from_raw_os_error(number));
    }
    let signal = if fault == "stop" {
        Signal::STOP
    } else {
        Signal::KILL
    };
    kill_process(getpid(), signal)?;
    Ok(())
}

/// The half of its bytes that a write comes to before the kill.
pub fn part(bytes: &[u8]) -> Option<&[u8]> {
    let (at, fault, _) = asked()?;
    let comes = CALLS.load(Ordering::SeqCst) + 1 == at && fault == "tear";
    comes.then(|| bytes.split_at(bytes.len() / 2).0)
}

fn asked() -> Option<(u32, String, String)> {
    let asked = std::env::var("NANOCLAW_FAULT").ok()?;
    let mut parts = asked.splitn(3, ':');
    let at = parts.next()?.parse().ok()?;
    Some((at, parts.next()?.to_owned(), parts.next()?.to_owned()))
}
