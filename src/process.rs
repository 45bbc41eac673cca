//! The only module that starts processes: git, builds, checks and agents. Prints nothing.

mod child;
mod container;
mod conversation;
mod engine;
mod fetch;
mod running;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use xshell::{Cmd, Shell, cmd};

pub use container::Container;
pub use conversation::{Conversation, Said};
pub use engine::{EngineState, OfImage, asks, engine_state, of_image};
pub use fetch::{Fetch, FetchError, Limit, fetch, tip};
pub use running::{containers_left, kill_running};

use crate::files;
use crate::interrupt;
use crate::masking::mask;
use crate::problem::Problem;
use child::{End, Heard, Place};

/// Variables of a git hook or script around us that would lead git to another repository.
const REPOSITORY_VARIABLES: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

fn shell(folder: &Path) -> Result<Shell> {
    let shell = Shell::new().context("failed to read the working folder")?;
    shell.change_dir(folder);
    Ok(shell)
}

/// Readies a git command: the user's repository by its folder alone, messages in English for the ones that are understood, and no output of its own.
fn git(command: Cmd<'_>) -> Cmd<'_> {
    let command = REPOSITORY_VARIABLES
        .iter()
        .fold(command, xshell::Cmd::env_remove);
    command.env("LC_ALL", "C").quiet().ignore_status()
}

/// Runs a git command to its end, or until a deadline.
fn run_git(command: Cmd<'_>, deadline: Option<Instant>) -> Result<child::Output> {
    child::output(command.into(), deadline).map_err(|error| {
        let is_absent = error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|cause| cause.kind() == io::ErrorKind::NotFound);
        if is_absent {
            let problem = Problem::could_not_run("the program `git` was not found");
            error.context(problem.hint("install git and run the command again"))
        } else {
            error
        }
    })
}

/// The date of the demo's commits: a fixed one, so that their ids are the same everywhere.
const DEMO_DATE: &str = "2026-05-01T12:00:00Z";

/// Variables by which a user's git makes other repositories than most.
const OWN_VARIABLES: [&str; 6] = [
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_DEFAULT_HASH",
    "GIT_DEFAULT_REF_FORMAT",
    "GIT_TEMPLATE_DIR",
];

/// Runs a git command in a folder with none of the user's configuration: for the demo's repositories, which are nobody's.
pub fn git_in(folder: &Path, arguments: &[&str]) -> Result<()> {
    let shell = shell(folder)?;
    // What is said here a git before 2.32 would take from the user's configuration, of which the variables below keep a newer one.
    let command = git(cmd!(
        shell,
        "git -c user.name=nanoclaw -c user.email=demo@localhost -c init.defaultBranch=main -c clone.defaultRemoteName=origin -c commit.gpgSign=false -c core.hooksPath=/dev/null -c core.autocrlf=false {arguments...}"
    ));
    let command = OWN_VARIABLES.iter().fold(command, xshell::Cmd::env_remove);
    let command = command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", DEMO_DATE)
        .env("GIT_COMMITTER_DATE", DEMO_DATE);
    let output = run_git(command, None)?;
    if output.end.is_success()? {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.err).into_owned();
    Err(Problem::could_not_run(format!(
        "git {} failed: {}",
        arguments.join(" "),
        words.trim_end()
    ))
    .into())
}

/// Whether a program can be started: an executable file of this name on the `PATH`, or at this path.
#[must_use]
pub fn is_program(name: &str) -> bool {
    let executable = |path: &Path| {
        path.metadata()
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    if name.contains('/') {
        return executable(Path::new(name));
    }
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| executable(&folder.join(name)))
    })
}

/// How long a program may take to answer a question.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks a program that is on the `PATH`, outside the checkout and in UTC, with these variables, and gives what it says on standard output; `None`
/// where it is not there, cannot be started, fails, or takes too long. A signal to us is an error.
pub fn answer(
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &Path)],
) -> Result<Option<String>> {
    let answer = ask(program, arguments, environment)?;
    Ok(answer
        .filter(|answer| answer.code == Some(0))
        .map(|answer| answer.out))
}

/// What a program said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it said on standard output.
    pub out: String,
    /// What it said on standard error.
    pub err: String,
}

/// As [`answer()`], with an answer also where the program fails; `None` where it is not there, cannot be started or takes too long.
pub fn ask(
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &Path)],
) -> Result<Option<Answer>> {
    if !is_program(program) {
        return Ok(None);
    }
    let shell = shell(Path::new("/"))?;
    let command = cmd!(shell, "{program} {arguments...}");
    let command = command.env("LC_ALL", "C").env("TZ", "UTC");
    let command = command.envs(environment.iter().copied());
    let deadline = Instant::now().checked_add(PATIENCE);
    let Ok(output) = child::output(command.into(), deadline) else {
        return interrupt::check().map(|()| None);
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = match output.end {
        End::Exited(status) => status.code(),
        End::Interrupted(problem) => return Err(problem.into()),
        End::Late | End::Asked => return Ok(None),
    };
    Ok(Some(Answer {
        code,
        out: text(&output.out),
        err: text(&output.err),
    }))
}

/// Runs a command by `sh -c` in `root`, where it may ask on the terminal, with these variables and nothing on its standard input, and gives
/// whether it succeeded. `said` sees each line of its output as it is: what it asks a person to open must stay whole.
pub fn attend(
    root: &Path,
    command: &str,
    environment: &[(String, String)],
    said: &mut dyn FnMut(&str),
) -> Result<bool> {
    let shell = shell(root)?;
    let mut command = Command::from(cmd!(shell, "sh -c {command}"));
    command.envs(environment.iter().map(|(key, value)| (key, value)));
    let stdin = Stdio::null();
    let end = child::run_with(command, Place::OurGroup, stdin, None, &mut |heard| {
        if let Heard::Out(line) | Heard::Err(line) = heard {
            said(String::from_utf8_lossy(line).trim_end());
        }
        Ok(())
    })?;
    end.is_success()
}

/// How a task's commands ended.
pub enum Ended {
    /// All of them succeeded.
    Succeeded,
    /// One failed.
    Failed {
        /// How it ended, such as `exit code 2`.
        how: String,
        /// The last lines of output.
        tail: Vec<String>,
    },
    /// A signal to us ended one, or came before it began.
    Interrupted(Problem),
}

/// How many lines of the output of what failed are shown.
const TAIL: usize = 15;

/// Runs commands one after the other, each by `sh -c` in `root` and in a process group of its own, until one fails. `said` sees each line of
/// their output as it comes, and `None` now and then while none does; the whole output goes to `log`, a file only the user can read.
/// Credentials in URLs are masked in both, and before that `hide` takes out what else is not to be seen.
pub fn run(
    root: &Path,
    commands: &[String],
    environment: &[(String, String)],
    log: Option<&Path>,
    hide: &dyn Fn(&str) -> String,
    said: &mut dyn FnMut(Option<&str>),
) -> Result<Ended> {
    let ended = run_until(root, commands, environment, log, hide, said, None)?;
    // Without a deadline nothing is late.
    Ok(ended.unwrap_or_else(|| Ended::Failed {
        how: "ended for its time".to_owned(),
        tail: Vec::new(),
    }))
}

/// As [`run()`], for as long as `limit`, without a log. `None` where they take longer, and are ended.
pub fn run_in_time(
    root: &Path,
    commands: &[String],
    limit: Duration,
    said: &mut dyn FnMut(Option<&str>),
) -> Result<Option<Ended>> {
    let deadline = Instant::now().checked_add(limit);
    run_until(root, commands, &[], None, &str::to_owned, said, deadline)
}

fn run_until(
    root: &Path,
    commands: &[String],
    environment: &[(String, String)],
    log: Option<&Path>,
    hide: &dyn Fn(&str) -> String,
    said: &mut dyn FnMut(Option<&str>),
    deadline: Option<Instant>,
) -> Result<Option<Ended>> {
    let shell = shell(root)?;
    let mut log = log.map(open_log).transpose()?;
    let mut tail = Vec::new();
    for command in commands {
        let mut command = Command::from(cmd!(shell, "sh -c {command}"));
        command.envs(environment.iter().map(|(key, value)| (key, value)));
        let end = child::run(command, Place::OwnGroup, deadline, &mut |heard| {
            let bytes = match heard {
                Heard::Out(bytes) | Heard::Err(bytes) => bytes,
                Heard::Nothing => {
                    said(None);
                    return Ok(());
                }
                Heard::ToldToEnd => {
                    said(Some("being ended; a second signal does not wait for that"));
                    return Ok(());
                }
            };
            let heard = String::from_utf8_lossy(bytes);
            let text = mask(&hide(&heard));
            if let Some(file) = &mut log {
                let logged = if text == heard {
                    bytes
                } else {
                    text.as_bytes()
                };
                file.write_all(logged).context("failed to write the log")?;
            }
            let text = text.trim_end().to_owned();
            said(Some(&text));
            tail.push(text);
            if tail.len() > TAIL {
                tail.remove(0);
            }
            Ok(())
        })?;
        let how = match end {
            End::Exited(status) if status.success() => continue,
            End::Exited(status) => ending(status),
            End::Interrupted(problem) => return Ok(Some(Ended::Interrupted(problem))),
            End::Late => return Ok(None),
            End::Asked => "stopped, for it asked something on the terminal,".to_owned(),
        };
        return Ok(Some(Ended::Failed { how, tail }));
    }
    Ok(Some(Ended::Succeeded))
}

/// How a process ended, such as `exit code 2`.
fn ending(status: ExitStatus) -> String {
    status.to_string().replace("exit status: ", "exit code ")
}

fn open_log(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("failed to make `{}`", folder.display()))?;
    }
    let context = || format!("failed to open the log `{}`", path.display());
    files::free_name(path).with_context(context)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).with_context(context)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::run_in_time;

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        let since = Instant::now();
        let commands = ["exec sleep 60".to_owned()];
        let limit = Duration::from_millis(50);
        let ended = run_in_time(Path::new("/"), &commands, limit, &mut |_| ());
        assert!(matches!(ended, Ok(None)));
        assert!(since.elapsed() < Duration::from_secs(30));
    }
}
