//! Signing in to codex by its own `codex login`. Writes nothing of it itself but a copy of a login that another one takes the place of.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

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
    let old = patient.in_home(FILE)?;
    let kept = old
        .as_deref()
        .map(|old| keep(&patient.home, old))
        .transpose()?;
    // The host takes its copies from there, whatever this environment says.
    let folder = patient.home.join(".codex");
    let mut given = environment.to_vec();
    let place = folder.to_string_lossy().into_owned();
    given.push(("CODEX_HOME".to_owned(), place));
    if let Program::InImage(..) = program {
        // An engine would make one that is its own user's.
        files::make_folders(&folder).context("failed to make ~/.codex")?;
    }
    let root = patient.checkout.root();
    let commands = task.for_shell();
    let mut commands = commands.iter();
    let ended: Result<bool> = commands.try_fold(true, |succeeded, command| {
        Ok(succeeded && process::attend(root, &program.within(command), &given, said)?)
    });
    let new = patient.in_home(FILE)?;
    // A key may be the one that was there.
    let is_new = new != old || By::of(task) == Some(By::ApiKey);
    let is_in = matches!(ended, Ok(true)) && is_new && program.is_signed_in(&folder)?;
    if is_in {
        return Ok(kept);
    }
    let is_login = |file: &Option<Vec<u8>>| {
        let login = file.as_deref().and_then(Login::of);
        !matches!(login, None | Some(Login::Unknown))
    };
    if new != old && is_login(&new) {
        // Another codex may have refreshed it meanwhile.
        let kept = kept.map(|kept| format!("; the old one is {}", quoted(&kept)));
        let found = format!(
            "codex did not sign in, and yet left another login{}",
            kept.unwrap_or_default()
        );
        ended?;
        return Err(Problem::could_not_run(found)
            .hint("codex login status")
            .into());
    }
    if let Some(old) = old.as_deref().filter(|_| new != old) {
        let place = patient.home.join(FILE);
        let place = std::fs::canonicalize(&place).unwrap_or(place);
        files::replace_private(&place, old)?;
    }
    if let Some(kept) = &kept {
        let _ = files::remove(kept);
    }
    ended?;
    let found = "codex did not sign in; the login is as it was before";
    Err(Problem::could_not_run(found)
        .hint("what codex says above is why")
        .into())
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
