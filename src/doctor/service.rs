//! The service that runs the host: whether it is found, one alone, runs, and has loaded what was built.

mod judge;
mod launchd;
mod running;
mod script;
mod systemd;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub(super) use judge::checks;
pub use systemd::{Unit, variables};

use super::Moment;
use crate::checkout::Checkout;
use crate::groups;
use crate::host;
use crate::interrupt;
use crate::next::quoted;
use crate::process;
use crate::typescript;

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
    /// Whether the host does not, and its sources have it listen there.
    pub is_silent: bool,
    /// Why a service may be there that was not found, a clause, and what finds it.
    pub unasked: Option<(&'static str, &'static str)>,
}

/// Variables of an environment, by their names.
pub type Variables = Vec<(String, String)>;

/// What starts a host but systemd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An agent of launchd's.
    Agent,
    /// NanoClaw's own script.
    Script,
}

/// A host that is started otherwise than by systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// By what.
    pub kind: Kind,
    /// The label of launchd's, or the script.
    pub name: String,
    /// Whether it runs.
    pub state: State,
    /// When it began, where it runs.
    pub since: Option<Moment>,
    /// The variables of its environment, by their names; `None` where they are not known.
    pub environment: Option<Variables>,
    /// The property list of launchd's with the variables that it gives, where it is there.
    pub plist: Option<(PathBuf, Variables)>,
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
        service.is_silent = !service.answers && listens(checkout);
        interrupt::check()?;
        Ok(service)
    }

    /// The value that a variable has in the host's environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let (_, variables) = self.environment()?;
        value(&variables, name).map(str::to_owned)
    }

    /// Whether a host may run here of which nothing is known: nobody could be asked.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.unasked.is_some() && self.environment().is_none()
    }

    /// What the host's environment is that of, where it is known: the unit, the agent or the script.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        self.environment().map(|(name, _)| name)
    }

    /// The environment of what runs, else that of what would: with its name, where it is known.
    fn environment(&self) -> Option<(&str, Variables)> {
        let is_active = self.units.iter().any(Unit::runs);
        let runs = self.others.iter().find(|it| it.state == State::Runs);
        let would = runs.or_else(|| self.others.first());
        match (self.units.first(), runs) {
            (Some(unit), None) => Some((&unit.name, self.of_units())),
            (Some(unit), _) if is_active => Some((&unit.name, self.of_units())),
            _ => would.and_then(|it| Some((it.name.as_str(), it.environment.clone()?))),
        }
    }

    fn of_units(&self) -> Variables {
        let variables = self.units.iter().map(|unit| unit.environment.clone());
        variables.flatten().collect()
    }

    /// The command that gives a variable to a host which systemd does not start: by the property list of launchd's, or by the environment of the
    /// script.
    #[must_use]
    pub fn give(&self, name: &str, value: &str) -> Option<String> {
        let Other {
            kind, plist, start, ..
        } = self.others.first()?;
        if *kind == Kind::Script {
            return Some(format!("{name}={value} {start}"));
        }
        let (file, _) = plist.as_ref()?;
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

/// Whether the host's sources name the socket: those before there was one listen nowhere.
fn listens(checkout: &Checkout) -> bool {
    let names = ["ncl.sock", "data/ncl.sock"];
    let sources = checkout.sources_below(Path::new("src")).into_iter();
    let mut texts = sources.map(|(_, text)| text);
    texts.any(|text| names.iter().any(|name| typescript::mentions(&text, name)))
}

/// The value of a variable.
fn value<'a>(all: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = all.iter().filter(|(key, _)| key == name);
    found.next_back().map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Moment, Other, Service, State, Unit, variables};

    fn unit(state: &str) -> Unit {
        Unit {
            name: "claw".to_owned(),
            is_of_user: true,
            load: "loaded".to_owned(),
            state: state.to_owned(),
            since: Some(Moment(20)),
            environment: variables("HOME=/h CODEX_MODEL=m1"),
        }
    }

    fn other(state: State) -> Other {
        let variable = |value: &str| ("CODEX_MODEL".to_owned(), value.to_owned());
        Other {
            kind: Kind::Agent,
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
        let ended = || State::Ended("is not loaded".to_owned());
        let of_script = || Other {
            environment: None,
            kind: Kind::Script,
            ..other(State::Runs)
        };
        for (units, others, expected) in [
            (vec![], vec![], None),
            (vec![unit("active")], vec![], Some("m1")),
            (vec![unit("active")], vec![other(State::Runs)], Some("m1")),
            (vec![unit("failed")], vec![other(State::Runs)], Some("m2")),
            (vec![unit("failed")], vec![other(ended())], Some("m1")),
            (vec![], vec![other(State::Runs)], Some("m2")),
            (vec![], vec![other(ended())], Some("m2")),
            // Of what runs it is not known.
            (vec![], vec![other(ended()), of_script()], None),
        ] {
            let service = Service {
                units,
                others,
                ..Service::default()
            };
            let found = service.variable("CODEX_MODEL");
            assert_eq!(found.as_deref(), expected, "{service:?}");
            assert_eq!(service.named().is_some(), expected.is_some());
            assert_eq!(service.variable("CODEX"), None);
        }
    }

    #[test]
    fn a_property_list_that_was_changed_is_loaded_anew() {
        let service = Service {
            others: vec![other(State::Runs)],
            ..Service::default()
        };
        let load = "launchctl unload '/h/a b.plist' && launchctl load '/h/a b.plist'";
        assert_eq!(service.reload("CODEX_MODEL").as_deref(), Some(load));
        assert_eq!(service.reload("HOME"), None);
        let given = service.give("CODEX_MODEL", "m").unwrap_or_default();
        assert!(
            given.starts_with("plutil -replace ") && given.ends_with(load),
            "{given}"
        );
        let script = Service {
            others: vec![Other {
                kind: Kind::Script,
                ..other(State::Runs)
            }],
            ..Service::default()
        };
        let given = script.give("CODEX_MODEL", "m");
        assert_eq!(given.as_deref(), Some("CODEX_MODEL=m start"));
    }
}
