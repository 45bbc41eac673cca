//! Signing in to codex by its own `codex login`. Writes nothing of it itself but a copy of a login that another one takes the place of, and puts back
//! what one that failed has changed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::login::{FILE, Login};
use super::program::Program;
use crate::doctor::Patient;
use crate::files;
use crate::next::quoted;
use crate::problem::Problem;
use crate::process;
use crate::skill::Task;

/// How somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// With a ChatGPT subscription, in a browser.
    ChatGpt,
    /// With an API key.
    ApiKey,
}

impl By {
    /// How the commands of a task sign in, where they do.
    #[must_use]
    pub fn of(task: &Task) -> Option<Self> {
        let mut logins = task.commands.iter().filter(|it| it.contains("codex login"));
        let by_key = |command: &String| command.contains("--with-api-key");
        logins.next_back().map(|login| {
            if by_key(login) {
                Self::ApiKey
            } else {
                Self::ChatGpt
            }
        })
    }
}

/// What stands in the way of signing in, or why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Already {
    /// That login is there.
    There(String),
    /// There is none, or one that may be replaced.
    No,
}

/// Looks at the login that is there: `auth.json` holds one, and a ChatGPT login goes only where that was asked for.
pub fn look(patient: &Patient<'_>, by: &By, replace: bool) -> Result<Already> {
    let there = patient.in_home(FILE)?;
    match there.and_then(|file| Login::of(&file)) {
        Some(Login::ApiKey) | None => Ok(Already::No),
        Some(_) if replace => Ok(Already::No),
        Some(login @ Login::ChatGpt(_)) if *by == By::ChatGpt => {
            Ok(Already::There(login.shown(patient.now)))
        }
        Some(login) => {
            let found = format!(
                "signed in {}: ~/.codex/auth.json holds one login, and another would take its place",
                login.shown(patient.now)
            );
            Err(Problem::refused(found)
                .and_nothing_written()
                .hint("--replace-login does it, and keeps the old file")
                .into())
        }
    }
}

/// Signs in, and gives where the old login is kept, if there was one. `said` sees what codex says.
pub fn sign_in(
    patient: &Patient<'_>,
    task: &Task,
    environment: &[(String, String)],
    said: &mut dyn FnMut(&str),
) -> Result<Option<PathBuf>> {
    let program = Program::find(patient)?;
    let folder = patient.home.join(".codex");
    // Codex refuses a folder that is not there, and an engine would make one that is its own user's.
    let is_new_folder = folder.symlink_metadata().is_err();
    if is_new_folder {
        files::make_folders(&folder).context("failed to make ~/.codex")?;
    }
    let old = patient.in_home(FILE)?;
    let kept = old.as_deref().map(|old| keep(&patient.home, old));
    let kept = kept.transpose()?;
    let ended = run(&program, patient, task, environment, said);
    let is_in = match &ended {
        Ok(true) => program.is_signed_in(&folder),
        _ => Ok(false),
    };
    let new = patient.in_home(FILE)?;
    let is_there = By::of(task).is_some_and(|by| is_login(&by, new.as_deref(), environment));
    // A key may be the one that was there; a ChatGPT login is refreshed at each.
    let is_made = is_there && (new != old || By::of(task) == Some(By::ApiKey));
    if is_made && matches!(is_in, Ok(true)) {
        return Ok(kept);
    }
    let other = new.as_deref().and_then(Login::of);
    if new != old && !matches!(other, None | Some(Login::Unknown)) {
        // Another codex may have refreshed it meanwhile, or a signal came as it was asked for.
        let kept = kept.map(|kept| format!("; the old one is {}", quoted(&kept)));
        let found = format!(
            "codex did not sign in, and yet left another login{}",
            kept.unwrap_or_default()
        );
        let problem = Problem::could_not_run(found).hint("codex login status");
        return Err(ended
            .and(is_in)
            .err()
            .map_or(problem.clone().into(), |error| {
                error.context(problem.to_string())
            }));
    }
    put_back(patient, old.as_deref(), new.as_deref())?;
    if let Some(kept) = &kept {
        let _ = files::remove(kept);
    }
    if is_new_folder {
        // What codex left in it stays.
        let _ = files::remove_folder(&folder);
    }
    if matches!(is_in, Ok(true)) {
        let found = "codex says that it signed in, and ~/.codex/auth.json, of which the host gives each session a copy, does not hold that login";
        let hint =
            "cli_auth_credentials_store = \"file\" in ~/.codex/config.toml has codex keep it there";
        return Err(Problem::could_not_run(found).hint(hint).into());
    }
    ended.and(is_in)?;
    let found = "codex did not sign in; the login is as it was before";
    Err(Problem::could_not_run(found)
        .hint("what codex says above is why")
        .into())
}

/// Runs the commands of a login: whether they succeeded.
fn run(
    program: &Program,
    patient: &Patient<'_>,
    task: &Task,
    environment: &[(String, String)],
    said: &mut dyn FnMut(&str),
) -> Result<bool> {
    // The host takes its copies from there, whatever this environment says.
    let folder = patient.home.join(".codex").to_string_lossy().into_owned();
    let mut given = environment.to_vec();
    given.push(("CODEX_HOME".to_owned(), folder));
    let root = patient.checkout.root();
    for command in task.for_shell() {
        if !process::attend(root, &program.within(&command), &given, said)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a file holds the login that was to be made: one by ChatGPT, or by the key that the environment has.
fn is_login(by: &By, file: Option<&[u8]>, environment: &[(String, String)]) -> bool {
    let Some(file) = file else {
        return false;
    };
    match (by, Login::of(file)) {
        (By::ChatGpt, Some(Login::ChatGpt(_))) => true,
        (By::ApiKey, Some(Login::ApiKey)) => {
            let holds = |key: &str| memchr::memmem::find(file, key.as_bytes()).is_some();
            environment.iter().any(|(_, key)| holds(key))
        }
        // A form of a later codex.
        (_, Some(Login::Unknown)) => {
            serde_json::from_slice::<Value>(file).is_ok_and(|value| value.is_object())
        }
        _ => false,
    }
}

/// Puts back what a login that was not made has changed.
fn put_back(patient: &Patient<'_>, old: Option<&[u8]>, new: Option<&[u8]>) -> Result<()> {
    if old == new {
        return Ok(());
    }
    let place = patient.home.join(FILE);
    let place = std::fs::canonicalize(&place).unwrap_or(place);
    match old {
        Some(old) => files::replace_private(&place, old),
        None => files::remove(&place).context("failed to remove what codex left"),
    }
}

/// How many logins are kept at most.
const MOST: u32 = 1000;

/// Keeps a login beside its place under a name that is not taken, for its owner alone.
fn keep(home: &Path, old: &[u8]) -> Result<PathBuf> {
    let name = |number: u32| home.join(format!("{FILE}.nanoclaw-{number}"));
    let free = (1..=MOST)
        .map(name)
        .find(|path| path.symlink_metadata().is_err());
    let free = free.context("too many logins are kept")?;
    files::replace_private(&free, old)?;
    Ok(free)
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{FILE, keep};

    #[test]
    fn every_login_that_was_is_kept_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let first = keep(home.path(), b"one").unwrap();
        let second = keep(home.path(), b"two").unwrap();
        assert_eq!(first, home.path().join(format!("{FILE}.nanoclaw-1")));
        for (path, text) in [(first, "one"), (second, "two")] {
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
