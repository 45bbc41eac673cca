//! All that runs and would outlive a sudden end of the program. Waits for none of it.

use std::io;
use std::mem;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Pid;

use super::child::{Place, Target};

/// The processes that run, each while its id is its own.
static RUNNING: Mutex<Vec<Target>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<Target>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a process that is one of those from its first moment.
pub(super) fn start(command: &mut Command, place: Place) -> io::Result<(Child, Target)> {
    let mut running = running();
    let child = command.spawn()?;
    let id = Pid::from_child(&child);
    let target = Target { id, place };
    running.push(target);
    Ok((child, target))
}

/// Takes out a process that is about to be waited for, which leaves its id to others.
pub(super) fn forget(target: Target) {
    running().retain(|other| *other != target);
}

/// Kills all processes that run, with all that they started. It is the program's last act: none is started or waited for after it.
pub fn kill_running() {
    let running = running();
    for target in running.iter() {
        target.kill();
    }
    // Who asks for the lock now waits until the end.
    mem::forget(running);
}
