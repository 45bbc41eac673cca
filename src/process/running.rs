//! All that runs and would outlive a sudden end of the program. Waits for none of it.

use std::io;
use std::mem;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Pid;

use super::child::{Place, Target};
use super::container::{Container, have_ended};

/// What runs.
struct Running {
    /// Processes, each while its id is its own.
    processes: Vec<Target>,
    /// Containers, each until its engine has removed it.
    containers: Vec<Container>,
}

static RUNNING: Mutex<Running> = Mutex::new(Running {
    processes: Vec::new(),
    containers: Vec::new(),
});

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a process that is one of those from its first moment.
pub(super) fn start(command: &mut Command, place: Place) -> io::Result<(Child, Target)> {
    let mut running = running();
    let child = command.spawn()?;
    let target = Target::new(Pid::from_child(&child), place);
    running.processes.push(target.clone());
    Ok((child, target))
}

/// Takes out a process that is about to be waited for, which leaves its id to others.
pub(super) fn forget(target: &Target) {
    running().processes.retain(|other| other.id != target.id);
}

/// Adds a container.
pub(super) fn add(container: Container) {
    running().containers.push(container);
}

/// Takes out a container that is gone.
pub(super) fn take_out(container: &Container) {
    running().containers.retain(|other| other != container);
}

/// The containers that their engines did not remove when they were told to.
#[must_use]
pub fn containers_left() -> Vec<Container> {
    running().containers.clone()
}

/// How long engines are waited for at the end. They go on after it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Kills all processes that run, with all that they started, and has engines remove the containers. It is the program's last act: none is started
/// or waited for after it.
pub fn kill_running() {
    let running = running();
    for target in &running.processes {
        target.kill();
    }
    let removals = running.containers.iter();
    let removals = removals.map(|container| container.remove(Stdio::null()));
    let mut removals = removals.flatten().collect::<Vec<_>>();
    have_ended(&mut removals, PATIENCE);
    // Who asks for the lock now waits until the end.
    mem::forget(running);
}
