//! How the host's service stands, from what is known of it. Asks nobody.

use std::path::Path;

use super::{MAIN, Service, State, Unit};
use crate::checkout::Checkout;
use crate::doctor::{Check, Moment, Patient};
use crate::next;

const NAME: &str = "service";

/// The command that makes a service of the host's, by NanoClaw's `setup`.
fn set_up(checkout: &Checkout) -> &'static str {
    if checkout.is_file(Path::new("setup/index.ts")) {
        "pnpm exec tsx setup/index.ts --step service"
    } else {
        "bash nanoclaw.sh"
    }
}

pub(in crate::doctor) fn checks(patient: &Patient<'_>) -> Vec<Check> {
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

/// A host that runs.
struct Host<'a> {
    name: &'a str,
    since: Option<Moment>,
    restart: &'a str,
}

/// The hosts that run, and are known by their service.
fn hosts<'a>(service: &'a Service, restart: &'a str) -> Vec<Host<'a>> {
    let units = service.units.iter().filter(|unit| unit.runs());
    let units = units.map(|unit| Host {
        name: &unit.name,
        since: unit.since,
        restart,
    });
    let others = service.others.iter().filter(|it| it.state == State::Runs);
    let others = others.map(|other| Host {
        name: &other.name,
        since: other.since,
        restart: &other.start,
    });
    units.chain(others).collect()
}

fn judge(service: &Service, built: Option<Moment>, restart: &str, set_up: &str) -> Check {
    if let [Unit { name, .. }, _, ..] = &service.units[..] {
        let found = "a unit of the user's and one of the system's: two hosts would answer";
        let mend = format!(
            "sudo systemctl disable --now {name}, or systemctl --user disable --now {name}"
        );
        return Check::warning(NAME, found, mend);
    }
    match &hosts(service, restart)[..] {
        [] => judge_absent(service, restart, set_up),
        [host] => match service.units.iter().find(|unit| !unit.runs()) {
            Some(unit) => {
                let (name, how) = (&unit.name, unit.how());
                let found = format!("{name} {how}, and {} runs the host", host.name);
                Check::warning(NAME, found, "use one of both, and take the other away")
            }
            None => judge_began(host, built, service.is_silent),
        },
        [one, other, ..] => {
            let found = format!("{} and {} run: two hosts answer", one.name, other.name);
            Check::warning(NAME, found, "stop the one that is not wanted")
        }
    }
}

/// The host reads what was built when it begins. A silent one should answer at its socket.
fn judge_began(host: &Host<'_>, built: Option<Moment>, is_silent: bool) -> Check {
    let Host {
        name,
        since,
        restart,
    } = host;
    match (since, built) {
        (Some(since), Some(built)) if *since < built => {
            let found =
                format!("{name} runs since before the host was built: it has not loaded that");
            Check::warning(NAME, found, *restart)
        }
        _ if is_silent => {
            let found = format!(
                "{name} runs, and no host answers at data/ncl.sock: it may just have begun, or hang"
            );
            Check::warning(NAME, found, *restart)
        }
        (Some(_), Some(_)) => {
            let found = format!("{name} runs, and began after the host was built");
            Check::ok(NAME, found)
        }
        _ => Check::ok(NAME, format!("{name} runs")),
    }
}

/// What is said where no host is known to run by its service.
fn judge_absent(service: &Service, restart: &str, set_up: &str) -> Check {
    let ended = service.others.iter().find_map(|it| match &it.state {
        State::Ended(how) => Some((it.name.as_str(), how.clone(), it.start.as_str())),
        _ => None,
    });
    let unit = service.units.first();
    let mend = unit.and_then(Unit::load_mend);
    let start = mend.as_deref().unwrap_or(restart);
    let unit = unit.map(|it| (it.name.as_str(), it.how(), start));
    let unknown = service.others.iter().find_map(|it| match &it.state {
        State::Unknown(why) => Some(format!("{}: {why}", it.name)),
        _ => None,
    });
    match (unit.or(ended), unknown, service.unasked) {
        (Some((name, how, start)), ..) if service.answers => {
            let found = format!("{name} {how}, and a host answers that was started otherwise");
            Check::warning(NAME, found, start)
        }
        (Some((name, how, start)), ..) => Check::error(NAME, format!("{name} {how}"), start),
        _ if service.answers => Check::ok(
            NAME,
            "no service of the host's is found, and the host answers at its socket",
        ),
        (None, Some(why), _) => {
            let found = format!("not looked at: {why}, and no host answers at data/ncl.sock");
            Check::warning(NAME, found, "run this where the host runs")
        }
        (None, None, Some((why, mend))) => {
            let found = format!("not looked at: {why}, and no host answers at data/ncl.sock");
            Check::warning(NAME, found, mend)
        }
        (None, None, None) => Check::error(
            NAME,
            "no service of the host's is found, and no host answers at data/ncl.sock",
            set_up,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Moment, Service, State, Unit, judge};
    use crate::doctor::service::Kind;
    use crate::doctor::{Level, Other};

    fn unit(state: &str) -> Unit {
        Unit {
            name: "claw".to_owned(),
            is_of_user: true,
            load: "loaded".to_owned(),
            state: state.to_owned(),
            since: Some(Moment(20)),
            environment: Vec::new(),
        }
    }

    fn other_of(state: State) -> Other {
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

    fn check(units: &[&str], other: Option<State>, answers: bool, built: Option<i64>) -> Check {
        let service = Service {
            units: units.iter().map(|state| unit(state)).collect(),
            others: other.map(other_of).into_iter().collect(),
            answers,
            is_silent: false,
            unasked: None,
        };
        judge(&service, built.map(Moment), "restart", "set up")
    }

    #[test]
    fn one_unit_runs_and_began_after_the_build() {
        for (units, answers, built, level, words) in [
            (
                &["active"][..],
                false,
                Some(20),
                Level::Ok,
                "claw runs, and began after",
            ),
            (&["active"], false, None, Level::Ok, "claw runs"),
            (
                &["active"],
                false,
                Some(21),
                Level::Warning,
                "before the host was built",
            ),
            (&["failed"], false, Some(20), Level::Error, "claw is failed"),
            (&["failed"], true, None, Level::Warning, "started otherwise"),
            (&["active"; 2], false, None, Level::Warning, "two hosts"),
            (&[], true, Some(20), Level::Ok, "the host answers"),
            (&[], false, Some(20), Level::Error, "no host answers"),
        ] {
            let check = check(units, None, answers, built);
            assert_eq!(check.level, level, "{check:?}");
            assert!(check.found.contains(words), "{check:?}");
        }
    }

    #[test]
    fn another_host_runs_in_the_place_of_a_unit() {
        let ended = || State::Ended("is not loaded".to_owned());
        let unknown = || State::Unknown("x is not here".to_owned());
        let active = &["active"][..];
        for (units, other, answers, built, level, words) in [
            (
                &["failed"][..],
                State::Runs,
                false,
                None,
                Level::Warning,
                "com.claw runs the host",
            ),
            (
                active,
                State::Runs,
                false,
                None,
                Level::Warning,
                "two hosts",
            ),
            (active, ended(), false, Some(20), Level::Ok, "claw runs"),
            (
                &[],
                State::Runs,
                false,
                Some(20),
                Level::Ok,
                "com.claw runs, and began after",
            ),
            (
                &[],
                State::Runs,
                false,
                Some(21),
                Level::Warning,
                "before the host was built",
            ),
            (
                &[],
                ended(),
                false,
                None,
                Level::Error,
                "com.claw is not loaded",
            ),
            (
                &[],
                ended(),
                true,
                None,
                Level::Warning,
                "started otherwise",
            ),
            (
                &[],
                unknown(),
                false,
                None,
                Level::Warning,
                "com.claw: x is not here",
            ),
            (&[], unknown(), true, None, Level::Ok, "the host answers"),
        ] {
            let check = check(units, Some(other), answers, built);
            assert_eq!(check.level, level, "{check:?}");
            assert!(check.found.contains(words), "{check:?}");
        }
    }
}
