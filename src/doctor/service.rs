//! The service that runs the host: whether it is found, one alone, runs, and has loaded what was built.

use std::path::Path;

use anyhow::Result;

use super::{Check, Moment, Patient};
use crate::checkout::Checkout;
use crate::groups;
use crate::host;
use crate::interrupt;
use crate::next;
use crate::process;

const NAME: &str = "service";

/// What the host writes last when it is built, and loads first.
const MAIN: &str = "dist/index.js";

/// The host's service, as systemd tells of it. Elsewhere nothing is found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    /// The units that are loaded, of the user and of the system.
    pub units: Vec<Unit>,
    /// Whether the host answers at its socket.
    pub answers: bool,
    /// Whether systemd is here, and did not answer for this user.
    pub is_unasked: bool,
}

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

impl Service {
    /// Asks systemd for the units that run the host of a checkout, and the host itself whether it listens.
    pub fn look(checkout: &Checkout) -> Result<Self> {
        let Some(name) = host::Service::of(checkout).unit else {
            return Ok(Self::default());
        };
        let mut service = Self::default();
        for is_of_user in [true, false] {
            let scope = if is_of_user { "--user" } else { "--system" };
            let unit = format!("{name}.service");
            let properties = "--property=LoadState,ActiveState,ActiveEnterTimestamp,Environment";
            let asked = ["show", scope, properties, "--", &unit];
            match process::answer("systemctl", &asked, &[])? {
                Some(answer) => service.units.extend(read(&name, is_of_user, &answer)),
                None => service.is_unasked |= process::is_program("systemctl"),
            }
        }
        // One that cannot be reached answers nobody.
        service.answers = groups::host_answers(checkout).unwrap_or(false);
        interrupt::check()?;
        Ok(service)
    }

    /// The value that a unit gives to a variable of the host's environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let words = self
            .units
            .iter()
            .flat_map(|unit| unit.environment.split_whitespace());
        let mut values = words.filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        values.next_back().map(str::to_owned)
    }
}

/// Reads what `systemctl show` says of a unit; `None` of one that is not there.
fn read(name: &str, is_of_user: bool, answer: &str) -> Option<Unit> {
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

/// The command that makes a service of the host's, by NanoClaw's `setup`.
fn set_up(checkout: &Checkout) -> &'static str {
    if checkout.is_file(Path::new("setup/index.ts")) {
        "pnpm exec tsx setup/index.ts --step service"
    } else {
        "bash nanoclaw.sh"
    }
}

pub(super) fn checks(patient: &Patient<'_>) -> Vec<Check> {
    let restart = next::restart(patient.checkout);
    let restart = restart.command.unwrap_or(restart.what);
    let built = patient.changed(Path::new(MAIN));
    vec![judge(
        &patient.service,
        built,
        &restart,
        set_up(patient.checkout),
    )]
}

fn judge(service: &Service, built: Option<Moment>, restart: &str, set_up: &str) -> Check {
    let unit = match &service.units[..] {
        [] if service.answers => {
            return Check::ok(
                NAME,
                "no unit of systemd's, and the host answers at its socket",
            );
        }
        [] if service.is_unasked => {
            let found = "not looked at: systemd did not answer for this user, and no host answers at data/ncl.sock";
            return Check::warning(NAME, found, "run this where the host's user is signed in");
        }
        [] => {
            return Check::error(
                NAME,
                "no unit of systemd's is found, and no host answers at data/ncl.sock",
                set_up,
            );
        }
        [unit] => unit,
        _ => {
            let found = "a unit of the user's and one of the system's: two hosts would answer";
            return Check::warning(
                NAME,
                found,
                "sudo systemctl disable --now the one that is not wanted",
            );
        }
    };
    let Unit { name, state, .. } = unit;
    if state != "active" && service.answers {
        let found = format!("{name} is {state}, and a host answers that was started otherwise");
        return Check::warning(NAME, found, restart);
    }
    if state != "active" {
        return Check::error(NAME, format!("{name} is {state}"), restart);
    }
    if let (Some(since), Some(built)) = (unit.since, built)
        && since < built
    {
        return Check::warning(
            NAME,
            format!("{name} runs since before the host was built: it has not loaded that"),
            restart,
        );
    }
    let began = built.map_or("", |_| ", and began after the host was built");
    Check::ok(NAME, format!("{name} runs{began}"))
}

#[cfg(test)]
mod tests {
    use super::{Moment, Service, Unit, judge, read};
    use crate::doctor::Level;

    const ANSWER: &str = "LoadState=loaded\nActiveState=active\nActiveEnterTimestamp=Thu 1970-01-01 00:00:20 UTC\nEnvironment=HOME=/h CODEX_MODEL=m1\n";

    #[test]
    fn a_unit_is_read_as_systemctl_shows_it() {
        let unit = read("claw", true, ANSWER);
        let expected = Unit {
            name: "claw".to_owned(),
            is_of_user: true,
            state: "active".to_owned(),
            since: Some(Moment(20)),
            environment: "HOME=/h CODEX_MODEL=m1".to_owned(),
        };
        assert_eq!(unit, Some(expected.clone()));
        assert_eq!(
            read("claw", true, "LoadState=not-found\nActiveState=inactive\n"),
            None
        );
        let service = Service {
            units: vec![expected],
            ..Service::default()
        };
        assert_eq!(service.variable("CODEX_MODEL").as_deref(), Some("m1"));
        assert_eq!(service.variable("CODEX"), None);
    }

    #[test]
    fn one_service_runs_and_began_after_the_build() {
        let units = |answers: &[&str]| {
            answers
                .iter()
                .filter_map(|it| read("claw", true, it))
                .collect()
        };
        let failed = ANSWER.replace("=active", "=failed");
        for (answers, host, built, level, words) in [
            (&[ANSWER][..], false, Some(20), Level::Ok, "claw runs"),
            (&[ANSWER], false, None, Level::Ok, "claw runs"),
            (
                &[ANSWER],
                false,
                Some(21),
                Level::Warning,
                "before the host was built",
            ),
            (&[&failed], false, Some(20), Level::Error, "claw is failed"),
            (
                &[ANSWER, ANSWER],
                false,
                Some(20),
                Level::Warning,
                "two hosts",
            ),
            (&[], true, Some(20), Level::Ok, "the host answers"),
            (&[], false, Some(20), Level::Error, "no host answers"),
        ] {
            let service = Service {
                units: units(answers),
                answers: host,
                is_unasked: false,
            };
            let check = judge(&service, built.map(Moment), "restart", "set up");
            assert_eq!(check.level, level, "{check:?}");
            assert!(check.found.contains(words), "{check:?}");
        }
    }
}
