//! Checkouts in temporary folders, and the real binary run on them. Touches no configuration, home, network or checkout of the person who runs the tests.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod grown;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

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

/// What stands at a path.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder,
    /// A regular file: bytes and permission bits.
    File(Vec<u8>, u32),
    /// A symlink: its target.
    Link(PathBuf),
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder => write!(f, "folder"),
            Self::File(bytes, mode) => write!(f, "{mode:o} {:?}", String::from_utf8_lossy(bytes)),
            Self::Link(target) => write!(f, "-> {}", target.display()),
        }
    }
}

/// A tree's files, folders and symlinks, by path relative to its top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<PathBuf, Node>);

impl Tree {
    /// Reads a tree, but for a `.git` at its top.
    pub fn read(top: &Path) -> Self {
        let mut tree = Self::default();
        walk(top, &mut |path, target| {
            let metadata = fs::symlink_metadata(target).expect("metadata");
            let node = if metadata.is_symlink() {
                Node::Link(fs::read_link(target).expect("a symlink"))
            } else if metadata.is_dir() {
                Node::Folder
            } else {
                Node::File(
                    fs::read(target).expect("a file"),
                    metadata.permissions().mode() & 0o7777,
                )
            };
            tree.0.insert(path.to_path_buf(), node);
        });
        tree
    }

    /// The same tree as git would keep it: no folders, and of the permission bits only the owner's to execute.
    pub fn in_git(mut self) -> Self {
        self.0.retain(|_, node| *node != Node::Folder);
        for node in self.0.values_mut() {
            if let Node::File(_, mode) = node {
                *mode = if *mode & 0o100 == 0 { 0o644 } else { 0o755 };
            }
        }
        self
    }

    /// The sample's checkout.
    pub fn sample() -> Self {
        let mut tree = Self::read(&Path::new(PROJECT).join("fixtures/sample/checkout"));
        for node in tree.0.values_mut() {
            if let Node::File(_, mode) = node {
                *mode = plain_mode(*mode);
            }
        }
        tree
    }

    /// Puts a file of mode 644 at a path.
    pub fn put(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.0
            .insert(PathBuf::from(path), Node::File(bytes.into(), 0o644));
    }

    /// The bytes of the file at a path.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        match self.0.get(Path::new(path))? {
            Node::File(bytes, _) => Some(bytes),
            _ => None,
        }
    }

    /// Writes the tree into a folder.
    pub fn write(&self, top: &Path) {
        for (path, node) in &self.0 {
            let target = top.join(path);
            fs::create_dir_all(target.parent().expect("a parent")).expect("folders");
            match node {
                Node::Folder => fs::create_dir_all(&target).expect("a folder"),
                Node::File(bytes, mode) => {
                    fs::write(&target, bytes).expect("a file");
                    fs::set_permissions(&target, Permissions::from_mode(*mode)).expect("a mode");
                }
                Node::Link(to) => symlink(to, &target).expect("a symlink"),
            }
        }
    }

    /// The paths at which two trees differ, for messages.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let paths: std::collections::BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        paths
            .into_iter()
            .filter(|path| self.0.get(*path) != other.0.get(*path))
            .map(|path| {
                format!(
                    "{}: {:?} and {:?}",
                    path.display(),
                    self.0.get(path),
                    other.0.get(path)
                )
            })
            .collect()
    }
}

/// Everything that can be seen of a folder without reading its files' content twice: type, mode, length, time of the last change, bytes.
/// Two equal marks mean that nothing in it was written, `.git` included.
#[derive(Debug, PartialEq, Eq)]
pub struct Mark(BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)>);

impl Mark {
    /// Marks all that lies in a folder.
    pub fn of(top: &Path) -> Self {
        let mut marks = BTreeMap::new();
        walk_all(top, top, &mut |path, target| {
            let metadata = fs::symlink_metadata(target).expect("metadata");
            let bytes = if metadata.is_file() {
                fs::read(target).expect("a file")
            } else {
                Vec::new()
            };
            marks.insert(
                path.to_path_buf(),
                (
                    metadata.mode(),
                    metadata.mtime(),
                    metadata.mtime_nsec(),
                    bytes,
                ),
            );
        });
        Self(marks)
    }

    /// The paths at which two marks differ, for messages.
    pub fn differences(&self, other: &Self) -> Vec<PathBuf> {
        let paths: std::collections::BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        paths
            .into_iter()
            .filter(|path| self.0.get(*path) != other.0.get(*path))
            .cloned()
            .collect()
    }
}

/// Every fixture folder, by name.
pub fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(PROJECT).join("fixtures");
    let entries = fs::read_dir(&folder).expect("the fixtures");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a fixture").path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    assert!(
        found.len() > 40,
        "few fixtures in {}: {}",
        folder.display(),
        found.len()
    );
    found
}

/// A fixture's name.
pub fn name(fixture: &Path) -> String {
    fixture
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// Does something with every fixture, two at a time, and panics with what went wrong with any.
pub fn for_each_fixture(look: impl Fn(&Path) -> Result<(), String> + Sync) {
    let fixtures = fixtures();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(fixture) =
                    fixtures.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let looked =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(fixture)));
                    let looked = looked.unwrap_or_else(|panic| {
                        let words = panic.downcast_ref::<String>().cloned();
                        Err(words
                            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                            .unwrap_or_default())
                    });
                    if let Err(words) = looked {
                        wrong
                            .lock()
                            .expect("the list")
                            .push(format!("== {}\n{words}", name(fixture)));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("the list");
    assert!(
        wrong.is_empty(),
        "{} of {} fixtures:\n{}",
        wrong.len(),
        fixtures.len(),
        wrong.join("\n")
    );
}

/// Copies a folder over another one: whole bytes, modes as git has them, symlinks as they are. Nothing where there is no such folder.
pub fn overlay(from: &Path, to: &Path) {
    if !from.is_dir() {
        return;
    }
    let mut tree = Tree::read(from);
    for (path, node) in &mut tree.0 {
        let target = to.join(path);
        let there = fs::symlink_metadata(&target).ok();
        if there.is_some_and(|there| {
            there.is_symlink() != matches!(node, Node::Link(_))
                || (there.is_dir() != (*node == Node::Folder))
                || there.is_symlink()
        }) {
            let _ = fs::remove_file(&target).or_else(|_| fs::remove_dir_all(&target));
        }
        if let Node::File(_, mode) = node {
            *mode = plain_mode(*mode);
        }
    }
    // A symlink may stand where the sample has a file.
    for (path, _) in tree
        .0
        .iter()
        .filter(|(_, node)| matches!(node, Node::Link(_)))
    {
        let _ = fs::remove_file(to.join(path));
    }
    fs::create_dir_all(to).expect("a folder");
    tree.write(to);
}

/// Copies a work tree; the copy has the same git directory.
pub fn copy_work_tree(from: &Path, to: &Path) {
    Tree::read(from).write(to);
    let git = from.join(".git");
    let link = fs::read_to_string(&git).unwrap_or(format!("gitdir: {}\n", git.display()));
    fs::write(to.join(".git"), link).expect("a link to the git directory");
}

fn plain_mode(mode: u32) -> u32 {
    if mode & 0o100 == 0 { 0o644 } else { 0o755 }
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

fn walk(top: &Path, see: &mut dyn FnMut(&Path, &Path)) {
    walk_all(top, top, &mut |path, target| {
        if !path.starts_with(".git") {
            see(path, target);
        }
    });
}

fn walk_all(top: &Path, folder: &Path, see: &mut dyn FnMut(&Path, &Path)) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let target = entry.expect("an entry").path();
        see(target.strip_prefix(top).expect("a path inside"), &target);
        if fs::symlink_metadata(&target).expect("metadata").is_dir() {
            walk_all(top, &target, see);
        }
    }
}
