//! The only module that starts processes: git, builds and checks. Prints nothing.

mod fetch;

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use anyhow::{Context, Result};
use xshell::{Cmd, Shell, cmd};

pub use fetch::{Fetch, FetchError, fetch, tip};

use crate::problem::Problem;

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

/// The date of the demo's commits: a fixed one, so that their ids are the same everywhere.
const DEMO_DATE: &str = "2026-05-01T12:00:00Z";

/// Runs a git command in a folder with a configuration of its own: for the demo's repositories, which are nobody's.
pub fn git_in(folder: &Path, arguments: &[&str]) -> Result<()> {
    let shell = shell(folder)?;
    let command = git(cmd!(
        shell,
        "git -c user.name=nanoclaw -c user.email=demo@localhost -c init.defaultBranch=main -c commit.gpgSign=false -c core.hooksPath=/dev/null -c core.autocrlf=false {arguments...}"
    ));
    let command = command
        .env("GIT_AUTHOR_DATE", DEMO_DATE)
        .env("GIT_COMMITTER_DATE", DEMO_DATE);
    let output = command.output().map_err(|_| {
        Problem::could_not_run("the program `git` was not found, or could not be started")
            .hint("install git and run the command again")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
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

/// What a container engine answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineState {
    /// It runs, and we may use it.
    Ready,
    /// No program of that name is on the `PATH`.
    Absent,
    /// The program is there and its service does not answer.
    Stopped,
    /// The service does not let this user in.
    NotPermitted,
}

/// Asks an engine whether it can build: `docker info` and its like, `container system status` for Apple's.
pub fn engine_state(root: &Path, engine: &str) -> Result<EngineState> {
    if !is_program(engine) {
        return Ok(EngineState::Absent);
    }
    let shell = shell(root)?;
    let question: &[&str] = if engine.rsplit('/').next() == Some("container") {
        &["system", "status"]
    } else {
        &["info"]
    };
    let output = cmd!(shell, "{engine} {question...}")
        .env("LC_ALL", "C")
        .quiet()
        .ignore_status()
        .output()?;
    if output.status.success() {
        return Ok(EngineState::Ready);
    }
    let words = String::from_utf8_lossy(&output.stderr).to_lowercase();
    Ok(if words.contains("permission denied") {
        EngineState::NotPermitted
    } else {
        EngineState::Stopped
    })
}

/// How a task's commands ended.
pub struct Ended {
    /// Whether all of them succeeded.
    pub success: bool,
    /// How the one that failed ended, such as `exit code 2`.
    pub how: String,
    /// The last lines of output.
    pub tail: Vec<String>,
}

/// How many lines of a failed task's output are shown.
const TAIL: usize = 15;

/// Runs commands one after the other, each by `sh -c` in `root`, until one fails. `line` sees each line of their output as it comes; the whole
/// output goes to `log`, a file only the user can read.
pub fn run(
    root: &Path,
    commands: &[String],
    environment: &[(String, String)],
    log: Option<&Path>,
    line: &mut dyn FnMut(&str),
) -> Result<Ended> {
    let mut log = log.map(open_log).transpose()?;
    let mut tail = Vec::new();
    for command in commands {
        let status = stream(root, command, environment, &mut |bytes| {
            if let Some(file) = &mut log {
                file.write_all(bytes).context("failed to write the log")?;
            }
            let text = String::from_utf8_lossy(bytes).trim_end().to_owned();
            line(&text);
            tail.push(text);
            if tail.len() > TAIL {
                tail.remove(0);
            }
            Ok(())
        })?;
        if !status.success() {
            return Ok(Ended {
                success: false,
                how: status.to_string().replace("exit status: ", "exit code "),
                tail,
            });
        }
    }
    Ok(Ended {
        success: true,
        how: String::new(),
        tail,
    })
}

fn open_log(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("failed to make `{}`", folder.display()))?;
    }
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    opened.with_context(|| format!("failed to open the log `{}`", path.display()))
}

fn stream(
    root: &Path,
    command: &str,
    environment: &[(String, String)],
    line: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<std::process::ExitStatus> {
    let shell = shell(root)?;
    let mut command = Command::from(cmd!(shell, "sh -c {command}"));
    command.envs(environment.iter().map(|(key, value)| (key, value)));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("failed to start `sh`")?;
    let (sender, lines) = mpsc::channel();
    let readers = [
        child.stdout.take().map(|out| forward(out, sender.clone())),
        child.stderr.take().map(|out| forward(out, sender)),
    ];
    for bytes in lines {
        line(&bytes)?;
    }
    for reader in readers.into_iter().flatten() {
        let _ = reader.join();
    }
    child.wait().context("failed to wait for `sh`")
}

fn forward(
    from: impl Read + Send + 'static,
    to: mpsc::Sender<Vec<u8>>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from
            .read_until(b'\n', &mut line)
            .is_ok_and(|count| count > 0)
        {
            if to.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    })
}
