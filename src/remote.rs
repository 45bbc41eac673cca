//! Which remote the skill's branch comes from, and how it is named in messages. Contacts no remote.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
// Bytes without Unicode classes: those cost milliseconds to compile.
use regex::bytes::Regex;

use crate::checkout::Checkout;
use crate::masking::mask;
use crate::next::quoted;
use crate::problem::Problem;
use crate::shown;

/// The environment variable by which NanoClaw itself names the remote of its skill branches.
pub const REMOTE_VARIABLE: &str = "NANOCLAW_CHANNELS_REMOTE";

/// The address that a message gives to somebody who has no usable remote.
pub const UPSTREAM: &str = "https://github.com/nanocoai/nanoclaw.git";

/// The remote that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// What `git fetch` is given: a configured name, or an address.
    pub address: String,
    /// The address behind it, for messages: credentials masked.
    pub shown: String,
    /// Why this one, a clause.
    pub why: String,
    /// Whether it was taken for lack of a better one, so that it may not have the branch.
    pub guessed: bool,
    /// The command that names a remote which has the branch.
    pub otherwise: String,
}

/// Chooses the remote: the one asked for (`--remote`, else the environment's), else the first whose URL is NanoClaw's own repository, else `origin`.
/// `skill` is what is to be added, for the message, and `from` the folder that a relative path is relative to. None found is a [`Problem`].
pub fn choose(
    skill: &str,
    checkout: &Checkout,
    asked: Option<&str>,
    environment: Option<&str>,
    from: &Path,
) -> Result<Remote> {
    let remotes = configured(checkout)?;
    let named = |name: &str| remotes.iter().find(|(other, _)| other == name);
    if let Some((asked, why)) = asked
        .map(|asked| (asked, "--remote"))
        .or(environment.map(|asked| (asked, REMOTE_VARIABLE)))
    {
        valid(asked)?;
        let configured = named(asked).map(|(_, url)| url.as_str());
        // Git runs in the root, and would look for a path there.
        let local = || fs::canonicalize(from.join(asked)).ok();
        let is_path = configured.is_none() && !asked.contains("://");
        let local = is_path.then(local).flatten();
        let address = local.map_or_else(
            || asked.to_owned(),
            |local| local.to_string_lossy().into_owned(),
        );
        return Ok(Remote {
            shown: shown(configured.unwrap_or(&address)),
            address,
            why: format!("named by {why}"),
            guessed: false,
            otherwise: otherwise(skill),
        });
    }
    if let Some((name, url)) = remotes.iter().find(|(_, url)| is_nanoclaw(url)) {
        return Ok(Remote {
            address: name.clone(),
            shown: shown(url),
            why: format!(
                "remote `{}` is NanoClaw's own repository",
                shown::line(name)
            ),
            guessed: false,
            otherwise: otherwise(skill),
        });
    }
    if let Some((name, url)) = named("origin") {
        return Ok(Remote {
            address: name.clone(),
            shown: shown(url),
            why: "no remote is NanoClaw's own repository".to_owned(),
            guessed: true,
            otherwise: otherwise(skill),
        });
    }
    Err(none_chosen(skill, &remotes).into())
}

/// Refuses what names no remote: to git it would be an option.
pub fn valid(asked: &str) -> Result<()> {
    if !asked.is_empty() && !asked.starts_with('-') {
        return Ok(());
    }
    let found = format!(
        "expected a remote's name, URL, path or bundle file, found `{}`",
        shown(asked)
    );
    Err(Problem::could_not_run(found).into())
}

/// No remote is the one to take: those that there are can be named.
fn none_chosen(skill: &str, remotes: &[(String, String)]) -> Problem {
    let otherwise = otherwise(skill);
    let [(first, _), rest @ ..] = remotes else {
        return Problem::could_not_run("the checkout has no remote").hint(otherwise);
    };
    let each = |(name, url): &(String, String)| format!("{} ({})", shown::line(name), shown(url));
    let shown = remotes.iter().map(each).collect::<Vec<_>>().join(", ");
    let first = shown::line(quoted(Path::new(first)));
    let name = if rest.is_empty() { &first } else { "NAME" };
    Problem::could_not_run(format!(
        "none of the checkout's remotes is NanoClaw's own repository or called `origin`: {shown}"
    ))
    .hint(format!(
        "nanoclaw skill add {skill} --remote {name} takes one of them, or: {otherwise}"
    ))
}

fn otherwise(skill: &str) -> String {
    format!("nanoclaw skill add {skill} --remote {UPSTREAM}")
}

fn configured(checkout: &Checkout) -> Result<Vec<(String, String)>> {
    let repository = checkout.repository()?;
    let names = repository.remotes()?;
    // The configured URL: libgit2's own `url()` has `insteadOf` applied, which may hide whose repository it is.
    let config = checkout
        .config()
        .context("failed to read git's configuration")?;
    let found = names.iter().flatten().flatten().filter_map(|name| {
        // Of several git fetches from the first.
        let mut urls = config.multivar(&format!("remote.{name}.url"), None).ok()?;
        let url = urls.next()?.ok()?.value().ok()?.to_owned();
        Some((name.to_owned(), url))
    });
    Ok(found.collect())
}

/// Whether a URL is exactly the repository qwibitai/nanoclaw or nanocoai/nanoclaw on GitHub, by https, ssh, git, or in scp's form.
#[must_use]
pub fn is_nanoclaw(url: &str) -> bool {
    if !url.to_ascii_lowercase().contains("/nanoclaw") {
        return false;
    }
    let form = r"(?i-u)^(?:(?:https?|git|ssh|git\+ssh)://(?:[^/@\s]+@)?(?:ssh\.)?github\.com(?::\d+)?/|(?:[^/@\s]+@)?github\.com:/?)(?:qwibitai|nanocoai)/nanoclaw(?:\.git)?/?$";
    Regex::new(form).is_ok_and(|form| form.is_match(url.as_bytes()))
}

/// An address as messages name it: on one line, and without credentials.
fn shown(address: &str) -> String {
    mask(&shown::line(address))
}

#[cfg(test)]
mod tests {
    use super::is_nanoclaw;

    #[test]
    fn only_the_repository_itself_is_nanoclaws_own() {
        for url in [
            "https://github.com/qwibitai/nanoclaw",
            "https://github.com/nanocoai/nanoclaw.git",
            "https://token@github.com/nanocoai/nanoclaw.git/",
            "git@github.com:qwibitai/nanoclaw.git",
            "github.com:qwibitai/nanoclaw",
            "ssh://git@github.com/qwibitai/nanoclaw.git",
            "ssh://git@ssh.github.com:443/qwibitai/nanoclaw.git",
        ] {
            assert!(is_nanoclaw(url), "{url}");
        }
        for url in [
            "https://github.com/somebody/nanoclaw.git",
            "https://github.com/qwibitai/nanoclaw-extras.git",
            "https://example.com/qwibitai/nanoclaw.git",
            "https://github.com.example.com/qwibitai/nanoclaw.git",
            "/srv/git/qwibitai/nanoclaw.git",
            "https://example.com/?u=https://github.com/qwibitai/nanoclaw",
        ] {
            assert!(!is_nanoclaw(url), "{url}");
        }
    }
}
