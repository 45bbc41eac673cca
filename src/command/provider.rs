//! `provider list` and `provider use`: which agent provider each group has, and another one. Decides nothing of how the host reads it.

mod change;

use std::path::Path;

use anyhow::Result;

use crate::checkout::Checkout;
use crate::command::look;
use crate::groups::{self, Database};
use crate::problem::Exit;
use crate::registry;
use crate::shown;
use crate::ui::{Tint, Ui};

pub use change::{must_stay, run as use_provider};

/// Lists the providers that are registered, and the groups with theirs.
pub fn list(directory: &Path, ui: Ui) -> Result<Exit> {
    let checkout = Checkout::find(directory)?;
    let database = Database::to_read(&checkout)?;
    let groups = groups::read(&checkout, &database)?;
    look::tell_broken_off(&checkout, ui)?;
    let registered = registry::in_container(&checkout);
    ui.print(Tint::Dim, "registered: ", &shown_list(&registered))?;
    for group in &groups.read {
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
        if let Some(found) = group.unreadable() {
            ui.print(Tint::Warn, "           ", &found)?;
        }
        for (found, mend) in group.disagreements(&registered) {
            ui.print(Tint::Warn, "           ", &format!("{found}: {mend}"))?;
        }
    }
    for not_text in &groups.not_text {
        ui.print(Tint::Bad, "not read   ", &not_text.found())?;
        ui.print(Tint::Dim, "           ", &not_text.look())?;
    }
    Ok(if groups.not_text.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn shown_list(names: &[String]) -> String {
    let names = names.iter().map(shown::line).collect::<Vec<_>>();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
