//! The container that an engine was told to run, and its end. Says nothing.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt::TICK;

/// A container, by its name. Dropped, it is killed: its engine's client may end before it, and a signal to us must not leave it.
pub struct Container {
    engine: String,
    name: String,
}

/// How long an engine may take to kill a container.
const PATIENCE: Duration = Duration::from_secs(10);

impl Container {
    /// Names one that an engine is about to run.
    #[must_use]
    pub fn new(engine: &str, name: &str) -> Self {
        Self {
            engine: engine.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let mut kill = Command::new(&self.engine);
        kill.args(["kill", &self.name]);
        kill.stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let Ok(mut kill) = kill.spawn() else { return };
        let since = Instant::now();
        // One that is gone is no trouble.
        while matches!(kill.try_wait(), Ok(None)) {
            if since.elapsed() >= PATIENCE {
                let _ = kill.kill();
                let _ = kill.wait();
                return;
            }
            thread::sleep(TICK);
        }
    }
}
