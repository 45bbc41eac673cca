//! `provider list` and `provider use`: which agent provider each group has, and another one. Decides nothing of how the host reads it.

mod change;

use std::path::Path;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::command::look;
use crate::groups::{self, Database, Group, Session};
use crate::next::quoted;
use crate::problem::Exit;
use crate::registry;
use crate::shown;
use crate::ui::{Tint, Ui};

pub use change::run as use_provider;

/// Lists the providers that are registered, and the groups with theirs.
pub fn list(directory: &Path, ui: Ui) -> Result<Exit> {
    let checkout = Checkout::find(directory)?;
    let database = Database::to_read(&checkout)?;
    let groups = groups::read(&checkout, &database)?;
    look::tell_broken_off(&checkout, ui)?;
    let registered = registry::in_container(&checkout);
    ui.print(Tint::Dim, "registered: ", &shown_list(&registered))?;
    for group in &groups {
        let named = group.in_container();
        let tint = if registered.contains(&named) {
            Tint::Good
        } else {
            Tint::Bad
        };
        let place = format!(
            "  {} · groups/{}",
            group.shown(),
            shown::line(&group.folder)
        );
        ui.print(tint, &format!("{:10}", shown::line(&named)), &place)?;
        if !registered.contains(&named) {
            let found = "           not registered: its container ends at every start";
            ui.print(Tint::Bad, found, "")?;
        }
        for found in disagreements(group) {
            ui.print(Tint::Warn, "           ", &found)?;
        }
    }
    Ok(Exit::Done)
}

/// Where the host readies containers of a group for another provider than the agent runner starts in them, each with what mends it.
fn disagreements(group: &Group) -> Vec<String> {
    let runner = group.in_container();
    let id = quoted(Path::new(&group.id));
    let mend = format!(
        "nanoclaw provider use {} --group {id}",
        shown::line(&runner)
    );
    let differs = |session: Option<&Session>| {
        let host = group.on_host(session);
        (host != runner).then(|| shown::line(host))
    };
    let of_group = differs(None).map(|host| {
        format!("the host readies its containers for {host}, and {runner} runs in them: {mend}")
    });
    let of_sessions = group
        .sessions
        .iter()
        .filter(|session| session.provider.is_some());
    let of_sessions = of_sessions.filter_map(|session| {
        let host = differs(Some(session))?;
        let session = quoted(Path::new(&session.id));
        Some(format!(
            "session {session}: the host readies its container for {host}, and {runner} runs in it: {mend} --session {session}"
        ))
    });
    of_group.into_iter().chain(of_sessions).collect()
}

fn shown_list(names: &[String]) -> String {
    let names = names.iter().map(shown::line).collect::<Vec<_>>();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
