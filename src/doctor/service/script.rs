//! The host as NanoClaw's own script starts it where there is no service manager: by `nohup`, its id in a file (`setup/service.ts`). Starts none.

use std::path::Path;

use anyhow::Result;

use super::running::{self, Known};
use super::{Kind, MAIN, Other, State, Variables};
use crate::checkout::Checkout;

/// The script, relative to the root.
const SCRIPT: &str = "start-nanoclaw.sh";

/// Where it writes the id of the process that it starts.
const ID: &str = "nanoclaw.pid";

/// What the script started; `None` where it is not there.
pub(super) fn look(checkout: &Checkout) -> Result<Option<Other>> {
    let id = checkout.bytes(Path::new(ID));
    if id.is_none() && !checkout.is_file(Path::new(SCRIPT)) {
        return Ok(None);
    }
    let mut other = Other {
        kind: Kind::Script,
        name: SCRIPT.to_owned(),
        state: State::Ended(String::new()),
        since: None,
        environment: None,
        plist: None,
        start: format!("bash {SCRIPT}"),
    };
    let Some(id) = id else {
        other.state = State::Ended("has not been run".to_owned());
        return Ok(Some(other));
    };
    let id = String::from_utf8_lossy(&id).trim().parse::<i32>();
    let Some(id) = id.ok().filter(|id| *id > 0) else {
        other.state = State::Ended(format!("has written no process to {ID}"));
        return Ok(Some(other));
    };
    let main = checkout.root().join(MAIN);
    other.state = match running::look(id)? {
        Known::Runs(running) if is_host(&running.arguments, &main.to_string_lossy()) => {
            other.since = running.since;
            other.environment = environment(id);
            State::Runs
        }
        Known::Runs(_) => {
            let found = format!("has ended: process {id} of {ID} is another program by now");
            State::Ended(found)
        }
        Known::Gone => State::Ended(format!("has ended: process {id} of {ID} is gone")),
        Known::NotTold => State::Unknown(format!("`ps` does not tell what process {id} is")),
    };
    Ok(Some(other))
}

/// Whether a command line is that of node with what the host was built to.
fn is_host(arguments: &str, main: &str) -> bool {
    let Some((before, after)) = arguments.split_once(main) else {
        return false;
    };
    let program = before.trim_end().rsplit('/').next().unwrap_or_default();
    program.starts_with("node") && (after.is_empty() || after.starts_with(' '))
}

/// The variables of a process of this user's, where the system tells them (proc(5)).
fn environment(id: i32) -> Option<Variables> {
    let bytes = std::fs::read(format!("/proc/{id}/environ")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let pairs = text.split('\0').filter_map(|it| it.split_once('='));
    Some(
        pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn the_host_is_node_with_this_checkouts_build() {
        for (arguments, expected) in [
            ("/usr/bin/node /c/dist/index.js", true),
            ("node22 /c/dist/index.js --x", true),
            ("/my tools/node /c/dist/index.js", true),
            ("/usr/bin/tail /c/dist/index.js", false),
            ("/usr/bin/node /c/dist/index.js.map", false),
            ("/usr/bin/node /other/dist/index.js", false),
            ("", false),
        ] {
            assert_eq!(
                is_host(arguments, "/c/dist/index.js"),
                expected,
                "{arguments}"
            );
        }
    }
}
