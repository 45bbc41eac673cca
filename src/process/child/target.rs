//! Where signals go that are meant for a process: to it, to its group, or to all that it started. Waits for none.

use std::fs::DirEntry;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::Place;

/// Where signals go that are meant for a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::process) struct Target {
    pub(in crate::process) id: Pid,
    pub(in crate::process) place: Place,
}

impl Target {
    /// Tells the process to end. By SIGTERM, also after a Ctrl-C: what a shell runs in the background ignores SIGINT.
    pub(in crate::process) fn end(self) {
        self.signal(Signal::TERM);
        // One that is stopped hears nothing else.
        self.signal(Signal::CONT);
    }

    pub(in crate::process) fn kill(self) {
        self.signal(Signal::KILL);
    }

    fn signal(self, signal: Signal) {
        // A process that is gone has ended, which is all that is wanted.
        match self.place {
            Place::OwnGroup => {
                let _ = kill_process_group(self.id, signal);
            }
            Place::OwnTree => {
                let all = with_descendants(self.id);
                let _ = kill_process_group(self.id, signal);
                for id in all {
                    let _ = kill_process(id, signal);
                }
            }
            Place::OurGroup => {
                // Git ends without its ssh, which may wait for a connection for minutes.
                for id in with_descendants(self.id) {
                    let _ = kill_process(id, signal);
                }
            }
        }
    }
}

/// A process and those that it started, as Linux tells them; elsewhere the process alone.
fn with_descendants(id: Pid) -> Vec<Pid> {
    let mut found = vec![id];
    let mut looked = 0;
    while let Some(id) = found.get(looked) {
        let ids = children(*id);
        found.extend(ids);
        looked += 1;
    }
    found
}

/// The processes that those of a process's threads started which still run.
fn children(id: Pid) -> Vec<Pid> {
    let threads = std::fs::read_dir(format!("/proc/{id}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let read = |thread: DirEntry| std::fs::read_to_string(thread.path().join("children"));
    let children = threads.filter_map(|thread| read(thread).ok());
    let children = children.collect::<Vec<_>>().concat();
    let ids = children.split_whitespace().filter_map(|id| id.parse().ok());
    ids.filter_map(Pid::from_raw).collect()
}
