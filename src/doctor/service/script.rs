//! The host as NanoClaw's own script starts it where there is no service manager: by `nohup`, its id in a file (`setup/service.ts`). Starts none.

use std::path::Path;

use anyhow::Result;

use super::running::{self, Known};
use super::{Kind, MAIN, Other, State};
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
            other.environment = running::environment(id);
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
    let is_whole = after.is_empty() || after.starts_with(' ');
    // A program's name may hold spaces; what stands behind it are options, and the first of them has a sign.
    let before = before.trim_end();
    let ends = before.match_indices(" -").map(|(at, _)| at);
    let mut programs = ends
        .chain([before.len()])
        .filter_map(|end| before.get(..end));
    is_whole
        && programs.any(|it| {
            it.rsplit('/')
                .next()
                .is_some_and(|it| it.starts_with("node"))
        })
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
            ("node --require=/dev/null -r /x/y /c/dist/index.js", true),
            ("/my tools/node --enable-source-maps /c/dist/index.js", true),
            ("/usr/bin/tail -f /c/dist/index.js", false),
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
