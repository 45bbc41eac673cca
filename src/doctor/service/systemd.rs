//! The host as a unit of systemd's: what `systemctl show` says of it. Changes nothing.

use anyhow::Result;

use super::Moment;
use crate::process;

/// A unit of systemd's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name, without `.service`.
    pub name: String,
    /// Whether it is the user's, and not the system's.
    pub is_of_user: bool,
    /// Its `ActiveState`.
    pub state: String,
    /// When it became active.
    pub since: Option<Moment>,
    /// Its `Environment`, as systemd shows it.
    pub environment: String,
}

/// Asks systemd for the units of a name, of the user and of the system; inside, one that did not answer.
pub(super) fn look(name: &str) -> Result<Vec<Result<Option<Unit>, Unanswered>>> {
    let scopes = [(true, "--user"), (false, "--system")];
    let ask = |(is_of_user, scope)| {
        let unit = format!("{name}.service");
        let properties = "--property=LoadState,ActiveState,ActiveEnterTimestamp,Environment";
        let asked = ["show", scope, properties, "--", &unit];
        let answer = process::answer("systemctl", &asked, &[])?;
        let answer = answer.ok_or(Unanswered);
        Ok(answer.map(|answer| read(name, is_of_user, &answer)))
    };
    scopes.into_iter().map(ask).collect()
}

/// Systemd did not answer.
pub(super) struct Unanswered;

/// Reads what `systemctl show` says of a unit; `None` of one that is not there.
pub(super) fn read(name: &str, is_of_user: bool, answer: &str) -> Option<Unit> {
    let property = |key: &str| {
        let mut lines = answer.lines();
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    };
    // `Fri 2026-05-01 12:00:00 UTC`, as every systemd has it where the zone is UTC.
    let since = property("ActiveEnterTimestamp").and_then(|time| {
        let (_, time) = time.strip_suffix(" UTC")?.split_once(' ')?;
        Moment::of_rfc3339(&format!("{}Z", time.replace(' ', "T")))
    });
    (property("LoadState") == Some("loaded")).then(|| Unit {
        name: name.to_owned(),
        is_of_user,
        state: property("ActiveState").unwrap_or_default().to_owned(),
        since,
        environment: property("Environment").unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Moment, Unit, read};

    #[test]
    fn a_unit_is_read_as_systemctl_shows_it() {
        let answer = "LoadState=loaded\nActiveState=active\nActiveEnterTimestamp=Thu 1970-01-01 00:00:20 UTC\nEnvironment=HOME=/h CODEX_MODEL=m1\n";
        let expected = Unit {
            name: "claw".to_owned(),
            is_of_user: true,
            state: "active".to_owned(),
            since: Some(Moment(20)),
            environment: "HOME=/h CODEX_MODEL=m1".to_owned(),
        };
        assert_eq!(read("claw", true, answer), Some(expected));
        let absent = "LoadState=not-found\nActiveState=inactive\n";
        assert_eq!(read("claw", true, absent), None);
    }
}
