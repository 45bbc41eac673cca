//! The model that codex is asked for: the host's provider reads it in the host's environment alone, so that it is given to the host's service, by a
//! drop-in of its unit (systemd.unit(5)).

use std::path::PathBuf;

use anyhow::Result;

use super::settings::{CODEX_MODEL, retired};
use crate::doctor::{Moment, Patient, Unit, variables};
use crate::files;
use crate::problem::Problem;
use crate::process;
use crate::shown;

/// What the drop-in is called: read after `override.conf`, which `systemctl edit` writes.
const NAME: &str = "zz-nanoclaw-model.conf";

const HEAD: &str = "[Service]";

/// A drop-in that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropIn {
    /// Where: absolute, in the home folder.
    pub path: PathBuf,
    /// Its whole content.
    pub text: String,
    /// The unit's name.
    pub unit: String,
    /// The model that it gives.
    pub model: String,
    /// What is there now.
    pub old: Option<String>,
}

impl DropIn {
    /// Whether it is there so already.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.old.as_deref() == Some(&self.text)
    }
}

/// What gives a model to the host's service: a drop-in for a unit of this user's. Where there is none, a [`Problem`] says what does.
pub fn drop_in(patient: &Patient<'_>, model: &str) -> Result<DropIn> {
    is_name(model)?;
    let units = &patient.service.units;
    let Some(unit) = units.iter().find(|unit| unit.is_of_user) else {
        let found = "the model is read in the host's environment, and no systemd unit of this user's runs the host";
        let hint = match units.first() {
            None => patient.service.give(CODEX_MODEL, model).unwrap_or_else(|| format!(
                "start the host with {CODEX_MODEL}={model}: before `bash start-nanoclaw.sh`, or under EnvironmentVariables in its launchd plist"
            )),
            Some(unit) => format!(
                "sudo systemctl edit {}, with the lines [Service] and Environment={CODEX_MODEL}={model}",
                shown::line(&unit.name)
            ),
        };
        return Err(Problem::refused(found)
            .and_nothing_written()
            .hint(hint)
            .into());
    };
    let place = place(&unit.name);
    let path = patient.home.join(&place);
    if path.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
        let found = format!("`{}` is a symlink, which is none of ours", path.display());
        return Err(Problem::refused(found)
            .and_nothing_written()
            .hint(format!("rm {}", crate::next::quoted(&path)))
            .into());
    }
    let old = patient.in_home(&place)?;
    let old = old.map(|old| String::from_utf8_lossy(&old).into_owned());
    if let Some(foreign) = old.as_deref().and_then(foreign) {
        let path = patient.home.join(&place);
        let found = format!(
            "`{}` holds `{}`, which is none of ours",
            path.display(),
            shown::line(foreign)
        );
        return Err(Problem::refused(found)
            .and_nothing_written()
            .hint("move that line to another drop-in")
            .into());
    }
    Ok(DropIn {
        old,
        path: patient.home.join(place),
        text: format!("{HEAD}\nEnvironment={CODEX_MODEL}={model}\n"),
        unit: unit.name.clone(),
        model: model.to_owned(),
    })
}

/// Where the drop-in of a unit is, relative to the home folder.
fn place(unit: &str) -> String {
    format!(".config/systemd/user/{unit}.service.d/{NAME}")
}

/// Whether a model was set for the host's service after that began, so that it has not read it.
pub(super) fn is_newer_than_service(patient: &Patient<'_>) -> bool {
    let newer = |unit: &Unit| {
        let set = std::fs::metadata(patient.home.join(place(&unit.name)));
        let set = set.and_then(|set| set.modified()).map(Moment::from);
        let began = unit.since;
        unit.is_of_user && began.is_some_and(|began| set.is_ok_and(|set| set > began))
    };
    patient.service.units.iter().any(newer)
}

/// The first line of a drop-in that this program would not write.
fn foreign(text: &str) -> Option<&str> {
    let own = format!("Environment={CODEX_MODEL}=");
    let is_own = |line: &str| line.strip_prefix(&own).is_some_and(is_plain);
    let mut lines = text.lines();
    lines.find(|line| *line != HEAD && !is_own(line))
}

/// Writes a drop-in, where it is not there so, has systemd read it, and looks whether it counts. It does for the host when the service starts anew.
pub fn write(drop_in: &DropIn) -> Result<()> {
    if !drop_in.is_there() {
        files::replace_private(&drop_in.path, drop_in.text.as_bytes())?;
    }
    let DropIn { unit, model, .. } = drop_in;
    if process::answer("systemctl", &["--user", "daemon-reload"], &[])?.is_none() {
        let found = "the drop-in is written, and systemd did not read it";
        return Err(Problem::could_not_run(found)
            .hint("systemctl --user daemon-reload")
            .into());
    }
    let service = format!("{unit}.service");
    let asked = ["--user", "show", "--property=Environment", "--", &service];
    let answer = process::answer("systemctl", &asked, &[])?.unwrap_or_default();
    let words = answer
        .trim()
        .strip_prefix("Environment=")
        .unwrap_or_default();
    let given = variables(words);
    let mut named = given.iter().filter(|(key, _)| key == CODEX_MODEL);
    if named.next_back().is_some_and(|(_, value)| value == model) {
        return Ok(());
    }
    let found = format!(
        "the drop-in is written, and {unit} has another {CODEX_MODEL}: a later drop-in gives it"
    );
    Err(Problem::could_not_run(found)
        .hint(format!("systemctl --user cat {}", shown::line(unit)))
        .into())
}

fn is_plain(model: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/');
    model.starts_with(|c: char| c.is_ascii_alphanumeric()) && model.chars().all(plain)
}

/// A model's name, as it can stand in a line of systemd's without quotes.
fn is_name(model: &str) -> Result<()> {
    let shown = shown::line(model);
    if !is_plain(model) {
        let found = format!("expected a model, such as gpt-5.5, found `{shown}`");
        return Err(Problem::could_not_run(found).and_nothing_written().into());
    }
    let Some(since) = retired(model) else {
        return Ok(());
    };
    let found = format!("`{shown}` left Codex on {since}: it would answer nothing");
    Err(Problem::refused(found).and_nothing_written().into())
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_model_is_one_plain_word_that_has_not_left() {
        for model in ["gpt-5.5", "gpt-oss:20b", "openai/gpt-6"] {
            assert!(is_name(model).is_ok(), "{model}");
        }
        for model in [
            "",
            "-x",
            "a b",
            "a\nExecStart=x",
            "a\"",
            "%h",
            "$x",
            "gpt-5.4",
            "gpt-5.4-mini",
        ] {
            assert!(is_name(model).is_err(), "{model}");
        }
    }
}
