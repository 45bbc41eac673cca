//! OpenAI's Codex: its sign-in, its versions and models, and which settings reach it. The facts are those of codex 0.124.0 and of NanoClaw
//! v2.0.64's provider for it.

mod login;
mod settings;
mod threads;

use anyhow::Result;

use crate::doctor::{Check, Patient};

/// What the skill and the provider are called.
const CALLED: &str = "codex";

/// The checks that are about codex; none for another skill.
pub fn checks(patient: &Patient<'_>) -> Result<Vec<Check>> {
    if patient.skill.called != CALLED {
        return Ok(Vec::new());
    }
    let mut checks = settings::checks(patient)?;
    checks.extend(login::checks(patient));
    checks.push(threads::check(patient, CALLED));
    Ok(checks)
}
