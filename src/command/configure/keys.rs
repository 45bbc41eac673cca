//! Which keys of `.env` a checkout reads. Changes nothing.

use std::path::Path;

use anyhow::Result;
use memchr::memmem;

use crate::checkout::Checkout;
use crate::problem::Problem;
use crate::skill::{Fact, Skill};

/// How NanoClaw's own sources read `.env`: it is not put into the environment (`src/env.ts`).
const READER: &str = "readEnvFile";

/// The host's sources that read it for more than one skill.
const OF_HOST: [&str; 3] = ["src/config.ts", "src/index.ts", "src/container-runner.ts"];

/// Every key that is to be written is one that this checkout reads: another would change nothing. One that is not is a [`Problem`].
pub(super) fn have_readers(skill: &Skill, checkout: &Checkout) -> Result<()> {
    let Some(layout) = checkout.layout() else {
        return Ok(());
    };
    let copies = skill.copies(layout).map(|(_, copy)| copy.to.as_path());
    let sources = copies.chain(OF_HOST.iter().map(Path::new));
    let readers = sources.filter_map(|path| checkout.bytes(path));
    let names = |text: &[u8], word: &str| memmem::find(text, word.as_bytes()).is_some();
    let readers = readers
        .filter(|text| names(text, READER))
        .collect::<Vec<_>>();
    let keys = skill.facts(layout).filter_map(|(step, fact)| match fact {
        Fact::EnvSet { lines } => Some(lines.iter().map(move |(key, _)| (step, key))),
        _ => None,
    });
    for (step, key) in keys.flatten() {
        if !readers.iter().any(|text| names(text, key)) {
            let found = format!(
                "{}: nothing in this checkout reads `{key}` from `.env`, so that a line there would have no effect",
                step.label
            );
            let hint = format!("grep -rn {key} src shows what names it");
            return Err(Problem::refused(found)
                .and_nothing_written()
                .hint(hint)
                .into());
        }
    }
    Ok(())
}
