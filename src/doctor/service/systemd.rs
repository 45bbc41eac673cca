//! The host as a unit of systemd's: what `systemctl show` says of it. Changes nothing.

use anyhow::Result;

use super::{Moment, Variables, running};
use crate::process;

/// A unit of systemd's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name, without `.service`.
    pub name: String,
    /// Whether it is the user's, and not the system's.
    pub is_of_user: bool,
    /// Its `LoadState`.
    pub load: String,
    /// Its `ActiveState`.
    pub state: String,
    /// When it became active.
    pub since: Option<Moment>,
    /// The variables of its process, where the system tells them; else those that its own lines `Environment=` give.
    pub environment: Variables,
}

impl Unit {
    /// Whether the host runs by it.
    #[must_use]
    pub fn runs(&self) -> bool {
        is_running(&self.state)
    }

    /// How it stands, a clause.
    #[must_use]
    pub fn how(&self) -> String {
        match self.load.as_str() {
            "masked" => "is masked".to_owned(),
            "bad-setting" | "error" => format!("cannot be loaded ({})", self.load),
            _ => format!("is {}", self.state),
        }
    }

    /// The command that has it loaded, or tells why it is not; `None` of one that is.
    #[must_use]
    pub fn load_mend(&self) -> Option<String> {
        let scope = if self.is_of_user { " --user" } else { "" };
        let name = &self.name;
        match self.load.as_str() {
            "masked" if self.is_of_user => Some(format!("systemctl --user unmask {name}")),
            "masked" => Some(format!("sudo systemctl unmask {name}")),
            "bad-setting" | "error" => Some(format!(
                "systemctl{scope} status {name} tells which line of it"
            )),
            _ => None,
        }
    }
}

/// Whether a unit of this `ActiveState` has its process (systemd(1)).
fn is_running(state: &str) -> bool {
    matches!(state, "active" | "reloading" | "refreshing")
}

/// Asks systemd for the units of a name, of the user and of the system; inside, one that did not answer.
pub(super) fn look(name: &str) -> Result<Vec<Result<Option<Unit>, Unanswered>>> {
    let scopes = [(true, "--user"), (false, "--system")];
    let ask = |(is_of_user, scope)| {
        let unit = format!("{name}.service");
        let properties =
            "--property=LoadState,ActiveState,ActiveEnterTimestamp,MainPID,Environment";
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
    let load = property("LoadState").unwrap_or_default();
    let state = property("ActiveState").unwrap_or_default();
    // Of one that runs the file may have been taken away.
    let is_there = matches!(load, "loaded" | "masked" | "bad-setting" | "error");
    if !is_there && !is_running(state) {
        return None;
    }
    let id = property("MainPID").and_then(|id| id.parse::<i32>().ok());
    let environment = id.filter(|id| *id > 0).and_then(running::environment);
    Some(Unit {
        name: name.to_owned(),
        is_of_user,
        load: load.to_owned(),
        state: state.to_owned(),
        since,
        environment: environment
            .unwrap_or_else(|| variables(property("Environment").unwrap_or_default())),
    })
}

/// Reads variables as `systemctl show` quotes them: a word each, where it needs them in quotes, with a backslash before some of their signs.
#[must_use]
pub fn variables(shown: &str) -> Variables {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    let mut signs = shown.chars();
    while let Some(sign) = signs.next() {
        match (quote, sign) {
            (None, ' ' | '\t') => words.extend(word.take()),
            (None, '"' | '\'') => {
                quote = Some(sign);
                let text = word.get_or_insert_default();
                // `$'...'` is a quote of its own kind.
                if sign == '\'' && text == "$" {
                    text.clear();
                }
            }
            (Some(open), _) if sign == open => quote = None,
            (_, '\\') => {
                let text = word.get_or_insert_default();
                text.extend(signs.next().map(|sign| match sign {
                    'n' => '\n',
                    't' => '\t',
                    sign => sign,
                }));
            }
            _ => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    let pairs = words.iter().filter_map(|word| word.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Moment, Unit, read, variables};

    #[test]
    fn a_unit_is_read_as_systemctl_shows_it() {
        let answer = "LoadState=loaded\nActiveState=active\nActiveEnterTimestamp=Thu 1970-01-01 00:00:20 UTC\nEnvironment=HOME=/h CODEX_MODEL=m1\n";
        let expected = Unit {
            name: "claw".to_owned(),
            is_of_user: true,
            load: "loaded".to_owned(),
            state: "active".to_owned(),
            since: Some(Moment(20)),
            environment: variables("HOME=/h CODEX_MODEL=m1"),
        };
        assert_eq!(read("claw", true, answer), Some(expected));
        let absent = "LoadState=not-found\nActiveState=inactive\n";
        assert_eq!(read("claw", true, absent), None);
    }

    #[test]
    fn a_unit_runs_while_it_is_reloaded_and_when_its_file_is_gone() {
        for (load, state, expected) in [
            ("loaded", "active", Some((true, "is active"))),
            ("loaded", "reloading", Some((true, "is reloading"))),
            ("loaded", "failed", Some((false, "is failed"))),
            ("not-found", "active", Some((true, "is active"))),
            ("masked", "inactive", Some((false, "is masked"))),
            (
                "bad-setting",
                "inactive",
                Some((false, "cannot be loaded (bad-setting)")),
            ),
            ("not-found", "inactive", None),
        ] {
            let answer = format!("LoadState={load}\nActiveState={state}\n");
            let unit = read("claw", true, &answer);
            let found = unit.map(|unit| (unit.runs(), unit.how()));
            let expected = expected.map(|(runs, how)| (runs, how.to_owned()));
            assert_eq!(found, expected, "{answer}");
        }
    }

    #[test]
    fn a_variable_is_a_word_of_systemds_quoting() {
        for (shown, expected) in [
            ("", &[][..]),
            ("A=1 B=", &[("A", "1"), ("B", "")]),
            ("\"A=x B=2\" C=3", &[("A", "x B=2"), ("C", "3")]),
            (
                r#""A=\"q\" \$x \\" B=2"#,
                &[("A", "\"q\" $x \\"), ("B", "2")],
            ),
            ("$'A=a\\nb' 'B=c d'", &[("A", "a\nb"), ("B", "c d")]),
            ("A=$x word", &[("A", "$x")]),
        ] {
            let found = variables(shown);
            let found = found.iter().map(|(key, value)| (&**key, &**value));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{shown}");
        }
    }
}
