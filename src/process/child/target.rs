//! Where signals go that are meant for a process: to it, to its group, or to all that it started. Waits for none.

use std::fs::{self, DirEntry};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::Place;

/// Where signals go that are meant for a process.
#[derive(Debug, Clone)]
pub(in crate::process) struct Target {
    pub(in crate::process) id: Pid,
    pub(super) place: Place,
    /// What it has started, as far as that was seen: when it has ended, its children are another's.
    seen: Arc<Mutex<Vec<Process>>>,
}

impl Target {
    /// Where signals go to a process of this id, which runs in this place.
    pub(in crate::process) fn new(id: Pid, place: Place) -> Self {
        let seen = Arc::default();
        Self { id, place, seen }
    }

    /// Tells the process to end. By SIGTERM, also after a Ctrl-C: what a shell runs in the background ignores SIGINT.
    pub(in crate::process) fn end(&self) {
        self.signal(Signal::TERM);
        // One that is stopped hears nothing else.
        self.signal(Signal::CONT);
    }

    pub(in crate::process) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        let started = match self.place {
            Place::OwnGroup => Vec::new(),
            // Git ends without its ssh, which may wait for a connection for minutes.
            Place::OwnTree | Place::OurGroup => self.look(),
        };
        // A process that is gone has ended, which is all that is wanted.
        let _ = match self.place {
            Place::OwnGroup | Place::OwnTree => kill_process_group(self.id, signal),
            Place::OurGroup => kill_process(self.id, signal),
        };
        for process in started {
            let _ = kill_process(process.id, signal);
        }
    }

    /// Looks what it has started that runs, as Linux tells it, and remembers that.
    pub(in crate::process) fn look(&self) -> Vec<Process> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(Process::is_there);
        add_children(self.id, &mut seen);
        let mut looked = 0;
        while let Some(process) = seen.get(looked) {
            add_children(process.id, &mut seen);
            looked += 1;
        }
        seen.clone()
    }
}

/// A process that is no child of ours: its id may become another's, which started later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::process) struct Process {
    id: Pid,
    /// When it started, in ticks since the machine did.
    since: u64,
}

impl Process {
    fn find(id: Pid) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name, in parentheses, may hold any character. The time is the twentieth field after it (proc_pid_stat(5)).
        let (_, fields) = stat.rsplit_once(") ")?;
        // One that has ended is listed until its parent has seen that, which may be never.
        let mut fields = fields.split(' ');
        if fields.next() == Some("Z") {
            return None;
        }
        let since = fields.nth(18)?.parse().ok()?;
        Some(Self { id, since })
    }

    fn is_there(&self) -> bool {
        Self::find(self.id).as_ref() == Some(self)
    }
}

/// Adds the processes that those of a process's threads started which still run.
fn add_children(id: Pid, to: &mut Vec<Process>) {
    let threads = fs::read_dir(format!("/proc/{id}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let read = |thread: DirEntry| fs::read_to_string(thread.path().join("children"));
    let children = threads.filter_map(|thread| read(thread).ok());
    let children = children.collect::<Vec<_>>().concat();
    let ids = children.split_whitespace().filter_map(|id| id.parse().ok());
    let found = ids.filter_map(Pid::from_raw).filter_map(Process::find);
    for process in found {
        if !to.contains(&process) {
            to.push(process);
        }
    }
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use rustix::process::getpid;

    use super::Process;

    #[cfg(target_os = "linux")]
    #[test]
    fn an_id_that_was_used_again_is_another_process() {
        let own = Process::find(getpid()).unwrap();
        assert!(own.is_there());
        let since = own.since - 1;
        assert!(!Process { since, ..own }.is_there());
    }
}
