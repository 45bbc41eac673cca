//! Codex's sign-in on the host, `~/.codex/auth.json`, of which the host gives every session a copy at each start of a container. Reads no secret
//! but to see that there is one, and shows none.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::doctor::{Check, Moment, Patient};
use crate::shown;

pub(super) const FILE: &str = ".codex/auth.json";
const NAME: &str = "sign-in";

/// The permissions of all but the owner.
const OTHERS: u32 = 0o077;

/// The longest login that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// After so many days without a refresh, a ChatGPT login is likely to be refused.
const OLD: i64 = 28;

pub(super) fn checks(patient: &Patient<'_>) -> Vec<Check> {
    let place = patient.home.join(FILE);
    if place.is_dir() {
        let found = "nobody is signed in: ~/.codex/auth.json is a folder";
        let mend = "mv ~/.codex/auth.json ~/.codex/auth.json.old, and then codex login";
        return vec![Check::error(NAME, found, mend)];
    }
    let file = match patient.in_home(FILE) {
        Ok(file) => file,
        Err(error) => {
            return vec![Check::not_looked_at(
                NAME,
                &error,
                "ls -l ~/.codex/auth.json",
            )];
        }
    };
    let mut checks = vec![judge(file.as_deref(), patient.now)];
    checks.extend(file.map(|file| judge_copies(&file, &copies(patient))));
    let mode = fs::metadata(place).ok();
    checks.extend(mode.map(|metadata| judge_mode(metadata.permissions().mode())));
    checks
}

/// How a login is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Login {
    ApiKey,
    /// With the time of its last refresh.
    ChatGpt(Option<Moment>),
    /// In a form that is not read here.
    Unknown,
}

impl Login {
    /// How it was made, and how old it is.
    pub(super) fn shown(&self, now: Moment) -> String {
        match self {
            Self::Unknown => "in a form that this program does not read".to_owned(),
            Self::ApiKey => "by an API key".to_owned(),
            Self::ChatGpt(None) => "by ChatGPT".to_owned(),
            Self::ChatGpt(Some(refreshed)) if *refreshed > now => {
                "by ChatGPT, refreshed at a time that is still to come".to_owned()
            }
            Self::ChatGpt(Some(refreshed)) => {
                format!(
                    "by ChatGPT, refreshed {} days ago",
                    refreshed.days_before(now)
                )
            }
        }
    }

    /// Reads what kind of login a file holds, as codex does: by `auth_mode`, else by the key, else by the tokens. `None` where it holds none.
    pub(super) fn of(file: &[u8]) -> Option<Self> {
        if file.trim_ascii().is_empty() {
            return None;
        }
        let Ok(value) = serde_json::from_slice::<Value>(file) else {
            return Some(Self::Unknown);
        };
        let text = |pointer: &str| {
            let text = value.pointer(pointer)?.as_str();
            text.filter(|text| !text.is_empty())
        };
        let has_key = text("/OPENAI_API_KEY").is_some();
        let tokens = ["/tokens/access_token", "/tokens/refresh_token"];
        let has_tokens = tokens.iter().any(|pointer| text(pointer).is_some());
        let chatgpt = || Self::ChatGpt(text("/last_refresh").and_then(Moment::of_rfc3339));
        match text("/auth_mode") {
            Some("chatgpt") if has_tokens => Some(chatgpt()),
            Some("apikey") | None if has_key => Some(Self::ApiKey),
            Some("chatgpt" | "apikey") => None,
            // A form of a later codex.
            Some(_) => Some(Self::Unknown),
            None => has_tokens.then(chatgpt),
        }
    }
}

fn judge(file: Option<&[u8]>, now: Moment) -> Check {
    let Some(file) = file else {
        let found = "nobody is signed in: ~/.codex/auth.json is not there";
        return Check::error(NAME, found, "codex login");
    };
    let Some(login) = Login::of(file) else {
        return Check::error(NAME, "~/.codex/auth.json holds no login", "codex login");
    };
    let found = login.shown(now);
    match login {
        Login::ChatGpt(Some(refreshed)) if refreshed.days_before(now) > OLD => {
            Check::warning(NAME, found, "codex login")
        }
        Login::Unknown => Check::warning(NAME, found, "codex login status"),
        _ => Check::ok(NAME, found),
    }
}

fn judge_mode(mode: u32) -> Check {
    const NAME: &str = "auth.json";
    let mode = mode & 0o777;
    if mode & OTHERS == 0 {
        return Check::ok(NAME, format!("only this user can read it (0{mode:o})"));
    }
    let found = format!("others can read ~/.codex/auth.json (0{mode:o})");
    Check::warning(NAME, found, "chmod 600 ~/.codex/auth.json")
}

/// The copies of sessions, below `data/v2-sessions/<group>/<session>`, each with its session's name.
fn copies(patient: &Patient<'_>) -> Vec<(String, Vec<u8>)> {
    // What a symlink leads out of the checkout to is nobody's copy.
    let standing = |path: &Path| patient.checkout.standing(path).ok().flatten();
    let below = |folder: PathBuf| {
        let found = standing(&folder).map(|(real, _)| fs::read_dir(real));
        let entries = found.into_iter().flatten().flatten().flatten();
        entries
            .map(|entry| folder.join(entry.file_name()))
            .collect::<Vec<_>>()
    };
    let sessions = below(PathBuf::from("data/v2-sessions")).into_iter();
    let copy = |session: PathBuf| {
        let (file, found) = standing(&session.join("codex/auth.json"))?;
        let is_copy = found.is_file() && found.len() <= LONGEST;
        let bytes = is_copy.then(|| fs::read(file).ok())??;
        Some((shown::line(session.file_name()?), bytes))
    };
    let copies = sessions.flat_map(below).filter_map(copy);
    let mut copies = copies.collect::<Vec<_>>();
    copies.sort();
    copies
}

/// How the copy of a session stands beside the host's login, which is put in its place at the next start of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copied {
    /// It is of the same login, and not newer.
    Same,
    /// It was refreshed later: with that, the host's own may have lost its force.
    Newer,
    /// It is of another login.
    Other,
}

impl Copied {
    fn of(host: &[u8], copy: &[u8]) -> Self {
        if host == copy {
            return Self::Same;
        }
        let whose = |login: &[u8]| {
            let value = serde_json::from_slice::<Value>(login).unwrap_or_default();
            value.pointer("/tokens/account_id").cloned()
        };
        match (Login::of(host), Login::of(copy)) {
            (Some(Login::ChatGpt(of_host)), Some(Login::ChatGpt(of_copy)))
                if whose(host) == whose(copy) =>
            {
                if of_copy > of_host {
                    Self::Newer
                } else {
                    Self::Same
                }
            }
            _ => Self::Other,
        }
    }
}

fn judge_copies(host: &[u8], copies: &[(String, Vec<u8>)]) -> Check {
    const NAME: &str = "copies";
    let those = |kind| {
        let those = copies
            .iter()
            .filter(|(_, copy)| Copied::of(host, copy) == kind);
        those
            .map(|(session, _)| session.as_str())
            .collect::<Vec<_>>()
    };
    let [newer, others] = [Copied::Newer, Copied::Other].map(those);
    let count = format!("{} sessions have one", copies.len());
    if !newer.is_empty() {
        let found = format!(
            "{count}; that of {} was refreshed after the host's, which takes its place at the next start and may be refused",
            newer.join(", ")
        );
        return Check::warning(NAME, found, "codex login, where it is refused");
    }
    if !others.is_empty() {
        let found = format!(
            "{count}; that of {} is of another login, until the next start of its container",
            others.join(", ")
        );
        return Check::warning(NAME, found, "restart those containers");
    }
    Check::ok(NAME, count)
}

#[cfg(test)]
mod tests {
    use super::{Moment, judge, judge_mode};
    use crate::doctor::Level;

    #[test]
    fn a_login_is_by_key_or_by_chatgpt_and_not_too_old() {
        let chatgpt = r#"{"OPENAI_API_KEY":null,"tokens":{"access_token":"a.secret","refresh_token":"r"},"last_refresh":"1970-01-02T00:00:00.5Z"}"#;
        for (file, now, level, words) in [
            (
                Some(r#"{"OPENAI_API_KEY":"sk-secret"}"#),
                0,
                Level::Ok,
                "by an API key",
            ),
            (
                Some(chatgpt),
                3,
                Level::Ok,
                "by ChatGPT, refreshed 2 days ago",
            ),
            (Some(chatgpt), 30, Level::Warning, "refreshed 29 days ago"),
            (
                Some(r#"{"tokens":{"refresh_token":"r"}}"#),
                0,
                Level::Ok,
                "by ChatGPT",
            ),
            (
                Some(r#"{"OPENAI_API_KEY":null,"tokens":null}"#),
                0,
                Level::Error,
                "holds no login",
            ),
            (
                Some(
                    r#"{"auth_mode":"chatgpt","OPENAI_API_KEY":"sk-secret","tokens":{"refresh_token":"r"}}"#,
                ),
                0,
                Level::Ok,
                "by ChatGPT",
            ),
            (
                Some(r#"{"OPENAI_API_KEY":"sk-secret","tokens":{"refresh_token":"r"}}"#),
                0,
                Level::Ok,
                "by an API key",
            ),
            (Some(""), 0, Level::Error, "holds no login"),
            (None, 0, Level::Error, "is not there"),
        ] {
            let check = judge(file.map(str::as_bytes), Moment(now * 86_400));
            assert_eq!(check.level, level, "{check:?}");
            assert!(
                check.found.contains(words) && !check.found.contains("secret"),
                "{check:?}"
            );
            assert_eq!(
                check.mend.as_deref(),
                (level > Level::Ok).then_some("codex login")
            );
        }
        for unknown in ["{", r#"{"auth_mode":"agent","x":1}"#] {
            let check = judge(Some(unknown.as_bytes()), Moment(0));
            assert_eq!(check.level, Level::Warning, "{check:?}");
        }
    }

    #[test]
    fn a_login_that_others_can_read_is_warned_of() {
        assert_eq!(judge_mode(0o100_600).level, Level::Ok);
        for mode in [0o100_640, 0o100_604, 0o100_644] {
            assert_eq!(judge_mode(mode).level, Level::Warning);
        }
    }
}
