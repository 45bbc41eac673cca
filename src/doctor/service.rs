//! The service that runs the host: whether it is found, one alone, runs, and has loaded what was built.

mod judge;
mod launchd;
mod running;
mod script;
mod systemd;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub(super) use judge::checks;
pub use systemd::Unit;

use super::Moment;
use crate::checkout::Checkout;
use crate::groups;
use crate::host;
use crate::interrupt;
use crate::next::quoted;
use crate::process;

/// What the host writes last when it is built, and loads first.
const MAIN: &str = "dist/index.js";

/// The host's service, as systemd, launchd, or NanoClaw's own script has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Service {
    /// The units of systemd's that are loaded, of the user and of the system.
    pub units: Vec<Unit>,
    /// The agent of launchd's, and what `start-nanoclaw.sh` started, where they are there.
    pub others: Vec<Other>,
    /// Whether the host answers at its socket.
    pub answers: bool,
    /// Why a service may be there that was not found, a clause, and what finds it.
    pub unasked: Option<(&'static str, &'static str)>,
}

/// A host that is started otherwise than by systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The label of launchd's, or the script.
    pub name: String,
    /// Whether it runs.
    pub state: State,
    /// When it began, where it runs.
    pub since: Option<Moment>,
    /// The variables of its environment, by their names; `None` where they are not known.
    pub environment: Option<Vec<(String, String)>>,
    /// The property list of launchd's with the variables that it gives, where it is there.
    pub plist: Option<(PathBuf, Vec<(String, String)>)>,
    /// The command that starts it anew.
    pub start: String,
}

/// Whether a host runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It does.
    Runs,
    /// It does not: how it stands, a clause.
    Ended(String),
    /// It is not known: why, a clause.
    Unknown(String),
}

impl Service {
    /// Asks systemd, launchd and the process table for what runs the host of a checkout, and the host itself whether it listens. `home` is that of
    /// the user who runs it.
    pub fn look(checkout: &Checkout, home: &Path) -> Result<Self> {
        let mut service = Self::default();
        let names = host::Service::of(checkout);
        if let Some(name) = &names.unit {
            for unit in systemd::look(name)? {
                match unit {
                    Ok(unit) => service.units.extend(unit),
                    Err(systemd::Unanswered) if process::is_program("systemctl") => {
                        service.unasked = Some((
                            "systemd did not answer for this user",
                            "run this where the host's user is signed in",
                        ));
                    }
                    Err(systemd::Unanswered) => {}
                }
            }
        } else {
            service.unasked = Some((
                "src/install-slug.ts gives its name in no way that is read here",
                "systemctl --user list-units 'nanoclaw*'",
            ));
        }
        if let Some(label) = &names.label {
            service.others.extend(launchd::look(label, home)?);
        }
        service.others.extend(script::look(checkout)?);
        // One that cannot be reached answers nobody.
        service.answers = groups::host_answers(checkout).unwrap_or(false);
        interrupt::check()?;
        Ok(service)
    }

    /// The value that a variable has in the host's environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let words = self
            .units
            .iter()
            .flat_map(|unit| unit.environment.split_whitespace());
        let mut values = words.filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let of_units = values.next_back().map(str::to_owned);
        let others = || {
            let mut known = self.others.iter().filter_map(|it| it.environment.as_ref());
            known.find_map(|all| value(all, name)).map(str::to_owned)
        };
        of_units.or_else(others)
    }

    /// What is called by whose environment it is, where that is known: the unit, the agent or the script.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        let unit = self.units.first().map(|unit| unit.name.as_str());
        let mut others = self.others.iter().filter(|it| it.environment.is_some());
        unit.or_else(|| others.next().map(|it| it.name.as_str()))
    }

    /// The command that gives a variable to a host which systemd does not start: by the property list of launchd's, else by the environment of the
    /// script.
    #[must_use]
    pub fn give(&self, name: &str, value: &str) -> Option<String> {
        let other = self.others.first()?;
        let Some((file, _)) = &other.plist else {
            return Some(format!("{name}={value} {}", other.start));
        };
        let file = quoted(file);
        Some(format!(
            "plutil -replace EnvironmentVariables.{name} -string {value} {file} && launchctl unload {file} && launchctl load {file}"
        ))
    }

    /// The command that has launchd read a variable anew, where the property list gives it otherwise than it was when the agent was loaded.
    #[must_use]
    pub fn reload(&self, name: &str) -> Option<String> {
        let mut others = self.others.iter();
        others.find_map(|other| {
            let (file, given) = other.plist.as_ref()?;
            let loaded = other.environment.as_ref()?;
            let file = quoted(file);
            (value(given, name) != value(loaded, name))
                .then(|| format!("launchctl unload {file} && launchctl load {file}"))
        })
    }
}

/// The value of a variable.
fn value<'a>(all: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = all.iter().filter(|(key, _)| key == name);
    found.next_back().map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Moment, Other, Service, State, Unit};

    fn unit(state: &str) -> Unit {
        Unit {
            name: "claw".to_owned(),
            is_of_user: true,
            state: state.to_owned(),
            since: Some(Moment(20)),
            environment: "HOME=/h CODEX_MODEL=m1".to_owned(),
        }
    }

    fn other(state: State) -> Other {
        let variable = |value: &str| ("CODEX_MODEL".to_owned(), value.to_owned());
        Other {
            name: "com.claw".to_owned(),
            state,
            since: Some(Moment(20)),
            environment: Some(vec![variable("m2")]),
            plist: Some(("/h/a b.plist".into(), vec![variable("m3")])),
            start: "start".to_owned(),
        }
    }

    #[test]
    fn a_variable_is_that_of_what_runs_the_host() {
        let mut service = Service {
            others: vec![other(State::Runs)],
            ..Service::default()
        };
        assert_eq!(service.variable("CODEX_MODEL").as_deref(), Some("m2"));
        let reload = service.reload("CODEX_MODEL");
        let expected = "launchctl unload '/h/a b.plist' && launchctl load '/h/a b.plist'";
        assert_eq!(reload.as_deref(), Some(expected));
        assert_eq!(service.reload("HOME"), None);
        service.units = vec![unit("active")];
        assert_eq!(service.variable("CODEX_MODEL").as_deref(), Some("m1"));
        assert_eq!(service.variable("CODEX"), None);
    }
}
