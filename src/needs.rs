//! What a task needs and does not find, with the command that mends it. Installs nothing.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use crate::checkout::Checkout;
use crate::next::quoted;
use crate::process::{self, EngineState};
use crate::skill::{Need, Task};

/// A need that is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What was looked for and not found, a clause.
    pub found: String,
    /// The command or the step that mends it.
    pub mend: String,
}

/// The needs of a task that are not met.
pub fn unmet(checkout: &Checkout, task: &Task) -> Result<Vec<Unmet>> {
    let mut found = Vec::new();
    for need in &task.needs {
        let missing = match need {
            Need::Program(name) => (!process::is_program(name)).then(|| program(checkout, name)),
            Need::Script(name) => (!has_script(checkout, name)).then(|| missing_script(name)),
            Need::Path(path) => (!checkout.exists(path)).then(|| missing_path(checkout, path)),
            Need::Engine => engine_of_build(checkout)?,
        };
        found.extend(missing);
    }
    Ok(found)
}

/// A program that is not on the `PATH`, with what installs it.
#[must_use]
pub fn program(checkout: &Checkout, name: &str) -> Unmet {
    let version = match name {
        "pnpm" => package_manager(checkout),
        "bun" => bun_version(checkout),
        _ => None,
    };
    let mend = match (name, version) {
        ("pnpm" | "bun", Some(version)) => format!("npm install -g {name}@{version}"),
        ("pnpm" | "bun", None) => format!("npm install -g {name}"),
        _ => format!("install `{name}` and put it on the PATH"),
    };
    Unmet {
        found: format!("the program `{name}` is not on the PATH"),
        mend,
    }
}

/// The version of pnpm that the checkout's `package.json` names (`packageManager`).
fn package_manager(checkout: &Checkout) -> Option<String> {
    let manifest = manifest(checkout)?;
    let named = manifest
        .get("packageManager")?
        .as_str()?
        .strip_prefix("pnpm@")?;
    Some(plain_version(named))
}

fn manifest(checkout: &Checkout) -> Option<serde_json::Value> {
    serde_json::from_slice(&checkout.bytes(Path::new("package.json"))?).ok()
}

/// Whether the checkout's `package.json` has a script of a name.
#[must_use]
pub fn has_script(checkout: &Checkout, name: &str) -> bool {
    let manifest = manifest(checkout).unwrap_or_default();
    manifest
        .get("scripts")
        .is_some_and(|scripts| scripts.get(name).is_some())
}

fn missing_script(name: &str) -> Unmet {
    Unmet {
        found: format!("`package.json` has no script `{name}`"),
        mend: format!("bring the checkout to a version of NanoClaw with the script `{name}`"),
    }
}

/// The version of Bun that the checkout's image has (`ARG BUN_VERSION`).
fn bun_version(checkout: &Checkout) -> Option<String> {
    let text = checkout.bytes(Path::new("container/Dockerfile"))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let version = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("ARG BUN_VERSION="))?;
    Some(plain_version(version))
}

fn plain_version(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        .collect()
}

/// A path under a `node_modules` is mended by the package manager whose lock file stands beside that folder.
fn missing_path(checkout: &Checkout, path: &Path) -> Unmet {
    let found = format!("`{}` is not there", path.display());
    let package = path
        .components()
        .take_while(|part| part.as_os_str() != "node_modules")
        .collect::<PathBuf>();
    let has = |file: &str| checkout.is_file(&package.join(file));
    let install = if has("bun.lock") || has("bun.lockb") {
        "bun install --frozen-lockfile"
    } else if has("pnpm-lock.yaml") {
        "pnpm install --frozen-lockfile"
    } else {
        "pnpm install"
    };
    let inside = package
        .components()
        .any(|part| matches!(part, Component::Normal(_)));
    let mend = if inside {
        format!("cd {} && {install}", quoted(&package))
    } else {
        install.to_owned()
    };
    Unmet { found, mend }
}

/// The need of a build that the engine is not ready for: the image may also wait.
fn engine_of_build(checkout: &Checkout) -> Result<Option<Unmet>> {
    let later = |unmet: Unmet| Unmet {
        mend: format!(
            "{}, or leave the image for later with --no-image",
            unmet.mend
        ),
        ..unmet
    };
    Ok(engine(checkout)?.map(later))
}

/// What keeps the engine that the host runs from being used; `None` where nothing does.
pub fn engine(checkout: &Checkout) -> Result<Option<Unmet>> {
    let engine = checkout.engine();
    let (found, mend) = match process::engine_state(checkout.root(), &engine)? {
        EngineState::Ready => return Ok(None),
        EngineState::Unknown => (
            format!("`{engine}`, which this host runs, is no container engine known here"),
            "look at src/container-runtime.ts".to_owned(),
        ),
        EngineState::Absent => (
            format!("the container engine `{engine}`, which this host runs, is not on the PATH"),
            format!("install `{engine}`"),
        ),
        EngineState::Stopped => (
            format!("the container engine `{engine}` is installed and not running"),
            format!("start `{engine}`"),
        ),
        EngineState::NotPermitted => (
            format!("the container engine `{engine}` runs and does not let this user in"),
            format!("sudo usermod -aG {engine} \"$USER\" and sign in anew"),
        ),
        EngineState::Unasked(why) => (
            format!("the container engine `{engine}`, which this host runs, {why}"),
            process::asks(&engine),
        ),
    };
    Ok(Some(Unmet { found, mend }))
}
