//! A sample checkout with the real codex, and the namespace that tests run in.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::endpoint::KEY;
use crate::support::{PROJECT, Run, World};
use crate::tools;

pub const TRY: &[&str] = &["skill", "try", "codex"];

/// A sample checkout, the real codex on the `PATH`, and a home for it.
pub struct Site {
    pub world: World,
    pub codex: PathBuf,
}

/// Who codex is signed in as.
pub enum SignIn {
    Right,
    Wrong,
    None,
}

impl Site {
    pub fn new(codex: &Path) -> Self {
        let mut world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
        let bin = world.base().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(codex, bin.join("codex")).unwrap();
        for name in ["node", "git", "touch"] {
            symlink(tools::program(name).unwrap(), bin.join(name)).unwrap();
        }
        let home = world.base().join("codex home");
        fs::create_dir(&home).unwrap();
        let path = bin.display().to_string();
        world.environment.push(("PATH", path));
        world
            .environment
            .push(("CODEX_HOME", home.display().to_string()));
        let codex = bin.join("codex");
        Self { world, codex }
    }

    /// Codex's home, set to an endpoint.
    pub fn at(codex: &Path, port: u16, sign_in: &SignIn) -> Self {
        let site = Self::new(codex);
        let home = site.world.base().join("codex home");
        let configuration = format!(
            "openai_base_url = \"http://127.0.0.1:{port}/v1\"\n[mcp_servers.own]\ncommand = \"touch\"\nargs = [\"{}\"]\n",
            site.mark().display()
        );
        fs::write(home.join("config.toml"), configuration).unwrap();
        match sign_in {
            SignIn::Right => site.sign_in(KEY),
            SignIn::Wrong => site.sign_in("sk-test-a-wrong-one-0123456789"),
            SignIn::None => {}
        }
        site
    }

    pub fn sign_in(&self, key: &str) {
        let mut login = self.world.command(&self.codex, &self.world.root);
        let mut login = login
            .args(["login", "--with-api-key"])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = login.stdin.take().unwrap();
        stdin.write_all(key.as_bytes()).unwrap();
        drop(stdin);
        assert!(login.wait().unwrap().success());
    }

    /// Holds when a trial ends so, with these words, and leaves no process.
    pub fn trial(&self, arguments: &[&str], code: i32, words: &[&str]) -> Run {
        let run = self.world.nanoclaw(&[TRY, arguments].concat());
        assert_eq!(run.code, code, "{run:?}");
        let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), run.stderr);
        for word in words {
            assert!(said.contains(word), "no `{word}` in {run:?}");
        }
        assert!(!said.contains("sk-test"), "{run:?}");
        assert_eq!(self.running(), Vec::<String>::new());
        run
    }

    /// A file that the user's own tool server makes.
    pub fn mark(&self) -> PathBuf {
        self.world.base().join("started")
    }

    /// The processes that have this world in their environment, as Linux tells them.
    pub fn running(&self) -> Vec<String> {
        let base = self.world.base().display().to_string();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ours = processes.filter(|process| {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains(&base)
        });
        let read =
            |process: &fs::DirEntry, name| fs::read(process.path().join(name)).unwrap_or_default();
        ours.map(|process| {
            let words = [read(&process, "cmdline"), read(&process, "stat")].concat();
            String::from_utf8_lossy(&words).into_owned()
        })
        .collect()
    }
}

/// Set in the run of a test inside its namespace.
const INSIDE: &str = "NANOCLAW_TEST_IN_NAMESPACE";

/// Runs a test of this name in a namespace with the real codex, or skips it for lack of that.
pub fn in_namespace(test: &str, run: impl Fn(&Path)) {
    let Some(codex) = tools::or_skip(tools::codex()) else {
        return;
    };
    let (Some(namespace), None) = (namespace(), std::env::var_os(INSIDE)) else {
        run(&codex);
        return;
    };
    let mut again = Command::new("unshare");
    again
        .arg(namespace)
        .args(["sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1");
    let output = again.stdin(Stdio::null()).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("1 passed"), "{out}{err}");
}

/// How `unshare` makes a network namespace here; `None` where it cannot.
fn namespace() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let works = |how: &&str| {
            let mut probe = Command::new("unshare");
            let probe = probe.args([how, "sh", "-c", "ip link set lo up"]).output();
            probe.is_ok_and(|probe| probe.status.success())
        };
        // By a user of its own, or as root.
        let found = ["-rn", "-n"].into_iter().find(works);
        if found.is_none() {
            eprintln!("no network namespace here: the endpoint alone keeps codex from the network");
        }
        found
    })
}
