//! A checkout of a real one's size, in the states that runs start from, and the stopwatch.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nanoclaw::demo::{CHECKOUT, PROVIDERS};
use tempfile::TempDir;

use crate::Times;
use crate::http;

const FILES: usize = 600;
const COMMITS: usize = 300;

/// The state of the checkout that a round starts from.
#[derive(Clone, Copy)]
pub enum Start {
    /// The skill is installed.
    Installed,
    /// The skill is not installed, and the clone has its branch.
    Known,
    /// The skill is not installed, and its branch is at the other end of an HTTP connection.
    Unknown,
}

/// Makes the command of one contender.
pub type Contender<'a> = &'a dyn Fn(&Lab) -> Command;

pub struct Lab {
    folder: TempDir,
    copies: Cell<usize>,
}

/// The order of so many contenders in a round: 0, 1, n-1, 2, n-2 and so on, begun one further each round. Over as many rounds as there are
/// contenders, an even number, each follows each other once (Williams, "Experimental Designs Balanced for the Estimation of Residual
/// Effects of Treatments", 1949).
fn order(round: usize, contenders: usize) -> impl Iterator<Item = usize> {
    let zigzag = move |turn: usize| {
        if turn.is_multiple_of(2) {
            contenders - turn / 2
        } else {
            turn.div_ceil(2)
        }
    };
    (0..contenders).map(move |turn| (zigzag(turn) + round) % contenders)
}

/// Builds the program as its users do, and gives its path. The one that Cargo built for the benchmark has what the tests' dependencies ask of
/// the program's own: the pattern library's Unicode tables, whose thousands of addresses are mended at every start.
fn build() -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    build
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--bin",
            "nanoclaw",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    succeed(&mut build);
    PathBuf::from(env!("CARGO_BIN_EXE_nanoclaw"))
}

impl Lab {
    pub fn new() -> Self {
        let lab = Self {
            folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(),
            copies: Cell::new(0),
        };
        fs::create_dir(lab.path("home")).unwrap();
        fs::copy(build(), lab.program()).unwrap();
        lab.make_origin();
        lab.git(&["clone", "--quiet", "origin.git", "known"]);
        let url = format!(
            "http://127.0.0.1:{}/origin.git",
            http::serve(lab.folder.path())
        );
        lab.git(&[
            "clone",
            "--quiet",
            "--single-branch",
            "--branch",
            "main",
            &url,
            "unknown",
        ]);
        lab.start(Start::Known);
        succeed(
            lab.command(lab.program())
                .args(["skill", "add", "codex", "-y", "--no-build"])
                .current_dir(lab.checkout()),
        );
        fs::rename(lab.checkout(), lab.path("installed")).unwrap();
        // The builds have run.
        fs::remove_file(lab.path("installed/.git/nanoclaw/pending-codex")).unwrap();
        lab
    }

    /// Runs the contenders in turns, each in a fresh checkout, and gives each one's times, the shortest first. The first round does not count.
    /// Each comes as often behind every other as behind any: what ran just before leaves the processor's caches to the next.
    pub fn alternate(
        &self,
        start: Start,
        rounds: usize,
        contenders: &[Contender<'_>],
    ) -> Vec<Times> {
        let mut times = vec![Vec::new(); contenders.len()];
        self.start(start);
        for round in 0..=rounds {
            for place in order(round, contenders.len()) {
                let (contender, times) = (contenders[place], &mut times[place]);
                // Where nothing is to do, nothing is changed.
                if !matches!(start, Start::Installed) {
                    self.start(start);
                }
                let mut command = contender(self);
                command.stdout(Stdio::null()).stderr(Stdio::null());
                let begun = Instant::now();
                let ended = command.status().unwrap();
                let time = begun.elapsed();
                assert!(ended.success(), "{command:?}: {ended}");
                if round > 0 {
                    times.push(time);
                }
            }
        }
        self.check_template(start);
        let sorted = |mut times: Vec<_>| {
            times.sort();
            Times(times)
        };
        times.into_iter().map(sorted).collect()
    }

    /// Makes the checkout anew.
    pub fn start(&self, start: Start) {
        let template = match start {
            Start::Installed => "installed",
            Start::Known => "known",
            Start::Unknown => "unknown",
        };
        // For minutes ext4 is slow to make files where many were removed (its `recently_deleted`). So the old ones stay until the end, and
        // the files are the template's own by hard links, but for the one that the script writes into: in the place of all others, every
        // contender puts another.
        self.copies.set(self.copies.get() + 1);
        succeed(
            Command::new("cp")
                .arg("-al")
                .arg(self.path(template))
                .arg(self.checkout()),
        );
        let barrel = self.checkout().join("src/providers/index.ts");
        let bytes = fs::read(&barrel).unwrap();
        fs::remove_file(&barrel).unwrap();
        fs::write(barrel, bytes).unwrap();
    }

    /// Panics where a run has changed what the others start from.
    fn check_template(&self, start: Start) {
        let template = match start {
            // It has what the skill adds, and no commit of it.
            Start::Installed => return,
            Start::Known => "known",
            Start::Unknown => "unknown",
        };
        self.git(&["-C", template, "diff", "--exit-code"]);
    }

    /// The most memory, in bytes, that a run has at once, the processes that it starts included; `None` without GNU time.
    pub fn peak_memory(&self, command: &Command) -> Option<u64> {
        let mut timed = self.command("/usr/bin/time");
        timed.args(["--format", "%M"]).arg(command.get_program());
        timed.args(command.get_args()).current_dir(self.checkout());
        let output = timed.output().ok()?;
        assert!(output.status.success(), "{command:?}: {}", output.status);
        let said = String::from_utf8(output.stderr).unwrap();
        Some(said.lines().last()?.parse::<u64>().ok()? * 1024)
    }

    /// A command with an environment of its own.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    /// The program in a copy, as installing makes one: what a linker leaves lies otherwise in memory, and starts a fifth slower.
    pub fn program(&self) -> PathBuf {
        self.path("nanoclaw")
    }

    pub fn checkout(&self) -> PathBuf {
        self.path(&format!("checkout-{}", self.copies.get()))
    }

    /// A bare repository with the sample's files among many others, a history, and the skill's branch with one of its own.
    fn make_origin(&self) {
        self.git(&[
            "init",
            "--quiet",
            "--bare",
            "--initial-branch=main",
            "origin.git",
        ]);
        let mut import = self.command("git");
        import
            .args(["--git-dir=origin.git", "fast-import", "--quiet"])
            .current_dir(self.folder.path());
        let mut child = import.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&history()).unwrap();
        assert!(child.wait().unwrap().success());
        self.git(&["--git-dir=origin.git", "repack", "-adq"]);
    }

    fn git(&self, arguments: &[&str]) {
        succeed(
            self.command("git")
                .args(arguments)
                .current_dir(self.folder.path()),
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The history in the form of `git fast-import`.
fn history() -> Vec<u8> {
    let mut stream = Vec::new();
    commit(&mut stream, "main", 0, None);
    for (path, bytes) in CHECKOUT {
        file(&mut stream, path, bytes);
    }
    for number in 0..FILES {
        file(
            &mut stream,
            &filler_path(number),
            filler(number, 0).as_bytes(),
        );
    }
    for number in 1..COMMITS {
        commit(&mut stream, "main", number, None);
        file(
            &mut stream,
            &filler_path(number * 7 % FILES),
            filler(number, number).as_bytes(),
        );
    }
    for number in 0..COMMITS / 5 {
        commit(
            &mut stream,
            "providers",
            COMMITS + number,
            (number == 0).then_some("main"),
        );
        file(
            &mut stream,
            &format!("src/providers/other-{}.ts", number % 9),
            filler(number, number).as_bytes(),
        );
        for (path, bytes) in PROVIDERS.iter().filter(|_| number > 2) {
            file(&mut stream, path, bytes);
        }
    }
    stream
}

fn commit(stream: &mut Vec<u8>, branch: &str, number: usize, from: Option<&str>) {
    let time = 1_767_225_600 + number * 3600;
    write!(
        stream,
        "commit refs/heads/{branch}\ncommitter a <a@localhost> {time} +0000\ndata 2\nc\n"
    )
    .unwrap();
    if let Some(from) = from {
        writeln!(stream, "from refs/heads/{from}").unwrap();
    }
}

fn file(stream: &mut Vec<u8>, path: &str, bytes: &[u8]) {
    let mode = if Path::new(path).extension().is_some_and(|end| end == "sh") {
        "100755"
    } else {
        "100644"
    };
    write!(stream, "M {mode} inline {path}\ndata {}\n", bytes.len()).unwrap();
    stream.extend_from_slice(bytes);
    stream.push(b'\n');
}

fn filler_path(number: usize) -> String {
    format!("src/part-{}/file-{number}.ts", number % 23)
}

/// A few kilobytes that do not compress to nothing.
fn filler(number: usize, version: usize) -> String {
    let mut text = format!("// {number} {version}\n");
    let mut dice = number * 31 + 1;
    for line in 0..60 {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        writeln!(text, "export const value{line} = '{:x}';", dice >> 20).unwrap();
    }
    text
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
