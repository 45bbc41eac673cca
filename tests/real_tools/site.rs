//! A clone of the sample checkout, its origin, and a `PATH` that holds just what a NanoClaw host has.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nanoclaw::demo::{CHECKOUT, PROVIDERS};
use nanoclaw::digest::sha1;
use tempfile::TempDir;

use crate::tools;

/// The file that the host gets from the branch.
pub const HOST_PAYLOAD: &str = "src/providers/codex.ts";

/// What a host has beside pnpm, Bun and the container engine.
const PROGRAMS: [&str; 14] = [
    "git", "node", "sh", "bash", "env", "dirname", "basename", "sed", "uname", "tr", "cut",
    "sha1sum", "cat", "ls",
];

/// How the stand-in for the container engine behaves.
#[derive(Clone, Copy)]
pub enum Engine {
    Ready,
    FailsToBuild,
    Stopped,
    NotPermitted,
    Absent,
}

/// The folders of one test.
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// A checkout without `node_modules`; `None` where the tools cannot be had.
    pub fn without_packages() -> Option<Self> {
        let node_tools = tools::or_skip(tools::node_tools())?;
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        site.make_repositories();
        let mut programs: BTreeMap<&str, PathBuf> = PROGRAMS
            .into_iter()
            .filter_map(|name| Some((name, tools::program(name).ok()?)))
            .collect();
        programs.insert("pnpm", node_tools.join("node_modules/.bin/pnpm"));
        programs.insert("bun", tools::bun(&node_tools));
        tools::link_programs(&site.bin(), &programs);
        fs::create_dir(site.path("home")).unwrap();
        site.engine(Engine::Ready);
        Some(site)
    }

    /// A checkout as `pnpm install` leaves it.
    pub fn with_packages() -> Option<Self> {
        let site = Self::without_packages()?;
        let mut install = Command::new(site.bin().join("pnpm"));
        install
            .args([
                "install",
                "--no-frozen-lockfile",
                "--prefer-offline",
                "--reporter=silent",
            ])
            .arg("--store-dir")
            .arg(tools::cache("pnpm-store"))
            .env("XDG_CACHE_HOME", tools::cache("pnpm-cache"))
            .current_dir(site.checkout());
        tools::succeed(&mut install);
        Some(site)
    }

    /// Does what the document says for the container's type check.
    pub fn install_bun_types(&self) {
        let mut install = Command::new(self.bin().join("bun"));
        install
            .args(["install", "--frozen-lockfile"])
            .env("BUN_INSTALL_CACHE_DIR", tools::cache("bun-cache"))
            .current_dir(self.checkout().join("container/agent-runner"));
        tools::succeed(&mut install);
    }

    /// Replaces the stand-in for `docker`, which writes down what it is asked, and where.
    pub fn engine(&self, engine: Engine) {
        let program = self.bin().join("docker");
        let _ = fs::remove_file(&program);
        let answer = match engine {
            Engine::Ready => "",
            Engine::FailsToBuild => {
                "[ \"$1\" = build ] && { echo 'write /x: no space left on device' >&2; exit 1; }; true"
            }
            Engine::Stopped => {
                "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?' >&2; exit 1"
            }
            Engine::NotPermitted => {
                "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1"
            }
            Engine::Absent => return,
        };
        let record = self.path("asked");
        let script = format!(
            "#!/bin/sh\necho \"$(pwd): $*\" >> '{}'\n{answer}\n",
            record.display()
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What the engine was asked: `folder: arguments`.
    pub fn asked_of_engine(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.path("asked")).unwrap_or_default();
        asked.lines().map(str::to_owned).collect()
    }

    /// Takes a program off the `PATH`.
    pub fn unlink(&self, program: &str) {
        fs::remove_file(self.bin().join(program)).unwrap();
    }

    /// Commits another text of a file to the skill's branch, and returns the old one.
    pub fn change_branch(&self, path: &str, change: impl Fn(&str) -> String) -> String {
        let origin = self.path("origin");
        self.git(&origin, &["checkout", "--quiet", "providers"]);
        let old = fs::read_to_string(origin.join(path)).unwrap();
        let new = change(&old);
        assert_ne!(old, new);
        fs::write(origin.join(path), new).unwrap();
        self.git(
            &origin,
            &["commit", "--quiet", "--all", "--message", "Another payload"],
        );
        self.git(&origin, &["checkout", "--quiet", "main"]);
        old
    }

    /// Runs the program in the checkout, with the site's `PATH` and home, and nothing else in the environment.
    pub fn nanoclaw(&self, arguments: &[&str]) -> Ran {
        let output = self
            .command(Path::new(env!("CARGO_BIN_EXE_nanoclaw")))
            .args(arguments)
            .current_dir(self.checkout())
            .output()
            .unwrap();
        Ran {
            code: output.status.code(),
            words: format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }

    /// Runs what the document's author would check by: the host's build and the factory test. They must pass.
    pub fn plain_checks(&self) {
        let mut build = self.command(&self.bin().join("pnpm"));
        tools::succeed(build.args(["run", "build"]).current_dir(self.checkout()));
        let mut test = self.command(&self.bin().join("bun"));
        test.args(["test", "src/providers/codex.factory.test.ts"])
            .current_dir(self.checkout().join("container/agent-runner"));
        tools::succeed(&mut test);
    }

    /// The builds that are recorded as left to do.
    pub fn pending(&self) -> String {
        self.read(".git/nanoclaw/pending-codex")
    }

    /// Records builds as left to do, a label a line.
    pub fn leave_pending(&self, labels: &str) {
        fs::write(self.path("nanoclaw/.git/nanoclaw/pending-codex"), labels).unwrap();
    }

    /// What git sees changed, and the files of ours beside git's.
    pub fn tree(&self) -> (String, bool) {
        let status = self
            .command(&self.bin().join("git"))
            .args(["status", "--porcelain"])
            .current_dir(self.checkout())
            .output()
            .unwrap();
        (
            String::from_utf8(status.stdout).unwrap(),
            self.checkout().join(".git/nanoclaw/pending").exists(),
        )
    }

    pub fn checkout(&self) -> PathBuf {
        self.path("nanoclaw")
    }

    /// A path of the checkout as the engine's record has it.
    pub fn shown(&self, path: &str) -> String {
        let shown = fs::canonicalize(self.checkout().join(path)).unwrap();
        shown.to_str().unwrap().to_owned()
    }

    /// NanoClaw's name for this installation.
    pub fn slug(&self) -> String {
        sha1(self.shown("").as_bytes())[..8].to_owned()
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.checkout().join(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.checkout().join(path), text).unwrap();
    }

    fn make_repositories(&self) {
        let origin = self.path("origin");
        fs::create_dir(&origin).unwrap();
        self.git(&origin, &["init", "--quiet"]);
        for (branch, files) in [("main", CHECKOUT), ("providers", PROVIDERS)] {
            self.git(&origin, &["checkout", "--quiet", "-B", branch]);
            for (path, bytes) in files {
                let target = origin.join(path);
                fs::create_dir_all(target.parent().unwrap()).unwrap();
                fs::write(&target, bytes).unwrap();
                let is_script = Path::new(path).extension().is_some_and(|end| end == "sh");
                let mode = if is_script { 0o755 } else { 0o644 };
                fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
            }
            self.git(&origin, &["add", "--all"]);
            self.git(&origin, &["commit", "--quiet", "--message", branch]);
        }
        self.git(&origin, &["checkout", "--quiet", "main"]);
        self.git(
            self.folder.path(),
            &["clone", "--quiet", "origin", "nanoclaw"],
        );
    }

    fn git(&self, folder: &Path, arguments: &[&str]) {
        let mut command = self.command(&tools::program("git").unwrap());
        command
            .args(["-c", "user.name=test", "-c", "user.email=test@localhost"])
            .args(arguments)
            .current_dir(folder);
        tools::succeed(&mut command);
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", self.bin())
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    fn bin(&self) -> PathBuf {
        self.path("bin")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// How a run of the program ended.
pub struct Ran {
    code: Option<i32>,
    words: String,
}

impl Ran {
    /// What it printed, on both streams.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Holds when it ended with the exit code and said all of these; how many spaces stand between words does not count.
    pub fn ends(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.words);
        let words = self.words.split_whitespace().collect::<Vec<_>>().join(" ");
        for said in said {
            assert!(words.contains(said), "no `{said}` in: {}", self.words);
        }
    }
}
