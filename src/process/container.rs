//! The container that an engine was told to run, and its end. Says nothing.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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
    pub(super) fn remove(&self) -> io::Result<Child> {
        let mut remove = Command::new(&self.engine);
        remove.args(["rm", "-f", &self.name]).process_group(0);
        remove.stdin(Stdio::null()).stdout(Stdio::null());
        remove.stderr(Stdio::null()).spawn()
    }
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
        if let Ok(remove) = self.0.remove() {
            wait(&mut [remove], PATIENCE);
        }
        running::take_out(&self.0);
    }
}

/// Waits until engines have done what they were told, or for so long, and ends those that have not.
fn wait(engines: &mut [Child], patience: Duration) {
    if !have_ended(engines, patience) {
        for engine in engines {
            let _ = engine.kill();
            let _ = engine.wait();
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

    use super::{Container, Held};

    #[test]
    fn the_engine_that_removes_a_container_is_in_a_group_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let engine = folder.path().join("engine");
        fs::write(
            &engine,
            "#!/bin/sh\necho \"$*\" $(($$ - $(ps -o pgid= -p $$))) > \"$0 saw\"\n",
        )
        .unwrap();
        fs::set_permissions(&engine, Permissions::from_mode(0o755)).unwrap();
        drop(Held::new(Container::new(engine.to_str().unwrap(), "name")));
        let saw = fs::read_to_string(folder.path().join("engine saw")).unwrap();
        assert_eq!(saw, "rm -f name 0\n");
    }
}
