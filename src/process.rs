//! The only module that starts processes: git, builds and checks. Prints nothing.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use anyhow::{Context, Result};
use xshell::{Cmd, Shell, cmd};

use crate::problem::Problem;
use crate::remote::mask;

/// A fetch into a store of ours, made in the user's repository so that its configuration counts.
pub struct Fetch<'a> {
    /// The checkout's root.
    pub root: &'a Path,
    /// The store's object folder.
    pub objects: &'a Path,
    /// The object folders that the store borrows.
    pub borrowed: &'a [PathBuf],
    /// Whether to fetch every object anew: what a partial clone has cannot be relied on.
    pub whole: bool,
    /// A remote's name, a URL, a path or a bundle file.
    pub address: &'a str,
    /// The ref or commit at the remote.
    pub source: &'a str,
}

/// Why a fetch brought nothing.
pub enum FetchError {
    /// The remote does not have the ref.
    NoSuchRef,
    /// Git failed, or is not there.
    Failed(anyhow::Error),
}

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

/// Runs the user's `git fetch` and gives the id of what the source names, in hex digits.
///
/// `--dry-run` keeps git from writing refs and `FETCH_HEAD`; it brings the objects all the same, into `GIT_OBJECT_DIRECTORY`.
/// They come as a pack: to unpack them one by one, git would give new times to those of the checkout's own objects that are among them.
/// The pack gets no reverse index, which nothing here reads.
/// `--porcelain` (git 2.41) prints the id; an older git is asked by `ls-remote`.
pub fn fetch(fetch: &Fetch<'_>) -> Result<String, FetchError> {
    let printed = run_fetch(fetch, true)?;
    if let Some(id) = printed
        .as_deref()
        .and_then(|lines| lines.lines().rev().find_map(fetched_id))
    {
        return Ok(id);
    }
    run_fetch(fetch, false)?;
    match tip(fetch) {
        // A remote lists names, and the source may be the id itself.
        Err(FetchError::NoSuchRef) => Ok(fetch.source.to_owned()),
        found => found,
    }
}

/// Asks the remote for the id of what the source names, in hex digits, and brings nothing.
pub fn tip(fetch: &Fetch<'_>) -> Result<String, FetchError> {
    let (address, source) = (fetch.address, fetch.source);
    let shell = shell(fetch.root).map_err(FetchError::Failed)?;
    let listed = finish(&git(cmd!(shell, "git ls-remote {address} {source}")))?;
    let named = |line: &&str| {
        let name = line.split_whitespace().nth(1);
        name.is_some_and(|name| name == source || !source.contains('/'))
    };
    let listed = listed.unwrap_or_default();
    let id = listed.lines().find(named);
    let id = id.and_then(|line| line.split_whitespace().next());
    id.map(str::to_owned).ok_or(FetchError::NoSuchRef)
}

/// In the place of the program that lists the refs of borrowed objects, which are the checkout's own and known: a shell's word that is no
/// program, so that git starts none and goes on.
const NO_PROGRAM: &str = ":";

/// `None` when this git does not know an option.
fn run_fetch(fetch: &Fetch<'_>, porcelain: bool) -> Result<Option<String>, FetchError> {
    let shell = shell(fetch.root).map_err(FetchError::Failed)?;
    let refspec = format!("+{}:refs/nanoclaw/fetched", fetch.source);
    let address = fetch.address;
    let porcelain = porcelain.then_some("--porcelain");
    let whole: &[&str] = if fetch.whole {
        &["--refetch", "--no-filter"]
    } else {
        &[]
    };
    let command = cmd!(
        shell,
        "git -c fetch.unpackLimit=1 -c pack.writeReverseIndex=false -c core.alternateRefsCommand={NO_PROGRAM} fetch --dry-run {porcelain...} --no-tags --refmap= --no-auto-maintenance --no-recurse-submodules --no-write-fetch-head {whole...} {address} {refspec}"
    );
    let borrowed = fetch
        .borrowed
        .iter()
        .map(|folder| quote_alternate(folder))
        .collect::<Vec<_>>()
        .join(":");
    finish(
        &git(command)
            .env("GIT_OBJECT_DIRECTORY", fetch.objects)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", borrowed),
    )
}

fn finish(command: &Cmd<'_>) -> Result<Option<String>, FetchError> {
    let output = command.output().map_err(|_| {
        let problem =
            Problem::could_not_run("the program `git` was not found, or could not be started");
        FetchError::Failed(problem.hint("install git and run the command again").into())
    })?;
    if output.status.success() {
        return Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()));
    }
    if output.status.code() == Some(129) {
        return Ok(None);
    }
    let words = said(&output.stderr);
    if [
        "couldn't find remote ref",
        "no such remote ref",
        "not our ref",
    ]
    .iter()
    .any(|sign| words.contains(sign))
    {
        return Err(FetchError::NoSuchRef);
    }
    let problem =
        Problem::could_not_run(format!("git could not fetch:\n{}", mask(words.trim_end())));
    Err(FetchError::Failed(
        problem
            .hint("what git says above is what `git fetch` would say to you here")
            .into(),
    ))
}

/// What a git says on standard error, but for its not finding [`NO_PROGRAM`].
fn said(stderr: &[u8]) -> String {
    let own = format!("error: cannot run {NO_PROGRAM}:");
    let words = String::from_utf8_lossy(stderr);
    let lines = words.split_inclusive('\n');
    lines.filter(|line| !line.starts_with(&own)).collect()
}

/// One line of `git fetch --porcelain`: flag, old id, new id, local ref.
fn fetched_id(line: &str) -> Option<String> {
    let mut words = line.split_whitespace().rev();
    let name = words.next()?;
    let id = words.next()?;
    (name == "refs/nanoclaw/fetched" && id.len() >= 40).then(|| id.to_owned())
}

/// Git splits the variable at colons, and takes a path in double quotes with C escapes.
fn quote_alternate(folder: &Path) -> String {
    let text = folder.to_string_lossy();
    if text.contains([':', '"', '\\', '\n']) {
        format!(
            "\"{}\"",
            text.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n")
        )
    } else {
        text.into_owned()
    }
}

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

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn what_git_was_kept_from_is_not_said() {
        let heard = "error: cannot run :: No such file or directory\nfatal: early EOF\nerror: cannot run ssh: No such file or directory\n";
        let expected = "fatal: early EOF\nerror: cannot run ssh: No such file or directory\n";
        assert_eq!(said(heard.as_bytes()), expected);
    }
}
