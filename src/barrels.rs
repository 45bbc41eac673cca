//! What keeps a barrel of providers from being loaded, and with it every provider: an import that nothing satisfies. Changes nothing.

use std::path::Path;

use crate::checkout::{BARRELS, Checkout, Entry};
use crate::payload::{self, Modules, Unresolved};
use crate::plan::{Finding, State};
use crate::shown;
use crate::skill::{Copied, Fact, Skill};

/// What mends such an import.
pub const MEND: &str = "bring back what the line imports, or take the line out";

/// A finding for each import of a barrel that keeps it from being loaded, under the heading of the skill's own step for that barrel. A file that
/// the skill itself brings is a finding of its own.
#[must_use]
pub fn findings(skill: &Skill, checkout: &Checkout) -> Vec<Finding> {
    let Some(layout) = checkout.layout() else {
        return Vec::new();
    };
    let copies = skill.copies(layout).map(|(_, copy)| copy);
    let copies = copies.collect::<Vec<_>>();
    let label = |barrel: &Path| {
        let mut facts = skill.facts(layout);
        let own = facts.find(|(_, fact)| matches!(fact, Fact::Append { to, .. } if to == barrel));
        own.map_or("barrel", |(step, _)| &step.label).to_owned()
    };
    let unloadable = BARRELS.iter().flat_map(|barrel| {
        let barrel = Path::new(barrel);
        unloadable(checkout, barrel, &copies)
    });
    unloadable
        .map(|missing| Finding {
            label: label(&missing.file),
            code: "import-unresolved",
            path: missing.file.clone(),
            line: Some(missing.line),
            expected: "imports that are all there: else no provider is loaded".to_owned(),
            found: Some(shown::line(missing.found())),
            state: State::Blocked(MEND.to_owned()),
        })
        .collect()
}

fn unloadable(checkout: &Checkout, barrel: &Path, copies: &[&Copied]) -> Vec<Unresolved> {
    let Ok(Entry::File { real, file }) = checkout.entry(barrel) else {
        return Vec::new();
    };
    let Some(source) = payload::source(barrel, &file.bytes) else {
        return Vec::new();
    };
    let modules = Modules {
        is_file: &|path| copies.iter().any(|copy| copy.to == path) || checkout.is_file(path),
        read: &|path| checkout.bytes(path),
        importers: &|path| checkout.importers(path),
    };
    let mut found = payload::unloadable(barrel, &source, modules);
    // A symlink's own imports are looked for beside what it leads to, or, as some tools are told to, beside the link.
    if real != barrel {
        let beside = payload::unloadable(&real, &source, modules);
        found.retain(|missing| {
            beside.iter().any(|other| {
                let same_place = other.line == missing.line && other.specifier == missing.specifier;
                same_place && other.lack == missing.lack
            })
        });
    }
    found
}
