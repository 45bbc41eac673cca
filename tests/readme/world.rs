//! A sample checkout at `~/nanoclaw` of a home of its own, the real binary on a `PATH` of its own, stand-ins for pnpm, Bun and docker that
//! only record how they were called, and one for codex that answers. Touches no configuration, home or network of the person who runs the tests.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;
use tempfile::TempDir;

/// NanoClaw's address, which git is led from to the sample's origin.
const NANOCLAW: &str = "https://github.com/qwibitai/nanoclaw.git";

/// What the programs of a checkout, of the README and of git need beside the stand-ins. One that is not there fails where it is called.
const PROGRAMS: [&str; 13] = [
    "git", "sh", "bash", "env", "cat", "cut", "tr", "dirname", "sha1sum", "rm", "ls", "uname",
    "sed",
];

/// A temporary folder with everything that the README's reader has.
pub struct World {
    folder: TempDir,
    base: PathBuf,
    /// The sample's origin, with the branches `main` and `providers`.
    pub origin: PathBuf,
    /// What the demo printed, stdout and stderr in their order.
    pub demo: String,
}

/// How a shell command ended.
pub struct Ended {
    /// The exit code; -1 for a signal.
    pub code: i32,
    /// Stdout and stderr in their order, the world's places normalized.
    pub text: String,
}

impl World {
    /// A world in which the demo was run where there is no pnpm, Bun or docker: its origin is the one of all checkouts here.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(folder.path()).unwrap();
        for name in ["bin", "tools", "home", "tmp"] {
            fs::create_dir(base.join(name)).unwrap();
        }
        let configuration =
            "[user]\n\tname = Test\n\temail = test@localhost\n[init]\n\ttemplateDir =\n";
        fs::write(base.join("gitconfig"), configuration).unwrap();
        symlink(env!("CARGO_BIN_EXE_nanoclaw"), base.join("bin/nanoclaw")).unwrap();
        for name in PROGRAMS {
            if let Some(program) = on_path(name) {
                symlink(program, base.join("bin").join(name)).unwrap();
            }
        }
        let records = |name| format!("#!/bin/sh\necho \"{name} $*\" >> \"$CALLS\"\n");
        let answers = include_str!("../support/codex.sh").to_owned();
        let stand_ins = ["pnpm", "bun", "docker"].map(|name| (name, records(name)));
        for (name, script) in stand_ins.into_iter().chain([("codex", answers)]) {
            let file = base.join("tools").join(name);
            fs::write(&file, script).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
        }
        let mut world = Self {
            origin: base.join("tmp"),
            demo: String::new(),
            folder,
            base,
        };
        world.demo = world.run_demo();
        world.origin = world.demo_folder().join("origin");
        world
    }

    /// The checkout's root.
    pub fn root(&self) -> PathBuf {
        self.base.join("home/nanoclaw")
    }

    /// The folder that the demo made.
    pub fn demo_folder(&self) -> PathBuf {
        let mut made = fs::read_dir(self.base.join("tmp")).unwrap();
        let made = made.next().expect("the demo made a folder").unwrap();
        made.path()
    }

    /// Puts a fresh checkout at `~/nanoclaw`: a clone of NanoClaw's own repository with its packages installed, and without the skill.
    pub fn fresh(&self) {
        let root = self.root();
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        let cloned = self.sh(
            &self.base.join("home"),
            &format!("git clone --quiet {NANOCLAW} nanoclaw"),
        );
        assert_eq!((cloned.code, cloned.text.as_str()), (0, ""));
        for packages in [
            "node_modules",
            "container/agent-runner/node_modules/@types/bun",
        ] {
            fs::create_dir_all(root.join(packages)).unwrap();
        }
        let _ = fs::remove_file(self.base.join("calls"));
    }

    /// A fresh checkout with the skill added.
    pub fn installed(&self) {
        self.fresh();
        let added = self.in_checkout("nanoclaw skill add codex");
        assert_eq!(added.code, 0, "{}", added.text);
        let _ = fs::remove_file(self.base.join("calls"));
    }

    /// A fresh checkout with the skill added, whose host has run, and has a group.
    pub fn with_a_group(&self) {
        self.installed();
        // NanoClaw's own rules keep git from its host's data.
        let ignored = self.root().join(".git/info/exclude");
        fs::create_dir_all(ignored.parent().unwrap()).unwrap();
        fs::write(ignored, "data/\n").unwrap();
        fs::create_dir(self.root().join("data")).unwrap();
        let database = rusqlite::Connection::open(self.root().join("data/v2.db")).unwrap();
        let tables = "
            CREATE TABLE agent_groups (id TEXT PRIMARY KEY, name TEXT, folder TEXT, agent_provider TEXT);
            CREATE TABLE sessions (id TEXT PRIMARY KEY, agent_group_id TEXT, agent_provider TEXT, status TEXT);
            CREATE TABLE container_configs (agent_group_id TEXT PRIMARY KEY, provider TEXT, image_tag TEXT, updated_at TEXT);
            INSERT INTO agent_groups VALUES ('ag-1778000000000-k3x9qz', 'Main', 'main', NULL);
            INSERT INTO container_configs VALUES ('ag-1778000000000-k3x9qz', NULL, NULL, '2026-05-01T12:00:00.000Z');";
        database.execute_batch(tables).unwrap();
    }

    /// The same, with the host built and running, and codex signed in.
    pub fn running(&self) {
        self.with_a_group();
        let put = |path: PathBuf, text: &str, mode: u32| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        };
        let built = self.root().join("dist");
        put(built.join("index.js"), "", 0o644);
        put(
            built.join("providers/codex.js"),
            "registerProviderContainerConfig('codex', x);\n",
            0o644,
        );
        put(
            built.join("providers/index.js"),
            "import './codex.js';\n",
            0o644,
        );
        let login = self.base.join("home/.codex/auth.json");
        put(login, r#"{"OPENAI_API_KEY":"sk-none"}"#, 0o600);
        let shown = "LoadState=loaded\\nActiveState=active\\nActiveEnterTimestamp=Fri 2100-01-01 00:00:00 UTC\\n";
        let systemctl = format!("#!/bin/sh\ncase \"$*\" in *--user*) printf '{shown}' ;; esac\n");
        put(self.base.join("tools/systemctl"), &systemctl, 0o755);
    }

    /// How the stand-ins were called since the checkout was made, a call a line.
    pub fn calls(&self) -> String {
        fs::read_to_string(self.base.join("calls")).unwrap_or_default()
    }

    /// An empty folder.
    pub fn empty(&self) -> PathBuf {
        let folder = self.base.join("empty");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Runs a shell command in the checkout.
    pub fn in_checkout(&self, command: &str) -> Ended {
        self.sh(&self.root(), command)
    }

    /// Runs a shell command in a folder, with the stand-ins on the `PATH`.
    pub fn sh(&self, folder: &Path, command: &str) -> Ended {
        let path = format!(
            "{}:{}",
            self.base.join("tools").display(),
            self.base.join("bin").display()
        );
        self.sh_with(folder, command, &[("PATH", &path)])
    }

    /// Runs the demo where there is no pnpm, Bun or docker, in colour; the text is as it was printed.
    fn run_demo(&self) -> String {
        let path = self.base.join("bin").display().to_string();
        let environment = [("PATH", path.as_str()), ("CLICOLOR_FORCE", "1")];
        let demo = self.sh_with(&self.base, "nanoclaw skill add codex --demo", &environment);
        assert_eq!(demo.code, 0, "{}", demo.text);
        demo.text
    }

    fn sh_with(&self, folder: &Path, command: &str, environment: &[(&str, &str)]) -> Ended {
        let base = &self.base;
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(folder)
            .env_clear()
            .env("HOME", base.join("home"))
            .env("TMPDIR", base.join("tmp"))
            .env("CALLS", base.join("calls"))
            .env("GITHUB_STEP_SUMMARY", base.join("summary.md"))
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_GLOBAL", base.join("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", base)
            // Of the environment and not of the checkout: libgit2 reads the latter, and would take the address for another one.
            .env("GIT_CONFIG_COUNT", "1")
            .env(
                "GIT_CONFIG_KEY_0",
                format!("url.{}.insteadOf", self.origin.display()),
            )
            .env("GIT_CONFIG_VALUE_0", NANOCLAW)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
        Ended {
            code: output.status.code().unwrap_or(-1),
            text: self.shown(&String::from_utf8(output.stdout).unwrap()),
        }
    }

    /// The job summaries that were written since the last look.
    pub fn take_summary(&self) -> String {
        let file = self.base.join("summary.md");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(&file);
        text
    }

    /// A text with the world's places as a reader has them.
    fn shown(&self, text: &str) -> String {
        let demo = format!(
            r"{}/tmp/nanoclaw-demo-[A-Za-z0-9]+",
            regex::escape(&self.base.display().to_string())
        );
        let text = text.replace(&self.root().display().to_string(), "~/nanoclaw");
        let text = Regex::new(&demo)
            .unwrap()
            .replace_all(&text, "/tmp/nanoclaw-demo");
        assert!(
            !text.contains(&*self.folder.path().to_string_lossy()),
            "{text}"
        );
        // The host's service is restarted otherwise on macOS.
        text.replace(
            "launchctl kickstart -k gui/$(id -u)/com.nanoclaw",
            "systemctl --user restart nanoclaw",
        )
    }
}

/// A text in which what differs from run to run is the same: times, and the slug that NanoClaw makes of a checkout's path.
pub fn stable(text: &str) -> String {
    let time = Regex::new(r"\([0-9]+\.[0-9] s\)").unwrap();
    let text = time.replace_all(text, "(N s)");
    let stage = Regex::new(" +[0-9]+ ms").unwrap();
    with_slug(&stage.replace_all(&text, " N ms"), "SLUG")
}

/// A text with another slug.
pub fn with_slug(text: &str, slug: &str) -> String {
    let made = Regex::new(r"(?-u)(nanoclaw-v2-|nanoclaw-install=)[0-9a-f]{8}\b").unwrap();
    made.replace_all(text, format!("${{1}}{slug}")).into_owned()
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
