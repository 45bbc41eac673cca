//! Whether a group asks for the skill's provider, and whether host and container mean the same one.

use std::collections::BTreeMap;

use super::{Check, Level, Patient};
use crate::groups::{self, Database, Group, USUAL};
use crate::registry;
use crate::shown;

const NAME: &str = "groups";

/// The command that shows what stands where the database should, when that is not used.
pub const LOOK: &str = "ls -l data/v2.db";

/// How many groups of a kind are named.
const NAMED: usize = 5;

pub(super) fn checks(patient: &Patient<'_>) -> Vec<Check> {
    let database = Database::to_read(patient.checkout);
    match database.and_then(|database| groups::read(patient.checkout, &database)) {
        Ok(groups) => {
            let registered = registry::in_container(patient.checkout);
            let mut checks = judge(&groups.read, &registered, &patient.skill.called);
            let not_text = groups.not_text.iter();
            checks.extend(not_text.map(|it| Check::warning(NAME, it.found(), it.look())));
            checks
        }
        Err(error) => vec![Check::not_looked_at(NAME, &error, LOOK)],
    }
}

fn judge(groups: &[Group], registered: &[String], provider: &str) -> Vec<Check> {
    let mut checks = vec![judge_asked(groups, provider)];
    for group in groups {
        let named = group.in_container();
        if !registered.contains(&named) {
            let found = format!(
                "{} has `{}`, which no barrel registers: its container ends at every start",
                group.shown(),
                shown::line(&named)
            );
            checks.push(Check::error(
                NAME,
                found,
                if named == provider {
                    format!("nanoclaw skill add {provider}")
                } else {
                    let other = registered.first().map_or(USUAL, String::as_str);
                    format!("{}, or add that provider", group.mend(other))
                },
            ));
        }
        if let Some(found) = group.unreadable() {
            let mend = "mend it by hand: NanoClaw takes it for empty";
            checks.push(Check::warning(
                NAME,
                format!("{}: {found}", group.shown()),
                mend,
            ));
        }
        checks.extend(
            group
                .disagreements(registered)
                .into_iter()
                .map(|(found, mend)| Check {
                    name: NAME,
                    level: Level::Error,
                    found: format!("{}: {found}", group.shown()),
                    mend: Some(mend),
                }),
        );
    }
    checks
}

/// Which groups have which provider in their containers.
fn judge_asked(groups: &[Group], provider: &str) -> Check {
    let mut having = BTreeMap::<String, Vec<String>>::new();
    for group in groups {
        let named = group.in_container();
        having.entry(named).or_default().push(group.shown());
    }
    let asks = having.remove(provider);
    let others = having.iter().map(|(named, groups)| {
        let named = shown::line(named);
        format!("{named} is that of {}", few(groups))
    });
    let others = others.collect::<Vec<_>>().join("; ");
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("; {others}")
    };
    if let Some(asks) = asks {
        let asks = few(&asks);
        return Check::ok(
            NAME,
            format!("{provider} is the provider of {asks}{others}"),
        );
    }
    let count = groups.len();
    let found = format!("none of {count} has {provider} for its provider{others}");
    let mend = format!("nanoclaw provider use {provider} --group GROUP");
    Check::warning(NAME, found, mend)
}

/// The first of some names, and how many more there are.
fn few(names: &[String]) -> String {
    let first = names.iter().take(NAMED).cloned().collect::<Vec<_>>();
    match names.len().saturating_sub(NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, judge};
    use crate::doctor::Level;
    use crate::groups::{Session, Source};

    #[test]
    fn groups_ask_for_a_registered_provider_on_both_sides() {
        let named = |provider: &str| Group {
            id: "ag-1".to_owned(),
            name: "main".to_owned(),
            folder: "main".to_owned(),
            source: Source::Config(Some(provider.to_owned())),
            image: None,
            sessions: Vec::new(),
        };
        let split = Group {
            source: Source::Files {
                column: Some("claude".to_owned()),
                file: Some("codex".to_owned()),
                unreadable: None,
            },
            ..named("")
        };
        let own = Session {
            id: "s".to_owned(),
            provider: Some("claude".to_owned()),
        };
        let session = Group {
            sessions: vec![own],
            ..named("codex")
        };
        let registered = ["claude", "codex"].map(str::to_owned);
        for (group, levels, words) in [
            (
                named("Codex"),
                &[Level::Ok][..],
                "codex is the provider of main (ag-1)",
            ),
            (
                named("claude"),
                &[Level::Warning],
                "none of 1 has codex for its provider; claude is that of main (ag-1)",
            ),
            (
                named("gone"),
                &[Level::Warning, Level::Error],
                "which no barrel registers",
            ),
            (
                split,
                &[Level::Ok, Level::Error],
                "the host readies its containers for claude, and codex runs",
            ),
            (
                session,
                &[Level::Ok, Level::Error],
                "session s: the host readies its container for claude",
            ),
        ] {
            let checks = judge(&[group], &registered, "codex");
            let found = checks.iter().map(|check| check.level).collect::<Vec<_>>();
            assert_eq!(found, levels, "{checks:?}");
            assert!(
                checks.iter().any(|check| check.found.contains(words)),
                "{checks:?}"
            );
        }
    }
}
