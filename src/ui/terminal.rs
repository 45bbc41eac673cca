//! The terminal as it was found, so that it can be given back however the program ends. Asks nothing itself.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// The modes from before the question that stands. A question reads in raw mode, without a cursor.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// Whether a live line stands.
static LIVE: AtomicBool = AtomicBool::new(false);

fn found() -> MutexGuard<'static, Option<Termios>> {
    FOUND.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A question is about to be asked.
pub(super) fn lend() {
    *found() = tcgetattr(io::stdin()).ok();
}

/// The question was answered, and the terminal is as it was.
pub(super) fn is_back() {
    *found() = None;
}

/// A live line stands, or does no more.
pub(super) fn live(stands: bool) {
    LIVE.store(stands, Ordering::SeqCst);
}

/// Gives the terminal back: its modes, its cursor, and a line that begins empty.
pub fn give_back() {
    if let Some(modes) = found().take() {
        // A job in the background would be stopped for it; its shell has set the modes already.
        if tcgetpgrp(io::stdin()).is_ok_and(|front| front == getpgrp()) {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        }
        write(b"\x1b[?25h\n");
    } else if LIVE.swap(false, Ordering::SeqCst) {
        write(b"\r\x1b[K");
    }
}

/// Writes without the lock of standard error, which a thread may hold that waits for a terminal.
fn write(bytes: &[u8]) {
    let _ = rustix::io::write(io::stderr(), bytes);
}
