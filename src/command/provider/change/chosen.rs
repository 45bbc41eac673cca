//! Which groups, and which session, a person means. Changes nothing.

use anyhow::Result;

use super::Job;
use crate::command::provider::shown_list;
use crate::groups::{Group, Groups, SESSIONS, Session};
use crate::problem::Problem;
use crate::shown;

impl Job<'_> {
    /// The groups that were asked for. One that is not there or cannot be read, or a name that several have, is a [`Problem`].
    pub(super) fn chosen(&self, Groups { read, not_text }: Groups) -> Result<Vec<Group>> {
        if self.arguments.all {
            let mut of_groups = not_text.iter().filter(|it| it.table != SESSIONS);
            return match of_groups.next() {
                Some(not_text) => Err(not_text.problem().into()),
                None => Ok(read),
            };
        }
        let mut chosen: Vec<Group> = Vec::new();
        for word in &self.arguments.group {
            let found = read
                .iter()
                .filter(|group| group.is_called(word))
                .collect::<Vec<_>>();
            // An id is one group's alone.
            let by_id = read.iter().find(|group| group.id == *word);
            let found = by_id.map_or(found, |group| vec![group]);
            let [group] = found[..] else {
                let of_groups = not_text.iter().find(|it| it.table != SESSIONS);
                if let (true, Some(not_text)) = (found.is_empty(), of_groups) {
                    // It may be that one.
                    return Err(not_text.problem().into());
                }
                return Err(not_one(word, &found, &read).into());
            };
            if !chosen.contains(group) {
                chosen.push(group.clone());
            }
        }
        Ok(chosen)
    }

    /// The session that was asked for, where its container would run the provider: the agent runner reads its group's alone.
    pub(super) fn session<'g>(&self, group: &'g Group, id: &str) -> Result<&'g Session> {
        let Some(session) = group.sessions.iter().find(|session| session.id == id) else {
            let ids = group
                .sessions
                .iter()
                .map(|session| session.id.clone())
                .collect::<Vec<_>>();
            let found = format!(
                "{} has no active session `{}`; there are: {}",
                group.shown(),
                shown::line(id),
                shown_list(&ids)
            );
            return Err(Problem::refused(found).and_nothing_written().into());
        };
        let provider = &self.arguments.provider;
        let runner = group.in_container();
        if runner != *provider {
            let found = format!(
                "a session's own provider reaches the host alone: in its container runs that of its group, {}, so that {provider} would not answer",
                shown::line(&runner)
            );
            return Err(Problem::refused(found)
                .and_nothing_written()
                .hint(format!("for the whole group: {}", group.mend(provider)))
                .into());
        }
        Ok(session)
    }
}

/// The refusal of a word that is no group's, or several groups'.
fn not_one(word: &str, found: &[&Group], groups: &[Group]) -> Problem {
    let word = shown::line(word);
    let (problem, list) = if found.is_empty() {
        let all = groups.iter().collect::<Vec<_>>();
        (format!("no group is called `{word}`"), all)
    } else {
        (
            format!("several groups are called `{word}`"),
            found.to_vec(),
        )
    };
    let each = |group: &&Group| {
        format!(
            "\n  {} · groups/{}",
            group.shown(),
            shown::line(&group.folder)
        )
    };
    let list = list.iter().map(each).collect::<String>();
    let there = if list.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are:{list}")
    };
    Problem::refused(format!("{problem}; {there}"))
        .hint("--group takes a name, a folder or an id; --all takes every group")
}
