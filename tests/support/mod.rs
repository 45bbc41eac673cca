//! Checkouts in temporary folders, and the real binary run on them. Touches no configuration, home, network or checkout of the person who runs the tests.

#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part"
)]

mod fixtures;
pub mod grown;
mod tree;

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

pub use fixtures::{fixtures, for_each_fixture, name};
pub use tree::{Mark, Node, Tree, copy_work_tree, overlay};

/// The project's folder.
pub const PROJECT: &str = env!("CARGO_MANIFEST_DIR");

/// What `src/install-slug.ts` says of the image's name, as NanoClaw's own does.
pub const INSTALL_SLUG: &str = "
export function getInstallSlug(root: string): string {
  return createHash('sha1').update(root).digest('hex').slice(0, 8);
}
export function getContainerImageBase(root: string): string {
  return `claw-agent-${getInstallSlug(root)}`;
}
export function getDefaultContainerImage(root: string): string {
  return `${getContainerImageBase(root)}:latest`;
}
";

/// A temporary folder with everything a run sees: `checkout`, its `origin`, `home`, `tmp`, and what lies `outside`.
pub struct World {
    folder: TempDir,
    /// The checkout's root, with no symlink in it.
    pub root: PathBuf,
    /// Variables of runs, over the hermetic ones.
    pub environment: Vec<(&'static str, String)>,
}

/// A temporary folder: in memory where the machine has such a place and nobody chose another, for the laws make many small files.
pub fn temporary() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = match std::env::var_os("TMPDIR") {
        None if memory.is_dir() => tempfile::tempdir_in(memory),
        _ => tempfile::tempdir(),
    };
    made.or_else(|_| tempfile::tempdir())
        .expect("a temporary folder")
}

/// How a process ended.
#[derive(Clone, PartialEq, Eq)]
pub struct Run {
    /// The exit code; -1 for a signal.
    pub code: i32,
    /// The bytes on stdout.
    pub stdout: Vec<u8>,
    /// What stderr says.
    pub stderr: String,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stdout = String::from_utf8_lossy(&self.stdout);
        write!(f, "exit code {}\n{stdout}\n{}", self.code, self.stderr)
    }
}

impl World {
    /// A world with an empty folder for the checkout.
    pub fn empty() -> Self {
        let folder = temporary();
        let base = fs::canonicalize(folder.path()).expect("the temporary folder's place");
        for name in ["checkout", "home", "tmp"] {
            fs::create_dir(base.join(name)).expect("a folder of the world");
        }
        let configuration = "[user]\n\tname = Test\n\temail = test@localhost\n[init]\n\tdefaultBranch = main\n\ttemplateDir =\n";
        fs::write(base.join("gitconfig"), configuration).expect("a git configuration");
        Self {
            folder,
            root: base.join("checkout"),
            environment: Vec::new(),
        }
    }

    /// The world that a fixture folder describes:
    ///
    /// - `checkout/` lies over the sample's; `absent.txt` names what is taken away of that, a path a line;
    /// - `head/`, where there is one, lies over the sample in HEAD, and `checkout/` is not committed;
    /// - `providers/` lies over the sample's one commit of that branch, `newer/` is a commit more;
    /// - `outside/` lies beside the checkout.
    pub fn of(fixture: &Path) -> Self {
        let world = Self::empty();
        let sample = Path::new(PROJECT).join("fixtures/sample");
        let origin = world.base().join("origin");
        fs::create_dir(&origin).expect("origin");
        world.git(&origin, &["init", "--quiet"]);
        overlay(&sample.join("checkout"), &origin);
        world.commit(&origin, "The sample");
        world.git(&origin, &["checkout", "--quiet", "-b", "providers"]);
        overlay(&sample.join("providers"), &origin);
        overlay(&fixture.join("providers"), &origin);
        world.commit(&origin, "The skill's files");
        if fixture.join("newer").is_dir() {
            overlay(&fixture.join("newer"), &origin);
            world.commit(&origin, "Newer files of the skill");
        }
        world.git(&origin, &["checkout", "--quiet", "main"]);
        take_away(fixture, &origin);
        let head = fixture.join("head");
        let committed = if head.is_dir() {
            &head
        } else {
            &fixture.join("checkout")
        };
        overlay(committed, &origin);
        world.commit(&origin, "The checkout");
        overlay(&fixture.join("outside"), &world.base().join("outside"));
        world.git(&world.base(), &["clone", "--quiet", "origin", "checkout"]);
        if head.is_dir() {
            overlay(&fixture.join("checkout"), &world.root);
        }
        world
    }

    /// A world whose checkout holds just these files, committed; `origin` has the sample's branch `providers` over them.
    pub fn with(files: &Tree) -> Self {
        let world = Self::empty();
        let origin = world.base().join("origin");
        fs::create_dir(&origin).expect("origin");
        world.git(&origin, &["init", "--quiet"]);
        overlay(
            &Path::new(PROJECT).join("fixtures/sample/providers"),
            &origin,
        );
        world.commit(&origin, "The skill's files");
        world.git(&origin, &["branch", "-M", "providers"]);
        world.git(&world.root, &["init", "--quiet"]);
        files.write(&world.root);
        world.commit(&world.root, "The checkout");
        world.git(&world.root, &["remote", "add", "origin", "../origin"]);
        world
    }

    /// The folder that holds everything.
    pub fn base(&self) -> PathBuf {
        self.root
            .parent()
            .expect("the world's folder")
            .to_path_buf()
    }

    /// Runs the program on the checkout.
    pub fn nanoclaw(&self, arguments: &[&str]) -> Run {
        self.nanoclaw_in(&self.root, arguments)
    }

    /// Runs the program in a folder.
    pub fn nanoclaw_in(&self, folder: &Path, arguments: &[&str]) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_nanoclaw"), folder);
        run(command.args(arguments))
    }

    /// Runs git, which must succeed.
    pub fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        let ended = self.try_git(folder, arguments);
        assert_eq!(
            ended.code,
            0,
            "git {}: {}",
            arguments.join(" "),
            ended.stderr
        );
        String::from_utf8_lossy(&ended.stdout).into_owned()
    }

    /// Runs git.
    pub fn try_git(&self, folder: &Path, arguments: &[&str]) -> Run {
        run(self.command("git", folder).args(arguments))
    }

    fn commit(&self, folder: &Path, message: &str) {
        self.git(folder, &["add", "--all", "--force"]);
        self.git(
            folder,
            &["commit", "--quiet", "--allow-empty", "--message", message],
        );
    }

    pub fn command(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        let base = self.base();
        let mut command = plain(program.as_ref());
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", base.join("home"))
            .env("TMPDIR", base.join("tmp"))
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_GLOBAL", base.join("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", &base)
            .env("GIT_AUTHOR_DATE", "2026-05-01T12:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-05-01T12:00:00Z")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A command that ends by a Ctrl-C also where the tests were started to ignore it, as a shell starts what it runs in the background: such a signal
/// stays ignored from program to program. Linux tells which those are, and its `env` mends it.
fn plain(program: &OsStr) -> Command {
    static IGNORES: LazyLock<bool> = LazyLock::new(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        ignored.is_some_and(|mask| mask & 0b11 != 0)
    });
    if !*IGNORES {
        return Command::new(program);
    }
    let mut command = Command::new("/usr/bin/env");
    command.arg("--default-signal=HUP,INT").arg(program);
    command
}

/// A copy of the program where every user can start it, and the folder that it goes with: the project may be where only root can go.
pub fn program_for_all() -> (TempDir, PathBuf) {
    let all = Permissions::from_mode(0o755);
    let folder = tempfile::Builder::new().permissions(all).tempdir();
    let folder = folder.expect("a folder for all");
    let program = folder.path().join("nanoclaw");
    fs::copy(env!("CARGO_BIN_EXE_nanoclaw"), &program).expect("the program");
    (folder, program)
}

/// Runs a command to its end, with nothing on its standard input.
pub fn run(command: &mut Command) -> Run {
    let output = command.stdin(std::process::Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn take_away(fixture: &Path, from: &Path) {
    for path in fs::read_to_string(fixture.join("absent.txt"))
        .unwrap_or_default()
        .lines()
    {
        let target = from.join(path);
        let gone = if target.is_dir() {
            fs::remove_dir_all(&target)
        } else {
            fs::remove_file(&target)
        };
        gone.unwrap_or_else(|error| panic!("{}: {error}", target.display()));
    }
}
